//! Who is let in: the form checked field by field, then use, name and password taken in one step.
//!
//! Nothing here asks a backend, and nothing before the reservation costs more than a look-up: of two
//! hundred who come at once with one use, one goes on and the others hear so at once.

use super::proving;
use crate::activity::{note, seen_from};
use crate::applications::{self, Evidence};
use crate::backends;
use crate::caller::Caller;
use crate::clock::later;
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use crate::invites;
use crate::inviting;
use crate::passwords;
use crate::random::fingerprint;
use core::time::Duration;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::approvals::AskedBy;
use domain::ids::{SignupId, UserId};
use domain::invites::{AskEmail, Invite};
use domain::names::{BadName, EmailAddress, Username};
use domain::providers::Claims;
use domain::schedule::Task;
use domain::secret::Secret;
use domain::signups::{Signup, SignupState, Step};
use store::WriteTx;
use store::secrets::SecretOf;

/// When the schedule looks after a sign-up whose worker may have died.
pub(super) const LOOK_AFTER: Duration = Duration::from_secs(120);
/// The name of the sealed password that waits for the backends.
pub(super) const PASSWORD: &str = "password";

/// A form, as typed.
#[derive(Debug, Clone)]
pub struct Application {
    /// The name to sign in with.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// The address, where one was asked for.
    pub email: Option<String>,
    /// What the browser holds that signed in at a granted backend first.
    pub flow: Option<Secret>,
}

/// A form in which nothing is wrong.
pub(super) struct Admitted {
    invite: Invite,
    username: Username,
    email: Option<EmailAddress>,
    /// Whose flow is taken with the use.
    flow: Option<Secret>,
    passwordless: bool,
}

fn bad_name(field: &'static str, bad: BadName) -> FieldProblem {
    let problem = FieldProblem::new(field, bad.code());
    match bad {
        BadName::TooLong(max) => problem.with("max", max),
        BadName::Character(character) => problem.with("character", character),
        BadName::Empty | BadName::NotAnAddress => problem,
    }
}

/// Checks the form: first the name against those in use, then every field.
pub(super) async fn admit(
    service: &Service,
    invite: Invite,
    form: &Application,
) -> Result<Admitted> {
    // Before the name: of two clicks, the one that finds the flow used finds the name used as well.
    let standing = proving::of_invite(service, &invite, form.flow.as_ref()).await?;
    let username = Username::parse(&form.username);
    if let Ok(name) = &username {
        let key = name.key();
        let owner = service.read(move |tx| Ok(tx.users().name_owner(&key)?)).await?;
        if owner.is_some() {
            return Err(ServiceError::Taken { field: "username" });
        }
    }
    let mut problems = Vec::new();
    let username = username.map_err(|bad| problems.push(bad_name("username", bad))).ok();
    if let Some(name) = &username {
        problems.extend(rule_broken(service, &invite, name));
    }
    let email = address(standing.ask_email, form, &mut problems);
    let passwordless = !standing.needs_password && form.password.expose().is_empty();
    if !passwordless {
        let rules = passwords::rules_on(service, &invite.backends);
        let words = passwords::words(service, form.username.trim(), email.as_ref());
        match passwords::require(&rules, &form.password, &words, "password") {
            Err(ServiceError::Invalid { fields }) => problems.extend(fields),
            Err(other) => return Err(other),
            Ok(()) => {}
        }
    }
    let flow = form.flow.clone().filter(|_| standing.proved.is_some());
    match username {
        Some(username) if problems.is_empty() => {
            Ok(Admitted { invite, username, email, flow, passwordless })
        }
        _ => Err(ServiceError::Invalid { fields: problems }),
    }
}

/// The first backend whose rule a name breaks, as far as backends have said theirs.
fn rule_broken(service: &Service, invite: &Invite, name: &Username) -> Option<FieldProblem> {
    let views = invite.backends.iter().filter_map(|id| backends::get(service, id).ok());
    let rules = views.filter_map(|view| view.offer?.names);
    let broken = rules.into_iter().find(|rules| !rules.admit(name.as_str()))?;
    Some(FieldProblem::new("username", "backend").with("detail", broken.words))
}

fn address(
    asked: AskEmail,
    form: &Application,
    problems: &mut Vec<FieldProblem>,
) -> Option<EmailAddress> {
    let typed = form.email.as_deref().map_or("", str::trim);
    match (asked, typed) {
        (AskEmail::None, _) | (AskEmail::Optional, "") => None,
        (AskEmail::Required, "") => {
            problems.push(FieldProblem::new("email", "required"));
            None
        }
        (AskEmail::Optional | AskEmail::Required, typed) => {
            EmailAddress::parse(typed).map_err(|bad| problems.push(bad_name("email", bad))).ok()
        }
    }
}

/// Takes a use and the name, and seals the password, in one transaction.
///
/// # Errors
/// `Gone` where somebody else took the last use meanwhile; `Taken` likewise for the name.
pub(super) async fn reserve(
    service: &Service,
    admitted: Admitted,
    password: Secret,
    browser: Option<Secret>,
    caller: &Caller,
) -> Result<(SignupId, Secret)> {
    let (here, caller) = (service.clone(), caller.clone());
    service
        .write_aside(move |tx| {
            let (now, code) = (here.now(), &admitted.invite.code);
            let invite = tx.invites().get(code)?.and_then(|invite| invite.reserve(now));
            let invite = invite.ok_or(ServiceError::Gone)?;
            if !inviting::is_backed(tx, &invite)? {
                return Err(ServiceError::Gone);
            }
            let token = free_token(&here, tx, browser)?;
            let taken = proving::take(tx, &here, &invite, admitted.flow.as_ref())?;
            let (proved, grant) = taken.map_or((None, None), |(who, grant)| (Some(who), grant));
            let signup = Signup {
                id: SignupId::from_random(here.random().bytes()),
                user: UserId::from_random(here.random().bytes()),
                username: admitted.username,
                email: admitted.email,
                steps: steps(&here, tx, &invite)?,
                state: if invite.require_approval {
                    SignupState::WaitingApproval
                } else {
                    SignupState::Provisioning
                },
                browser: fingerprint(token.expose()),
                profile: invite.profile.clone(),
                account_lifetime: invite.account_lifetime,
                undone: None,
                reserved_at: now,
                settled_at: None,
                proved: proved.into_iter().collect(),
                approved_at: None,
                link_due: false,
                passwordless: admitted.passwordless,
                invite: invite.code.clone(),
            };
            tx.invites().put(&invite)?;
            tx.signups().put(&signup)?;
            if !signup.passwordless {
                tx.secrets().put(SecretOf::Signup(&signup.id), PASSWORD, &password)?;
            }
            proving::seal(tx, &signup, grant.as_ref())?;
            tx.schedule().put(&Task::ForgetPassword(signup.id.clone()), signup.deadline())?;
            if signup.state == SignupState::Provisioning {
                let task = Task::AdvanceSignup(signup.id.clone());
                tx.schedule().put(&task, later(now, LOOK_AFTER))?;
            }
            let guest = Actor::Guest(signup.invite.hint());
            let line = NewActivity::new(now, guest, ActivityKind::SignupReserved)
                .with("signup", signup.id.as_str())
                .with("invite", signup.invite.hint())
                .with("user", signup.username.as_str());
            note(tx, seen_from(line, &caller))?;
            if signup.state == SignupState::WaitingApproval {
                ask(tx, &here, &signup, &caller)?;
            }
            Ok((signup.id, token))
        })
        .await
}

/// Asks an admin, who sees who it is.
fn ask(tx: &WriteTx, service: &Service, signup: &Signup, caller: &Caller) -> Result<()> {
    let email_verified = match &signup.email {
        Some(address) => invites::was_mailed_to(tx, &signup.invite, address)?,
        None => false,
    };
    let evidence = Evidence {
        email: signup.email.as_ref().map(|address| address.as_str().to_owned()),
        email_verified,
        claims: signup.proved.first().map_or_else(Claims::new, |who| who.claims.clone()),
        resembles: None,
        caller,
    };
    let by = AskedBy::Invite { code: signup.invite.clone(), signup: signup.id.clone() };
    applications::ask(tx, service, (&signup.user, &signup.username), by, evidence).map(drop)
}

/// The token that we gave the browser with the form, unless it stands for an earlier sign-up already.
fn free_token(service: &Service, tx: &WriteTx, browser: Option<Secret>) -> Result<Secret> {
    match browser {
        Some(token) if tx.signups().by_browser(&fingerprint(token.expose()))?.is_none() => {
            Ok(token)
        }
        _ => Ok(service.inside().devices.signup_token(service.random())),
    }
}

/// One step a backend that is set up.
fn steps(service: &Service, tx: &WriteTx, invite: &Invite) -> Result<Vec<Step>> {
    let profile = match &invite.profile {
        None => None,
        Some(name) => match tx.profiles().get(name)? {
            Some(profile) => Some(profile),
            None => {
                tracing::warn!(invite.hint = %invite.code.hint(), "the invite's profile is gone; it admits nobody until it has another");
                return Err(ServiceError::Gone);
            }
        },
    };
    let board = &service.inside().board;
    let here = invite.backends.iter().filter(|id| board.look(id, |_entry| ()).is_some());
    let steps: Vec<Step> = here
        .map(|id| {
            let documents = profile.as_ref().map(|profile| &profile.documents);
            Step::planned(id.clone(), documents.is_some_and(|all| all.contains_key(id)))
        })
        .collect();
    if steps.is_empty() {
        tracing::warn!(invite.hint = %invite.code.hint(), "none of the invite's backends is set up any more; it admits nobody");
        return Err(ServiceError::Gone);
    }
    Ok(steps)
}
