//! Signing in at an OpenID Connect issuer: there, back, and who it was.
//!
//! Guarantees: code flow with PKCE (S256), state and nonce; nothing an issuer or a browser says is believed
//! before it was checked (`attempt`, `proof`); everything goes out through egress and takes its time from
//! our clock; no fault holds a secret. Does not: decide who comes in, keep the attempt, or take it away
//! when it was used: [`crate::flows`] does.

mod attempt;
mod back_channel;
mod faults;
mod issuers;
pub(crate) mod known;
mod logout_token;
mod party;
mod person;
mod proof;
mod wire;

pub use back_channel::signed_out_there;

use crate::error::Result;
use crate::house::Service;
use crate::providers;
use attempt::Attempt;
use core::time::Duration;
use domain::fault::Fault;
use domain::identity::Identity;
use domain::ids::ProviderId;
use domain::providers::Provider;
use domain::secret::Secret;
use jiff::Timestamp;
use openidconnect::core::{CoreAuthPrompt, CoreAuthenticationFlow, CoreResponseType};
use openidconnect::{AuthType, CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier, Scope};
use serde::Serialize;
use url::Url;

/// How long somebody who signs out waits for an issuer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where the browser is sent, and what is kept until it comes back.
#[derive(Debug, Clone)]
pub struct Away {
    /// The issuer's page.
    pub url: String,
    /// To be sealed, and taken away at the first answer.
    pub sealed: Secret,
}

/// Who it was.
#[derive(Debug, Clone)]
pub struct Told {
    /// By the issuer's word.
    pub identity: Identity,
    /// The issuer's own session (`sid`), which it can end here too.
    pub upstream: Option<String>,
}

/// Begins an attempt. `callback_url` is ours, absolute, as it is registered there.
///
/// # Errors
/// `Backend` with a code `oidc.…`: the issuer is not reached, is another than configured, or cannot be used.
pub async fn begin(service: &Service, provider: &Provider, callback_url: &str) -> Result<Away> {
    away(service, provider, callback_url, None).await
}

/// Begins an attempt in which the person has to prove to the issuer anew who they are.
///
/// # Errors
/// As [`begin`].
pub async fn begin_anew(
    service: &Service,
    provider: &Provider,
    callback_url: &str,
) -> Result<Away> {
    away(service, provider, callback_url, Some(service.now())).await
}

async fn away(
    service: &Service,
    provider: &Provider,
    callback_url: &str,
    anew: Option<Timestamp>,
) -> Result<Away> {
    let known =
        issuers::known(service, provider).await.inspect_err(|fault| note(provider, fault))?;
    let issuer = issuers::issuer(provider)?;
    let secret = providers::client_secret(service, &provider.id).await?;
    let party = party::party(&known, issuer, secret.as_ref(), callback_url)?;
    let attempt = Attempt::new(issuer, callback_url, anew, service.random());
    let verifier = PkceCodeVerifier::new(attempt.verifier.clone());
    let (state, nonce) = (attempt.state().to_owned(), attempt.nonce.clone());
    let asked = party.authorize_url(
        CoreAuthenticationFlow::AuthorizationCode,
        move || CsrfToken::new(state),
        move || Nonce::new(nonce),
    );
    let scopes = issuer.scopes.iter().filter(|scope| *scope != "openid");
    let mut asked = asked
        .add_scopes(scopes.map(|scope| Scope::new(scope.clone())))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    if anew.is_some() {
        asked = asked.set_max_age(Duration::ZERO).add_prompt(CoreAuthPrompt::Login);
    }
    let (url, _state, _nonce) = asked.url();
    Ok(Away { url: url.into(), sealed: attempt.sealed()? })
}

/// Ends an attempt with what the browser came back with. Good once: the caller has taken `sealed` away.
///
/// # Errors
/// `Backend` with a code `oidc.…` for whatever is wrong, which the log has too.
pub async fn finish(
    service: &Service,
    provider: &Provider,
    sealed: &Secret,
    callback: &[(String, String)],
    callback_url: &str,
) -> Result<Told> {
    let attempt = Attempt::open(sealed)?;
    let secret = providers::client_secret(service, &provider.id).await?;
    let came = came_back(service, provider, &attempt, (callback, callback_url), secret.as_ref());
    let (identity, upstream) = came.await.inspect_err(|fault| note(provider, fault))?;
    Ok(Told { identity, upstream })
}

async fn came_back(
    service: &Service,
    provider: &Provider,
    attempt: &Attempt,
    (callback, callback_url): (&[(String, String)], &str),
    secret: Option<&Secret>,
) -> Result<(Identity, Option<String>), Fault> {
    let issuer = issuers::issuer(provider)?;
    attempt.is_for(issuer, callback_url)?;
    let known = issuers::known(service, provider).await?;
    let extras = known.metadata.additional_metadata();
    let told = extras.authorization_response_iss_parameter_supported == Some(true);
    let code = attempt.code(callback, known.name(), told)?;
    let party = party::party(&known, issuer, secret, &attempt.callback_url)?;
    let proven = proof::prove(&known, &party, (issuer, attempt), code, service.now()).await?;
    person::person(&proven)
}

fn note(provider: &Provider, fault: &Fault) {
    tracing::warn!(provider.id = %provider.id, fault.code = %fault.code, "a sign-in at an issuer failed: {fault}");
}

/// What an issuer says of itself, for the admin who tries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rehearsal {
    /// Its own name for itself.
    pub issuer: String,
    /// Where people are sent.
    pub authorization_endpoint: String,
    /// The ways of signing that are used here.
    pub algorithms: Vec<String>,
    /// How many keys it publishes that can be used.
    pub keys: usize,
    /// How the client secret is shown: `client_secret_basic`, `client_secret_post`, or `none` without one.
    pub client_auth: &'static str,
    /// Whether it answers who somebody is besides what the ID token says.
    pub userinfo: bool,
    /// Whether people can be signed out there from here.
    pub ends_sessions: bool,
    /// Whether it tells when people sign out there.
    pub tells_sign_outs: bool,
}

/// Asks an issuer anew: its document, whether it calls itself what is configured, its keys, and whether we
/// could speak with it. Nobody signs in, and the client secret is not shown to it.
///
/// # Errors
/// `Backend` with the first thing that is wrong.
pub async fn rehearse(service: &Service, provider: &Provider) -> Result<Rehearsal> {
    let secret = providers::client_secret(service, &provider.id).await?;
    let known = issuers::ask(service, provider).await?;
    let client_auth = match (secret.is_some(), party::how_we_prove(&known, secret.is_some())?) {
        (false, _) => "none",
        (true, AuthType::RequestBody) => "client_secret_post",
        (true, _) => "client_secret_basic",
    };
    let codes = known.metadata.response_types_supported();
    if !codes.iter().any(|types| **types == [CoreResponseType::Code]) {
        return Err(faults::misset("code-flow", "the issuer does not offer the code flow").into());
    }
    let extras = known.metadata.additional_metadata();
    Ok(Rehearsal {
        issuer: known.name().to_owned(),
        authorization_endpoint: known.metadata.authorization_endpoint().to_string(),
        algorithms: known.algorithm_names(),
        keys: known.keys().await.set.keys().len(),
        client_auth,
        userinfo: known.metadata.userinfo_endpoint().is_some(),
        ends_sessions: extras.end_session_endpoint.is_some(),
        tells_sign_outs: extras.backchannel_logout_supported == Some(true),
    })
}

/// Somebody who has just signed out here and is still signed in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillThere {
    /// What people call it.
    pub label: String,
    /// The issuer's own page to sign out, which asks before it does.
    pub url: Url,
}

/// Where somebody who came in by that provider can sign out at the issuer too; none where it is no issuer,
/// has no such page, or does not answer at once.
///
/// It is told who asks (`client_id`) and nothing about the person: an ID token as a hint would have to be
/// kept for it and would stand in an address (OpenID Connect RP-Initiated Logout 1.0, 2).
///
/// # Errors
/// Only our own.
pub async fn still_there(service: &Service, id: &ProviderId) -> Result<Option<StillThere>> {
    let Some(provider) = providers::find(service, id).await? else { return Ok(None) };
    let Ok(issuer) = issuers::issuer(&provider) else { return Ok(None) };
    let known = tokio::time::timeout(PATIENCE, issuers::known(service, &provider)).await;
    let Ok(Ok(known)) = known else { return Ok(None) };
    let end = known.metadata.additional_metadata().end_session_endpoint.as_deref();
    let end = end.and_then(|text| Url::parse(text).ok());
    let Some(mut url) = end.filter(|url| known.wire.objection("sign-out page", url).is_none())
    else {
        return Ok(None);
    };
    url.query_pairs_mut().append_pair("client_id", &issuer.client_id);
    let host = issuer.issuer.host_str().unwrap_or_default();
    let label = if provider.label.is_empty() { host } else { &provider.label };
    Ok(Some(StillThere { label: label.to_owned(), url }))
}

#[cfg(test)]
mod tests;
