//! One mail's templates, ready to be filled.
//!
//! Guarantees: what is not there is an error that names it; every value is escaped in HTML; no template
//! can work for ever, write without end or read a file; an error at sending tells nothing of what the
//! mail says. Does not: fall back on anything.

use super::compile::compile;
use super::context::MailContext;
use super::kind::{MailKind, Part, Source};
use super::moment::{self, MailStyle, Moments, NO_TIME};
use super::problem::{Flaw, TemplateProblem, nearest, start_of_line};
use super::{aliases, expressions};
use crate::catalogue::Catalogue;
use crate::engine;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Steps a template may take.
const FUEL: u64 = 50_000;
/// How deep its macros may call.
const DEPTH: usize = 50;
/// Bytes one part of a mail may have.
const LARGEST: usize = 1_000_000;
/// A subject is cut behind so many characters.
const LONGEST_SUBJECT: usize = 250;
/// RFC 5322, 2.1.1: without the line's end.
const LONGEST_LINE: usize = 998;

const PREVIEW: &str = "preview.html";
/// The MJML itself, so that errors have their place in what the author wrote.
const MJML: &str = "mjml.html";
const HTML: &str = "html.html";

const fn file(part: Part) -> &'static str {
    match part {
        Part::Subject => "subject.txt",
        Part::Text => "text.txt",
        Part::Mjml => HTML,
    }
}

/// What a mail says.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Plain text, lines of at most 998 bytes.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// Why the built-in template had to stand in, where it had to.
    pub fell_back: Option<TemplateProblem>,
}

impl core::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Rendered").field("fell_back", &self.fell_back).finish_non_exhaustive()
    }
}

/// A mail's parts, all of them there.
pub(super) struct Template {
    kind: MailKind,
    source: Source,
    environment: Environment<'static>,
}

/// What of an error may be told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// An example: everything.
    Example,
    /// A real mail: nothing that a value could be part of.
    Real,
}

impl Template {
    /// Parses and compiles. A part that is missing is empty.
    ///
    /// # Errors
    /// What is wrong with the source itself.
    pub(super) fn build(kind: MailKind, source: Source) -> Result<Self, TemplateProblem> {
        let mut template = Self { kind, source, environment: environment() };
        for part in Part::ALL {
            let written = template.part(part).to_owned();
            if written.len() > part.limit() {
                let flaw = Flaw::new(0, "too-large", part.limit().to_string());
                return Err(flaw.of(kind, part, &written));
            }
            expressions::shallow(&written).map_err(|flaw| flaw.of(kind, part, &written))?;
            let name = if part == Part::Mjml { MJML } else { file(part) };
            let told = |error| Self::problem(kind, part, &written, &error, Content::Example);
            template.environment.add_template_owned(name, written.clone()).map_err(told)?;
        }
        let mjml = template.part(Part::Mjml).to_owned();
        let compiled = compile(&mjml).map_err(|flaw| flaw.of(kind, Part::Mjml, &mjml))?;
        for (name, text) in [(HTML, without_utc(&compiled.html)), (PREVIEW, compiled.preview)] {
            let told = |error| Self::problem(kind, Part::Mjml, &mjml, &error, Content::Example);
            template.environment.add_template_owned(name, text).map_err(told)?;
        }
        let text = without_utc(template.part(Part::Text));
        let told = |error| Self::problem(kind, Part::Text, &text, &error, Content::Example);
        template.environment.add_template_owned(file(Part::Text), text.clone()).map_err(told)?;
        Ok(template)
    }

    fn part(&self, part: Part) -> &str {
        self.source.part(part).unwrap_or_default()
    }

    /// Tries every example, and looks at names that no example reaches.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(super) fn check(
        &self,
        texts: &Catalogue,
        style: &MailStyle,
        examples: &[MailContext],
    ) -> Result<(), TemplateProblem> {
        let all: Vec<_> = examples.iter().map(|one| (one, values(one, texts, style))).collect();
        self.check_names(all.iter().map(|(_, values)| values))?;
        for (example, values) in &all {
            for part in Part::ALL {
                let name = if part == Part::Mjml { MJML } else { file(part) };
                let filled = self.fill(name, part, values, Content::Example)?;
                if filled.trim().is_empty() && part != Part::Mjml {
                    let code = if part == Part::Text { "empty-text" } else { "empty-subject" };
                    return Err(self.flaw(part, Flaw::new(0, code, "")));
                }
                if part == Part::Subject && says_secrets(&filled, example) {
                    return Err(self.flaw(part, Flaw::new(0, "secret-in-subject", "")));
                }
            }
            self.fill(HTML, Part::Mjml, values, Content::Example)?;
            let preview = self.fill(PREVIEW, Part::Mjml, values, Content::Example)?;
            if says_secrets(&preview, example) {
                let at = self.part(Part::Mjml).find("<mj-preview").unwrap_or_default();
                return Err(self.flaw(Part::Mjml, Flaw::new(at, "secret-in-preview", "")));
            }
        }
        Ok(())
    }

    fn check_names<'v>(
        &self,
        examples: impl Iterator<Item = &'v BTreeMap<&'static str, Value>>,
    ) -> Result<(), TemplateProblem> {
        let mut known = BTreeSet::new();
        for values in examples {
            known.extend(names(values));
        }
        for part in Part::ALL {
            let name = if part == Part::Mjml { MJML } else { file(part) };
            let Ok(template) = self.environment.get_template(name) else { continue };
            let source = self.part(part);
            let mut unknown: Vec<(usize, String)> = template
                .undeclared_variables(true)
                .into_iter()
                .filter(|name| !known.contains(name) && !self.is_global(name))
                .map(|name| (first_use(source, &name), name))
                .collect();
            unknown.sort();
            if let Some((at, name)) = unknown.into_iter().next() {
                let hint = nearest(&name, known.iter().map(String::as_str));
                let flaw = Flaw { hint, ..Flaw::new(at, "unknown-variable", name) };
                return Err(self.flaw(part, flaw));
            }
        }
        Ok(())
    }

    fn is_global(&self, name: &str) -> bool {
        name == "t" || self.environment.globals().any(|(global, _)| global == name)
    }

    /// The mail.
    ///
    /// # Errors
    /// What examples did not show; without anything of the mail's content.
    pub(super) fn render(
        &self,
        context: &MailContext,
        texts: &Catalogue,
        style: &MailStyle,
    ) -> Result<Rendered, TemplateProblem> {
        let values = values(context, texts, style);
        let fill = |part| self.fill(file(part), part, &values, Content::Real);
        let rendered = Rendered {
            subject: one_line(&fill(Part::Subject)?),
            text: tidy(&fill(Part::Text)?),
            html: fill(Part::Mjml)?,
            fell_back: None,
        };
        if rendered.subject.is_empty() {
            return Err(self.flaw(Part::Subject, Flaw::new(0, "empty-subject", "")));
        }
        if says_secrets(&rendered.subject, context) {
            return Err(self.flaw(Part::Subject, Flaw::new(0, "secret-in-subject", "")));
        }
        Ok(rendered)
    }

    fn fill(
        &self,
        name: &str,
        part: Part,
        values: &BTreeMap<&'static str, Value>,
        content: Content,
    ) -> Result<String, TemplateProblem> {
        let told = |error| Self::problem(self.kind, part, self.part(part), &error, content);
        let template = self.environment.get_template(name).map_err(told)?;
        let mut out = Capped(Vec::new());
        let values = Value::from_pairs(values.iter().map(|(name, value)| (*name, value.clone())));
        template.render_captured_to(values, &mut out).map_err(told)?;
        Ok(String::from_utf8_lossy(&out.0).into_owned())
    }

    fn flaw(&self, part: Part, flaw: Flaw) -> TemplateProblem {
        flaw.of(self.kind, part, self.part(part))
    }

    /// The engine's error in our words, at its place in what the author wrote.
    fn problem(
        kind: MailKind,
        part: Part,
        written: &str,
        error: &Error,
        content: Content,
    ) -> TemplateProblem {
        let ranged = error.template_source().zip(error.range());
        let said = ranged.and_then(|(source, range)| source.get(range)).unwrap_or_default();
        let same = error.template_source() == Some(written);
        let at = match (same, error.range()) {
            (true, Some(range)) => range.start,
            (true, None) => start_of_line(written, error.line().unwrap_or(1)),
            (false, _) if said.is_empty() => 0,
            (false, _) => written.find(said).unwrap_or_default(),
        };
        let detail = match (content, error.detail()) {
            (Content::Example, Some(detail)) => detail.to_owned(),
            _ => error.kind().to_string(),
        };
        let of = |code, about: &str| Flaw::new(at, code, about).of(kind, part, written);
        match error.kind() {
            ErrorKind::UndefinedError => of("unknown-variable", said.trim()),
            ErrorKind::UnknownFilter
            | ErrorKind::UnknownFunction
            | ErrorKind::UnknownMethod
            | ErrorKind::UnknownTest => of("unknown-name", &detail),
            ErrorKind::SyntaxError => of("syntax", &detail),
            ErrorKind::OutOfFuel => of("too-much-work", ""),
            ErrorKind::WriteFailure => of("too-large", &LARGEST.to_string()),
            ErrorKind::TemplateNotFound | ErrorKind::BadInclude => of("include", said.trim()),
            ErrorKind::InvalidOperation if error.detail() == Some(NO_TIME) => of("not-a-time", ""),
            _ => of("render", &detail),
        }
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    environment.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default(),
    );
    environment.set_formatter(write);
    // It would print every value there is.
    environment.remove_global("debug");
    moment::add_filters(&mut environment);
    environment
}

/// `none` is nothing; everything else as on pages.
fn write(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_none() { Ok(()) } else { engine::format(out, state, value) }
}

fn values(
    context: &MailContext,
    texts: &Catalogue,
    style: &MailStyle,
) -> BTreeMap<&'static str, Value> {
    let moments = Moments::new(texts, style, context.now);
    let mut all = context.values(&moments);
    all.extend(aliases::of(context, &moments));
    all.insert("t", engine::translate(texts, &style.lang));
    all
}

/// What our own templates name, with what it is.
pub(super) fn variables(
    context: &MailContext,
    texts: &Catalogue,
    style: &MailStyle,
) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in context.values(&Moments::new(texts, style, context.now)) {
        match value.kind() {
            ValueKind::Map => {
                let keys = value.try_iter().into_iter().flatten();
                let inner = keys.filter_map(|key| Some((key.clone(), value.get_item(&key).ok()?)));
                found.extend(inner.map(|(key, value)| (format!("{name}.{key}"), shown(&value))));
            }
            ValueKind::Seq | ValueKind::Iterable => {
                let items = value.try_iter().into_iter().flatten();
                let names: Vec<String> = items
                    .filter_map(|item| item.get_attr("name").ok())
                    .map(|name| shown(&name))
                    .collect();
                found.push((name.to_owned(), names.join(", ")));
            }
            _ => found.push((name.to_owned(), shown(&value))),
        }
    }
    found
}

fn shown(value: &Value) -> String {
    if value.is_none() { String::new() } else { value.to_string() }
}

/// Every name that a template may use: `server`, `server.name`, ...
fn names(values: &BTreeMap<&'static str, Value>) -> Vec<String> {
    let mut names = Vec::new();
    for (name, value) in values {
        names.push((*name).to_owned());
        if value.kind() == ValueKind::Map
            && let Ok(inner) = value.try_iter()
        {
            names.extend(inner.map(|key| format!("{name}.{key}")));
        }
    }
    names
}

/// Where a name is first used; the beginning where that cannot be told.
fn first_use(source: &str, name: &str) -> usize {
    let found = expressions::find(source).unwrap_or_default();
    let part_of_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let place = found.into_iter().find_map(|expression| {
        let start = expression.range.start;
        let text = source.get(expression.range)?;
        let mut uses = text.match_indices(name).map(|(index, _)| index);
        let whole = uses.find(|index| {
            let before = text.get(..*index).and_then(|before| before.chars().next_back());
            let after = text.get(index + name.len()..).and_then(|after| after.chars().next());
            !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
        });
        whole.map(|index| start + index)
    });
    place.unwrap_or_default()
}

fn says_secrets(text: &str, context: &MailContext) -> bool {
    // Slashes and dashes are not escaped, so a secret is found as it is.
    context.secrets().iter().any(|secret| !secret.is_empty() && text.contains(secret))
}

/// jellyfin-accounts' own template says `{{ expiry_time }} UTC`; here that time is in the household's zone.
fn without_utc(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for expression in expressions::find(source).unwrap_or_default() {
        let end = expression.range.end;
        let after = source.get(end..).unwrap_or_default();
        if expression.inside(source) == "expiry_time" && after.trim_start().starts_with("UTC") {
            out.push_str(source.get(at..end).unwrap_or_default());
            at = end + (after.len() - after.trim_start().len()) + "UTC".len();
        }
    }
    out.push_str(source.get(at..).unwrap_or_default());
    out
}

/// A subject as a header can hold it.
fn one_line(text: &str) -> String {
    let plain = text.replace(|letter: char| letter.is_control(), " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST_SUBJECT).collect()
}

/// Text as a mail can hold it: no blanks at the ends of lines, no two empty lines in a row, no long ones.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.trim_matches(['\n', '\r']).lines() {
        let line = line.replace(|letter: char| letter.is_control() && letter != '\t', "");
        let mut rest = line.trim_end();
        empty = if rest.is_empty() { empty + 1 } else { 0 };
        while rest.len() > LONGEST_LINE {
            let (head, tail) = rest.split_at(fold_at(rest));
            out.push_str(head.trim_end());
            out.push('\n');
            rest = tail.trim_start();
        }
        if empty < 2 {
            out.push_str(rest);
            out.push('\n');
        }
    }
    out
}

/// The last blank in what fits, else the last character that does.
fn fold_at(line: &str) -> usize {
    let mut end = LONGEST_LINE;
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    let fits = line.get(..end).unwrap_or(line);
    fits.rfind(' ').filter(|index| *index > 0).unwrap_or(end)
}

/// Takes so much and no more.
struct Capped(Vec<u8>);

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST {
            return Err(io::Error::other("too much"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line() {
        assert_eq!(one_line(" a\r\nBcc: x\u{7} \t b "), "a Bcc: x b");
        assert_eq!(one_line(&"ä".repeat(400)).chars().count(), LONGEST_SUBJECT);
    }

    #[test]
    fn long_lines_are_folded_at_blanks() {
        let text = tidy(&format!("{}\n\n\n\nend  ", "wörter ".repeat(300)));
        assert!(text.lines().all(|line| line.len() <= LONGEST_LINE));
        assert!(text.ends_with("wörter\n\nend\n"), "{text}");
        assert!(tidy(&"ö".repeat(2_000)).lines().all(|line| line.len() <= LONGEST_LINE));
    }

    #[test]
    fn the_zone_of_others_is_not_ours() {
        assert_eq!(without_utc("at {{ expiry_time }} UTC, x"), "at {{ expiry_time }}, x");
        assert_eq!(without_utc("{{ expiry_date }} UTC"), "{{ expiry_date }} UTC");
    }
}
