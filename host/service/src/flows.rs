//! Redirect sign-ins: a browser is sent to a provider and comes back as somebody.
//!
//! Guarantees: a flow belongs to the browser that began it, to one provider and one purpose, for ten
//! minutes, and is consumed once; what a plugin or an issuer needs on the way is sealed and never in the
//! browser; a backend is asked no sooner than it allows; a wrong PIN is counted before it is passed on,
//! and the fifth ends the flow. Does not: decide who comes in ([`crate::doors`]), or know HTTP.

mod arrivals;
mod asking;
mod faces;
mod pins;

pub use arrivals::{Outcome, proved, take_proved};
pub use faces::picture;

use crate::activity::seen_from;
use crate::caller::Caller;
use crate::clock::{later, time_from};
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::random::{Purpose, fingerprint};
use crate::sessions;
use crate::setup::{self, SetupState};
use crate::throttles::{self, Ration};
use crate::{activity, providers};
use asking::Heard;
use core::time::Duration;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::flows::{Flow, FlowPurpose, FlowStage, LIFE};
use domain::identity::HomeUser;
use domain::ids::ProviderId;
use domain::providers::Provider;
use domain::secret::Secret;
use jiff::Timestamp;
use store::WriteTx;
use store::secrets::SecretOf;

/// The plugin's note of the attempt, or what an issuer's answer is checked with.
const ATTEMPT: &str = "attempt";
/// What a backend that hands something back must hand back.
const STATE: &str = "state";
/// Where the provider sends the browser.
const CALLBACK: &str = "callback-url";
/// What a sign-in left for later calls, until the sign-up is done.
const GRANT: &str = "grant";

/// Each costs a call elsewhere, and a household shares one address.
const BEGINNINGS: Ration = Ration { times: 60, window: Duration::from_secs(600) };
/// More are not under way at once, from however many networks: each is a row and three secrets.
const MOST: u64 = 10_000;
/// Between two tries to begin where there are so many.
const CROWDED: Duration = Duration::from_secs(60);
/// How many that are over make room at once.
const SWEPT: usize = 100;
/// How long a person waits for a page while the provider is asked again.
const PATIENCE: Duration = Duration::from_secs(2);
/// Where a backend does not say.
const USUAL_WAIT: Duration = Duration::from_secs(1);

const UNKNOWN: ServiceError = ServiceError::NotFound { what: "provider" };

/// A flow that has just begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Where to send the browser.
    pub url: String,
    /// What the browser keeps; nobody can say it again.
    pub browser: Secret,
    /// When it is over.
    pub expires_at: Timestamp,
}

/// How far a flow is.
#[derive(Debug, Clone)]
pub enum Step {
    /// The provider knows nothing yet.
    Wait {
        /// Not before then is it asked again.
        after: Duration,
    },
    /// One of several persons has to be chosen.
    Choose,
    /// It is over, and this came of it.
    Done(Outcome),
}

/// One of the persons of a home, as the chooser shows them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HomeUserView {
    /// What to choose them by.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Whether a PIN has to be given.
    pub needs_pin: bool,
    /// Whether they see only some things.
    pub restricted: bool,
    /// Whether it is the home's owner.
    pub owner: bool,
    /// Whether there may be a [`picture`] of them, for the page.
    #[serde(skip)]
    pub has_picture: bool,
}

impl From<HomeUser> for HomeUserView {
    fn from(one: HomeUser) -> Self {
        let HomeUser { id, name, avatar_url, needs_pin, restricted, owner } = one;
        let has_picture = avatar_url.is_some();
        Self { id, name, needs_pin, restricted, owner, has_picture }
    }
}

/// Sends a browser to a provider.
///
/// # Errors
/// `NotFound` for a provider there is not, or that sends nobody anywhere, and before set-up;
/// `Throttled`; `Backend` where it does not answer.
pub async fn begin(
    service: &Service,
    id: &ProviderId,
    purpose: FlowPurpose,
    callback_url: &str,
    caller: &Caller,
) -> Result<Begun> {
    let provider = open(service, id).await?;
    let (network, now) = (caller.network(), service.now());
    let spent = service.write_aside(move |tx| {
        let spent = throttles::spend(tx, &format!("flows/{network}"), BEGINNINGS, now)?;
        Ok(spent.or(crowded(tx, now)?))
    });
    if let Some(retry_after) = spent.await? {
        return Err(ServiceError::Throttled { retry_after });
    }
    let state = service.random().token(Purpose::Flow);
    let away = asking::away(service, &provider, &purpose, (callback_url, &state)).await?;
    let browser = service.random().token(Purpose::Flow);
    let life = Duration::try_from(LIFE).unwrap_or_default();
    let began = service.now();
    let flow = Flow {
        browser: fingerprint(browser.expose()),
        provider: provider.id.clone(),
        purpose,
        stage: FlowStage::Away,
        created_at: began,
        expires_at: later(began, away.expires_in.map_or(life, |said| said.min(life))),
        ask_after: began,
        wrong: 0,
    };
    let expires_at = flow.expires_at;
    let callback = Secret::from(callback_url);
    let kept = service.write_aside(move |tx| {
        tx.flows().put(&flow)?;
        let of = SecretOf::Flow(&flow.browser);
        tx.secrets().put(of, ATTEMPT, &away.attempt)?;
        tx.secrets().put(of, STATE, &state)?;
        Ok(tx.secrets().put(of, CALLBACK, &callback)?)
    });
    kept.await?;
    Ok(Begun { url: away.url, browser, expires_at })
}

/// How long to wait where too many are under way.
fn crowded(tx: &WriteTx, now: Timestamp) -> Result<Option<Duration>> {
    if tx.flows().count()? < MOST {
        return Ok(None);
    }
    let is_full = sweep(tx, now, SWEPT)? == 0;
    Ok(is_full.then_some(CROWDED))
}

/// A provider that can be gone to. Nobody comes in by one before there is an admin.
async fn open(service: &Service, id: &ProviderId) -> Result<Provider> {
    if setup::state(service) == SetupState::Needed {
        return Err(UNKNOWN);
    }
    let provider = providers::find(service, id).await?.ok_or(UNKNOWN)?;
    if asking::can_be_gone_to(service, &provider).await { Ok(provider) } else { Err(UNKNOWN) }
}

/// That a provider can be gone to: of one there is not, every route is unknown, whatever else is wrong.
///
/// # Errors
/// `NotFound`.
pub async fn require(service: &Service, id: &ProviderId) -> Result<()> {
    open(service, id).await.map(drop)
}

/// The flow of a browser, where it is of that provider and goes on.
async fn current(service: &Service, id: &ProviderId, browser: &Secret) -> Result<Flow> {
    if !Purpose::Flow.fits(browser.expose()) {
        return Err(ServiceError::Gone);
    }
    let hash = fingerprint(browser.expose());
    let found = service.read(move |tx| Ok(tx.flows().get(&hash)?)).await?;
    let now = service.now();
    found.filter(|flow| flow.provider == *id && !flow.is_over(now)).ok_or(ServiceError::Gone)
}

/// Through which provider a browser is on its way, and what for; none where it is on none.
///
/// # Errors
/// Only our own.
pub async fn under_way(
    service: &Service,
    browser: &Secret,
) -> Result<Option<(ProviderId, FlowPurpose)>> {
    let hash = fingerprint(browser.expose());
    let (found, now) = (service.read(move |tx| Ok(tx.flows().get(&hash)?)).await?, service.now());
    let found = found.filter(|flow| !flow.is_over(now));
    Ok(found.map(|flow| (flow.provider, flow.purpose)))
}

/// The browser has come back, or asks how far it is.
///
/// # Errors
/// `Gone` for a flow that is unknown, over, used, of another browser or another provider; `Forbidden`
/// `denied`, `invited`, `not-admitted`, `disabled`, `expired`; `Pending`; `Taken` at `identity`;
/// `NotFound` where the provider was removed meanwhile; `Backend` where it does not answer: it may be
/// tried again.
pub async fn come_back(
    service: &Service,
    id: &ProviderId,
    browser: &Secret,
    callback: &[(String, String)],
    caller: &Caller,
) -> Result<Step> {
    let epoch = sessions::epoch(service).await?;
    let flow = current(service, id, browser).await?;
    match &flow.stage {
        FlowStage::Choosing { .. } => return Ok(Step::Choose),
        FlowStage::Proved(_) => return arrivals::proved_already(&flow).map(Step::Done),
        FlowStage::Away => {}
    }
    let provider = open(service, id).await?;
    let until = later(service.now(), PATIENCE);
    loop {
        let after = match asking::ask(service, &provider, &flow, callback).await {
            Ok(Heard::Later(after)) => after,
            Ok(Heard::Choose) => return Ok(Step::Choose),
            Ok(Heard::Somebody(told)) => {
                return arrivals::arrive(service, &provider, (flow, epoch), *told, caller)
                    .await
                    .map(Step::Done);
            }
            Err(error) => {
                return Err(asking::of_issuer(noted(service, id, error, caller).await?));
            }
        };
        let next = later(service.now(), after);
        if next > until {
            return Ok(Step::Wait { after });
        }
        service.clock().sleep_until(next).await;
    }
}

/// The persons to choose from.
///
/// # Errors
/// `Gone` where none is to be chosen.
pub async fn home_users(
    service: &Service,
    id: &ProviderId,
    browser: &Secret,
) -> Result<Vec<HomeUserView>> {
    match current(service, id, browser).await?.stage {
        FlowStage::Choosing { home_users } => Ok(home_users.into_iter().map(Into::into).collect()),
        FlowStage::Away | FlowStage::Proved(_) => Err(ServiceError::Gone),
    }
}

/// Goes on as one of the persons of a home.
///
/// # Errors
/// `Invalid` at `id` for nobody of that home, at `pin` where one is missing; `Forbidden` `wrong-pin`;
/// `Throttled`; `Gone` after the fifth wrong one; else as [`come_back`].
pub async fn pick(
    service: &Service,
    id: &ProviderId,
    browser: &Secret,
    (home_user, pin): (&str, Option<&Secret>),
    caller: &Caller,
) -> Result<Step> {
    let epoch = sessions::epoch(service).await?;
    let flow = current(service, id, browser).await?;
    let FlowStage::Choosing { home_users } = &flow.stage else { return Err(ServiceError::Gone) };
    let chosen = home_users.iter().find(|one| one.id == home_user);
    let chosen = chosen.ok_or_else(|| ServiceError::field("id", "unknown"))?;
    let pin = pins::readable(chosen, pin)?;
    let provider = open(service, id).await?;
    let counted = pins::counted(service, &flow, chosen, pin.as_ref(), caller).await?;
    let heard = asking::pick(service, &provider, &flow, home_user, pin.as_ref()).await;
    let heard = pins::judged(service, &flow, counted, heard).await;
    match heard {
        Ok(Heard::Later(after)) => Ok(Step::Wait { after }),
        Ok(Heard::Choose) => Ok(Step::Choose),
        Ok(Heard::Somebody(told)) => {
            arrivals::arrive(service, &provider, (flow, epoch), *told, caller).await.map(Step::Done)
        }
        Err(error) => Err(noted(service, id, error, caller).await?),
    }
}

/// Ends a flow; whoever comes second finds none.
fn consume(tx: &WriteTx, flow: &Flow) -> Result<()> {
    tx.flows().take(&flow.browser)?.map(drop).ok_or(ServiceError::Gone)
}

/// Drops flows that are over.
pub(crate) fn sweep(tx: &WriteTx, now: Timestamp, limit: usize) -> Result<usize> {
    Ok(tx.flows().sweep(now, limit)?)
}

/// A provider's no, and what an issuer did wrong, in the activity: the person is told neither.
async fn noted(
    service: &Service,
    id: &ProviderId,
    error: ServiceError,
    caller: &Caller,
) -> Result<ServiceError> {
    let code = match &error {
        ServiceError::Forbidden { code } => (*code).to_owned(),
        ServiceError::Backend(fault) if fault.code.starts_with("oidc.") => fault.code.clone(),
        _ => return Ok(error),
    };
    let actor = Actor::Guest(String::new());
    let line = NewActivity::new(service.now(), actor, ActivityKind::SignInRefused);
    let line = line.with("user", "?").with("provider", id.as_str()).with("code", code);
    let line = seen_from(line, caller);
    service.write_aside(move |tx| activity::note(tx, line)).await?;
    Ok(error)
}

/// From now until then, for a browser's cookie.
#[must_use]
pub fn left(service: &Service, begun: &Begun) -> Duration {
    time_from(service.now(), begun.expires_at)
}
