//! API keys and the providers of sign-in and reset.
//!
//! Source: `ApiKeyController.cs`, `SessionController.cs`, recordings.

use serde_json::{Value, json};

use super::authorization::Caller;
use super::hash::fresh_id;
use super::policy::{AUTHENTICATION_PROVIDER, RESET_PROVIDER};
use super::sign_in::page;
use super::state::{Key, NOBODY, State};
use super::wire::{Answer, Call, Outcome, date};

/// `POST /Auth/Keys?app=`: no body comes back.
pub(super) fn create(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let app = call.query("app").filter(|app| !app.is_empty());
    let app = app.ok_or_else(|| Answer::required("app"))?.to_owned();
    state.keys.push(Key { secret: fresh_id(), app, created: call.now });
    Ok(Answer::empty(204))
}

/// `GET /Auth/Keys`
pub(super) fn list(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let items: Vec<Value> = state
        .keys
        .iter()
        .map(|key| {
            json!({
                "Id": 0, "AccessToken": key.secret, "DeviceId": "", "AppName": key.app,
                "AppVersion": "", "DeviceName": "", "UserId": NOBODY, "IsActive": false,
                "DateCreated": date(key.created),
                "DateLastActivity": "0001-01-01T00:00:00.0000000Z",
            })
        })
        .collect();
    Ok(Answer::json(page(&items)))
}

/// `DELETE /Auth/Keys/{key}`: the same answer whether there was one.
pub(super) fn delete(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let secret = call.segments.get(2).map_or("", String::as_str);
    state.keys.retain(|key| key.secret != secret);
    Ok(Answer::empty(204))
}

/// `GET /Auth/Providers`
pub(super) fn providers(_: &mut State, _: &Call, _: &Caller) -> Outcome {
    Ok(Answer::json(json!([{ "Name": "Default", "Id": AUTHENTICATION_PROVIDER }])))
}

/// `GET /Auth/PasswordResetProviders`
pub(super) fn reset_providers(_: &mut State, _: &Call, _: &Caller) -> Outcome {
    let name = "Default Password Reset Provider";
    Ok(Answer::json(json!([{ "Name": name, "Id": RESET_PROVIDER }])))
}
