//! API tokens: made by admins for themselves, shown once, each request judged anew.
//!
//! Guarantees: only a hash is kept; a request can do what one of the token's scopes names and what its owner
//! may do at that moment, whichever is less; whoever is disabled, deleted or no admin any more has a token
//! that can do nothing, from the next request on; it never counts as a proof of who one is. Does not: choose
//! which routes a scope opens; the edge does, from the route.

use crate::activity::{about, note, oneself};
use crate::caller::Caller;
use crate::clock::later;
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use crate::random::{Purpose, fingerprint};
use crate::sessions::{self, Current};
use core::time::Duration;
use domain::activity::ActivityKind;
use domain::api_tokens::{ApiToken, Scope};
use domain::ids::{ProviderId, SessionId, encode};
use domain::role::Admin;
use domain::secret::Secret;
use domain::sessions::{Session, SessionKind, Strength};
use domain::users::User;
use jiff::Timestamp;
use std::collections::BTreeSet;
use store::WriteTx;

/// So many a person may have.
pub const MOST: usize = 25;
/// The last use is noted so often at most.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// What a token is to be.
#[derive(Debug, Clone)]
pub struct ApiTokenDraft {
    /// What its owner calls it.
    pub name: String,
    /// What it may do; at least one thing.
    pub scopes: BTreeSet<Scope>,
    /// When it ends; none: when it is revoked.
    pub expires_at: Option<Timestamp>,
}

fn owner(tx: &WriteTx, by: &Admin) -> Result<User> {
    let id = by.id().ok_or(ServiceError::NotFound { what: "user" })?;
    tx.users().get(id)?.ok_or(ServiceError::Unauthorized)
}

/// One's own tokens, the newest first.
///
/// # Errors
/// Only our own.
pub async fn list(service: &Service, by: &Admin) -> Result<Vec<ApiToken>> {
    let Some(id) = by.id().cloned() else { return Ok(Vec::new()) };
    let mut tokens = service.read(move |tx| Ok(tx.api_tokens().of_user(&id)?)).await?;
    tokens.sort_by_key(|token| core::cmp::Reverse(token.created_at));
    Ok(tokens)
}

/// Makes a token for oneself; the second value is shown once and nobody can say it again.
///
/// # Errors
/// `Invalid` for no scope, an end that is past, and one more than [`MOST`].
pub async fn make(
    service: &Service,
    by: &Admin,
    draft: ApiTokenDraft,
) -> Result<(ApiToken, Secret)> {
    let now = service.now();
    if draft.scopes.is_empty() {
        return Err(ServiceError::field("scopes", "required"));
    }
    if draft.expires_at.is_some_and(|end| end <= now) {
        return Err(ServiceError::field("expiresAt", "past"));
    }
    let secret = service.random().token(Purpose::ApiToken);
    let (hash, id) = (fingerprint(secret.expose()), encode(service.random().bytes()));
    let (here, by) = (service.clone(), by.clone());
    let token = service
        .write_aside(move |tx| {
            let user = owner(tx, &by)?;
            if tx.api_tokens().of_user(&user.id)?.len() >= MOST {
                let problem = FieldProblem::new("name", "too-many").with("max", MOST);
                return Err(ServiceError::Invalid { fields: vec![problem] });
            }
            let token = ApiToken {
                id,
                token: hash,
                user: user.id.clone(),
                name: draft.name,
                scopes: draft.scopes,
                created_at: now,
                expires_at: draft.expires_at,
                used_at: None,
                used_from: None,
            };
            tx.api_tokens().put(&token)?;
            let line = about(&here, oneself(&user), ActivityKind::ApiTokenMade, &user);
            note(tx, line.with("token", token.name.as_str()))?;
            Ok(token)
        })
        .await?;
    Ok((token, secret))
}

/// Revokes one of one's own.
///
/// # Errors
/// `NotFound` for one that is not.
pub async fn revoke(service: &Service, by: &Admin, id: &str) -> Result<()> {
    let (here, by, id) = (service.clone(), by.clone(), id.to_owned());
    service
        .write_aside(move |tx| {
            let user = owner(tx, &by)?;
            let mine = tx.api_tokens().get(&id)?.filter(|token| token.user == user.id);
            let token = mine.ok_or(ServiceError::NotFound { what: "token" })?;
            tx.api_tokens().delete(&token.id)?;
            let line = about(&here, oneself(&user), ActivityKind::ApiTokenRevoked, &user);
            note(tx, line.with("token", token.name))
        })
        .await
}

/// Whose token this is, if it may be used for what is wanted; `None` for nobody's, and for one whose owner
/// may not come in.
///
/// # Errors
/// `Forbidden` `scope` where a good token does not allow this, or no token does.
pub async fn check(
    service: &Service,
    token: &str,
    wanted: Option<Scope>,
    caller: &Caller,
) -> Result<Option<Current>> {
    if !Purpose::ApiToken.fits(token) {
        return Ok(None);
    }
    let (hash, now) = (fingerprint(token), service.now());
    let found = service
        .read(move |tx| match tx.api_tokens().by_hash(&hash)? {
            Some(token) => {
                // It counts as much as its owner's sign-in would: whether a second factor is set up.
                let strength = match tx.factors().of(&token.user)?.are_asked() {
                    true => Strength::Double,
                    false => Strength::Single,
                };
                Ok(tx.users().get(&token.user)?.map(|user| (token, user, strength)))
            }
            None => Ok(None),
        })
        .await?;
    let Some((token, user, strength)) = found else { return Ok(None) };
    let is_over = token.expires_at.is_some_and(|end| end <= now);
    if is_over || sessions::admit(&user, now).is_err() {
        return Ok(None);
    }
    if !wanted.is_some_and(|wanted| token.allows(wanted, now)) {
        return Err(ServiceError::Forbidden { code: "scope" });
    }
    noted(service, &token, caller).await;
    let session = Session { strength, ..session_of(service, &token, caller)? };
    Ok(Some(Current { session, user }))
}

/// What handlers see in a session's place. It was never proved by a person, so it is never fresh.
fn session_of(service: &Service, token: &ApiToken, caller: &Caller) -> Result<Session> {
    let ends_at = token.expires_at.unwrap_or(Timestamp::MAX);
    Ok(Session {
        id: SessionId::from_random(service.random().bytes()),
        user: token.user.clone(),
        provider: ProviderId::parse("api-token").map_err(ServiceError::internal)?,
        kind: SessionKind::ApiToken { id: token.id.clone() },
        created_at: token.created_at,
        proved_at: Timestamp::UNIX_EPOCH,
        last_seen: service.now(),
        expires_at: ends_at,
        ends_at,
        remembered: true,
        seen_from: caller.seen_from(),
        strength: Strength::Single,
        upstream: None,
    })
}

/// A request must not fail because the note could not be written.
async fn noted(service: &Service, token: &ApiToken, caller: &Caller) {
    let now = service.now();
    if token.used_at.is_some_and(|at| now < later(at, NOTED_EVERY)) {
        return;
    }
    let (id, from) = (token.id.clone(), caller.address.to_string());
    let done = service.write_aside(move |tx| {
        let Some(mut token) = tx.api_tokens().get(&id)? else { return Ok(()) };
        (token.used_at, token.used_from) = (Some(now), Some(from));
        Ok(tx.api_tokens().put(&token)?)
    });
    if let Err(error) = done.await {
        tracing::warn!(error = %error, "a token's last use could not be noted");
    }
}

#[cfg(test)]
mod tests;
