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

/// The name a user signs in with: 1 to 64 characters, NFC, no control characters and none that cannot be
/// seen, none of `/\:<>"|?*`, not blank. Backends have narrower rules of their own.
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
        match name.chars().find(|c| is_unseen(*c) || "/\\:<>\"|?*".contains(*c)) {
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

/// Control characters, and those that change how others look or are not seen at all (Unicode's `Cf`, `Zl`,
/// `Zp` and the fillers): with them one name could be made to look like another.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The key of any typed name, also one that is no [`Username`]: for look-ups and throttles. By way of
/// capitals, because some letters have two small forms (`σ` and `ς`).
#[must_use]
pub fn name_key(text: &str) -> String {
    let capitals = text.trim().nfkc().flat_map(char::to_uppercase);
    capitals.flat_map(char::to_lowercase).nfkc().collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_in_no_name() {
        for bad in
            ['\0', '\r', '\u{ad}', '\u{200b}', '\u{202e}', '\u{2066}', '\u{feff}', '\u{3164}']
        {
            assert_eq!(Username::parse(&format!("a{bad}b")), Err(BadName::Character(bad)));
        }
        for good in ["Zoë O'Neil", "Νίκος", "李小龍", "निकोला", "a 😀"] {
            assert!(Username::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_name_has_one_key_however_it_is_written() {
        for (one, other) in
            [("Νίκος", "ΝΊΚΟΣ"), ("νίκοσ", "Νίκος"), ("ＡＮＮＡ", " anna"), ("STRASSE", "straße")]
        {
            assert_eq!(name_key(one), name_key(other), "{one} {other}");
        }
        assert_ne!(name_key("anna"), name_key("ana"));
    }
}
