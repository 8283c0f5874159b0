//! Long-lived API tokens: what each may do, until when.
//!
//! Guarantees: a token can do at most what its owner can at that moment; what no scope names no token
//! can do (one's own password, sessions, factors, other tokens, ways to sign in). Does not: hold the token.

use crate::ids::UserId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a scope is about: the word after `/api/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Area {
    Invites,
    Signups,
    Users,
    Profiles,
    Backends,
    Plugins,
    Mail,
    Activity,
    Settings,
    Jobs,
}

impl Area {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Invites,
        Self::Signups,
        Self::Users,
        Self::Profiles,
        Self::Backends,
        Self::Plugins,
        Self::Mail,
        Self::Activity,
        Self::Settings,
        Self::Jobs,
    ];

    /// As it stands in paths and in scopes.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Invites => "invites",
            Self::Signups => "signups",
            Self::Users => "users",
            Self::Profiles => "profiles",
            Self::Backends => "backends",
            Self::Plugins => "plugins",
            Self::Mail => "mail",
            Self::Activity => "activity",
            Self::Settings => "settings",
            Self::Jobs => "jobs",
        }
    }

    /// From a path's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|area| area.word() == word)
    }
}

/// One thing a token may do: `users:read`, `invites:write`. Writing includes reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope {
    /// What about.
    pub area: Area,
    /// Whether it may change something.
    pub write: bool,
}

/// A text that is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a scope is an area with :read or :write, as in invites:write; got {0:?}")]
pub struct NotAScope(pub String);

impl Scope {
    /// `area:read` or `area:write`.
    ///
    /// # Errors
    /// [`NotAScope`].
    pub fn parse(text: &str) -> Result<Self, NotAScope> {
        let wrong = || NotAScope(text.to_owned());
        let (area, right) = text.trim().split_once(':').ok_or_else(wrong)?;
        let write = match right {
            "read" => false,
            "write" => true,
            _ => return Err(wrong()),
        };
        Ok(Self { area: Area::parse(area).ok_or_else(wrong)?, write })
    }

    /// Whether it allows what is wanted.
    #[must_use]
    pub fn allows(self, wanted: Self) -> bool {
        self.area == wanted.area && (self.write || !wanted.write)
    }
}

impl core::fmt::Display for Scope {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let right = if self.write { "write" } else { "read" };
        write!(f, "{}:{right}", self.area.word())
    }
}

impl TryFrom<String> for Scope {
    type Error = NotAScope;
    fn try_from(text: String) -> Result<Self, NotAScope> {
        Self::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

/// One token, without itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// Its name in the API; random.
    pub id: String,
    /// SHA-256 of the token.
    pub token: String,
    /// Whose.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; none: until revoked.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
    /// From where.
    pub used_from: Option<String>,
}

impl ApiToken {
    /// Whether it may be used for that now.
    #[must_use]
    pub fn allows(&self, wanted: Scope, now: Timestamp) -> bool {
        let open = self.expires_at.is_none_or(|end| now < end);
        open && self.scopes.iter().any(|scope| scope.allows(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_includes_reading_of_the_same_and_nothing_else() {
        let scope = |text: &str| Scope::parse(text).expect("a scope");
        assert!(scope("users:write").allows(scope("users:read")));
        assert!(!scope("users:read").allows(scope("users:write")));
        assert!(!scope("users:write").allows(scope("invites:read")));
        for text in ["", "users", "users:", "users:all", "tokens:read", "auth:write", ":read"] {
            assert!(Scope::parse(text).is_err(), "{text}");
        }
        for area in Area::ALL {
            assert_eq!(Area::parse(area.word()), Some(area));
        }
    }
}
