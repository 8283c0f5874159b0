//! The rest of an account's life: another name, the end, and what there is to see.

use latchkey_sdk::accounts::{Account, Library};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::lent::{Lent, Level};
use serde_json::{Value, json};

use crate::create::taken;
use crate::server::{self, As, delete, get, post};
use crate::users::{self, no_account, plain_id};
use crate::{names, policy, version};

/// Gives an account another login name. The route takes the whole user object and replaces its
/// configuration with what stands in it, so all that was read goes back.
///
/// # Errors
/// `conflict` for a taken name; `unsupported` where only the case differs and the server does not
/// take that (10.11.11 answers 400, 12 takes it).
pub fn rename(lent: &impl Lent, id: &str, name: &str) -> Result<Account, Fault> {
    let id = users::known_form(id)?;
    names::check(name, version::supported(lent)?)?;
    let all = users::all(lent)?;
    let user = all.iter().find(|user| user.id == id).ok_or_else(no_account)?;
    if user.name == name {
        return Ok(user.account());
    }
    if all.iter().any(|other| other.id != id && names::same(&other.name, name)) {
        return Err(taken());
    }
    let mut object = user.raw.clone();
    object.insert("Name".to_owned(), json!(name));
    let request =
        post("/Users", &As::Key).query("userId", id.as_str()).json(&Value::Object(object));
    match server::write(lent, request) {
        Err(fault) if fault.upstream_status == Some(400) => Err(refused(&user.name, name)),
        done => done.and_then(|()| renamed(lent, &id, name)),
    }
}

fn renamed(lent: &impl Lent, id: &str, name: &str) -> Result<Account, Fault> {
    let user = users::one(lent, id)?;
    if user.name == name {
        return Ok(user.account());
    }
    Err(Fault::new(
        Kind::BadReply,
        "jellyfin.not-renamed",
        "Jellyfin said yes and kept the old name",
    ))
}

fn refused(old: &str, new: &str) -> Fault {
    if names::same(old, new) {
        let detail = "this version of Jellyfin does not change only the case of a name";
        return Fault::new(Kind::Unsupported, "jellyfin.case-only", detail).about("login-name");
    }
    names::invalid("Jellyfin does not take this login name")
}

/// Deletes an account; fine where it was gone.
///
/// # Errors
/// `forbidden` for the last administrator and the last user; `outcome-unknown` where the account may
/// still go.
pub fn remove(lent: &impl Lent, id: &str) -> Result<(), Fault> {
    let Some(id) = plain_id(id) else { return Ok(()) };
    let answer = server::write(lent, delete(&format!("/Users/{id}"), &As::Key));
    let outcome = match answer {
        Err(fault) if fault.kind == Kind::NotFound => Ok(()),
        Err(fault) if fault.upstream_status == Some(400) => Err(last("the last administrator")),
        Err(fault) if fault.kind == Kind::OutcomeUnknown => gone(lent, &id, fault),
        answer => answer,
    };
    if outcome.is_ok() {
        policy::remember_lyrics(lent, &id, false);
    }
    outcome
}

/// After an answer that says nothing. The server answers 500 for its last user.
fn gone(lent: &impl Lent, id: &str, doubt: Fault) -> Result<(), Fault> {
    match users::all(lent) {
        Ok(left) if left.iter().all(|user| user.id != id) => Ok(()),
        Ok(left) if left.len() == 1 && doubt.upstream_status == Some(500) => {
            Err(last("the last user"))
        }
        Ok(_) | Err(_) => Err(doubt),
    }
}

fn last(whom: &str) -> Fault {
    Fault::new(Kind::Forbidden, "jellyfin.last", format!("Jellyfin keeps {whom}"))
}

/// The libraries by the ids that accounts refer to.
///
/// # Errors
/// Whatever keeps the list from being whole.
pub fn libraries(lent: &impl Lent) -> Result<Vec<Library>, Fault> {
    let list = server::read(lent, get("/Library/VirtualFolders", &As::Key))?;
    let Value::Array(list) = list else {
        return Err(Fault::new(
            Kind::BadReply,
            "jellyfin.libraries",
            "the library list is no list",
        ));
    };
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut libraries = Vec::new();
    for item in &list {
        let name = text(item, "Name").unwrap_or_default();
        match text(item, "ItemId").as_deref().and_then(plain_id) {
            Some(id) => {
                let kind = text(item, "CollectionType").unwrap_or_else(|| "mixed".to_owned());
                libraries.push(Library { id, name, kind });
            }
            // A library whose folder is broken has no id; nobody can be given it.
            None => {
                lent.log(Level::Warn, "a library has no id and is left out", &[("library", name)]);
            }
        }
    }
    Ok(libraries)
}
