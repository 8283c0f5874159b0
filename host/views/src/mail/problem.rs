//! What is wrong with a template: where, what, and what was probably meant.
//!
//! Guarantees: nothing of a mail's content is in it, only of the template. Does not: choose the words;
//! the catalogue has them (`mail-problem-<code>`).

use super::kind::{MailKind, Part};
use crate::catalogue::{Arg, Catalogue};

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TemplateProblem {
    /// Which mail.
    #[serde(serialize_with = "name")]
    pub kind: MailKind,
    /// Which part of it.
    pub part: Part,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// From a closed list: `unknown-variable`, `tag-not-closed`, ...
    pub code: &'static str,
    /// What it is about: a variable, a tag, a parser's words. May be empty.
    pub about: String,
    /// What was probably meant, where that can be told.
    pub hint: Option<String>,
}

fn name<S: serde::Serializer>(kind: &MailKind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kind.as_str())
}

impl TemplateProblem {
    /// The same with what was probably meant.
    pub(super) fn hinted(mut self, hint: &str) -> Self {
        self.hint = Some(hint.to_owned());
        self
    }

    /// There is no template at all.
    pub(super) fn missing(kind: MailKind) -> Self {
        Flaw::new(0, "render", "").of(kind, Part::Text, "")
    }

    /// What is wrong, in one sentence, with what was probably meant.
    #[must_use]
    pub fn words(&self, texts: &Catalogue, lang: &str) -> String {
        let about = [("about", Arg::Text(&self.about))];
        let what = texts.text(lang, &format!("mail-problem-{}", self.code), &about);
        match &self.hint {
            Some(hint) => {
                let meant = texts.text(lang, "mail-hint", &[("hint", Arg::Text(hint))]);
                format!("{what} {meant}")
            }
            None => what,
        }
    }
}

impl core::fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { kind, part, line, column, code, about, .. } = self;
        let part = part.as_str();
        write!(f, "the {part} of the mail {kind} at line {line}, column {column}: {code} {about}")
    }
}

impl core::error::Error for TemplateProblem {}

/// A problem before it is known whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Byte in the source.
    pub(super) at: usize,
    pub(super) code: &'static str,
    pub(super) about: String,
    pub(super) hint: Option<String>,
}

impl Flaw {
    pub(super) fn new(at: usize, code: &'static str, about: impl Into<String>) -> Self {
        Self { at, code, about: about.into(), hint: None }
    }

    pub(super) fn hinting(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The problem of that part.
    pub(super) fn of(self, kind: MailKind, part: Part, source: &str) -> TemplateProblem {
        let (line, column) = place(source, self.at);
        let Self { code, about, hint, .. } = self;
        TemplateProblem { kind, part, line, column, code, about, hint }
    }
}

/// Line and column of a byte, both from 1.
pub(super) fn place(source: &str, at: usize) -> (usize, usize) {
    let before = source.get(..at.min(source.len())).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The byte at which a line begins; lines from 1.
pub(super) fn start_of_line(source: &str, line: usize) -> usize {
    let lines = source.split_inclusive('\n');
    lines.take(line.saturating_sub(1)).map(str::len).sum()
}

/// The known word that is written most like `word`, if any is.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let far = 1 + word.chars().count() / 3;
    let close = known.into_iter().map(|candidate| (distance(word, candidate), candidate));
    let best = close.filter(|(steps, _)| *steps <= far).min_by_key(|(steps, _)| *steps);
    best.map(|(_, candidate)| candidate.to_owned())
}

/// Letters to add, drop or change to get from one word to the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut next = vec![index + 1];
        let mut left = index + 1;
        for ((up, diagonal), there) in row.iter().skip(1).zip(&row).zip(&other) {
            let changed = diagonal + usize::from(*there != letter);
            left = changed.min(up + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_what_was_meant() {
        let known = ["username", "reset.pin", "reset.url", "footer"];
        assert_eq!(nearest("user_name", known).as_deref(), Some("username"));
        assert_eq!(nearest("reset.pn", known).as_deref(), Some("reset.pin"));
        assert_eq!(nearest("elephant", known), None);
    }

    #[test]
    fn places_are_counted_in_characters_from_one() {
        assert_eq!(place("ä\nöü x", "ä\nöü ".len()), (2, 4));
        assert_eq!(start_of_line("a\nbb\nc", 3), 5);
    }
}
