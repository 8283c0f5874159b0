//! What somebody may use: servers and players, with the token for each server.
//!
//! Source: Plex's API description, captures of plexapi. A share that waits, or that plex.tv has not
//! spread yet, is not among them; a server that is off is.

use serde_json::{Value, json};

use super::admission::Caller;
use super::behaviour::{Presence, Resources};
use super::people::{Account, OWNER};
use super::state::{MACHINE, OTHER_MACHINE, Origin, SERVER_NAME, State, VERSION};
use super::wire::{Answer, Call, Outcome, Service};
use super::xml::Element;

/// `GET /api/v2/resources`
pub(super) fn list(state: &mut State, _: &Call, caller: &Caller) -> Outcome {
    if let Some(answer) = elsewhere(state, "/api/v2/resources") {
        return Ok(answer);
    }
    Ok(Answer::value(200, "resources", Value::Array(devices(state, caller))))
}

/// `GET /api/resources`
pub(super) fn list_v1(state: &mut State, _: &Call, caller: &Caller) -> Outcome {
    if let Some(answer) = elsewhere(state, "/api/resources") {
        return Ok(answer);
    }
    let devices = devices(state, caller);
    let list = Element::new("MediaContainer").text("size", devices.len());
    Ok(Answer::xml(200, list.with(devices.iter().map(device_v1))))
}

fn elsewhere(state: &State, path: &str) -> Option<Answer> {
    let place = || format!("{}{path}", state.urls.of(Service::Elsewhere));
    (state.switches.resources == Resources::Elsewhere)
        .then(|| Answer::empty(307).with("location", place()))
}

fn devices(state: &State, caller: &Caller) -> Vec<Value> {
    let Some(account) = state.account(caller.person) else { return Vec::new() };
    let mut devices = Vec::new();
    if account.title == "sam" {
        devices.push(sams_pi(state));
    }
    devices.extend(olgas_nas(state, account, caller));
    devices.push(browser(account));
    devices
}

fn sams_pi(state: &State) -> Value {
    json!({
        "name": "sams-pi", "product": "Plex Media Server", "productVersion": VERSION,
        "platform": "Linux", "platformVersion": "12", "device": "PC",
        "clientIdentifier": OTHER_MACHINE, "createdAt": "2023-03-01T12:00:00Z",
        "lastSeenAt": "2026-09-01T09:58:00Z", "provides": "server", "ownerId": null,
        "sourceTitle": null, "publicAddress": "198.51.100.7", "accessToken": state.other_access,
        "owned": true, "home": false, "synced": false, "relay": true, "presence": true,
        "httpsRequired": false, "publicAddressMatches": true, "dnsRebindingProtection": false,
        "natLoopbackSupported": true,
        "connections": [{
            "protocol": "https", "address": "192.0.2.20", "port": 32400,
            "uri": "https://192-0-2-20.0123456789abcdef0123456789abcdef.plex.direct:32400",
            "local": true, "relay": false, "IPv6": false,
        }],
    })
}

/// What the caller may give Olga's server, if anything.
fn access_token(state: &State, account: &Account, caller: &Caller) -> Option<String> {
    if account.id == OWNER {
        // A switched token is swapped; any other is echoed, a JWT too.
        let swapped = caller.origin == Origin::Switch;
        return Some(if swapped { state.owner_access.clone() } else { caller.token.clone() });
    }
    let share = state.share_of(account.id)?;
    (share.visible && share.accepted.is_some()).then(|| share.access_token.clone())
}

fn olgas_nas(state: &State, account: &Account, caller: &Caller) -> Option<Value> {
    let access_token = access_token(state, account, caller)?;
    let owned = account.id == OWNER;
    let owner = state.account(OWNER)?;
    let port: u16 = state.urls.of(Service::Server).rsplit(':').next()?.parse().ok()?;
    Some(json!({
        "name": SERVER_NAME, "product": "Plex Media Server", "productVersion": VERSION,
        "platform": "Linux", "platformVersion": "", "device": "NAS", "clientIdentifier": MACHINE,
        "createdAt": "2021-05-05T08:00:00Z", "lastSeenAt": "2026-09-01T09:59:30Z",
        "provides": "server", "ownerId": (!owned).then_some(owner.id),
        "sourceTitle": (!owned).then_some(&owner.username), "publicAddress": "203.0.113.9",
        "accessToken": access_token, "owned": owned, "home": !owned && account.home,
        "synced": false, "relay": true, "presence": state.switches.server == Presence::Online,
        "httpsRequired": false, "publicAddressMatches": owned, "dnsRebindingProtection": false,
        "natLoopbackSupported": true,
        "connections": [{
            "protocol": "http", "address": "127.0.0.1", "port": port,
            "uri": state.urls.of(Service::Server), "local": true, "relay": false, "IPv6": false,
        }],
    }))
}

fn browser(account: &Account) -> Value {
    json!({
        "name": "Chrome", "product": "Plex Web", "productVersion": "4.150", "platform": "Chrome",
        "platformVersion": "139", "device": "Linux",
        "clientIdentifier": format!("web-{}", account.id % 100), "createdAt": "2025-01-01T00:00:00Z",
        "lastSeenAt": "2026-08-30T00:00:00Z", "provides": "client,player,pubsub-player",
        "ownerId": null, "sourceTitle": null, "publicAddress": "198.51.100.7",
        "accessToken": null, "owned": true, "home": false, "synced": false, "relay": false,
        "presence": false, "httpsRequired": false, "publicAddressMatches": true,
        "dnsRebindingProtection": false, "natLoopbackSupported": false, "connections": [],
    })
}

fn device_v1(device: &Value) -> Element {
    let map = device.as_object().cloned().unwrap_or_default();
    let mut element = Element::new("Device");
    for (name, value) in &map {
        element = match (name.as_str(), value) {
            ("connections", Value::Array(list)) => {
                element.with(list.iter().map(|one| Element::of_json("Connection", one)))
            }
            ("createdAt" | "lastSeenAt", Value::String(text)) => {
                let at = text.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second);
                element.text(name, at)
            }
            (_, Value::Bool(flag)) => element.flag(name, *flag),
            (_, Value::Null) => element.text(name, ""),
            (_, Value::String(text)) => element.text(name, text),
            (_, other) => element.text(name, other),
        };
    }
    element
}
