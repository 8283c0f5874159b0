//! Sessions that end here because somebody has signed out at the issuer.
//!
//! Guarantees: only sessions that came by that provider end, and none that began after it was said; each
//! logout token is good once. Does not: tell an outsider whether anybody was signed in.

use super::faults::stray;
use super::issuers;
use super::logout_token::{self, FRESH, SignedOut};
use crate::activity::{about, note, seen_from};
use crate::caller::Caller;
use crate::clock::later;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::providers;
use crate::throttles::{self, Ration};
use core::time::Duration;
use domain::activity::{ActivityKind, Actor};
use domain::fault::Fault;
use domain::identity::IdentityKey;
use domain::ids::{ProviderId, UserId};
use domain::providers::Provider;
use domain::sessions::Session;
use std::collections::BTreeSet;
use store::WriteTx;

/// A household signs out seldom; whoever sends rubbish is not looked at for long.
const CALLS: Ration = Ration { times: 120, window: Duration::from_secs(600) };

/// Takes a logout token and ends what it ends. How many sessions that were.
///
/// # Errors
/// `NotFound` for a provider that is no issuer, `Backend` for a token that does not count, `Throttled`.
pub async fn signed_out_there(
    service: &Service,
    id: &ProviderId,
    token: &str,
    caller: &Caller,
) -> Result<usize> {
    let (network, now) = (caller.network(), service.now());
    let spent = service
        .write_aside(move |tx| throttles::spend(tx, &format!("logouts/{network}"), CALLS, now));
    if let Some(retry_after) = spent.await? {
        return Err(ServiceError::Throttled { retry_after });
    }
    let provider = providers::find(service, id).await?;
    let provider = provider.ok_or(ServiceError::NotFound { what: "provider" })?;
    let said = read(service, &provider, token).await.inspect_err(|fault| {
        tracing::warn!(provider.id = %provider.id, fault.code = %fault.code, "a logout token does not count: {fault}");
    })?;
    let (here, caller) = (service.clone(), caller.clone());
    service.write(move |tx| end(&here, tx, (&provider, &said), &caller)).await
}

async fn read(service: &Service, provider: &Provider, token: &str) -> Result<SignedOut, Fault> {
    let issuer = issuers::issuer(provider)?;
    let known = issuers::known(service, provider).await?;
    let said = logout_token::read(&known, issuer, token, service.now()).await?;
    let until = later(said.at, FRESH);
    let first = service.inside().issuers.first_time(&provider.id, &said.id, until, service.now());
    if first { Ok(said) } else { Err(stray("logout-token", "the logout token was used before")) }
}

fn end(
    service: &Service,
    tx: &WriteTx,
    (provider, said): (&Provider, &SignedOut),
    caller: &Caller,
) -> Result<usize> {
    let ends = |session: &Session| {
        session.provider == provider.id
            && session.created_at <= said.at
            && said.session.as_ref().is_none_or(|sid| session.upstream.as_ref() == Some(sid))
    };
    if let (None, Some(sid)) = (&said.subject, &said.session) {
        tx.tickets().delete_of_upstream(&provider.id, sid)?;
    }
    let mut ended = 0;
    for user in whose(tx, provider, said)? {
        let sessions = tx.sessions().of_user(&user)?;
        let over: Vec<&Session> = sessions.iter().filter(|session| ends(session)).collect();
        for session in &over {
            tx.sessions().delete(&session.id)?;
        }
        if said.subject.is_some() {
            // Who is half in begins again.
            tx.sessions().begin_epoch(&user)?;
            tx.tickets().delete_of_user(&user)?;
        }
        ended += over.len();
        if let (false, Some(user)) = (over.is_empty(), tx.users().get(&user)?) {
            let line = about(service, Actor::System, ActivityKind::SessionsEnded, &user)
                .with("reason", "signed-out-there")
                .with("provider", provider.id.as_str());
            note(tx, seen_from(line, caller))?;
        }
    }
    Ok(ended)
}

/// Who it may be: whoever has that identity, or all who have one there where only a session is named.
fn whose(tx: &WriteTx, provider: &Provider, said: &SignedOut) -> Result<BTreeSet<UserId>> {
    let Some(subject) = &said.subject else {
        let all = tx.identities().of_provider(&provider.id)?;
        return Ok(all.into_iter().map(|identity| identity.user).collect());
    };
    let key = IdentityKey {
        provider: provider.id.clone(),
        issuer: provider.issuer().to_owned(),
        subject: subject.clone(),
    };
    Ok(tx.identities().get(&key)?.map(|identity| identity.user).into_iter().collect())
}
