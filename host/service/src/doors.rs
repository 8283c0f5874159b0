//! Who comes in by what a provider said about them.
//!
//! Guarantees: an identity opens the door of the user who has it and of nobody else; a stranger becomes a
//! user by the provider's rule alone, never an existing one because of an equal name or address; an
//! administrator there is an admin here only by the provider's own admin claim, looked at anew each time.
//! Does not: ask a provider anything.

mod newcomers;

use crate::activity::{about, note, oneself, seen_from};
use crate::caller::Caller;
use crate::entrance::{self, Entered};
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::identities::{self, Former};
use crate::sessions::{self, Epoch, Keep, Proof};
use crate::tenure::{end_all, standing};
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::identity::Identity;
use domain::ids::UserId;
use domain::names::EmailAddress;
use domain::providers::{Admission, Applicant, Provider, ProviderKind};
use domain::role::Role;
use domain::sessions::Strength;
use domain::users::{AccountState, Email, User, UserState};
use store::{Mode, Tx, WriteTx};

/// Somebody at a door.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Who they are, by the provider's word.
    pub identity: Identity,
    /// The provider's own session, where it told.
    pub upstream: Option<String>,
    /// What will hold their session.
    pub keep: Keep,
    /// When the provider was asked.
    pub epoch: Epoch,
}

const NOT_ADMITTED: ServiceError = ServiceError::Forbidden { code: "not-admitted" };

/// Lets somebody in by what a provider said, where its rule and their account allow it.
///
/// # Errors
/// `Forbidden` `not-admitted` by the rule, `disabled` or `expired`; `Pending` for whoever waits for an
/// admin's word, or has had it; `Unauthorized` where all their sessions were ended since it was asked.
pub async fn admit(
    service: &Service,
    provider: &Provider,
    arrival: Arrival,
    caller: &Caller,
) -> Result<Entered> {
    let Arrival { identity, upstream, keep, epoch } = arrival;
    let (here, door, from) = (service.clone(), provider.clone(), caller.clone());
    let met = service.write(move |tx| meet(&here, tx, &door, (&identity, epoch), &from)).await;
    let (user, former, epoch) = match met {
        Ok(met) => met,
        Err(error) => {
            refused(service, provider, &error, caller).await?;
            return Err(error);
        }
    };
    identities::let_go(service, former).await;
    let proof = Proof {
        user: user.id.clone(),
        provider: provider.id.clone(),
        strength: Strength::Single,
        upstream,
        epoch,
    };
    entrance::enter(service, proof, keep, caller).await
}

/// Whether whoever proves anew who they are may still come in that way, and as what: by the rule and the
/// admin claim, like everybody who comes in. When that was decided: another role ends their sessions.
///
/// # Errors
/// `Forbidden` `somebody-else`, or `not-admitted` by the rule; `Unauthorized` as [`admit`].
pub(crate) async fn admit_again(
    service: &Service,
    provider: &Provider,
    (who, identity): (&UserId, &Identity),
    epoch: Epoch,
    caller: &Caller,
) -> Result<Epoch> {
    let (here, door, who, told) =
        (service.clone(), provider.clone(), who.clone(), identity.clone());
    let met = service.write(move |tx| {
        let owner = identities::owner(tx, &door, &told.subject)?.filter(|owner| owner.id == who);
        let user = owner.ok_or(ServiceError::Forbidden { code: "somebody-else" })?;
        if door.access.admits_known(&applicant(&told)) == Admission::Refused {
            return Err(NOT_ADMITTED);
        }
        sessions::still_counts(tx, &user.id, epoch)?;
        let user = in_role(&here, tx, &door, user, &told)?;
        tx.users().put(&user)?;
        Ok(tx.sessions().epoch()?)
    });
    let met = met.await;
    if let Err(error) = &met {
        refused(service, provider, error, caller).await?;
    }
    met
}

/// What the rule says to somebody whose identity nobody here has.
pub(crate) fn stranger_is(provider: &Provider, identity: &Identity) -> Admission {
    provider.access.admits_stranger(&applicant(identity))
}

fn applicant(identity: &Identity) -> Applicant<'_> {
    Applicant {
        login_name: identity.login_name.as_deref(),
        email: identity.email.as_deref(),
        email_verified: identity.email_verified,
        claims: &identity.claims,
    }
}

fn meet(
    service: &Service,
    tx: &WriteTx,
    provider: &Provider,
    (identity, epoch): (&Identity, Epoch),
    caller: &Caller,
) -> Result<(User, Option<Former>, Epoch)> {
    let user = match identities::owner(tx, provider, &identity.subject)? {
        Some(user) => match provider.access.admits_known(&applicant(identity)) {
            Admission::Welcome | Admission::Ask => user,
            Admission::Refused => return Err(NOT_ADMITTED),
        },
        None => stranger(service, tx, provider, identity, caller)?,
    };
    sessions::still_counts(tx, &user.id, epoch)?;
    let user = heard(service, tx, provider, user, identity)?;
    tx.users().put(&user)?;
    let former = identities::keep(service, tx, provider, &user.id, identity)?;
    // Another role has just ended their sessions; this proof is what made it.
    Ok((user, former, tx.sessions().epoch()?))
}

fn stranger(
    service: &Service,
    tx: &WriteTx,
    provider: &Provider,
    identity: &Identity,
    caller: &Caller,
) -> Result<User> {
    match provider.access.admits_stranger(&applicant(identity)) {
        Admission::Refused => Err(NOT_ADMITTED),
        Admission::Welcome => {
            newcomers::make(service, tx, (provider, identity), UserState::Active, caller)
        }
        Admission::Ask => {
            newcomers::make(service, tx, (provider, identity), UserState::Pending, caller)
        }
    }
}

/// What a sign-in tells about a user who is here: their role by the claim, an address where they have
/// none, their account.
fn heard(
    service: &Service,
    tx: &WriteTx,
    provider: &Provider,
    user: User,
    identity: &Identity,
) -> Result<User> {
    let mut user = in_role(service, tx, provider, user, identity)?;
    if user.email.is_none() && user.state == UserState::Active {
        user.email = free_address(tx, identity)?;
    }
    if let ProviderKind::Backend { backend } = &provider.kind {
        let is_it = |account: &&mut domain::users::Account| {
            account.backend == *backend && account.id == identity.subject
        };
        if let Some(account) = user.accounts.iter_mut().find(is_it) {
            if let Some(name) = &identity.login_name {
                account.login_name.clone_from(name);
            }
            let is_back = matches!(account.state, AccountState::Gone | AccountState::Invited);
            if is_back && user.state == UserState::Active {
                account.state = AccountState::Active;
                account.checked_at = service.now();
            }
        }
    }
    Ok(user)
}

/// The address that a provider vouches for, where nobody here has it.
fn free_address<M: Mode>(tx: &Tx<M>, identity: &Identity) -> Result<Option<Email>> {
    let told = identity.email.as_deref().filter(|_| identity.email_verified);
    let Some(Ok(address)) = told.map(EmailAddress::parse) else { return Ok(None) };
    let is_free = tx.users().by_email(&address.key())?.is_empty();
    Ok(is_free.then_some(Email { address, confirmed: true }))
}

/// By the provider's admin claim, up and down. The first admin and the last one stay what they are.
fn in_role(
    service: &Service,
    tx: &WriteTx,
    provider: &Provider,
    user: User,
    identity: &Identity,
) -> Result<User> {
    let Some(rule) = &provider.admin else { return Ok(user) };
    if user.state == UserState::Pending {
        return Ok(user);
    }
    let wanted = if rule.holds(&identity.claims) { Role::Admin } else { Role::User };
    if user.role == wanted {
        return Ok(user);
    }
    let standing = standing(service, tx, None, &user)?;
    match user.clone().with_role(wanted, standing) {
        Err(why) => {
            tracing::warn!(user.id = %user.id, provider.id = %provider.id, "a claim takes the role of admin from somebody who keeps it: {why}");
            Ok(user)
        }
        Ok(changed) => {
            // Whatever the old role was trusted with begins anew.
            end_all(tx, &user, None)?;
            let word = if wanted == Role::Admin { "admin" } else { "user" };
            let line = about(service, Actor::System, ActivityKind::RoleChanged, &user);
            note(tx, line.with("role", word).with("provider", provider.id.as_str()))?;
            Ok(changed)
        }
    }
}

/// Notes a refusal by a rule or an admin.
async fn refused(
    service: &Service,
    provider: &Provider,
    error: &ServiceError,
    caller: &Caller,
) -> Result<()> {
    let ServiceError::Forbidden { code } = error else { return Ok(()) };
    let line =
        NewActivity::new(service.now(), Actor::Guest(String::new()), ActivityKind::SignInRefused);
    let line = line.with("user", "?").with("provider", provider.id.as_str()).with("code", *code);
    let line = seen_from(line, caller);
    service.write_aside(move |tx| note(tx, line)).await
}

/// The line about somebody whom a provider made known.
fn came(service: &Service, provider: &Provider, user: &User, kind: ActivityKind) -> NewActivity {
    about(service, oneself(user), kind, user).with("provider", provider.id.as_str())
}

#[cfg(test)]
mod tests;
