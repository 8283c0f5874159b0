//! Trying a way to sign in, stage by stage, before anybody has to.
//!
//! Guarantees: nobody is signed in, nothing is kept but what came of it, a client secret is not shown to an
//! issuer. Does not: show a fault's cause beyond its sentence.

use super::editing::get;
use super::offered::ask_anew;
use super::tried::Tried;
use crate::backends;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::oidc;
use domain::fault::Fault;
use domain::identity::Ways;
use domain::ids::{BackendId, ProviderId};
use domain::plugins::{Probe, Stage, StageOutcome};
use domain::providers::{Provider, ProviderKind};
use domain::role::Admin;
use std::time::Instant;

/// Tries one, now; what came of it is remembered. That it did not work is a result and no error.
///
/// # Errors
/// `NotFound`.
pub async fn test(service: &Service, by: &Admin, id: &ProviderId) -> Result<Tried> {
    let provider = get(service, id).await?.provider;
    let stages = match &provider.kind {
        ProviderKind::Oidc(_) => issuer(service, &provider).await?,
        ProviderKind::Backend { backend } => of_backend(service, by, backend).await?,
    };
    let passed = stages.iter().all(|stage| stage.outcome != StageOutcome::Failed);
    let tried = Tried { at: service.now(), passed, stages };
    service.inside().trials.note(id, tried.clone());
    Ok(tried)
}

fn stage(name: &str, outcome: StageOutcome, detail: impl Into<String>) -> Stage {
    Stage { name: name.to_owned(), outcome, detail: detail.into(), took_ms: 0 }
}

async fn issuer(service: &Service, provider: &Provider) -> Result<Vec<Stage>> {
    let start = Instant::now();
    let heard = match oidc::rehearse(service, provider).await {
        Ok(heard) => heard,
        Err(ServiceError::Backend(fault)) => {
            let took_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            let failed = stage("discovery", StageOutcome::Failed, fault.detail);
            return Ok(vec![Stage { took_ms, ..failed }]);
        }
        Err(other) => return Err(other),
    };
    let took_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let found = stage("discovery", StageOutcome::Passed, heard.issuer);
    let (keys, listed) = match heard.keys {
        0 => (StageOutcome::Failed, "the issuer publishes no key that can be used".to_owned()),
        n => (StageOutcome::Passed, format!("{n}, {}", heard.algorithms.join(", "))),
    };
    Ok(vec![
        Stage { took_ms, ..found },
        stage("keys", keys, listed),
        stage("authorization", StageOutcome::Passed, heard.authorization_endpoint),
        stage("client-auth", StageOutcome::Passed, heard.client_auth),
        offers("sign-out", heard.ends_sessions),
        offers("sign-out-told", heard.tells_sign_outs),
    ])
}

/// What an issuer may do without.
fn offers(name: &str, does: bool) -> Stage {
    stage(name, if does { StageOutcome::Passed } else { StageOutcome::Skipped }, "")
}

async fn of_backend(service: &Service, by: &Admin, backend: &BackendId) -> Result<Vec<Stage>> {
    let Probe { mut stages, outcome } = match backends::test(service, by, backend).await {
        Ok(probe) => probe,
        Err(ServiceError::NotFound { .. }) => {
            let words = "there is no such backend";
            return Ok(vec![stage("backend", StageOutcome::Failed, words)]);
        }
        Err(other) => return Err(other),
    };
    let failed = stages.iter().any(|stage| stage.outcome == StageOutcome::Failed);
    if let Err(Fault { detail, .. }) = outcome
        && !failed
    {
        stages.push(stage("backend", StageOutcome::Failed, detail));
    }
    stages.push(match ask_anew(service, backend).await {
        Ok(ways) if ways == Ways::default() => {
            stage("ways", StageOutcome::Failed, "its plugin signs nobody in as it is set up")
        }
        Ok(ways) => stage("ways", StageOutcome::Passed, words(ways).join(", ")),
        Err(fault) => stage("ways", StageOutcome::Failed, fault.detail),
    });
    Ok(stages)
}

fn words(ways: Ways) -> Vec<&'static str> {
    let all = [(ways.password, "password"), (ways.redirect, "redirect"), (ways.user_code, "code")];
    all.into_iter().filter_map(|(there, word)| there.then_some(word)).collect()
}
