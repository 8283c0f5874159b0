//! How a request fails, told apart as far as a caller can act on it.
//!
//! The words are for a log and an admin: they name the host and never a path, a query, a header or a
//! body, since those may hold secrets.

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The destination is outside of what this client may reach; nothing left the process.
    NotAllowed,
    /// The name has no address, or the resolver does not answer.
    NameLookup,
    /// Nobody answers at the address.
    Unreachable,
    /// Somebody answers whose certificate is not taken.
    Certificate,
    /// The deadline passed.
    TimedOut,
    /// The answer is longer than asked for.
    TooLarge,
    /// What came back is not HTTP, or not TLS.
    Protocol,
    /// The other side closed the connection in the middle.
    Closed,
}

/// A request that did not end in an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct NetFailure {
    /// What went wrong.
    pub kind: FailureKind,
    /// Whether the other side may have seen the request. `false` only where it certainly has not.
    pub maybe_sent: bool,
    /// One sentence without a secret.
    pub detail: String,
}

impl NetFailure {
    /// A failure before anything was sent.
    pub(crate) fn unsent(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self { kind, maybe_sent: false, detail: detail.into() }
    }

    pub(crate) fn sent(kind: FailureKind, maybe_sent: bool, detail: impl Into<String>) -> Self {
        Self { kind, maybe_sent, detail: detail.into() }
    }
}
