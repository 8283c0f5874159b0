//! What the host lends, as one trait.
//!
//! [`Host`] passes every call to the component's imports; [`crate::testing::Script`] plays a host in
//! native tests. An import that a plugin never calls does not appear in its component, so this
//! trait grants nothing by itself.

use crate::bindings::shared::latchkey::host::{clock, http, log, net, random, settings, state};

pub use clock::Instant;
pub use log::Level;
pub use settings::Refusal;
pub use state::Problem;

/// Everything a plugin reaches beyond its own memory.
pub trait Lent {
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

impl Lent for Host {
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
