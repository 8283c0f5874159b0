//! The identities people have: what was heard last, linking one more, unlinking one.
//!
//! Guarantees: an identity has one owner; it is linked by whoever is signed in as both, never because a
//! name or an address is the same; nobody unlinks their last way in. Does not: ask a provider who
//! somebody is ([`crate::flows`] does).

use crate::activity::{about, note, oneself};
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::sessions::Current;
use crate::ways_in::{self, Going};
use domain::activity::ActivityKind;
use domain::flows::Proved;
use domain::identity::{Identity, IdentityKey, LinkedIdentity};
use domain::ids::{BackendId, ProviderId, UserId};
use domain::providers::{Provider, ProviderKind};
use domain::schedule::Task;
use domain::secret::Secret;
use domain::users::User;
use store::secrets::SecretOf;
use store::{Mode, Tx, WriteTx};

/// What later calls to a plugin need, sealed beside an identity.
const GRANT: &str = "grant";

/// A grant that nothing keeps any more.
#[derive(Debug, Clone)]
pub struct Former {
    /// Of which backend.
    pub(crate) backend: BackendId,
    /// What to sign out there.
    pub(crate) grant: Secret,
}

/// A grant that nothing will keep.
pub(crate) fn former(provider: &Provider, grant: Option<Secret>) -> Option<Former> {
    let ProviderKind::Backend { backend } = &provider.kind else { return None };
    grant.map(|grant| Former { backend: backend.clone(), grant })
}

/// What keys somebody at a provider.
pub(crate) fn key(provider: &Provider, subject: &str) -> IdentityKey {
    IdentityKey {
        provider: provider.id.clone(),
        issuer: provider.issuer().to_owned(),
        subject: subject.to_owned(),
    }
}

/// Who has it; of a backend also by the id that it had before it got a row of its own.
pub(crate) fn find<M: Mode>(
    tx: &Tx<M>,
    provider: &Provider,
    subject: &str,
) -> Result<Option<LinkedIdentity>> {
    let key = key(provider, subject);
    if let Some(linked) = tx.identities().get(&key)? {
        return Ok(Some(linked));
    }
    match &provider.kind {
        ProviderKind::Backend { backend } if backend.as_str() != provider.id.as_str() => {
            let bare = ProviderId::parse(backend.as_str()).map_err(ServiceError::internal)?;
            Ok(tx.identities().get(&IdentityKey { provider: bare, ..key })?)
        }
        ProviderKind::Backend { .. } | ProviderKind::Oidc(_) => Ok(None),
    }
}

/// Whose an identity is: who has it, or has the account on the backend that it is of.
///
/// # Errors
/// Only our own.
pub(crate) fn owner<M: Mode>(
    tx: &Tx<M>,
    provider: &Provider,
    subject: &str,
) -> Result<Option<User>> {
    if let Some(linked) = find(tx, provider, subject)? {
        return Ok(tx.users().get(&linked.user)?);
    }
    match &provider.kind {
        ProviderKind::Backend { backend } => Ok(tx.users().by_account(backend, subject)?),
        ProviderKind::Oidc(_) => Ok(None),
    }
}

/// Writes what a provider just said about somebody here. Whose it is was looked at in this transaction.
/// The grant it had before, where there is another one now.
///
/// # Errors
/// The store's.
pub(crate) fn keep(
    service: &Service,
    tx: &WriteTx,
    provider: &Provider,
    user: &UserId,
    identity: &Identity,
) -> Result<Option<Former>> {
    let key = key(provider, &identity.subject);
    let before = find(tx, provider, &identity.subject)?;
    if let Some(old) = before.as_ref().filter(|old| old.key != key) {
        move_grant(tx, &old.key, &key)?;
        tx.identities().delete(&old.key)?;
    }
    keep_under(service, tx, (key, before), user, identity)
}

/// Links who somebody proved to be before they signed up, in the sign-up's transaction.
///
/// # Errors
/// `Taken` at `identity` where somebody has it meanwhile.
pub fn keep_proved(
    service: &Service,
    tx: &WriteTx,
    user: &UserId,
    proved: &Proved,
    grant: Option<Secret>,
) -> Result<Option<Former>> {
    let before = tx.identities().get(&proved.key)?;
    if before.as_ref().is_some_and(|linked| linked.user != *user) {
        return Err(ServiceError::Taken { field: "identity" });
    }
    let identity = Identity {
        subject: proved.key.subject.clone(),
        display_name: proved.display_name.clone(),
        login_name: proved.login_name.clone(),
        email: proved.email.clone(),
        email_verified: proved.email_verified,
        avatar_url: proved.avatar_url.clone(),
        claims: proved.claims.clone(),
        grant,
    };
    keep_under(service, tx, (proved.key.clone(), before), user, &identity)
}

fn keep_under(
    service: &Service,
    tx: &WriteTx,
    (key, before): (IdentityKey, Option<LinkedIdentity>),
    user: &UserId,
    identity: &Identity,
) -> Result<Option<Former>> {
    let now = service.now();
    let picture_changed = before.as_ref().map(|old| &old.avatar_url) != Some(&identity.avatar_url);
    let linked = LinkedIdentity {
        key: key.clone(),
        user: user.clone(),
        display_name: identity.display_name.clone(),
        login_name: identity.login_name.clone(),
        email: identity.email.clone(),
        email_verified: identity.email_verified,
        avatar_url: identity.avatar_url.clone(),
        claims: identity.claims.clone(),
        linked_at: before.map_or(now, |old| old.linked_at),
        used_at: Some(now),
        known_at: now,
        outside_since: None,
        unknown_since: None,
    };
    tx.identities().put(&linked)?;
    if identity.avatar_url.is_some() && (picture_changed || tx.pictures().get(user)?.is_none()) {
        tx.schedule().put(&Task::FetchPicture(user.clone()), now)?;
    }
    keep_grant(tx, &key, identity.grant.as_ref())
}

fn move_grant(tx: &WriteTx, from: &IdentityKey, to: &IdentityKey) -> Result<()> {
    if let Some(grant) = tx.secrets().get(SecretOf::Identity(from), GRANT)? {
        tx.secrets().put(SecretOf::Identity(to), GRANT, &grant)?;
    }
    Ok(tx.secrets().delete_all(SecretOf::Identity(from))?)
}

fn keep_grant(tx: &WriteTx, key: &IdentityKey, grant: Option<&Secret>) -> Result<Option<Former>> {
    let Some(grant) = grant else { return Ok(None) };
    let before = tx.secrets().get(SecretOf::Identity(key), GRANT)?;
    tx.secrets().put(SecretOf::Identity(key), GRANT, grant)?;
    Ok(before.filter(|old| old != grant).and_then(|old| of_backend(key, old)))
}

/// Of an identity at a backend: an issuer gives no grant.
fn of_backend(key: &IdentityKey, grant: Secret) -> Option<Former> {
    Some(Former { backend: BackendId::parse(&key.issuer).ok()?, grant })
}

/// What later calls about an identity need.
pub(crate) fn grant<M: Mode>(tx: &Tx<M>, key: &IdentityKey) -> Result<Option<Secret>> {
    Ok(tx.secrets().get(SecretOf::Identity(key), GRANT)?)
}

/// Signs out what nothing needs any more. A provider that does not answer keeps a token that nobody has:
/// it is told once, and that is noted.
pub(crate) async fn let_go(service: &Service, former: impl IntoIterator<Item = Former>) {
    for one in former {
        let Ok(instance) = service.instance(&one.backend) else { continue };
        if let Err(fault) = instance.release(&one.grant).await {
            tracing::info!(backend.id = %one.backend, fault.code, "a token could not be signed out");
        }
    }
}

/// Takes an identity away with what is sealed beside it; the grant to let go of.
pub(crate) fn remove(tx: &WriteTx, key: &IdentityKey) -> Result<Option<Former>> {
    let grant = grant(tx, key)?;
    tx.secrets().delete_all(SecretOf::Identity(key))?;
    tx.identities().delete(key)?;
    Ok(grant.and_then(|grant| of_backend(key, grant)))
}

/// Takes away all that a user has of them, their picture and what they asked for; the grants to let go of.
pub(crate) fn forget(tx: &WriteTx, user: &UserId) -> Result<Vec<Former>> {
    let mut former = Vec::new();
    for identity in tx.identities().of_user(user)? {
        former.extend(remove(tx, &identity.key)?);
    }
    tx.pictures().delete(user)?;
    tx.schedule().delete(&Task::FetchPicture(user.clone()))?;
    Ok(former)
}

/// An identity to its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mine {
    /// What was heard.
    pub identity: LinkedIdentity,
    /// It is of an account that the house gave or adopted: it goes with that, not by itself.
    pub is_account: bool,
    /// Nothing else would let them in.
    pub is_last: bool,
}

/// A user's, by provider.
///
/// # Errors
/// Only our own.
pub async fn of_user(service: &Service, user: &UserId) -> Result<Vec<Mine>> {
    let (here, user) = (service.clone(), user.clone());
    service
        .read(move |tx| {
            let Some(user) = tx.users().get(&user)? else { return Ok(Vec::new()) };
            let all = tx.identities().of_user(&user.id)?;
            let mine = all.into_iter().map(|identity| {
                let going = Going::Identity(&identity.key);
                let is_last = !ways_in::are_left(&here, tx, &user, going)?;
                Ok(Mine { is_account: is_account(&user, &identity.key), is_last, identity })
            });
            mine.collect()
        })
        .await
}

fn is_account(user: &User, key: &IdentityKey) -> bool {
    let is_it = |account: &domain::users::Account| {
        account.backend.as_str() == key.issuer && account.id == key.subject
    };
    user.accounts.iter().any(is_it)
}

/// Gives somebody who is signed in one more identity.
///
/// # Errors
/// `Taken` at `identity` where somebody else has it.
pub(crate) fn link(
    service: &Service,
    tx: &WriteTx,
    provider: &Provider,
    user: &User,
    identity: &Identity,
) -> Result<Option<Former>> {
    let owner = owner(tx, provider, &identity.subject)?;
    let is_new = owner.is_none();
    if owner.is_some_and(|owner| owner.id != user.id) {
        return Err(ServiceError::Taken { field: "identity" });
    }
    let former = keep(service, tx, provider, &user.id, identity)?;
    if is_new {
        let line = about(service, oneself(user), ActivityKind::IdentityLinked, user);
        note(tx, line.with("provider", provider.id.as_str()))?;
    }
    Ok(former)
}

/// Takes one of one's own identities away; sessions begun by it end, but for the one this is asked in.
///
/// # Errors
/// `NotFound` for one that is not one's own; `Forbidden` `last-way-in`, and `account-here` for one that
/// goes with an account.
pub async fn unlink(service: &Service, current: &Current, which: &IdentityKey) -> Result<()> {
    let (here, who, key) = (service.clone(), current.clone(), which.clone());
    let former = service
        .write(move |tx| {
            let user = tx.users().get(&who.user.id)?.ok_or(ServiceError::Unauthorized)?;
            let linked = tx.identities().get(&key)?.filter(|linked| linked.user == user.id);
            let Some(linked) = linked else {
                return Err(ServiceError::NotFound { what: "identity" });
            };
            if is_account(&user, &key) {
                return Err(ServiceError::Forbidden { code: "account-here" });
            }
            if !ways_in::are_left(&here, tx, &user, Going::Identity(&key))? {
                return Err(ServiceError::Forbidden { code: "last-way-in" });
            }
            end_sessions(tx, &linked, Some(&who.session.id))?;
            let line = about(&here, oneself(&user), ActivityKind::IdentityUnlinked, &user);
            note(tx, line.with("provider", key.provider.as_str()))?;
            remove(tx, &key)
        })
        .await?;
    let_go(service, former).await;
    Ok(())
}

/// Ends the sessions that were begun by an identity's provider, and what is between two proofs; whether
/// there were any sessions.
pub(crate) fn end_sessions(
    tx: &WriteTx,
    linked: &LinkedIdentity,
    but: Option<&domain::ids::SessionId>,
) -> Result<bool> {
    tx.sessions().begin_epoch(&linked.user)?;
    tx.tickets().delete_of_user(&linked.user)?;
    let mut any = false;
    for session in tx.sessions().of_user(&linked.user)? {
        if session.provider == linked.key.provider && Some(&session.id) != but {
            tx.sessions().delete(&session.id)?;
            any = true;
        }
    }
    Ok(any)
}
