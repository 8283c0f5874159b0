//! The caller's own account: who they are, whether the token lives, its end, pictures.
//!
//! Source: Plex's API description (`UserPlexAccount`), captures of plex-api.rs for managed profiles.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::admission::Caller;
use super::behaviour::{Health, ManagedNames};
use super::people::{Account, picture};
use super::state::State;
use super::wire::{Answer, Call, Content, Outcome};

/// `GET /api/v2/user`
pub(super) fn user(state: &mut State, _: &Call, caller: &Caller) -> Outcome {
    match state.switches.user {
        Health::Well => {}
        Health::Answers(status) => {
            let page = "<!doctype html><title>Plex</title><p>Something went wrong.".to_owned();
            return Err(Answer::html(status, page));
        }
        Health::Hangs => return Err(Answer::of(200, Content::Never)),
    }
    let account = state.account(caller.person).ok_or_else(gone)?;
    Ok(Answer::value(200, "user", user_body(state, account, &caller.token)))
}

fn gone() -> Answer {
    Answer::error(401, 1001, "User could not be authenticated")
}

/// A managed profile's missing name or address.
pub(super) fn missing(names: ManagedNames, in_list: bool) -> Value {
    match (names, in_list) {
        (ManagedNames::Null, _) | (ManagedNames::Mixed, true) => Value::Null,
        (ManagedNames::Empty, _) | (ManagedNames::Mixed, false) => "".into(),
    }
}

/// What `/user` and a switch say about somebody; it echoes the token.
pub(super) fn user_body(state: &State, account: &Account, token: &str) -> Value {
    let names = state.switches.managed_names;
    let written = |text: &str| if account.managed { missing(names, false) } else { text.into() };
    let owner = State::owns(account.id);
    let mut body = json!({
        "id": account.id, "uuid": account.uuid, "username": written(&account.username),
        "title": account.title, "email": written(&account.email),
        "friendlyName": account.friendly_name.as_deref().unwrap_or(""), "locale": null,
        "confirmed": true, "joinedAt": account.joined_at, "emailOnlyAuth": false,
        "hasPassword": !account.managed, "protected": account.pin.is_some(),
        "thumb": state.thumb(account), "authToken": token,
        "mailingListStatus": "unsubscribed", "mailingListActive": false, "scrobbleTypes": "",
        "country": "NL", "subscription": subscription(account),
        "subscriptionDescription": owner.then_some("Lifetime Plex Pass"),
        "restricted": account.managed, "anonymous": false, "home": account.home, "guest": false,
        "homeSize": if account.home { state.home_size() } else { 1 }, "homeAdmin": owner,
        "maxHomeSize": 15, "rememberExpiresAt": 1_790_000_000,
        "profile": {
            "autoSelectAudio": true, "defaultAudioLanguage": "en",
            "defaultSubtitleLanguage": "en", "autoSelectSubtitle": 1,
            "defaultSubtitleAccessibility": 0, "defaultSubtitleForced": 1, "watchedIndicator": 1,
            "mediaReviewsVisibility": 0,
        },
        "entitlements": if owner { json!(["all"]) } else { json!([]) }, "services": [],
        "adsConsent": null, "adsConsentSetAt": null, "adsConsentReminderAt": null,
        "experimentalFeatures": false, "twoFactorEnabled": owner, "backupCodesCreated": owner,
        "attributionPartner": null,
    });
    if let (true, Some(body)) = (account.managed, body.as_object_mut()) {
        body.extend(restrictions(account));
    }
    body
}

fn subscription(account: &Account) -> Value {
    if State::owns(account.id) {
        return json!({
            "active": true, "subscribedAt": "2020-01-01T00:00:00Z", "status": "Active",
            "paymentService": null, "plan": "lifetime",
            "features": ["home", "label-restrictions", "item_clusters"],
        });
    }
    let status = if account.managed { "Active" } else { "Inactive" };
    json!({
        "active": account.managed, "subscribedAt": null, "status": status,
        "paymentService": null, "plan": null, "features": [],
    })
}

fn restrictions(account: &Account) -> Map<String, Value> {
    let fields = json!({
        "restrictionProfile": account.restriction_profile,
        "mappedRestrictionProfile": account.restriction_profile,
        "customRestrictions": { "all": "", "movies": "", "music": "", "photos": "", "television": "" },
    });
    fields.as_object().cloned().unwrap_or_default()
}

/// `GET /api/v2/ping`
pub(super) fn ping(_: &mut State, _: &Call, _: &Caller) -> Outcome {
    Ok(Answer::value(200, "ping", json!({ "pong": true })))
}

/// `DELETE /api/v2/users/signout`: ends this token and no other.
pub(super) fn sign_out(state: &mut State, _: &Call, caller: &Caller) -> Outcome {
    state.tokens.retain(|token| token.secret != caller.token);
    Ok(Answer::empty(204))
}

/// `GET /users/{uuid}/avatar`
pub(super) fn avatar(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let account = state.people.iter().find(|account| account.uuid == call.segment(1));
    let account = account.ok_or_else(|| Answer::empty(404))?;
    Ok(Answer::of(200, Content::Bytes("image/png", Bytes::from_static(picture(account.picture)))))
}
