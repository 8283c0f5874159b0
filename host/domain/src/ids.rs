//! Identifiers: newtypes that hold what was made by us, or parsed.
//!
//! Codes that travel in links are 128 random bits in a readable alphabet (no look-alikes), shown in
//! lower case and read in any case. This module makes no randomness: bytes are arguments.

use core::fmt;
use serde::{Deserialize, Serialize};

/// Crockford's base32: no `i`, `l`, `o`, `u`, so that a code survives being read aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 26 characters for 16 bytes.
#[must_use]
pub fn encode(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes);
    (0..26)
        .rev()
        .filter_map(|place| {
            let index = usize::try_from((number >> (place * 5)) & 31).unwrap_or_default();
            ALPHABET.get(index).map(|byte| char::from(*byte))
        })
        .collect()
}

/// The canonical form of a typed code: lower case, look-alikes mapped, blanks and hyphens dropped.
/// `None` where it cannot be one of ours.
#[must_use]
pub fn decode(text: &str) -> Option<String> {
    let mut canonical = String::with_capacity(26);
    for character in text.trim().chars() {
        let mapped = match character.to_ascii_lowercase() {
            '-' | ' ' => continue,
            'i' | 'l' => '1',
            'o' => '0',
            other => other,
        };
        if !mapped.is_ascii() || !ALPHABET.contains(&u8::try_from(mapped).ok()?) {
            return None;
        }
        canonical.push(mapped);
    }
    (canonical.len() == 26).then_some(canonical)
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// From 16 random bytes.
            #[must_use]
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(encode(bytes))
            }

            /// From text a person or a program sent; `None` where it cannot be one.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                decode(text).map(Self)
            }

            /// As it travels.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

random_id!(
    /// A user.
    UserId
);
random_id!(
    /// A sign-up.
    SignupId
);
random_id!(
    /// A session.
    SessionId
);
random_id!(
    /// A message in the outbox.
    MessageId
);
random_id!(
    /// The right to sign up, as it stands in the link: a bearer credential.
    InviteCode
);

impl InviteCode {
    /// The first characters, for logs and lists: enough to find it, not enough to use it.
    #[must_use]
    pub fn hint(&self) -> String {
        self.0.chars().take(6).collect()
    }
}

/// A code that another program made for an invite, as it stands in links that were sent already: a bearer
/// credential like [`InviteCode`]. Case counts.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ForeignCode(String);

/// Why text is no [`ForeignCode`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a code of another program is 6 to 128 letters, digits, '-' and '_'")]
pub struct NotAForeignCode;

impl ForeignCode {
    /// Letters, digits, `-` and `_`, as they are.
    ///
    /// # Errors
    /// [`NotAForeignCode`].
    pub fn parse(text: &str) -> Result<Self, NotAForeignCode> {
        let plain = |one: char| one.is_ascii_alphanumeric() || matches!(one, '-' | '_');
        let fits = (6..=128).contains(&text.len()) && text.chars().all(plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAForeignCode) }
    }

    /// As it travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first characters, for logs and lists.
    #[must_use]
    pub fn hint(&self) -> String {
        self.0.chars().take(4).collect()
    }
}

impl fmt::Debug for ForeignCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}...", self.hint())
    }
}

impl TryFrom<String> for ForeignCode {
    type Error = NotAForeignCode;
    fn try_from(text: String) -> Result<Self, NotAForeignCode> {
        Self::parse(&text)
    }
}

impl From<ForeignCode> for String {
    fn from(code: ForeignCode) -> Self {
        code.0
    }
}

/// Why a name chosen by the admin is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id is 1 to 32 of a-z, 0-9 and '-', beginning with a letter; got {got:?}")]
pub struct NotAnId {
    /// What was given.
    pub got: String,
}

fn slug(text: &str) -> Result<String, NotAnId> {
    let fits = (1..=32).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if fits { Ok(text.to_owned()) } else { Err(NotAnId { got: text.to_owned() }) }
}

macro_rules! slug_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses what an admin chose.
            ///
            /// # Errors
            /// [`NotAnId`] for anything but 1 to 32 of `a-z`, `0-9`, `-`, beginning with a letter.
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                slug(text).map(Self)
            }

            /// As it travels.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

slug_id!(
    /// One configured server: `jellyfin`, `nas`. The admin chooses it.
    BackendId
);
slug_id!(
    /// A component's own id, from its manifest.
    PluginId
);
slug_id!(
    /// A way to sign in: `local`, or a backend's id.
    ProviderId
);

slug_id!(
    /// One configured way to send mail: `smtp`. The admin chooses it.
    MailId
);

impl MailId {
    /// Whether it is a word that the pages have in the place of an id.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        ["new", "outbox", "templates"].contains(&self.as_str())
    }
}

/// Words that stand in a provider's place in our own addresses, or that name a way in of our own.
const NO_PROVIDER: &[&str] = &[
    "admin",
    "api-token",
    "change-password",
    "factors",
    "home-user",
    "home-users",
    "local",
    "login",
    "login-link",
    "logout",
    "me",
    "new",
    "order",
    "passkey",
    "passkeys",
    "providers",
    "recovery-codes",
    "refresh",
    "register",
    "second-factor",
    "sessions",
    "setup",
    "token",
    "tokens",
    "totp",
];

impl ProviderId {
    /// Whether it is a word of our own addresses, or a way in that is there by itself.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        NO_PROVIDER.contains(&self.as_str())
    }
}

/// A configured instance of a plugin: what it is called with its settings and secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceId {
    /// A backend.
    Backend(BackendId),
    /// A mail method.
    Mail(MailId),
}

impl From<BackendId> for InstanceId {
    fn from(id: BackendId) -> Self {
        Self::Backend(id)
    }
}

impl From<MailId> for InstanceId {
    fn from(id: MailId) -> Self {
        Self::Mail(id)
    }
}

impl From<&BackendId> for InstanceId {
    fn from(id: &BackendId) -> Self {
        Self::Backend(id.clone())
    }
}

impl From<&MailId> for InstanceId {
    fn from(id: &MailId) -> Self {
        Self::Mail(id.clone())
    }
}

impl fmt::Display for InstanceId {
    /// `jellyfin`, `mail/smtp`: no backend's id has a slash in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backend(id) => id.fmt(f),
            Self::Mail(id) => write!(f, "mail/{id}"),
        }
    }
}

/// One line of the activity: ascending, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActivityId(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_comes_back_however_it_was_typed() {
        let code = InviteCode::from_random([0xfe; 16]);
        let shouted = code.as_str().to_uppercase();
        assert_eq!(InviteCode::parse(&shouted), Some(code.clone()));
        let (one, two) = code.as_str().split_at(13);
        let spaced = format!(" {one}-{two} ");
        assert_eq!(InviteCode::parse(&spaced), Some(code));
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        for text in ["", "abc", "u0000000000000000000000000", "é0000000000000000000000000"] {
            assert_eq!(InviteCode::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_code_of_another_program_is_kept_as_it_is() {
        let code = ForeignCode::parse("hkVJ-l0_eXq2pGZyS3nRtA").unwrap();
        assert_eq!(code.as_str(), "hkVJ-l0_eXq2pGZyS3nRtA");
        assert_eq!(format!("{code:?}"), "hkVJ...", "a bearer credential is not told to the log");
        for text in ["", "abc12", "a/../../etc", "abc def", "gr\u{fc}nkohl", &"a".repeat(129)] {
            assert!(ForeignCode::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn backend_ids_are_short_and_plain() {
        assert!(BackendId::parse("jellyfin-2").is_ok());
        assert!(ProviderId::parse("login").is_ok_and(|id| id.is_reserved()));
        assert!(ProviderId::parse("google").is_ok_and(|id| !id.is_reserved()));
        for text in ["", "2nd", "Jellyfin", "a b", "../x", &"a".repeat(33)] {
            assert!(BackendId::parse(text).is_err(), "{text}");
        }
    }
}
