//! Second factors: what somebody has besides their password, and the moment between the two.
//!
//! Guarantees: a TOTP step counts once; a recovery code counts once; a ticket is for one sign-in and
//! ends after a few wrong codes. Does not: compute codes or check signatures.

use crate::ids::{ProviderId, UserId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long somebody has between password and second factor.
pub const TICKET: SignedDuration = SignedDuration::from_mins(5);
/// So many wrong codes end a ticket.
pub const TRIES: u32 = 5;

/// An authenticator app. Its secret is sealed beside the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    /// When it was set up; none: a first code has not been shown yet, and it counts for nothing.
    pub confirmed_at: Option<Timestamp>,
    /// The last 30-second step that was accepted: it and earlier ones are not accepted again.
    pub last_step: u64,
}

/// One passkey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Passkey {
    /// Its credential id, base64url.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The library's own record of it, JSON.
    pub credential: serde_json::Value,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

/// What somebody has, besides a password.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    /// Whose.
    pub user: UserId,
    /// An authenticator app.
    pub totp: Option<Totp>,
    /// Passkeys.
    pub passkeys: Vec<Passkey>,
    /// SHA-256 of each recovery code that is left.
    pub recovery: Vec<String>,
}

impl Factors {
    /// Nothing yet.
    #[must_use]
    pub const fn none(user: UserId) -> Self {
        Self { user, totp: None, passkeys: Vec::new(), recovery: Vec::new() }
    }

    /// Whether an authenticator app is set up.
    #[must_use]
    pub fn has_totp(&self) -> bool {
        self.totp.as_ref().is_some_and(|totp| totp.confirmed_at.is_some())
    }

    /// Whether a second factor is asked for after a password.
    #[must_use]
    pub fn are_asked(&self) -> bool {
        self.has_totp() || !self.passkeys.is_empty()
    }
}

/// Somebody gave the first proof and owes the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// SHA-256 of what the person's browser or program holds.
    pub token: String,
    /// Who.
    pub user: UserId,
    /// By what they gave the first proof.
    pub provider: ProviderId,
    /// The provider's own session, where it told.
    #[serde(default)]
    pub upstream: Option<String>,
    /// Whether a browser, and whether it stays signed in; none: a program.
    pub remembered: Option<bool>,
    /// When it is over.
    pub expires_at: Timestamp,
    /// Wrong codes so far.
    pub wrong: u32,
}

impl Ticket {
    /// Whether it may still be used.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now || self.wrong >= TRIES
    }
}
