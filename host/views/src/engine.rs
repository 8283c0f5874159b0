//! The template engine, set up strictly.
//!
//! Guarantees: undefined is an error; HTML is escaped by default; a key that the catalogue lacks is
//! an error. Does not: load anything from outside the binary.

use crate::assets::{self, Templates};
use crate::catalogue::{Arg, Catalogue};
use crate::dates;
use crate::frame::{Frame, PRODUCT};
use jiff::Timestamp;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde, Value};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, context,
};
use serde::Serialize;
use std::sync::Arc;

/// A page: the values a template needs, and which template.
pub trait Page: Serialize {
    /// Path below `templates/pages`.
    const TEMPLATE: &'static str;
    /// The entry that is lit in the admin's navigation.
    const NAV: Nav = Nav::None;
}

/// Entries of the admin's navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are the pages")]
pub enum Nav {
    None,
    Home,
    Invites,
    People,
    Approvals,
    Profiles,
    Backends,
    Signin,
    Mail,
    Resets,
    Plugins,
    Activity,
    Settings,
    Account,
}

/// A page that could not be made: a fault of ours, found by the tests of this crate.
#[derive(Debug, thiserror::Error)]
#[error("could not render {template}")]
pub struct RenderError {
    template: &'static str,
    #[source]
    cause: Error,
}

/// Renders pages. Cheap to clone.
#[derive(Clone)]
pub struct Views {
    environment: Arc<Environment<'static>>,
    catalogue: Catalogue,
}

impl std::fmt::Debug for Views {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Views").field("catalogue", &self.catalogue).finish_non_exhaustive()
    }
}

impl Views {
    /// With these texts.
    #[must_use]
    pub fn new(catalogue: Catalogue) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .build()
                .unwrap_or_default(),
        );
        environment.add_filter("segment", segment);
        environment.set_formatter(format);
        environment.set_loader(|name| Ok(Templates::text(name)));
        Self { environment: Arc::new(environment), catalogue }
    }

    /// The texts.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The whole HTML document.
    ///
    /// # Errors
    /// A template and its page do not fit.
    pub fn render<P: Page>(&self, frame: &Frame, page: &P) -> Result<String, RenderError> {
        let failed = |cause| RenderError { template: P::TEMPLATE, cause };
        let template = self.environment.get_template(P::TEMPLATE).map_err(failed)?;
        template.render(self.context(frame, page)).map_err(failed)
    }

    /// Functions are bound to the request here, so that macros see them too.
    fn context<P: Page>(&self, frame: &Frame, page: &P) -> Value {
        context! {
            product => PRODUCT,
            base => frame.base.as_str(),
            frame => Serde(frame),
            nav => Serde(P::NAV),
            page => Serde(page),
            t => translate(&self.catalogue, &frame.lang),
            asset => asset(&frame.base),
            icon => icon(&frame.base),
            date => by(frame, |frame, at| frame.dates.date(at)),
            datetime => by(frame, |frame, at| frame.dates.datetime(at)),
            ago => ago(&self.catalogue, frame),
        }
    }
}

/// `t("key", name=value)`. A value that is markup makes the whole text markup; what is not is escaped beside it.
pub(crate) fn translate(catalogue: &Catalogue, lang: &str) -> Value {
    let (catalogue, lang) = (catalogue.clone(), lang.to_owned());
    Value::from_function(move |key: &str, values: Kwargs| -> Result<Value, Error> {
        let mut held: Vec<(&str, Value)> = Vec::new();
        for name in values.args() {
            held.push((name, values.get(name)?));
        }
        let markup = held.iter().any(|(_, value)| value.is_safe());
        let written = |value: &Value| match value.to_string() {
            text if markup && !value.is_safe() => escape(&text),
            text => text,
        };
        let texts: Vec<(&str, Result<i64, String>)> = held
            .iter()
            .map(|(name, value)| (*name, value.as_i64().ok_or_else(|| written(value))))
            .collect();
        let args: Vec<(&str, Arg<'_>)> = texts
            .iter()
            .map(|(name, value)| match value {
                Ok(number) => (*name, Arg::Number(*number)),
                Err(text) => (*name, Arg::Text(text)),
            })
            .collect();
        let text = catalogue.find(&lang, key, &args);
        let text = text.ok_or_else(|| fault(format!("no text under {key}")))?;
        Ok(if markup { Value::from_safe_string(text) } else { Value::from(text) })
    })
}

/// `asset("app.css")`.
fn asset(base: &str) -> Value {
    let base = base.to_owned();
    Value::from_function(move |name: &str| asset_url(&base, name))
}

fn asset_url(base: &str, name: &str) -> Result<String, Error> {
    let path = assets::url(name).ok_or_else(|| fault(format!("no asset {name}")))?;
    Ok(format!("{base}{path}"))
}

/// `icon("copy")`: decoration beside a text, so it is hidden from screen readers.
fn icon(base: &str) -> Value {
    let base = base.to_owned();
    Value::from_function(move |name: &str| -> Result<Value, Error> {
        let sprite = asset_url(&base, "icons.svg")?;
        Ok(Value::from_safe_string(format!(
            "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{sprite}#{name}\"></use></svg>"
        )))
    })
}

/// `name | segment`: a name as one segment of a path.
fn segment(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

fn by(frame: &Frame, format: fn(&Frame, Timestamp) -> String) -> Value {
    let frame = frame.clone();
    Value::from_function(move |at: &str| Ok::<_, Error>(format(&frame, timestamp(at)?)))
}

/// `ago(at)`: words for near and far, with the exact time behind them.
fn ago(catalogue: &Catalogue, frame: &Frame) -> Value {
    let (catalogue, frame) = (catalogue.clone(), frame.clone());
    Value::from_function(move |at: &str| -> Result<Value, Error> {
        let then = timestamp(at)?;
        let words = dates::relative(&catalogue, &frame.lang, then, frame.now);
        let exact = escape(&frame.dates.datetime(then));
        Ok(Value::from_safe_string(format!(
            "<time datetime=\"{then}\" title=\"{exact}\">{}</time>",
            escape(&words)
        )))
    })
}

fn timestamp(text: &str) -> Result<Timestamp, Error> {
    text.parse().map_err(|cause| fault(format!("{text} is no time")).with_source(cause))
}

/// Writes a value into a page. The engine's own way would write `/` as `&#x2f;`, which no rule asks for
/// and which makes every address on a page unreadable.
pub(crate) fn format(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    match value.as_str().filter(|_| !value.is_safe() && *state.auto_escape() == AutoEscape::Html) {
        Some(text) => out.write_str(&escape(text)).map_err(Error::from),
        None => minijinja::escape_formatter(out, state, value),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#x27;")
}

fn fault(detail: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail)
}
