//! One sign-in as an administrator, which becomes an API key.
//!
//! The server answers the making of a key without the key, so the list before and the list after tell
//! which one is new. Whatever fails on the way, the session ends and the new key, if there is one,
//! is removed again: nothing stays behind.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::lent::{Lent, Level};
use latchkey_sdk::lifecycle::Minted;
use serde_json::Value;

use crate::server::{self, As, delete, get, post};
use crate::sign_in::{self, Entry};
use crate::version;

/// The name the key has in Jellyfin's list.
const APP: &str = "Latchkey";
/// Each sign-in of the same administrator from here replaces the last one's session.
const DEVICE: &str = "latchkey-connect";

/// Makes the key out of what the admin typed.
///
/// # Errors
/// `wrong-credential` for a wrong name or password, `forbidden` where the person is no administrator.
pub fn connect(lent: &impl Lent, answers: &[(String, String)]) -> Result<Vec<Minted>, Fault> {
    let name = answer(answers, "admin_user")?;
    let password = answer(answers, "admin_password")?;
    version::supported(lent)?;
    let session = match sign_in::enter(lent, name, password, DEVICE)? {
        Entry::In(session) => session,
        Entry::Wrong => return Err(wrong()),
        Entry::Refused(_) => return Err(refused()),
    };
    let key = if session.user.flag("IsAdministrator") {
        make_key(lent, &session.token)
    } else {
        Err(no_administrator(name))
    };
    sign_in::leave(lent, &session.token);
    Ok(vec![Minted { key: server::KEY.to_owned(), value: key? }])
}

fn answer<'a>(answers: &'a [(String, String)], field: &str) -> Result<&'a str, Fault> {
    let found = answers.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str());
    found.filter(|value| !value.is_empty()).ok_or_else(|| {
        Fault::new(Kind::InvalidInput, "jellyfin.missing", format!("{field} is missing"))
            .about(field)
    })
}

fn make_key(lent: &impl Lent, token: &str) -> Result<String, Fault> {
    let before = keys(lent, token)?;
    let made = server::write(lent, post("/Auth/Keys", &As::Token(token)).query("app", APP));
    match made {
        Err(fault) if fault.kind != Kind::OutcomeUnknown => return Err(fault),
        Ok(()) | Err(_) => {}
    }
    // A second look is all that can still find what was made.
    let after = keys(lent, token).or_else(|_| keys(lent, token)).inspect_err(|_| {
        lent.log(
            Level::Warn,
            "a key named Latchkey may have stayed in Jellyfin; remove it there",
            &[],
        );
    })?;
    let mut new: Vec<Key> = after.into_iter().filter(|key| !before.contains(key)).collect();
    new.sort_by(|one, other| one.made.cmp(&other.made));
    let Some(key) = new.pop() else {
        made?;
        return Err(Fault::new(Kind::BadReply, "jellyfin.no-new-key", "Jellyfin made no API key"));
    };
    if let Err(fault) = server::read(lent, get("/System/Info", &As::Token(&key.value))) {
        let path = format!("/Auth/Keys/{}", latchkey_sdk::http::percent(&key.value));
        if server::write(lent, delete(&path, &As::Token(token))).is_err() {
            lent.log(Level::Warn, "a key named Latchkey stayed in Jellyfin; remove it there", &[]);
        }
        return Err(fault);
    }
    Ok(key.value)
}

#[derive(PartialEq, Eq)]
struct Key {
    value: String,
    /// As written but for the `Z`: digits of equal places compare as text.
    made: String,
}

/// Our own keys in the server's list.
fn keys(lent: &impl Lent, token: &str) -> Result<Vec<Key>, Fault> {
    let list = server::read(lent, get("/Auth/Keys", &As::Token(token)))?;
    let Some(items) = list.get("Items").and_then(Value::as_array) else {
        return Err(Fault::new(Kind::BadReply, "jellyfin.keys", "the key list is no list"));
    };
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    let ours = |item: &&Value| text(item, "AppName").as_deref() == Some(APP);
    let key = |item: &Value| {
        let made = text(item, "DateCreated").unwrap_or_default();
        Some(Key { value: text(item, "AccessToken")?, made: made.trim_end_matches('Z').to_owned() })
    };
    Ok(items.iter().filter(ours).filter_map(key).collect())
}

fn wrong() -> Fault {
    let detail = "Jellyfin does not know this name with this password";
    Fault::new(Kind::WrongCredential, "jellyfin.wrong-password", detail).about("admin_password")
}

fn refused() -> Fault {
    let detail = "Jellyfin refuses this administrator here or now: switched off, locked, not allowed \
        from this network, or signed in on too many devices";
    Fault::new(Kind::Forbidden, "jellyfin.not-here", detail).about("admin_user")
}

fn no_administrator(name: &str) -> Fault {
    let detail =
        format!("{name} is not an administrator in Jellyfin, and only one can make an API key");
    Fault::new(Kind::Forbidden, "jellyfin.no-administrator", detail).about("admin_user")
}
