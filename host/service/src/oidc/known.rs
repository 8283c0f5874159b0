//! What is known of one issuer: its discovery document for an hour, its keys likewise.
//!
//! Guarantees: the document calls itself what was configured; every address in it is fit to go to; keys
//! are public ones that can sign; a key we do not know makes us look again, once a minute at most. Does
//! not: keep anything over a restart.

use super::faults::{lie, misset, unanswered};
use super::wire::Wire;
use crate::clock::later;
use core::time::Duration;
use domain::fault::{Fault, FaultKind};
use domain::ids::ProviderId;
use egress::Egress;
use jiff::Timestamp;
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, AsyncHttpClient as _, JsonWebKeySet, ProviderMetadata, UserInfoUrl,
    http,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// How long a discovery document and keys are good.
const GOOD: Duration = Duration::from_secs(3_600);
/// Between two looks for a key we do not know.
const PAUSE: Duration = Duration::from_secs(60);
/// Fewer bits are no RSA key: 2048 of them in base64.
const SHORTEST_MODULUS: usize = 342;

/// What else of a discovery document matters here.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Extras {
    /// RP-Initiated Logout 1.0.
    #[serde(default)]
    pub(super) end_session_endpoint: Option<String>,
    /// RFC 9207.
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: Option<bool>,
    /// Back-Channel Logout 1.0.
    #[serde(default)]
    pub(super) backchannel_logout_supported: Option<bool>,
    /// RFC 9126.
    #[serde(default)]
    pub(super) require_pushed_authorization_requests: Option<bool>,
}

impl AdditionalProviderMetadata for Extras {}

/// A discovery document.
pub(super) type Metadata = ProviderMetadata<
    Extras,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// An issuer's keys, as both libraries read them.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    /// For ID tokens.
    pub(super) set: JsonWebKeySet<CoreJsonWebKey>,
    /// For logout tokens.
    pub(super) raw: Vec<Value>,
    /// When they were fetched.
    at: Timestamp,
}

/// One issuer.
#[derive(Debug)]
pub(super) struct Known {
    configured: Url,
    /// Its discovery document.
    pub(super) metadata: Metadata,
    /// The way there.
    pub(super) wire: Wire,
    keys: tokio::sync::Mutex<Held>,
    until: Timestamp,
}

/// The keys, and when they were last looked for, found or not.
#[derive(Debug)]
struct Held {
    keys: Arc<Keys>,
    looked: Timestamp,
}

/// All that is known.
#[derive(Debug, Default)]
pub(crate) struct Issuers {
    known: Mutex<BTreeMap<ProviderId, Arc<Known>>>,
    /// Logout tokens that were taken, until they would not be taken any more. Only an issuer can fill it.
    used: Mutex<BTreeMap<(ProviderId, String), Timestamp>>,
}

impl Issuers {
    /// A provider's issuer, where it is still the one at `url` and not too old.
    pub(super) fn get(&self, id: &ProviderId, url: &Url, now: Timestamp) -> Option<Arc<Known>> {
        let all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(id).filter(|known| known.configured == *url && now < known.until).cloned()
    }

    /// Keeps what was just heard.
    pub(super) fn put(&self, id: &ProviderId, known: &Arc<Known>) {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(id.clone(), known.clone());
    }

    /// Whether a logout token is seen for the first time; `until` is when it is too old anyway.
    pub(super) fn first_time(
        &self,
        id: &ProviderId,
        token: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_token, until| now < *until);
        used.insert((id.clone(), token.to_owned()), until).is_none()
    }
}

impl Known {
    /// What the issuer at `url` says now.
    pub(super) async fn ask(url: &Url, egress: &Egress, now: Timestamp) -> Result<Self, Fault> {
        let wire = Wire::to(url, egress)?;
        let document = fetch(&wire, &well_known(url), "discovery").await?;
        let metadata: Metadata = serde_json::from_value(document)
            .map_err(|_cause| lie("discovery", "the issuer's discovery document is not one"))?;
        check(&metadata, &wire, url)?;
        let keys = keys(&wire, &metadata, now).await?;
        Ok(Self {
            configured: url.clone(),
            metadata,
            wire,
            keys: tokio::sync::Mutex::new(Held { keys: Arc::new(keys), looked: now }),
            until: later(now, GOOD),
        })
    }

    /// The keys as they were last fetched.
    pub(super) async fn keys(&self) -> Arc<Keys> {
        self.keys.lock().await.keys.clone()
    }

    /// Keys that are newer than `seen`, where a look is due; none where there is nothing newer to have.
    pub(super) async fn newer_keys(
        &self,
        seen: &Keys,
        now: Timestamp,
    ) -> Result<Option<Arc<Keys>>, Fault> {
        let mut held = self.keys.lock().await;
        if held.keys.at > seen.at {
            return Ok(Some(held.keys.clone()));
        }
        if now < later(held.looked, PAUSE) {
            return Ok(None);
        }
        // Before it is known whether it answers: whoever sends rubbish makes us ask no more often for it.
        held.looked = now;
        let fresh = Arc::new(keys(&self.wire, &self.metadata, now).await?);
        held.keys.clone_from(&fresh);
        Ok(Some(fresh))
    }

    /// Which ways of signing are taken: the good ones among those that the issuer announces.
    pub(super) fn algorithms(&self) -> Vec<CoreJwsSigningAlgorithm> {
        algorithms(&self.metadata)
    }

    /// The same by their names in JOSE.
    pub(super) fn algorithm_names(&self) -> Vec<String> {
        let name = |one| serde_json::to_value(one).ok()?.as_str().map(str::to_owned);
        self.algorithms().iter().filter_map(name).collect()
    }

    /// Its own name for itself, to the letter.
    pub(super) fn name(&self) -> &str {
        self.metadata.issuer().as_str()
    }
}

/// Public-key signatures only, none that is on its way out.
fn algorithms(metadata: &Metadata) -> Vec<CoreJwsSigningAlgorithm> {
    use CoreJwsSigningAlgorithm as Alg;
    let good = [Alg::RsaSsaPkcs1V15Sha256, Alg::RsaSsaPssSha256, Alg::EcdsaP256Sha256, Alg::EdDsa];
    let announced = metadata.id_token_signing_alg_values_supported();
    good.into_iter().filter(|one| announced.contains(one)).collect()
}

/// OpenID Connect Discovery 1.0, 4.1: a closing slash is left out before the suffix.
fn well_known(issuer: &Url) -> Url {
    let mut url = issuer.clone();
    let path = issuer.path().trim_end_matches('/');
    url.set_path(&format!("{path}/.well-known/openid-configuration"));
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// Whether it is the issuer that was meant and all it names can be used.
fn check(metadata: &Metadata, wire: &Wire, configured: &Url) -> Result<(), Fault> {
    let says = metadata.issuer().as_str();
    // An address without a path cannot be written without its slash once it was read as an address.
    let bare = configured.as_str().strip_suffix('/').filter(|_| configured.path() == "/");
    if says != configured.as_str() && Some(says) != bare {
        let words = "the issuer's discovery document calls it by another address than is configured; \
                     a closing slash counts";
        return Err(misset("issuer", words));
    }
    let extras = metadata.additional_metadata();
    if extras.require_pushed_authorization_requests == Some(true) {
        let words = "the issuer wants its requests pushed (RFC 9126), which is not done";
        return Err(Fault::new(FaultKind::Unsupported, "oidc.pushed", words));
    }
    let Some(token) = metadata.token_endpoint() else {
        return Err(lie("discovery", "the issuer names no token endpoint"));
    };
    if algorithms(metadata).is_empty() {
        let words = "the issuer signs its ID tokens by no method that is accepted here";
        return Err(Fault::new(FaultKind::Unsupported, "oidc.algorithm", words));
    }
    let named = [
        ("authorization endpoint", Some(metadata.authorization_endpoint().url())),
        ("token endpoint", Some(token.url())),
        ("address of keys", Some(metadata.jwks_uri().url())),
        ("userinfo endpoint", metadata.userinfo_endpoint().map(UserInfoUrl::url)),
    ];
    let objections =
        named.into_iter().filter_map(|(what, url)| url.and_then(|url| wire.objection(what, url)));
    objections.into_iter().next().map_or(Ok(()), Err)
}

/// Keys of kinds that sign, long enough. Symmetric ones in a public document are nobody's secret.
async fn keys(wire: &Wire, metadata: &Metadata, at: Timestamp) -> Result<Keys, Fault> {
    let document = fetch(wire, metadata.jwks_uri().url(), "keys").await?;
    let listed = document.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
    let raw: Vec<Value> = listed.into_iter().filter(signs).collect();
    let read = raw.iter().filter_map(|key| serde_json::from_value(key.clone()).ok());
    let set = JsonWebKeySet::new(read.collect());
    if set.keys().is_empty() {
        return Err(lie("keys", "the issuer publishes no key that can be used"));
    }
    Ok(Keys { set, raw, at })
}

fn signs(key: &Value) -> bool {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let kind = match text("kty") {
        Some("RSA") => text("n").is_some_and(|modulus| modulus.len() >= SHORTEST_MODULUS),
        Some("EC" | "OKP") => true,
        _ => false,
    };
    kind && text("use").is_none_or(|used| used == "sig")
}

/// A JSON document that has to be there.
async fn fetch(wire: &Wire, url: &Url, what: &str) -> Result<Value, Fault> {
    let request = http::Request::get(url.as_str())
        .header(http::header::ACCEPT, "application/json")
        .body(Vec::new())
        .map_err(|_cause| misset(what, "the issuer's address cannot be asked"))?;
    let answer = wire.call(request).await.map_err(|failure| unanswered(&failure))?;
    let status = answer.status();
    if !status.is_success() {
        let kind =
            if status.is_server_error() { FaultKind::Unavailable } else { FaultKind::BadReply };
        let words = format!("the issuer answers {status} where its {what} document should be");
        let mut fault = Fault::new(kind, format!("oidc.{what}"), words);
        fault.upstream_status = Some(status.as_u16());
        return Err(fault);
    }
    serde_json::from_slice(answer.body())
        .map_err(|_cause| lie(what, format!("the issuer's {what} document is not JSON")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn where_a_discovery_document_is() {
        for (issuer, at) in [
            ("https://id.example.org", "https://id.example.org/.well-known/openid-configuration"),
            (
                "https://id.example.org/a/",
                "https://id.example.org/a/.well-known/openid-configuration",
            ),
            (
                "https://id.example.org/a",
                "https://id.example.org/a/.well-known/openid-configuration",
            ),
        ] {
            assert_eq!(well_known(&issuer.parse().unwrap()).as_str(), at);
        }
    }

    #[test]
    fn an_issuer_is_what_it_calls_itself_to_the_letter() {
        let egress = Egress::new(egress::Options::default()).unwrap();
        let code = |configured: &str, says: &str| {
            let url: Url = configured.parse().unwrap();
            let metadata: Metadata = serde_json::from_value(json!({
                "issuer": says,
                "authorization_endpoint": "https://id.example.org/authorize",
                "token_endpoint": "https://id.example.org/token",
                "jwks_uri": "https://id.example.org/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }))
            .unwrap();
            let wire = Wire::to(&url, &egress).unwrap();
            check(&metadata, &wire, &url).map_err(|fault| fault.code)
        };
        // Google's, which has no path, and one that closes it; the address bar knows no difference.
        for configured in ["https://accounts.google.com", "https://accounts.google.com/"] {
            for says in ["https://accounts.google.com", "https://accounts.google.com/"] {
                assert_eq!(code(configured, says), Ok(()), "{configured} {says}");
            }
        }
        for same in ["https://id.example.org/realms/a", "https://id.example.org/realms/a/"] {
            assert_eq!(code(same, same), Ok(()));
        }
        for (configured, says) in [
            ("https://id.example.org/realms/a", "https://id.example.org/realms/a/"),
            ("https://id.example.org/realms/a/", "https://id.example.org/realms/a"),
            ("https://id.example.org", "https://id.example.org//"),
            ("https://id.example.org", "http://id.example.org"),
            ("https://id.example.org", "https://id.example.org.evil.example"),
        ] {
            assert_eq!(code(configured, says), Err("oidc.issuer".to_owned()), "{says}");
        }
    }

    #[test]
    fn which_keys_count() {
        let long = "x".repeat(342);
        for (key, counts) in [
            (json!({"kty": "RSA", "n": long, "e": "AQAB"}), true),
            (json!({"kty": "RSA", "n": long, "e": "AQAB", "use": "sig"}), true),
            (json!({"kty": "RSA", "n": long, "e": "AQAB", "use": "enc"}), false),
            (json!({"kty": "RSA", "n": "x".repeat(171), "e": "AQAB"}), false),
            (json!({"kty": "EC", "crv": "P-256"}), true),
            (json!({"kty": "oct", "k": "c2VjcmV0"}), false),
            (json!("key"), false),
        ] {
            assert_eq!(signs(&key), counts, "{key}");
        }
    }
}
