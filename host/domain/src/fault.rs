//! How a call to a plugin fails, as what is to be done about it.

use core::time::Duration;
use serde::{Deserialize, Serialize};

/// What the host does about it. Closed; causes are told apart by [`Fault::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// A value the person typed is not acceptable.
    InvalidInput,
    /// Name or password is wrong.
    WrongCredential,
    /// The thing named does not exist there.
    NotFound,
    /// The name is taken, or the thing changed meanwhile.
    Conflict,
    /// Refused although the credential is good.
    Forbidden,
    /// The stored credential is not accepted any more.
    CredentialRejected,
    /// This version of the backend cannot do it.
    Unsupported,
    /// The backend asks to slow down.
    RateLimited,
    /// Not reached, starting, or down; nothing was done.
    Unavailable,
    /// Took too long and certainly was not done.
    TimedOut,
    /// May have been carried out: look before trying again.
    OutcomeUnknown,
    /// An answer nobody understands.
    BadReply,
    /// A setting makes the call impossible.
    Misconfigured,
    /// The plugin's own fault: a trap, a lie, a limit.
    Internal,
}

impl FaultKind {
    /// The word on the wire and in the catalogue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid-input",
            Self::WrongCredential => "wrong-credential",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Forbidden => "forbidden",
            Self::CredentialRejected => "credential-rejected",
            Self::Unsupported => "unsupported",
            Self::RateLimited => "rate-limited",
            Self::Unavailable => "unavailable",
            Self::TimedOut => "timed-out",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::BadReply => "bad-reply",
            Self::Misconfigured => "misconfigured",
            Self::Internal => "internal",
        }
    }

    /// Whether the same call may simply be made again later: it certainly did nothing.
    #[must_use]
    pub const fn may_be_repeated(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::TimedOut)
    }

    /// Whether the backend may have done it.
    #[must_use]
    pub const fn is_unclear(self) -> bool {
        matches!(self, Self::OutcomeUnknown | Self::Internal | Self::BadReply)
    }
}

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{detail} [{code}]")]
pub struct Fault {
    /// What to do about it.
    pub kind: FaultKind,
    /// Open vocabulary: `jellyfin.name-taken`.
    pub code: String,
    /// One sentence for the log and the admin, without a secret.
    pub detail: String,
    /// The field it is about.
    pub field: Option<String>,
    /// How long to leave the backend alone.
    pub retry_after: Option<Duration>,
    /// The backend's status code.
    pub upstream_status: Option<u16>,
}

impl Fault {
    /// A fault with nothing but kind, code and sentence.
    pub fn new(kind: FaultKind, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            kind,
            code: code.into(),
            detail: detail.into(),
            field: None,
            retry_after: None,
            upstream_status: None,
        }
    }
}
