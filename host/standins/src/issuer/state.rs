//! What it knows: clients, people, codes, keys.

use super::keys::{self, Key};
use super::lies::Lie;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The time it goes by.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Somebody it signs in for.
pub(super) struct Client {
    pub(super) secret: Option<String>,
    pub(super) redirect_uris: Vec<String>,
}

/// A sign-in that was begun, by its code.
pub(super) struct Grant {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) subject: String,
    pub(super) session: String,
    pub(super) until: Timestamp,
    pub(super) auth_time: Timestamp,
}

/// What it knows.
pub(super) struct State {
    pub(super) url: String,
    pub(super) clients: BTreeMap<String, Client>,
    /// Subject to claims.
    pub(super) people: BTreeMap<String, Value>,
    /// Who is at the browser.
    pub(super) present: Option<String>,
    pub(super) codes: BTreeMap<String, Grant>,
    /// Access token to subject.
    pub(super) access: BTreeMap<String, String>,
    /// The last signs.
    pub(super) keys: Vec<Key>,
    pub(super) curve: Key,
    pub(super) stranger: Key,
    pub(super) lie: Option<Lie>,
    /// How a client secret is taken.
    pub(super) auth_methods: Vec<String>,
    pub(super) requests: Vec<(String, u16)>,
    pub(super) violations: Vec<String>,
}

impl State {
    pub(super) fn signing(&self) -> &Key {
        self.keys.last().unwrap_or(&self.curve)
    }
}

/// What its requests share.
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) now: Now,
}

impl Shared {
    pub(super) fn new(state: State, now: Now) -> Self {
        Self { state: Mutex::new(state), now }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A logout token to be made.
#[derive(Clone, Debug, Default)]
pub struct LogoutToken {
    /// For whom.
    pub client: String,
    /// Whose sessions.
    pub subject: Option<String>,
    /// Which session.
    pub session: Option<String>,
    /// The header's `typ`.
    pub kind: Option<String>,
    /// Claims instead of what would be there; null takes one away.
    pub instead: BTreeMap<String, Value>,
    /// Signed by a key that is nobody's, under the name of one that is.
    pub by_stranger: bool,
}

/// A code or token that nobody can guess.
pub(super) fn fresh(kind: &str) -> String {
    format!("{kind}-{}", keys::fresh())
}
