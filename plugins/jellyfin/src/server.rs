//! How this plugin speaks to the server: the one header form that works on every line, and what a
//! refusal means.
//!
//! Only `Authorization: MediaBrowser …` is sent (from 12.0 the older forms are off, 10.9 knows this
//! one too). The key stands in requests by name; only tokens that a sign-in of this very call
//! yielded are text. Statuses: Jellyfin 10.9.11, 10.10.7, 10.11.11 and 12.0-rc5 as recorded.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::{Encoding, Request, Response, percent, secret, text};
use latchkey_sdk::lent::Lent;
use serde_json::Value;

/// The endpoint's name in the manifest.
pub const ENDPOINT: &str = "server";
/// The key's name in the manifest.
pub const KEY: &str = "api_key";

const KEY_REJECTED: &str = "the server does not accept the API key (401): it was revoked in Jellyfin, \
    or a proxy in front removes the Authorization header; Jellyfin 12 also answers so where a proxy \
    turns that header into the older X-Emby-Token form";
const NOT_JELLYFIN: &str = "what answers there (404) is not Jellyfin: check the address, its base path \
    and the proxy in front";

/// Which right a request is sent with.
pub enum As<'a> {
    /// The stored API key.
    Key,
    /// A token that this call got by signing in.
    Token(&'a str),
    /// Nobody, from a named device: what a sign-in needs.
    Device(&'a str),
}

/// A read below the server's address.
#[must_use]
pub fn get(path: &str, by: &As<'_>) -> Request {
    authorized(Request::get(ENDPOINT, path), by)
}

/// A write below the server's address.
#[must_use]
pub fn post(path: &str, by: &As<'_>) -> Request {
    authorized(Request::post(ENDPOINT, path), by)
}

/// A removal below the server's address.
#[must_use]
pub fn delete(path: &str, by: &As<'_>) -> Request {
    authorized(Request::delete(ENDPOINT, path), by)
}

fn authorized(request: Request, by: &As<'_>) -> Request {
    let value = match by {
        // The server percent-decodes the value, so a key pasted with odd characters arrives whole
        // and cannot leave its quotes.
        As::Key => {
            vec![text("MediaBrowser Token=\""), secret(KEY, Encoding::Form), text("\"")]
        }
        As::Token(token) => vec![text(format!("MediaBrowser Token=\"{}\"", percent(token)))],
        As::Device(id) => vec![text(format!(
            "MediaBrowser Client=\"Latchkey\", Device=\"Latchkey\", DeviceId=\"{}\", Version=\"{}\"",
            percent(id),
            percent(env!("CARGO_PKG_VERSION"))
        ))],
    };
    request.header_of("Authorization", value)
}

/// A read with the key, answered 200 with JSON.
///
/// # Errors
/// Any other answer, see [`refusal`].
pub fn read(lent: &impl Lent, request: Request) -> Result<Value, Fault> {
    answered(&request.send(lent)?)
}

/// What a read was answered with.
///
/// # Errors
/// As [`read`].
pub fn answered(response: &Response) -> Result<Value, Fault> {
    match response.status() {
        200 => value(response),
        _ => Err(refusal(response)),
    }
}

/// A write that is answered 200 or 204.
///
/// # Errors
/// As [`done`].
pub fn write(lent: &impl Lent, request: Request) -> Result<(), Fault> {
    done(&request.send(lent)?)
}

/// Whether the server has done what it was told. A page is somebody else's yes: of a proxy's sign-in, or of
/// the web client where the base path is wrong.
///
/// # Errors
/// Any answer but 200 and 204, see [`refusal`]; a page, and a 5xx that says nothing of what was done, are
/// `outcome-unknown`.
pub fn done(response: &Response) -> Result<(), Fault> {
    match response.status() {
        200 if is_page(response) => Err(Fault { kind: Kind::OutcomeUnknown, ..starting(response) }),
        200 | 204 => Ok(()),
        _ => Err(unclear(refusal(response))),
    }
}

/// The fault as it stands after a write: what a gateway or a crash hides may have been done.
#[must_use]
pub fn unclear(fault: Fault) -> Fault {
    match fault.upstream_status {
        Some(500 | 502 | 504) => Fault { kind: Kind::OutcomeUnknown, ..fault },
        _ => fault,
    }
}

/// The body as JSON; a page is what a starting server shows.
///
/// # Errors
/// `unavailable` for a page, `bad-reply` for anything else that is no JSON.
pub fn value(response: &Response) -> Result<Value, Fault> {
    if is_page(response) { Err(starting(response)) } else { response.json() }
}

/// Whether an answer is an html page.
#[must_use]
pub fn is_page(response: &Response) -> bool {
    response.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

fn is_json(response: &Response) -> bool {
    response.header("content-type").is_some_and(|kind| kind.contains("json"))
}

/// "Starting or down", which is all that a 503 or a page tells.
#[must_use]
pub fn starting(response: &Response) -> Fault {
    let detail = match response.status() {
        200 if is_page(response) => {
            "a web page answers here: Jellyfin is starting, or this is another server; check the port and the base path"
        }
        _ => "Jellyfin is starting or down; it is asked again by itself",
    };
    Fault::new(Kind::Unavailable, "jellyfin.starting", detail)
        .status(response.status())
        .retry_after(response.retry_after_ms())
}

/// The fault for an answer that is not the one hoped for.
#[must_use]
pub fn refusal(response: &Response) -> Fault {
    let status = response.status();
    let fault = match status {
        503 => return starting(response),
        401 => Fault::new(Kind::CredentialRejected, "jellyfin.key-rejected", KEY_REJECTED),
        403 => Fault::new(Kind::Forbidden, "jellyfin.forbidden", forbidden(response)),
        // Whom or what it does not have Jellyfin says in JSON, on every line; a bare 404 or one in
        // other words comes from a proxy or from a wrong base path and says nothing about anybody.
        404 if is_json(response) => {
            Fault::new(Kind::NotFound, "jellyfin.not-found", "Jellyfin knows no such thing (404)")
        }
        404 => Fault::new(Kind::Misconfigured, "jellyfin.not-jellyfin", NOT_JELLYFIN),
        429 => {
            Fault::new(Kind::RateLimited, "jellyfin.rate-limited", "the server asks to slow down")
                .retry_after(response.retry_after_ms())
        }
        300..=399 => Fault::new(Kind::Misconfigured, "jellyfin.redirected", redirected(response)),
        502 | 504 => Fault::new(
            Kind::Unavailable,
            "jellyfin.gateway",
            format!("the proxy in front of Jellyfin does not reach it ({status})"),
        ),
        _ if is_page(response) => return starting(response),
        _ => Fault::new(
            Kind::BadReply,
            "jellyfin.status",
            format!("Jellyfin answered {status}, which this plugin did not expect"),
        ),
    };
    fault.status(status)
}

/// Jellyfin's own sentence where it gives one (a JSON string), else ours.
fn forbidden(response: &Response) -> String {
    match response.json::<String>() {
        Ok(sentence) => format!("Jellyfin refuses: {sentence}"),
        Err(_) => "Jellyfin refuses this (403)".to_owned(),
    }
}

fn redirected(response: &Response) -> String {
    let target = response.header("location").unwrap_or("another address");
    format!("the server redirects to {target}; fill in the address it really answers at")
}
