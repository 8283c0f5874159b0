//! A mail method tried out in stages, before anybody needs it.
//!
//! Guarantees: a message is sent only where a recipient is given, and then only the built-in one that says
//! that it arrived; no secret is in what was said. Does not: change how the method is asked.

use super::{NO_METHOD, get};
use crate::compose;
use crate::error::Result;
use crate::house::Service;
use crate::outbox;
use domain::fault::{Fault, FaultKind};
use domain::ids::MailId;
use domain::mail::MailMethod;
use domain::messages::{Address, Fate, Receipt, Step, Trial};
use domain::names::EmailAddress;
use domain::plugins::{Stage, StageOutcome};
use domain::role::Admin;
use sandbox::Instance;
use std::time::Instant;

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// In the order tried; those behind a failed one were not reached.
    pub steps: Vec<Step>,
    /// Whether mail gets through.
    pub passed: bool,
}

/// Tries a method out: names, connections and certificates by the host, then the plugin's own stages. With
/// `to` also whether a message to that address would be taken, and then a real one as the stage `data`.
///
/// # Errors
/// `NotFound`.
pub async fn test(
    service: &Service,
    _by: &Admin,
    id: &MailId,
    to: Option<EmailAddress>,
) -> Result<Rehearsal> {
    let post = service.inside().posts.get(id).ok_or(NO_METHOD)?;
    let Some(instance) = service.sandbox().instance(id) else {
        let words = "its plugin is not loaded, or does not accept its settings";
        let none = || Fault::new(FaultKind::Unavailable, "host.no-instance", words);
        let fault = post.refused.unwrap_or_else(none);
        return Ok(ended(vec![broken("plugin", &fault, 0)]));
    };
    let (stages, failed) = instance.reach().await;
    let mut steps: Vec<Step> = stages.into_iter().map(step).collect();
    if failed.is_some() {
        return Ok(ended(steps));
    }
    let trial = to.as_ref().map(|to| Trial {
        sender: compose::sender(&post.method),
        recipient: Address { name: None, email: compose::wire::address(to.as_str()) },
    });
    let start = Instant::now();
    match instance.rehearse(trial.as_ref()).await {
        Ok(said) => {
            // What the plugin did again itself, by its own way, is shown once.
            steps.retain(|step| said.iter().all(|one| one.name != step.name));
            steps.extend(said);
        }
        Err(fault) => steps.push(broken("plugin", &fault, took(start))),
    }
    let good = steps.iter().all(|step| step.outcome != StageOutcome::Failed);
    if let (Some(to), true) = (to, good) {
        let label = get(service, id)?.label;
        let (step, said) = data(service, &instance, (&post.method, &label), &to).await;
        steps.push(step);
        if service.inside().posts.asked(id, service.now(), said) {
            // What waited for it need not wait for its turn.
            outbox::wake(service).await?;
        }
    }
    Ok(ended(steps))
}

/// The built-in message, really sent; also what became of it, or the fault where the method carried nothing.
async fn data(
    service: &Service,
    instance: &Instance,
    method: (&MailMethod, &str),
    to: &EmailAddress,
) -> (Step, Result<Fate, Fault>) {
    let start = Instant::now();
    let sent = match compose::test(service, method, to).await {
        Ok(outgoing) => instance.send(&outgoing).await,
        Err(unwritten) => {
            let words = unwritten.to_string();
            Err(Fault::new(FaultKind::Misconfigured, "host.unwritten", words))
        }
    };
    let receipt = sent.and_then(|receipts| {
        let words = "it did not say what became of the message";
        let silent = || Fault::new(FaultKind::BadReply, "host.no-receipt", words);
        receipts.into_iter().next().ok_or_else(silent)
    });
    match receipt {
        Ok(Receipt { fate, detail, .. }) => {
            let outcome = match fate {
                Fate::Accepted => StageOutcome::Passed,
                Fate::Deferred | Fate::Refused => StageOutcome::Failed,
            };
            let name = "data".to_owned();
            (Step { name, outcome, detail, took_ms: took(start), dialogue: Vec::new() }, Ok(fate))
        }
        Err(fault) => (broken("data", &fault, took(start)), Err(fault)),
    }
}

fn took(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn step(stage: Stage) -> Step {
    let Stage { name, outcome, detail, took_ms } = stage;
    Step { name, outcome, detail, took_ms, dialogue: Vec::new() }
}

fn broken(name: &str, fault: &Fault, took_ms: u64) -> Step {
    Step {
        name: name.to_owned(),
        outcome: StageOutcome::Failed,
        detail: fault.detail.clone(),
        took_ms,
        dialogue: Vec::new(),
    }
}

fn ended(steps: Vec<Step>) -> Rehearsal {
    let passed = steps.iter().all(|step| step.outcome != StageOutcome::Failed);
    Rehearsal { passed, steps }
}
