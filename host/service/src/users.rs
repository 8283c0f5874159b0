//! Users: who there is, who may come in, until when.
//!
//! Guarantees: whoever is shut out is signed out in the same transaction; the first admin and the last
//! one cannot be shut out; an expiry disables and never deletes. Does not: ask a backend inside a transaction.

use crate::accounts::{self, AccountResult};
use crate::activity::{about, actor, note};
use crate::applications;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::outbox::{self, Owed};
use crate::paging::{self, Page};
use crate::passwords;
use crate::tenure::{UNKNOWN, end_all, load, may_become, shut_out, standing};
use crate::throttles::{self, RelayTo};
use crate::{addresses, expiring, inviting};
use domain::activity::{ActivityKind, Actor};
use domain::ids::{BackendId, UserId};
use domain::names::{EmailAddress, Username, name_key};
use domain::outbox::MessageKind;
use domain::role::{Admin, Role};
use domain::schedule::Task;
use domain::secret::Secret;
use domain::settings::Lifetime;
use domain::users::{Email, InviteRight, Protected, Standing, User, UserState};
use jiff::Timestamp;
use store::users::UserFilter;
use store::{ReadTx, WriteTx};

pub use crate::removal::{OnBackends, Removal, delete};
pub use crate::tenure::reschedule_expiry;
pub use store::users::UserOrder;

/// Which users to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// In which order.
    pub order: UserOrder,
    /// Beginnings of words in name, address, note and the names on backends.
    pub search: Option<String>,
    /// Only these.
    pub state: Option<UserState>,
    /// Only in this role.
    pub role: Option<Role>,
    /// Only with an account there.
    pub backend: Option<BackendId>,
    /// [`Page::next`] of the page before.
    pub after: Option<String>,
    /// How many; see [`crate::paging::length`].
    pub limit: Option<usize>,
}

/// A user made by an admin.
#[derive(Debug, Clone)]
pub struct UserDraft {
    /// The name to sign in with.
    pub username: Username,
    /// A local password; none: they sign in through a backend, or by a link.
    pub password: Option<Secret>,
    /// Where mail goes.
    pub email: Option<EmailAddress>,
    /// What they may do.
    pub role: Role,
    /// The admin's note.
    pub label: String,
    /// When they expire.
    pub expires_at: Option<Timestamp>,
}

/// What to change about a user; none: leave it.
#[derive(Debug, Clone, Default)]
pub struct UserPatch {
    /// The name to sign in with here; backends keep theirs.
    pub username: Option<Username>,
    /// The address; `Some(None)` takes it away.
    pub email: Option<Option<EmailAddress>>,
    /// What they may do.
    pub role: Option<Role>,
    /// The admin's note.
    pub label: Option<String>,
    /// When they expire; `Some(None)`: never.
    pub expires_at: Option<Option<Timestamp>>,
    /// Whether and how far they may invite others; `Some(None)`: not.
    pub invite_right: Option<Option<InviteRight>>,
}

/// A changed user and what became of each account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As they are now.
    pub user: User,
    /// One an account.
    pub accounts: Vec<AccountResult>,
}

/// Until when to prolong.
#[derive(Debug, Clone, Copy)]
pub enum Extension {
    /// That much from now or from the present end, whichever is later.
    By(Lifetime),
    /// Until then.
    Until(Timestamp),
    /// For ever.
    Forever,
}

/// One page of users.
///
/// # Errors
/// `Invalid` for a cursor that is none of ours.
pub async fn list(service: &Service, _by: &Admin, query: &Query) -> Result<Page<User>> {
    let request = paging::request(query.after.as_deref(), query.limit, query.search.as_deref())?;
    let Query { order, state, role, .. } = *query;
    let filter = UserFilter { order, state, role, backend: query.backend.clone() };
    service.read(move |tx| Ok(paging::page(tx.users().page(&request, &filter)?))).await
}

/// How many users there are.
///
/// # Errors
/// Only our own.
pub async fn count(service: &Service, _by: &Admin) -> Result<u64> {
    service.read(|tx| Ok(tx.users().count()?)).await
}

/// One user.
///
/// # Errors
/// `NotFound`.
pub async fn get(service: &Service, _by: &Admin, id: &UserId) -> Result<User> {
    let id = id.clone();
    service.read(move |tx: &ReadTx| tx.users().get(&id)?.ok_or(UNKNOWN)).await
}

/// The user of that name, however it is written.
///
/// # Errors
/// Only our own.
pub async fn named(service: &Service, name: &str) -> Result<Option<User>> {
    let key = name_key(name);
    service.read(move |tx| Ok(tx.users().by_name(&key)?)).await
}

/// Makes a user.
///
/// # Errors
/// `Taken` for a name in use; `Invalid` for a weak password or an end in the past.
pub async fn create(service: &Service, by: &Admin, draft: UserDraft) -> Result<User> {
    if draft.expires_at.is_some_and(|end| end <= service.now()) {
        return Err(ServiceError::field("expiresAt", "past"));
    }
    let hash = match &draft.password {
        None => None,
        Some(password) => {
            let words = passwords::words(service, draft.username.as_str(), draft.email.as_ref());
            passwords::require(&passwords::rules_on(service, &[]), password, &words, "password")?;
            Some(service.hasher().hash(password).await?)
        }
    };
    let user = User {
        id: UserId::from_random(service.random().bytes()),
        username: draft.username,
        email: draft.email.map(given_by_admin),
        role: draft.role,
        state: UserState::Active,
        expires_at: draft.expires_at,
        label: draft.label,
        accounts: Vec::new(),
        setup_admin: false,
        invite_hint: None,
        profile: None,
        created_at: service.now(),
        last_seen: None,
        invite_right: None,
    };
    let (here, by) = (service.clone(), actor(by));
    service
        .write(move |tx| {
            tx.users().put(&user)?;
            if let Some(hash) = hash {
                passwords::put_local(tx, &user.id, hash)?;
            }
            reschedule_expiry(tx, &user, here.now())?;
            note(tx, about(&here, by, ActivityKind::UserCreated, &user))?;
            Ok(user)
        })
        .await
}

fn given_by_admin(address: EmailAddress) -> Email {
    Email { address, confirmed: true }
}

/// Changes what an admin may change about a user.
///
/// # Errors
/// `NotFound`; `Taken`; `Invalid` for an end in the past and a right to invite that points at nothing; `Forbidden` `setup-admin` or `last-admin` for
/// a demotion or an end that may not be, or another name for the first admin by others; and `setup-admin`
/// or `other-admin` for the address of another admin unless the first one asks.
pub async fn patch(service: &Service, by: &Admin, id: &UserId, patch: UserPatch) -> Result<User> {
    let (here, id, who, by) = (service.clone(), id.clone(), by.id().cloned(), actor(by));
    service
        .write(move |tx| {
            let old = load(tx, &id)?;
            let standing = standing(&here, tx, who.as_ref(), &old)?;
            let right = patch.invite_right.clone();
            let mut user = patched(&old, patch, standing, here.now())?;
            if let Some(right) = right {
                let check = |right| inviting::checked(tx, &here, right);
                user.invite_right = right.map(check).transpose()?;
            }
            if user == old {
                return Ok(old);
            }
            if user.email != old.email {
                // Whoever reads somebody's mail can have a new password for them sent there.
                may_become(tx, who.as_ref(), &old)?;
            }
            tx.users().put(&user)?;
            reschedule_expiry(tx, &user, here.now())?;
            if user.role != old.role {
                // Whatever the old role was trusted with begins anew.
                end_all(tx, &user, None)?;
            }
            if user.email != old.email {
                addresses::replaced(tx, &here, &old, &user)?;
            }
            if user.invite_right != old.invite_right {
                inviting::close_beyond(tx, &user, here.now())?;
                let kind = ActivityKind::InviteRightChanged;
                note(tx, about(&here, by.clone(), kind, &user))?;
            }
            let changed = changed_fields(&old, &user).join(", ");
            let line = about(&here, by, ActivityKind::UserChanged, &user).with("fields", changed);
            note(tx, line)?;
            Ok(user)
        })
        .await
}

fn patched(old: &User, patch: UserPatch, standing: Standing<'_>, now: Timestamp) -> Result<User> {
    let mut user = old.clone();
    if let Some(name) = patch.username {
        let by_another = standing.by.is_some_and(|by| *by != old.id);
        if old.setup_admin && by_another && name != old.username {
            return Err(Protected::SetupAdmin.into());
        }
        user.username = name;
    }
    if let Some(email) = patch.email {
        user.email = email.map(given_by_admin);
    }
    if let Some(role) = patch.role {
        user = user.with_role(role, standing)?;
    }
    if let Some(label) = patch.label {
        user.label = label;
    }
    if let Some(end) = patch.expires_at {
        user.expires_at = checked_end(old, end, now)?;
    }
    Ok(user)
}

/// An end that is still to come; the first admin has none.
fn checked_end(user: &User, end: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>> {
    match end {
        Some(_) if user.setup_admin => Err(Protected::SetupAdmin.into()),
        Some(end) if end <= now => Err(ServiceError::field("expiresAt", "past")),
        end => Ok(end),
    }
}

fn changed_fields(old: &User, new: &User) -> Vec<&'static str> {
    let fields = [
        ("username", old.username != new.username),
        ("email", old.email != new.email),
        ("role", old.role != new.role),
        ("label", old.label != new.label),
        ("expiresAt", old.expires_at != new.expires_at),
        ("inviteRight", old.invite_right != new.invite_right),
    ];
    fields.into_iter().filter(|(_name, changed)| *changed).map(|(name, _changed)| name).collect()
}

/// Lets a disabled, expired or pending user in again, and switches their accounts on.
///
/// # Errors
/// `NotFound`; `Forbidden` `over` where their time is over: extend it first.
pub async fn enable(service: &Service, by: &Admin, id: &UserId) -> Result<Changed> {
    let (here, who, by, wanted) = (service.clone(), by.clone(), actor(by), id.clone());
    service
        .write(move |tx| {
            let mut user = load(tx, &wanted)?.enabled(here.now())?;
            let_in(&here, tx, &mut user)?;
            applications::overtaken(tx, &here, who.name(), &user)?;
            note(tx, about(&here, by, ActivityKind::UserEnabled, &user))
        })
        .await?;
    settled(service, id).await
}

/// Writes somebody who may come in, with the wish that their accounts be on.
fn let_in(service: &Service, tx: &WriteTx, user: &mut User) -> Result<()> {
    for task in [Task::RemoveUser, Task::ForgetUser] {
        tx.schedule().delete(&task(user.id.clone()))?;
    }
    accounts::owe(service, tx, user, true)?;
    tx.users().put(user)?;
    reschedule_expiry(tx, user, service.now())
}

async fn settled(service: &Service, id: &UserId) -> Result<Changed> {
    let (user, accounts) = accounts::settle(service, id).await?.ok_or(UNKNOWN)?;
    Ok(Changed { user, accounts })
}

/// Shuts a user out, ends their sessions and switches their accounts off.
///
/// # Errors
/// `NotFound`; `Forbidden` `setup-admin`, `last-admin` or `oneself`.
pub async fn disable(service: &Service, by: &Admin, id: &UserId) -> Result<Changed> {
    let (here, wanted, who, name) =
        (service.clone(), id.clone(), by.id().cloned(), by.name().to_owned());
    let by = actor(by);
    service
        .write(move |tx| {
            let user = load(tx, &wanted)?;
            let standing = standing(&here, tx, who.as_ref(), &user)?;
            let mut user = user.disabled(standing)?;
            shut_out(tx, &user, here.now())?;
            applications::overtaken(tx, &here, &name, &user)?;
            accounts::owe(&here, tx, &mut user, false)?;
            tx.users().put(&user)?;
            reschedule_expiry(tx, &user, here.now())?;
            note(tx, about(&here, by, ActivityKind::UserDisabled, &user))
        })
        .await?;
    settled(service, id).await
}

/// Prolongs a user's time; an expired one comes back, a disabled one stays disabled.
///
/// # Errors
/// `NotFound`; `Invalid` for an end in the past; `Forbidden` `setup-admin` for an end of the first admin.
pub async fn extend(
    service: &Service,
    by: &Admin,
    id: &UserId,
    extension: Extension,
) -> Result<Changed> {
    let (here, by, wanted) = (service.clone(), actor(by), id.clone());
    service
        .write(move |tx| {
            let (user, now) = (load(tx, &wanted)?, here.now());
            let end = match extension {
                Extension::Forever => None,
                Extension::Until(end) => Some(end),
                Extension::By(life) => {
                    let start = user.expires_at.unwrap_or(now).max(now);
                    Some(
                        life.after(start)
                            .ok_or_else(|| ServiceError::field("expiresAt", "too-far"))?,
                    )
                }
            };
            let was_over = user.state == UserState::Expired;
            let end = checked_end(&user, end, now)?;
            let mut user = user.extended(end, now);
            if was_over {
                let_in(&here, tx, &mut user)?;
            } else {
                tx.users().put(&user)?;
                reschedule_expiry(tx, &user, here.now())?;
            }
            let until = end.map_or("never".to_owned(), |end| end.to_string());
            note(tx, about(&here, by, ActivityKind::UserChanged, &user).with("expiresAt", until))
        })
        .await?;
    settled(service, id).await
}

/// Ends all sessions of a user; how many there were.
///
/// # Errors
/// `NotFound`.
pub async fn sign_out(service: &Service, by: &Admin, id: &UserId) -> Result<usize> {
    let (here, by, id) = (service.clone(), actor(by), id.clone());
    service
        .write(move |tx| {
            let user = load(tx, &id)?;
            let ended = end_all(tx, &user, None)?;
            note(tx, about(&here, by, ActivityKind::SessionsEnded, &user))?;
            Ok(ended)
        })
        .await
}

/// Lets a user's password be tried again, here and on their backends, after it was held back.
///
/// # Errors
/// `NotFound`.
pub async fn unlock(service: &Service, by: &Admin, id: &UserId) -> Result<()> {
    let (here, by, id) = (service.clone(), actor(by), id.clone());
    service
        .write(move |tx| {
            let user = load(tx, &id)?;
            tx.throttles().delete(&domain::throttle::keys::account(user.username.as_str()))?;
            for account in &user.accounts {
                throttles::unlock(tx, &RelayTo::login(&account.backend, &account.login_name))?;
                throttles::unlock(tx, &RelayTo::own(&account.backend, &account.login_name))?;
            }
            note(tx, about(&here, by, ActivityKind::UserChanged, &user).with("fields", "unlocked"))
        })
        .await
}

/// A user's time is over: shuts them out and switches their accounts off. Looks at the facts anew, so
/// that a late or repeated call does no harm.
///
/// # Errors
/// Only our own.
pub(crate) async fn expire(service: &Service, id: &UserId) -> Result<()> {
    let (here, wanted) = (service.clone(), id.clone());
    let expired = service
        .write(move |tx| {
            let now = here.now();
            let Some(user) = tx.users().get(&wanted)? else { return Ok(false) };
            let others = standing(&here, tx, None, &user)?.other_admins;
            let Some(mut user) = user.clone().expired(now, others) else {
                if !user.is_due(now) {
                    reschedule_expiry(tx, &user, here.now())?;
                }
                return Ok(false);
            };
            shut_out(tx, &user, here.now())?;
            accounts::owe(&here, tx, &mut user, false)?;
            tx.users().put(&user)?;
            reschedule_expiry(tx, &user, here.now())?;
            let end = user.expires_at.map(|end| end.to_string());
            let owed = Owed::to_user(MessageKind::Expired, &user.id)
                .with("username", user.username.as_str())
                .with(expiring::ENDS, end.unwrap_or_default());
            outbox::owe(tx, &here, owed)?;
            note(tx, about(&here, Actor::System, ActivityKind::UserExpired, &user))?;
            Ok(true)
        })
        .await?;
    if expired {
        accounts::settle(service, id).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
