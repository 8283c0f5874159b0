//! Redirect sign-ins under way: bound to one browser, for one purpose, for a few minutes, once.
//!
//! Guarantees: what a flow is for is decided when it begins; a flow that has ended cannot go on. Does
//! not: hold verifier, nonce or a plugin's attempt; those are sealed beside it.

use crate::identity::{HomeUser, IdentityKey};
use crate::ids::{BackendId, InviteCode, ProviderId, SessionId, UserId};
use crate::providers::Claims;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a flow may take at most.
pub const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// What a flow is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum FlowPurpose {
    /// To come in.
    SignIn {
        /// The path to go on to; one of ours.
        next: Option<String>,
        /// "Keep me signed in".
        remembered: bool,
    },
    /// To give somebody who is signed in one more identity.
    Link {
        /// Who.
        user: UserId,
        /// In which session; it must still live at the end.
        session: SessionId,
    },
    /// To sign up by an invite as who one is there.
    SignUp {
        /// Which.
        invite: InviteCode,
    },
    /// To prove anew who one is, for something sensitive.
    Again {
        /// Who.
        user: UserId,
        /// In which session.
        session: SessionId,
        /// The path to go on to.
        next: Option<String>,
    },
    /// To give a backend its owner's credential, for an admin.
    Connect {
        /// Which.
        backend: BackendId,
        /// Which admin.
        user: UserId,
        /// In which session.
        session: SessionId,
    },
}

impl FlowPurpose {
    /// Whose it is, and in which session, where somebody was signed in already: it ends with that.
    #[must_use]
    pub const fn session(&self) -> Option<(&UserId, &SessionId)> {
        match self {
            Self::Link { user, session }
            | Self::Again { user, session, .. }
            | Self::Connect { user, session, .. } => Some((user, session)),
            Self::SignIn { .. } | Self::SignUp { .. } => None,
        }
    }
}

/// Where a flow stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum FlowStage {
    /// The browser is at the provider, or has just come back.
    Away,
    /// One of several persons has to be chosen.
    Choosing {
        /// Of whom, as just heard.
        home_users: Vec<HomeUser>,
    },
    /// It is known who it is: the invite's form still has to be sent.
    Proved(Box<Proved>),
}

/// Who somebody has proved to be, for a sign-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proved {
    /// Which identity.
    pub key: IdentityKey,
    /// The name to show.
    pub display_name: String,
    /// The name to sign in with there.
    pub login_name: Option<String>,
    /// Their address there.
    pub email: Option<String>,
    /// Whether the provider vouches for it.
    pub email_verified: bool,
    /// Where their picture is.
    pub avatar_url: Option<String>,
    /// What else it said.
    pub claims: Claims,
}

/// A redirect sign-in under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// SHA-256 of what the browser holds.
    pub browser: String,
    /// Through which provider.
    pub provider: ProviderId,
    /// What for.
    pub purpose: FlowPurpose,
    /// How far it is.
    pub stage: FlowStage,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
    /// Not before this is the provider asked again.
    pub ask_after: Timestamp,
    /// Wrong PINs so far.
    pub wrong: u32,
}

impl Flow {
    /// Whether it may still go on.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}
