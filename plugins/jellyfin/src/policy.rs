//! Changing a policy: read, change one place, write all of it back.
//!
//! `POST …/Policy` replaces everything, with permissive defaults for what is left out, and wants both
//! provider ids; an explicit null for a list is refused. What GET does not tell is the lyric right:
//! it always reads false, so the intended value is remembered here for each account that has it.

use latchkey_sdk::accounts::{Access, Account};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::lent::{Lent, Level};
use serde_json::{Map, Value, json};

use crate::devices;
use crate::server::{self, As, post};
use crate::users::{self, User, plain_id};

/// The right that GET never tells.
pub const LYRICS: &str = "EnableLyricManagement";

/// Switches an account on: no lock-out count stays, and no session that was made while it was off
/// comes alive with it.
///
/// # Errors
/// Whatever keeps it from being switched on whole.
pub fn enable(lent: &impl Lent, id: &str) -> Result<Account, Fault> {
    let user = users::one(lent, id)?;
    let was_off = user.flag("IsDisabled");
    if was_off {
        // Switching off ended every session, so what is there was made meanwhile. Before, so that
        // nothing is switched on if this fails; afterwards again for the moment between.
        devices::end_all(lent, &user.id)?;
    }
    change(lent, &user, |policy| {
        policy.insert("IsDisabled".to_owned(), json!(false));
        policy.insert("InvalidLoginAttemptCount".to_owned(), json!(0));
    })?;
    if was_off && let Err(fault) = devices::end_all(lent, &user.id) {
        let why = [("fault", fault.code)];
        lent.log(
            Level::Warn,
            "sessions made just before an account was switched on may have stayed",
            &why,
        );
    }
    users::one(lent, &user.id).map(|user| user.account())
}

/// Switches an account off; the server ends its sessions.
///
/// # Errors
/// `forbidden` for an administrator, whom Jellyfin never switches off.
pub fn disable(lent: &impl Lent, id: &str) -> Result<Account, Fault> {
    let user = users::one(lent, id)?;
    if user.flag("IsAdministrator") {
        let detail = "Jellyfin does not switch off administrators; take that right away first";
        return Err(Fault::new(Kind::Forbidden, "jellyfin.administrator", detail));
    }
    if !user.flag("IsDisabled") {
        change(lent, &user, |policy| {
            policy.insert("IsDisabled".to_owned(), json!(true));
        })?;
    }
    users::one(lent, &user.id).map(|user| user.account())
}

/// Says which libraries an account sees.
///
/// # Errors
/// `invalid-input` for ids that are none.
pub fn set_libraries(lent: &impl Lent, id: &str, libraries: &Access) -> Result<Account, Fault> {
    let (all, only) = match libraries {
        Access::All => (true, Some(Vec::new())),
        Access::Only(ids) => {
            (false, ids.iter().map(|id| plain_id(id)).collect::<Option<Vec<String>>>())
        }
        Access::Unknown => (false, None),
    };
    let Some(only) = only else {
        let detail = "the libraries are not a list of library ids";
        return Err(Fault::new(Kind::InvalidInput, "jellyfin.libraries", detail).about("libraries"));
    };
    let user = users::one(lent, id)?;
    change(lent, &user, |policy| {
        policy.insert("EnableAllFolders".to_owned(), json!(all));
        policy.insert("EnabledFolders".to_owned(), json!(only));
    })?;
    users::one(lent, &user.id).map(|user| user.account())
}

/// Writes a user's policy back with one change in it.
///
/// # Errors
/// `forbidden` with Jellyfin's own sentence where a rule of its own stands against it.
pub fn change(
    lent: &impl Lent,
    user: &User,
    alter: impl FnOnce(&mut Map<String, Value>),
) -> Result<(), Fault> {
    let mut policy = user.policy();
    if has_lyrics(lent, &user.id) {
        policy.insert(LYRICS.to_owned(), json!(true));
    }
    alter(&mut policy);
    write(lent, &user.id, policy)
}

/// Writes a whole policy.
///
/// # Errors
/// As [`change`].
pub fn write(lent: &impl Lent, id: &str, mut policy: Map<String, Value>) -> Result<(), Fault> {
    policy.retain(|_, value| !value.is_null());
    let path = format!("/Users/{id}/Policy");
    match server::write(lent, post(&path, &As::Key).json(&Value::Object(policy))) {
        Err(fault) if fault.kind == Kind::NotFound => Err(users::no_account()),
        done => done,
    }
}

/// Whether an account was given the lyric right by us.
#[must_use]
pub fn has_lyrics(lent: &impl Lent, id: &str) -> bool {
    lent.remembered(&lyric_key(id)).is_some()
}

/// Remembers the intended lyric right.
pub fn remember_lyrics(lent: &impl Lent, id: &str, wanted: bool) {
    if !wanted {
        lent.forget(&lyric_key(id));
    } else if lent.remember(&lyric_key(id), b"1", None).is_err() {
        lent.log(
            Level::Warn,
            "no room to remember a lyric right; the next change takes it away",
            &[],
        );
    }
}

fn lyric_key(id: &str) -> String {
    format!("lyrics/{id}")
}
