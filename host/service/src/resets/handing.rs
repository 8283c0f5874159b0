//! A link that an admin makes for somebody.

use super::issuing::{self, LONG_LIFE};
use crate::activity::{about, actor, note};
use crate::compose::facts;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::sessions;
use crate::tenure::may_become;
use crate::{links, outbox};
use domain::activity::ActivityKind;
use domain::ids::UserId;
use domain::links::ResetCause;
use domain::role::Admin;
use domain::secret::Secret;
use jiff::Timestamp;
use store::WriteTx;

/// A link to a new password, to be handed over; shown once.
#[derive(Debug, Clone)]
pub struct ResetLink {
    /// The whole address; only its path where the public address is not known.
    pub url: Secret,
    /// Good until then.
    pub expires_at: Timestamp,
    /// Whether it is on its way by mail, too.
    pub mailed: bool,
}

/// Makes a link with which a user's password can be set, once, for a day. Earlier ones end.
///
/// # Errors
/// `NotFound`; `Forbidden` for a user who may not come in, `setup-admin` for the first admin, and
/// `other-admin` for another admin unless the first one asks.
pub async fn link(service: &Service, by: &Admin, id: &UserId) -> Result<ResetLink> {
    made(service, by, id, Mailed::No).await
}

/// The same, and owes the mail that brings it, where the user has a confirmed address.
///
/// # Errors
/// As [`link()`].
pub async fn mail_link(service: &Service, by: &Admin, id: &UserId) -> Result<ResetLink> {
    made(service, by, id, Mailed::Yes).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mailed {
    Yes,
    No,
}

async fn made(service: &Service, by: &Admin, id: &UserId, mailed: Mailed) -> Result<ResetLink> {
    let (here, by, id) = (service.clone(), by.clone(), id.clone());
    service.write_aside(move |tx| make(tx, &here, &by, &id, mailed)).await
}

fn make(
    tx: &WriteTx,
    service: &Service,
    by: &Admin,
    id: &UserId,
    mailed: Mailed,
) -> Result<ResetLink> {
    let user = tx.users().get(id)?.ok_or(ServiceError::NotFound { what: "user" })?;
    may_become(tx, by.id(), &user)?;
    sessions::admit(&user, service.now())?;
    issuing::end_older(tx, id, service.now())?;
    let address =
        issuing::proved(&user).filter(|_| mailed == Mailed::Yes && links::can_be_mailed(service));
    let made = issuing::issue(tx, service, &user, ResetCause::Admin, (address.clone(), LONG_LIFE))?;
    let expires_at = made.link.expires_at;
    let by_mail = address.and(made.url.clone());
    let is_mailed = by_mail.is_some();
    if let Some(url) = by_mail {
        let owed = issuing::owed(&user, expires_at).with(facts::BY, facts::BY_ADMIN);
        outbox::owe(tx, service, owed.link(url))?;
    }
    note(tx, about(service, actor(by), ActivityKind::ResetLinkMade, &user))?;
    Ok(ResetLink { url: made.url.unwrap_or(made.path), expires_at, mailed: is_mailed })
}
