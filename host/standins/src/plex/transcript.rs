//! What the double writes down: every request without its secrets, and every secret that stood in a URL.

use jiff::Timestamp;

use super::state::State;
use super::wire::{Call, Service};

/// One request and how it was answered. Tokens, PINs and codes in it are `***`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcribed {
    /// When.
    pub at: Timestamp,
    /// Which of the servers was asked.
    pub service: Service,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query.
    pub query: Vec<(String, String)>,
    /// Whose token was in the header, as `olga plex`, `mia switch` or `sam on olgas-nas`; `unknown` for
    /// one that never was.
    pub token_of: Option<String>,
    /// The device that asked.
    pub client: Option<String>,
    /// The answer's status; 0 when the connection ended instead.
    pub status: u16,
}

impl Transcribed {
    /// `GET /api/v2/user`
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

const HIDDEN: &str = "***";

/// A request as it is written down, and the secrets of its URL that have no business there.
pub(super) fn of(state: &State, call: &Call) -> (Transcribed, Vec<String>) {
    let mut leaks = Vec::new();
    let switch = call.segments.last().is_some_and(|last| last == "switch");
    let mut query = call.query.clone();
    for (key, value) in &mut query {
        let Some(what) = secret(state, value) else { continue };
        if !(switch && key == "pin" && what == "a profile's PIN") {
            leaks.push(format!("{what} in the query of {} {}", call.method, call.path));
        }
        HIDDEN.clone_into(value);
    }
    let mut path = call.path.clone();
    for segment in &call.segments {
        // A number in a path is a key or an id, whatever PIN it looks like.
        let number = segment.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(what) = secret(state, segment).filter(|_| !number) {
            path = path.replace(segment.as_str(), HIDDEN);
            leaks.push(format!("{what} in the path {path}"));
        }
    }
    let token = call.header("X-Plex-Token").filter(|token| !token.is_empty());
    let asked = Transcribed {
        at: call.now,
        service: call.service,
        method: call.method.clone(),
        path,
        query,
        token_of: token.map(|token| state.whose(token).unwrap_or("unknown").to_owned()),
        client: call.client().map(str::to_owned),
        status: 0,
    };
    (asked, leaks)
}

fn secret(state: &State, text: &str) -> Option<String> {
    if let Some(whose) = state.whose(text) {
        return Some(format!("the token of {whose}"));
    }
    if state.pins.iter().any(|pin| pin.code == text) {
        return Some("a sign-in code".to_owned());
    }
    let pin = state.people.iter().any(|account| account.pin.as_deref() == Some(text));
    pin.then(|| "a profile's PIN".to_owned())
}
