//! What this plugin asks the host to keep: how far an attempt is, and the token of a finished one.
//!
//! Both are sealed by the host and never seen by a browser.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::identity::{Audience, Sealed};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// An attempt to sign in.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq, Debug)]
pub struct Note {
    /// The client identifier it was begun with; another is told nothing of its PIN.
    pub client: String,
    /// Seconds since 1970; later it is over.
    pub until: u64,
    /// Whether people who do not belong to the server may end it too.
    pub anyone: bool,
    /// How far it is.
    pub stage: Stage,
}

/// How far an attempt is.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The PIN waits for the person.
    Pin(u64),
    /// The account is known; a profile of its home has to be chosen.
    Home {
        /// The account's token.
        token: String,
        /// The account's uuid.
        uuid: String,
    },
}

/// What a finished sign-in leaves.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq, Debug)]
pub struct Grant {
    /// The client identifier the token was given to.
    pub client: String,
    /// The person's number at Plex.
    pub id: u64,
    /// The person's token of plex.tv.
    pub token: String,
}

impl Note {
    /// A fresh attempt.
    #[must_use]
    pub fn new(client: String, pin: u64, until: u64, audience: Audience) -> Self {
        Self { client, until, anyone: audience == Audience::Anyone, stage: Stage::Pin(pin) }
    }
}

/// As bytes for the host.
///
/// # Errors
/// `internal`, never.
pub fn sealed(what: &impl Serialize) -> Result<Sealed, Fault> {
    serde_json::to_vec(what).map_err(|_cause| unreadable())
}

/// Back from the host.
///
/// # Errors
/// `internal` for bytes this plugin never gave.
pub fn opened<T: DeserializeOwned>(kept: &Sealed) -> Result<T, Fault> {
    serde_json::from_slice(kept).map_err(|_cause| unreadable())
}

fn unreadable() -> Fault {
    Fault::new(Kind::Internal, "plex.unreadable-note", "what was kept for Plex cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_comes_back() {
        let grant = Grant { client: "c".to_owned(), id: 7, token: "t".to_owned() };
        assert_eq!(opened::<Grant>(&sealed(&grant).unwrap_or_default()), Ok(grant));
        assert!(opened::<Note>(&b"{}".to_vec()).is_err());
    }
}
