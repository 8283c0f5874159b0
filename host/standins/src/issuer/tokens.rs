//! What it signs: ID tokens, truthful or not, and logout tokens.

use super::keys::{self, Key};
use super::lies::Lie;
use super::state::{LogoutToken, State};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// What an ID token is made for.
pub(super) struct For<'a> {
    pub(super) client: &'a str,
    pub(super) secret: Option<&'a str>,
    pub(super) subject: &'a str,
    pub(super) session: &'a str,
    pub(super) nonce: Option<&'a str>,
    pub(super) access_token: &'a str,
    pub(super) auth_time: Timestamp,
}

/// An ID token.
pub(super) fn id_token(state: &State, who: &For<'_>, now: Timestamp) -> String {
    let claims = claims(state, who, now);
    let key = state.signing();
    let header = json!({"alg": key.algorithm(), "typ": "JWT", "kid": key.kid});
    match state.lie {
        Some(Lie::Unsigned) => keys::unsigned(&claims),
        Some(Lie::SignedBySecret) => {
            keys::sign_with_secret(who.secret.unwrap_or_default().as_bytes(), &claims)
        }
        Some(Lie::SignedByPublicKey) => {
            keys::sign_with_secret(key.public().to_string().as_bytes(), &claims)
        }
        Some(Lie::BadSignature) => spoilt(&key.sign(&header, &claims)),
        Some(Lie::ChangedClaims) => changed(&key.sign(&header, &claims)),
        Some(Lie::OwnKeyInHeader) => {
            let own = &state.stranger;
            let header = json!({"alg": own.algorithm(), "typ": "JWT", "kid": own.kid,
                                "jwk": own.public(), "jku": "http://127.0.0.1:9/keys"});
            own.sign(&header, &claims)
        }
        Some(Lie::StrangersKey) => state.stranger.sign(&header, &claims),
        Some(Lie::UnannouncedAlgorithm) => {
            let own = &state.curve;
            own.sign(&json!({"alg": own.algorithm(), "typ": "JWT", "kid": own.kid}), &claims)
        }
        Some(Lie::UnknownKeyId) => {
            key.sign(&json!({"alg": key.algorithm(), "kid": "nobody"}), &claims)
        }
        Some(Lie::NoKeyId | Lie::NoKeyIdOfSeveral) => {
            key.sign(&json!({"alg": key.algorithm()}), &claims)
        }
        _ => key.sign(&header, &claims),
    }
}

fn claims(state: &State, who: &For<'_>, now: Timestamp) -> Value {
    let second = now.as_second();
    let mut said = Map::new();
    let mut say = |name: &str, value: Value| drop(said.insert(name.to_owned(), value));
    say("iss", json!(state.url));
    say("sub", json!(who.subject));
    say("aud", json!(who.client));
    say("iat", json!(second));
    say("exp", json!(second + 300));
    say("auth_time", json!(who.auth_time.as_second()));
    say("sid", json!(who.session));
    say("at_hash", json!(keys::half_hash(who.access_token)));
    if let Some(nonce) = who.nonce {
        say("nonce", json!(nonce));
    }
    match state.lie {
        Some(Lie::WrongAudience) => say("aud", json!("somebody-else")),
        Some(Lie::NoAudience) => drop(said.remove("aud")),
        Some(Lie::TwoAudiences) => say("aud", json!([who.client, "somebody-else"])),
        Some(Lie::TwoAudiencesForUs) => {
            say("aud", json!([who.client, "somebody-else"]));
            say("azp", json!(who.client));
        }
        Some(Lie::WrongParty) => say("azp", json!("somebody-else")),
        Some(Lie::WrongIssuer) => say("iss", json!("https://somebody.example")),
        Some(Lie::NoIssueTime) => drop(said.remove("iat")),
        Some(Lie::OldIssueTime) => say("iat", json!(second - 3_600)),
        Some(Lie::FutureIssueTime) => say("iat", json!(second + 3_600)),
        Some(Lie::NoEnd) => drop(said.remove("exp")),
        Some(Lie::Expired) => say("exp", json!(second - 120)),
        Some(Lie::NoSubject) => drop(said.remove("sub")),
        Some(Lie::EmptySubject) => say("sub", json!("")),
        Some(Lie::NoNonce) => drop(said.remove("nonce")),
        Some(Lie::WrongNonce) => say("nonce", json!(keys::fresh())),
        Some(Lie::WrongAccessTokenHash) => say("at_hash", json!(keys::half_hash("another"))),
        Some(Lie::OldAuthTime) => say("auth_time", json!(second - 3_600)),
        _ => {}
    }
    Value::Object(said)
}

/// Another signature.
fn spoilt(token: &str) -> String {
    let (rest, signature) = token.rsplit_once('.').unwrap_or_default();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{rest}.{first}{}", signature.get(1..).unwrap_or_default())
}

/// The same signature under other claims.
fn changed(token: &str) -> String {
    let mut parts = token.split('.');
    let (header, claims, signature) =
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
    let mut read: Value = keys::json(claims).unwrap_or_default();
    if let Some(said) = read.as_object_mut() {
        said.insert("sub".to_owned(), json!("admin"));
    }
    let claims = keys::text(read.to_string().as_bytes());
    format!("{header}.{claims}.{}", signature.unwrap_or_default())
}

/// A logout token: Back-Channel Logout 1.0, 2.4, with whatever the test wants otherwise.
pub(super) fn logout_token(state: &State, wanted: &LogoutToken, now: Timestamp) -> String {
    let second = now.as_second();
    let mut said = json!({
        "iss": state.url, "aud": wanted.client, "iat": second, "exp": second + 120, "jti": keys::fresh(),
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    if let Some(said) = said.as_object_mut() {
        for (name, value) in [("sub", &wanted.subject), ("sid", &wanted.session)] {
            if let Some(value) = value {
                said.insert(name.to_owned(), json!(value));
            }
        }
        for (name, value) in &wanted.instead {
            if value.is_null() {
                said.remove(name);
            } else {
                said.insert(name.clone(), value.clone());
            }
        }
    }
    let key: &Key = if wanted.by_stranger { &state.stranger } else { state.signing() };
    let mut header = json!({"alg": key.algorithm(), "kid": state.signing().kid});
    if let (Some(header), Some(kind)) = (header.as_object_mut(), &wanted.kind) {
        header.insert("typ".to_owned(), json!(kind));
    }
    key.sign(&header, &said)
}
