//! What a password must be: long enough, not common, not the person's own name. No composition rules.
//! And what became of a new one in each place.

use crate::accounts::PasswordRules;
use crate::fault::Fault;
use crate::ids::ProviderId;
use crate::names::name_key;
use crate::secret::Secret;

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

impl BadPassword {
    /// The key of its words.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooShort(_) => "too-short",
            Self::TooLong(_) => "too-long",
            Self::Common => "common",
            Self::Context => "context",
            Self::Forbidden(_) => "forbidden",
        }
    }

    /// What its words are filled with: name and value.
    #[must_use]
    pub fn argument(&self) -> Option<(&'static str, String)> {
        match self {
            Self::TooShort(count) | Self::TooLong(count) => Some(("n", count.to_string())),
            Self::Forbidden(character) => Some(("characters", character.to_string())),
            Self::Common | Self::Context => None,
        }
    }
}

/// Below this a password is guessed in fewer than 10^6 attempts (zxcvbn's scale, 0 to 4).
const LEAST_SCORE: u8 = 2;
/// The estimate's cost grows with the square of the length; what comes later only adds to it.
const ESTIMATED: usize = 64;
/// A context word shorter than this is in too many good passwords by chance.
const CONTEXT_WORD: usize = 3;
/// So many characters of its own a password has besides context words.
const OWN: usize = 5;

/// Checks a password against the rules. `context` are words close to it: the name of the person, the
/// address of the house, names of its backends.
///
/// # Errors
/// [`BadPassword`]: the first rule that is broken.
pub fn check(password: &Secret, rules: &Rules, context: &[&str]) -> Result<(), BadPassword> {
    let text = password.expose();
    let count = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    if count < rules.min {
        return Err(BadPassword::TooShort(rules.min));
    }
    if count > rules.max {
        return Err(BadPassword::TooLong(rules.max));
    }
    if let Some(bad) = text.chars().find(|c| rules.forbidden.contains(*c)) {
        return Err(BadPassword::Forbidden(bad));
    }
    let words = words_of(context);
    if own_characters(text, &words) < OWN {
        return Err(BadPassword::Context);
    }
    if score(text, &[]) < LEAST_SCORE {
        return Err(BadPassword::Common);
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if score(text, &words) < LEAST_SCORE { Err(BadPassword::Context) } else { Ok(()) }
}

/// Every word of the context, folded, the longest first.
fn words_of(context: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = context
        .iter()
        .chain(&["latchkey"])
        .flat_map(|text| {
            let folded = name_key(text);
            let mut parts: Vec<String> =
                folded.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
            parts.push(folded);
            parts
        })
        .filter(|word| word.chars().count() >= CONTEXT_WORD)
        .collect();
    words.sort_by_key(|word| core::cmp::Reverse(word.len()));
    words.dedup();
    words
}

/// How many letters and digits are left once the context's words are taken out.
fn own_characters(password: &str, words: &[String]) -> usize {
    let folded = name_key(password);
    let own = words.iter().fold(folded, |rest, word| rest.replace(word.as_str(), " "));
    own.chars().filter(|c| !c.is_whitespace()).count()
}

fn score(password: &str, context: &[&str]) -> u8 {
    let beginning: String = password.chars().take(ESTIMATED).collect();
    zxcvbn::zxcvbn(&beginning, context).score().into()
}

/// What became of a new password in one place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PasswordResult {
    /// `local`, or a backend's id.
    pub backend: ProviderId,
    /// How it went.
    pub state: PasswordOutcome,
    /// Why it did not go.
    pub fault: Option<Fault>,
}

/// How a change went in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordOutcome {
    /// The new one holds.
    Changed,
    /// The old one was wrong there; it keeps its own.
    WrongCurrent,
    /// That backend cannot change a password.
    Unsupported,
    /// The account may do so much there that a link never sets its password.
    Refused,
    /// It does not answer, or refused; the old one holds there.
    Failed,
    /// It may or may not have been changed there.
    Unclear,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CONTEXT: &[&str] = &["Johanna Smith", "media.example.org", "Films and series"];

    fn outcome(password: &str) -> Result<(), BadPassword> {
        check(&Secret::from(password), &Rules::narrowed([]), CONTEXT)
    }

    #[test]
    fn a_table_of_passwords() {
        for (password, expected) in [
            ("", Err(BadPassword::TooShort(8))),
            ("kx7#pQz", Err(BadPassword::TooShort(8))),
            ("päßwörd", Err(BadPassword::TooShort(8))),
            ("password", Err(BadPassword::Common)),
            ("Passw0rd!", Err(BadPassword::Common)),
            ("12345678", Err(BadPassword::Common)),
            ("aaaaaaaaaaaa", Err(BadPassword::Common)),
            ("qwertyuiop", Err(BadPassword::Common)),
            ("johanna1", Err(BadPassword::Context)),
            ("JohannaSmith42", Err(BadPassword::Context)),
            ("latchkey!", Err(BadPassword::Context)),
            ("latchkey2026", Err(BadPassword::Context)),
            ("media.example.org", Err(BadPassword::Context)),
            ("correct horse battery staple", Ok(())),
            ("kx7#pQz!", Ok(())),
            ("grüne wolken 17", Ok(())),
            ("smithereens-over-lisbon", Ok(())),
        ] {
            assert_eq!(outcome(password), expected, "{password}");
        }
    }

    #[test]
    fn backends_narrow_the_rules() {
        let theirs = [
            PasswordRules { min: 10, max: 20, forbidden: "\"".to_owned() },
            PasswordRules { min: 1, max: 300, forbidden: "\\".to_owned() },
        ];
        let rules = Rules::narrowed(&theirs);
        let check = |text: &str| check(&Secret::from(text), &rules, &[]);
        assert_eq!(check("kx7#pQz!w"), Err(BadPassword::TooShort(10)));
        assert_eq!(check("kx7#pQz!wkx7#pQz!wkx7"), Err(BadPassword::TooLong(20)));
        assert_eq!(check("kx7#pQz!w\"a"), Err(BadPassword::Forbidden('"')));
        assert_eq!(check("kx7#pQz!w\\a"), Err(BadPassword::Forbidden('\\')));
        assert_eq!(check("kx7#pQz!wa"), Ok(()));
    }

    #[test]
    fn the_longest_password_is_checked_quickly_and_whole() {
        let long = "kx7#".repeat(64);
        assert_eq!(outcome(&long), outcome(&long));
        assert_eq!(outcome(&format!("{long}x")), Err(BadPassword::TooLong(256)));
    }

    proptest! {
        /// Whatever is typed, the answer is an answer, and a short one is never good.
        #[test]
        fn anything_may_be_typed(password in "\\PC{0,40}") {
            let outcome = outcome(&password);
            if password.chars().count() < MIN_CHARS {
                prop_assert_eq!(outcome, Err(BadPassword::TooShort(8)));
            }
        }
    }
}
