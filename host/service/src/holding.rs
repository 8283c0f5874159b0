//! What follows when somebody gets a second factor, or has one less.
//!
//! Guarantees: with the first one come recovery codes and with the last one they go; other sessions
//! end, since they were begun by less (OWASP ASVS 5.0, 7.4.3); the session that proved the new one
//! counts as begun with it. Does not: check anything.

use crate::activity::{about, note, oneself, seen_from};
use crate::caller::Caller;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::recovery;
use crate::sessions::Current;
use domain::activity::{ActivityKind, Actor};
use domain::factors::Factors;
use domain::ids::{SessionId, UserId};
use domain::secret::Secret;
use domain::sessions::Strength;
use domain::users::User;
use store::WriteTx;

/// What a factor is called in the activity.
pub(crate) const APP: &str = "authenticator app";
/// The same.
pub(crate) const PASSKEY: &str = "passkey";

/// The session somebody is in, as it is now.
///
/// # Errors
/// `Unauthorized` where it has ended meanwhile; `Forbidden` `stale-sign-in`.
pub(crate) fn still_fresh(service: &Service, tx: &WriteTx, current: &Current) -> Result<User> {
    let session = tx.sessions().get(&current.session.id)?.ok_or(ServiceError::Unauthorized)?;
    if !session.is_fresh(service.now()) {
        return Err(ServiceError::Forbidden { code: "stale-sign-in" });
    }
    tx.users().get(&session.user)?.ok_or(ServiceError::Unauthorized)
}

/// Keeps `factors` with one more in them, just proved in this session. Recovery codes where there
/// were none: to be shown now.
pub(crate) fn added(
    service: &Service,
    tx: &WriteTx,
    (mut factors, current): (Factors, &Current),
    (what, caller): (&str, &Caller),
) -> Result<Vec<Secret>> {
    let codes = if factors.recovery.is_empty() {
        recovery::renew(&mut factors, service.random())
    } else {
        Vec::new()
    };
    tx.factors().put(&factors)?;
    tx.sessions().delete_of_user(&factors.user, Some(&current.session.id))?;
    tx.tickets().delete_of_user(&factors.user)?;
    if let Some(mut session) = tx.sessions().get(&current.session.id)? {
        session.strength = Strength::Double;
        tx.sessions().put(&session)?;
    }
    let user = &current.user;
    let line = about(service, oneself(user), ActivityKind::FactorAdded, user).with("factor", what);
    note(tx, seen_from(line, caller))?;
    Ok(codes)
}

/// Who takes a factor away.
pub(crate) struct By<'a> {
    pub(crate) actor: Actor,
    /// The session it is done in, which goes on; none: all end.
    pub(crate) session: Option<&'a SessionId>,
}

/// Keeps `factors` with one less in them.
pub(crate) fn removed(
    service: &Service,
    tx: &WriteTx,
    (mut factors, user): (Factors, &User),
    (what, by): (&str, By<'_>),
) -> Result<()> {
    let none_left = !factors.are_asked();
    if none_left {
        factors.recovery.clear();
    }
    tx.factors().put(&factors)?;
    tx.sessions().delete_of_user(&user.id, by.session)?;
    tx.tickets().delete_of_user(&user.id)?;
    if none_left {
        weaken(tx, &user.id)?;
    }
    note(tx, about(service, by.actor, ActivityKind::FactorRemoved, user).with("factor", what))
}

/// A session is not begun by what its user no longer has.
fn weaken(tx: &WriteTx, user: &UserId) -> Result<()> {
    for mut session in tx.sessions().of_user(user)? {
        session.strength = Strength::Single;
        tx.sessions().put(&session)?;
    }
    Ok(())
}
