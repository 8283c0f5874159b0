//! The templates inside the binary, and their words for whoever wants to change them.
//!
//! Guarantees: what is handed out is whole, with nothing left to be taken in. Does not: look at a disk.

use super::expressions::{self, Braces};
use super::kind::{MailKind, Part, Source};
use crate::assets::Mails;
use crate::catalogue::{Arg, Catalogue};

const CONTENT: &str = "<content/>\n";
const NAME: &str = "<name/>";

/// The templates of a mail, every part of them, with `t(...)` for the words.
pub(super) fn source(kind: MailKind) -> Source {
    let read = |name: String| Mails::text(&name).unwrap_or_default();
    let framed = |part: Part| {
        let layout = read(format!("layout.{}", part.ending()));
        let content = read(format!("{kind}.{}", part.ending()));
        layout.replace(CONTENT, &content).replace(NAME, kind.as_str())
    };
    let subject = read(format!("{kind}.toml")).parse::<toml::Table>().unwrap_or_default();
    let subject = subject.get("subject").and_then(toml::Value::as_str).unwrap_or_default();
    Source {
        subject: Some(subject.to_owned()),
        text: Some(framed(Part::Text)),
        mjml: Some(framed(Part::Mjml)),
    }
}

/// The same with the words themselves in place of `t(...)`; what they are filled with stays in braces.
pub(super) fn in_words(kind: MailKind, texts: &Catalogue, lang: &str) -> Source {
    let mut source = source(kind);
    for part in Part::ALL {
        let written = source.part_mut(part);
        *written = written.take().map(|text| spelled_out(&text, part, texts, lang));
    }
    source
}

fn spelled_out(source: &str, part: Part, texts: &Catalogue, lang: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for expression in expressions::find(source).unwrap_or_default() {
        let words = (expression.braces == Braces::Value)
            .then(|| words(expression.inside(source), part, texts, lang))
            .flatten();
        if let Some(words) = words {
            out.push_str(source.get(at..expression.range.start).unwrap_or_default());
            out.push_str(&words);
            at = expression.range.end;
        }
    }
    out.push_str(source.get(at..).unwrap_or_default());
    out
}

/// The words of `t('key', name=value)`; none for anything else.
fn words(call: &str, part: Part, texts: &Catalogue, lang: &str) -> Option<String> {
    let inside = call.strip_prefix("t(")?.strip_suffix(')')?;
    let mut parts = split(inside).into_iter();
    let key = parts.next()?.trim().trim_matches(['\'', '"']);
    let filled: Vec<(&str, &str)> = parts
        .filter_map(|argument| argument.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let marks: Vec<String> = (0..filled.len()).map(|index| format!("\u{1}{index}\u{2}")).collect();
    let arguments: Vec<(&str, Arg<'_>)> =
        filled.iter().zip(&marks).map(|((name, _), mark)| (*name, Arg::Text(mark))).collect();
    let mut text = texts.find(lang, key, &arguments)?;
    if part == Part::Mjml {
        text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    }
    for ((_, value), mark) in filled.iter().zip(&marks) {
        text = text.replace(mark, &format!("{{{{ {value} }}}}"));
    }
    Some(text)
}

/// Arguments at their commas, outside of quotes and parentheses.
fn split(arguments: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth, mut quote) = (Vec::new(), 0, 0, None);
    for (index, letter) in arguments.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(arguments.get(from..index).unwrap_or_default());
                from = index + 1;
            }
            (None, _) => {}
        }
    }
    parts.push(arguments.get(from..).unwrap_or_default());
    parts
}

/// Every key that a built-in mail asks for.
#[cfg(test)]
pub(crate) fn keys() -> Vec<String> {
    let mut keys = Vec::new();
    for kind in MailKind::ALL {
        let source = source(kind);
        for text in Part::ALL.into_iter().filter_map(|part| source.part(part)) {
            let asked = text.split("t('").skip(1).filter_map(|rest| rest.split_once('\''));
            keys.extend(asked.map(|(key, _)| key.to_owned()));
        }
    }
    keys
}
