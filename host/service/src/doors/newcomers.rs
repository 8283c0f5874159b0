//! Strangers whom a provider's rule lets in: how they become users.
//!
//! Guarantees: a newcomer gets a name and an address that nobody here has; one that looks like somebody
//! who is here waits for an admin, who is told whom they resemble; an address that the provider does not
//! vouch for is evidence for the admin and nobody's. Does not: judge the rule.

use super::came;
use crate::activity::{note, seen_from};
use crate::applications::{self, Evidence};
use crate::caller::Caller;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::identities;
use crate::tenure::reschedule_expiry;
use domain::activity::ActivityKind;
use domain::approvals::AskedBy;
use domain::identity::Identity;
use domain::ids::UserId;
use domain::names::{EmailAddress, Username};
use domain::plugins::PluginRole;
use domain::providers::{Provider, ProviderKind};
use domain::role::Role;
use domain::users::{Account, AccountState, Email, User, UserState};
use store::WriteTx;

/// How many endings of a name are tried before one is drawn by lot.
const ENDINGS: u32 = 50;

/// Makes a user of somebody whom the rule lets in at once, or has wait.
///
/// # Errors
/// Only our own.
pub(super) fn make(
    service: &Service,
    tx: &WriteTx,
    (provider, identity): (&Provider, &Identity),
    wished: UserState,
    caller: &Caller,
) -> Result<User> {
    let wanted = name_of(identity)?;
    let address = identity.email.as_deref().and_then(|text| EmailAddress::parse(text).ok());
    let resembles = resembles(tx, &wanted, address.as_ref())?;
    let state = if resembles.is_some() { UserState::Pending } else { wished };
    let user = User {
        id: UserId::from_random(service.random().bytes()),
        username: free_name(service, tx, &wanted)?,
        email: free(tx, address.as_ref().filter(|_| identity.email_verified))?
            .map(|address| Email { address, confirmed: true }),
        role: Role::User,
        state,
        expires_at: None,
        label: String::new(),
        accounts: accounts(service, tx, provider, identity)?,
        setup_admin: false,
        invite_hint: None,
        profile: None,
        created_at: service.now(),
        last_seen: None,
        invite_right: None,
    };
    tx.users().put(&user)?;
    reschedule_expiry(tx, &user, service.now())?;
    let made = came(service, provider, &user, ActivityKind::UserCreated);
    note(tx, seen_from(made, caller))?;
    if state == UserState::Pending {
        let by = AskedBy::Identity { key: identities::key(provider, &identity.subject) };
        let evidence = Evidence {
            email: identity.email.clone(),
            email_verified: identity.email_verified,
            claims: identity.claims.clone(),
            resembles,
            caller,
        };
        applications::ask(tx, service, (&user.id, &user.username), by, evidence)?;
    }
    Ok(user)
}

/// The name they have there, as far as ours allow it: people know themselves by it.
fn name_of(identity: &Identity) -> Result<Username> {
    let told = [identity.login_name.as_deref(), Some(identity.display_name.as_str())];
    let cleaned = told.into_iter().flatten().filter_map(|text| {
        let plain: String =
            text.chars().filter(|c| Username::parse(&format!("a{c}a")).is_ok()).take(48).collect();
        Username::parse(&plain).ok()
    });
    cleaned
        .into_iter()
        .next()
        .map_or_else(|| Username::parse("guest").map_err(ServiceError::internal), Ok)
}

/// The user whose name or address they have.
fn resembles(
    tx: &WriteTx,
    name: &Username,
    address: Option<&EmailAddress>,
) -> Result<Option<String>> {
    if let Some(user) = tx.users().by_name(&name.key())? {
        return Ok(Some(user.username.as_str().to_owned()));
    }
    let Some(address) = address else { return Ok(None) };
    let others = tx.users().by_email(&address.key())?;
    Ok(others.first().map(|user| user.username.as_str().to_owned()))
}

fn free(tx: &WriteTx, address: Option<&EmailAddress>) -> Result<Option<EmailAddress>> {
    let Some(address) = address else { return Ok(None) };
    let is_free = tx.users().by_email(&address.key())?.is_empty();
    Ok(is_free.then(|| address.clone()))
}

/// The name, or the name with the first number that is free; a sign-up on its way holds its name too.
fn free_name(service: &Service, tx: &WriteTx, wanted: &Username) -> Result<Username> {
    if tx.users().name_owner(&wanted.key())?.is_none() {
        return Ok(wanted.clone());
    }
    for ending in 2..=ENDINGS {
        let name = ended(wanted, &ending.to_string())?;
        if tx.users().name_owner(&name.key())?.is_none() {
            return Ok(name);
        }
    }
    let lot = domain::ids::encode(service.random().bytes());
    ended(wanted, &lot.chars().take(8).collect::<String>())
}

fn ended(name: &Username, ending: &str) -> Result<Username> {
    Username::parse(&format!("{}-{ending}", name.as_str())).map_err(ServiceError::internal)
}

/// What they have there already, where the backend keeps accounts: as if an admin had adopted it.
fn accounts(
    service: &Service,
    tx: &WriteTx,
    provider: &Provider,
    identity: &Identity,
) -> Result<Vec<Account>> {
    let ProviderKind::Backend { backend } = &provider.kind else { return Ok(Vec::new()) };
    let plugin = service.inside().board.look(backend, |entry| entry.backend.plugin.clone());
    let manifest = plugin.and_then(|plugin| service.sandbox().manifest(&plugin));
    let keeps = manifest.is_some_and(|one| one.roles.contains(&PluginRole::Accounts));
    if !keeps || tx.users().account_owner(backend, &identity.subject)?.is_some() {
        return Ok(Vec::new());
    }
    let login_name = identity.login_name.as_ref().unwrap_or(&identity.display_name);
    Ok(vec![Account {
        backend: backend.clone(),
        id: identity.subject.clone(),
        login_name: login_name.clone(),
        state: AccountState::Active,
        checked_at: service.now(),
    }])
}
