//! Requests that are built in one breath, replies that are read as types.
//!
//! A request names an endpoint of the manifest and a path below it; scheme, host, port and
//! certificates are the host's. Secrets stand in it by name only. What the network did becomes the
//! right fault: a write that the other side may have seen is `outcome-unknown`, never `unavailable`.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bindings::shared::latchkey::host::{http as wire, net};
use crate::fault::{Fault, Kind};
use crate::lent::Lent;

pub use net::{Encoding, Failure, FailureKind, Piece};

/// Plain text as a piece.
#[must_use]
pub fn text(text: impl Into<String>) -> Piece {
    Piece::Text(text.into())
}

/// The secret `key` of the manifest, written by the host as `encoding` says.
#[must_use]
pub fn secret(key: &str, encoding: Encoding) -> Piece {
    Piece::Secret(net::SecretUse { key: key.to_owned(), encoding, prefix: String::new() })
}

/// The value of an `Authorization` header of HTTP's Basic kind: a name, and the secret `key` as password.
#[must_use]
pub fn basic(name: &str, key: &str) -> Vec<Piece> {
    let (key, prefix) = (key.to_owned(), format!("{name}:"));
    vec![text("Basic "), Piece::Secret(net::SecretUse { key, encoding: Encoding::Base64, prefix })]
}

/// Percent-encodes everything but the unreserved characters of RFC 3986: for path segments and for
/// header values whose reader decodes them.
#[must_use]
pub fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Reads,
    Writes,
}

/// A request under construction.
#[derive(Clone, Debug)]
pub struct Request {
    wire: wire::Request,
    effect: Effect,
}

impl Request {
    /// A read of `path` (starts with `/`, no query) below an endpoint.
    #[must_use]
    pub fn get(endpoint: &str, path: &str) -> Self {
        Self::below("GET", endpoint, path, Effect::Reads)
    }

    /// A write of `path` below an endpoint.
    #[must_use]
    pub fn post(endpoint: &str, path: &str) -> Self {
        Self::below("POST", endpoint, path, Effect::Writes)
    }

    /// A removal of `path` below an endpoint.
    #[must_use]
    pub fn delete(endpoint: &str, path: &str) -> Self {
        Self::below("DELETE", endpoint, path, Effect::Writes)
    }

    /// A read of a whole URL; only where the manifest lists a pattern that fits.
    #[must_use]
    pub fn get_url(url: &str) -> Self {
        Self::new("GET", wire::Target::Url(url.to_owned()), Effect::Reads)
    }

    fn below(method: &str, endpoint: &str, path: &str, effect: Effect) -> Self {
        let below = wire::Below { endpoint: endpoint.to_owned(), path: path.to_owned() };
        Self::new(method, wire::Target::Below(below), effect)
    }

    fn new(method: &str, target: wire::Target, effect: Effect) -> Self {
        let wire = wire::Request {
            method: method.to_owned(),
            target,
            query: Vec::new(),
            headers: Vec::new(),
            body: wire::Body::None,
            timeout_ms: None,
            max_body: None,
        };
        Self { wire, effect }
    }

    /// Says that a repetition does no harm: a lost answer is then `unavailable`, not
    /// `outcome-unknown`.
    #[must_use]
    pub fn harmless(mut self) -> Self {
        self.effect = Effect::Reads;
        self
    }

    /// A query parameter; the host percent-encodes name and value.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.wire.query.push(net::Field { name: name.to_owned(), value: vec![text(value)] });
        self
    }

    /// A header of plain text.
    #[must_use]
    pub fn header(self, name: &str, value: impl Into<String>) -> Self {
        self.header_of(name, vec![text(value)])
    }

    /// A header with secrets in it.
    #[must_use]
    pub fn header_of(mut self, name: &str, value: Vec<Piece>) -> Self {
        self.wire.headers.push(net::Field { name: name.to_owned(), value });
        self
    }

    /// A JSON body.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.wire.body = wire::Body::Bytes(body.to_string().into_bytes());
        self.header("Content-Type", "application/json")
    }

    /// A body of bytes, and what they are.
    #[must_use]
    pub fn bytes(mut self, media_type: &str, body: Vec<u8>) -> Self {
        self.wire.body = wire::Body::Bytes(body);
        self.header("Content-Type", media_type)
    }

    /// A body with secrets in it; name its type with [`Request::header`].
    #[must_use]
    pub fn body_of(mut self, pieces: Vec<Piece>) -> Self {
        self.wire.body = wire::Body::Pieces(pieces);
        self
    }

    /// Shortens the time this request may take.
    #[must_use]
    pub fn timeout_ms(mut self, ms: u32) -> Self {
        self.wire.timeout_ms = Some(ms);
        self
    }

    /// Sends it and waits for the whole answer, whatever its status.
    ///
    /// # Errors
    /// See [`fault_of`] for how a failure of the network becomes a fault.
    pub fn send(self, lent: &impl Lent) -> Result<Response, Fault> {
        match lent.send(&self.wire) {
            Ok(response) => Ok(Response(response)),
            Err(failure) => Err(fault_of(&failure, self.effect == Effect::Writes)),
        }
    }

    /// Sends several side by side, at most 16.
    #[must_use]
    pub fn send_all(lent: &impl Lent, requests: Vec<Self>) -> Vec<Result<Response, Fault>> {
        let (wires, effects): (Vec<_>, Vec<_>) =
            requests.into_iter().map(|request| (request.wire, request.effect)).unzip();
        lent.send_all(&wires)
            .into_iter()
            .zip(effects)
            .map(|(answer, effect)| match answer {
                Ok(response) => Ok(Response(response)),
                Err(failure) => Err(fault_of(&failure, effect == Effect::Writes)),
            })
            .collect()
    }
}

/// The fault for a request that got no whole answer. A write that may have been sent is
/// `outcome-unknown`; a certificate or a refusal of the host's own is `misconfigured`.
#[must_use]
pub fn fault_of(failure: &Failure, writes: bool) -> Fault {
    let code = match failure.kind {
        FailureKind::NotAllowed => "net.not-allowed",
        FailureKind::NameLookup => "net.name-lookup",
        FailureKind::Unreachable => "net.unreachable",
        FailureKind::Certificate => "net.certificate",
        FailureKind::TimedOut => "net.timed-out",
        FailureKind::TooLarge => "net.too-large",
        FailureKind::Protocol => "net.protocol",
        FailureKind::Closed => "net.closed",
    };
    let kind = match failure.kind {
        FailureKind::NotAllowed | FailureKind::Certificate => Kind::Misconfigured,
        _ if writes && failure.maybe_sent => Kind::OutcomeUnknown,
        FailureKind::TimedOut => Kind::TimedOut,
        FailureKind::TooLarge | FailureKind::Protocol => Kind::BadReply,
        FailureKind::NameLookup | FailureKind::Unreachable | FailureKind::Closed => {
            Kind::Unavailable
        }
    };
    Fault::new(kind, code, failure.detail.clone())
}

/// An answer, read whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Response(wire::Response);

impl Response {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The first header of that name, which is written in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The body as text; bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0.body)
    }

    /// The body as JSON of a known shape.
    ///
    /// # Errors
    /// `bad-reply` where it is no JSON or of another shape; the detail names the place, never the
    /// content.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.0.body).map_err(|cause| {
            let place = format!("line {} column {}", cause.line(), cause.column());
            Fault::new(
                Kind::BadReply,
                "sdk.json",
                format!("the answer is not the JSON that was expected ({place})"),
            )
            .status(self.0.status)
        })
    }

    /// `Retry-After` in seconds, as milliseconds; leading zeros are common and fine.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<u32> {
        self.header("retry-after")?.trim().parse::<u32>().ok()?.checked_mul(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: FailureKind, maybe_sent: bool, writes: bool) -> Kind {
        fault_of(&Failure { kind, maybe_sent, detail: String::new() }, writes).kind
    }

    #[test]
    fn a_write_that_may_have_arrived_is_unknown_and_a_read_never_is() {
        for kind in [FailureKind::TimedOut, FailureKind::Closed, FailureKind::Protocol] {
            assert_eq!(failed(kind, true, true), Kind::OutcomeUnknown);
            assert_ne!(failed(kind, true, false), Kind::OutcomeUnknown);
            assert_ne!(failed(kind, false, true), Kind::OutcomeUnknown);
        }
        assert_eq!(failed(FailureKind::TimedOut, false, true), Kind::TimedOut);
        assert_eq!(failed(FailureKind::Unreachable, false, true), Kind::Unavailable);
    }

    #[test]
    fn certificates_and_refusals_are_for_the_admin() {
        assert_eq!(failed(FailureKind::Certificate, false, true), Kind::Misconfigured);
        assert_eq!(failed(FailureKind::NotAllowed, false, false), Kind::Misconfigured);
    }

    #[test]
    fn header_values_are_percent_encoded_but_for_unreserved() {
        assert_eq!(percent("a-Z.9_~"), "a-Z.9_~");
        assert_eq!(percent("a+b \"ü"), "a%2Bb%20%22%C3%BC");
    }
}
