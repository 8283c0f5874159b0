//! The Plex Media Server itself: who it is, who uses it, what is on it.
//!
//! Source: captures of plexapi and shortlist. It takes the owner's token of plex.tv and the tokens that
//! `/resources` gives, and neither a JWT nor a switched token. What it does not take it answers with a
//! page.

use serde_json::{Value, json};

use super::admission::Caller;
use super::behaviour::Tokens;
use super::people::{Account, OWNER};
use super::state::{MACHINE, Origin, SECTIONS, Section, State, VERSION};
use super::wire::{Answer, Call, Outcome};
use super::xml::Element;

/// Who asks the server, by the token it takes.
fn user(state: &State, call: &Call) -> Result<u64, Answer> {
    let secret = match state.switches.tokens {
        Tokens::HeaderOnly => call.header("X-Plex-Token"),
        Tokens::HeaderOrUrl => call.plex("X-Plex-Token"),
    };
    let page = "<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>";
    let refused = || Answer::html(401, page.to_owned());
    let secret = secret.ok_or_else(refused)?;
    if secret == state.owner_access {
        return Ok(OWNER);
    }
    let owners = state.tokens.iter().any(|token| {
        token.secret == secret && token.person == OWNER && token.origin == Origin::Pin
    });
    if owners {
        return Ok(OWNER);
    }
    let shared = state.shares.iter().find(|share| share.access_token == secret);
    let accepted = shared.filter(|share| share.accepted.is_some());
    accepted.and_then(|share| share.person).ok_or_else(refused)
}

/// `GET /identity`
pub(super) fn identity(_: &mut State, _: &Call, _: &Caller) -> Outcome {
    let body =
        json!({ "size": 0, "claimed": true, "machineIdentifier": MACHINE, "version": VERSION });
    Ok(contained(&body))
}

fn contained(body: &Value) -> Answer {
    Answer::value(200, "MediaContainer", json!({ "MediaContainer": body }))
}

/// `GET /accounts`: XML whatever is asked for, and the owner is number 1.
pub(super) fn accounts(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    if user(state, call)? != OWNER {
        return Err(Answer::html(403, "<html><head><title>Forbidden</title></head></html>".into()));
    }
    let shared = state.shares.iter().filter_map(|share| state.account(share.person?));
    let owner = state.account(OWNER).map(|account| element(state, account, 1));
    let others = shared.map(|account| element(state, account, account.id));
    let blank = Element::new("Account")
        .text("id", 0)
        .text("key", "/accounts/0")
        .text("name", "")
        .text("thumb", "");
    let list: Vec<Element> = [blank].into_iter().chain(owner).chain(others).collect();
    let container = Element::new("MediaContainer")
        .text("size", list.len())
        .text("identifier", "com.plexapp.system.accounts");
    Ok(Answer::xml(200, container.with(list)))
}

fn element(state: &State, account: &Account, id: u64) -> Element {
    Element::new("Account")
        .text("id", id)
        .text("key", &format!("/accounts/{id}"))
        .text("name", &account.title)
        .text("defaultAudioLanguage", "en")
        .flag("autoSelectAudio", true)
        .text("defaultSubtitleLanguage", "en")
        .text("subtitleMode", u8::from(id == 1))
        .text("thumb", &state.thumb(account))
}

/// `GET /library/sections`: those the caller may see.
pub(super) fn sections(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let caller = user(state, call)?;
    let seen: Vec<&Section> = if caller == OWNER {
        SECTIONS.iter().collect()
    } else {
        state.share_of(caller).map(|share| State::opened(share).collect()).unwrap_or_default()
    };
    let directories: Vec<Value> = seen.into_iter().map(directory).collect();
    let body = json!({
        "size": directories.len(), "allowSync": false, "title1": "Plex Library",
        "Directory": directories,
    });
    Ok(contained(&body))
}

fn directory(section: &Section) -> Value {
    let (agent, scanner) = match section.kind {
        "show" => ("tv.plex.agents.series", "Plex TV Series"),
        _ => ("tv.plex.agents.movie", "Plex Movie"),
    };
    let folder = section.title.to_lowercase().replace(' ', "-");
    json!({
        "key": section.key.to_string(), "title": section.title, "type": section.kind,
        "agent": agent, "scanner": scanner, "language": "en-US",
        "uuid": format!("11111111-2222-4333-8444-55555555550{}", section.key),
        "updatedAt": 1_788_000_000, "createdAt": 1_620_201_600, "scannedAt": 1_788_200_000,
        "Location": [{ "id": section.key, "path": format!("/media/{folder}") }],
    })
}
