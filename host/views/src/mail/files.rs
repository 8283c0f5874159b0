//! A template as the bytes of a file.
//!
//! Guarantees: what is wrong with a file is told like what is wrong with a template. Does not: open any.

use super::kind::{MailKind, Part};
use super::problem::{Flaw, TemplateProblem};

/// The template in a file: a `toml` holds `subject = "..."`, the others are the template itself.
///
/// # Errors
/// No UTF-8, no TOML, another key than `subject`, too much.
pub fn part_of_file(kind: MailKind, part: Part, bytes: Vec<u8>) -> Result<String, TemplateProblem> {
    let flaw = |flaw: Flaw, text: &str| flaw.of(kind, part, text);
    if bytes.len() > part.limit() {
        return Err(flaw(Flaw::new(0, "too-large", part.limit().to_string()), ""));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..good).unwrap_or_default();
        flaw(Flaw::new(good, "not-text", ""), &String::from_utf8_lossy(before))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n");
    if part != Part::Subject {
        return Ok(text);
    }
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        flaw(Flaw::new(at, "not-toml", error.message()), &text)
    })?;
    if let Some(key) = table.keys().find(|key| *key != "subject") {
        let at = text.find(key.as_str()).unwrap_or_default();
        return Err(flaw(Flaw::new(at, "unknown-key", key), &text).hinted("subject"));
    }
    match table.get("subject") {
        Some(toml::Value::String(subject)) => Ok(subject.clone()),
        Some(_) => Err(flaw(Flaw::new(0, "unknown-key", "subject"), &text)),
        None => Err(flaw(Flaw::new(0, "empty-subject", ""), &text)),
    }
}

/// That a file could not be read at all.
#[must_use]
pub fn unreadable(kind: MailKind, part: Part, why: &str) -> TemplateProblem {
    Flaw::new(0, "unreadable", why).of(kind, part, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(bytes: &[u8]) -> Result<String, (&'static str, usize, usize)> {
        part_of_file(MailKind::Reset, Part::Subject, bytes.to_vec())
            .map_err(|problem| (problem.code, problem.line, problem.column))
    }

    #[test]
    fn a_subject_stands_in_a_toml() {
        assert_eq!(subject(b"# ours\r\nsubject = \"Hi\"\r\n").as_deref(), Ok("Hi"));
        assert_eq!(subject(b"# a\nsubject = Hi").unwrap_err().0, "not-toml");
        assert_eq!(subject(b"# a\nsubject = Hi").unwrap_err().1, 2);
        assert_eq!(subject(b"subject = 'a'\nsubjekt = 'b'"), Err(("unknown-key", 2, 1)));
        assert_eq!(subject(b"").unwrap_err().0, "empty-subject");
        assert_eq!(subject(b"# \xff"), Err(("not-text", 1, 3)));
    }
}
