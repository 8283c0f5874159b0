//! Deleting users, and what they have on backends.
//!
//! Guarantees: sessions end at once; while a backend does not answer, the user stays, disabled, and it is
//! tried again; no account is forgotten that may still be there. Does not: touch a backend nobody asked
//! to be touched.

use crate::accounts::{self, AccountOutcome, AccountResult};
use crate::activity::{about, actor, note};
use crate::applications;
use crate::clock::later;
use crate::error::Result;
use crate::house::Service;
use crate::identities::{self, Former};
use crate::tenure::{load, reschedule_expiry, shut_out, standing};
use core::time::Duration;
use domain::activity::{ActivityKind, Actor};
use domain::ids::UserId;
use domain::role::Admin;
use domain::schedule::Task;
use domain::users::{User, UserState};
use store::WriteTx;
use store::secrets::SecretOf;

/// When a deletion that a backend did not follow is tried again.
const AGAIN: Duration = Duration::from_secs(600);

/// What to do with a deleted user's accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnBackends {
    /// Leave them as they are.
    Keep,
    /// Switch them off.
    Disable,
    /// Delete them.
    Delete,
}

/// What became of a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Whether the user is gone; else they are disabled and go as soon as every backend has answered.
    pub gone: bool,
    /// One an account.
    pub accounts: Vec<AccountResult>,
}

/// Deletes a user, and does with their accounts what is asked. Sessions end at once. Where a backend does
/// not answer, the user stays, disabled, until it has; where it refuses, until the admin decides otherwise.
///
/// # Errors
/// `NotFound`; `Forbidden` `setup-admin`, `last-admin` or `oneself`.
pub async fn delete(
    service: &Service,
    by: &Admin,
    id: &UserId,
    on_backends: OnBackends,
) -> Result<Removal> {
    let (here, wanted, who, name) =
        (service.clone(), id.clone(), by.id().cloned(), by.name().to_owned());
    let user = service
        .write(move |tx| {
            let user = load(tx, &wanted)?;
            let standing = standing(&here, tx, who.as_ref(), &user)?;
            user.may_be_deleted(standing)?;
            let mut user = user.disabled(standing)?;
            shut_out(tx, &user, here.now())?;
            applications::overtaken(tx, &here, &name, &user)?;
            if on_backends != OnBackends::Keep {
                accounts::owe(&here, tx, &mut user, false)?;
            }
            tx.users().put(&user)?;
            reschedule_expiry(tx, &user, here.now())?;
            Ok(user)
        })
        .await?;
    let (gone, accounts) = removal(service, actor(by), user, on_backends).await?;
    Ok(Removal { gone, accounts })
}

/// The scheduler's part of a deletion: tries again what backends did not follow. Nothing where somebody
/// has let the user in again.
///
/// # Errors
/// Only our own.
pub(crate) async fn again(service: &Service, id: &UserId, on_backends: OnBackends) -> Result<()> {
    let wanted = id.clone();
    let user = service.read(move |tx| Ok(tx.users().get(&wanted)?)).await?;
    let Some(user) = user.filter(|user| user.state == UserState::Disabled) else { return Ok(()) };
    removal(service, Actor::System, user, on_backends).await.map(drop)
}

/// Does on backends what is asked; then the user goes, or stays until the next try.
async fn removal(
    service: &Service,
    by: Actor,
    user: User,
    on_backends: OnBackends,
) -> Result<(bool, Vec<AccountResult>)> {
    let answers = match on_backends {
        OnBackends::Keep => Vec::new(),
        OnBackends::Disable => {
            accounts::settle(service, &user.id).await?.map_or(Vec::new(), |(_user, all)| all)
        }
        OnBackends::Delete => deleted_accounts(service, &user).await?,
    };
    let stays = |result: &AccountResult| match result.outcome {
        AccountOutcome::Done | AccountOutcome::Gone | AccountOutcome::Kept => false,
        AccountOutcome::Owed | AccountOutcome::Unsupported | AccountOutcome::Failed => true,
    };
    let gone = !answers.iter().any(stays);
    let is_owed = answers.iter().any(|result| result.outcome == AccountOutcome::Owed);
    let again = match on_backends {
        OnBackends::Delete => Task::RemoveUser(user.id.clone()),
        OnBackends::Disable | OnBackends::Keep => Task::ForgetUser(user.id.clone()),
    };
    removed(service, by, user, (gone, is_owed.then_some(again))).await?;
    Ok((gone, answers))
}

/// Deletes the accounts; those that are gone leave the user's row.
async fn deleted_accounts(service: &Service, user: &User) -> Result<Vec<AccountResult>> {
    let answers = accounts::delete_all(service, user).await;
    let over: Vec<_> = answers
        .iter()
        .filter(|(_, result)| matches!(result.outcome, AccountOutcome::Done | AccountOutcome::Gone))
        .map(|(account, _result)| (account.backend.clone(), account.id.clone()))
        .collect();
    let id = user.id.clone();
    service
        .write(move |tx| {
            let Some(mut user) = tx.users().get(&id)? else { return Ok(()) };
            let is_over = |account: &domain::users::Account| {
                over.iter().any(|(backend, id)| account.backend == *backend && account.id == *id)
            };
            user.accounts.retain(|account| !is_over(account));
            Ok(tx.users().put(&user)?)
        })
        .await?;
    Ok(answers.into_iter().map(|(_account, result)| result).collect())
}

async fn removed(
    service: &Service,
    by: Actor,
    user: User,
    (gone, again): (bool, Option<Task>),
) -> Result<()> {
    let here = service.clone();
    let former = service
        .write(move |tx| {
            let line = |kind| about(&here, by.clone(), kind, &user);
            if gone {
                let former = forget(tx, &user.id)?;
                note(tx, line(ActivityKind::UserDeleted))?;
                return Ok(former);
            }
            if let Some(task) = again {
                tx.schedule().put(&task, later(here.now(), AGAIN))?;
            }
            // The scheduler's further tries change nothing worth a line.
            if by != Actor::System {
                note(tx, line(ActivityKind::UserDisabled))?;
            }
            Ok(Vec::new())
        })
        .await?;
    identities::let_go(service, former).await;
    Ok(())
}

/// Deletes everything that belongs to a user and nothing else; what is to be signed out elsewhere.
///
/// # Errors
/// The store's.
fn forget(tx: &WriteTx, id: &UserId) -> Result<Vec<Former>> {
    tx.users().delete(id)?;
    tx.applications().delete(id)?;
    tx.sessions().forget(id)?;
    tx.tickets().delete_of_user(id)?;
    tx.flows().delete_of_user(id, None)?;
    tx.links().delete_of_user(id)?;
    tx.api_tokens().delete_of_user(id)?;
    tx.factors().delete(id)?;
    let former = identities::forget(tx, id)?;
    tx.secrets().delete_all(SecretOf::User(id))?;
    let tasks = [
        Task::ExpireUser,
        Task::SwitchAccounts,
        Task::RemoveUser,
        Task::ForgetUser,
        Task::RemindExpiry,
    ];
    for task in tasks {
        tx.schedule().delete(&task(id.clone()))?;
    }
    for message in tx.outbox().of_user(id)? {
        tx.outbox().delete(&message.id)?;
        tx.secrets().delete_all(SecretOf::Message(&message.id))?;
        tx.schedule().delete(&Task::Deliver(message.id))?;
    }
    Ok(former)
}
