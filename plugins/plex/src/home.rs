//! Plex Home: whose profiles there are, and going on as one of them.
//!
//! The list is read anew for every choice, since it says who is protected: Plex itself does not always want
//! the PIN that it should (plexapi 1076, 240-MP 244). Who was chosen is what Plex answers, and has to be who was asked
//! for. Keys are uuids, as v2 wants them.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::{Request, Response, percent};
use latchkey_sdk::identity::{Chooser, HomeUser, Progress, Sealed};
use latchkey_sdk::lent::Lent;
use serde_json::Value;

use crate::cloud::{As, PLEX_TV, ask, code, read, refusal, with};
use crate::entry;
use crate::note::{Note, Stage, opened, sealed};
use crate::person::{Profile, home_list, members, shown, user};
use crate::reply::{flag, odd, text};

/// The people of a home, as its list has them.
///
/// # Errors
/// As the network and Plex have it; `bad-reply` for a home of nobody.
pub fn of(lent: &impl Lent, client: &str, token: &str) -> Result<Vec<HomeUser>, Fault> {
    let home = ask(lent, home_list(client, As::Person(token)), As::Person(token))?;
    let users = members(&home)?;
    if users.is_empty() {
        return Err(odd("a home with nobody in it"));
    }
    users.iter().map(home_user).collect()
}

fn home_user(one: &Value) -> Result<HomeUser, Fault> {
    Ok(HomeUser {
        id: text(one, "uuid").ok_or_else(|| odd("a profile without a uuid"))?,
        name: shown(one).unwrap_or_default(),
        avatar_url: text(one, "thumb"),
        needs_pin: flag(one, "protected"),
        restricted: flag(one, "restricted"),
        owner: flag(one, "admin"),
    })
}

/// The host is asked to let somebody choose.
///
/// # Errors
/// `internal`, never.
pub fn chooser(note: &Note, home_users: Vec<HomeUser>) -> Result<Progress, Fault> {
    Ok(Progress::Choose(Chooser { home_users, attempt: sealed(note)? }))
}

/// Goes on as one of them.
///
/// # Errors
/// `invalid-input` where a PIN is needed and none was given, `wrong-credential` where it is wrong,
/// `not-found` for nobody of this home; else as the network and Plex have it.
pub fn pick(
    lent: &impl Lent,
    attempt: &Sealed,
    uuid: &str,
    pin: Option<&str>,
) -> Result<Progress, Fault> {
    let note: Note = opened(attempt)?;
    let Stage::Home { token, uuid: own } = &note.stage else {
        let detail = "there is no home to choose from yet";
        return Err(Fault::new(Kind::InvalidInput, "plex.no-home", detail));
    };
    if lent.now().seconds >= note.until {
        return Ok(Progress::Expired);
    }
    let home = of(lent, &note.client, token)?;
    let Some(chosen) = home.into_iter().find(|one| one.id == uuid) else {
        let detail = "nobody of this home has this id";
        return Err(Fault::new(Kind::NotFound, "plex.no-such-profile", detail));
    };
    let pin = needed_pin(&chosen, pin)?;
    if chosen.id == *own && pin.is_none() {
        let profile =
            Profile::of(ask(lent, user(&note.client, As::Person(token)), As::Person(token))?)?;
        return entry::enter(lent, &note, &profile, token);
    }
    let switched = switch(lent, &note.client, token, &chosen.id, pin)?;
    let fresh = switched.token().ok_or_else(|| odd("a profile without a token"))?;
    if switched.uuid != chosen.id {
        entry::leave(lent, &note.client, &fresh);
        return Err(odd("another profile than the one that was chosen"));
    }
    if chosen.id == *own {
        // The PIN is proved; the account's own token is the better one to keep.
        if fresh != *token {
            entry::leave(lent, &note.client, &fresh);
        }
        return entry::enter(lent, &note, &switched, token);
    }
    let ended = entry::enter(lent, &note, &switched, &fresh);
    match &ended {
        Ok(_) => entry::leave(lent, &note.client, token),
        // The attempt stays good, with the account's token; this one nobody keeps.
        Err(_) => entry::leave(lent, &note.client, &fresh),
    }
    ended
}

fn needed_pin<'a>(chosen: &HomeUser, pin: Option<&'a str>) -> Result<Option<&'a str>, Fault> {
    let pin = pin.map(str::trim).filter(|pin| !pin.is_empty());
    match (chosen.needs_pin, pin) {
        (false, _) => Ok(None),
        (true, None) => Err(pin_missing()),
        (true, Some(pin)) if pin.len() == 4 && pin.bytes().all(|one| one.is_ascii_digit()) => {
            Ok(Some(pin))
        }
        (true, Some(_)) => Err(wrong_pin()),
    }
}

fn switch(
    lent: &impl Lent,
    client: &str,
    token: &str,
    uuid: &str,
    pin: Option<&str>,
) -> Result<Profile, Fault> {
    let by = As::Person(token);
    let path = format!("/api/v2/home/users/{}/switch", percent(uuid));
    let mut request = Request::post(PLEX_TV, &path).harmless();
    if let Some(pin) = pin {
        request = request.query("pin", pin);
    }
    let response = with(request, client, by).send(lent)?;
    match response.status() {
        200 | 201 => Profile::of(read(&response, by)?),
        _ => Err(not_switched(&response, by, pin.is_some())),
    }
}

/// 401 with code 1001 is the token; any other 401, and 403 with code 1041, is the PIN.
fn not_switched(response: &Response, by: As<'_>, with_pin: bool) -> Fault {
    let about_pin = match (response.status(), code(response)) {
        (403, Some(1041)) => true,
        (401, code) => code != Some(1001),
        _ => false,
    };
    match (about_pin, with_pin) {
        (true, true) => wrong_pin().status(response.status()),
        (true, false) => pin_missing().status(response.status()),
        (false, _) => refusal(response, by),
    }
}

fn pin_missing() -> Fault {
    let detail = "this profile is protected by a PIN";
    Fault::new(Kind::InvalidInput, "plex.pin-missing", detail).about("pin")
}

fn wrong_pin() -> Fault {
    Fault::new(Kind::WrongCredential, "plex.wrong-pin", "the PIN is wrong").about("pin")
}
