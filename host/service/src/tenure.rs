//! What every change of a user has in common: who may do it, and what follows from it.
//!
//! Guarantees: whoever is shut out has no session and no way in left in the same transaction; a user with
//! an end has a row that expires them and one that reminds them. Does not: change a user's record itself.

use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::recall::recall;
use crate::{expiring, inviting, links};
use domain::ids::{SessionId, UserId};
use domain::links::may_hand_over;
use domain::outbox::MessageKind;
use domain::schedule::Task;
use domain::users::{Standing, User, UserState};
use jiff::Timestamp;
use store::WriteTx;

pub(crate) const UNKNOWN: ServiceError = ServiceError::NotFound { what: "user" };

/// One user, to be changed.
pub(crate) fn load(tx: &WriteTx, id: &UserId) -> Result<User> {
    tx.users().get(id)?.ok_or(UNKNOWN)
}

/// Puts the rows that remind and expire a user, or takes them away. Part of every transaction that changes
/// an end.
///
/// # Errors
/// The store's.
pub fn reschedule_expiry(tx: &WriteTx, user: &User, now: Timestamp) -> Result<()> {
    expiring::reschedule(tx, user, now)?;
    let task = Task::ExpireUser(user.id.clone());
    match user.expires_at.filter(|_end| user.state == UserState::Active) {
        Some(end) => tx.schedule().put(&task, end)?,
        None => {
            tx.schedule().delete(&task)?;
        }
    }
    Ok(())
}

/// Who does it, and how many other admins may come in.
pub(crate) fn standing<'a>(
    service: &Service,
    tx: &WriteTx,
    by: Option<&'a UserId>,
    user: &User,
) -> Result<Standing<'a>> {
    let now = service.now();
    let admins = tx.users().admins()?;
    let others = admins
        .iter()
        .filter(|other| other.id != user.id && other.is_active_admin() && !other.is_due(now));
    Ok(Standing { by, other_admins: others.count() })
}

/// Whether whoever asks may hold what makes them this user: a link to a new password, the mailbox it goes
/// to, an account that signs them in.
///
/// # Errors
/// `Forbidden` `setup-admin` or `other-admin`; `Unauthorized` for an admin who is gone.
pub(crate) fn may_become(tx: &WriteTx, by: Option<&UserId>, user: &User) -> Result<()> {
    let by = match by {
        Some(id) => Some(tx.users().get(id)?.ok_or(ServiceError::Unauthorized)?),
        None => None,
    };
    Ok(may_hand_over(by.as_ref(), user)?)
}

/// Ends everything by which somebody is in or is about to come in, but one session: sessions with their
/// tokens, links, sign-ins between two proofs, and what was begun in a session that ends. Part of every new
/// password, of another role, and of whatever shuts somebody out. API tokens stay: each of their requests
/// asks who their owner is by then.
pub(crate) fn end_all(tx: &WriteTx, user: &User, except: Option<&SessionId>) -> Result<usize> {
    let ended = tx.sessions().delete_of_user(&user.id, except)?;
    tx.tickets().delete_of_user(&user.id)?;
    tx.flows().delete_of_user(&user.id, except)?;
    links::end_ways_in(tx, user)?;
    Ok(ended)
}

/// Takes away everything by which somebody could come in or be in.
pub(crate) fn shut_out(tx: &WriteTx, user: &User, now: Timestamp) -> Result<()> {
    end_all(tx, user, None)?;
    inviting::close_beyond(tx, user, now)?;
    recall(tx, &user.id, now, |message| message.kind == MessageKind::Reset)
}

#[cfg(test)]
mod tests;
