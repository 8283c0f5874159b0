//! Mail through Mailgun's HTTP API, for Latchkey.
//!
//! Hands over the message as the host built it (`messages.mime`), so that its Message-ID stays. Opens
//! and clicks are never tracked: that would rewrite the links in it. Keeps nothing and builds no
//! messages but the one of a rehearsal, which goes to nobody.

pub mod account;
pub mod answer;
pub mod multipart;
pub mod rehearse;

use latchkey_sdk::fault::Fault;
use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, Outcome as StageOutcome, ProbeResult, Report, Stage};
use latchkey_sdk::notify::{Fate, Message, Notify, Outcome, Receipt, Step, Trial};

use account::Account;
use answer::Taken;
use multipart::Form;

/// The plugin.
pub struct Mailgun;

latchkey_sdk::export!(Mailgun, "manifest.toml", notify);

impl Lifecycle for Mailgun {
    fn check_settings(lent: &impl Lent) -> Vec<Fault> {
        account::check(lent)
    }

    fn probe(lent: &impl Lent) -> ProbeResult {
        let account = match Account::read(lent) {
            Ok(account) => account,
            Err(fault) => return ProbeResult { stages: Vec::new(), outcome: Err(fault) },
        };
        let (step, fault) = rehearse::step(lent, "domain", || rehearse::domain(lent, &account));
        let outcome = fault.map_or_else(|| Ok(report(&account)), Err);
        ProbeResult { stages: vec![stage(step)], outcome }
    }
}

impl Notify for Mailgun {
    /// One request for all recipients: Mailgun takes all of them or none.
    fn send(lent: &impl Lent, message: &Message) -> Result<Vec<Receipt>, Fault> {
        let account = Account::read(lent)?;
        let form = message
            .recipients
            .iter()
            .fold(Form::new(lent), |form, to| form.field("to", &to.email))
            .message(&message.mime)
            .field("o:tracking", "no")
            .field("o:tracking-clicks", "no")
            .field("o:tracking-opens", "no");
        let (media_type, body) = form.finish();
        let response = account.post("messages.mime").bytes(&media_type, body).send(lent)?;
        let (fate, remote_id, detail) = match answer::read(&response, &account)? {
            Taken::Queued(id, words) => (Fate::Accepted, id, words),
            Taken::Refused(words) => (Fate::Refused, None, words),
        };
        let receipt = |recipient: String| Receipt {
            recipient,
            fate,
            remote_id: remote_id.clone(),
            detail: detail.clone(),
        };
        Ok(message.recipients.iter().map(|to| receipt(to.email.clone())).collect())
    }

    fn rehearse(lent: &impl Lent, trial: Option<&Trial>) -> Result<Vec<Step>, Fault> {
        rehearse::rehearse(lent, trial)
    }
}

fn report(account: &Account) -> Report {
    let region = if account.europe { "eu" } else { "us" };
    Report {
        product: "Mailgun".to_owned(),
        version: String::new(),
        server_id: None,
        features: vec![region.to_owned()],
        notices: Vec::new(),
    }
}

fn stage(step: Step) -> Stage {
    let outcome = match step.outcome {
        Outcome::Passed => StageOutcome::Passed,
        Outcome::Warned => StageOutcome::Warned,
        Outcome::Failed => StageOutcome::Failed,
        Outcome::Skipped => StageOutcome::Skipped,
    };
    Stage { name: step.name, outcome, detail: step.detail, took_ms: step.took_ms }
}
