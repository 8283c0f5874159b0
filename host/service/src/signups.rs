//! Sign-ups: one person's use of one invite, from the form to the accounts.
//!
//! Guarantees: one transaction takes the use and the name before anything is asked of a backend; every
//! step is written before and after it is done, so that a crash anywhere is resumed; what comes of it
//! is decided by [`domain::signups::steps`]; a password that has to wait is sealed, and gone after a
//! day. Does not: sign anybody in.

use crate::caller::Caller;
use crate::clock::later;
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use crate::random::{Purpose, fingerprint};
use crate::reach::Reach;
use crate::{backends, identities, invites};
use core::time::Duration;
use domain::fault::{Fault, FaultKind};
use domain::ids::{BackendId, InviteCode, SignupId};
use domain::role::Admin;
use domain::schedule::Task;
use domain::secret::Secret;
use domain::signups::{Signup, SignupState, Step, StepState, Why};
use domain::users::User;
use tokio::sync::watch;
use url::Url;

mod admission;
mod agreeing;
mod proving;
mod provision;
mod settling;

pub use admission::Application;
pub use proving::{FirstWay, Standing, standing};

pub(crate) use agreeing::{agreed, declined};

/// How long whoever filled in the form is kept waiting for the whole of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How far a sign-up is, in the person's terms.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Its id.
    pub id: SignupId,
    /// Where it stands.
    pub state: SignupState,
    /// The name they chose.
    pub username: String,
    /// The invite, to try again with where nothing came of it.
    pub invite: InviteCode,
    /// One a backend.
    pub steps: Vec<StepProgress>,
    /// Why nothing came of it.
    pub undone: Option<Why>,
}

/// One backend's part.
#[derive(Debug, Clone)]
pub struct StepProgress {
    /// Where.
    pub backend: BackendId,
    /// What people call it.
    pub label: String,
    /// Where people reach it.
    pub public_url: Option<Url>,
    /// How far.
    pub stage: Stage,
    /// The name to sign in with there.
    pub login_name: Option<String>,
    /// What went wrong last; the backend's words are for admins.
    pub fault: Option<Fault>,
}

/// How far one backend's part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Not begun.
    Waiting,
    /// Begun.
    Working,
    /// There.
    Done,
    /// There, once the person accepts the invitation that waits for them.
    Invited,
    /// Not now; it is tried again by itself.
    Later,
    /// Not, and not later.
    Failed,
}

impl Stage {
    /// Whether the account is there, accepted or not.
    #[must_use]
    pub const fn is_there(self) -> bool {
        matches!(self, Self::Done | Self::Invited)
    }
}

/// A form that was accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// How far it came while they waited.
    pub progress: Progress,
    /// What their browser has to hold to see more of it.
    pub token: Secret,
    /// Who they are now, once it is settled well.
    pub user: Option<User>,
    /// Whether the form had come before. Nobody compared its password then, so it proves nothing.
    pub is_repeated: bool,
}

/// Who wants to see a sign-up.
#[derive(Debug, Clone, Copy)]
pub enum Holder<'a> {
    /// The browser that holds this token.
    Browser(&'a str),
    /// An admin.
    Admin(&'a Admin),
}

/// Takes a use of the invite, makes the accounts, and waits for them a while. The same form sent twice
/// by one browser is one sign-up. It goes on if nobody waits any more.
///
/// # Errors
/// `Gone` for an invite that admits nobody; `Taken` for a name in use here or on a backend; `Invalid`,
/// a problem a field; `Backend` where no backend could do it; `Throttled`. After each of them the use
/// is free again.
pub async fn accept(
    service: &Service,
    code: &str,
    application: Application,
    browser: Option<&Secret>,
    caller: &Caller,
) -> Result<Accepted> {
    accept_by(service, service, (code, application), browser, caller).await
}

pub(crate) async fn accept_by<R: Reach>(
    service: &Service,
    reach: &R,
    (code, application): (&str, Application),
    browser: Option<&Secret>,
    caller: &Caller,
) -> Result<Accepted> {
    let until = later(service.now(), PATIENCE);
    let made = |token: &&Secret| service.inside().devices.made_signup_token(token);
    let browser = browser.filter(made);
    if let Some(before) = sent_before(service, browser, code, &application).await? {
        return repeated(service, before, until).await;
    }
    let (id, token) = match enter(service, (code, &application), browser, caller).await {
        Ok(entered) => entered,
        Err(error @ (ServiceError::Gone | ServiceError::Taken { .. })) => {
            // The other half of a double click may have been faster.
            let before = sent_before(service, browser, code, &application).await?;
            return repeated(service, before.ok_or(error)?, until).await;
        }
        Err(other) => return Err(other),
    };
    service.kill_points().pass("reserved").await;
    if load(service, &id).await?.state == SignupState::Provisioning {
        start(service, reach, &id);
    }
    answer(service, token, settled(service, &id, until).await?).await
}

async fn enter(
    service: &Service,
    (code, application): (&str, &Application),
    browser: Option<&Secret>,
    caller: &Caller,
) -> Result<(SignupId, Secret)> {
    let invite = invites::open(service, code, caller).await?;
    let admitted = admission::admit(service, invite, application).await?;
    let password = application.password.clone();
    admission::reserve(service, admitted, password, browser.cloned(), caller).await
}

async fn repeated(
    service: &Service,
    (token, signup): (Secret, Signup),
    until: jiff::Timestamp,
) -> Result<Accepted> {
    let before = answer(service, token, settled(service, &signup.id, until).await?).await?;
    Ok(Accepted { is_repeated: true, ..before })
}

/// What a browser has to hold before it sends the form, so that a form sent twice is one sign-up. `None`:
/// what it holds will do. One that runs a sign-up keeps what shows it how far that is.
///
/// # Errors
/// Only our own.
pub async fn token_for(service: &Service, browser: Option<&Secret>) -> Result<Option<Secret>> {
    let devices = &service.inside().devices;
    if let Some(token) = browser.filter(|token| devices.made_signup_token(token)) {
        let hash = fingerprint(token.expose());
        let held = service.read(move |tx| Ok(tx.signups().by_browser(&hash)?)).await?;
        if held.is_none_or(|signup| !signup.state.is_settled()) {
            return Ok(None);
        }
    }
    Ok(Some(devices.signup_token(service.random())))
}

/// The sign-up that this browser has sent already.
async fn sent_before(
    service: &Service,
    browser: Option<&Secret>,
    code: &str,
    application: &Application,
) -> Result<Option<(Secret, Signup)>> {
    let Some(token) = browser.cloned() else { return Ok(None) };
    // The invite itself may be gone by now: its own code is known all the same.
    let code = match InviteCode::parse(code) {
        Some(own) => own,
        None => match invites::meant(service, code).await? {
            Some(invite) => invite.code,
            None => return Ok(None),
        },
    };
    let (hash, name) =
        (fingerprint(token.expose()), domain::names::name_key(&application.username));
    let found = service.read(move |tx| Ok(tx.signups().by_browser(&hash)?)).await?;
    let same = found.filter(|signup| {
        signup.invite == code
            && signup.username.key() == name
            && signup.state != SignupState::Undone
    });
    Ok(same.map(|signup| (token, signup)))
}

/// The sign-up once it is settled, or as it is at `until`.
async fn settled(service: &Service, id: &SignupId, until: jiff::Timestamp) -> Result<Signup> {
    let mut changes = service.inside().desk.changes();
    loop {
        let signup = load(service, id).await?;
        if signup.state != SignupState::Provisioning || until <= service.now() {
            return Ok(signup);
        }
        tokio::select! {
            _changed = changes.changed() => {}
            () = service.clock().sleep_until(until) => {}
        }
    }
}

async fn answer(service: &Service, token: Secret, signup: Signup) -> Result<Accepted> {
    if let Some(why) = &signup.undone {
        return Err(refusal(why, &signup));
    }
    let id = signup.user.clone();
    let user = match signup.state {
        SignupState::Complete | SignupState::Partial => {
            service.read(move |tx| Ok(tx.users().get(&id)?)).await?
        }
        SignupState::WaitingApproval | SignupState::Provisioning | SignupState::Undone => None,
    };
    Ok(Accepted { progress: progress_of(service, &signup), token, user, is_repeated: false })
}

/// What the person hears where nothing came of it.
fn refusal(why: &Why, signup: &Signup) -> ServiceError {
    match why {
        Why::Taken { .. } => ServiceError::Taken { field: "username" },
        Why::NotAccepted { field, .. } => {
            let ours = match field.as_deref() {
                Some("password") => "password",
                Some("email") => "email",
                _ => "username",
            };
            ServiceError::Invalid { fields: vec![FieldProblem::new(ours, "not-accepted")] }
        }
        Why::Refused { .. } => ServiceError::Gone,
        Why::Failed => {
            let last = signup.steps.iter().find_map(|step| step.last_fault.clone());
            let words = "no backend could make the account";
            ServiceError::Backend(
                last.unwrap_or_else(|| {
                    Fault::new(FaultKind::Unavailable, "host.nothing-made", words)
                }),
            )
        }
    }
}

async fn load(service: &Service, id: &SignupId) -> Result<Signup> {
    let id = id.clone();
    let found = service.read(move |tx| Ok(tx.signups().get(&id)?)).await?;
    found.ok_or(ServiceError::NotFound { what: "signup" })
}

/// How far a sign-up is.
///
/// # Errors
/// `NotFound`, also for a token of another one.
pub async fn progress(service: &Service, id: &SignupId, holder: Holder<'_>) -> Result<Progress> {
    let signup = load(service, id).await?;
    let may = match holder {
        Holder::Admin(_) => true,
        Holder::Browser(token) => {
            Purpose::Signup.fits(token) && fingerprint(token) == signup.browser
        }
    };
    if may {
        Ok(progress_of(service, &signup))
    } else {
        Err(ServiceError::NotFound { what: "signup" })
    }
}

/// The newest sign-up of the browser that holds this token.
///
/// # Errors
/// Only our own.
pub async fn held(service: &Service, token: &str) -> Result<Option<SignupId>> {
    if !Purpose::Signup.fits(token) {
        return Ok(None);
    }
    let hash = fingerprint(token);
    Ok(service.read(move |tx| Ok(tx.signups().by_browser(&hash)?)).await?.map(|signup| signup.id))
}

/// Tells whenever some sign-up has changed: then look again.
#[must_use]
pub fn changes(service: &Service) -> watch::Receiver<u64> {
    service.inside().desk.changes()
}

fn progress_of(service: &Service, signup: &Signup) -> Progress {
    let settled = signup.state.is_settled();
    let steps = signup.steps.iter().map(|step| {
        let view = backends::get(service, &step.backend).ok();
        let login_name = match &step.state {
            StepState::Created { login_name, .. } | StepState::Done { login_name, .. } => {
                Some(login_name.clone())
            }
            _ => None,
        };
        StepProgress {
            backend: step.backend.clone(),
            label: view
                .as_ref()
                .map_or_else(|| step.backend.to_string(), |view| view.label.clone()),
            public_url: view.and_then(|view| view.backend.public_url),
            stage: stage(step, settled),
            login_name,
            fault: step
                .last_fault
                .clone()
                .filter(|_| !matches!(step.state, StepState::Done { .. })),
        }
    });
    Progress {
        id: signup.id.clone(),
        state: signup.state,
        username: signup.username.as_str().to_owned(),
        invite: signup.invite.clone(),
        steps: steps.collect(),
        undone: signup.undone.clone(),
    }
}

fn stage(step: &Step, settled: bool) -> Stage {
    match (&step.state, step.not_before) {
        (StepState::Done { .. }, _) if step.invited => Stage::Invited,
        (StepState::Done { .. }, _) => Stage::Done,
        (StepState::Refused | StepState::Undone | StepState::Undoing { .. }, _) => Stage::Failed,
        _ if settled => Stage::Failed,
        (StepState::Planned, None) => Stage::Waiting,
        (StepState::Creating | StepState::Created { .. }, None) => Stage::Working,
        (StepState::Planned | StepState::Creating | StepState::Created { .. }, Some(_)) => {
            Stage::Later
        }
    }
}

/// Goes on with a sign-up to which an admin has agreed.
pub(crate) fn go_on<R: Reach>(service: &Service, reach: &R, id: &SignupId) {
    start(service, reach, id);
    told(service);
}

/// Something was said about a sign-up: whoever watches one looks again.
pub(crate) fn told(service: &Service) {
    service.inside().desk.changed();
}

/// Sets a worker on a sign-up, unless one is at it.
fn start<R: Reach>(service: &Service, reach: &R, id: &SignupId) -> bool {
    let desk = &service.inside().desk;
    let Some(place) = desk.take(id) else { return false };
    let (service, reach, id) = (service.clone(), reach.clone(), id.clone());
    desk.workers().spawn(async move {
        let _place = place;
        provision::run(&service, &reach, &id).await;
    });
    true
}

/// Goes on with every sign-up that is on its way: once, at the start.
///
/// # Errors
/// Only our own.
pub async fn resume_all(service: &Service) -> Result<()> {
    resume_all_by(service, service).await
}

pub(crate) async fn resume_all_by<R: Reach>(service: &Service, reach: &R) -> Result<()> {
    let open = service.read(|tx| Ok(tx.signups().open()?)).await?;
    if !open.is_empty() {
        tracing::info!(count = open.len(), "sign-ups that were under way are resumed");
    }
    for signup in open {
        start(service, reach, &signup.id);
    }
    Ok(())
}

/// [`Task::AdvanceSignup`]: goes on with a sign-up whose time has come.
///
/// # Errors
/// Only our own.
pub async fn advance(service: &Service, id: &SignupId) -> Result<()> {
    advance_by(service, service, id).await
}

pub(crate) async fn advance_by<R: Reach>(
    service: &Service,
    reach: &R,
    id: &SignupId,
) -> Result<()> {
    let (wanted, now) = (id.clone(), service.now());
    // Before the work: should its worker die, somebody looks again.
    let open = service.write_aside(move |tx| {
        let signup = tx.signups().get(&wanted)?;
        let open = signup.is_some_and(|signup| signup.state == SignupState::Provisioning);
        if open {
            tx.schedule().put(&Task::AdvanceSignup(wanted), later(now, admission::LOOK_AFTER))?;
        }
        Ok(open)
    });
    if open.await? {
        start(service, reach, id);
    }
    Ok(())
}

/// [`Task::ForgetPassword`]: a day is over.
///
/// # Errors
/// Only our own.
pub async fn forget_password(service: &Service, id: &SignupId) -> Result<()> {
    let (here, signup) = (service.clone(), id.clone());
    let forgotten = service.write_aside(move |tx| agreeing::forget_typed(tx, &here, &signup));
    let former = forgotten.await?;
    identities::let_go(service, former).await;
    advance(service, id).await
}

/// Lets workers finish what they ask of a backend at this moment and no more; returns when they have. The
/// next start goes on.
pub async fn quiet(service: &Service) {
    service.inside().desk.close().await;
}

#[cfg(test)]
mod tests;
