//! What an issuer says when somebody has signed out there (OpenID Connect Back-Channel Logout 1.0).
//!
//! Guarantees: a logout token counts only if the issuer's key signed it, in a way that is accepted and
//! announced, for us, just now, and if it is none of the issuer's other tokens. Does not: end anything, or
//! remember which tokens it has seen.

use super::faults::{lie, stray};
use super::known::{Keys, Known};
use crate::clock::{earlier, later};
use core::time::Duration;
use domain::fault::Fault;
use domain::providers::Issuer;
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};

/// No logout token is longer.
const LONGEST: usize = 16 << 10;
/// How far two clocks may be apart.
const SKEW: Duration = Duration::from_secs(60);
/// How long after it was made it is taken.
pub(super) const FRESH: Duration = Duration::from_secs(300);
/// 2.4: the one member that `events` must have.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

#[derive(Deserialize)]
struct Said {
    iat: i64,
    exp: Option<i64>,
    jti: String,
    sub: Option<String>,
    sid: Option<String>,
    events: Map<String, Value>,
    nonce: Option<Value>,
}

/// Whose sessions are over.
#[derive(Debug)]
pub(super) struct SignedOut {
    /// Everybody's of that name there, or where there is a session only theirs.
    pub(super) subject: Option<String>,
    /// One session there.
    pub(super) session: Option<String>,
    /// When it was said.
    pub(super) at: Timestamp,
    /// This token's own name.
    pub(super) id: String,
}

/// Reads one, looking for a new key where that is due.
pub(super) async fn read(
    known: &Known,
    issuer: &Issuer,
    text: &str,
    now: Timestamp,
) -> Result<SignedOut, Fault> {
    let header = head(known, text)?;
    let keys = known.keys().await;
    let key = match fitting(&header, &keys)? {
        Some(key) => key,
        None => {
            let newer = known.newer_keys(&keys, now).await?;
            let key = newer.map_or(Ok(None), |newer| fitting(&header, &newer))?;
            key.ok_or_else(|| lie("key", "the issuer has no key that fits its logout token"))?
        }
    };
    let said = jsonwebtoken::decode::<Said>(text, &key, &validation(known, issuer, header.alg))
        .map_err(|_cause| lie("logout-token", "the logout token is not as it must be"))?
        .claims;
    judge(said, now)
}

/// What may stand in the header.
fn head(known: &Known, text: &str) -> Result<Header, Fault> {
    let none = || stray("logout-token", "what was sent is no logout token");
    if text.len() > LONGEST {
        return Err(none());
    }
    let header = jsonwebtoken::decode_header(text).map_err(|_cause| none())?;
    let kind = header.typ.as_deref().map(str::to_ascii_lowercase);
    let kind = kind.as_deref().map(|kind| kind.strip_prefix("application/").unwrap_or(kind));
    let announced = known.algorithm_names().iter().any(|name| *name == word(header.alg));
    if !announced || header.crit.is_some() || !matches!(kind, None | Some("jwt" | "logout+jwt")) {
        return Err(none());
    }
    Ok(header)
}

const fn word(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS256 => "RS256",
        Algorithm::PS256 => "PS256",
        Algorithm::ES256 => "ES256",
        Algorithm::EdDSA => "EdDSA",
        // None of these is ever announced to us: see what is accepted of a discovery document.
        _ => "",
    }
}

/// The one key that the header means; none where there is none yet.
fn fitting(header: &Header, keys: &Keys) -> Result<Option<DecodingKey>, Fault> {
    let kind = match header.alg {
        Algorithm::ES256 => "EC",
        Algorithm::EdDSA => "OKP",
        _ => "RSA",
    };
    let text = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
    let fits = |key: &&Value| {
        text(key, "kty").as_deref() == Some(kind)
            && text(key, "alg").is_none_or(|alg| alg == word(header.alg))
            && (header.kid.is_none() || text(key, "kid") == header.kid)
    };
    let mut all = keys.raw.iter().filter(fits);
    let (Some(key), None) = (all.next(), all.next()) else { return Ok(None) };
    let broken = || lie("keys", "the issuer publishes a key that cannot be read");
    let key: Jwk = serde_json::from_value(key.clone()).map_err(|_cause| broken())?;
    DecodingKey::from_jwk(&key).map(Some).map_err(|_cause| broken())
}

/// Times are judged by our own clock.
fn validation(known: &Known, issuer: &Issuer, algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["iss", "aud"]);
    validation.set_issuer(&[known.name()]);
    validation.set_audience(&[&issuer.client_id]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

fn judge(said: Said, now: Timestamp) -> Result<SignedOut, Fault> {
    let wrong = |words: &str| Err(lie("logout-token", words));
    if said.nonce.is_some() || !said.events.get(EVENT).is_some_and(Value::is_object) {
        return wrong("the issuer's token is another one than a logout token");
    }
    if said.jti.is_empty() || (said.sub.is_none() && said.sid.is_none()) {
        return wrong("the logout token does not say whose session is over");
    }
    let at = Timestamp::from_second(said.iat).unwrap_or(Timestamp::MIN);
    let over = said.exp.is_some_and(|end| end <= earlier(now, SKEW).as_second());
    if over || at > later(now, SKEW) || at < earlier(now, FRESH) {
        return wrong("the logout token is over, or not yet good; is the clock right?");
    }
    Ok(SignedOut { subject: said.sub, session: said.sid, at: later(at, SKEW), id: said.jti })
}
