//! Invites: what they grant, until when, for how many.

use crate::ids::{BackendId, ForeignCode, InviteCode, MessageId, UserId};
use crate::names::EmailAddress;
use crate::settings::Lifetime;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub mod drafts;

/// Whether a sign-up asks for a mail address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskEmail {
    /// No field.
    None,
    /// A field that may stay empty.
    #[default]
    Optional,
    /// A field that may not.
    Required,
}

impl AskEmail {
    /// From its word on the wire.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "optional" => Some(Self::Optional),
            "required" => Some(Self::Required),
            _ => None,
        }
    }
}

/// The right to sign up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// A bearer credential; only [`InviteCode::hint`] goes to logs.
    pub code: InviteCode,
    /// The admin's note.
    pub label: String,
    /// The admin who made it, as shown to the guest.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is over; none: never.
    pub expires_at: Option<Timestamp>,
    /// For how many people; none: any number.
    pub uses: Option<u32>,
    /// Reserved or spent uses.
    pub used: u32,
    /// Where it gives an account.
    pub backends: Vec<BackendId>,
    /// The profile accounts are made from; none: as the backend makes them.
    pub profile: Option<String>,
    /// How long accounts last.
    pub account_lifetime: Option<Lifetime>,
    /// Whether the sign-up asks for an address.
    pub ask_email: AskEmail,
    /// The address it was made for, filled in on the form.
    pub email: Option<EmailAddress>,
    /// Withdrawn.
    pub revoked_at: Option<Timestamp>,
    /// The code it had in the program it was taken over from: links with that keep working.
    #[serde(default)]
    pub alias: Option<ForeignCode>,
    /// The mails it was last sent by: who came by one of them need not prove its address again.
    #[serde(default)]
    pub mailed: Vec<MessageId>,
    /// The user who made it by a right to invite; none: an admin.
    #[serde(default)]
    pub inviter: Option<UserId>,
    /// Whether an admin has to approve who signs up.
    #[serde(default)]
    pub require_approval: bool,
}

/// Where an invite stands, for the admin. A guest hears one answer for all but `Open`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Admits the next person.
    Open,
    /// All uses are taken.
    UsedUp,
    /// Its time is over.
    Over,
    /// Withdrawn.
    Revoked,
}

impl Invite {
    /// Where it stands now. Decided at use, never by a cleaner.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.revoked_at.is_some() {
            Standing::Revoked
        } else if self.expires_at.is_some_and(|end| end <= now) {
            Standing::Over
        } else if self.uses.is_some_and(|uses| self.used >= uses) {
            Standing::UsedUp
        } else {
            Standing::Open
        }
    }

    /// For how many people it is taken, used up or still open for.
    #[must_use]
    pub fn held(&self, now: Timestamp) -> u32 {
        match self.standing(now) {
            Standing::Open => self.uses.unwrap_or(u32::MAX).max(self.used),
            Standing::UsedUp | Standing::Over | Standing::Revoked => self.used,
        }
    }

    /// Takes one use. `None` where it admits nobody: unknown, used up, over and withdrawn look alike.
    #[must_use]
    pub fn reserve(mut self, now: Timestamp) -> Option<Self> {
        if self.standing(now) != Standing::Open {
            return None;
        }
        self.used = self.used.checked_add(1)?;
        Some(self)
    }

    /// Gives one use back after a sign-up that left nothing behind.
    #[must_use]
    pub fn give_back(mut self) -> Self {
        self.used = self.used.saturating_sub(1);
        self
    }

    /// The same, withdrawn; nothing changes where it was already.
    #[must_use]
    pub fn revoked(self, now: Timestamp) -> Self {
        Self { revoked_at: self.revoked_at.or(Some(now)), ..self }
    }
}
