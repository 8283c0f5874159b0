//! Device keys: an app proves with a key of its own who it is, and gets tokens that end after a week.
//!
//! Source: Plex's API description (JWT authentication), plexapi (`MyPlexJWTLogin`), streamarr
//! (`plexAuth/jwt.ts`). A JWT kills the device's legacy token, and the server takes none. The codes of 498
//! and of a wrong signature are guesses. Making a PIN with a key is left out.

use aws_lc_rs::signature::{ED25519, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::admission::Caller;
use super::behaviour::Limited;
use super::keys::DeviceKey;
use super::state::{Origin, State, Token};
use super::wire::{Answer, Call, Outcome};
use crate::chance;

const NONCE_LIFE: SignedDuration = SignedDuration::from_mins(5);
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

fn broken() -> Answer {
    Answer::error(500, 1999, "Internal server error")
}

fn unprocessable(words: &str) -> Answer {
    Answer::error(422, 1008, words)
}

/// `GET /api/v2/auth/nonce`
pub(super) fn nonce(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    state.admit(Limited::Nonce)?;
    let text = chance::hex(&chance::bytes());
    let end = call.now.checked_add(NONCE_LIFE).unwrap_or(call.now);
    state.keys.nonces.push((text.clone(), end));
    Ok(Answer::value(200, "nonce", json!({ "nonce": text })))
}

/// `POST /api/v2/auth/jwk`: the key belongs to the device of the token, whatever the header says.
pub(super) fn register(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    let sent = call.object()?;
    let jwk = sent.get("jwk").and_then(Value::as_object).cloned().unwrap_or_default();
    let text = |name: &str| jwk.get(name).and_then(Value::as_str).unwrap_or_default();
    let bad = || Answer::error(400, 1004, "The key is not an Ed25519 JWK");
    let public = URL_SAFE_NO_PAD.decode(text("x")).map_err(|_| bad())?;
    if (text("kty"), text("crv"), public.len()) != ("OKP", "Ed25519", 32) {
        return Err(bad());
    }
    if state.keys.devices.iter().any(|key| key.public == public) {
        return Err(unprocessable("Thumbprint has already been taken"));
    }
    let token = state.tokens.iter().find(|token| token.secret == caller.token);
    let client = token.map(|token| token.client.clone()).unwrap_or_default();
    let kid = if text("kid").is_empty() { text("x") } else { text("kid") }.to_owned();
    state.keys.devices.push(DeviceKey { client, person: caller.person, kid, public });
    Ok(Answer::value(201, "jwk", json!({})))
}

/// `POST /api/v2/auth/token`: a JWT of the device for one of Plex.
pub(super) fn exchange(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let sent = call.object()?;
    let jwt = sent.get("jwt").and_then(Value::as_str).unwrap_or_default();
    let (device, claims) = verified(state, jwt)?;
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if number("exp").is_none_or(|end| end <= call.now.as_second()) {
        return Err(Answer::error(498, 1001, "Token expired"));
    }
    if text("iss") != device.client {
        return Err(Answer::error(422, 1097, "iss does not match the device"));
    }
    if text("aud") != "plex.tv" {
        return Err(unprocessable("aud is not plex.tv"));
    }
    let fresh = |(held, end): &(String, Timestamp)| held == text("nonce") && *end > call.now;
    let place = state.keys.nonces.iter().position(fresh);
    state.keys.nonces.remove(place.ok_or_else(|| unprocessable("The nonce is not valid"))?);
    let legacy = |token: &Token| token.client == device.client && token.origin != Origin::Jwt;
    state.tokens.retain(|token| !legacy(token));
    let token = issue(state, &device, call.now)?;
    Ok(Answer::value(200, "token", json!({ "auth_token": token })))
}

fn verified(state: &State, jwt: &str) -> Result<(DeviceKey, Value), Answer> {
    let bad = || Answer::error(400, 1004, "The JWT cannot be read");
    let (signed, signature) = jwt.rsplit_once('.').ok_or_else(bad)?;
    let (header, claims) = signed.split_once('.').ok_or_else(bad)?;
    let read = |part: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    };
    let header = read(header).ok_or_else(bad)?;
    let claims = read(claims).ok_or_else(bad)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| bad())?;
    let kid = header.get("kid").and_then(Value::as_str).unwrap_or_default();
    let wrong = || unprocessable("Signature verification failed");
    let device = state.keys.devices.iter().find(|key| key.kid == kid).ok_or_else(wrong)?;
    UnparsedPublicKey::new(&ED25519, &device.public)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| wrong())?;
    Ok((device.clone(), claims))
}

fn issue(state: &mut State, device: &DeviceKey, now: Timestamp) -> Result<String, Answer> {
    let end = now.checked_add(TOKEN_LIFE).unwrap_or(now);
    let account = state.account(device.person);
    let user = account.map(|account| json!({ "id": account.id, "uuid": account.uuid }));
    let whose = account.map_or_else(String::new, |account| format!("{} jwt", account.title));
    let claims = json!({
        "iss": "plex.tv", "aud": ["plex.tv", device.client], "iat": now.as_second(),
        "exp": end.as_second(), "jti": chance::hex(&chance::bytes()),
        "thumbprint": device.kid, "user": user,
    });
    let own = state.keys.own().map_err(|_| broken())?;
    let header = json!({ "alg": "EdDSA", "kid": "plex-1", "typ": "JWT" });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = URL_SAFE_NO_PAD.encode(own.sign(signed.as_bytes()));
    let secret = format!("{signed}.{signature}");
    state.minted.push((secret.clone(), whose));
    state.keys.ends.push((secret.clone(), end));
    let client = device.client.clone();
    let token =
        Token { secret: secret.clone(), person: device.person, origin: Origin::Jwt, client };
    state.tokens.push(token);
    Ok(secret)
}

/// `GET /api/v2/auth/keys`
pub(super) fn keys(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let x = URL_SAFE_NO_PAD.encode(state.keys.own().map_err(|_| broken())?.public_key().as_ref());
    let key = json!({
        "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "plex-1", "alg": "EdDSA", "use": "sig",
    });
    Ok(Answer::value(200, "keys", json!({ "keys": [key] })))
}
