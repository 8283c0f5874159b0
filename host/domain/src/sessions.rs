//! Sessions: one row under everything, browser cookies and programs' tokens alike.

use crate::ids::{ProviderId, SessionId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One browser or program that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id; not a credential.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// How they proved who they are.
    pub provider: ProviderId,
    /// What holds it.
    pub kind: SessionKind,
    /// When it began.
    pub created_at: Timestamp,
    /// When the person last proved who they are: sensitive actions ask for a recent one.
    pub proved_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen: Timestamp,
    /// Sliding end.
    pub expires_at: Timestamp,
    /// Absolute end.
    pub ends_at: Timestamp,
    /// Kept signed in: the sliding end moves by the session life, else by 12 hours.
    pub remembered: bool,
    /// The address it came from and the agent's own name, for the person's list.
    pub seen_from: String,
}

/// What holds a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum SessionKind {
    /// One opaque cookie.
    Browser {
        /// SHA-256 of it, hex.
        cookie: String,
    },
    /// Access tokens and one-time refresh tokens.
    Program {
        /// The family.
        refresh: RefreshFamily,
    },
}

/// A family of one-time refresh tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshFamily {
    /// SHA-256 of the one that is good, hex.
    pub current: String,
    /// SHA-256 of the one before, with when it was spent: for a few seconds it answers the same successor.
    pub previous: Option<(String, Timestamp)>,
    /// SHA-256 of all earlier ones, newest last, at most 64: their use ends the family.
    pub spent: Vec<String>,
}
