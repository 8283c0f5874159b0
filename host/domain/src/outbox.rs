//! Messages that are owed: written with their cause, kept until a mail method took them or they are over.
//!
//! Guarantees: a message keeps one Message-ID for ever; after an attempt it knows when the next one is
//! due, or that there is none. Does not: hold a secret; links and PINs are sealed beside it.

use crate::ids::{MailId, MessageId, UserId};
use crate::names::EmailAddress;
use core::time::Duration;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Attempts that are remembered in words.
const REMEMBERED: usize = 10;
/// Pauses between attempts; the last one goes on.
const PAUSES_S: [u64; 8] = [15, 60, 300, 900, 1_800, 3_600, 7_200, 21_600];

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// A way to set a new password.
    Reset,
    /// A link to sign up.
    Invite,
    /// Somebody signed up.
    Welcome,
    /// Is this your address?
    ConfirmAddress,
    /// A password was changed.
    PasswordChanged,
    /// An address is no longer the account's.
    AddressChanged,
    /// Accounts are about to be disabled.
    Expiring,
    /// Accounts were disabled.
    Expired,
    /// An admin has agreed.
    Approved,
    /// An admin has said no.
    Refused,
    /// To an admin: somebody waits for a word.
    ApprovalAsked,
}

impl MessageKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Reset,
        Self::Invite,
        Self::Welcome,
        Self::ConfirmAddress,
        Self::PasswordChanged,
        Self::AddressChanged,
        Self::Expiring,
        Self::Expired,
        Self::Approved,
        Self::Refused,
        Self::ApprovalAsked,
    ];

    /// Its name in files, in addresses and in the catalogue: `confirm-address`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Invite => "invite",
            Self::Welcome => "welcome",
            Self::ConfirmAddress => "confirm-address",
            Self::PasswordChanged => "password-changed",
            Self::AddressChanged => "address-changed",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::ApprovalAsked => "approval-asked",
        }
    }

    /// After so long it is worth nothing any more, unless it says an end of its own.
    #[must_use]
    pub const fn worth(self) -> Duration {
        const DAY: u64 = 86_400;
        Duration::from_secs(match self {
            Self::Reset => 3_600,
            Self::ConfirmAddress | Self::PasswordChanged => DAY,
            Self::Invite
            | Self::Welcome
            | Self::AddressChanged
            | Self::Expiring
            | Self::Expired
            | Self::Approved
            | Self::Refused
            | Self::ApprovalAsked => 3 * DAY,
        })
    }
}

/// Who a message is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum To {
    /// The user's confirmed address, as it is when it is delivered.
    User,
    /// This one: an invited person's, one that is to be confirmed, or one that was somebody's.
    Address(EmailAddress),
}

/// A mail that is owed: written in the same transaction as its cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Ours.
    pub id: MessageId,
    /// What it is about.
    pub kind: MessageKind,
    /// Whom it is about; none for an invite.
    pub user: Option<UserId>,
    /// Where it goes.
    #[serde(default = "to_user")]
    pub to: To,
    /// The template's facts. No secrets.
    pub facts: BTreeMap<String, String>,
    /// Where it stands.
    pub state: MessageState,
    /// When its cause happened.
    pub owed_at: Timestamp,
    /// After that it is worth nothing; what was owed before there was mail is over.
    #[serde(default)]
    pub expires_at: Timestamp,
    /// Its Message-ID with angle brackets, from the first attempt on and for ever.
    #[serde(default)]
    pub message_id: Option<String>,
    /// Whether a link or a PIN was sealed beside it: without them it says nothing.
    #[serde(default)]
    pub sealed: bool,
    /// How often it was tried.
    #[serde(default)]
    pub attempts: u32,
    /// The last attempts in words, the newest last.
    #[serde(default)]
    pub history: Vec<Attempted>,
}

fn to_user() -> To {
    To::User
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempted {
    /// When it ended.
    pub at: Timestamp,
    /// The method; none where there was none to try.
    pub method: Option<MailId>,
    /// What became of it, in one sentence without secrets.
    pub words: String,
}

/// Where a message stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageState {
    /// Waits for its first attempt.
    Queued,
    /// Tried in vain; tried again then.
    Deferred {
        /// Not before.
        until: Timestamp,
        /// What was in the way.
        because: String,
    },
    /// A mail method took it.
    Sent {
        /// When.
        at: Timestamp,
        /// Which.
        method: MailId,
        /// What the other side calls it.
        remote_id: Option<String>,
    },
    /// Given up.
    Failed {
        /// When.
        at: Timestamp,
        /// Why.
        because: String,
    },
    /// Never sent, and nobody's fault: no address, over, or taken back by an admin.
    Dropped {
        /// When.
        at: Timestamp,
        /// A word of the catalogue: `no-address`, `unconfirmed`, `over`, `by-hand`, `gone`.
        because: String,
    },
}

impl MessageState {
    /// Its name: `queued`, `deferred`, `sent`, `failed`, `dropped`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Deferred { .. } => "deferred",
            Self::Sent { .. } => "sent",
            Self::Failed { .. } => "failed",
            Self::Dropped { .. } => "dropped",
        }
    }

    /// Whether there is still something to do.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Queued | Self::Deferred { .. })
    }

    /// Since when there is nothing to do any more.
    #[must_use]
    pub const fn closed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Queued | Self::Deferred { .. } => None,
            Self::Sent { at, .. } | Self::Failed { at, .. } | Self::Dropped { at, .. } => Some(*at),
        }
    }
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A method took it.
    Taken {
        /// Which.
        method: MailId,
        /// What the other side calls it.
        remote_id: Option<String>,
        /// In words.
        words: String,
    },
    /// Not now.
    Later {
        /// Which said so last; none where there was none to ask.
        method: Option<MailId>,
        /// Not before so long has passed.
        at_least: Option<Duration>,
        /// In words.
        words: String,
    },
    /// Never.
    Never {
        /// Which said so.
        method: Option<MailId>,
        /// In words.
        words: String,
    },
}

/// Why a closed message is not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAgain {
    /// A method has it.
    #[error("the message was sent")]
    Sent,
    /// Its link and its PIN are erased.
    #[error("the link of the message is erased")]
    Erased,
}

impl NotAgain {
    /// The key of its words.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sent => "message-sent",
            Self::Erased => "message-erased",
        }
    }
}

impl Message {
    /// A message that is owed from now on.
    #[must_use]
    pub fn owed(id: MessageId, kind: MessageKind, to: To, owed_at: Timestamp) -> Self {
        let expires_at = owed_at.saturating_add(kind.worth()).unwrap_or(Timestamp::MAX);
        Self {
            id,
            kind,
            user: None,
            to,
            facts: BTreeMap::new(),
            state: MessageState::Queued,
            owed_at,
            expires_at,
            message_id: None,
            sealed: false,
            attempts: 0,
            history: Vec::new(),
        }
    }

    /// The same with one more fact. No secrets: whoever has a mail has it for ever.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// The pause before the next attempt.
    #[must_use]
    pub fn pause(&self) -> Duration {
        let index = usize::try_from(self.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let seconds = PAUSES_S.get(index).or(PAUSES_S.last()).copied().unwrap_or(60);
        Duration::from_secs(seconds)
    }

    /// Notes what became of an attempt.
    pub fn note(&mut self, attempted: Attempted) {
        if self.history.len() >= REMEMBERED {
            self.history.remove(0);
        }
        self.history.push(attempted);
    }

    /// Fixes what stays for ever and counts the attempt; before anything is sent.
    pub fn begin(&mut self, domain: &str) {
        let id = &self.id;
        self.message_id.get_or_insert_with(|| format!("<{id}@{domain}>"));
        self.attempts = self.attempts.saturating_add(1);
    }

    /// Where it stands after an attempt.
    pub fn answered(&mut self, now: Timestamp, answer: Answer) {
        let (method, words, state) = match answer {
            Answer::Taken { method, remote_id, words } => {
                let state = MessageState::Sent { at: now, method: method.clone(), remote_id };
                (Some(method), words, state)
            }
            Answer::Later { method, at_least, words } => {
                let state = self.put_off(now, at_least, &words);
                (method, words, state)
            }
            Answer::Never { method, words } => {
                let state = MessageState::Failed { at: now, because: words.clone() };
                (method, words, state)
            }
        };
        self.note(Attempted { at: now, method, words });
        self.state = state;
    }

    /// Never sent, by a word of the catalogue.
    pub fn drop_because(&mut self, now: Timestamp, because: &str) {
        self.state = MessageState::Dropped { at: now, because: because.to_owned() };
    }

    /// Tried again at once, as if it were new; what is over for a message without a link is worth another
    /// day, since somebody asks for it.
    ///
    /// # Errors
    /// [`NotAgain`].
    pub fn again(&mut self, now: Timestamp) -> Result<(), NotAgain> {
        const DAY: Duration = Duration::from_secs(86_400);
        match self.state {
            MessageState::Sent { .. } => return Err(NotAgain::Sent),
            MessageState::Failed { .. } | MessageState::Dropped { .. } if self.sealed => {
                return Err(NotAgain::Erased);
            }
            MessageState::Queued
            | MessageState::Deferred { .. }
            | MessageState::Failed { .. }
            | MessageState::Dropped { .. } => {}
        }
        if !self.sealed {
            let longer = now.saturating_add(DAY).unwrap_or(Timestamp::MAX);
            self.expires_at = self.expires_at.max(longer);
        }
        self.state = MessageState::Queued;
        self.attempts = 0;
        Ok(())
    }

    /// Where it is after an attempt in vain: tried again, or over before that.
    #[must_use]
    pub fn put_off(
        &self,
        now: Timestamp,
        at_least: Option<Duration>,
        because: &str,
    ) -> MessageState {
        let pause = self.pause().max(at_least.unwrap_or_default());
        let until = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        if until >= self.expires_at {
            return MessageState::Failed { at: now, because: because.to_owned() };
        }
        MessageState::Deferred { until, because: because.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(attempts: u32) -> Message {
        let id = MessageId::from_random([1; 16]);
        let message = Message::owed(id, MessageKind::Welcome, To::User, Timestamp::UNIX_EPOCH);
        Message { attempts, ..message }
    }

    #[test]
    fn pauses_grow_and_stay() {
        let pauses: Vec<_> = (1..=10).map(|n| message(n).pause().as_secs()).collect();
        assert_eq!(pauses, [15, 60, 300, 900, 1_800, 3_600, 7_200, 21_600, 21_600, 21_600]);
    }

    #[test]
    fn what_would_come_too_late_is_given_up() {
        let soon = message(1).put_off(Timestamp::UNIX_EPOCH, None, "busy");
        assert!(matches!(soon, MessageState::Deferred { .. }));
        let asked = Some(Duration::from_secs(4 * 86_400));
        let late = message(1).put_off(Timestamp::UNIX_EPOCH, asked, "busy");
        assert!(matches!(late, MessageState::Failed { .. }));
    }

    #[test]
    fn an_attempt_leaves_the_message_id_as_it_is() {
        let mut message = message(0);
        message.begin("home.example");
        let first = message.message_id.clone();
        assert_eq!(first.as_deref(), Some(&*format!("<{}@home.example>", message.id)));
        message.begin("other.example");
        assert_eq!((message.message_id, message.attempts), (first, 2));
    }

    #[test]
    fn only_what_has_something_to_say_is_tried_again() {
        let now = Timestamp::UNIX_EPOCH;
        let never = || Answer::Never { method: None, words: "550 no such user".to_owned() };
        let mut plain = message(1);
        plain.answered(now, never());
        assert_eq!(plain.state.closed_at(), Some(now));
        assert_eq!(plain.history[0].words, "550 no such user");
        assert_eq!(plain.again(now), Ok(()));
        assert!(plain.state.is_open());
        let mut sealed = Message { sealed: true, ..message(1) };
        sealed.answered(now, never());
        assert_eq!(sealed.again(now), Err(NotAgain::Erased));
        let method = MailId::parse("smtp").expect("an id");
        let taken = Answer::Taken { method, remote_id: None, words: String::new() };
        plain.answered(now, taken);
        assert_eq!(plain.again(now), Err(NotAgain::Sent));
    }

    #[test]
    fn a_message_of_the_first_stage_can_still_be_read() {
        let text = r#"{"id":"00000000000000000000000000","kind":"welcome","user":"00000000000000000000000000",
            "facts":{},"state":"queued","owed_at":"2026-11-21T12:00:00Z"}"#;
        let message: Message = serde_json::from_str(text).expect("a message");
        assert_eq!((message.to, message.attempts), (To::User, 0));
        assert!(message.expires_at <= message.owed_at);
    }
}
