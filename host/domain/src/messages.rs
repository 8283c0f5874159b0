//! Messages as a method hands them over, and what becomes of them.
//!
//! What is owed to whom stands in `outbox`; here a message is whole and on its way.

use crate::plugins::StageOutcome;
use crate::secret::Secret;

/// Where a message comes from or goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The person's name.
    pub name: Option<String>,
    /// `ann@example.org`.
    pub email: String,
}

/// A whole message. It may hold links and PINs, so nothing of what it says is ever printed.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The Message-ID with its angle brackets; the same however often the message is tried.
    pub id: String,
    /// Who it is from.
    pub sender: Address,
    /// Who is answered, where that is somebody else.
    pub reply_to: Option<Address>,
    /// Who it is for.
    pub recipients: Vec<Address>,
    /// The subject.
    pub subject: Secret,
    /// The plain text.
    pub text: Secret,
    /// The same as HTML.
    pub html: Option<Secret>,
    /// The same message as RFC 5322 bytes.
    pub mime: Secret<Vec<u8>>,
    /// Links and PINs in it: taken out of whatever words come back.
    pub secrets: Vec<Secret>,
}

/// What became of a message at one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Handed over.
    Accepted,
    /// Not now; may be tried again.
    Deferred,
    /// Never.
    Refused,
}

/// What a method says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The recipient's address, as it was handed over.
    pub recipient: String,
    /// What became of it.
    pub fate: Fate,
    /// What the other side calls it.
    pub remote_id: Option<String>,
    /// One sentence.
    pub detail: String,
}

/// Between whom a rehearsal would send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Who it would be from.
    pub sender: Address,
    /// The admin's own address.
    pub recipient: Address,
}

/// One line of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `connect`, `banner`, `hello`, `start-tls`, `sign-in`, `sender`, `recipient`, ...
    pub name: String,
    /// How it went.
    pub outcome: StageOutcome,
    /// One sentence.
    pub detail: String,
    /// Milliseconds.
    pub took_ms: u64,
    /// What was said, `C: ` and `S: ` in front, without secrets.
    pub dialogue: Vec<String>,
}
