//! Where a value was written, and how that place is shown.
//!
//! A shown line never holds a secret: what follows a key that looks like one is masked.
//! Reading files is not done here.

use core::fmt;
use core::ops::Range;
use domain::settings::Source;
use serde::Serialize;
use std::path::PathBuf;

/// Where a written value stands, as its reader knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spot {
    /// Bytes of the settings file.
    File(Range<usize>),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(&'static str),
    /// The table of keys: a default.
    Default,
}

/// Where a problem is, as an admin reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "in")]
pub enum Place {
    /// A line of the settings file.
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// The line itself, secrets masked.
        text: String,
        /// How many characters of it are meant.
        width: usize,
    },
    /// A file as a whole.
    File {
        /// The file.
        path: PathBuf,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        name: String,
    },
    /// A flag of the command line.
    Flag {
        /// Its name.
        name: String,
    },
    /// Nowhere in particular.
    Everywhere,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { path, line, column, .. } => {
                write!(f, "{}:{line}:{column}", path.display())
            }
            Self::File { path } => write!(f, "{}", path.display()),
            Self::Environment { name } => f.write_str(name),
            Self::Flag { name } => f.write_str(name),
            Self::Everywhere => f.write_str("settings"),
        }
    }
}

/// The settings file as it was read.
#[derive(Clone)]
pub(crate) struct FileText {
    path: PathBuf,
    text: String,
}

impl FileText {
    pub(crate) const fn new(path: PathBuf, text: String) -> Self {
        Self { path, text }
    }

    pub(crate) const fn path(&self) -> &PathBuf {
        &self.path
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a span, with the line's text.
    pub(crate) fn place(&self, span: &Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = self.text.get(begin..).unwrap_or_default();
        let whole = rest.lines().next().unwrap_or_default();
        let column = before.get(begin..).unwrap_or_default().chars().count();
        let meant = self.text.get(span.clone()).unwrap_or_default();
        let meant = meant.lines().next().unwrap_or_default().chars().count();
        let text = self.masked(begin, whole);
        let width = meant.min(text.chars().count().saturating_sub(column)).max(1);
        Place::Line {
            path: self.path.clone(),
            line: before.matches('\n').count() + 1,
            column: column + 1,
            text,
            width,
        }
    }

    /// A line that continues a secret's value on further lines is masked like the first.
    fn masked(&self, begin: usize, line: &str) -> String {
        let continues = !line.contains('=')
            && !line.trim_start().starts_with(['[', '#'])
            && self
                .text
                .get(..begin)
                .unwrap_or_default()
                .lines()
                .rev()
                .find(|earlier| earlier.contains('=') || earlier.trim_start().starts_with('['))
                .is_some_and(|earlier| masked_line(earlier) != earlier);
        if continues { "***".to_owned() } else { masked_line(line) }
    }
}

/// A line with everything after the first key that looks like a secret's replaced by stars.
fn masked_line(line: &str) -> String {
    for (at, _) in line.match_indices('=') {
        let before = line.get(..at).unwrap_or_default().trim_end();
        let key = before.rsplit([' ', '{', ',', '\t']).next().unwrap_or_default();
        if looks_secret(key) {
            return format!("{} ***", line.get(..=at).unwrap_or_default());
        }
    }
    line.to_owned()
}

/// Whether a key's name says that its value must not be shown. Names of files are no secrets.
pub(crate) fn looks_secret(key: &str) -> bool {
    let key = key.trim_matches(['"', '\'']).to_ascii_lowercase();
    !key.ends_with("_file")
        && ["password", "secret", "key", "token", "credential", "pin"]
            .iter()
            .any(|word| key.contains(word))
}

impl Spot {
    /// As an admin reads it.
    pub(crate) fn place(&self, file: Option<&FileText>) -> Place {
        match self {
            Self::File(span) => file.map_or(Place::Everywhere, |file| file.place(span)),
            Self::Environment(name) => Place::Environment { name: name.clone() },
            Self::Flag(name) => Place::Flag { name: (*name).to_owned() },
            Self::Default => Place::Everywhere,
        }
    }

    /// As the pages show it beside a value.
    pub(crate) fn source(&self, file: Option<&FileText>) -> Source {
        match self {
            Self::File(span) => {
                let before = file.and_then(|file| file.text().get(..span.start));
                Source::File { line: before.unwrap_or_default().matches('\n').count() + 1 }
            }
            Self::Environment(name) => Source::Environment { name: name.clone() },
            Self::Flag(_) => Source::Flag,
            Self::Default => Source::Default,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_line_holds_no_secret() {
        for (line, shown) in [
            ("password = \"hunter2", "password = ***"),
            (
                "settings = { url = 'http://x', api_key = \"abc\" }",
                "settings = { url = 'http://x', api_key = ***",
            ),
            ("password_file = \"/run/x\"", "password_file = \"/run/x\""),
            ("listen = 3", "listen = 3"),
        ] {
            assert_eq!(masked_line(line), shown);
        }
    }

    #[test]
    fn a_secret_that_goes_on_for_lines_is_masked_there_too() {
        let text = "[admin]\npassword = \"\"\"\nhunter2\n\"\"\"\n";
        let file = FileText::new("a.toml".into(), text.to_owned());
        let Place::Line { line, text, .. } = file.place(&(23..25)) else { panic!() };
        assert_eq!((line, text.as_str()), (3, "***"));
    }

    #[test]
    fn columns_count_characters() {
        let file = FileText::new("a.toml".into(), "ä = 1 # é\nx".to_owned());
        let Place::Line { line, column, .. } = file.place(&(5..6)) else { panic!() };
        assert_eq!((line, column), (1, 5));
    }
}
