//! Quick Connect: a device shows a code, somebody approves it, the device gets a token.
//!
//! Source: `QuickConnectController.cs`, `QuickConnectManager.cs`, recordings. Requests that
//! overlap may all approve one code, as on the real server: a code counts as approved only for
//! requests that arrived after the approval was done.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::authorization::{Caller, credentials};
use super::hash::{fresh_code, fresh_secret};
use super::sign_in::{Start, refuse_at_session_limit, start_session};
use super::state::{Pairing, State};
use super::wire::{Answer, Call, Outcome, date, text_of};

/// How long a code is shown and how long an approval can be redeemed.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

fn available(state: &State) -> bool {
    state.configuration.get("QuickConnectAvailable").and_then(Value::as_bool).unwrap_or(true)
}

fn refuse_when_off(state: &State) -> Result<(), Answer> {
    let off = || Answer::said(401, "Quick connect is disabled");
    if available(state) { Ok(()) } else { Err(off()) }
}

/// Forgets what has run out.
fn clean(state: &mut State, call: &Call) {
    state.pairings.retain(|pairing| {
        let shown = call.now.duration_since(pairing.added) <= LIFE;
        let approved = pairing.result.as_ref();
        shown || approved.is_some_and(|(at, _)| call.now.duration_since(*at) <= LIFE)
    });
}

/// `GET /QuickConnect/Enabled`
pub(super) fn enabled(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    Ok(Answer::json(available(state).into()))
}

/// `POST /QuickConnect/Initiate`; `GET` too up to 10.11.
pub(super) fn initiate(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    refuse_when_off(state)?;
    let client = credentials(state, call).into_client().ok_or(Answer::thrown(400))?;
    clean(state, call);
    let pairing = Pairing {
        secret: fresh_secret(),
        code: fresh_code(),
        client,
        added: call.now,
        approved_at: None,
        result: None,
    };
    let answer = Answer::json(dto(&pairing));
    state.pairings.push(pairing);
    Ok(answer)
}

fn dto(pairing: &Pairing) -> Value {
    let client = &pairing.client;
    json!({
        "Authenticated": pairing.result.is_some(),
        "Secret": pairing.secret, "Code": pairing.code, "DeviceId": client.device_id,
        "DeviceName": client.device, "AppName": client.name, "AppVersion": client.version,
        "DateAdded": date(pairing.added),
    })
}

/// `GET /QuickConnect/Connect?secret=`
pub(super) fn connect(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    refuse_when_off(state)?;
    clean(state, call);
    let secret = call.query("secret").unwrap_or("");
    let found = state.pairings.iter().find(|pairing| pairing.secret == secret);
    found
        .filter(|pairing| call.now.duration_since(pairing.added) <= LIFE)
        .map(|pairing| Answer::json(dto(pairing)))
        .ok_or_else(|| Answer::said(404, "Unknown secret"))
}

/// `POST /QuickConnect/Authorize?code=&userId=`: makes the token at once, disabled user or not.
pub(super) fn authorize(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    let named = call.query_id("userId")?;
    let foreign = named.as_deref().is_some_and(|id| caller.user() != Some(id));
    if foreign && !caller.is_admin() {
        return Err(Answer::thrown(403));
    }
    refuse_when_off(state)?;
    clean(state, call);
    let code = call.query("code").unwrap_or("");
    let shown = |pairing: &&Pairing| call.now.duration_since(pairing.added) <= LIFE;
    let pairing = state.pairings.iter().filter(shown).find(|pairing| pairing.code == code);
    let pairing = pairing.cloned().ok_or_else(|| Answer::thrown(404))?;
    if pairing.approved_at.is_some_and(|done| done <= call.arrival) {
        return Err(Answer::thrown(500));
    }
    let user = named.or_else(|| caller.user().map(str::to_owned));
    let user = user.filter(|id| state.user(id).is_some()).ok_or_else(|| Answer::thrown(400))?;
    refuse_at_session_limit(state, &user)?;
    let start =
        Start { user, client: pairing.client, remote: None, now: call.now, arrival: call.arrival };
    let result = start_session(state, start, None);
    let done = state.next_arrival;
    if let Some(pairing) = state.pairings.iter_mut().find(|known| known.secret == pairing.secret) {
        pairing.approved_at = pairing.approved_at.or(Some(done));
        // Into the future, so that the device still sees it.
        pairing.added = call.now.checked_add(SignedDuration::from_mins(1)).unwrap_or(call.now);
        pairing.result = Some((call.now, result));
    }
    Ok(Answer::json(true.into()))
}

/// `POST /Users/AuthenticateWithQuickConnect`: the same result as often as it is asked for.
pub(super) fn redeem(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let body = call.object("request")?;
    let secret = text_of(&body, "Secret").unwrap_or("");
    if secret.is_empty() {
        return Err(Answer::required("Secret"));
    }
    if !available(state) {
        return Err(Answer::thrown(401));
    }
    clean(state, call);
    let found = state.pairings.iter().find(|pairing| pairing.secret == secret);
    let result = found.and_then(|pairing| pairing.result.as_ref());
    let fresh = result.filter(|(at, _)| call.now.duration_since(*at) <= LIFE);
    fresh.map(|(_, result)| Answer::json(result.clone())).ok_or_else(|| Answer::thrown(404))
}
