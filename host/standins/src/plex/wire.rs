//! What goes over the wire: a request taken apart, an answer put together.
//!
//! Plex answers XML unless `Accept` says JSON; its v1 paths stay XML whatever it says. Nothing in here
//! knows a route or a person.

use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::behaviour::ExtraFields;
use super::xml::Element;

/// What a handler gives back; both arms are sent, `Err` only ends the handler early.
pub(super) type Outcome = Result<Answer, Answer>;

/// One of the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// `plex.tv`: everything but the auth page and the server.
    PlexTv,
    /// `clients.plex.tv`: the same v2 API.
    Clients,
    /// `app.plex.tv`: the auth page.
    App,
    /// The Plex Media Server.
    Server,
    /// An origin that is none of Plex's.
    Elsewhere,
}

impl Service {
    /// All of them.
    pub const ALL: [Service; 5] =
        [Service::PlexTv, Service::Clients, Service::App, Service::Server, Service::Elsewhere];
}

/// One request, taken apart.
pub(super) struct Call {
    pub(super) service: Service,
    pub(super) method: String,
    /// The path as sent, without the query.
    pub(super) path: String,
    /// The path's segments, percent-decoded.
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) now: Timestamp,
}

impl Call {
    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A query value.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// One of the `X-Plex-` values, as a header or as a query argument.
    pub(super) fn plex(&self, name: &str) -> Option<&str> {
        let found = self.header(name).or_else(|| {
            self.query
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, v)| v.as_str())
        });
        found.filter(|value| !value.is_empty())
    }

    /// The device that asks.
    pub(super) fn client(&self) -> Option<&str> {
        self.plex("X-Plex-Client-Identifier")
    }

    /// A segment of the path.
    pub(super) fn segment(&self, at: usize) -> &str {
        self.segments.get(at).map_or("", String::as_str)
    }

    /// A segment that has to be a number.
    pub(super) fn number(&self, at: usize) -> Result<u64, Answer> {
        self.segment(at).parse().map_err(|_| Answer::error(404, 1002, "Not found"))
    }

    /// Whether JSON is asked for.
    pub(super) fn wants_json(&self) -> bool {
        self.header("accept").is_some_and(|accept| accept.contains("application/json"))
    }

    /// Whether it is a v1 path of plex.tv.
    pub(super) fn is_v1(&self) -> bool {
        matches!(self.service, Service::PlexTv | Service::Clients)
            && self.segment(0) == "api"
            && self.segment(1) != "v2"
    }

    /// The body as a JSON object; an empty body is an empty object.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Answer> {
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(map)) => Ok(map),
            _ => Err(Answer::error(400, 1004, "The body is not a JSON object")),
        }
    }

    /// The fields of a form.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// A field of the query, of a form or of a JSON body, as text.
    pub(super) fn argument(&self, name: &str) -> Option<String> {
        let in_json = || match self.object().ok()?.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            plain => Some(plain.to_string()),
        };
        let is_json = self.header("content-type").is_some_and(|media| media.contains("json"));
        let in_body = || {
            if is_json {
                in_json()
            } else {
                self.form().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
            }
        };
        self.query(name).map(str::to_owned).or_else(in_body)
    }
}

/// What an answer carries.
pub(super) enum Content {
    /// No body.
    Empty,
    /// A value of v2, and what its element is called in XML.
    Value(&'static str, Value),
    /// A v1 document.
    Xml(Element),
    /// An error of whatever version was asked: code and message.
    Error(u16, String),
    /// `text/html`
    Html(String),
    /// Bytes of a media type.
    Bytes(&'static str, Bytes),
    /// No answer ever.
    Never,
    /// The connection ends.
    Cut,
}

/// One answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) content: Content,
}

impl Answer {
    /// A status and what goes with it.
    pub(super) fn of(status: u16, content: Content) -> Answer {
        Answer { status, headers: Vec::new(), content }
    }

    /// A status without a body.
    pub(super) fn empty(status: u16) -> Answer {
        Answer::of(status, Content::Empty)
    }

    /// A value of v2.
    pub(super) fn value(status: u16, name: &'static str, value: Value) -> Answer {
        Answer::of(status, Content::Value(name, value))
    }

    /// A v1 document.
    pub(super) fn xml(status: u16, element: Element) -> Answer {
        Answer::of(status, Content::Xml(element))
    }

    /// An error.
    pub(super) fn error(status: u16, code: u16, message: &str) -> Answer {
        Answer::of(status, Content::Error(code, message.to_owned()))
    }

    /// A page.
    pub(super) fn html(status: u16, page: String) -> Answer {
        Answer::of(status, Content::Html(page))
    }

    /// With one more header.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }
}

/// An error body in JSON.
pub(super) fn error_json(status: u16, code: u16, message: &str) -> Value {
    json!({ "errors": [{ "code": code, "message": message, "status": status }] })
}

/// An error body in XML, of v2 or of v1.
pub(super) fn error_xml(v1: bool, status: u16, code: u16, message: &str) -> Element {
    if v1 {
        return Element::new("Response").text("code", status).text("status", message);
    }
    let error = Element::new("error").text("code", code).text("message", message);
    Element::new("errors").with([error.text("status", status)])
}

/// The same value with a field in every object that no client has heard of.
pub(super) fn decorated(value: Value, extra: ExtraFields) -> Value {
    if extra == ExtraFields::None {
        return value;
    }
    match value {
        Value::Object(map) => {
            let mut map: Map<String, Value> =
                map.into_iter().map(|(key, value)| (key, decorated(value, extra))).collect();
            map.insert("addedLater".into(), json!([{ "by": null }, 1]));
            Value::Object(map)
        }
        Value::Array(list) => {
            Value::Array(list.into_iter().map(|value| decorated(value, extra)).collect())
        }
        plain => plain,
    }
}

/// A date as v2 writes it.
pub(super) fn date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
