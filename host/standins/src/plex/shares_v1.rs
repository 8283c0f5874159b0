//! Olga's server, shared: the v1 API, which is XML whatever is asked for, and what is left of older ones.
//!
//! Source: captures and sources of plexapi (`myplex.py`), Tautulli, Membarr and Ombi.

use serde_json::{Map, Value};

use super::admission::Caller;
use super::behaviour::Limited;
use super::people::Account;
use super::shares::{
    change, invite, libraries, not_found, sections, settings_of, take, whom, written,
};
use super::state::{MACHINE, SECTIONS, SERVER_NAME, Section, Share, State, VERSION, Whom};
use super::wire::{Answer, Call, Outcome};
use super::xml::Element;

const SWITCHES: [&str; 5] =
    ["allowSync", "allowCameraUpload", "allowChannels", "allowTuners", "allowSubtitleAdmin"];
const FILTERS: [&str; 5] =
    ["filterAll", "filterMovies", "filterMusic", "filterPhotos", "filterTelevision"];

fn container(size: usize) -> Element {
    Element::new("MediaContainer")
        .text("friendlyName", "myPlex")
        .text("identifier", "com.plexapp.plugins.myplex")
        .text("machineIdentifier", "0f0f0f")
        .text("totalSize", size)
        .text("size", size)
}

fn with_settings(mut element: Element, settings: &Map<String, Value>) -> Element {
    for name in SWITCHES {
        let on = match settings.get(name) {
            Some(Value::Bool(on)) => *on,
            Some(Value::Number(number)) => number.as_u64() != Some(0),
            _ => false,
        };
        element = element.flag(name, on);
    }
    for name in FILTERS {
        element = element.text(name, settings.get(name).and_then(Value::as_str).unwrap_or(""));
    }
    element
}

/// `GET /api/users`: everybody the server is shared with, those who have not accepted too.
pub(super) fn users(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let user = |share: &Share| {
        let account = state.account(share.person?)?;
        let user = Element::new("User")
            .text("id", account.id)
            .text("title", &account.title)
            .text("username", &account.username)
            .text("email", &account.email)
            .text("recommendationsPlaylistId", "")
            .text("thumb", &state.thumb(account))
            .flag("protected", account.pin.is_some())
            .flag("home", account.home);
        let user = with_settings(user, &share.settings).flag("restricted", account.managed);
        Some(user.with([server_of(share)]))
    };
    let users: Vec<Element> = state.shares.iter().filter_map(user).collect();
    Ok(Answer::xml(200, container(users.len()).with(users)))
}

fn server_of(share: &Share) -> Element {
    Element::new("Server")
        .text("id", share.id)
        .text("serverId", 300_001)
        .text("machineIdentifier", MACHINE)
        .text("name", SERVER_NAME)
        .text("lastSeenAt", 1_788_256_770)
        .text("numLibraries", State::opened(share).count())
        .flag("allLibraries", share.all_libraries)
        .flag("owned", true)
        .flag("pending", share.accepted.is_none())
}

/// `GET /api/servers/{machineIdentifier}`
pub(super) fn server(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    ours(call)?;
    let section = |section: &Section| {
        Element::new("Section")
            .text("id", section.id)
            .text("key", section.key)
            .text("type", section.kind)
            .text("title", section.title)
    };
    let sections: Vec<Element> = sections(state).into_iter().map(section).collect();
    let server = Element::new("Server")
        .text("name", SERVER_NAME)
        .text("machineIdentifier", MACHINE)
        .text("version", VERSION)
        .flag("owned", true);
    Ok(Answer::xml(200, container(1).with([server.with(sections)])))
}

fn ours(call: &Call) -> Result<(), Answer> {
    if call.segment(2) == MACHINE { Ok(()) } else { Err(not_found()) }
}

/// `GET /api/servers/{machineIdentifier}/shared_servers`: one call, everybody's token and filters.
pub(super) fn list(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    ours(call)?;
    let shares: Vec<Element> = state.shares.iter().map(|share| element(state, share)).collect();
    let list = Element::new("MediaContainer")
        .text("friendlyName", "myPlex")
        .text("identifier", "com.plexapp.plugins.myplex")
        .text("machineIdentifier", MACHINE)
        .text("size", shares.len());
    Ok(Answer::xml(200, list.with(shares)))
}

/// A share as v1 shows it.
fn element(state: &State, share: &Share) -> Element {
    let account = share.person.and_then(|id| state.account(id));
    let name = |text: fn(&Account) -> &str| account.map_or("", text).to_owned();
    let email = share.email.clone().unwrap_or_else(|| name(|account| &account.email));
    let accepted = share.accepted.map(|at| at.as_second().to_string()).unwrap_or_default();
    let element = Element::new("SharedServer")
        .text("id", share.id)
        .text("username", &name(|account| &account.username))
        .text("email", &email)
        .text("userID", &share.person.map(|id| id.to_string()).unwrap_or_default())
        .text("accessToken", &share.access_token)
        .text("name", SERVER_NAME)
        .text("acceptedAt", &accepted)
        .text("invitedAt", share.invited.as_second());
    let open = |section: &Section| share.all_libraries || share.libraries.contains(&section.id);
    let sections = SECTIONS.iter().map(|section| {
        Element::new("Section")
            .text("id", section.id)
            .text("key", section.key)
            .text("title", section.title)
            .text("type", section.kind)
            .flag("shared", open(section))
    });
    with_settings(element, &share.settings)
        .flag("owned", true)
        .flag("allLibraries", share.all_libraries)
        .with(sections)
}

/// `POST /api/servers/{machineIdentifier}/shared_servers`
pub(super) fn create(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    state.admit(Limited::ShareWrites)?;
    ours(call)?;
    let sent = call.object()?;
    let wish = sent.get("shared_server").and_then(Value::as_object).cloned().unwrap_or_default();
    let email = wish.get("invited_email").and_then(Value::as_str);
    let id = wish.get("invited_id").and_then(Value::as_u64);
    let libraries = libraries(wish.get("library_section_ids"))?.unwrap_or_default();
    let invited = whom(state, id, email)?;
    let named = match &invited {
        Whom::Person(id) => state.account(*id).map(|account| account.title.clone()),
        Whom::Stranger(address) => Some(address.clone()),
    };
    let made = invite(state, invited, libraries, &flags(sent.get("sharing_settings")), call);
    let id = made.map_err(|refusal| match refusal.status {
        422 => Answer::error(400, 1999, &already(&named.unwrap_or_default())),
        _ => refusal,
    })?;
    let share = state.shares.iter().find(|share| share.id == id).ok_or_else(not_found)?;
    let list = Element::new("MediaContainer").text("size", 1).with([element(state, share)]);
    Ok(written(state, Answer::xml(200, list)))
}

fn already(name: &str) -> String {
    format!("You're already sharing this server with {name}. Please edit your existing share.")
}

/// v1 writes switches as `"0"` and `"1"`.
fn flags(sent: Option<&Value>) -> Map<String, Value> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs: Vec<(String, String)> = sent
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), text(value)))
        .collect();
    settings_of(&pairs)
}

/// `PUT /api/servers/{machineIdentifier}/shared_servers/{id}`
pub(super) fn update(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    state.admit(Limited::ShareWrites)?;
    ours(call)?;
    let id = call.number(4)?;
    let sent = call.object()?;
    let wish = sent.get("shared_server").and_then(Value::as_object).cloned().unwrap_or_default();
    let libraries = libraries(wish.get("library_section_ids"))?;
    change(state, |share| share.id == id, libraries, &flags(sent.get("sharing_settings")))?;
    let share = state.shares.iter().find(|share| share.id == id).ok_or_else(not_found)?;
    let list = Element::new("MediaContainer").text("size", 1).with([element(state, share)]);
    Ok(written(state, Answer::xml(200, list)))
}

/// `PUT /api/users/{id}?filterMovies=..`
pub(super) fn set_user(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    state.admit(Limited::ShareWrites)?;
    let id = call.number(2)?;
    let settings = settings_of(&call.query);
    change(state, |share| share.person == Some(id), None, &settings)?;
    let done = Element::new("Response").text("code", 0).text("status", "Updated user");
    Ok(written(state, Answer::xml(200, done)))
}

/// `DELETE /api/servers/{machineIdentifier}/shared_servers/{id}`
pub(super) fn remove(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    state.admit(Limited::ShareWrites)?;
    ours(call)?;
    let id = call.number(4)?;
    take(state, |share| share.id == id)?;
    Ok(written(state, Answer::empty(200)))
}

/// `/api/invites/..` and `/api/friends/{id}`: gone since May 2024.
pub(super) fn gone(_: &mut State, _: &Call, _: &Caller) -> Outcome {
    Err(Answer::error(410, 410, "This endpoint was deprecated and removed"))
}
