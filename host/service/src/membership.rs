//! Whether those who came in by a backend still belong to it: asked again and again.
//!
//! Guarantees: one answer shuts nobody out, a second one minutes later ends the sessions that were begun
//! there; a backend that does not answer changes nothing for a week, and then lets nobody stay for ever.
//! Does not: delete or disable a user, or touch a session begun another way.

use crate::activity::{about, note};
use crate::clock::later;
use crate::error::Result;
use crate::house::Service;
use crate::identities;
use core::time::Duration;
use domain::activity::{ActivityKind, Actor};
use domain::fault::{Fault, FaultKind};
use domain::identity::{Consequence, DOUBT, IdentityKey, LinkedIdentity, Membership};
use domain::ids::BackendId;
use domain::providers::{Provider, ProviderKind};
use domain::schedule::Task;
use domain::users::{AccountState, User};
use jiff::Timestamp;
use std::collections::BTreeMap;
use store::WriteTx;

/// Between two rounds.
const EVERY: Duration = Duration::from_secs(15 * 60);

/// Puts the row of the next round, where there is none.
pub(crate) fn reschedule(tx: &WriteTx, now: Timestamp) -> Result<()> {
    if tx.schedule().get(&Task::CheckMembership)?.is_none() {
        tx.schedule().put(&Task::CheckMembership, later(now, EVERY))?;
    }
    Ok(())
}

/// One round over everybody who came in by a backend, and the next one's row: soon, where somebody is in
/// doubt.
///
/// # Errors
/// Only our own.
pub(crate) async fn check_all(service: &Service) -> Result<()> {
    let backends = by_provider(service).await?;
    let all = service.read(|tx| Ok(tx.identities().all()?)).await?;
    let mut doubted = false;
    for identity in all {
        // Of a provider that is there no more, and of issuers, who tell by themselves.
        let Some(backend) = backends.get(identity.key.provider.as_str()) else { continue };
        if backend.as_str() != identity.key.issuer {
            continue;
        }
        let Some(said) = asked(service, backend, &identity.key).await? else { continue };
        let here = service.clone();
        let (backend, key) = (backend.clone(), identity.key);
        let heard = service.write(move |tx| heard(&here, tx, &backend, &key, &said));
        doubted |= heard.await? == Consequence::Doubted;
    }
    let doubt = Duration::try_from(DOUBT).unwrap_or(EVERY);
    let next = later(service.now(), if doubted { doubt } else { EVERY });
    service.write_aside(move |tx| Ok(tx.schedule().put(&Task::CheckMembership, next)?)).await
}

async fn by_provider(service: &Service) -> Result<BTreeMap<String, BackendId>> {
    let all = crate::providers::all(service).await?;
    let backend = |provider: Provider| match provider.kind {
        ProviderKind::Backend { backend } => Some((provider.id.to_string(), backend)),
        ProviderKind::Oidc(_) => None,
    };
    Ok(all.into_iter().filter_map(backend).collect())
}

/// What a backend says; `None` where its plugin cannot tell at all.
async fn asked(
    service: &Service,
    backend: &BackendId,
    key: &IdentityKey,
) -> Result<Option<Membership>> {
    let wanted = key.clone();
    let grant = service.read(move |tx| identities::grant(tx, &wanted)).await?;
    let said = match service.instance(backend) {
        Ok(instance) => instance.membership(&key.subject, grant.as_ref()).await,
        Err(error) => Ok(Membership::Unknown(error.to_string())),
    };
    let unknown = |fault: &Fault| Membership::Unknown(fault.code.clone());
    Ok(match said {
        Ok(said) => Some(said),
        Err(fault) if fault.kind == FaultKind::Unsupported => None,
        Err(fault) => {
            tracing::info!(backend.id = %backend, fault.code, "a backend did not say who belongs to it");
            Some(unknown(&fault))
        }
    })
}

/// What follows for one identity.
pub(crate) fn heard(
    service: &Service,
    tx: &WriteTx,
    backend: &BackendId,
    key: &IdentityKey,
    said: &Membership,
) -> Result<Consequence> {
    // Unlinked, or signed in by anew, since it was asked.
    let Some(linked) = tx.identities().get(key)? else { return Ok(Consequence::Stays) };
    let now = service.now();
    let (linked, follows) = linked.checked(said, now);
    tx.identities().put(&linked)?;
    let Some(user) = tx.users().get(&linked.user)? else { return Ok(follows) };
    match (follows, said) {
        (Consequence::Ends, said) => ended(service, tx, (user, linked), (backend, said))?,
        (Consequence::Stays, Membership::Member(_)) => back(tx, user, (backend, key), now)?,
        (Consequence::Stays | Consequence::Doubted, _) => {}
    }
    Ok(follows)
}

fn ended(
    service: &Service,
    tx: &WriteTx,
    (mut user, linked): (User, LinkedIdentity),
    (backend, said): (&BackendId, &Membership),
) -> Result<()> {
    let sessions_ended = identities::end_sessions(tx, &linked, None)?;
    let is_definite = matches!(said, Membership::Outsider);
    let account = user.accounts.iter_mut().find(|account| {
        account.backend == *backend
            && account.id == linked.key.subject
            && account.state == AccountState::Active
    });
    let mut account_ended = false;
    if let Some(account) = account.filter(|_| is_definite) {
        account.state = AccountState::Gone;
        account.checked_at = service.now();
        account_ended = true;
    }
    if account_ended {
        tx.users().put(&user)?;
    }
    if sessions_ended || account_ended {
        let line = about(service, Actor::System, ActivityKind::MembershipEnded, &user);
        note(tx, line.with("provider", linked.key.provider.as_str()))?;
    }
    Ok(())
}

/// They belong there again.
fn back(
    tx: &WriteTx,
    mut user: User,
    (backend, key): (&BackendId, &IdentityKey),
    now: Timestamp,
) -> Result<()> {
    let account = user.accounts.iter_mut().find(|account| {
        account.backend == *backend
            && account.id == key.subject
            && matches!(account.state, AccountState::Gone | AccountState::Invited)
    });
    let Some(account) = account else { return Ok(()) };
    account.state = AccountState::Active;
    account.checked_at = now;
    Ok(tx.users().put(&user)?)
}
