//! The worker at one sign-up: does what comes next, writes it down, until it is settled or has to wait.
//!
//! What is next and what an outcome means is decided in [`domain::signups::steps`]; here is only the
//! doing. A worker may die anywhere: the record says where to go on.

use super::admission::PASSWORD;
use super::{proving, settling};
use crate::activity::note;
use crate::clock::time_from;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::reach::Reach;
use core::time::Duration;
use domain::accounts::{Attempt, BackendAccount, Condition, NewAccount};
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::fault::{Fault, FaultKind};
use domain::ids::{BackendId, SignupId};
use domain::schedule::Task;
use domain::secret::Secret;
use domain::signups::steps::Next;
use domain::signups::{Signup, SignupState, StepState};
use jiff::Timestamp;
use store::WriteTx;
use store::secrets::SecretOf;

/// Longer waits are left to the schedule.
const SHORT_WAIT: Duration = Duration::from_secs(20);
/// When it is tried again after our own store or hasher had no room.
const AFTER_TROUBLE: Duration = Duration::from_secs(10);
/// How a backend says that an account was there before it was asked for.
const ADOPTED: &str = "adopted";

/// Whether there is more to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Go {
    On,
    Stop,
}

/// Works until nothing is left to do now.
pub(super) async fn run<R: Reach>(service: &Service, reach: &R, id: &SignupId) {
    let worker = Worker { service, reach, id };
    while !service.inside().desk.is_closing() {
        match worker.go_on().await {
            Ok(Go::On) => service.inside().desk.changed(),
            Ok(Go::Stop) => break,
            Err(error) => {
                tracing::error!(
                    signup.id = %id, error = %error, cause = ?core::error::Error::source(&error),
                    "a sign-up could not go on; it is tried again"
                );
                worker.later(crate::clock::later(service.now(), AFTER_TROUBLE)).await;
                break;
            }
        }
    }
}

struct Worker<'a, R> {
    service: &'a Service,
    reach: &'a R,
    id: &'a SignupId,
}

impl<R: Reach> Worker<'_, R> {
    async fn go_on(&self) -> Result<Go> {
        let Some(signup) = self.open().await? else { return Ok(Go::Stop) };
        let now = self.service.now();
        let next = signup.next(now);
        if let Some(index) = step_of(&next)
            && let Some(step) = signup.steps.get(index)
            && !self.reach.knows(&step.backend)
        {
            return self.unreachable(index, signup.deadline() <= now).await;
        }
        match next {
            Next::Create { step, attempt } => self.create(&signup, step, attempt).await,
            Next::Look { step } => self.look(&signup, step).await,
            Next::ApplyProfile { step, account } => self.apply(&signup, step, &account).await,
            Next::Undo { step, account } => self.undo(&signup, step, &account).await,
            Next::Wait(until) => self.wait(until).await,
            Next::Settle(settlement) => {
                self.service.kill_points().pass("settling").await;
                settling::settle(self.service, &signup, settlement).await?;
                self.service.kill_points().pass("settled").await;
                Ok(Go::Stop)
            }
        }
    }

    /// The record, while it is on its way.
    async fn open(&self) -> Result<Option<Signup>> {
        let id = self.id.clone();
        let found = self.service.read(move |tx| Ok(tx.signups().get(&id)?)).await?;
        Ok(found.filter(|signup| signup.state == SignupState::Provisioning))
    }

    /// Writes what became of it.
    async fn write<F>(&self, change: F) -> Result<Go>
    where
        F: FnOnce(&WriteTx, Signup) -> Result<Signup> + Send + 'static,
    {
        let id = self.id.clone();
        let write = move |tx: &WriteTx| {
            let Some(signup) = tx.signups().get(&id)? else { return Ok(Go::Stop) };
            if signup.state != SignupState::Provisioning {
                return Ok(Go::Stop);
            }
            tx.signups().put(&change(tx, signup)?)?;
            Ok(Go::On)
        };
        self.service.write_aside(write).await
    }

    /// Writes that a step begins.
    async fn begin(&self, step: usize) -> Result<Go> {
        self.write(move |_tx, signup| Ok(signup.begun(step))).await
    }

    /// Writes that a step went wrong, and tells the admin once each time it matters.
    async fn failed(&self, step: usize, fault: Fault) -> Result<Go> {
        let now = self.service.now();
        self.write(move |tx, signup| {
            let signup = signup.failed(step, fault, now);
            tell(tx, &signup, step, now)?;
            Ok(signup)
        })
        .await
    }

    async fn unreachable(&self, step: usize, late: bool) -> Result<Go> {
        let words = "the backend is not set up any more";
        let fault = Fault::new(FaultKind::Misconfigured, "host.no-backend", words);
        let now = self.service.now();
        self.write(move |tx, signup| {
            let signup = if late {
                signup.abandoned(step, fault)
            } else {
                signup.begun(step).failed(step, fault, now)
            };
            tell(tx, &signup, step, now)?;
            Ok(signup)
        })
        .await
    }

    async fn create(&self, signup: &Signup, step: usize, attempt: Attempt) -> Result<Go> {
        let Some(backend) = backend_of(signup, step) else { return Ok(Go::Stop) };
        if let Some((taken, fault)) = self.survey(signup).await {
            return self.write(move |_tx, signup| Ok(refused(signup, taken, fault))).await;
        }
        let password = self.password().await?;
        if password.is_none() && !signup.passwordless {
            let words = "the password was forgotten before the account could be made";
            let fault = Fault::new(FaultKind::Unsupported, "host.password-forgotten", words);
            return self.write(move |_tx, signup| Ok(signup.abandoned(step, fault))).await;
        }
        let who = proving::at(signup, &backend);
        if let Some(who) = who
            && attempt == Attempt::First
            && self.was_there(&backend, step, &who.key.subject).await? == Go::Stop
        {
            return Ok(Go::On);
        }
        let sealed = signup.clone();
        let grant = self.service.read(move |tx| proving::grant(tx, &sealed)).await?;
        let account = NewAccount {
            login_name: signup.username.as_str().to_owned(),
            password,
            email: signup.email.as_ref().map(|address| address.as_str().to_owned()),
            display_name: None,
            subject: who.map(|who| who.key.subject.clone()),
            grant: grant.filter(|_| who.is_some()),
            profile: self.document(signup, &backend).await?,
        };
        if self.begin(step).await? == Go::Stop {
            return Ok(Go::Stop);
        }
        self.service.kill_points().pass("creating").await;
        let outcome = self.reach.create(&backend, &account, attempt).await;
        self.service.kill_points().pass("created").await;
        match outcome {
            Err(fault) => self.failed(step, fault).await,
            Ok(made) => {
                let written = self.write(move |_tx, signup| Ok(told(signup, step, made))).await;
                match written {
                    Err(error) if is_taken(&error) => self.failed(step, somebody_elses()).await,
                    other => other,
                }
            }
        }
    }

    /// Notes before anything is sent whether the person has the account already, so that it is never taken
    /// away again. `Stop` where the backend did not say: nothing was sent then, and nothing is.
    async fn was_there(&self, backend: &BackendId, step: usize, subject: &str) -> Result<Go> {
        match self.reach.account(backend, subject).await {
            Ok(_account) => self.write(move |_tx, signup| Ok(signup.adopted(step))).await,
            Err(fault) if fault.kind == FaultKind::NotFound => Ok(Go::On),
            Err(fault) => {
                if self.begin(step).await? == Go::On {
                    // Looking changes nothing: whatever went wrong, it is tried again.
                    let fault = Fault { kind: FaultKind::Unavailable, ..fault };
                    self.failed(step, fault).await?;
                }
                Ok(Go::Stop)
            }
        }
    }

    /// Before the very first account of several is made: whether the name is free everywhere, so that
    /// nobody ends with half of an invite for want of another name.
    async fn survey(&self, signup: &Signup) -> Option<(usize, Fault)> {
        let untouched =
            signup.steps.iter().all(|step| step.state == StepState::Planned && step.attempts == 0);
        if !untouched || signup.steps.len() < 2 {
            return None;
        }
        for (index, step) in signup.steps.iter().enumerate() {
            // Who is asked to come has a name there already.
            if proving::invites_people(self.service, &step.backend) {
                continue;
            }
            let fault = match self.reach.find(&step.backend, signup.username.as_str()).await {
                Ok(Some(_)) => {
                    let words = "an account of this name exists already";
                    Fault::new(FaultKind::Conflict, "host.name-taken", words)
                }
                Err(fault) if fault.kind == FaultKind::InvalidInput => fault,
                Ok(None) | Err(_) => continue,
            };
            return Some((index, fault));
        }
        None
    }

    async fn password(&self) -> Result<Option<Secret>> {
        let id = self.id.clone();
        self.service.read(move |tx| Ok(tx.secrets().get(SecretOf::Signup(&id), PASSWORD)?)).await
    }

    async fn look(&self, signup: &Signup, step: usize) -> Result<Go> {
        let Some(backend) = backend_of(signup, step) else { return Ok(Go::Stop) };
        if self.begin(step).await? == Go::Stop {
            return Ok(Go::Stop);
        }
        let now = self.service.now();
        let name = proving::called(self.service, signup, &backend);
        match self.reach.find(&backend, &name).await {
            Err(fault) => self.failed(step, fault).await,
            Ok(found) => {
                let unclear = found.map(|account| {
                    let words = format!(
                        "an account {:?} is there, and nobody can tell whether this sign-up made it: have a look",
                        account.login_name
                    );
                    Fault::new(FaultKind::OutcomeUnknown, "host.unclear-account", words)
                });
                self.write(move |tx, signup| {
                    let signup = signup.looked(step, unclear);
                    tell(tx, &signup, step, now)?;
                    Ok(signup)
                })
                .await
            }
        }
    }

    async fn apply(&self, signup: &Signup, step: usize, account: &str) -> Result<Go> {
        let Some(backend) = backend_of(signup, step) else { return Ok(Go::Stop) };
        if self.begin(step).await? == Go::Stop {
            return Ok(Go::Stop);
        }
        let Some(document) = self.document(signup, &backend).await? else {
            let words = "the profile has no document for this backend any more";
            let fault = Fault::new(FaultKind::Misconfigured, "host.no-document", words);
            return self.failed(step, fault).await;
        };
        let outcome = self.reach.apply_profile(&backend, account, &document).await;
        self.service.kill_points().pass("profiled").await;
        match outcome {
            Ok(()) => self.write(move |_tx, signup| Ok(signup.profiled(step))).await,
            Err(fault) => self.failed(step, fault).await,
        }
    }

    async fn document(&self, signup: &Signup, backend: &BackendId) -> Result<Option<String>> {
        let Some(name) = signup.profile.clone() else { return Ok(None) };
        let backend = backend.clone();
        let profile = self.service.read(move |tx| Ok(tx.profiles().get(&name)?)).await?;
        Ok(profile
            .and_then(|mut profile| profile.documents.remove(&backend))
            .map(|found| found.text))
    }

    async fn undo(&self, signup: &Signup, step: usize, account: &str) -> Result<Go> {
        let Some(backend) = backend_of(signup, step) else { return Ok(Go::Stop) };
        if self.begin(step).await? == Go::Stop {
            return Ok(Go::Stop);
        }
        if signup.steps.get(step).is_some_and(|step| step.adopted) {
            return self.write(move |_tx, signup| Ok(signup.taken_away(step))).await;
        }
        let outcome = self.reach.delete(&backend, account).await;
        self.service.kill_points().pass("undone").await;
        match outcome {
            Ok(()) => self.write(move |_tx, signup| Ok(signup.taken_away(step))).await,
            Err(fault) if fault.kind == FaultKind::NotFound => {
                self.write(move |_tx, signup| Ok(signup.taken_away(step))).await
            }
            Err(fault) => self.failed(step, fault).await,
        }
    }

    /// Waits here if it is not long; else the schedule wakes somebody.
    async fn wait(&self, until: Timestamp) -> Result<Go> {
        if time_from(self.service.now(), until) <= SHORT_WAIT {
            tokio::select! {
                () = self.service.clock().sleep_until(until) => {}
                () = self.service.inside().desk.closing() => {}
            }
            return Ok(Go::On);
        }
        let task = Task::AdvanceSignup(self.id.clone());
        self.service.write_aside(move |tx| Ok(tx.schedule().put(&task, until)?)).await?;
        Ok(Go::Stop)
    }

    async fn later(&self, at: Timestamp) {
        let task = Task::AdvanceSignup(self.id.clone());
        let written = self.service.write_aside(move |tx| Ok(tx.schedule().put(&task, at)?)).await;
        if let Err(error) = written {
            // The row of the reservation is still there, and start-up resumes as well.
            tracing::warn!(signup.id = %self.id, error = %error, "a sign-up could not be put on the schedule");
        }
    }
}

const fn step_of(next: &Next) -> Option<usize> {
    match next {
        Next::Create { step, .. }
        | Next::Look { step }
        | Next::ApplyProfile { step, .. }
        | Next::Undo { step, .. } => Some(*step),
        Next::Wait(_) | Next::Settle(_) => None,
    }
}

fn backend_of(signup: &Signup, step: usize) -> Option<BackendId> {
    signup.steps.get(step).map(|step| step.backend.clone())
}

/// What a backend said about an account it gave.
fn told(signup: Signup, step: usize, made: BackendAccount) -> Signup {
    let is_old = made.attributes.iter().any(|(name, value)| name == ADOPTED && value == "yes");
    let signup = if is_old { signup.adopted(step) } else { signup };
    let signup = signup.awaited(step, made.condition == Condition::Invited);
    signup.created(step, made.id, made.login_name)
}

/// A step that nothing was sent for, and nothing will be.
fn refused(signup: Signup, step: usize, fault: Fault) -> Signup {
    signup.abandoned(step, fault)
}

fn is_taken(error: &ServiceError) -> bool {
    let ServiceError::Internal { cause, .. } = error else {
        return matches!(error, ServiceError::Taken { .. });
    };
    matches!(cause.downcast_ref(), Some(store::StoreError::Taken { .. }))
}

fn somebody_elses() -> Fault {
    let words = "the backend gave an account that belongs to another user here";
    Fault::new(FaultKind::Conflict, "host.account-known", words)
}

/// A line for the admin: at the first trouble with a step, and when it is given up.
fn tell(tx: &WriteTx, signup: &Signup, index: usize, now: Timestamp) -> Result<()> {
    let Some(step) = signup.steps.get(index) else { return Ok(()) };
    let Some(fault) = &step.last_fault else { return Ok(()) };
    let given_up = matches!(step.state, StepState::Refused | StepState::Undoing { .. });
    if step.attempts > 1 && !given_up {
        return Ok(());
    }
    tracing::warn!(
        signup.id = %signup.id, backend.id = %step.backend, attempt = step.attempts, given_up,
        fault.kind = fault.kind.as_str(), fault.code, "a step of a sign-up did not work"
    );
    let line = NewActivity::new(now, Actor::System, ActivityKind::SignupStepFailed)
        .with("signup", signup.id.as_str())
        .with("backend", step.backend.as_str())
        .with("user", signup.username.as_str())
        .with("why", fault.detail.as_str());
    note(tx, line)
}
