//! What a provider is asked on the way, whether it is a plugin or an issuer.
//!
//! Guarantees: what a flow is asked with leaves the store only here; of two browsers' tabs that come back
//! at once one asks. Does not: conclude anything from who it is.

use super::{ATTEMPT, CALLBACK, STATE, USUAL_WAIT, consume};
use crate::clock::{later, time_from};
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::identities;
use crate::{oidc, providers};
use core::time::Duration;
use domain::fault::{Fault, FaultKind};
use domain::flows::{Flow, FlowPurpose, FlowStage};
use domain::identity::{Audience, Identity, Progress};
use domain::ids::BackendId;
use domain::providers::{Provider, ProviderKind};
use domain::secret::Secret;
use store::secrets::SecretOf;

/// Where a browser is sent, and what to keep meanwhile.
pub(super) struct Away {
    pub(super) url: String,
    pub(super) attempt: Secret,
    pub(super) expires_in: Option<Duration>,
}

/// What was heard.
pub(super) enum Heard {
    /// Nothing yet.
    Later(Duration),
    /// That one of several has to be chosen.
    Choose,
    /// Who it is.
    Somebody(Box<Told>),
}

/// Who it is, and the provider's own session where it told.
pub(super) struct Told {
    pub(super) identity: Identity,
    pub(super) upstream: Option<String>,
}

/// Whether there is anywhere to go to.
pub(super) async fn can_be_gone_to(service: &Service, provider: &Provider) -> bool {
    match &provider.kind {
        ProviderKind::Oidc(_) => true,
        // Where it does not say how it signs in, the way there says what is wrong.
        ProviderKind::Backend { backend } => {
            let is_there = service.inside().board.look(backend, |_entry| ()).is_some();
            providers::ways(service, backend).await.map_or(is_there, |ways| ways.redirect)
        }
    }
}

pub(super) async fn away(
    service: &Service,
    provider: &Provider,
    purpose: &FlowPurpose,
    (callback_url, state): (&str, &Secret),
) -> Result<Away> {
    match &provider.kind {
        ProviderKind::Oidc(_) => {
            let away = match purpose {
                FlowPurpose::Again { .. } => {
                    oidc::begin_anew(service, provider, callback_url).await?
                }
                FlowPurpose::SignIn { .. }
                | FlowPurpose::Link { .. }
                | FlowPurpose::SignUp { .. }
                | FlowPurpose::Connect { .. } => {
                    oidc::begin(service, provider, callback_url).await?
                }
            };
            Ok(Away { url: away.url, attempt: away.sealed, expires_in: None })
        }
        ProviderKind::Backend { backend } => {
            let audience = match purpose {
                FlowPurpose::SignIn { .. }
                | FlowPurpose::Link { .. }
                | FlowPurpose::Again { .. } => Audience::Members,
                FlowPurpose::SignUp { .. } | FlowPurpose::Connect { .. } => Audience::Anyone,
            };
            let settled = service.settings();
            let locale = Some(settled.settings.dates.language.as_str());
            let instance = service.instance(backend)?;
            let prompt = instance.begin(callback_url, state.expose(), locale, audience).await?;
            let url = prompt.url.ok_or_else(|| nowhere(backend))?;
            Ok(Away { url, attempt: prompt.attempt, expires_in: Some(prompt.expires_in) })
        }
    }
}

fn nowhere(backend: &BackendId) -> Fault {
    let words = format!("{backend} gives a code to type and sends no browser anywhere");
    Fault::new(FaultKind::Unsupported, "host.no-redirect", words)
}

/// What is sealed beside a flow.
async fn sealed(service: &Service, flow: &Flow, name: &'static str) -> Result<Secret> {
    let browser = flow.browser.clone();
    let found =
        service.read(move |tx| Ok(tx.secrets().get(SecretOf::Flow(&browser), name)?)).await?;
    found.ok_or(ServiceError::Gone)
}

/// Asks how far it is.
///
/// # Errors
/// As [`super::come_back`].
pub(super) async fn ask(
    service: &Service,
    provider: &Provider,
    flow: &Flow,
    callback: &[(String, String)],
) -> Result<Heard> {
    match &provider.kind {
        ProviderKind::Oidc(_) => from_issuer(service, provider, flow, callback).await,
        ProviderKind::Backend { backend } => {
            if let Some(wait) = claimed(service, flow).await? {
                return Ok(Heard::Later(wait));
            }
            state_is_ours(service, flow, callback).await?;
            let attempt = sealed(service, flow, ATTEMPT).await?;
            let said = service.instance(backend)?.advance(&attempt, callback).await;
            heard(service, provider, flow, said).await
        }
    }
}

/// An issuer's answer is good once, whatever comes of it: the flow is consumed before it is looked at.
async fn from_issuer(
    service: &Service,
    provider: &Provider,
    flow: &Flow,
    callback: &[(String, String)],
) -> Result<Heard> {
    let attempt = sealed(service, flow, ATTEMPT).await?;
    let callback_url = sealed(service, flow, CALLBACK).await?;
    let mine = flow.clone();
    service.write_aside(move |tx| consume(tx, &mine)).await?;
    let told = oidc::finish(service, provider, &attempt, callback, callback_url.expose()).await?;
    Ok(Heard::Somebody(Box::new(Told { identity: told.identity, upstream: told.upstream })))
}

/// A person who says no there is told so; an answer of another attempt is none.
pub(super) fn of_issuer(error: ServiceError) -> ServiceError {
    match error {
        ServiceError::Backend(fault) if fault.code == "oidc.denied" => {
            ServiceError::Forbidden { code: "denied" }
        }
        ServiceError::Backend(fault) if fault.kind == FaultKind::Forbidden => ServiceError::Gone,
        other => other,
    }
}

/// Takes the turn to ask; how long to wait where somebody has it or it is too early.
async fn claimed(service: &Service, flow: &Flow) -> Result<Option<Duration>> {
    let (browser, now) = (flow.browser.clone(), service.now());
    let claim = service.write_aside(move |tx| {
        let mut flow = tx.flows().get(&browser)?.ok_or(ServiceError::Gone)?;
        if flow.ask_after > now {
            return Ok(Some(time_from(now, flow.ask_after)));
        }
        flow.ask_after = later(now, USUAL_WAIT);
        tx.flows().put(&flow)?;
        Ok(None)
    });
    claim.await
}

/// A backend that hands our state back must hand back this flow's.
async fn state_is_ours(
    service: &Service,
    flow: &Flow,
    callback: &[(String, String)],
) -> Result<()> {
    let said: Vec<&String> =
        callback.iter().filter(|(name, _)| name == "state").map(|(_, value)| value).collect();
    if said.is_empty() {
        return Ok(());
    }
    let ours = sealed(service, flow, STATE).await?;
    let fits = said.iter().all(|said| Secret::from(said.as_str()) == ours);
    if fits { Ok(()) } else { Err(ServiceError::Gone) }
}

/// Goes on as one of a home.
///
/// # Errors
/// As [`super::pick`].
pub(super) async fn pick(
    service: &Service,
    provider: &Provider,
    flow: &Flow,
    home_user: &str,
    pin: Option<&Secret>,
) -> Result<Heard> {
    let ProviderKind::Backend { backend } = &provider.kind else {
        return Err(ServiceError::Gone);
    };
    let attempt = sealed(service, flow, ATTEMPT).await?;
    let said = service.instance(backend)?.pick(&attempt, home_user, pin).await;
    heard(service, provider, flow, said).await
}

/// What a plugin's answer means for the flow: one that has ended is consumed.
async fn heard(
    service: &Service,
    provider: &Provider,
    flow: &Flow,
    said: Result<Progress, Fault>,
) -> Result<Heard> {
    let mine = flow.clone();
    match said {
        Ok(Progress::Pending(after)) => {
            let after = after.unwrap_or(USUAL_WAIT);
            let at = later(service.now(), after);
            let moved = service.write_aside(move |tx| {
                let Some(mut flow) = tx.flows().get(&mine.browser)? else { return Ok(()) };
                flow.ask_after = at;
                Ok(tx.flows().put(&flow)?)
            });
            moved.await?;
            Ok(Heard::Later(after))
        }
        Ok(Progress::Choose { home_users, attempt }) => {
            let chosen = service.write_aside(move |tx| {
                let mut flow = tx.flows().get(&mine.browser)?.ok_or(ServiceError::Gone)?;
                flow.stage = FlowStage::Choosing { home_users };
                tx.secrets().put(SecretOf::Flow(&flow.browser), ATTEMPT, &attempt)?;
                Ok(tx.flows().put(&flow)?)
            });
            chosen.await?;
            Ok(Heard::Choose)
        }
        Ok(Progress::Done(identity)) => {
            if let Err(error) = service.write_aside(move |tx| consume(tx, &mine)).await {
                // Another tab was first: this one's token is nobody's.
                let former = identities::former(provider, identity.grant);
                identities::let_go(service, former).await;
                return Err(error);
            }
            Ok(Heard::Somebody(Box::new(Told { identity: *identity, upstream: None })))
        }
        Ok(Progress::Denied) => {
            service.write_aside(move |tx| consume(tx, &mine)).await?;
            Err(ServiceError::Forbidden { code: "denied" })
        }
        Ok(Progress::Expired) => {
            service.write_aside(move |tx| consume(tx, &mine)).await?;
            Err(ServiceError::Gone)
        }
        // Asked to join, and has not accepted.
        Err(fault) if fault.kind == FaultKind::Forbidden => {
            service.write_aside(move |tx| consume(tx, &mine)).await?;
            Err(ServiceError::Forbidden { code: "invited" })
        }
        Err(fault) => Err(fault.into()),
    }
}
