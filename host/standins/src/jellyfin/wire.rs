//! What goes over the wire: a request taken apart, an answer put together.
//!
//! Answers have the four kinds of error body a Jellyfin has (text, JSON text, empty, problem
//! JSON) and its way of writing JSON (`JsonDefaults.cs`, `JsonDateTimeConverter.cs`). Nothing in
//! here knows a route or a user.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::hash::{fresh_id, parse_guid};

/// What a handler gives back; both arms are sent, `Err` only ends the handler early.
pub(super) type Outcome = Result<Answer, Answer>;

/// One request, taken apart.
pub(super) struct Call {
    pub(super) method: Method,
    /// The path as sent, without the query.
    pub(super) path: String,
    /// The path's segments, percent-decoded.
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) now: Timestamp,
    /// Where this request came among all requests; later ones have greater numbers.
    pub(super) arrival: u64,
    /// The peer's address.
    pub(super) peer: IpAddr,
}

impl Call {
    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A query value; names are compared without case, as ASP.NET does.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// A GUID from the query: absent, or present and right, or a validation problem.
    pub(super) fn query_id(&self, name: &str) -> Result<Option<String>, Answer> {
        match self.query(name) {
            None | Some("") => Ok(None),
            Some(text) => parse_guid(text).map(Some).ok_or_else(|| invalid_value(name, text)),
        }
    }

    /// The GUID in the path's segment `at`, called `name` in the problem.
    pub(super) fn path_id(&self, at: usize, name: &str) -> Result<String, Answer> {
        let text = self.segments.get(at).map_or("", String::as_str);
        parse_guid(text).ok_or_else(|| invalid_value(name, text))
    }

    /// The body as a JSON object; `model` is the parameter's name in the server's source.
    pub(super) fn object(&self, model: &str) -> Result<Map<String, Value>, Answer> {
        let media = self.header("content-type").unwrap_or("").to_ascii_lowercase();
        if !media.starts_with("application/json") && !media.contains("+json") {
            return Err(Answer::problem(415, "Unsupported Media Type", "15.5.16"));
        }
        let required = format!("The {model} field is required.");
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err(Answer::invalid(&[
                (model, &required),
                ("$", "The JSON value could not be converted."),
            ])),
            Err(_) => {
                let (path, text) = broken_json(&self.body);
                Err(Answer::invalid(&[(model, &required), (&path, &text)]))
            }
        }
    }
}

/// Where and why JSON is broken, in the words of `System.Text.Json` for a body that ends early.
fn broken_json(body: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(body);
    let key = text.rsplit('"').nth(1).filter(|_| text.trim_end().ends_with(':'));
    let path = key.map_or_else(|| "$".to_owned(), |key| format!("$.{key}"));
    let words = format!(
        "Expected depth to be zero at the end of the JSON payload. There is an open JSON object or \
         array that should be closed. Path: {path} | LineNumber: 0 | BytePositionInLine: {}.",
        body.len()
    );
    (path, words)
}

fn invalid_value(name: &str, text: &str) -> Answer {
    Answer::invalid(&[(name, &format!("The value '{text}' is not valid."))])
}

/// A value of an object; names are compared without case, as `JsonDefaults` says.
pub(super) fn field<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name)
        .or_else(|| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v))
}

/// A text of an object, nothing when absent, null or another type.
pub(super) fn text_of<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    field(map, name).and_then(Value::as_str)
}

/// What an answer carries.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// No body and no media type.
    Empty,
    /// `text/plain`.
    Text(&'static str),
    /// `application/json; charset=utf-8`.
    Json(Value),
    /// `text/html`.
    Html(String),
    /// Bytes of a given media type.
    Bytes(String, Bytes),
}

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) content: Content,
    /// How long the server thinks before it answers.
    pub(super) delay: Duration,
}

impl Answer {
    fn of(status: u16, content: Content) -> Answer {
        Answer { status, headers: Vec::new(), content, delay: Duration::ZERO }
    }

    /// A status without a body.
    pub(super) fn empty(status: u16) -> Answer {
        Answer::of(status, Content::Empty)
    }

    /// 200 with JSON.
    pub(super) fn json(value: Value) -> Answer {
        Answer::of(200, Content::Json(value))
    }

    /// A status with a JSON text, the kind of error a controller writes itself.
    pub(super) fn said(status: u16, text: &str) -> Answer {
        Answer::of(status, Content::Json(Value::from(text)))
    }

    /// A status with the opaque text of a thrown exception (`ExceptionMiddleware.cs`).
    pub(super) fn thrown(status: u16) -> Answer {
        Answer::of(status, Content::Text("Error processing request."))
    }

    /// 200 with plain text.
    pub(super) fn text(text: &'static str) -> Answer {
        Answer::of(200, Content::Text(text))
    }

    /// A status with a page.
    pub(super) fn html(status: u16, page: String) -> Answer {
        Answer::of(status, Content::Html(page))
    }

    /// 200 with bytes.
    pub(super) fn bytes(media: &str, bytes: Bytes) -> Answer {
        Answer::of(200, Content::Bytes(media.to_owned(), bytes))
    }

    /// Problem JSON; `section` is the status's section of RFC 9110.
    pub(super) fn problem(status: u16, title: &str, section: &str) -> Answer {
        Answer::of(status, Content::Json(problem(status, title, section, None)))
    }

    /// Problem JSON of a bare `NotFound()`.
    pub(super) fn not_found() -> Answer {
        Answer::problem(404, "Not Found", "15.5.5")
    }

    /// Problem JSON of a bare `BadRequest()`.
    pub(super) fn bad_request() -> Answer {
        Answer::problem(400, "Bad Request", "15.5.1")
    }

    /// Problem JSON of failed model validation.
    pub(super) fn invalid(errors: &[(&str, &str)]) -> Answer {
        let errors: Map<String, Value> =
            errors.iter().map(|(name, text)| ((*name).to_owned(), json!([text]))).collect();
        let title = "One or more validation errors occurred.";
        Answer::of(400, Content::Json(problem(400, title, "15.5.1", Some(errors))))
    }

    /// The problem of a required field that is not there.
    pub(super) fn required(name: &str) -> Answer {
        Answer::invalid(&[(name, &format!("The {name} field is required."))])
    }

    /// The same answer with one more header.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }

    /// The same answer after a while.
    pub(super) fn after(mut self, delay: Duration) -> Answer {
        self.delay = delay;
        self
    }
}

fn problem(status: u16, title: &str, section: &str, errors: Option<Map<String, Value>>) -> Value {
    let mut map = Map::new();
    map.insert(
        "type".into(),
        format!("https://tools.ietf.org/html/rfc9110#section-{section}").into(),
    );
    map.insert("title".into(), title.into());
    map.insert("status".into(), status.into());
    if let Some(errors) = errors {
        map.insert("errors".into(), errors.into());
    }
    let span: String = fresh_id().chars().take(16).collect();
    map.insert("traceId".into(), format!("00-{}-{span}-00", fresh_id()).into());
    Value::Object(map)
}

/// A date as Jellyfin writes it: UTC, hundreds of nanoseconds; all seven digits when the
/// milliseconds are zero, else without zeros at the end.
pub(super) fn date(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC);
    let ticks = at.subsec_nanosecond() / 100;
    let mut fraction = format!("{ticks:07}");
    if ticks / 10_000 != 0 {
        fraction.truncate(fraction.trim_end_matches('0').len());
    }
    format!("{}.{fraction}Z", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// JSON text as .NET's default encoder writes it: everything but plain ASCII letters, digits and
/// harmless signs is escaped.
pub(super) fn dotnet_json(value: &Value) -> String {
    let plain = value.to_string();
    let mut text = String::with_capacity(plain.len());
    let mut chars = plain.chars().peekable();
    while let Some(sign) = chars.next() {
        match sign {
            '\\' if chars.peek() == Some(&'"') => {
                chars.next();
                text.push_str("\\u0022");
            }
            '\\' => {
                text.push(sign);
                text.extend(chars.next());
            }
            '\'' | '<' | '>' | '&' | '+' | '`' | '\u{7f}'.. => escape(&mut text, sign),
            _ => text.push(sign),
        }
    }
    text
}

fn escape(text: &mut String, sign: char) {
    let mut units = [0; 2];
    for unit in sign.encode_utf16(&mut units) {
        // Writing to a String cannot fail.
        let _ignored = write!(text, "\\u{unit:04X}");
    }
}

/// The same value with camelCase keys, as `profile="CamelCase"` asks for; the keys of
/// `CustomPrefs` and of a problem's `errors` are data and stay.
pub(super) fn camel_case(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, inner)| match key.as_str() {
                    "CustomPrefs" => ("customPrefs".to_owned(), inner.clone()),
                    "errors" => (key.clone(), inner.clone()),
                    _ => (camel(key), camel_case(inner)),
                })
                .collect(),
        ),
        Value::Array(list) => list.iter().map(camel_case).collect(),
        other => other.clone(),
    }
}

fn camel(key: &str) -> String {
    let mut chars = key.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().collect::<String>() + chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_seven_digits_or_no_zeros_at_the_end() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(date(at("2026-11-21T17:02:16Z")), "2026-11-21T17:02:16.0000000Z");
        assert_eq!(date(at("2026-11-21T17:02:16.5Z")), "2026-11-21T17:02:16.5Z");
        assert_eq!(date(at("2026-11-21T17:02:16.654498Z")), "2026-11-21T17:02:16.654498Z");
        assert_eq!(date(at("2026-11-21T17:02:16.0001Z")), "2026-11-21T17:02:16.0001000Z");
    }

    #[test]
    fn text_is_escaped_as_by_dotnet() {
        let value = json!({ "UserName": "o'brien \u{fc} \"x\" \\ 1" });
        let text = r#"{"UserName":"o\u0027brien \u00FC \u0022x\u0022 \\ 1"}"#;
        assert_eq!(dotnet_json(&value), text);
    }
}
