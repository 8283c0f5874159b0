//! Adopting: accounts that exist on a backend become users here, one, some or all.
//!
//! Guarantees: a backend's whole list or a fault, never a part of it; an account has one user, also where
//! two admins adopt at once; an existing user gets an account by the admin's word only, never because the
//! names are equal; an administrator there is no admin here; no admin attaches an account to another
//! one. Does not: change anything on the backend.

use crate::activity::{about, actor, note};
use crate::addresses;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::invitations;
use crate::tenure::may_become;
use domain::accounts::{BackendAccount, Condition};
use domain::activity::ActivityKind;
use domain::adopt;
use domain::ids::{BackendId, UserId};
use domain::names::{BadName, EmailAddress, Username, name_key};
use domain::role::{Admin, Role};
use domain::users::{Account, AccountState, Email, User, UserState};
use std::collections::BTreeMap;
use store::{Mode, Owner, Tx, WriteTx};

/// An account on a backend, and what stands in the way of adopting it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// As the backend lists it.
    pub account: BackendAccount,
    /// Whose it is already: id and name.
    pub user: Option<(UserId, String)>,
    /// A sign-up is making it right now.
    pub under_way: bool,
    /// Somebody else who has the same name here: the account is theirs only if the admin says so.
    pub clash: Option<UserId>,
    /// The name its owner would have here; none where nothing of the account's name can be one.
    pub username: Option<Username>,
    /// Why that is not the name the account has.
    pub unusable: Option<BadName>,
}

impl Candidate {
    /// Whether it can be adopted without anything being typed.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.user.is_none()
            && !self.under_way
            && self.clash.is_none()
            && self.unusable.is_none()
            && self.username.is_some()
    }
}

/// What to do with one account.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// The backend's id of it.
    pub account: String,
    /// The name its owner gets here; none: the one they have there.
    pub username: Option<Username>,
    /// Where their mail goes; given by an admin, it counts as confirmed.
    pub email: Option<EmailAddress>,
    /// The user who gets it, instead of a new one.
    pub attach_to: Option<UserId>,
}

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// The backend's id of it.
    pub account: String,
    /// How it went.
    pub outcome: Outcome,
}

/// How an adoption went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody new.
    Created(UserId),
    /// An existing user has it now.
    Attached(UserId),
    /// It was theirs before; nothing was done.
    AlreadyLinked(UserId),
    /// Somebody else has the name; nothing was done.
    NameTaken,
    /// The name cannot be one here; nothing was done.
    NameUnusable(BadName),
    /// The backend has no such account; nothing was done.
    NotThere,
    /// There is no such user to attach it to; nothing was done.
    NoSuchUser,
    /// That user is another admin, whom whoever has the account would be; nothing was done.
    OtherAdmin,
    /// The user has another account on that backend; nothing was done.
    HasAnother,
    /// A sign-up is making it; nothing was done.
    UnderWay,
}

impl Outcome {
    /// Its word in the API, and the end of its key in the catalogue.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Created(_) => "created",
            Self::Attached(_) => "attached",
            Self::AlreadyLinked(_) => "already-linked",
            Self::NameTaken => "name-taken",
            Self::NameUnusable(_) => "name-unusable",
            Self::NotThere => "not-there",
            Self::NoSuchUser => "no-such-user",
            Self::OtherAdmin => "other-admin",
            Self::HasAnother => "has-another",
            Self::UnderWay => "under-way",
        }
    }

    /// Whose the account is now.
    #[must_use]
    pub const fn user(&self) -> Option<&UserId> {
        match self {
            Self::Created(id) | Self::Attached(id) | Self::AlreadyLinked(id) => Some(id),
            Self::NameTaken
            | Self::NameUnusable(_)
            | Self::NotThere
            | Self::NoSuchUser
            | Self::OtherAdmin
            | Self::HasAnother
            | Self::UnderWay => None,
        }
    }
}

/// All accounts of a backend, by name, with what is known of each.
///
/// # Errors
/// `NotFound`; `Backend` where the list is not whole.
pub async fn candidates(
    service: &Service,
    _by: &Admin,
    backend: &BackendId,
) -> Result<Vec<Candidate>> {
    let mut accounts = service.instance(backend)?.list_accounts().await?;
    accounts.sort_by_cached_key(|account| (name_key(&account.login_name), account.id.clone()));
    let backend = backend.clone();
    service
        .read(move |tx| {
            accounts.into_iter().map(|account| candidate(tx, &backend, account)).collect()
        })
        .await
}

fn candidate<M: Mode>(
    tx: &Tx<M>,
    backend: &BackendId,
    account: BackendAccount,
) -> Result<Candidate> {
    let owner = tx.users().account_owner(backend, &account.id)?;
    let under_way = matches!(owner, Some(Owner::Signup(_)));
    let user = tx.users().by_account(backend, &account.id)?;
    let username = adopt::proposal(&account);
    let namesake = match &username {
        Some(name) => tx.users().by_name(&name.key())?,
        None => None,
    };
    let clash = namesake.filter(|other| user.as_ref().is_none_or(|user| user.id != other.id));
    Ok(Candidate {
        under_way,
        clash: clash.map(|other| other.id),
        unusable: adopt::own_name(&account).err(),
        username,
        user: user.map(|user| (user.id, user.username.to_string())),
        account,
    })
}

/// Adopts accounts: one transaction each, in the order given. What is adopted already stays as it is, so
/// that a repeated call does no harm.
///
/// # Errors
/// `NotFound`; `Backend` where the list is not whole: nothing is done then.
pub async fn adopt(
    service: &Service,
    by: &Admin,
    backend: &BackendId,
    adoptions: Vec<Adoption>,
) -> Result<Vec<Adopted>> {
    if adoptions.is_empty() {
        return Ok(Vec::new());
    }
    let there = service.instance(backend)?.list_accounts().await?;
    adopt_of(service, by, backend, (there, adoptions)).await
}

/// [`adopt()`] with the list at hand.
pub(crate) async fn adopt_of(
    service: &Service,
    by: &Admin,
    backend: &BackendId,
    (there, adoptions): (Vec<BackendAccount>, Vec<Adoption>),
) -> Result<Vec<Adopted>> {
    let there: BTreeMap<String, BackendAccount> =
        there.into_iter().map(|account| (account.id.clone(), account)).collect();
    let mut results = Vec::with_capacity(adoptions.len());
    for adoption in adoptions {
        let account = adoption.account.clone();
        let outcome = match there.get(&account) {
            Some(found) => one(service, by, (backend, found.clone()), adoption).await?,
            None => Outcome::NotThere,
        };
        results.push(Adopted { account, outcome });
    }
    Ok(results)
}

async fn one(
    service: &Service,
    by: &Admin,
    (backend, found): (&BackendId, BackendAccount),
    adoption: Adoption,
) -> Result<Outcome> {
    let (here, by, backend) = (service.clone(), by.clone(), backend.clone());
    let id = UserId::from_random(service.random().bytes());
    service
        .write(move |tx| {
            match tx.users().account_owner(&backend, &found.id)? {
                Some(Owner::User(owner)) => return Ok(Outcome::AlreadyLinked(owner)),
                Some(Owner::Signup(_)) => return Ok(Outcome::UnderWay),
                None => {}
            }
            let account = linked(&here, &backend, &found);
            let (user, outcome) = match &adoption.attach_to {
                Some(wanted) => match attached(tx, (&by, wanted), account, adoption.email)? {
                    Ok(user) => (user, Outcome::Attached(wanted.clone())),
                    Err(refused) => return Ok(refused),
                },
                None => match named(tx, adoption.username, &found)? {
                    Ok(name) => {
                        let user = fresh(&here, (id.clone(), name), account);
                        let email = adoption.email.map(given);
                        (User { email, ..user }, Outcome::Created(id))
                    }
                    Err(refused) => return Ok(refused),
                },
            };
            let before = tx.users().get(&user.id)?;
            tx.users().put(&user)?;
            invitations::watch(tx, &user, here.now())?;
            if let Some(before) = before.filter(|before| before.email != user.email) {
                addresses::replaced(tx, &here, &before, &user)?;
            }
            let line = about(&here, actor(&by), ActivityKind::UserAdopted, &user)
                .with("backend", backend.as_str())
                .with("account", found.login_name.as_str());
            note(tx, line)?;
            Ok(outcome)
        })
        .await
}

const fn given(address: EmailAddress) -> Email {
    Email { address, confirmed: true }
}

/// The account as we keep it. What the backend has locked after wrong attempts is meant to be on.
fn linked(service: &Service, backend: &BackendId, found: &BackendAccount) -> Account {
    Account {
        backend: backend.clone(),
        id: found.id.clone(),
        login_name: found.login_name.clone(),
        state: match found.condition {
            Condition::Disabled => AccountState::Disabled,
            Condition::Invited => AccountState::Invited,
            Condition::Active | Condition::Locked => AccountState::Active,
        },
        checked_at: service.now(),
    }
}

/// Somebody who is as their account is: whoever is shut out there is shut out here.
fn fresh(service: &Service, (id, username): (UserId, Username), account: Account) -> User {
    let is_off = account.state == AccountState::Disabled;
    User {
        id,
        username,
        email: None,
        role: Role::User,
        state: if is_off { UserState::Disabled } else { UserState::Active },
        expires_at: None,
        label: String::new(),
        accounts: vec![account],
        setup_admin: false,
        invite_hint: None,
        profile: None,
        created_at: service.now(),
        last_seen: None,
        invite_right: None,
    }
}

/// The name of somebody new, where it can be theirs.
fn named(
    tx: &WriteTx,
    wanted: Option<Username>,
    found: &BackendAccount,
) -> Result<Result<Username, Outcome>> {
    let name = match wanted.map_or_else(|| adopt::own_name(found), Ok) {
        Ok(name) => name,
        Err(bad) => return Ok(Err(Outcome::NameUnusable(bad))),
    };
    let is_free = tx.users().name_owner(&name.key())?.is_none();
    Ok(if is_free { Ok(name) } else { Err(Outcome::NameTaken) })
}

/// The user with the account; one that is gone from the backend makes room for another.
fn attached(
    tx: &WriteTx,
    (by, wanted): (&Admin, &UserId),
    account: Account,
    email: Option<EmailAddress>,
) -> Result<Result<User, Outcome>> {
    let Some(mut user) = tx.users().get(wanted)? else { return Ok(Err(Outcome::NoSuchUser)) };
    match may_become(tx, by.id(), &user) {
        Err(ServiceError::Forbidden { .. }) => return Ok(Err(Outcome::OtherAdmin)),
        other => other?,
    }
    user.accounts
        .retain(|other| other.backend != account.backend || other.state != AccountState::Gone);
    if user.accounts.iter().any(|other| other.backend == account.backend) {
        return Ok(Err(Outcome::HasAnother));
    }
    user.accounts.push(account);
    user.email = email.map(given).or(user.email);
    Ok(Ok(user))
}

#[cfg(test)]
mod tests;
