//! What the host lends, as one trait.
//!
//! [`Host`] passes every call to the component's imports; [`crate::testing::Script`] plays a host in
//! native tests. An import that a plugin never calls does not appear in its component, so this
//! trait grants nothing by itself.

use crate::bindings::shared::latchkey::host::{
    clock, http, log, net, random, settings, state, tcp,
};

pub use clock::Instant;
pub use log::Level;
pub use settings::Refusal;
pub use state::Problem;
pub use tcp::Security;

/// One connection; dropping it closes it. [`crate::tcp::Lines`] is the comfortable way to it.
pub trait Stream {
    /// Waits for at least one byte and takes at most `max`; empty at the end of the stream.
    ///
    /// # Errors
    /// `timed-out` where nothing came so long; the connection stays usable.
    fn read(&self, max: u32, timeout_ms: u32) -> Result<Vec<u8>, net::Failure>;
    /// Writes all of it.
    ///
    /// # Errors
    /// `maybe-sent` says whether the other side may have seen any.
    fn write(&self, bytes: &[u8]) -> Result<(), net::Failure>;
    /// Goes on with TLS.
    ///
    /// # Errors
    /// Refused while plain bytes wait unread; `certificate` where the other side is not who it should
    /// be.
    fn start_tls(&self) -> Result<(), net::Failure>;
    /// The channel binding `tls-server-end-point`; none on a plain connection.
    fn server_end_point(&self) -> Option<Vec<u8>>;
}

/// Everything a plugin reaches beyond its own memory.
pub trait Lent {
    /// A connection that was made.
    type Stream: Stream;
    /// Connects to an endpoint of the manifest that has a host and a port.
    ///
    /// # Errors
    /// Whatever kept the connection from being made.
    fn connect(&self, endpoint: &str, security: Security) -> Result<Self::Stream, net::Failure>;
    /// One HTTP exchange; [`crate::http::Request`] is the comfortable way to it.
    ///
    /// # Errors
    /// Whatever kept an answer from arriving whole.
    fn send(&self, request: &http::Request) -> Result<http::Response, net::Failure>;
    /// Several exchanges side by side (at most 16), answers in the order of the requests.
    fn send_all(&self, requests: &[http::Request]) -> Vec<Result<http::Response, net::Failure>>;
    /// A setting as text; none where it is unset and has no default.
    fn setting(&self, key: &str) -> Option<String>;
    /// Whether a secret is set.
    fn has_secret(&self, key: &str) -> bool;
    /// A secret itself.
    ///
    /// # Errors
    /// Refused unless the manifest says `reveal` and the admin agreed.
    fn reveal(&self, key: &str) -> Result<String, Refusal>;
    /// What [`Lent::remember`] kept.
    fn remembered(&self, key: &str) -> Option<Vec<u8>>;
    /// Keeps a small value between calls.
    ///
    /// # Errors
    /// The value is too large, or all the room is used.
    fn remember(&self, key: &str, value: &[u8], ttl_seconds: Option<u32>) -> Result<(), Problem>;
    /// Drops what was kept; nothing happens where there was nothing.
    fn forget(&self, key: &str);
    /// Time since 1970.
    fn now(&self) -> Instant;
    /// Milliseconds that never go back; only differences mean something.
    fn monotonic_ms(&self) -> u64;
    /// What is left of this call's deadline.
    fn remaining_ms(&self) -> u32;
    /// Waits, at most until the deadline.
    fn sleep(&self, ms: u32);
    /// `len` random bytes.
    fn random(&self, len: u32) -> Vec<u8>;
    /// One line in the plugin's log, without any secret.
    fn log(&self, level: Level, message: &str, fields: &[(&str, String)]);
}

/// The host itself, through the component's imports.
#[derive(Clone, Copy, Debug)]
pub struct Host;

impl Stream for tcp::Connection {
    fn read(&self, max: u32, timeout_ms: u32) -> Result<Vec<u8>, net::Failure> {
        Self::read(self, max, timeout_ms)
    }

    fn write(&self, bytes: &[u8]) -> Result<(), net::Failure> {
        Self::write(self, bytes)
    }

    fn start_tls(&self) -> Result<(), net::Failure> {
        Self::start_tls(self)
    }

    fn server_end_point(&self) -> Option<Vec<u8>> {
        Self::server_end_point(self)
    }
}

impl Lent for Host {
    type Stream = tcp::Connection;

    fn connect(&self, endpoint: &str, security: Security) -> Result<Self::Stream, net::Failure> {
        tcp::connect(endpoint, security)
    }

    fn send(&self, request: &http::Request) -> Result<http::Response, net::Failure> {
        http::send(request)
    }

    fn send_all(&self, requests: &[http::Request]) -> Vec<Result<http::Response, net::Failure>> {
        http::send_all(requests)
    }

    fn setting(&self, key: &str) -> Option<String> {
        settings::get(key)
    }

    fn has_secret(&self, key: &str) -> bool {
        settings::has_secret(key)
    }

    fn reveal(&self, key: &str) -> Result<String, Refusal> {
        settings::reveal(key)
    }

    fn remembered(&self, key: &str) -> Option<Vec<u8>> {
        state::get(key)
    }

    fn remember(&self, key: &str, value: &[u8], ttl_seconds: Option<u32>) -> Result<(), Problem> {
        state::put(key, value, ttl_seconds)
    }

    fn forget(&self, key: &str) {
        state::delete(key);
    }

    fn now(&self) -> Instant {
        clock::now()
    }

    fn monotonic_ms(&self) -> u64 {
        clock::monotonic_ms()
    }

    fn remaining_ms(&self) -> u32 {
        clock::remaining_ms()
    }

    fn sleep(&self, ms: u32) {
        clock::sleep(ms);
    }

    fn random(&self, len: u32) -> Vec<u8> {
        random::bytes(len)
    }

    fn log(&self, level: Level, message: &str, fields: &[(&str, String)]) {
        let fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        log::write(level, message, &fields);
    }
}
