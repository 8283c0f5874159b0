//! How a double is set up: line, mode, clock, and what a test wants to be different.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

/// A release line, as its recorded version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 10.9.11
    V10_9,
    /// 10.10.7
    V10_10,
    /// 10.11.11
    V10_11,
    /// 12.0.0
    V12,
}

impl Release {
    /// Every supported line, oldest first.
    pub const ALL: [Release; 4] = [Release::V10_9, Release::V10_10, Release::V10_11, Release::V12];

    /// The version the server tells.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Release::V10_9 => "10.9.11",
            Release::V10_10 => "10.10.7",
            Release::V10_11 => "10.11.11",
            Release::V12 => "12.0.0",
        }
    }
}

/// Whom the double is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Tests: no page of ours, and dropping it with violations panics.
    Strict,
    /// People: a page at `/web/`, and violations only counted.
    Demo,
}

/// How far the server is. Not listening at all is the double's
/// `stop_listening`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The set-up server of 10.11 and later: `Degraded`, everything else 503 with `Retry-After`.
    Starting,
    /// Between the set-up server and the real one: a 503 page for everything.
    Closing,
    /// Up.
    Healthy,
}

/// Where time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How to set a double up.
#[derive(Clone)]
pub struct Options {
    /// Whom it is for.
    pub mode: Mode,
    /// Where time comes from.
    pub clock: Clock,
    /// The port on 127.0.0.1; 0 for any.
    pub port: u16,
    /// What the server calls itself.
    pub server_name: String,
    /// Where reset files are written; in memory when absent.
    pub data_dir: Option<PathBuf>,
    /// What the server tells as its data directory, as it sees it.
    pub program_data_path: String,
    /// How much longer a known account's wrong password takes than an unknown account.
    pub wrong_password_delay: Duration,
    /// Policy fields this server knows and nobody else here does, with their default.
    pub extra_policy_fields: BTreeMap<String, Value>,
}

impl Options {
    /// For tests, with the test's clock.
    #[must_use]
    pub fn strict(clock: Clock) -> Options {
        Options {
            mode: Mode::Strict,
            clock,
            port: 0,
            server_name: "nas".to_owned(),
            data_dir: None,
            program_data_path: "/config".to_owned(),
            wrong_password_delay: Duration::ZERO,
            extra_policy_fields: BTreeMap::new(),
        }
    }

    /// For people who try things out, with the machine's clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a demo has no other clock than the machine's")]
    pub fn demo() -> Options {
        let strict = Options::strict(Arc::new(Timestamp::now));
        Options { mode: Mode::Demo, server_name: "Stand-in".to_owned(), ..strict }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("mode", &self.mode)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
