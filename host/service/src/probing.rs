//! Asking backends how they are: at a change, every five minutes, and when an admin wants to know.
//!
//! Guarantees: a change of state is one line of activity; another server at the old address is noticed
//! before anything is done with it. Does not: conclude anything about accounts.

use crate::activity::note;
use crate::board::{Entry, Health, HealthState};
use crate::clock::later;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::wiring;
use core::time::Duration;
use domain::accounts::Offer;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::fault::{Fault, FaultKind};
use domain::ids::BackendId;
use domain::plugins::{Probe, Report, StageOutcome};
use domain::schedule::Task;
use std::time::Instant;
use tokio::task::JoinSet;

/// All backends are asked so often, and up to a minute later.
const EVERY: Duration = Duration::from_secs(300);
const JITTER_MS: u64 = 60_000;

/// Asks all backends at once and puts the row for the next time.
///
/// # Errors
/// Only our own.
pub(crate) async fn check_all(service: &Service) -> Result<()> {
    let jitter = Duration::from_millis(service.random().below(JITTER_MS));
    let next = later(service.now(), EVERY.saturating_add(jitter));
    service.write_aside(move |tx| Ok(tx.schedule().put(&Task::CheckBackends, next)?)).await?;
    let mut running = JoinSet::new();
    for entry in service.inside().board.all() {
        let service = service.clone();
        running.spawn(async move {
            if let Err(error) = check(&service, &entry.backend.id).await {
                tracing::warn!(backend.id = %entry.backend.id, error = %error, "a backend could not be checked");
            }
        });
    }
    running.join_all().await;
    Ok(())
}

/// The staged probe; its result is the backend's health from now on.
///
/// # Errors
/// `NotFound`.
pub(crate) async fn check(service: &Service, id: &BackendId) -> Result<Probe> {
    if service.inside().board.look(id, |_entry| ()).is_none() {
        return Err(ServiceError::NotFound { what: "backend" });
    }
    if let Err(error) = wiring::connect_from_file(service, id).await {
        tracing::warn!(backend.id = %id, error = %error, "a backend's secrets could not be made yet");
    }
    let Some(instance) = service.sandbox().instance(id) else {
        let known = service.inside().board.look(id, |entry| entry.health.fault.clone()).flatten();
        let fault = known.unwrap_or_else(|| {
            Fault::new(FaultKind::Misconfigured, "host.no-instance", "its plugin is not loaded")
        });
        let probe = Probe { stages: Vec::new(), outcome: Err(fault) };
        record(service, id, &probe, None, Duration::ZERO).await?;
        return Ok(probe);
    };
    let start = Instant::now();
    let probe = instance.probe().await;
    let took = start.elapsed();
    let offer = if probe.outcome.is_ok() { instance.offer().await.ok() } else { None };
    record(service, id, &probe, offer, took).await?;
    Ok(probe)
}

async fn record(
    service: &Service,
    id: &BackendId,
    probe: &Probe,
    offer: Option<Offer>,
    took: Duration,
) -> Result<()> {
    let learned = learn(service, id, probe).await?;
    let now = service.now();
    let change = service.inside().board.change(id, |entry| {
        let old = entry.health.clone();
        let mut new = health(probe, &old, took);
        new.replaced = learned.is_replaced(&old);
        if new.replaced {
            new.state = HealthState::Impaired;
        }
        new.since = if new.state == old.state { old.since } else { Some(now) };
        new.checked_at = Some(now);
        if let Learned::Id(server) = learned {
            entry.backend.server_id = Some(server);
        }
        entry.offer = offer.or_else(|| entry.offer.take());
        entry.health = new.clone();
        (old, new, label(entry))
    });
    let Some((old, new, label)) = change else { return Ok(()) };
    let Some(kind) = told(&old, &new) else { return Ok(()) };
    let mut line = NewActivity::new(now, Actor::System, kind)
        .with("backend", id.as_str())
        .with("label", label);
    if let Some(fault) = &new.fault {
        line = line.with("why", fault.detail.as_str());
    }
    service.write_aside(move |tx| note(tx, line)).await
}

fn label(entry: &Entry) -> String {
    let backend = &entry.backend;
    if backend.label.is_empty() { backend.id.to_string() } else { backend.label.clone() }
}

/// What a probe says about which server it is.
enum Learned {
    /// Nothing.
    Nothing,
    /// The same as ever.
    Same,
    /// Its id, for the first time.
    Id(String),
    /// Another one.
    Other,
}

impl Learned {
    /// Silence does not confirm that the right server is back.
    const fn is_replaced(&self, old: &Health) -> bool {
        match self {
            Self::Other => true,
            Self::Nothing => old.replaced,
            Self::Same | Self::Id(_) => false,
        }
    }
}

async fn learn(service: &Service, id: &BackendId, probe: &Probe) -> Result<Learned> {
    let Ok(Report { server_id: Some(said), .. }) = &probe.outcome else {
        return Ok(Learned::Nothing);
    };
    let (id, said) = (id.clone(), said.clone());
    service
        .write_aside(move |tx| {
            let Some(mut backend) = tx.backends().get(&id)? else { return Ok(Learned::Nothing) };
            match &backend.server_id {
                Some(known) if *known == said => Ok(Learned::Same),
                Some(_other) => Ok(Learned::Other),
                None => {
                    backend.server_id = Some(said.clone());
                    tx.backends().put(&backend)?;
                    Ok(Learned::Id(said))
                }
            }
        })
        .await
}

fn health(probe: &Probe, old: &Health, took: Duration) -> Health {
    match &probe.outcome {
        Ok(report) => {
            let warned = probe.stages.iter().any(|stage| stage.outcome == StageOutcome::Warned)
                || report.notices.iter().any(|(severity, ..)| severity != "info");
            Health {
                state: if warned { HealthState::Impaired } else { HealthState::Up },
                latency_ms: u64::try_from(took.as_millis()).ok(),
                product: Some(report.product.clone()),
                version: Some(report.version.clone()),
                notices: report.notices.clone(),
                ..Health::unknown()
            }
        }
        Err(fault) => Health {
            state: HealthState::Down,
            product: old.product.clone(),
            version: old.version.clone(),
            fault: Some(fault.clone()),
            ..Health::unknown()
        },
    }
}

/// The line of activity a change is worth.
fn told(old: &Health, new: &Health) -> Option<ActivityKind> {
    if new.replaced && !old.replaced {
        return Some(ActivityKind::BackendReplaced);
    }
    let (was_down, is_down) = (old.state == HealthState::Down, new.state == HealthState::Down);
    match (was_down, is_down) {
        (false, true) => Some(ActivityKind::BackendDown),
        (true, false) => Some(ActivityKind::BackendBack),
        (true, true) | (false, false) => None,
    }
}
