//! Sign-in PINs: made by an app, linked by a person, asked for by the app.
//!
//! Source: Plex's API description (`pins.yaml`), captures of plexapi, Ombi and authentik. PIN ids are a
//! sequence and no secret; a PIN is told only to the client identifier it was made with.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::admission::Caller;
use super::behaviour::{ExpiredPin, Limited, Registration};
use super::state::{Origin, Pin, State};
use super::wire::{Answer, Call, Outcome, Service, date};
use crate::chance;

const STRONG_LIFE: SignedDuration = SignedDuration::from_secs(1800);
const WEAK_LIFE: SignedDuration = SignedDuration::from_secs(900);

/// `POST /api/v2/pins`
pub(super) fn create(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let strong = matches!(call.argument("strong").as_deref(), Some("true" | "1"));
    let (code, life) = if strong {
        (chance::text(b"0123456789abcdefghijklmnopqrstuvwxyz", 25), STRONG_LIFE)
    } else {
        (chance::text(b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 4), WEAK_LIFE)
    };
    let pin = Pin {
        id: state.next_pin,
        code,
        client: call.client().unwrap_or_default().to_owned(),
        product: call.plex("X-Plex-Product").unwrap_or("Plex Web").to_owned(),
        strong,
        created: call.now,
        expires: call.now.checked_add(life).unwrap_or(call.now),
        token: None,
        new_registration: false,
    };
    state.next_pin += 1;
    let body = body(state, &pin, call.now);
    state.pins.push(pin);
    Ok(Answer::value(201, "pin", body))
}

/// `GET /api/v2/pins/{id}`
pub(super) fn poll(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    state.admit(Limited::Poll)?;
    let gone = || Answer::error(404, 1020, "Code not found or expired");
    let id: u64 = call.segment(3).parse().map_err(|_| gone())?;
    let asked_by = call.client().unwrap_or_default();
    let pin = state.pins.iter().find(|pin| pin.id == id && pin.client == asked_by).cloned();
    let mut pin = pin.ok_or_else(gone)?;
    if pin.expires <= call.now {
        match state.switches.expired_pin {
            ExpiredPin::NotFound => return Err(gone()),
            ExpiredPin::NullToken => pin.token = None,
        }
    }
    Ok(Answer::value(200, "pin", body(state, &pin, call.now)))
}

/// `PUT /api/v2/pins/link`: a signed-in device approves another by its four signs.
pub(super) fn link_weak(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    let code = call.argument("code").unwrap_or_default();
    let weak = state.pins.iter().any(|pin| pin.code == code && !pin.strong);
    if !weak || link(state, &code, caller.person, call.now).is_none() {
        return Err(Answer::error(404, 1020, "Code not found or expired"));
    }
    Ok(Answer::empty(204))
}

/// A person approves; gives the PIN's client, or nothing where the code is unknown, spent or expired.
pub(super) fn link(state: &mut State, code: &str, person: u64, now: Timestamp) -> Option<String> {
    let open = |pin: &&Pin| pin.code == code && pin.token.is_none() && pin.expires > now;
    let client = state.pins.iter().find(open)?.client.clone();
    let token = state.mint(person, Origin::Pin, &client);
    let new = state.switches.registration == Registration::New;
    let pin = state.pins.iter_mut().find(|pin| pin.code == code)?;
    pin.token = Some(token);
    pin.new_registration = new;
    Some(client)
}

fn body(state: &State, pin: &Pin, now: Timestamp) -> Value {
    let left = pin.expires.duration_since(now).as_secs().max(0);
    json!({
        "id": pin.id, "code": pin.code, "product": pin.product, "trusted": false,
        "qr": format!("{}/api/v2/pins/qr/{}", state.urls.of(Service::PlexTv), pin.code),
        "clientIdentifier": pin.client,
        "location": {
            "code": "NL", "european_union_member": true, "continent_code": "EU",
            "country": "Netherlands", "city": "Utrecht", "time_zone": "Europe/Amsterdam",
            "postal_code": "3511", "in_privacy_restricted_country": true,
            "in_privacy_restricted_region": false, "subdivisions": "Utrecht",
            "coordinates": "52.09, 5.12",
        },
        "expiresIn": left, "createdAt": date(pin.created), "expiresAt": date(pin.expires),
        "authToken": pin.token,
        "newRegistration": pin.token.as_ref().map(|_| pin.new_registration),
    })
}
