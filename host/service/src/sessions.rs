//! Sessions: one row under every cookie and every token, looked up on each request.
//!
//! Guarantees: only hashes are kept; who is disabled, deleted or signed out is out at the next request;
//! a refresh token is good once, and a stolen one that is used again ends the session; what was proved
//! before all of somebody's sessions were ended begins none after it. Does not: check a password.

use crate::activity::{about, actor, note, oneself, seen_from};
use crate::caller::Caller;
use crate::clock::later;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::random::{Purpose, fingerprint};
use crate::session_cache::Found;
use crate::signing::AccessToken;
use domain::activity::{ActivityKind, Actor};
use domain::ids::{ProviderId, SessionId, UserId};
use domain::role::{Admin, Role};
use domain::secret::Secret;
use domain::sessions::{Refresh, RefreshFamily, Session, SessionKind, Strength};
use domain::users::{User, UserState};
use jiff::Timestamp;
use std::sync::Arc;
use store::{Mode, Tx};

pub use store::sessions::Epoch;

/// Somebody who is signed in, as of this request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// Who.
    pub user: User,
    /// By what.
    pub session: Session,
}

/// What will hold a new session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// A browser, kept signed in.
    Remembered,
    /// A browser, until it closes, 12 hours at most.
    UntilClosed,
    /// A program.
    Program,
}

/// A session that has just begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Who.
    pub user: User,
    /// By what.
    pub session: Session,
    /// What to hand over, once.
    pub held: Held,
    /// What the browser keeps for a year to have its own throttle.
    pub device: Secret,
}

/// What a browser or a program holds.
#[derive(Debug, Clone)]
pub enum Held {
    /// One opaque cookie.
    Browser {
        /// Its value.
        cookie: Secret,
        /// When the browser may forget it; none: when it closes.
        until: Option<Timestamp>,
    },
    /// Tokens.
    Program(Tokens),
}

/// A program's tokens.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// A JWT, `at+jwt`.
    pub access: Secret,
    /// One-time.
    pub refresh: Secret,
    /// When the access token ends.
    pub expires_at: Timestamp,
}

/// Whether somebody may come in now.
///
/// # Errors
/// `Forbidden` `pending`, `disabled` or `expired`.
pub fn admit(user: &User, now: Timestamp) -> Result<()> {
    let code = match user.state {
        UserState::Pending => "pending",
        UserState::Disabled => "disabled",
        UserState::Expired => "expired",
        // An admin's end is the schedule's to judge: the last one stays.
        UserState::Active if user.role == Role::User && user.is_due(now) => "expired",
        UserState::Active => return Ok(()),
    };
    Err(ServiceError::Forbidden { code })
}

/// What somebody has just proved, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Who they are.
    pub user: UserId,
    /// By what.
    pub provider: ProviderId,
    /// How much.
    pub strength: Strength,
    /// The provider's own session, where it told.
    pub upstream: Option<String>,
    /// When; read before it was judged, or with what judged it.
    pub epoch: Epoch,
}

impl Proof {
    /// One thing was proved.
    #[must_use]
    pub const fn single(user: UserId, provider: ProviderId, epoch: Epoch) -> Self {
        Self { user, provider, strength: Strength::Single, upstream: None, epoch }
    }
}

/// Now, for what is about to be proved.
///
/// # Errors
/// Only our own.
pub async fn epoch(service: &Service) -> Result<Epoch> {
    service.read(|tx| Ok(tx.sessions().epoch()?)).await
}

/// That what somebody proved then still lets them in.
///
/// # Errors
/// `Unauthorized` where all their sessions were ended since.
pub(crate) fn still_counts<M: Mode>(tx: &Tx<M>, user: &UserId, then: Epoch) -> Result<()> {
    let is_over = tx.sessions().are_ended_since(user, then)?;
    if is_over { Err(ServiceError::Unauthorized) } else { Ok(()) }
}

/// Begins a session for somebody who has proved everything they have to: after set-up, sign-up, and
/// by [`crate::entrance`], which asks for a second factor first.
///
/// # Errors
/// `Forbidden` `pending`, `disabled` or `expired`; `Unauthorized` for a user who is gone, and for
/// a proof from before all their sessions were ended.
pub async fn begin(service: &Service, proof: Proof, keep: Keep, caller: &Caller) -> Result<Begun> {
    let (token, kind) = match keep {
        Keep::Remembered | Keep::UntilClosed => {
            let token = service.random().token(Purpose::Cookie);
            let cookie = fingerprint(token.expose());
            (token, SessionKind::Browser { cookie })
        }
        Keep::Program => {
            let token = service.random().token(Purpose::Refresh);
            let current = fingerprint(token.expose());
            (token, SessionKind::Program { refresh: RefreshFamily::of(current) })
        }
    };
    let (now, rules) = (service.now(), service.settings().settings.signin);
    let ends_at = Session::ends(now, &rules);
    let remembered = keep != Keep::UntilClosed;
    let session = Session {
        id: SessionId::from_random(service.random().bytes()),
        user: proof.user,
        provider: proof.provider,
        kind,
        created_at: now,
        proved_at: now,
        last_seen: now,
        expires_at: Session::slides_to(now, ends_at, remembered, &rules),
        ends_at,
        remembered,
        seen_from: caller.seen_from(),
        strength: proof.strength,
        upstream: proof.upstream,
    };
    let (user, session) = written(service, (session, proof.epoch), caller).await?;
    let held = match keep {
        Keep::Remembered => Held::Browser { cookie: token, until: Some(session.ends_at) },
        Keep::UntilClosed => Held::Browser { cookie: token, until: None },
        Keep::Program => Held::Program(tokens(service, &session, token)?),
    };
    let device = service.inside().devices.issue(&user.id, now, service.random());
    Ok(Begun { user, session, held, device })
}

async fn written(
    service: &Service,
    (session, proved): (Session, Epoch),
    caller: &Caller,
) -> Result<(User, Session)> {
    let (here, caller) = (service.clone(), caller.clone());
    service
        .write(move |tx| {
            let mut user = tx.users().get(&session.user)?.ok_or(ServiceError::Unauthorized)?;
            admit(&user, session.created_at)?;
            still_counts(tx, &user.id, proved)?;
            user.last_seen = Some(session.created_at);
            tx.users().put(&user)?;
            tx.sessions().put(&session)?;
            let line = about(&here, oneself(&user), ActivityKind::SignedIn, &user)
                .with("provider", session.provider.as_str());
            note(tx, seen_from(line, &caller))?;
            Ok((user, session))
        })
        .await
}

fn tokens(service: &Service, session: &Session, refresh: Secret) -> Result<Tokens> {
    let now = service.now();
    let expires_at =
        later(now, service.settings().settings.signin.access_token_life).min(session.ends_at);
    let access = service.inside().keys.signer().issue(&AccessToken {
        user: &session.user,
        session: &session.id,
        id: service.random().bytes(),
        proved_at: session.proved_at,
        now,
        until: expires_at,
    })?;
    Ok(Tokens { access, refresh, expires_at })
}

/// Who holds this cookie; `None` for nobody.
///
/// # Errors
/// Only our own.
pub async fn resolve(service: &Service, cookie: &str) -> Result<Option<Current>> {
    if !Purpose::Cookie.fits(cookie) {
        return Ok(None);
    }
    let hash = fingerprint(cookie);
    let cache = &service.inside().sessions;
    let found = match cache.by_cookie(&hash) {
        Some(found) => Some(found),
        None => {
            let began = cache.generation();
            let found = service
                .read(move |tx| match tx.sessions().by_cookie(&hash)? {
                    Some(session) => Ok(tx.users().get(&session.user)?.map(|user| (session, user))),
                    None => Ok(None),
                })
                .await?;
            found.map(Arc::new).inspect(|found| cache.keep(began, found))
        }
    };
    Ok(judged(service, found).await)
}

/// The session of an access token that was opened.
pub(crate) async fn by_id(
    service: &Service,
    id: SessionId,
    user: &UserId,
) -> Result<Option<Current>> {
    let cache = &service.inside().sessions;
    let found = match cache.by_id(&id) {
        Some(found) => Some(found),
        None => {
            let began = cache.generation();
            let found = service
                .read(move |tx| match tx.sessions().get(&id)? {
                    Some(session) => Ok(tx.users().get(&session.user)?.map(|user| (session, user))),
                    None => Ok(None),
                })
                .await?;
            found.map(Arc::new).inspect(|found| cache.keep(began, found))
        }
    };
    let found = found.filter(|found| {
        found.0.user == *user && matches!(found.0.kind, SessionKind::Program { .. })
    });
    Ok(judged(service, found).await)
}

/// Whether what was found is good now; slides its end.
async fn judged(service: &Service, found: Option<Found>) -> Option<Current> {
    let found = found?;
    let (session, user) = &*found;
    let now = service.now();
    if !is_good(session, user, now) {
        return None;
    }
    if session.touched(now, &service.settings().settings.signin).is_some() {
        noted(service, &session.id, now).await;
    }
    Some(Current { user: user.clone(), session: session.clone() })
}

fn is_good(session: &Session, user: &User, now: Timestamp) -> bool {
    !session.is_over(now) && admit(user, now).is_ok()
}

/// A request must not fail because the note could not be written.
async fn noted(service: &Service, id: &SessionId, now: Timestamp) {
    let rules = service.settings().settings.signin;
    let id = id.clone();
    let done = service.write(move |tx| {
        let session = tx.sessions().get(&id)?.and_then(|session| session.touched(now, &rules));
        session.map_or(Ok(()), |session| Ok(tx.sessions().put(&session)?))
    });
    if let Err(error) = done.await {
        tracing::warn!(error = %error, "a session's last use could not be noted");
    }
}

/// Exchanges a refresh token for the next pair.
///
/// # Errors
/// `Unauthorized` for an unknown, spent or ended one; a spent one also ends its family.
pub async fn refresh(service: &Service, token: &str, caller: &Caller) -> Result<(Current, Tokens)> {
    if !Purpose::Refresh.fits(token) {
        return Err(ServiceError::Unauthorized);
    }
    let shown = fingerprint(token);
    let successor = service.inside().devices.successor(token);
    let next = fingerprint(successor.expose());
    let (here, caller) = (service.clone(), caller.clone());
    let current = service
        .write(move |tx| {
            let now = here.now();
            let Some(mut session) = tx.sessions().by_refresh(&shown)? else { return Ok(None) };
            let Some(user) = tx.users().get(&session.user)? else { return Ok(None) };
            let SessionKind::Program { refresh } = &session.kind else { return Ok(None) };
            if !is_good(&session, &user, now) {
                return Ok(None);
            }
            match refresh.present(&shown, next, now) {
                Refresh::Rotated(family) => session.kind = SessionKind::Program { refresh: family },
                Refresh::Repeated => {}
                Refresh::Unknown => return Ok(None),
                Refresh::Stolen => {
                    tx.sessions().delete(&session.id)?;
                    let line = about(&here, Actor::System, ActivityKind::SessionsEnded, &user)
                        .with("reason", "refresh-token-reused");
                    note(tx, seen_from(line, &caller))?;
                    return Ok(None);
                }
            }
            let session = session.touched(now, &here.settings().settings.signin).unwrap_or(session);
            tx.sessions().put(&session)?;
            Ok(Some(Current { user, session }))
        })
        .await?
        .ok_or(ServiceError::Unauthorized)?;
    let tokens = tokens(service, &current.session, successor)?;
    Ok((current, tokens))
}

/// A user's sessions that are still good, the latest first.
///
/// # Errors
/// Only our own.
pub async fn list(service: &Service, user: &UserId) -> Result<Vec<Session>> {
    let (user, now) = (user.clone(), service.now());
    let mut sessions = service.read(move |tx| Ok(tx.sessions().of_user(&user)?)).await?;
    sessions.retain(|session| !session.is_over(now));
    sessions.sort_by_key(|session| core::cmp::Reverse(session.last_seen));
    Ok(sessions)
}

/// Ends the session somebody is in.
///
/// # Errors
/// Only our own.
pub async fn sign_out(service: &Service, current: &Current) -> Result<()> {
    let (here, current) = (service.clone(), current.clone());
    service
        .write(move |tx| {
            if tx.sessions().delete(&current.session.id)?.is_some() {
                note(
                    tx,
                    about(&here, oneself(&current.user), ActivityKind::SignedOut, &current.user),
                )?;
            }
            Ok(())
        })
        .await
}

/// Ends one of one's own sessions.
///
/// # Errors
/// `NotFound` for one that is not one's own.
pub async fn end(service: &Service, current: &Current, id: &SessionId) -> Result<()> {
    let by = oneself(&current.user);
    ended(service, by, &current.user.id, id).await
}

/// Ends one of somebody's sessions.
///
/// # Errors
/// `NotFound` for one that is not theirs, and for a user there is not.
pub async fn end_of(service: &Service, by: &Admin, user: &UserId, id: &SessionId) -> Result<()> {
    ended(service, actor(by), user, id).await
}

async fn ended(service: &Service, by: Actor, user: &UserId, id: &SessionId) -> Result<()> {
    const UNKNOWN: ServiceError = ServiceError::NotFound { what: "session" };
    let (here, user, id) = (service.clone(), user.clone(), id.clone());
    service
        .write(move |tx| {
            let user = tx.users().get(&user)?.ok_or(UNKNOWN)?;
            tx.sessions().get(&id)?.filter(|session| session.user == user.id).ok_or(UNKNOWN)?;
            tx.sessions().delete(&id)?;
            note(tx, about(&here, by, ActivityKind::SessionsEnded, &user))
        })
        .await
}

/// Ends all of one's own sessions but the one somebody is in; how many there were.
///
/// # Errors
/// Only our own.
pub async fn end_others(service: &Service, current: &Current) -> Result<usize> {
    let (here, current) = (service.clone(), current.clone());
    service
        .write(move |tx| {
            let user = &current.user;
            let ended = tx.sessions().delete_of_user(&user.id, Some(&current.session.id))?;
            tx.tickets().delete_of_user(&user.id)?;
            if ended > 0 {
                note(tx, about(&here, oneself(user), ActivityKind::SessionsEnded, user))?;
            }
            Ok(ended)
        })
        .await
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod model;
