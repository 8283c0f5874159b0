//! Requests to reset a password, as a backend writes them to files.
//!
//! What is in a file is a plugin's to say; which files there are, and what becomes of a request, is the
//! host's.

use crate::backends::SetBy;
use crate::ids::{BackendId, UserId};
use crate::secret::Secret;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The longest name of a file that a file system here has.
const LONGEST_NAME: usize = 255;

/// Names of files a plugin reads; `*` stands for any characters, also none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePattern(String);

/// Why a pattern is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a pattern is part of a file's name with * for the rest, without / in it")]
pub struct NoPattern;

impl FilePattern {
    /// Reads what a plugin says.
    ///
    /// # Errors
    /// [`NoPattern`], also for one that fits every file.
    pub fn parse(text: &str) -> Result<Self, NoPattern> {
        let says_something = text.chars().any(|one| !matches!(one, '*' | '.'));
        let fits = says_something && is_plain(text);
        if fits { Ok(Self(text.to_owned())) } else { Err(NoPattern) }
    }

    /// As the plugin wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a file of that name is meant. Upper and lower case differ.
    #[must_use]
    pub fn matches(&self, file_name: &str) -> bool {
        if !self.0.contains('*') {
            return self.0 == file_name;
        }
        let mut parts = self.0.split('*');
        let Some(mut rest) = parts.next().and_then(|first| file_name.strip_prefix(first)) else {
            return false;
        };
        let Some(last) = parts.next_back() else { return false };
        // The earliest place of each leaves the most room for those behind it.
        for part in parts {
            let Some((_, behind)) = rest.split_once(part) else { return false };
            rest = behind;
        }
        rest.ends_with(last)
    }
}

/// Whether a text is the name of a file in some folder and nothing more.
#[must_use]
pub fn is_file_name(text: &str) -> bool {
    is_plain(text) && !matches!(text, "." | "..")
}

fn is_plain(text: &str) -> bool {
    let odd = |one: char| matches!(one, '/' | '\\') || one.is_control();
    !text.is_empty() && text.len() <= LONGEST_NAME && !text.chars().any(odd)
}

/// Something an admin should know of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Open vocabulary: `jellyfin.reset-damaged`.
    pub code: String,
    /// One sentence without a secret.
    pub detail: String,
}

/// A request that was found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetRequest {
    /// Who forgot the password, by the backend's name.
    pub login_name: String,
    /// What proves it to the backend.
    pub pin: Secret,
    /// Until when the backend takes it; may be over.
    pub expires: Timestamp,
    /// The same request has the same key, whatever the file system says. As guessable as the PIN: only a
    /// keyed hash of it is kept.
    pub key: Secret,
    /// What is odd about the file, although the request is good.
    pub remark: Option<Remark>,
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// A request.
    Found(ResetRequest),
    /// Empty or still being written: worth another look.
    Incomplete,
    /// Nothing to act on, and why.
    Ignored(Remark),
}

/// A file as the backend writes them, for trying out whether files are seen. Its PIN is over.
#[derive(Debug, Clone)]
pub struct Specimen {
    /// Its name, without a folder.
    pub file_name: String,
    /// What goes into it.
    pub content: Secret<Vec<u8>>,
}

/// What the mail to a reset file carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResetMail {
    /// A link to our own page.
    Link,
    /// The backend's PIN.
    Pin,
    /// Both.
    #[default]
    Both,
}

/// A folder in which a backend leaves reset files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Whose.
    pub backend: BackendId,
    /// As this program sees it.
    pub directory: PathBuf,
    /// Seconds between two looks; 0: chosen by the file system.
    pub poll_seconds: u32,
    /// What the mail carries.
    pub mail: ResetMail,
    /// Who set it up.
    pub set_by: SetBy,
}

/// What became of a request that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SightingOutcome {
    /// A mail is owed.
    Owed,
    /// Nobody of that name is known here.
    UnknownUser,
    /// Nowhere to send it.
    NoAddress,
    /// The address is not confirmed.
    Unconfirmed,
    /// Over when it was found.
    Expired,
    /// Over by hours: the clocks or zones of the two machines differ.
    WrongZone,
    /// The account may not be reset by mail.
    Privileged,
    /// Shut out here.
    ShutOut,
}

impl SightingOutcome {
    /// In one word, for the activity and the catalogue.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Owed => "owed",
            Self::UnknownUser => "unknown-user",
            Self::NoAddress => "no-address",
            Self::Unconfirmed => "unconfirmed",
            Self::Expired => "expired",
            Self::WrongZone => "wrong-zone",
            Self::Privileged => "privileged",
            Self::ShutOut => "shut-out",
        }
    }
}

/// A request that was found, kept so that it is acted upon once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// Keyed hash of the request's key, hex.
    pub digest: String,
    /// Where.
    pub backend: BackendId,
    /// In which file.
    pub file: String,
    /// Who, by the backend's name.
    pub login_name: String,
    /// Who that is here.
    pub user: Option<UserId>,
    /// What became of it.
    pub outcome: SightingOutcome,
    /// When it was found.
    pub seen_at: Timestamp,
    /// Until when the backend takes its PIN.
    pub expires_at: Timestamp,
    /// The file went away before its end: somebody used the PIN at the backend.
    #[serde(default)]
    pub used_there: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_the_names_it_says() {
        for (pattern, fits, does_not) in [
            ("passwordreset*.json", "passwordreset123.json", "passwordreset123.json.tmp"),
            ("passwordreset*.json", "passwordreset.json", "passwordreset"),
            ("*.pin", ".pin", "pin"),
            ("a*b*c", "abbc", "acb"),
            ("a*b*c", "a.b.b.c", "a.c"),
            ("reset", "reset", "resets"),
            ("a*a", "aa", "a"),
        ] {
            let pattern = FilePattern::parse(pattern).expect(pattern);
            assert!(pattern.matches(fits), "{pattern:?} {fits}");
            assert!(!pattern.matches(does_not), "{pattern:?} {does_not}");
        }
    }

    #[test]
    fn a_pattern_that_fits_everything_or_leads_elsewhere_is_none() {
        for text in
            ["", "*", "**", "*.*", "..", "../*", "/etc/*", "a\\b*", "a\n*", &"a".repeat(256)]
        {
            assert_eq!(FilePattern::parse(text), Err(NoPattern), "{text}");
        }
        for text in ["", ".", "..", "a/b", "a\0"] {
            assert!(!is_file_name(text), "{text}");
        }
        assert!(is_file_name("passwordreset1.json"));
    }

    #[test]
    fn a_request_is_printed_without_its_pin() {
        let request = ResetRequest {
            login_name: "Ann".to_owned(),
            pin: Secret::from("12-34-AB-CD"),
            expires: Timestamp::UNIX_EPOCH,
            key: Secret::from("key-of-it"),
            remark: None,
        };
        let words = format!("{request:?}");
        assert!(!words.contains("12-34") && !words.contains("key-of-it"), "{words}");
    }
}
