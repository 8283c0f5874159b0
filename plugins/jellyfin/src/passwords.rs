//! Setting and changing passwords.
//!
//! `ResetPassword` and an absent `NewPw` would make an account that anybody can enter: neither is ever
//! sent. A provider that is gone swallows a change with 204, a directory may refuse with 500: who
//! keeps the password is looked up before, and where it is not Jellyfin itself, a sign-in proves the
//! change.

use latchkey_sdk::accounts::PasswordChange;
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::identity::Verdict;
use latchkey_sdk::lent::{Lent, Level};
use serde_json::{Value, json};

use crate::devices;
use crate::server::{self, As, get, post};
use crate::sign_in::{self, Entry};
use crate::users::{self, User};

/// Sets a password with the key; the server ends the account's sessions.
///
/// # Errors
/// `invalid-input` for an empty password, `unsupported` where another provider keeps passwords and
/// does not take this one.
pub fn set(lent: &impl Lent, id: &str, new: &str) -> Result<(), Fault> {
    not_empty(new)?;
    let user = users::one(lent, id)?;
    provider_is_there(lent, &user)?;
    set_known(lent, &user, new)
}

fn set_known(lent: &impl Lent, user: &User, new: &str) -> Result<(), Fault> {
    let request = post("/Users/Password", &As::Key).query("userId", user.id.as_str());
    let answer = server::write(lent, request.json(&json!({ "NewPw": new })));
    taken_by_provider(user, answer)?;
    if let Err(fault) = end_late_sign_ins(lent, user) {
        let why = [("fault", fault.code)];
        lent.log(Level::Warn, "sessions made beside a password change may have stayed", &why);
    }
    proven(lent, user, new)
}

/// How long Jellyfin takes at most to look at one password, on slow machines too.
const ONE_CHECK_MS: u32 = 400;

/// Up to 10.11 a sign-in whose old password was looked at before the change is let in after it: some are
/// there already, others come a moment later.
fn end_late_sign_ins(lent: &impl Lent, user: &User) -> Result<(), Fault> {
    devices::end_all(lent, &user.id)?;
    if lent.remaining_ms() > 10 * ONE_CHECK_MS {
        lent.sleep(ONE_CHECK_MS);
    }
    devices::end_all(lent, &user.id)
}

/// Changes a password as the person: one sign-in proves the old one, and one attempt is all that a
/// wrong one costs.
///
/// # Errors
/// `wrong-credential` for a wrong old password, `forbidden` where the account may not change its own.
pub fn change(lent: &impl Lent, id: &str, change: &PasswordChange) -> Result<(), Fault> {
    not_empty(&change.new)?;
    if change.old.is_empty() {
        return Err(wrong());
    }
    let user = users::one(lent, id)?;
    provider_is_there(lent, &user)?;
    if user.flag("IsDisabled") {
        return Err(Fault::new(
            Kind::Forbidden,
            "jellyfin.disabled",
            "the account is switched off",
        ));
    }
    if user.attempts_left().is_some_and(|left| left <= 1) {
        let detail = "one more wrong password would lock the account, so none was tried";
        return Err(Fault::new(Kind::Forbidden, "jellyfin.lock-out-near", detail));
    }
    match sign_in::enter(lent, &user.name, &change.old, &sign_in::verify_device(&user.id))? {
        Entry::In(session) => {
            let done = change_own(lent, &user, &session.token, change);
            sign_in::leave(lent, &session.token);
            done?;
            proven(lent, &user, &change.new)
        }
        Entry::Wrong => Err(wrong()),
        Entry::Refused(by_jellyfin) => match sign_in::refused(lent, &user, by_jellyfin)? {
            // The old password is right, there is only no room for our session.
            Verdict::TooManySessions => set_known(lent, &user, &change.new),
            _ => Err(Fault::new(
                Kind::Forbidden,
                "jellyfin.not-here",
                "Jellyfin refuses this person here or now (disabled, network or schedule)",
            )),
        },
    }
}

fn change_own(
    lent: &impl Lent,
    user: &User,
    token: &str,
    change: &PasswordChange,
) -> Result<(), Fault> {
    let body = json!({ "CurrentPw": change.old, "NewPw": change.new });
    let response = post("/Users/Password", &As::Token(token)).json(&body).send(lent)?;
    match response.status() {
        403 if response.text().contains("Invalid user or password") => Err(wrong()),
        403 => Err(Fault::new(
            Kind::Forbidden,
            "jellyfin.own-password-off",
            "this account may not change its own password in Jellyfin",
        )
        .status(403)),
        _ => taken_by_provider(user, server::done(&response)),
    }
}

/// A directory that does not let Jellyfin change passwords answers 500.
fn taken_by_provider(user: &User, answer: Result<(), Fault>) -> Result<(), Fault> {
    match answer {
        Err(fault) if fault.upstream_status == Some(500) && !user.own_password() => {
            let detail =
                format!("the sign-in provider {} does not take a new password", user.provider());
            Err(Fault::new(Kind::Unsupported, "jellyfin.provider-refuses", detail).status(500))
        }
        answer => answer,
    }
}

fn provider_is_there(lent: &impl Lent, user: &User) -> Result<(), Fault> {
    if user.own_password() {
        return Ok(());
    }
    let providers = server::read(lent, get("/Auth/Providers", &As::Key))?;
    let is_it =
        |provider: &Value| provider.get("Id").and_then(Value::as_str) == Some(user.provider());
    if providers.as_array().is_some_and(|list| list.iter().any(is_it)) {
        return Ok(());
    }
    let detail = format!(
        "the account belongs to the sign-in provider {}, which is not installed: Jellyfin would say yes and change nothing",
        user.provider()
    );
    Err(Fault::new(Kind::Unsupported, "jellyfin.provider-missing", detail))
}

/// Where Jellyfin does not keep the password itself, only a sign-in shows that it changed.
fn proven(lent: &impl Lent, user: &User, new: &str) -> Result<(), Fault> {
    if user.own_password() || user.flag("IsDisabled") {
        return Ok(());
    }
    match sign_in::enter(lent, &user.name, new, &sign_in::verify_device(&user.id))? {
        Entry::In(session) => {
            sign_in::leave(lent, &session.token);
            Ok(())
        }
        Entry::Wrong => Err(Fault::new(
            Kind::Unsupported,
            "jellyfin.password-not-taken",
            format!("Jellyfin said yes, but {} does not let the new password in", user.provider()),
        )),
        Entry::Refused(_) => Ok(()),
    }
}

fn not_empty(new: &str) -> Result<(), Fault> {
    if !new.is_empty() {
        return Ok(());
    }
    let detail = "an empty password would let anybody in";
    Err(Fault::new(Kind::InvalidInput, "jellyfin.password-empty", detail).about("new-password"))
}

fn wrong() -> Fault {
    Fault::new(Kind::WrongCredential, "jellyfin.wrong-password", "the old password is wrong")
        .about("old-password")
}
