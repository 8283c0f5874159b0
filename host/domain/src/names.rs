//! Names and addresses that people type, parsed once.

use core::fmt;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// Why a name is not acceptable; the catalogue has the words (`field-<code>`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Nothing there.
    #[error("a name is empty")]
    Empty,
    /// Over the limit.
    #[error("a name is longer than {0} characters")]
    TooLong(usize),
    /// A character that no backend takes.
    #[error("a name contains {0:?}")]
    Character(char),
    /// Not an address.
    #[error("not a mail address")]
    NotAnAddress,
}

impl BadName {
    /// The key of its words.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong(_) => "too-long",
            Self::Character(_) => "character",
            Self::NotAnAddress => "not-an-address",
        }
    }
}

/// The name a user signs in with: 1 to 64 characters, NFC, no control characters, none of `/\:<>"|?*`,
/// nothing but blanks. Backends have narrower rules of their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl Username {
    /// Trims, normalises and checks.
    ///
    /// # Errors
    /// [`BadName`] says which rule is broken.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let name: String = text.trim().nfc().collect();
        if name.is_empty() {
            return Err(BadName::Empty);
        }
        if name.chars().count() > 64 {
            return Err(BadName::TooLong(64));
        }
        match name.chars().find(|c| c.is_control() || "/\\:<>\"|?*".contains(*c)) {
            Some(bad) => Err(BadName::Character(bad)),
            None => Ok(Self(name)),
        }
    }

    /// As typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Two names with the same key are the same name: compatibility forms and case folded away, so
    /// that no throttle or uniqueness check is passed by writing a name another way.
    #[must_use]
    pub fn key(&self) -> String {
        name_key(&self.0)
    }
}

/// The key of any typed name, also one that is no [`Username`]: for look-ups and throttles.
#[must_use]
pub fn name_key(text: &str) -> String {
    text.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

impl TryFrom<String> for Username {
    type Error = BadName;
    fn try_from(text: String) -> Result<Self, BadName> {
        Self::parse(&text)
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A mail address: checked for shape only, since only a mail can prove more.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Trims and checks: one `@`, something on both sides, no blanks or control characters, at most 254.
    ///
    /// # Errors
    /// [`BadName`] says which rule is broken.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let address = text.trim();
        if address.is_empty() {
            return Err(BadName::Empty);
        }
        if address.len() > 254 {
            return Err(BadName::TooLong(254));
        }
        let whole = address.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && !host.is_empty()
                && !host.contains('@')
                && !host.starts_with('.')
                && !host.ends_with('.')
        });
        let odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;()\"".contains(c);
        if !whole || address.contains(odd) {
            return Err(BadName::NotAnAddress);
        }
        Ok(Self(address.to_owned()))
    }

    /// As typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For look-ups: case folded.
    #[must_use]
    pub fn key(&self) -> String {
        name_key(&self.0)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = BadName;
    fn try_from(text: String) -> Result<Self, BadName> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
