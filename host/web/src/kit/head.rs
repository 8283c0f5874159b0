//! The head of a request: what is known before a byte of the body is read.

use super::query::Pairs;
use http::header::{AsHeaderName, HeaderMap};
use http::{Method, request::Parts};
use std::collections::BTreeMap;

/// A request without its body.
#[derive(Debug, Clone)]
pub struct Head {
    /// `GET`, `POST`, ...
    pub method: Method,
    /// As it was sent, percent-encoded, below the base path.
    pub path: String,
    /// Decoded.
    pub query: Pairs,
    /// As sent.
    pub headers: HeaderMap,
    /// The host it was sent to: `:authority` or `Host`.
    pub authority: Option<String>,
}

impl Head {
    /// From the transport's own form.
    #[must_use]
    pub fn of(parts: Parts) -> Self {
        let from_uri = parts.uri.authority().map(|authority| authority.as_str().to_owned());
        let from_header = single(&parts.headers, http::header::HOST).map(str::to_owned);
        Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: Pairs::parse(parts.uri.query().unwrap_or_default().as_bytes()),
            authority: from_uri.or(from_header),
            headers: parts.headers,
        }
    }

    /// A header that may be sent once only; `None` where it is absent, repeated or no text.
    #[must_use]
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        single(&self.headers, name)
    }

    /// Whether the method changes nothing.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.method == Method::GET || self.method == Method::HEAD
    }

    /// Whether `Accept` names this media type.
    #[must_use]
    pub fn accepts(&self, media_type: &str) -> bool {
        let offered =
            self.headers.get_all(http::header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
        offered.flat_map(|line| line.split(',')).any(|entry| {
            entry.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case(media_type))
        })
    }

    /// The languages of `Accept-Language`, most wanted first; those with `q=0` are left out.
    #[must_use]
    pub fn languages(&self) -> Vec<String> {
        let Some(line) = self.header(http::header::ACCEPT_LANGUAGE) else { return Vec::new() };
        let mut weighed: Vec<(u32, String)> =
            line.split(',').take(16).filter_map(weighed_language).collect();
        weighed.sort_by_key(|(weight, _)| core::cmp::Reverse(*weight));
        weighed.into_iter().map(|(_, tag)| tag).collect()
    }
}

/// One header that occurs exactly once, as text.
#[must_use]
pub fn single(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(only), None) => only.to_str().ok(),
        _ => None,
    }
}

fn weighed_language(entry: &str) -> Option<(u32, String)> {
    let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
    let quality =
        parameters.trim().strip_prefix("q=").map_or(Some(1.0), |text| text.parse::<f32>().ok())?;
    let tag = tag.trim();
    let plain = !tag.is_empty() && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=1000"
    )]
    let weight = (quality.clamp(0.0, 1.0) * 1000.0) as u32;
    (plain && weight > 0).then(|| (weight, tag.to_owned()))
}

/// What the path's pattern caught, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captures(pub(super) BTreeMap<String, String>);

impl Captures {
    /// The part called `name`; empty where the pattern has none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(headers: &[(&str, &str)]) -> Head {
        let mut request = http::Request::get("/a?b=c");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Head::of(request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn languages_come_by_weight() {
        let head = head(&[("accept-language", "en;q=0.5, de-AT, fr;q=0, x_y, it;q=0.7")]);
        assert_eq!(head.languages(), ["de-AT", "it", "en"]);
    }

    #[test]
    fn a_repeated_host_is_no_host() {
        assert_eq!(head(&[("host", "a"), ("host", "b")]).authority, None);
        assert_eq!(head(&[("host", "a")]).authority.as_deref(), Some("a"));
    }

    #[test]
    fn accept_is_read_by_entry() {
        assert!(
            head(&[("accept", "text/html, text/event-stream;q=1")]).accepts("text/event-stream")
        );
        assert!(!head(&[("accept", "*/*")]).accepts("text/event-stream"));
    }
}
