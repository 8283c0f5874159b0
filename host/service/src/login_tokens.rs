//! Links that sign in without a password: made by an admin, shown once, good once or until their end.
//!
//! Guarantees: an admin makes one only for themselves or for somebody who is no admin, and it is good only
//! while they could make it again; one at a time for each person; one that is unknown, used, over or revoked
//! cannot be told apart; whoever set up a second factor is asked for it here too. Does not: make the links
//! of the console; those are used here like all others.

use crate::activity::{about, actor, note};
use crate::caller::Caller;
use crate::clock::{later, time_from};
use crate::entrance::{self, Entered};
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::links::{self, LinkDraft};
use crate::sessions::{self, Keep, Proof};
use crate::tenure::UNKNOWN;
use crate::throttles;
use core::time::Duration;
use domain::activity::ActivityKind;
use domain::ids::{ProviderId, UserId};
use domain::links::{Link, LinkPurpose, may_sign_in_as};
use domain::role::Admin;
use domain::secret::Secret;
use domain::users::User;
use jiff::Timestamp;
use store::{Mode, Tx, WriteTx};

/// How long one is good where nobody says.
const USUAL: Duration = Duration::from_secs(24 * 3_600);
/// How long one may be good at most.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// What a login token is to be.
#[derive(Debug, Clone, Copy)]
pub struct LoginTokenDraft {
    /// Good once; else any number of times until its end.
    pub once: bool,
    /// Its end; none: in a day.
    pub expires_at: Option<Timestamp>,
}

/// A login token that was just made: nobody can say it again.
#[derive(Debug, Clone)]
pub struct LoginToken {
    /// What a program shows.
    pub token: Secret,
    /// `/login/token/...` below the public address, for a person.
    pub path: Secret,
    /// The whole address, where the public one is known.
    pub url: Option<Secret>,
    /// What is known of it afterwards.
    pub about: LoginTokenView,
}

/// A login token, without itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginTokenView {
    /// Good once.
    pub once: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

impl From<&Link> for LoginTokenView {
    fn from(link: &Link) -> Self {
        Self {
            once: !link.many,
            created_at: link.created_at,
            expires_at: link.expires_at,
            used_at: link.used_at,
        }
    }
}

fn is_one(link: &Link) -> bool {
    link.purpose == LinkPurpose::SignIn
}

/// Makes a login token; the one before it ends.
///
/// # Errors
/// `NotFound`; `Forbidden` `setup-admin` or `other-admin`, and for a user who may not come in; `Invalid` for
/// an end that is past or too far away.
pub async fn make(
    service: &Service,
    by: &Admin,
    id: &UserId,
    draft: LoginTokenDraft,
) -> Result<LoginToken> {
    let now = service.now();
    let life = match draft.expires_at {
        None => USUAL,
        Some(end) if end <= now => return Err(ServiceError::field("expiresAt", "past")),
        Some(end) => time_from(now, end),
    };
    if life > LONGEST {
        return Err(ServiceError::field("expiresAt", "too-far"));
    }
    let (here, by, id) = (service.clone(), by.clone(), id.clone());
    service
        .write_aside(move |tx| {
            let user = tx.users().get(&id)?.ok_or(UNKNOWN)?;
            if let Some(maker) = by.id() {
                let maker = tx.users().get(maker)?.ok_or(ServiceError::Unauthorized)?;
                may_sign_in_as(&maker, &user)?;
            }
            sessions::admit(&user, now)?;
            links::end(tx, &user.id, is_one)?;
            let link = LinkDraft {
                purpose: LinkPurpose::SignIn,
                user: user.id.clone(),
                address: None,
                cause: None,
                life,
            };
            let mut made = links::make(tx, &here, link)?;
            made.link.many = !draft.once;
            made.link.by = by.id().cloned();
            tx.links().put(&made.link)?;
            note(tx, about(&here, actor(&by), ActivityKind::LoginTokenMade, &user))?;
            let token = made.path.expose().rsplit('/').next().map(Secret::from);
            Ok(LoginToken {
                token: token.unwrap_or_else(|| made.path.clone()),
                about: LoginTokenView::from(&made.link),
                path: made.path,
                url: made.url,
            })
        })
        .await
}

/// The one somebody has now, if any.
///
/// # Errors
/// `NotFound`.
pub async fn of(service: &Service, _by: &Admin, id: &UserId) -> Result<Option<LoginTokenView>> {
    let (id, now) = (id.clone(), service.now());
    service
        .read(move |tx| {
            let user = tx.users().get(&id)?.ok_or(UNKNOWN)?;
            let open = links::open(tx, &user.id, LinkPurpose::SignIn, now)?;
            Ok(open.last().map(LoginTokenView::from))
        })
        .await
}

/// Ends the one somebody has.
///
/// # Errors
/// `NotFound`, also where there is none.
pub async fn revoke(service: &Service, by: &Admin, id: &UserId) -> Result<()> {
    let (here, by, id) = (service.clone(), by.clone(), id.clone());
    service
        .write_aside(move |tx| {
            let user = tx.users().get(&id)?.ok_or(UNKNOWN)?;
            if links::open(tx, &id, LinkPurpose::SignIn, here.now())?.is_empty() {
                return Err(ServiceError::NotFound { what: "login token" });
            }
            links::end(tx, &id, is_one)?;
            note(tx, about(&here, actor(&by), ActivityKind::LoginTokenRevoked, &user))
        })
        .await
}

/// Whether one is still good, without using it.
///
/// # Errors
/// `Gone`.
pub async fn look(service: &Service, token: &str) -> Result<()> {
    let (token, now) = (token.to_owned(), service.now());
    let found = service.read(move |tx| good(tx, &token, now)).await?;
    found.map(drop).ok_or(ServiceError::Gone)
}

/// The link and whom it lets in, where both are good now, and whoever made it could make it again.
fn good<M: Mode>(tx: &Tx<M>, token: &str, now: Timestamp) -> Result<Option<(Link, User)>> {
    let Some((link, user)) = links::good(tx, token, LinkPurpose::SignIn, now)? else {
        return Ok(None);
    };
    let Some(by) = &link.by else { return Ok(Some((link, user))) };
    let maker = tx.users().get(by)?;
    let may = maker.is_some_and(|maker| {
        Admin::prove(&maker).is_some() && may_sign_in_as(&maker, &user).is_ok()
    });
    Ok(may.then_some((link, user)))
}

/// Signs in with one.
///
/// # Errors
/// `Gone`, alike for one that is unknown, used, over or revoked; `Forbidden` `pending`, `disabled` or
/// `expired`, which uses nothing up; `Throttled`.
pub async fn enter(service: &Service, token: &str, keep: Keep, caller: &Caller) -> Result<Entered> {
    let bucket = [format!("login-token/{}", caller.network())];
    let (counted, now) = (bucket.clone(), service.now());
    service.write_aside(move |tx| throttles::count(tx, &counted, now)).await?;
    let token = token.to_owned();
    let link = service.write_aside(move |tx| {
        let (link, user) = good(tx, &token, now)?.ok_or(ServiceError::Gone)?;
        throttles::take_back(tx, &bucket, now)?;
        sessions::admit(&user, now)?;
        used(tx, &link, now)?;
        Ok((link, tx.sessions().epoch()?))
    });
    let (link, epoch) = link.await?;
    let provider = ProviderId::parse("login-link").map_err(ServiceError::internal)?;
    entrance::enter(service, Proof::single(link.user, provider, epoch), keep, caller).await
}

fn used(tx: &WriteTx, link: &Link, now: Timestamp) -> Result<()> {
    if link.many {
        return Ok(tx.links().put(&Link { used_at: Some(now), ..link.clone() })?);
    }
    tx.links().take(&link.token)?;
    Ok(())
}

/// Until when one is good that is made now and lasts so long.
#[must_use]
pub fn end_after(service: &Service, life: Duration) -> Timestamp {
    later(service.now(), life)
}

#[cfg(test)]
mod tests;
