//! Answers.
//!
//! Guarantees: a redirect names a place and never another host unless its caller wrote one; header
//! values that cannot be sent are dropped, not truncated. Does not: set the headers of
//! [`super::headers`]; the entry does, on all answers alike.

use super::body::{self, Body};
use super::cookies::{self, NewCookie, Transport};
use bytes::Bytes;
use core::time::Duration;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use serde::Serialize;

/// An answer being made.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

impl Answer {
    /// Nothing but a status.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: body::whole(Bytes::new()) }
    }

    /// 204.
    #[must_use]
    pub fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    /// 200 with bytes of a type.
    #[must_use]
    pub fn bytes(content_type: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let length = bytes.len();
        Self { status: StatusCode::OK, headers: HeaderMap::new(), body: body::whole(bytes) }
            .header(header::CONTENT_TYPE, content_type)
            .header(header::CONTENT_LENGTH, &length.to_string())
    }

    /// A whole page.
    #[must_use]
    pub fn html(page: String) -> Self {
        Self::bytes("text/html; charset=utf-8", page)
    }

    /// HTML that somebody wrote, to be looked at in a frame of ours and to do nothing.
    #[must_use]
    pub fn exhibit(html: String) -> Self {
        let mut answer = Self::html(html);
        super::headers::exhibit(&mut answer.headers);
        answer
    }

    /// Plain text, to be looked at in a frame of ours.
    #[must_use]
    pub fn exhibit_text(text: String) -> Self {
        let mut answer = Self::text(text);
        super::headers::exhibit(&mut answer.headers);
        answer
    }

    /// Plain text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::bytes("text/plain; charset=utf-8", text.into())
    }

    /// `value` as JSON. A value that cannot be written (a map with keys that are no text) is a 500:
    /// a fault of the program.
    #[must_use]
    pub fn json(value: &impl Serialize) -> Self {
        Self::serialized("application/json", value)
    }

    /// `application/problem+json` (RFC 9457).
    #[must_use]
    pub fn problem(status: StatusCode, value: &impl Serialize) -> Self {
        Self::serialized("application/problem+json", value).status(status)
    }

    fn serialized(content_type: &str, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(bytes) => Self::bytes(content_type, bytes),
            Err(cause) => {
                tracing::error!(%cause, "an answer could not be written as JSON");
                Self::empty(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// 303: look there, with GET.
    #[must_use]
    pub fn see_other(location: &str) -> Self {
        Self::empty(StatusCode::SEE_OTHER).header(header::LOCATION, location)
    }

    /// 308: it is always there, with the same method.
    #[must_use]
    pub fn moved(location: &str) -> Self {
        Self::empty(StatusCode::PERMANENT_REDIRECT).header(header::LOCATION, location)
    }

    /// A body that is made while it is sent.
    #[must_use]
    pub fn streaming(content_type: &str, body: Body) -> Self {
        Self { status: StatusCode::OK, headers: HeaderMap::new(), body }
            .header(header::CONTENT_TYPE, content_type)
    }

    /// Bytes whose address names their content: kept for a year, never asked for again; 304 where
    /// the browser has them already.
    #[must_use]
    pub fn immutable(
        content_type: &str,
        bytes: impl Into<Bytes>,
        hash: &str,
        known: Option<&str>,
    ) -> Self {
        let tag = format!("\"{hash}\"");
        let has_it = known.is_some_and(|list| list.split(',').any(|entry| entry.trim() == tag));
        let answer = if has_it {
            Self::empty(StatusCode::NOT_MODIFIED)
        } else {
            Self::bytes(content_type, bytes)
        };
        answer
            .header(header::ETAG, &tag)
            .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
    }

    /// With another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With a header, in place of one of that name.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// With `Retry-After`, in whole seconds, at least one.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1);
        self.header(header::RETRY_AFTER, &seconds.to_string())
    }

    /// With a cookie, beside others.
    #[must_use]
    pub fn cookie(mut self, transport: Transport, new: &NewCookie<'_>) -> Self {
        if let Ok(line) = cookies::line(transport, new) {
            self.headers.append(header::SET_COOKIE, line);
        }
        self
    }

    /// The status so far.
    #[must_use]
    pub const fn code(&self) -> StatusCode {
        self.status
    }

    /// The headers so far.
    pub const fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// For the transport.
    #[must_use]
    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }

    /// For the transport, as the answer to `HEAD`: the same head, no body.
    #[must_use]
    pub fn into_head_response(self) -> Response<Body> {
        Self { body: http_body_util::Empty::new().boxed_unsync(), ..self }.into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_has_is_not_sent_again() {
        let first = Answer::immutable("text/css", "a{}", "abc", None);
        assert_eq!(first.code(), StatusCode::OK);
        let second = Answer::immutable("text/css", "a{}", "abc", Some("\"x\", \"abc\""));
        assert_eq!(second.code(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn a_wait_is_rounded_up() {
        let mut answer = Answer::no_content().retry_after(Duration::from_millis(1_200));
        assert_eq!(answer.headers_mut().get("retry-after").unwrap(), "2");
    }

    #[test]
    fn a_header_with_a_line_break_is_dropped() {
        let mut answer = Answer::see_other("/a\r\nset-cookie: x=1");
        assert!(answer.headers_mut().is_empty());
    }
}
