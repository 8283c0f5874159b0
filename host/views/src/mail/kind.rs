//! Which mails there are, and what each is made of.
//!
//! Guarantees: a kind has one name, in files, in addresses and in the catalogue. Does not: hold words.

/// A mail that a template makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailKind {
    /// A way to a new password.
    Reset,
    /// An invite.
    Invite,
    /// Somebody signed up.
    Welcome,
    /// Is this address yours?
    ConfirmAddress,
    /// A password was changed.
    PasswordChanged,
    /// An address is no longer the account's.
    AddressChanged,
    /// Accounts are about to end.
    Expiring,
    /// Accounts have ended.
    Expired,
    /// An admin has agreed.
    Approved,
    /// An admin has said no.
    Refused,
    /// To an admin: somebody waits for a word.
    ApprovalAsked,
    /// Whether mail arrives at all.
    Test,
}

impl MailKind {
    /// All, in the order they are listed.
    pub const ALL: [Self; 12] = [
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
        Self::Test,
    ];

    /// `reset`, `confirm-address`, ...: the name of its files and of its texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
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
            Self::Test => "test",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl core::fmt::Display for MailKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A part of a mail, a template each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// One line.
    Subject,
    /// Plain text.
    Text,
    /// MJML, from which the HTML is made.
    Mjml,
}

impl Part {
    /// All, in the order they are read.
    pub const ALL: [Self; 3] = [Self::Subject, Self::Text, Self::Mjml];

    /// `subject`, `text`, `mjml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Mjml => "mjml",
        }
    }

    /// The ending of the file it is in.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Subject => "toml",
            Self::Text => "txt",
            Self::Mjml => "mjml",
        }
    }

    /// Bytes a template may have.
    #[must_use]
    pub const fn limit(self) -> usize {
        match self {
            Self::Subject => 1_000,
            Self::Text => 64_000,
            Self::Mjml => 256_000,
        }
    }
}

/// Templates as somebody wrote them; a part that is missing is the built-in one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The subject.
    pub subject: Option<String>,
    /// The plain text.
    pub text: Option<String>,
    /// The MJML.
    pub mjml: Option<String>,
}

impl Source {
    /// One part.
    #[must_use]
    pub fn part(&self, part: Part) -> Option<&str> {
        match part {
            Part::Subject => self.subject.as_deref(),
            Part::Text => self.text.as_deref(),
            Part::Mjml => self.mjml.as_deref(),
        }
    }

    /// One part, to be written.
    pub fn part_mut(&mut self, part: Part) -> &mut Option<String> {
        match part {
            Part::Subject => &mut self.subject,
            Part::Text => &mut self.text,
            Part::Mjml => &mut self.mjml,
        }
    }

    /// Nothing is written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.subject.is_none() && self.text.is_none() && self.mjml.is_none()
    }

    /// This one, and `other` where this one has nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            subject: self.subject.or(other.subject),
            text: self.text.or(other.text),
            mjml: self.mjml.or(other.mjml),
        }
    }
}
