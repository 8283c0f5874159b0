//! People who asked to come in and wait for an admin's word.
//!
//! Guarantees: what the person gave and what a provider said stay apart; a refusal is remembered, so
//! that asking again does not look like asking first. Does not: decide.

use crate::identity::IdentityKey;
use crate::ids::{InviteCode, SignupId, UserId};
use crate::providers::Claims;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How somebody came to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum AskedBy {
    /// By registering a local account.
    Registration,
    /// By an invite that asks for approval; the sign-up waits.
    Invite {
        /// Which.
        code: InviteCode,
        /// The sign-up that goes on when it is approved.
        signup: SignupId,
    },
    /// By signing in at a provider.
    Identity {
        /// As whom.
        key: IdentityKey,
    },
}

/// Where an application stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Answer {
    /// Nobody has said anything.
    Waiting,
    /// They may come in.
    Approved {
        /// Who said so.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// They may not.
    Refused {
        /// Who said so.
        by: String,
        /// When.
        at: Timestamp,
        /// A word to the person; may be empty.
        word: String,
    },
}

/// Somebody who asked to come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// The user who is pending, or of a sign-up who they will be.
    pub user: UserId,
    /// The name they would have.
    pub username: String,
    /// How they came to ask.
    pub by: AskedBy,
    /// The address given or heard.
    pub email: Option<String>,
    /// Whether the provider vouches for it.
    pub email_verified: bool,
    /// What the provider said, for the admin.
    pub claims: Claims,
    /// A user here whose name or address looks like theirs: a reason to look twice, never to link.
    pub resembles: Option<String>,
    /// From where they asked.
    pub seen_from: String,
    /// When.
    pub asked_at: Timestamp,
    /// What was said to it.
    pub answer: Answer,
}
