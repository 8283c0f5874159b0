//! MJML to HTML, once when a template is taken, never when a mail is sent.
//!
//! Guarantees: what stands in braces comes out as it went in; nothing is fetched, and no fonts are
//! asked of anybody when the mail is read; lines stay short. Does not: fill anything in.

use super::problem::Flaw;
use super::tags::{self, Prepared};
use mrml::mj_head::MjHeadChild;
use mrml::prelude::parser::{Error, ParserOptions};
use mrml::prelude::render::RenderOptions;
use std::collections::HashMap;

/// What came of a MJML template.
#[derive(Debug)]
pub(super) struct Compiled {
    /// A template of HTML.
    pub(super) html: String,
    /// The template of what is shown beside the subject before a mail is opened.
    pub(super) preview: String,
}

/// The HTML of a MJML template.
///
/// # Errors
/// What is not in order, with its place.
pub(super) fn compile(source: &str) -> Result<Compiled, Flaw> {
    let ready = tags::prepare(source)?;
    let parsed = mrml::parse_with_options(&ready.text, &ParserOptions::default());
    let mut mjml = parsed.map_err(|error| flaw(&error, &ready))?.element;
    if let Some(head) = &mut mjml.children.head {
        head.children.retain(|child| !matches!(child, MjHeadChild::MjFont(_)));
    }
    let options =
        RenderOptions { disable_comments: true, social_icon_origin: None, fonts: HashMap::new() };
    let html = mjml.render(&options).map_err(|error| Flaw::new(0, "mjml", error.to_string()))?;
    let preview = mjml.get_preview().unwrap_or_default();
    Ok(Compiled {
        html: broken_into_lines(&ready.restore(&html)),
        preview: ready.restore(&preview),
    })
}

/// The compiler's error at its place in the source, as far as it tells one.
fn flaw(error: &Error, ready: &Prepared) -> Flaw {
    let (code, at) = match error {
        Error::UnexpectedElement { position, .. } => ("tag-not-here", position.start),
        Error::MissingAttribute { position, .. }
        | Error::UnexpectedToken { position, .. }
        | Error::InvalidAttribute { position, .. }
        | Error::InvalidFormat { position, .. }
        | Error::IncludeLoaderError { position, .. } => ("mjml", position.start),
        Error::ParserError { .. }
        | Error::EndOfStream { .. }
        | Error::SizeLimit { .. }
        | Error::NoRootNode => ("mjml", 0),
    };
    let about = match error {
        Error::UnexpectedElement { position, .. } => {
            let word = ready.text.get(position.start..position.end).unwrap_or_default();
            format!("<{}>", word.trim_matches(['<', '>', '/']))
        }
        Error::MissingAttribute { name, .. } => (*name).to_owned(),
        other => other.to_string(),
    };
    Flaw::new(ready.origin(at), code, about)
}

/// The compiler writes one long line. Blanks in front of these tags show nowhere.
fn broken_into_lines(html: &str) -> String {
    let mut out = html.to_owned();
    for tag in ["<table", "<tr", "<td", "<div", "<style", "<meta", "<body", "<!--[if", "</body"] {
        out = out.replace(tag, &format!("\n{tag}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(inside: &str) -> String {
        format!(
            "<mjml><mj-body><mj-section><mj-column>{inside}</mj-column></mj-section></mj-body></mjml>"
        )
    }

    #[test]
    fn braces_come_out_as_they_went_in() {
        let source = whole(
            "<mj-button href=\"{{ t(\"a\", b='<>') }}\">{{ x|default(\"y\") }}</mj-button>{% if a %}<mj-text>b</mj-text>{% endif %}",
        );
        let html = compile(&source).unwrap().html;
        assert!(html.contains("href=\"{{ t(\"a\", b='<>') }}\""), "{html}");
        assert!(html.contains("{{ x|default(\"y\") }}") && html.contains("{% endif %}"), "{html}");
        assert!(!html.contains("mj-raw"));
    }

    #[test]
    fn no_font_is_fetched() {
        let source = "<mjml><mj-head><mj-font name=\"Ubuntu\" href=\"https://fonts.example/u\" /></mj-head><mj-body>\
            <mj-section><mj-column><mj-text font-family=\"Ubuntu, Roboto\">a</mj-text></mj-column></mj-section></mj-body></mjml>";
        let html = compile(source).unwrap().html;
        assert!(!html.contains("https://") && !html.contains("@import"), "{html}");
    }
}
