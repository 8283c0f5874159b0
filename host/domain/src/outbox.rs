//! Messages that are owed. Methods that deliver them come as plugins; what is owed waits here.

use crate::ids::{MessageId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// Somebody signed up.
    Welcome,
    /// A password was changed.
    PasswordChanged,
    /// Accounts are about to be disabled.
    Expiring,
    /// Accounts were disabled.
    Expired,
}

/// A mail that is owed: written in the same transaction as its cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Also its Message-ID, for ever.
    pub id: MessageId,
    /// What it is about.
    pub kind: MessageKind,
    /// To whom.
    pub user: UserId,
    /// The template's facts.
    pub facts: BTreeMap<String, String>,
    /// Where it stands.
    pub state: MessageState,
    /// When its cause happened.
    pub owed_at: Timestamp,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageState {
    /// Waits.
    Queued,
}

impl Message {
    /// A message that is owed from now on.
    #[must_use]
    pub const fn owed(id: MessageId, kind: MessageKind, user: UserId, owed_at: Timestamp) -> Self {
        Self { id, kind, user, facts: BTreeMap::new(), state: MessageState::Queued, owed_at }
    }

    /// The same with one more fact. No secrets: whoever has a mail has it for ever.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}
