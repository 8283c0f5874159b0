//! The end of a sign-up, in one transaction: a user with accounts and what follows from them, or a use
//! that is given back.

use super::admission::PASSWORD;
use super::proving;
use crate::activity::note;
use crate::error::Result;
use crate::house::Service;
use crate::{addresses, identities, invitations, invites, passwords, resets, tenure, welcome};
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::flows::Proved;
use domain::links::ResetCause;
use domain::names::EmailAddress;
use domain::role::Role;
use domain::schedule::Task;
use domain::signups::steps::Settlement;
use domain::signups::{Signup, SignupState, StepState};
use domain::users::{Account, AccountState, Email, User, UserState};
use jiff::Timestamp;
use store::WriteTx;
use store::secrets::SecretOf;

/// Settles. Nothing happens where it was settled meanwhile.
pub(super) async fn settle(
    service: &Service,
    signup: &Signup,
    settlement: Settlement,
) -> Result<()> {
    let password = match settlement {
        Settlement::Undone(_) => Local::NotWanted,
        Settlement::Complete | Settlement::Partial => local(service, signup).await?,
    };
    let (here, id) = (service.clone(), signup.id.clone());
    let settling = service.write(move |tx| {
        let now = here.now();
        let Some(open) = tx.signups().get(&id)? else { return Ok(None) };
        if open.state != SignupState::Provisioning {
            return Ok(None);
        }
        let settled = open.settled(&settlement, now);
        let grant = proving::grant(tx, &settled)?;
        close(tx, &settled)?;
        let kind = match settlement {
            Settlement::Undone(_) => {
                give_back(tx, &settled, now)?;
                return Ok(proving::former(&settled, grant));
            }
            Settlement::Complete => ActivityKind::SignupCompleted,
            Settlement::Partial => ActivityKind::SignupPartial,
        };
        welcome(&here, tx, &settled, password, kind)?;
        proving::link(&here, tx, &settled, grant)
    });
    let former = settling.await?;
    identities::let_go(service, former).await;
    Ok(())
}

/// Writes one that is over, and forgets what it waited with. First of all: it holds name and accounts against
/// everybody else.
pub(super) fn close(tx: &WriteTx, settled: &Signup) -> Result<()> {
    let id = &settled.id;
    tx.signups().put(settled)?;
    tx.secrets().delete_all(SecretOf::Signup(id))?;
    tx.schedule().delete(&Task::AdvanceSignup(id.clone()))?;
    tx.schedule().delete(&Task::ForgetPassword(id.clone()))?;
    Ok(())
}

/// A local password, for people none of whose backends can check one.
enum Local {
    /// A backend checks theirs, or they come in without.
    NotWanted,
    /// Its hash.
    Made(String),
    /// It had to wait too long and was dropped; what stands in its place is nobody's.
    Forgotten,
}

async fn local(service: &Service, signup: &Signup) -> Result<Local> {
    if signup.passwordless {
        return Ok(Local::NotWanted);
    }
    if passwords::is_kept_here(service, &user_of(signup, service.now()), false) {
        let id = signup.id.clone();
        let password =
            service.read(move |tx| Ok(tx.secrets().get(SecretOf::Signup(&id), PASSWORD)?)).await?;
        return match password.filter(|_| !signup.link_due) {
            Some(password) => service.hasher().hash(&password).await.map(Local::Made),
            None => Ok(Local::Forgotten),
        };
    }
    Ok(Local::NotWanted)
}

fn line(signup: &Signup, kind: ActivityKind, now: Timestamp) -> NewActivity {
    NewActivity::new(now, Actor::Guest(signup.invite.hint()), kind)
        .with("signup", signup.id.as_str())
        .with("invite", signup.invite.hint())
        .with("user", signup.username.as_str())
}

pub(super) fn give_back(tx: &WriteTx, signup: &Signup, now: Timestamp) -> Result<()> {
    if let Some(invite) = tx.invites().get(&signup.invite)? {
        tx.invites().put(&invite.give_back())?;
    }
    let mut told = line(signup, ActivityKind::SignupUndone, now);
    if let Some(fault) = signup.steps.iter().find_map(|step| step.last_fault.as_ref()) {
        told = told.with("why", fault.detail.as_str());
    }
    note(tx, told)
}

fn welcome(
    service: &Service,
    tx: &WriteTx,
    signup: &Signup,
    password: Local,
    kind: ActivityKind,
) -> Result<()> {
    let now = service.now();
    let mut user = user_of(signup, now);
    if let Some(email) = &mut user.email {
        let vouched = |who: &Proved| {
            let said = who.email.as_deref().filter(|_| who.email_verified);
            said.and_then(|said| EmailAddress::parse(said).ok())
                .is_some_and(|said| said.key() == email.address.key())
        };
        email.confirmed = signup.proved.iter().any(vouched)
            || invites::was_mailed_to(tx, &signup.invite, &email.address)?;
    }
    tx.users().put(&user)?;
    invitations::watch(tx, &user, now)?;
    let is_forgotten = signup.link_due || matches!(password, Local::Forgotten);
    if let Local::Made(hash) = password {
        passwords::put_local(tx, &user.id, hash)?;
    }
    tenure::reschedule_expiry(tx, &user, now)?;
    match &user.email {
        Some(email) if !email.confirmed => {
            let due = is_forgotten.then_some(ResetCause::Waited);
            addresses::ask_at_first(tx, service, &user, &email.address, due)?;
        }
        Some(_) => {
            welcome::owe(tx, service, &user)?;
            if is_forgotten {
                resets::owe_waited(tx, service, &user)?;
            }
        }
        None => {}
    }
    note(tx, line(signup, kind, now))?;
    note(tx, line(signup, ActivityKind::UserCreated, now))
}

fn user_of(signup: &Signup, now: Timestamp) -> User {
    let accounts = signup.steps.iter().filter_map(|step| match &step.state {
        StepState::Done { account, login_name } => Some(Account {
            backend: step.backend.clone(),
            id: account.clone(),
            login_name: login_name.clone(),
            state: if step.invited { AccountState::Invited } else { AccountState::Active },
            checked_at: now,
        }),
        _ => None,
    });
    let address = signup.email.clone();
    User {
        id: signup.user.clone(),
        username: signup.username.clone(),
        email: address.map(|address| Email { address, confirmed: false }),
        role: Role::User,
        state: UserState::Active,
        expires_at: signup.account_lifetime.and_then(|life| life.after(now)),
        label: String::new(),
        accounts: accounts.collect(),
        setup_admin: false,
        invite_hint: Some(signup.invite.hint()),
        profile: signup.profile.clone(),
        created_at: now,
        last_seen: None,
        invite_right: None,
    }
}
