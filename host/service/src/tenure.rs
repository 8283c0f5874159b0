//! What every change of a user has in common: who may do it, and what follows from it.
//!
//! Guarantees: whoever is shut out has no session and no link left in the same transaction; a user with
//! an end has a row that expires them. Does not: change a user's record itself.

use crate::error::{Result, ServiceError};
use crate::house::Service;
use domain::ids::UserId;
use domain::schedule::Task;
use domain::users::{Standing, User, UserState};
use store::WriteTx;

pub(crate) const UNKNOWN: ServiceError = ServiceError::NotFound { what: "user" };

/// One user, to be changed.
pub(crate) fn load(tx: &WriteTx, id: &UserId) -> Result<User> {
    tx.users().get(id)?.ok_or(UNKNOWN)
}

/// Puts the row that expires a user, or takes it away. Part of every transaction that changes an end.
///
/// # Errors
/// The store's.
pub fn reschedule_expiry(tx: &WriteTx, user: &User) -> Result<()> {
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

/// Takes away everything by which somebody could come in or be in.
pub(crate) fn shut_out(tx: &WriteTx, user: &User) -> Result<()> {
    tx.sessions().delete_of_user(&user.id, None)?;
    tx.links().delete_of_user(&user.id)?;
    Ok(())
}
