//! How this plugin speaks to plex.tv: headers, tokens, and what a refusal means.
//!
//! Only v2, only JSON (but for one write of v1 whose answer is not read). Tokens travel in the header,
//! never in an address; redirects are not followed by the host, so none leaves with one. What an answer
//! means is decided by its status first: errors of the media server are pages. Codes: plex-api.rs, `error.rs`.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::{Encoding, Request, Response, secret, text};
use latchkey_sdk::lent::{Lent, Level};
use serde_json::Value;

/// plex.tv: accounts, PINs, homes.
pub const PLEX_TV: &str = "plex_tv";
/// clients.plex.tv: shares.
pub const CLIENTS: &str = "clients";
/// The media server.
pub const SERVER: &str = "server";
/// The owner's token in the manifest.
pub const OWNER: &str = "token";

/// Where the client identifier is kept.
const CLIENT: &str = "client-id";

/// With whose right a request is sent.
#[derive(Clone, Copy)]
pub enum As<'a> {
    /// The owner of the server, whose token the host puts in.
    Owner,
    /// A person, by the token of their sign-in.
    Person(&'a str),
    /// Nobody.
    Nobody,
}

/// This installation's name for itself, made once. Plex lists it among a person's devices.
pub fn client(lent: &impl Lent) -> String {
    let kept = lent.remembered(CLIENT).and_then(|bytes| String::from_utf8(bytes).ok());
    kept.unwrap_or_else(|| {
        let digits: String = lent.random(16).iter().map(|byte| format!("{byte:02x}")).collect();
        let made = format!("latchkey-{digits}");
        if lent.remember(CLIENT, made.as_bytes(), None).is_err() {
            lent.log(Level::Warn, "Plex will list every sign-in as a device of its own", &[]);
        }
        made
    })
}

/// A request with what Plex wants to know of every client.
pub fn with(request: Request, client: &str, by: As<'_>) -> Request {
    let mut request = request
        .header("Accept", "application/json")
        .header("X-Plex-Client-Identifier", client)
        .header("X-Plex-Product", "Latchkey")
        .header("X-Plex-Version", env!("CARGO_PKG_VERSION"))
        .header("X-Plex-Device-Name", "Latchkey");
    match by {
        As::Owner => {
            request = request.header_of("X-Plex-Token", vec![secret(OWNER, Encoding::Raw)]);
        }
        As::Person(token) => request = request.header_of("X-Plex-Token", vec![text(token)]),
        As::Nobody => {}
    }
    request
}

/// Whether the owner's token is there.
pub fn connected(lent: &impl Lent) -> bool {
    lent.has_secret(OWNER)
}

/// Without the owner nothing about accounts can be asked.
///
/// # Errors
/// `misconfigured`.
pub fn need_owner(lent: &impl Lent) -> Result<(), Fault> {
    if connected(lent) {
        return Ok(());
    }
    let detail = "the server's owner has to sign in with Plex once, under this backend's settings";
    Err(Fault::new(Kind::Misconfigured, "plex.not-connected", detail).about(OWNER))
}

/// Sends it and reads a good answer as JSON.
///
/// # Errors
/// See [`refusal`].
pub fn ask(lent: &impl Lent, request: Request, by: As<'_>) -> Result<Value, Fault> {
    read(&request.send(lent)?, by)
}

/// A good answer as JSON.
///
/// # Errors
/// See [`refusal`].
pub fn read(response: &Response, by: As<'_>) -> Result<Value, Fault> {
    match response.status() {
        200 | 201 => response.json(),
        _ => Err(refusal(response, by)),
    }
}

/// The code of Plex's own in an error's body, if it is one.
#[must_use]
pub fn code(response: &Response) -> Option<u64> {
    let body: Value = response.json().ok()?;
    body.get("errors")?.get(0)?.get("code")?.as_u64()
}

/// What an answer that is no good one means.
#[must_use]
pub fn refusal(response: &Response, by: As<'_>) -> Fault {
    let status = response.status();
    let (kind, name, detail) = match status {
        300..=399 => (
            Kind::BadReply,
            "plex.redirected",
            "Plex sends this program elsewhere, where it does not go with a token",
        ),
        401 | 498 => match by {
            As::Owner => (
                Kind::CredentialRejected,
                "plex.needs-link",
                "Plex does not accept the owner's token any more: the owner has to sign in again",
            ),
            As::Person(_) => (
                Kind::Forbidden,
                "plex.signed-out",
                "Plex does not accept this person's token any more",
            ),
            As::Nobody => (Kind::BadReply, "plex.refused", "Plex wants a token where none belongs"),
        },
        403 => (Kind::Forbidden, "plex.forbidden", "Plex refuses this"),
        404 => (Kind::NotFound, "plex.not-found", "Plex does not know this"),
        410 => (Kind::Unsupported, "plex.gone", "Plex has removed this from its service"),
        400 | 422 => (Kind::Conflict, "plex.refused", "Plex does not take this"),
        429 => (Kind::RateLimited, "plex.slow-down", "Plex asks to slow down"),
        500..=599 => (Kind::Unavailable, "plex.down", "Plex is not well at the moment"),
        _ => (Kind::BadReply, "plex.odd-answer", "Plex answered in a way nobody expects"),
    };
    let code = code(response).map_or_else(String::new, |code| format!(", code {code}"));
    Fault::new(kind, name, format!("{detail} ({status}{code})"))
        .status(status)
        .retry_after(response.retry_after_ms())
}

/// The same for a write, which a server that is not well may have carried out.
#[must_use]
pub fn refused_write(response: &Response, by: As<'_>) -> Fault {
    let mut fault = refusal(response, by);
    if matches!(response.status(), 500 | 502 | 504) {
        fault.kind = Kind::OutcomeUnknown;
    }
    fault
}
