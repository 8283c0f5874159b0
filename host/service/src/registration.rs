//! Strangers who make a local account, where the settings let them: at once, or once an admin agrees.
//!
//! Guarantees: closed unless `[signin] registration` says otherwise; a name in use is told, an address never
//! is; whoever sends the form again with the right password is who they were before, also after a refusal;
//! nobody fills the queue or the house by sending forms. Does not: make accounts on backends.

use crate::activity::{note, seen_from};
use crate::approvals::{self, Evidence};
use crate::caller::Caller;
use crate::error::{FieldProblem, Result, ServiceError};
use crate::hashing::Match;
use crate::house::Service;
use crate::setup::{self, SetupState};
use crate::throttles::{self, Ration};
use crate::{addresses, passwords};
use core::time::Duration;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::approvals::AskedBy;
use domain::ids::UserId;
use domain::names::{BadName, EmailAddress, Username};
use domain::passwords::Rules;
use domain::providers::Claims;
use domain::role::Role;
use domain::secret::Secret;
use domain::settings::Registration;
use domain::throttle::keys;
use domain::users::{Email, User, UserState};
use store::WriteTx;

const HOUR: Duration = Duration::from_secs(3_600);
/// Forms from one network.
const TRIES: Ration = Ration { times: 30, window: HOUR };
/// Users that one network makes.
const FROM_A_NETWORK: Ration = Ration { times: 5, window: HOUR };
/// Users that all networks make.
const FROM_EVERYWHERE: Ration = Ration { times: 100, window: Duration::from_secs(86_400) };
/// Once so many wait, whoever comes next has to come again later.
const MOST_WAITING: u64 = 100;

/// A form, as typed.
#[derive(Debug, Clone)]
pub struct Form {
    /// The name to sign in with.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// The address, where one was given.
    pub email: Option<String>,
}

/// Who came of a form.
#[derive(Debug, Clone)]
pub enum Registered {
    /// May sign in at once.
    In(Box<User>),
    /// Waits for an admin's word, or has heard it: they asked before.
    Waits(Box<User>),
}

/// Whether strangers may register, and how.
#[must_use]
pub fn mode(service: &Service) -> Registration {
    let rules = service.settings().settings.signin;
    // A password of ours is all they would have.
    if rules.local && setup::state(service) == SetupState::Done {
        rules.registration
    } else {
        Registration::Off
    }
}

/// What a password must be.
#[must_use]
pub fn rules(service: &Service) -> Rules {
    passwords::rules_on(service, &[])
}

/// Makes a local user of a stranger.
///
/// # Errors
/// `NotFound` where registration is off; `Taken` for a name in use; `Invalid`, a problem a field;
/// `Throttled`; `Busy`.
pub async fn register(service: &Service, form: Form, caller: &Caller) -> Result<Registered> {
    if mode(service) == Registration::Off {
        return Err(ServiceError::NotFound { what: "registration" });
    }
    let (username, email) = checked(service, &form)?;
    if let Some(before) = tried(service, &username, caller).await? {
        return again(service, before, &form.password, caller).await;
    }
    let hash = service.hasher().hash(&form.password).await?;
    let (here, caller) = (service.clone(), caller.clone());
    service.write(move |tx| made(tx, &here, (username, email, hash), &caller)).await
}

/// Every field that is wrong.
fn checked(service: &Service, form: &Form) -> Result<(Username, Option<EmailAddress>)> {
    let mut problems = Vec::new();
    let typed = form.email.as_deref().map_or("", str::trim);
    let email = if typed.is_empty() { None } else { Some(EmailAddress::parse(typed)) };
    let email = match email.transpose() {
        Ok(email) => email,
        Err(bad) => {
            problems.push(wrong("email", bad));
            None
        }
    };
    let username = Username::parse(&form.username)
        .map_err(|bad| problems.insert(0, wrong("username", bad)))
        .ok();
    let words = passwords::words(service, form.username.trim(), email.as_ref());
    match passwords::require(&rules(service), &form.password, &words, "password") {
        Err(ServiceError::Invalid { fields }) => problems.extend(fields),
        Err(other) => return Err(other),
        Ok(()) => {}
    }
    match username {
        Some(username) if problems.is_empty() => Ok((username, email)),
        _ => Err(ServiceError::Invalid { fields: problems }),
    }
}

fn wrong(field: &'static str, bad: BadName) -> FieldProblem {
    let problem = FieldProblem::new(field, bad.code());
    match bad {
        BadName::TooLong(max) => problem.with("max", max),
        BadName::Character(character) => problem.with("character", character),
        BadName::Empty | BadName::NotAnAddress => problem,
    }
}

/// Counts a form, before anything dear is done for it; who has asked under this name already.
async fn tried(service: &Service, name: &Username, caller: &Caller) -> Result<Option<User>> {
    let (key, network, now) = (name.key(), caller.network(), service.now());
    let (owner, wait) = service
        .write_aside(move |tx| {
            let bucket = format!("register-try/{network}");
            let wait = throttles::spend(tx, &bucket, TRIES, now)?;
            Ok((tx.users().name_owner(&key)?, wait))
        })
        .await?;
    if let Some(retry_after) = wait {
        return Err(ServiceError::Throttled { retry_after });
    }
    if owner.is_none() {
        return Ok(None);
    }
    let key = name.key();
    let asked_before = service.read(move |tx| {
        let Some(user) = tx.users().by_name(&key)? else { return Ok(None) };
        let asked = tx.applications().get(&user.id)?;
        let by_form = asked.is_some_and(|asked| asked.by == AskedBy::Registration);
        Ok(Some(user).filter(|user| by_form && user.state == UserState::Pending))
    });
    asked_before
        .await?
        .map_or(Err(ServiceError::Taken { field: "username" }), |user| Ok(Some(user)))
}

/// The same person, where the password is the same: a guess at it costs what it costs at the sign-in.
async fn again(
    service: &Service,
    before: User,
    password: &Secret,
    caller: &Caller,
) -> Result<Registered> {
    let (own, shared) =
        ([keys::account(before.username.as_str())], [keys::address(caller.address)]);
    let (id, now, counted) = (before.id.clone(), service.now(), [own.clone(), shared.clone()]);
    let hash = service
        .write_aside(move |tx| {
            throttles::count(tx, &counted.concat(), now)?;
            passwords::local(tx, &id)
        })
        .await?;
    let Some(hash) = hash else { return Err(ServiceError::Taken { field: "username" }) };
    if service.hasher().verify(password, hash.expose()).await? == Match::Wrong {
        return Err(ServiceError::Taken { field: "username" });
    }
    service.write_aside(move |tx| throttles::forgive(tx, &own, &shared, now)).await?;
    Ok(Registered::Waits(Box::new(before)))
}

fn made(
    tx: &WriteTx,
    service: &Service,
    (username, email, hash): (Username, Option<EmailAddress>, String),
    caller: &Caller,
) -> Result<Registered> {
    // What the settings say now is what counts.
    let state = match mode(service) {
        Registration::Off => return Err(ServiceError::NotFound { what: "registration" }),
        Registration::Approval => UserState::Pending,
        Registration::Open => UserState::Active,
    };
    let user = stranger(service, username, email, state);
    may_come(tx, service, &user, caller)?;
    tx.users().put(&user)?;
    passwords::put_local(tx, &user.id, hash)?;
    let line =
        NewActivity::new(service.now(), Actor::Guest(String::new()), ActivityKind::Registered)
            .with("user", user.username.as_str());
    note(tx, seen_from(line, caller))?;
    if let Some(email) = &user.email {
        addresses::ask_at_first(tx, service, &user, &email.address, None)?;
    }
    if state == UserState::Active {
        return Ok(Registered::In(Box::new(user)));
    }
    let evidence = Evidence {
        email: user.email.as_ref().map(|email| email.address.as_str().to_owned()),
        email_verified: false,
        claims: Claims::new(),
        resembles: None,
        caller,
    };
    approvals::ask(tx, service, (&user.id, &user.username), AskedBy::Registration, evidence)?;
    Ok(Registered::Waits(Box::new(user)))
}

/// Takes of the rations; a name that was taken meanwhile costs none.
fn may_come(tx: &WriteTx, service: &Service, user: &User, caller: &Caller) -> Result<()> {
    if tx.users().name_owner(&user.username.key())?.is_some() {
        return Err(ServiceError::Taken { field: "username" });
    }
    let now = service.now();
    if user.state == UserState::Pending && tx.applications().count_waiting()? >= MOST_WAITING {
        return Err(ServiceError::Throttled { retry_after: HOUR });
    }
    let network = format!("register/{}", caller.network());
    let from_here = throttles::spend(tx, &network, FROM_A_NETWORK, now)?;
    let wait = match from_here {
        Some(wait) => Some(wait),
        None => throttles::spend(tx, "register", FROM_EVERYWHERE, now)?,
    };
    wait.map_or(Ok(()), |retry_after| Err(ServiceError::Throttled { retry_after }))
}

fn stranger(
    service: &Service,
    username: Username,
    email: Option<EmailAddress>,
    state: UserState,
) -> User {
    User {
        id: UserId::from_random(service.random().bytes()),
        username,
        email: email.map(|address| Email { address, confirmed: false }),
        role: Role::User,
        state,
        expires_at: None,
        label: String::new(),
        accounts: Vec::new(),
        setup_admin: false,
        invite_hint: None,
        profile: None,
        created_at: service.now(),
        last_seen: None,
        invite_right: None,
    }
}

#[cfg(test)]
mod tests;
