//! What a password must be: long enough, not common, not the person's own name. No composition rules.

use crate::accounts::PasswordRules;

/// At least this many characters.
pub const MIN_CHARS: usize = 8;
/// At most this many; nothing is ever cut.
pub const MAX_CHARS: usize = 256;

/// Why a password is refused; the catalogue has the words (`password-<code>`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadPassword {
    /// Under the minimum (ours or a backend's).
    TooShort(u32),
    /// Over the maximum (ours or a backend's).
    TooLong(u32),
    /// In every list of common passwords, or guessed in no time.
    Common,
    /// Made of the person's or the house's own words.
    Context,
    /// A character that a backend does not take.
    Forbidden(char),
}

/// All rules that hold for a password: ours and those of the backends it will be set on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rules {
    /// Characters.
    pub min: u32,
    /// Characters.
    pub max: u32,
    /// May not occur.
    pub forbidden: String,
}

impl Rules {
    /// Ours, narrowed by each backend's.
    #[must_use]
    pub fn narrowed<'a>(backends: impl IntoIterator<Item = &'a PasswordRules>) -> Self {
        let ours = Self {
            min: u32::try_from(MIN_CHARS).unwrap_or(8),
            max: u32::try_from(MAX_CHARS).unwrap_or(256),
            forbidden: String::new(),
        };
        backends.into_iter().fold(ours, |rules, theirs| Self {
            min: rules.min.max(theirs.min),
            max: rules.max.min(theirs.max),
            forbidden: rules.forbidden + &theirs.forbidden,
        })
    }
}
