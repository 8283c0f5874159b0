//! What commands print: text for people, or JSON.

use serde::Serialize;
use std::io::{self, Write as _};

/// How a command reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Lines for people.
    Text,
    /// One JSON value.
    Json,
}

/// Prints a line. A reader that has gone away is no failure.
pub(crate) fn line(text: impl AsRef<str>) {
    let _gone = writeln!(io::stdout(), "{}", text.as_ref()).is_err();
}

/// Prints a question without a line's end.
pub(crate) fn ask(text: &str) {
    let mut out = io::stdout();
    let _gone = write!(out, "{text}").and_then(|()| out.flush()).is_err();
}

/// Prints to standard error.
pub(crate) fn complain(text: impl AsRef<str>) {
    let _gone = writeln!(io::stderr(), "{}", text.as_ref()).is_err();
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) {
    line(serde_json::to_string_pretty(value).unwrap_or_default());
}
