//! A rehearsal: does the key open the domain, and would a message be taken.
//!
//! The message of a rehearsal is sent in Mailgun's test mode: it is checked like any other and goes to
//! nobody.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::Response;
use latchkey_sdk::lent::Lent;
use latchkey_sdk::notify::{Outcome, Step, Trial};
use serde_json::Value;

use crate::account::Account;
use crate::answer::{self, Taken};
use crate::multipart::Form;

/// How a step ended: in what way, and in words.
type Ended = Result<(Outcome, String), Fault>;

/// Domain, and with a trial the message; the second is skipped where the first failed.
///
/// # Errors
/// The settings themselves are wrong.
pub fn rehearse(lent: &impl Lent, trial: Option<&Trial>) -> Result<Vec<Step>, Fault> {
    let account = Account::read(lent)?;
    let (first, _) = step(lent, "domain", || domain(lent, &account));
    let failed = first.outcome == Outcome::Failed;
    let mut steps = vec![first];
    if let Some(trial) = trial {
        let skip = || Ok((Outcome::Skipped, "not tried".to_owned()));
        let ended = || if failed { skip() } else { message(lent, &account, trial) };
        steps.push(step(lent, "message", ended).0);
    }
    Ok(steps)
}

/// Tries one step; its fault comes along.
pub fn step(lent: &impl Lent, name: &str, tried: impl FnOnce() -> Ended) -> (Step, Option<Fault>) {
    let since = lent.monotonic_ms();
    let (outcome, detail, fault) = match tried() {
        Ok((outcome, detail)) => (outcome, detail, None),
        Err(fault) => (Outcome::Failed, fault.detail.clone(), Some(fault)),
    };
    let took = lent.monotonic_ms().saturating_sub(since);
    let took_ms = u32::try_from(took).unwrap_or(u32::MAX);
    let dialogue = Vec::new();
    (Step { name: name.to_owned(), outcome, detail, took_ms, dialogue }, fault)
}

/// What Mailgun says of the domain. A key that may only send may not ask that.
///
/// # Errors
/// As [`answer::refusal`] has it.
pub fn domain(lent: &impl Lent, account: &Account) -> Ended {
    let response = account.get_domain().send(lent)?;
    let body = response.json::<Value>().ok();
    match (response.status(), &body) {
        (200, Some(body)) => state(body, account),
        (200, None) => Err(Fault::new(
            Kind::BadReply,
            "mail-mailgun.address",
            "what answers at this address is not Mailgun",
        )
        .about("url")),
        (401 | 403, _) => Ok((Outcome::Warned, only_sends(&response))),
        _ => Err(refused(&response, account, body.as_ref())),
    }
}

fn only_sends(response: &Response) -> String {
    format!(
        "the key may not look at the domain ({}): it is wrong, or a sending key, which is enough; only a \
         message tells",
        response.status()
    )
}

/// A read that failed has done nothing.
fn refused(response: &Response, account: &Account, body: Option<&Value>) -> Fault {
    let said = body.and_then(|body| body.get("message")).and_then(Value::as_str);
    let words = said.map(answer::short).unwrap_or_default();
    let fault = answer::refusal(response, account, body.is_some(), &words);
    if fault.kind != Kind::OutcomeUnknown {
        return fault;
    }
    let detail = format!("Mailgun failed ({})", response.status());
    Fault { kind: Kind::Unavailable, detail, ..fault }
}

fn state(body: &Value, account: &Account) -> Ended {
    match body.pointer("/domain/state").and_then(Value::as_str) {
        Some("active") => Ok((Outcome::Passed, format!("{} is active at Mailgun", account.domain))),
        Some("disabled") => Err(Fault::new(
            Kind::Forbidden,
            "mail-mailgun.disabled",
            format!("Mailgun has switched {} off; its dashboard says why", account.domain),
        )),
        Some(state) => Ok((
            Outcome::Warned,
            format!(
                "{} is {} at Mailgun: its DNS records are not complete",
                account.domain,
                answer::short(state)
            ),
        )),
        None => Err(Fault::new(
            Kind::BadReply,
            "mail-mailgun.domain-answer",
            "the answer says nothing about the domain",
        )),
    }
}

fn message(lent: &impl Lent, account: &Account, trial: &Trial) -> Ended {
    let (media_type, body) = Form::new(lent)
        .field("from", &trial.sender.email)
        .field("to", &trial.recipient.email)
        .field("subject", "Rehearsal")
        .field("text", "This message is checked and goes to nobody.")
        .field("o:testmode", "yes")
        .field("o:tracking", "no")
        .finish();
    let request = account.post("messages").bytes(&media_type, body).harmless();
    match answer::read(&request.send(lent)?, account)? {
        Taken::Queued(_, words) => Ok((Outcome::Passed, format!("in test mode: {words}"))),
        Taken::Refused(words) => Err(Fault::new(Kind::Forbidden, "mail-mailgun.refused", words)),
    }
}
