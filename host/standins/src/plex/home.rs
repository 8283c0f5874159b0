//! Plex Home: who is in it, and going over to one of them.
//!
//! Source: captures of plex-api.rs and MovieMatch; plexapi (`myplex.py`), watchstate 542, 566, 567 and
//! 240-MP 240, 244 for the PIN.

use serde_json::{Value, json};

use super::account::{missing, user_body};
use super::admission::Caller;
use super::behaviour::{HomeList, Switching, WrongPin};
use super::people::{Account, OWNER};
use super::state::{Origin, State};
use super::wire::{Answer, Call, Outcome};
use super::xml::Element;

/// The persons of the caller's home. Somebody without one is alone.
fn members<'a>(state: &'a State, caller: &Caller) -> Vec<&'a Account> {
    let Some(account) = state.account(caller.person) else { return Vec::new() };
    if !account.home {
        return vec![account];
    }
    state.people.iter().filter(|account| account.home).collect()
}

fn listed<'a>(state: &'a State, caller: &Caller) -> Result<Vec<&'a Account>, Answer> {
    match state.switches.home_list {
        HomeList::Whole => Ok(members(state, caller)),
        HomeList::Fails => Err(Answer::error(500, 1999, "Internal server error")),
        HomeList::Empty => Ok(Vec::new()),
    }
}

/// `GET /api/v2/home/users`
pub(super) fn users(state: &mut State, _: &Call, caller: &Caller) -> Outcome {
    let names = state.switches.managed_names;
    let user = |account: &&Account| {
        let written = |text: &str| if account.managed { missing(names, true) } else { text.into() };
        json!({
            "id": account.id, "uuid": account.uuid, "title": account.title,
            "username": written(&account.username), "email": written(&account.email),
            "friendlyName": account.friendly_name, "thumb": state.thumb(account),
            "hasPassword": !account.managed, "restricted": account.managed,
            "updatedAt": 1_788_000_000, "restrictionProfile": account.restriction_profile,
            "admin": account.id == OWNER, "guest": false, "protected": account.pin.is_some(),
        })
    };
    let users: Vec<Value> = listed(state, caller)?.iter().map(user).collect();
    let has_home = state.account(caller.person).is_some_and(|account| account.home);
    let body = json!({
        "id": has_home.then_some(555_001), "name": has_home.then_some("Olga's home"),
        "guestUserID": null, "guestUserUUID": null, "guestEnabled": false,
        "subscription": has_home, "users": users,
    });
    Ok(Answer::value(200, "home", body))
}

/// `GET /api/home/users`
pub(super) fn users_v1(state: &mut State, _: &Call, caller: &Caller) -> Outcome {
    let users = listed(state, caller)?;
    let element = |account: &&Account| {
        Element::new("User")
            .text("id", account.id)
            .text("uuid", &account.uuid)
            .flag("admin", account.id == OWNER)
            .flag("guest", false)
            .flag("restricted", account.managed)
            .text("restrictionProfile", account.restriction_profile.as_deref().unwrap_or(""))
            .flag("hasPassword", !account.managed)
            .flag("protected", account.pin.is_some())
            .text("title", &account.title)
            .text("username", &account.username)
            .text("email", &account.email)
            .text("thumb", &state.thumb(account))
    };
    let list = Element::new("MediaContainer")
        .text("friendlyName", "myPlex")
        .text("identifier", "com.plexapp.plugins.myplex")
        .text("machineIdentifier", "0f0f0f")
        .text("totalSize", users.len())
        .text("size", users.len())
        .text("guestUserID", "");
    Ok(Answer::xml(200, list.with(users.iter().map(element))))
}

fn wrong_pin(state: &State, v1: bool) -> Answer {
    let status = match (state.switches.wrong_pin, v1) {
        (WrongPin::Unauthorized, _) | (WrongPin::ByVersion, true) => 401,
        (WrongPin::Forbidden, _) | (WrongPin::ByVersion, false) => 403,
    };
    let words = if v1 { "Incorrect PIN" } else { "A valid PIN is required to perform this action" };
    Answer::error(status, 1041, words)
}

/// Finds whom to go over to and checks the PIN.
fn switched(
    state: &State,
    call: &Call,
    caller: &Caller,
    wanted: impl Fn(&Account) -> bool,
) -> Result<Account, Answer> {
    let found = state.people.iter().find(|account| wanted(account));
    let account = found.ok_or_else(|| Answer::error(404, 1002, "Not found"))?;
    if !members(state, caller).iter().any(|member| member.id == account.id) {
        return Err(Answer::error(403, 1043, "This action is not available to this user"));
    }
    let sent = call.query("pin").filter(|pin| !pin.is_empty());
    let right = match (&account.pin, sent, state.switches.switch) {
        (None, _, _) | (Some(_), None, Switching::Lax) => true,
        (Some(_), None, Switching::Strict) => false,
        (Some(pin), Some(sent), _) => pin == sent,
    };
    if right { Ok(account.clone()) } else { Err(wrong_pin(state, call.is_v1())) }
}

/// `POST /api/v2/home/users/{uuid}/switch?pin=`
pub(super) fn switch(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    let uuid = call.segment(4);
    let account = switched(state, call, caller, |account| account.uuid == uuid)?;
    let token = state.mint(account.id, Origin::Switch, call.client().unwrap_or_default());
    Ok(Answer::value(201, "user", user_body(state, &account, &token)))
}

/// `POST /api/home/users/{id}/switch?pin=`
pub(super) fn switch_v1(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    let id = call.number(3)?;
    let account = switched(state, call, caller, |account| account.id == id)?;
    let token = state.mint(account.id, Origin::Switch, call.client().unwrap_or_default());
    let user = Element::new("user")
        .text("id", account.id)
        .text("uuid", &account.uuid)
        .text("title", &account.title)
        .text("username", &account.username)
        .text("email", &account.email)
        .flag("restricted", account.managed)
        .flag("home", account.home)
        .flag("homeAdmin", account.id == OWNER)
        .text("authenticationToken", &token);
    Ok(Answer::xml(201, user))
}
