//! Accounts as a backend describes them.

use serde::{Deserialize, Serialize};

/// The state of an account there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Can be used.
    Active,
    /// Switched off.
    Disabled,
    /// Asked to come, has not accepted.
    Invited,
    /// Locked by the backend after wrong attempts.
    Locked,
}

/// Which libraries an account sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LibraryAccess {
    /// All, also those to come.
    All,
    /// These ids.
    Only(Vec<String>),
    /// The backend did not say.
    Unknown,
}

/// One account on one backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackendAccount {
    /// The backend's own id.
    pub id: String,
    /// The name to sign in with.
    pub login_name: String,
    /// The name to show.
    pub display_name: Option<String>,
    /// The address the backend knows.
    pub email: Option<String>,
    /// Its state.
    pub condition: Condition,
    /// Administrator there.
    pub admin: bool,
    /// Its forgotten password is never reset by mail: who holds the mailbox would hold the machine.
    #[serde(default)]
    pub privileged: bool,
    /// Why it is not ours to touch.
    pub foreign: Option<String>,
    /// What it sees.
    pub libraries: LibraryAccess,
    /// When it was last used.
    pub last_seen: Option<jiff::Timestamp>,
    /// When it was made.
    pub created: Option<jiff::Timestamp>,
    /// Anything else, name to words.
    pub attributes: Vec<(String, String)>,
}

/// A new account.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The name to sign in with.
    pub login_name: String,
    /// The first password.
    pub password: Option<crate::secret::Secret>,
    /// The person's address.
    pub email: Option<String>,
    /// The name to show.
    pub display_name: Option<String>,
    /// Who it is for, where they have signed in there: the subject of their identity.
    pub subject: Option<String>,
    /// What that sign-in left for later calls; lets them accept an invitation in the same breath.
    pub grant: Option<crate::secret::Secret>,
    /// The profile document that is applied next, for backends that cannot invite without knowing what to.
    pub profile: Option<String>,
}

/// Whether a create is asked for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Nobody has asked before.
    First,
    /// An earlier attempt ended unclear: look first, finish what it left.
    AfterDoubt,
}

/// What a backend can do, with this version and credential.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent abilities, as the contract's flags")]
pub struct Abilities {
    /// Make accounts.
    pub create: bool,
    /// Invite people who make the account themselves.
    pub invite: bool,
    /// Change a login name.
    pub rename: bool,
    /// Switch off and on.
    pub disable: bool,
    /// Delete.
    pub delete: bool,
    /// Set a password with the stored credential.
    pub set_password: bool,
    /// Change a password as the person.
    pub own_password: bool,
    /// Capture and apply profiles.
    pub profiles: bool,
    /// List libraries.
    pub libraries: bool,
    /// Tell when an account was last used.
    pub last_seen: bool,
}

/// What a new login name must look like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameRules {
    /// A regular expression, RE2 syntax.
    pub pattern: String,
    /// Characters.
    pub max: u32,
    /// The rule in words.
    pub words: String,
}

impl NameRules {
    /// Whether a login name keeps them. A pattern that is none keeps nobody out: the backend will say.
    #[must_use]
    pub fn admit(&self, name: &str) -> bool {
        let max = usize::try_from(self.max).unwrap_or(usize::MAX);
        let whole = format!("^(?:{})$", self.pattern);
        let pattern = regex::RegexBuilder::new(&whole).size_limit(1 << 20).build();
        name.chars().count() <= max && pattern.map_or(true, |pattern| pattern.is_match(name))
    }
}

/// What a password must look like there, besides our own rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordRules {
    /// Characters.
    pub min: u32,
    /// Characters.
    pub max: u32,
    /// Characters that may not occur.
    pub forbidden: String,
}

/// What a backend offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What it can do.
    pub abilities: Abilities,
    /// Rules for names.
    pub names: Option<NameRules>,
    /// Rules for passwords.
    pub password: Option<PasswordRules>,
}

/// A library of a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// The backend's id.
    pub id: String,
    /// Its name there.
    pub name: String,
    /// `movies`, `tvshows`, ... as the backend says.
    pub kind: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_matched_as_a_whole() {
        let rules =
            |pattern: &str| NameRules { pattern: pattern.into(), max: 8, words: String::new() };
        let table = [
            ("[a-z]+", "anna", true),
            ("[a-z]+", "anna!", false),
            ("a|b", "ab", false),
            ("[a-z]+", "annabella", false),
        ];
        for (pattern, name, good) in table {
            assert_eq!(rules(pattern).admit(name), good, "{pattern} {name}");
        }
        assert!(rules("(").admit("anna"), "a broken pattern keeps nobody out");
        assert!(rules(r"[\p{L}\d' ._@-]+").admit("Zoë 1"));
    }
}
