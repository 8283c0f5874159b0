//! Olga's server, shared: the v2 API, for the owner and for the invited.
//!
//! Source: captures and sources of Wizarr (`plex_custom.py`), cantinarr, plexapi and plex-api.rs. Filters are
//! kept byte for byte; a setting that is left out stays and one that is sent empty is wiped; no libraries
//! at all means all of them, those to come too.

use serde_json::{Map, Value, json};

use super::admission::Caller;
use super::behaviour::{Limited, Sections, ShareWrites};
use super::people::{Account, OWNER};
use super::state::{
    MACHINE, SECTIONS, SERVER_NAME, Section, Share, State, VERSION, Whom, fresh_settings,
};
use super::wire::{Answer, Call, Content, Outcome, date};

/// A write's answer, unless it gets lost.
pub(super) fn written(state: &State, answer: Answer) -> Answer {
    match state.switches.share_writes {
        ShareWrites::AnswerLost => Answer::of(0, Content::Cut),
        ShareWrites::Work | ShareWrites::NotFound => answer,
    }
}

pub(super) fn not_found() -> Answer {
    Answer::error(404, 1002, "Not found")
}

/// `GET /api/v2/shared_servers/owned/accepted`
pub(super) fn accepted(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    Ok(listed(state, |share| share.accepted.is_some()))
}

/// `GET /api/v2/shared_servers/owned/pending`
pub(super) fn pending(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    Ok(listed(state, |share| share.accepted.is_none()))
}

fn listed(state: &State, wanted: impl Fn(&Share) -> bool) -> Answer {
    let shares = state.shares.iter().filter(|share| wanted(share));
    Answer::value(200, "sharedServers", shares.map(|share| body(state, share)).collect())
}

/// `GET /api/v2/shared_servers/{id}`
pub(super) fn one(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let id = call.number(3)?;
    let share = state.shares.iter().find(|share| share.id == id).ok_or_else(not_found)?;
    Ok(Answer::value(200, "sharedServer", body(state, share)))
}

/// `GET /api/v2/shared_servers/invites/owned/pending`
pub(super) fn invites_owned(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let waiting = state.shares.iter().filter(|share| share.accepted.is_none());
    let invite = |share: &Share| {
        json!({
            "id": share.id, "email": share.email, "invited": invited(state, share),
            "createdAt": date(share.invited),
            "sharedServers": [{ "id": share.id, "machineIdentifier": MACHINE, "name": SERVER_NAME }],
        })
    };
    Ok(Answer::value(200, "invites", waiting.map(invite).collect()))
}

/// `GET /api/v2/shared_servers/invites/received/pending`
pub(super) fn invites_received(state: &mut State, _: &Call, caller: &Caller) -> Outcome {
    let mine = |share: &&Share| share.person == Some(caller.person) && share.accepted.is_none();
    let owner = state.account(OWNER).ok_or_else(not_found)?;
    let invite = |share: &Share| {
        json!({
            "owner": {
                "id": owner.id, "uuid": owner.uuid, "username": owner.username,
                "email": owner.email, "title": owner.title, "friendlyName": owner.friendly_name,
            },
            "sharedServers": [{ "id": share.id, "machineIdentifier": MACHINE, "name": SERVER_NAME }],
        })
    };
    let invites: Vec<Value> = state.shares.iter().filter(mine).map(invite).collect();
    Ok(Answer::value(200, "invites", invites.into()))
}

/// `POST /api/v2/shared_servers/{id}/accept`: the invited say yes.
pub(super) fn accept(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    state.admit(Limited::ShareWrites)?;
    let id = call.number(3)?;
    let mine = |share: &&Share| share.id == id && share.person == Some(caller.person);
    let waits = state.shares.iter().find(mine).is_some_and(|share| share.accepted.is_none());
    if !waits {
        return Err(not_found());
    }
    state.accept(id, call.now);
    let share = state.shares.iter().find(|share| share.id == id).ok_or_else(not_found)?;
    let answer = Answer::value(200, "sharedServer", body(state, share));
    Ok(written(state, answer))
}

/// `POST /api/v2/shared_servers`
pub(super) fn create(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    state.admit(Limited::ShareWrites)?;
    if state.switches.share_writes == ShareWrites::NotFound {
        return Err(not_found());
    }
    let sent = call.object()?;
    if sent.get("machineIdentifier").and_then(Value::as_str) != Some(MACHINE) {
        return Err(not_found());
    }
    let libraries = libraries(sent.get("librarySectionIds"))?.unwrap_or_default();
    let settings = sent.get("settings").and_then(Value::as_object).cloned().unwrap_or_default();
    let text = |name: &str| sent.get(name).and_then(Value::as_str);
    let invited = whom(state, sent.get("invitedId").and_then(Value::as_u64), text("invitedEmail"))?;
    let id = invite(state, invited, libraries, &settings, call)?;
    let share = state.shares.iter().find(|share| share.id == id).ok_or_else(not_found)?;
    let answer = Answer::value(201, "sharedServer", body(state, share));
    Ok(written(state, answer))
}

/// Finds who is invited, by id, or by address or login name.
pub(super) fn whom(state: &State, id: Option<u64>, text: Option<&str>) -> Result<Whom, Answer> {
    let person = match (id, text.filter(|text| !text.is_empty())) {
        (Some(id), _) => state.account(id).ok_or_else(not_found)?.id,
        (None, Some(text)) => match state.reached_by(text) {
            Some(account) => account.id,
            None if text.contains('@') => return Ok(Whom::Stranger(text.to_owned())),
            None => return Err(not_found()),
        },
        (None, None) => return Err(Answer::error(400, 1004, "invitedEmail is missing")),
    };
    if person == OWNER {
        return Err(Answer::error(422, 1008, "You cannot share with yourself"));
    }
    Ok(Whom::Person(person))
}

/// Makes a share; one person has one.
pub(super) fn invite(
    state: &mut State,
    whom: Whom,
    libraries: Vec<u64>,
    settings: &Map<String, Value>,
    call: &Call,
) -> Result<u64, Answer> {
    let same = |share: &Share| match &whom {
        Whom::Person(id) => share.person == Some(*id),
        Whom::Stranger(address) => share.email.as_ref() == Some(address),
    };
    if state.shares.iter().any(same) {
        let words = "You are already sharing this server";
        return Err(Answer::error(422, 1999, words));
    }
    let person = whom.person();
    if let Some(account) = person.and_then(|id| state.account(id)) {
        preset(account, settings)?;
    }
    let mut all = fresh_settings();
    merge(&mut all, settings);
    Ok(state.share(whom, libraries, all, call.now))
}

/// The filters of a profile with a preset cannot be written (shortlist 14, 20).
pub(super) fn preset(account: &Account, settings: &Map<String, Value>) -> Result<(), Answer> {
    let filters = settings.keys().any(|key| key.starts_with("filter"));
    if filters && account.restriction_profile.is_some() {
        let words = format!("An error occurred updating the settings for {}.", account.title);
        return Err(Answer::error(422, 1008, &words));
    }
    Ok(())
}

/// What is sent replaces, what is not sent stays; settings nobody knows are dropped.
pub(super) fn merge(into: &mut Map<String, Value>, sent: &Map<String, Value>) {
    for (name, value) in into.iter_mut() {
        if let Some(new) = sent.get(name) {
            *value = new.clone();
        }
    }
}

/// Section ids; nothing where none were sent.
pub(super) fn libraries(sent: Option<&Value>) -> Result<Option<Vec<u64>>, Answer> {
    let Some(list) = sent.and_then(Value::as_array) else { return Ok(None) };
    let known = |id: &u64| SECTIONS.iter().any(|section| section.id == *id);
    let ids: Option<Vec<u64>> = list.iter().map(|id| id.as_u64().filter(known)).collect();
    // The server's key of a section is no id of it.
    ids.map(Some).ok_or_else(|| Answer::error(422, 1008, "There is no such library section"))
}

/// `POST /api/v2/shared_servers/{id}`
pub(super) fn update(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    state.admit(Limited::ShareWrites)?;
    let id = call.number(3)?;
    let sent = call.object()?;
    let libraries = libraries(sent.get("librarySectionIds"))?;
    let settings = sent.get("settings").and_then(Value::as_object).cloned().unwrap_or_default();
    change(state, |share| share.id == id, libraries, &settings)?;
    let share = state.shares.iter().find(|share| share.id == id).ok_or_else(not_found)?;
    let answer = Answer::value(200, "sharedServer", body(state, share));
    Ok(written(state, answer))
}

/// Changes a share.
pub(super) fn change(
    state: &mut State,
    wanted: impl Fn(&Share) -> bool,
    libraries: Option<Vec<u64>>,
    settings: &Map<String, Value>,
) -> Result<(), Answer> {
    let found = state.shares.iter().position(wanted).ok_or_else(not_found)?;
    let person = state.shares.get(found).and_then(|share| share.person);
    if let Some(account) = person.and_then(|id| state.account(id)) {
        preset(account, settings)?;
    }
    let share = state.shares.get_mut(found).ok_or_else(not_found)?;
    merge(&mut share.settings, settings);
    if let Some(libraries) = libraries {
        share.all_libraries = libraries.is_empty();
        share.libraries = libraries;
    }
    Ok(())
}

/// `POST /api/v2/sharing_settings`
pub(super) fn set_settings(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    state.admit(Limited::ShareWrites)?;
    let sent = call.object()?;
    let settings = sent.get("settings").and_then(Value::as_object).cloned().unwrap_or_default();
    let id = sent.get("invitedId").and_then(Value::as_u64);
    let email = sent.get("invitedEmail").and_then(Value::as_str);
    let wanted = |share: &Share| match id {
        Some(_) => share.person == id,
        None => share.email.as_deref() == email && email.is_some(),
    };
    change(state, wanted, None, &settings)?;
    Ok(written(state, Answer::empty(204)))
}

/// `PUT /api/v2/sharings/{userId}?filterMovies=..`
pub(super) fn set_sharing(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    state.admit(Limited::ShareWrites)?;
    let id = call.number(3)?;
    let settings = settings_of(&call.query);
    change(state, |share| share.person == Some(id), None, &settings)?;
    Ok(written(state, Answer::empty(204)))
}

/// Settings written as texts, where `1` and `0` are booleans.
pub(super) fn settings_of(pairs: &[(String, String)]) -> Map<String, Value> {
    let typed = |key: &str, value: &str| match (key, value) {
        ("allowTuners", number) => number.parse::<u64>().map_or(Value::Null, Value::from),
        (allow, "1" | "true") if allow.starts_with("allow") => true.into(),
        (allow, "0" | "false") if allow.starts_with("allow") => false.into(),
        (_, text) => text.into(),
    };
    pairs.iter().map(|(key, value)| (key.clone(), typed(key, value))).collect()
}

/// `DELETE /api/v2/shared_servers/{id}`
pub(super) fn remove(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    state.admit(Limited::ShareWrites)?;
    let id = call.number(3)?;
    let theirs = |share: &Share| caller.person == OWNER || share.person == Some(caller.person);
    take(state, |share| share.id == id && theirs(share))?;
    Ok(written(state, Answer::empty(204)))
}

/// `DELETE /api/v2/sharings/{userId}` and `DELETE /api/v2/friends/{id}`
pub(super) fn remove_person(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    state.admit(Limited::ShareWrites)?;
    let id = call.number(3)?;
    take(state, |share| share.person == Some(id))?;
    Ok(written(state, Answer::empty(204)))
}

/// Removes a share, and with it what the server took from that person.
pub(super) fn take(state: &mut State, wanted: impl Fn(&Share) -> bool) -> Result<(), Answer> {
    let found = state.shares.iter().position(wanted).ok_or_else(not_found)?;
    state.shares.remove(found);
    Ok(())
}

/// `GET /api/v2/servers/{machineIdentifier}`
pub(super) fn server(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    if call.segment(3) != MACHINE {
        return Err(not_found());
    }
    let sections: Vec<Value> = sections(state).into_iter().map(section).collect();
    let body = json!({
        "name": SERVER_NAME, "address": "203.0.113.9", "port": 32400,
        "version": VERSION, "scheme": "https", "synced": false, "owned": true,
        "localAddresses": "192.0.2.10", "machineIdentifier": MACHINE, "createdAt": 1_620_201_600,
        "updatedAt": 1_788_256_770, "librarySections": sections,
    });
    Ok(Answer::value(200, "server", body))
}

/// The sections plex.tv names just now.
pub(super) fn sections(state: &mut State) -> Vec<&'static Section> {
    let whole = || SECTIONS.iter().collect();
    let (seen, left) = match state.switches.sections {
        Sections::Whole => return whole(),
        Sections::EmptyFor(0) | Sections::PartialFor(0) => (whole(), Sections::Whole),
        Sections::EmptyFor(looks) => (Vec::new(), Sections::EmptyFor(looks - 1)),
        Sections::PartialFor(looks) => {
            (SECTIONS.iter().take(SECTIONS.len() - 1).collect(), Sections::PartialFor(looks - 1))
        }
    };
    state.switches.sections = left;
    seen
}

fn section(section: &Section) -> Value {
    json!({ "id": section.id, "key": section.key, "title": section.title, "type": section.kind })
}

fn invited(state: &State, share: &Share) -> Value {
    let Some(account) = share.person.and_then(|id| state.account(id)) else { return Value::Null };
    json!({
        "id": account.id, "uuid": account.uuid, "title": account.title,
        "username": account.username, "restricted": account.managed,
        "friendlyName": account.friendly_name, "thumb": state.thumb(account),
        "email": account.email, "home": account.home, "status": status(share),
        "sharingSettings": null,
    })
}

fn status(share: &Share) -> &'static str {
    if share.accepted.is_some() { "accepted" } else { "pending" }
}

/// A share as v2 shows it.
fn body(state: &State, share: &Share) -> Value {
    let libraries: Vec<Value> = State::opened(share).map(section).collect();
    json!({
        "id": share.id, "name": SERVER_NAME, "ownerId": OWNER, "invitedId": share.person,
        "invitedEmail": share.email, "serverId": 300_001, "accepted": share.accepted.is_some(),
        "acceptedAt": share.accepted.map(date), "deletedAt": null, "leftAt": null, "owned": true,
        "inviteToken": format!("inv-{}", share.id), "machineIdentifier": MACHINE,
        "lastSeenAt": "2026-09-01T09:59:30Z", "numLibraries": libraries.len(),
        "invited": invited(state, share), "sharingSettings": share.settings,
        "libraries": libraries, "allLibraries": share.all_libraries,
    })
}

/// `GET /api/v2/friends`: those who accepted, or those who have not with `status=pending_sent`.
pub(super) fn friends(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let waiting = matches!(call.query("status"), Some("pending" | "pending_sent"));
    let friend = |share: &Share| {
        let account = state.account(share.person?)?;
        Some(json!({
            "id": account.id, "uuid": account.uuid, "title": account.title,
            "username": account.username, "email": account.email,
            "friendlyName": account.friendly_name, "thumb": state.thumb(account),
            "restricted": account.managed, "home": account.home, "status": status(share),
            "restrictionProfile": account.restriction_profile,
            "sharedServers": [{
                "id": share.id, "machineIdentifier": MACHINE, "name": SERVER_NAME,
                "numLibraries": State::opened(share).count(), "allLibraries": share.all_libraries,
            }],
            "sharedSources": [], "sharingSettings": share.settings,
        }))
    };
    let shares = state.shares.iter().filter(|share| share.accepted.is_none() == waiting);
    Ok(Answer::value(200, "friends", shares.filter_map(friend).collect()))
}
