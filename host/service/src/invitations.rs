//! People who were asked to come to a backend: whether they have accepted.
//!
//! Guarantees: an account becomes usable, and gets the id it has from then on, once the backend says so;
//! one that is not there any more is gone; a backend that does not say changes nothing. Does not: ask
//! anybody to come, or remind them.

use crate::clock::{later, time_from};
use crate::error::Result;
use crate::house::Service;
use crate::reach::Reach;
use core::time::Duration;
use domain::accounts::{BackendAccount, Condition};
use domain::fault::FaultKind;
use domain::ids::UserId;
use domain::schedule::Task;
use domain::users::{Account, AccountState, User};
use jiff::Timestamp;
use store::WriteTx;

/// How soon it is looked at again at first; later, less and less often.
const SOONEST: Duration = Duration::from_secs(5 * 60);
const LATEST: Duration = Duration::from_secs(6 * 3_600);

/// Puts the row of the next look, where somebody was asked to come.
///
/// # Errors
/// The store's.
pub(crate) fn watch(tx: &WriteTx, user: &User, now: Timestamp) -> Result<()> {
    if user.accounts.iter().any(is_awaited) {
        let wait = (time_from(user.created_at, now) / 4).clamp(SOONEST, LATEST);
        tx.schedule().put(&Task::CheckInvitations(user.id.clone()), later(now, wait))?;
    }
    Ok(())
}

fn is_awaited(account: &Account) -> bool {
    account.state == AccountState::Invited
}

/// [`Task::CheckInvitations`]: looks, and puts the row of the next look while one still waits.
///
/// # Errors
/// Only our own.
pub(crate) async fn check(service: &Service, id: &UserId) -> Result<()> {
    check_by(service, service, id).await
}

pub(crate) async fn check_by<R: Reach>(service: &Service, reach: &R, id: &UserId) -> Result<()> {
    let wanted = id.clone();
    let user = service.read(move |tx| Ok(tx.users().get(&wanted)?)).await?;
    let Some(user) = user else { return Ok(()) };
    let mut heard = Vec::new();
    for account in user.accounts.into_iter().filter(is_awaited) {
        match reach.account(&account.backend, &account.id).await {
            Ok(found) => heard.push((account, Some(found))),
            Err(fault) if fault.kind == FaultKind::NotFound => heard.push((account, None)),
            Err(fault) => {
                tracing::info!(backend.id = %account.backend, fault.code, "a backend did not say whether somebody has accepted");
            }
        }
    }
    let (id, now) = (id.clone(), service.now());
    let written = service.write(move |tx| {
        let Some(mut user) = tx.users().get(&id)? else { return Ok(()) };
        for (asked, found) in heard {
            known(tx, &mut user, &asked, found, now)?;
        }
        tx.users().put(&user)?;
        watch(tx, &user, now)
    });
    written.await
}

/// Writes what is known of one, where it is still the one that was asked about.
fn known(
    tx: &WriteTx,
    user: &mut User,
    asked: &Account,
    found: Option<BackendAccount>,
    now: Timestamp,
) -> Result<()> {
    if let Some(found) = &found
        && tx
            .users()
            .by_account(&asked.backend, &found.id)?
            .is_some_and(|other| other.id != user.id)
    {
        tracing::warn!(backend.id = %asked.backend, user.id = %user.id, "who was asked to come has become the account of somebody else here");
        return Ok(());
    }
    let same =
        |one: &&mut Account| one.backend == asked.backend && one.id == asked.id && is_awaited(one);
    let Some(account) = user.accounts.iter_mut().find(same) else { return Ok(()) };
    account.checked_at = now;
    let Some(found) = found else {
        account.state = AccountState::Gone;
        return Ok(());
    };
    account.state = match found.condition {
        Condition::Invited => AccountState::Invited,
        Condition::Disabled => AccountState::Disabled,
        Condition::Active | Condition::Locked => AccountState::Active,
    };
    (account.id, account.login_name) = (found.id, found.login_name);
    Ok(())
}
