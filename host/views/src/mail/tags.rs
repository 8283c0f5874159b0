//! Whether the tags of a MJML template are in order, and the template made ready for the compiler.
//!
//! Guarantees: what is not in order is told with its place, which the compiler does not do; what every
//! browser forgives is put right (`<p>` without an end, `</body>` for `</mj-body>`, an open `<mj-all>`).
//! Does not: know which attributes a tag may have.

use super::expressions::{self, Braces, Expression};
use super::problem::{Flaw, nearest};
use core::ops::Range;

/// What MJML 4 has and the compiler understands.
const KNOWN: &[&str] = &[
    "mj-accordion",
    "mj-accordion-element",
    "mj-accordion-text",
    "mj-accordion-title",
    "mj-all",
    "mj-attributes",
    "mj-body",
    "mj-breakpoint",
    "mj-button",
    "mj-carousel",
    "mj-carousel-image",
    "mj-class",
    "mj-column",
    "mj-divider",
    "mj-font",
    "mj-group",
    "mj-head",
    "mj-hero",
    "mj-image",
    "mj-navbar",
    "mj-navbar-link",
    "mj-preview",
    "mj-raw",
    "mj-section",
    "mj-social",
    "mj-social-element",
    "mj-spacer",
    "mj-style",
    "mj-table",
    "mj-text",
    "mj-title",
    "mj-wrapper",
];
/// Only tags stand in them; those where `{% %}` is wrapped for the author come first.
const FRAMES: &[&str] =
    &["mj-head", "mj-body", "mj-section", "mj-column", "mj-group", "mj-wrapper", "mj-hero"];
const BARE_FRAMES: &[&str] =
    &["mjml", "mj-attributes", "mj-accordion", "mj-carousel", "mj-navbar", "mj-social"];
/// Tags in each other: the compiler's stack has an end.
const DEEPEST: usize = 64;
/// Tags that have nothing inside.
const EMPTY: &[&str] =
    &["mj-all", "mj-class", "mj-font", "mj-breakpoint", "mj-spacer", "mj-divider", "mj-image"];
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];
/// HTML lets their end tags be left out.
const OPTIONAL_END: &[&str] =
    &["p", "li", "td", "th", "tr", "dt", "dd", "thead", "tbody", "tfoot", "option"];
const CONTENT: &[&str] = &["mj-column", "mj-hero"];

/// The tags a tag may stand in; none: any.
fn parents(name: &str) -> &'static [&'static str] {
    match name {
        "mj-head" | "mj-body" => &["mjml"],
        "mj-title" | "mj-preview" | "mj-style" | "mj-font" | "mj-attributes" | "mj-breakpoint" => {
            &["mj-head"]
        }
        "mj-all" | "mj-class" => &["mj-attributes"],
        "mj-section" | "mj-hero" => &["mj-body", "mj-wrapper"],
        "mj-wrapper" => &["mj-body"],
        "mj-group" => &["mj-section"],
        "mj-column" => &["mj-section", "mj-group"],
        "mj-text" | "mj-button" | "mj-divider" | "mj-spacer" | "mj-table" | "mj-image"
        | "mj-social" | "mj-navbar" | "mj-accordion" | "mj-carousel" => CONTENT,
        _ => &[],
    }
}
/// What is inside is no markup.
const RAW_TEXT: &[&str] = &["mj-style", "style", "script", "mj-title", "mj-preview"];

/// A template for the compiler: tags in order, what stands in braces set aside.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) text: String,
    asides: Vec<String>,
    /// Where pieces of `text` came from.
    origins: Vec<(usize, usize)>,
}

impl Prepared {
    /// The byte of the source that a byte of the text came from.
    pub(super) fn origin(&self, at: usize) -> usize {
        let piece = self.origins.iter().rev().find(|(begin, _)| *begin <= at);
        piece.map_or(0, |(begin, source)| source + (at - begin))
    }

    /// What was set aside, put back into what the compiler made.
    pub(super) fn restore(&self, compiled: &str) -> String {
        let mut out = String::with_capacity(compiled.len() * 2);
        let mut pieces = compiled.split(MARK);
        out.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let aside = piece.split_once(END).and_then(|(number, after)| {
                Some((self.asides.get(number.parse::<usize>().ok()?)?, after))
            });
            match aside {
                Some((aside, after)) => {
                    out.push_str(aside);
                    out.push_str(after);
                }
                None => {
                    out.push_str(MARK);
                    out.push_str(piece);
                }
            }
        }
        out
    }
}

/// Stands where something was set aside. Letters only: the compiler would escape others.
const MARK: &str = "xqz";
const END: &str = "zqx";

/// Looks at the tags and makes the template ready.
///
/// # Errors
/// The first thing that is not in order.
pub(super) fn prepare(source: &str) -> Result<Prepared, Flaw> {
    let expressions = expressions::find(source)?;
    let blank = blanked(source, &expressions);
    let mut walk = Walk {
        source: &blank,
        expressions: &expressions,
        open: Vec::new(),
        edits: Vec::new(),
        rooted: false,
    };
    walk.all()?;
    let mut edits = walk.edits;
    let mut asides = Vec::new();
    for expression in &expressions {
        let mark = match expression.braces {
            Braces::Remark => String::new(),
            Braces::Value | Braces::Control => {
                let text = source.get(expression.range.clone()).unwrap_or_default();
                asides.push(text.to_owned());
                format!("{MARK}{}{END}", asides.len() - 1)
            }
        };
        edits.push((expression.range.clone(), mark));
    }
    Ok(edited(source, edits, asides))
}

/// The source with every pair of braces blotted out, byte for byte: what makes words by `x`.
fn blanked(source: &str, expressions: &[Expression]) -> String {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for expression in expressions {
        out.push_str(source.get(at..expression.range.start).unwrap_or_default());
        let ink = if expression.braces == Braces::Value { "x" } else { " " };
        out.push_str(&ink.repeat(expression.range.len()));
        at = expression.range.end;
    }
    out.push_str(source.get(at..).unwrap_or_default());
    out
}

type Edit = (Range<usize>, String);

fn edited(source: &str, mut edits: Vec<Edit>, asides: Vec<String>) -> Prepared {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let (mut text, mut origins, mut at) = (String::new(), Vec::new(), 0);
    for (range, with) in edits {
        origins.push((text.len(), at));
        text.push_str(source.get(at..range.start).unwrap_or_default());
        origins.push((text.len(), range.start));
        text.push_str(&with);
        at = range.end;
    }
    origins.push((text.len(), at));
    text.push_str(source.get(at..).unwrap_or_default());
    Prepared { text, asides, origins }
}

/// A tag that is open.
#[derive(Debug)]
struct Open {
    name: String,
    /// From `<` to behind `>`.
    tag: Range<usize>,
}

struct Walk<'a> {
    source: &'a str,
    expressions: &'a [Expression],
    open: Vec<Open>,
    edits: Vec<Edit>,
    rooted: bool,
}

impl Walk<'_> {
    fn all(&mut self) -> Result<(), Flaw> {
        let mut at = 0;
        while at < self.source.len() {
            let rest = self.source.get(at..).unwrap_or_default();
            at = if rest.starts_with("<!--[if") {
                self.behind(at, "]>")?
            } else if rest.starts_with("<!--") {
                self.behind(at, "-->")?
            } else if rest.starts_with("<!") || rest.starts_with("<?") {
                self.behind(at, ">")?
            } else if rest.starts_with("</") {
                self.close(at)?
            } else if rest.starts_with('<') {
                self.start(at)?
            } else {
                self.text(at, at + rest.find('<').unwrap_or(rest.len()))?
            };
        }
        match self.open.last() {
            Some(open) => {
                Err(Flaw::new(open.tag.start, "tag-not-closed", format!("<{}>", open.name)))
            }
            None if self.rooted => Ok(()),
            None => Err(Flaw::new(0, "not-mjml", "<mjml>")),
        }
    }

    fn behind(&self, at: usize, end: &str) -> Result<usize, Flaw> {
        let rest = self.source.get(at..).unwrap_or_default();
        let found = rest.find(end).map(|index| at + index + end.len());
        found.ok_or_else(|| Flaw::new(at, "tag-broken", rest.chars().take(4).collect::<String>()))
    }

    /// Words between two tags.
    fn text(&mut self, from: usize, to: usize) -> Result<usize, Flaw> {
        let text = self.source.get(from..to).unwrap_or_default();
        let parent = self.open.last().map_or("", |open| open.name.as_str());
        let wrapping = FRAMES.contains(&parent);
        if !wrapping && !BARE_FRAMES.contains(&parent) && !parent.is_empty() {
            return Ok(to);
        }
        if let Some(index) = text.find(|letter: char| !letter.is_whitespace()) {
            let word: String = text.trim().chars().take(20).collect();
            let hint = if parent == "mj-column" { "<mj-text>" } else { "<mj-raw>" };
            return Err(Flaw::new(from + index, "text-not-here", word).hinting(hint));
        }
        for expression in self.expressions {
            let Range { start, end } = expression.range;
            if start < from || start >= to || expression.braces != Braces::Control {
                continue;
            }
            if !wrapping {
                let flaw = Flaw::new(start, "text-not-here", "{% %}");
                return Err(flaw.hinting("<mj-body>"));
            }
            self.edits.push((start..start, "<mj-raw>".to_owned()));
            self.edits.push((end..end, "</mj-raw>".to_owned()));
        }
        Ok(to)
    }

    fn start(&mut self, at: usize) -> Result<usize, Flaw> {
        let name = name_at(self.source, at + 1);
        if name.is_empty() {
            return Err(Flaw::new(at, "tag-broken", "<").hinting("&lt;"));
        }
        if name == "mj-include" {
            return Err(Flaw::new(at, "include", "<mj-include>"));
        }
        if name.starts_with("mj-") && !KNOWN.contains(&name) {
            let flaw = Flaw::new(at, "unknown-tag", format!("<{name}>"));
            let meant = nearest(name, KNOWN.iter().copied()).map(|tag| format!("<{tag}>"));
            return Err(Flaw { hint: meant, ..flaw });
        }
        let end = self.end_of_tag(at, name)?;
        if self.open.is_empty() && (name != "mjml" || self.rooted) {
            return Err(Flaw::new(at, "not-mjml", format!("<{name}>")).hinting("<mjml>"));
        }
        self.rooted = true;
        self.placed(at, name)?;
        let closed = self.source.get(..end).is_some_and(|tag| tag.ends_with("/>"));
        if closed || VOID.contains(&name) {
            return Ok(end);
        }
        if self.open.len() >= DEEPEST {
            return Err(Flaw::new(at, "too-deep", format!("<{name}>")));
        }
        let raw = RAW_TEXT.contains(&name);
        self.open.push(Open { name: name.to_owned(), tag: at..end });
        if !raw {
            return Ok(end);
        }
        let rest = self.source.get(end..).unwrap_or_default();
        let closing = rest.find(&format!("</{name}"));
        closing
            .map(|index| end + index)
            .ok_or_else(|| Flaw::new(at, "tag-not-closed", format!("<{name}>")))
    }

    /// The compiler lets tags through that stand where they mean nothing.
    fn placed(&self, at: usize, name: &str) -> Result<(), Flaw> {
        let around = self.open.iter().rev().map(|open| open.name.as_str());
        let parent = around.clone().find(|parent| !EMPTY.contains(parent)).unwrap_or_default();
        if around.clone().any(|parent| parent == "mj-attributes") || parent.is_empty() {
            return Ok(());
        }
        let wanted = parents(name);
        let strange =
            !name.starts_with("mj-") && (FRAMES.contains(&parent) || BARE_FRAMES.contains(&parent));
        if !strange && (wanted.is_empty() || wanted.contains(&parent)) {
            return Ok(());
        }
        let hint = match (strange, wanted.first()) {
            (true, _) if CONTENT.contains(&parent) => "mj-text",
            (true, _) => "mj-raw",
            (false, wanted) => wanted.copied().unwrap_or("mj-raw"),
        };
        let flaw = Flaw::new(at, "tag-not-here", format!("<{name}>"));
        Err(flaw.hinting(format!("<{hint}>")))
    }

    /// Behind the `>` of a tag, past everything in quotes.
    fn end_of_tag(&self, at: usize, name: &str) -> Result<usize, Flaw> {
        let mut quote = None;
        for (index, letter) in self.source.get(at..).unwrap_or_default().char_indices() {
            let here = at + index;
            match (quote, letter) {
                (Some(open), letter) if open == letter => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(letter),
                (None, '>') => return Ok(here + 1),
                (None, '<') if here > at => break,
                (None, _) if self.expressions.iter().any(|one| one.range.start == here) => {
                    return Err(Flaw::new(here, "braces-in-tag", format!("<{name}>")));
                }
                (None, _) => {}
            }
        }
        Err(Flaw::new(at, "tag-broken", format!("<{name}")))
    }

    fn close(&mut self, at: usize) -> Result<usize, Flaw> {
        let name = name_at(self.source, at + 2).to_owned();
        let end = self.behind(at, ">")?;
        if VOID.contains(&name.as_str()) {
            self.edits.push((at..end, String::new()));
            return Ok(end);
        }
        while let Some(top) = self.open.pop() {
            if top.name == name {
                return Ok(end);
            }
            if top.name.strip_prefix("mj-") == Some(&name) {
                self.edits.push((at..end, format!("</{}>", top.name)));
                return Ok(end);
            }
            let opened = self.open.iter().any(|open| open.name == name);
            let in_attributes = self.open.iter().any(|open| open.name == "mj-attributes");
            if opened && OPTIONAL_END.contains(&top.name.as_str()) {
                self.edits.push((at..at, format!("</{}>", top.name)));
            } else if opened && (in_attributes || EMPTY.contains(&top.name.as_str())) {
                self.edits.push((top.tag.end - 1..top.tag.end - 1, "/".to_owned()));
            } else if opened {
                return Err(Flaw::new(top.tag.start, "tag-not-closed", format!("<{}>", top.name)));
            } else {
                let flaw = Flaw::new(at, "tag-not-open", format!("</{name}>"));
                return Err(flaw.hinting(format!("</{}>", top.name)));
            }
        }
        Err(Flaw::new(at, "tag-not-open", format!("</{name}>")))
    }
}

fn name_at(source: &str, at: usize) -> &str {
    let rest = source.get(at..).unwrap_or_default();
    let ends = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '-' || letter == ':');
    let name = rest.split(ends).next().unwrap_or_default();
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) { name } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::problem::place;

    fn flaw(source: &str) -> (&'static str, usize, usize, String, Option<String>) {
        let flaw = prepare(source).unwrap_err();
        let (line, column) = place(source, flaw.at);
        (flaw.code, line, column, flaw.about, flaw.hint)
    }

    fn whole(inside: &str) -> String {
        format!(
            "<mjml>\n<mj-body><mj-section><mj-column>\n{inside}\n</mj-column></mj-section></mj-body>\n</mjml>"
        )
    }

    #[test]
    fn what_is_not_in_order_is_told_with_its_place() {
        for (source, code, line, column, about) in [
            (whole("<mj-text>a"), "tag-not-closed", 3, 1, "<mj-text>"),
            (whole(" <mj-text>a</mj-txt></mj-text>"), "tag-not-open", 3, 12, "</mj-txt>"),
            (whole("<mj-txt>a</mj-txt>"), "unknown-tag", 3, 1, "<mj-txt>"),
            (whole("hello"), "text-not-here", 3, 1, "hello"),
            (whole("{{ footer }}"), "text-not-here", 3, 1, "xxxxxxxxxxxx"),
            (whole("<mj-text>1 < 2</mj-text>"), "tag-broken", 3, 12, "<"),
            (
                whole("<mj-text {% if a %}color='red'{% endif %}>b</mj-text>"),
                "braces-in-tag",
                3,
                10,
                "<mj-text>",
            ),
            (whole("<mj-include path='x' />"), "include", 3, 1, "<mj-include>"),
            (whole("<mj-text>{{ a</mj-text>"), "braces-not-closed", 3, 10, "{{"),
            (whole("<p>a</p>"), "tag-not-here", 3, 1, "<p>"),
            (whole("<mj-title>a</mj-title>"), "tag-not-here", 3, 1, "<mj-title>"),
            (
                "<mjml><mj-body>\n<mj-text>a</mj-text></mj-body></mjml>".to_owned(),
                "tag-not-here",
                2,
                1,
                "<mj-text>",
            ),
            ("<p>no</p>".to_owned(), "not-mjml", 1, 1, "<p>"),
            (String::new(), "not-mjml", 1, 1, "<mjml>"),
            ("<mjml>{% if a %}</mjml>".to_owned(), "text-not-here", 1, 7, "{% %}"),
        ] {
            let (was, at_line, at_column, of, _) = flaw(&source);
            assert_eq!(
                (was, at_line, at_column, of.as_str()),
                (code, line, column, about),
                "{source}"
            );
        }
    }

    #[test]
    fn the_nearest_tag_is_offered() {
        assert_eq!(flaw(&whole("<mj-txt>a</mj-txt>")).4.as_deref(), Some("<mj-text>"));
        assert_eq!(flaw(&whole("<mj-text>a</mj-txt></mj-text>")).4.as_deref(), Some("</mj-text>"));
    }

    #[test]
    fn what_browsers_forgive_is_put_right() {
        let source = "<mjml><mj-head><mj-attributes><mj-all color='red'></mj-attributes></mj-head>\
            <mj-body><mj-section><mj-column><mj-text><p>a<br></mj-text></mj-column></mj-section></body></mjml>";
        let ready = prepare(source).unwrap();
        assert!(ready.text.contains("<mj-all color='red'/></mj-attributes>"), "{}", ready.text);
        assert!(ready.text.contains("<p>a<br></p></mj-text>"), "{}", ready.text);
        assert!(ready.text.ends_with("</mj-body></mjml>"), "{}", ready.text);
    }

    #[test]
    fn control_flow_between_tags_is_wrapped_and_comes_back() {
        let source = whole("{# a < b #}{% if a < b %}<mj-text>{{ t(\"x\") }}</mj-text>{% endif %}");
        let ready = prepare(&source).unwrap();
        assert!(
            ready.text.contains("<mj-raw>xqz0zqx</mj-raw><mj-text>xqz1zqx</mj-text>"),
            "{}",
            ready.text
        );
        let back = ready.restore(&ready.text);
        assert!(back.contains("<mj-raw>{% if a < b %}</mj-raw><mj-text>{{ t(\"x\") }}"), "{back}");
        let endif = ready.text.rfind("xqz2zqx").unwrap();
        assert_eq!(ready.origin(endif), source.rfind("{% endif").unwrap());
    }
}
