//! Changing a password, and the two ways to a forgotten one.
//!
//! Source: `UserController.UpdateUserPassword`, `DefaultPasswordResetProvider.cs`, recordings.
//! The reset files themselves are in `reset_files`.

use std::io;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::authorization::{Caller, is_local, remote};
use super::beside;
use super::hash::{fresh_pin, hyphened, md5_id};
use super::options::Release;
use super::policy::AUTHENTICATION_PROVIDER;
use super::reset_files::Reset;
use super::sign_in::{Purpose, check_password};
use super::state::{Activity, State};
use super::users::{may_update, target};
use super::wire::{Answer, Call, Outcome, date, field, text_of};

/// How long a PIN lives.
const PIN_LIFE: SignedDuration = SignedDuration::from_mins(30);

/// `POST /Users/Password?userId=`
pub(super) fn change(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    put_password(state, call, caller, None)
}

/// `POST /Users/{userId}/Password`
pub(super) fn change_of(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    put_password(state, call, caller, Some(1))
}

fn put_password(state: &mut State, call: &Call, caller: &Caller, at: Option<usize>) -> Outcome {
    let body = call.object("request")?;
    let named = at.is_some() || call.query_id("userId")?.is_some();
    let id = target(call, caller, at)?;
    let user = state.user(&id).cloned().ok_or_else(|| match state.release {
        Release::V10_9 => Answer::said(404, "User not found"),
        Release::V10_10 | Release::V10_11 | Release::V12 => Answer::not_found(),
    })?;
    if !may_update(state, caller, &id) {
        return Err(Answer::said(403, "User is not allowed to update the password."));
    }
    // An empty password, nothing asked, no session ended.
    if field(&body, "ResetPassword").and_then(Value::as_bool) == Some(true) {
        set_password(state, &id, "", call.now)?;
        return Ok(Answer::empty(204));
    }
    let own = caller.user() == Some(&id);
    if !caller.is_admin() || (own && named) {
        let current = text_of(&body, "CurrentPw").unwrap_or("");
        confirm(state, call, &user.name, current)?;
    }
    set_password(state, &id, text_of(&body, "NewPw").unwrap_or(""), call.now)?;
    state.revoke(&id, caller.token(), call.now);
    beside::changed(state, &id, call.now);
    Ok(Answer::empty(204))
}

/// Asks for the current password; a wrong one counts as a failed sign-in.
fn confirm(state: &mut State, call: &Call, name: &str, current: &str) -> Result<(), Answer> {
    match check_password(state, call, name, current, Purpose::Confirmation) {
        Ok(_) => Ok(()),
        Err(answer) if answer.status == 401 => {
            let refused = Answer::said(403, "Invalid user or password entered.");
            Err(refused.after(answer.delay))
        }
        Err(answer) => Err(answer),
    }
}

/// Sets a password. An account whose provider is gone takes any and changes nothing.
fn set_password(state: &mut State, id: &str, password: &str, now: Timestamp) -> Result<(), Answer> {
    let user = state.user_mut(id).ok_or_else(Answer::not_found)?;
    if password.is_empty() && user.is("IsAdministrator") {
        return Err(Answer::thrown(400));
    }
    let provider = user.policy.get("AuthenticationProviderId").and_then(Value::as_str);
    if provider == Some(AUTHENTICATION_PROVIDER) {
        user.password = Some(password.to_owned());
    }
    let line = format!("Password has been changed for user {}", user.name);
    state.activities.push(Activity::new("UserPasswordChanged", line, id, now));
    Ok(())
}

/// `POST /Users/ForgotPassword`
pub(super) fn forgot(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let body = call.object("forgotPasswordRequest")?;
    let entered = text_of(&body, "EnteredUsername").unwrap_or("").to_owned();
    if entered.is_empty() {
        return Err(Answer::required("EnteredUsername"));
    }
    let local = is_local(remote(state, call));
    let user = state.user_named(&entered).map(|user| user.id.clone());
    // Before 10.11.2 the answer tells whether the name exists.
    if state.release < Release::V10_11 && !(local && user.is_some()) {
        return Ok(Answer::json(json!({ "Action": "InNetworkRequired", "PinFile": "" })));
    }
    let (name, reset) = compose(state, &entered, call.now);
    let answer = json!({
        "Action": "PinCode", "PinFile": reset.path, "PinExpirationDate": date(reset.expires),
    });
    if user.is_some() && local {
        write(state, &name, &reset).map_err(|_| Answer::thrown(500))?;
    }
    Ok(Answer::json(answer))
}

/// The file of a reset, by whatever was entered: its name and what it would say.
pub(super) fn compose(state: &State, entered: &str, now: Timestamp) -> (String, Reset) {
    let user = state.user_named(entered);
    let key = match user {
        Some(user) if state.release < Release::V10_11 => hyphened(&user.id),
        _ => md5_id(&entered.to_uppercase()),
    };
    let name = format!("passwordreset{key}.json");
    let path = format!("{}/{name}", state.options.program_data_path);
    let expires = now.checked_add(PIN_LIFE).unwrap_or(now);
    let user = user.map_or_else(|| entered.to_owned(), |user| user.name.clone());
    (name, Reset { pin: fresh_pin(), user, path, expires })
}

/// Up to 10.10 the file is written over, not cut: a shorter second one keeps an old end.
pub(super) fn write(state: &mut State, name: &str, reset: &Reset) -> io::Result<()> {
    let cut = state.release >= Release::V10_11;
    state.reset_files.write(name, reset, cut)
}

/// `POST /Users/ForgotPassword/Pin`: the PIN as typed becomes the password.
pub(super) fn redeem_pin(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let body = call.object("forgotPasswordPinRequest")?;
    let pin = text_of(&body, "Pin").unwrap_or("").to_owned();
    if pin.is_empty() {
        return Err(Answer::required("Pin"));
    }
    // One broken file breaks every redeem.
    let resets = state.reset_files.read().map_err(|_| Answer::thrown(500))?;
    let mut names = Vec::new();
    for (file, reset) in resets {
        if reset.expires < call.now {
            state.reset_files.remove(&file);
        } else if plain(&reset.pin) == plain(&pin) {
            let user = state.user_named(&reset.user).ok_or_else(|| Answer::thrown(404))?;
            let (id, name) = (user.id.clone(), user.name.clone());
            set_password(state, &id, &pin, call.now)?;
            state.reset_files.remove(&file);
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(Answer::thrown(404));
    }
    Ok(Answer::json(json!({ "Success": true, "UsersReset": names })))
}

fn plain(pin: &str) -> String {
    pin.replace('-', "").to_uppercase()
}
