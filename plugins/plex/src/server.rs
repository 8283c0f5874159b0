//! Which media server this is about: its machine identifier, which membership is judged by.
//!
//! Asked of the server once and remembered with its address, so that people can sign in while it is off. Where
//! the owner is connected, a server that is not theirs is not taken for the one meant.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::Request;
use latchkey_sdk::lent::{Lent, Level};
use latchkey_sdk::settings;
use serde_json::{Value, json};

use crate::cloud::{self, As, SERVER, ask, client, with};
use crate::reply::{flag, text};
use crate::tier::{self, Tier};

const KEPT: &str = "server";

/// What a media server says of itself.
pub struct Server {
    /// Its machine identifier.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Whether it belongs to an account.
    pub claimed: bool,
}

/// `GET /identity`, which needs no token.
///
/// # Errors
/// The network's, or `bad-reply` for what is no Plex Media Server.
pub fn identity(lent: &impl Lent) -> Result<Server, Fault> {
    let request = with(Request::get(SERVER, "/identity"), &client(lent), As::Nobody);
    let response = request.send(lent)?;
    let body = match response.status() {
        200 => response.json::<Value>().ok(),
        500..=599 => return Err(cloud::refusal(&response, As::Nobody)),
        _ => None,
    };
    let found = body.as_ref().and_then(|body| body.get("MediaContainer"));
    let id = found.and_then(|found| text(found, "machineIdentifier"));
    let (Some(found), Some(id)) = (found, id) else {
        let detail = "what answers there is not a Plex Media Server: check the address";
        let fault = Fault::new(Kind::BadReply, "plex.no-server", detail);
        return Err(fault.about("url").status(response.status()));
    };
    let version = text(found, "version").unwrap_or_default();
    Ok(Server { id, version, claimed: flag(found, "claimed") })
}

/// The machine identifier: as the admin wrote it, as remembered, or by asking.
///
/// # Errors
/// As [`identity`]; `misconfigured` where the connected owner does not own that server.
pub fn machine(lent: &impl Lent) -> Result<String, Fault> {
    if let Some(id) = settings::text(lent, "machine_id") {
        return Ok(id);
    }
    let url = settings::required(lent, "url")?;
    if let Some(id) = kept(lent, &url) {
        return Ok(id);
    }
    let found = identity(lent)?;
    if cloud::connected(lent) {
        owned(lent, &found.id)?;
    }
    keep(lent, &url, &found.id);
    Ok(found.id)
}

/// The machine identifier without a look at who is connected: as the admin wrote it, or by asking.
///
/// # Errors
/// As [`identity`].
pub fn meant(lent: &impl Lent) -> Result<String, Fault> {
    match settings::text(lent, "machine_id") {
        Some(id) => Ok(id),
        None => identity(lent).map(|found| found.id),
    }
}

/// Remembers a server that was looked at, in place of what was remembered before.
pub fn learn(lent: &impl Lent, id: &str) {
    if let Some(url) = settings::text(lent, "url") {
        keep(lent, &url, id);
    }
}

fn kept(lent: &impl Lent, url: &str) -> Option<String> {
    let kept: Value = serde_json::from_slice(&lent.remembered(KEPT)?).ok()?;
    (text(&kept, "url")? == url).then(|| text(&kept, "id")).flatten()
}

fn keep(lent: &impl Lent, url: &str, id: &str) {
    let kept = json!({ "url": url, "id": id }).to_string();
    if lent.remember(KEPT, kept.as_bytes(), None).is_err() {
        lent.log(Level::Warn, "the server has to be asked at every sign-in who it is", &[]);
    }
}

/// Whether the connected owner owns this server.
///
/// # Errors
/// `misconfigured` where not; else why it cannot be told.
pub fn owned(lent: &impl Lent, id: &str) -> Result<(), Fault> {
    let resources = ask(lent, tier::resources(&client(lent), As::Owner), As::Owner)?;
    match Tier::of(&resources, id)? {
        Some(Tier::Owner) => Ok(()),
        Some(Tier::Home | Tier::Shared) | None => {
            let detail = "the server at this address does not belong to the Plex account that is \
                connected here";
            Err(Fault::new(Kind::Misconfigured, "plex.not-owner", detail).about("url"))
        }
    }
}
