//! Which login names the server takes.
//!
//! `UserManager.ValidUsernameRegex` and `ThrowIfInvalidUsername`: `^[\w\ \-'._@]+$` up to 10.10; from
//! 10.11 also `+`, and no white space at either end; from 12 neither `.` nor `..`. .NET's `\w` is
//! letters, non-spacing marks, decimal digits and connectors of any script. 255 characters at most.

use latchkey_sdk::accounts::NameRules;
use latchkey_sdk::fault::{Fault, Kind};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::version::Version;

/// Characters, as the server counts them (UTF-16 units).
const MAX: u32 = 255;

/// The rule for the sign-up page.
#[must_use]
pub fn rules(version: Version) -> NameRules {
    let class = if plus(version) {
        r"\p{L}\p{Mn}\p{Nd}\p{Pc}\-'._@+"
    } else {
        r"\p{L}\p{Mn}\p{Nd}\p{Pc}\-'._@"
    };
    let words = if plus(version) {
        "letters, digits, spaces inside, and - ' . _ @ +"
    } else {
        "letters, digits, spaces inside, and - ' . _ @"
    };
    // Spaces at an end are refused on every line: before 10.11 the server takes them, and nobody
    // can type such a name twice.
    NameRules {
        pattern: format!("[{class}](?:[{class} ]*[{class}])?"),
        max: MAX,
        words: words.to_owned(),
    }
}

/// Refuses what the server would refuse, in words.
///
/// # Errors
/// `invalid-input` about `login-name`.
pub fn check(name: &str, version: Version) -> Result<(), Fault> {
    let length = name.encode_utf16().count();
    let problem = if name.is_empty() {
        "is empty"
    } else if u32::try_from(length).unwrap_or(u32::MAX) > MAX {
        "is longer than 255 characters"
    } else if name.starts_with(' ') || name.ends_with(' ') {
        "starts or ends with a space"
    } else if matches!(name, "." | "..") && version.from(12, 0, 0) {
        "is only dots"
    } else if !name.chars().all(|character| allowed(character, version)) {
        "has a character that Jellyfin does not take"
    } else {
        return Ok(());
    };
    Err(invalid(&format!("the login name {problem}")))
}

/// A name that is refused.
#[must_use]
pub fn invalid(detail: &str) -> Fault {
    Fault::new(Kind::InvalidInput, "jellyfin.name-invalid", detail).about("login-name")
}

/// Whether two names are one to the server: upper case by single characters, as the invariant
/// culture of .NET does it.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    one.chars().map(upper).eq(other.chars().map(upper))
}

fn upper(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

fn plus(version: Version) -> bool {
    version.from(10, 11, 0)
}

fn allowed(character: char, version: Version) -> bool {
    match character {
        ' ' | '-' | '\'' | '.' | '_' | '@' => true,
        '+' => plus(version),
        _ => matches!(
            character.general_category(),
            GeneralCategory::UppercaseLetter
                | GeneralCategory::LowercaseLetter
                | GeneralCategory::TitlecaseLetter
                | GeneralCategory::ModifierLetter
                | GeneralCategory::OtherLetter
                | GeneralCategory::NonspacingMark
                | GeneralCategory::DecimalNumber
                | GeneralCategory::ConnectorPunctuation
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(name: &str, version: &str) -> bool {
        check(name, Version::parse(version).expect("a version")).is_ok()
    }

    #[test]
    fn names_are_taken_as_the_recorded_servers_take_them() {
        for version in ["10.9.11", "10.10.7", "10.11.11", "12.0.0"] {
            for name in ["alice", "at@home.example", "o'brien", "ünï köd", "名前", "a-b_c.d"] {
                assert!(takes(name, version), "{name} on {version}");
            }
            for name in ["", " lead", "trail ", "a/b", "a<b", "a\tb", "emoji😀"] {
                assert!(!takes(name, version), "{name} on {version}");
            }
        }
        assert!(!takes("plus+sign", "10.10.7"));
        assert!(takes("plus+sign", "10.11.0"));
        assert!(takes("..", "10.11.11"));
        assert!(!takes(".", "12.0.0") && !takes("..", "12.4.0"));
        assert!(takes(&"x".repeat(255), "12.0.0"));
        assert!(!takes(&"x".repeat(256), "12.0.0"));
    }

    #[test]
    fn case_is_ignored_character_by_character() {
        assert!(same("Alice", "aLICE") && same("ünï", "ÜNÏ"));
        assert!(!same("straße", "STRASSE") && !same("alice", "alic"));
    }
}
