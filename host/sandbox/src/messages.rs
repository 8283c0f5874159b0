//! The typed calls of the role `notify`.

use crate::call::{Guest, call};
use crate::contract::common::fault as wire;
use crate::contract::notify::exports::latchkey::notify::method;
use crate::convert::bad_reply;
use crate::instance::{Instance, Open};
use crate::redact::Redactor;
use domain::fault::Fault;
use domain::messages::{Address, Fate, Outgoing, Receipt, Step, Trial};
use domain::plugins::{PluginRole, StageOutcome};
use domain::secret::Secret;

/// Steps of a rehearsal at most, and lines of what was said in one.
const STEPS: usize = 64;
const LINES: usize = 200;
/// Bytes of a name or an id.
const NAME: usize = 256;
/// Bytes of a sentence or a line.
const SENTENCE: usize = 600;

impl Instance {
    /// Hands a message over; one receipt a recipient, in the message's order.
    ///
    /// # Errors
    /// `outcome-unknown` where it was handed over and the answer did not come; `bad-reply`, which is as
    /// unclear, for receipts that are not the recipients'; else the plugin's fault, or the call's.
    pub async fn send(&self, message: &Outgoing) -> Result<Vec<Receipt>, Fault> {
        let redactor = self.words_of(&message.secrets)?;
        let spoken: Vec<&Secret> = message.secrets.iter().collect();
        let handed = outgoing(message);
        let receipts = self
            .notify(&spoken, |mut open| async move {
                open.guest.call_send(&mut open.store, &handed).await
            })
            .await?;
        settle(receipts, message, &redactor)
    }

    /// Everything a message would go through, short of the message; with a trial also whether it would be
    /// taken between these two.
    ///
    /// # Errors
    /// The plugin's fault, or the call's, where not even the first step could be tried.
    pub async fn rehearse(&self, trial: Option<&Trial>) -> Result<Vec<Step>, Fault> {
        let redactor = self.words_of(&[])?;
        let trial = trial.map(|trial| method::Trial {
            sender: address(&trial.sender),
            recipient: address(&trial.recipient),
        });
        let steps = self
            .notify(&[], |mut open| async move {
                open.guest.call_rehearse(&mut open.store, trial.as_ref()).await
            })
            .await?;
        Ok(steps.iter().take(STEPS).map(|one| step(one, &redactor)).collect())
    }

    fn words_of(&self, secrets: &[Secret]) -> Result<Redactor, Fault> {
        let mut redactor = self.ready_for(PluginRole::Notify)?.granted.redactor.clone();
        for secret in secrets {
            redactor.add(secret);
        }
        Ok(redactor)
    }

    async fn notify<T, W, F>(&self, spoken: &[&Secret], work: W) -> Result<T, Fault>
    where
        W: FnOnce(Open<method::Guest>) -> F,
        F: Future<Output = wasmtime::Result<Result<T, wire::Fault>>>,
    {
        let ready = self.ready_for(PluginRole::Notify)?;
        let run = |mut guest: Guest| async move {
            let role = guest.loaded.notify(&mut guest.store, &guest.instance)?;
            work(Open { guest: role, store: guest.store }).await
        };
        call(&self.house, &self.configured.slot, &ready, spoken, run).await
    }
}

fn outgoing(message: &Outgoing) -> method::Message {
    method::Message {
        id: message.id.clone(),
        sender: address(&message.sender),
        reply_to: message.reply_to.as_ref().map(address),
        recipients: message.recipients.iter().map(address).collect(),
        subject: message.subject.expose().clone(),
        text: message.text.expose().clone(),
        html: message.html.as_ref().map(|html| html.expose().clone()),
        mime: message.mime.expose().clone(),
    }
}

fn address(address: &Address) -> method::Address {
    method::Address { name: address.name.clone(), email: address.email.clone() }
}

/// One receipt for each recipient, or nothing is known.
fn settle(
    mut said: Vec<method::Receipt>,
    message: &Outgoing,
    redactor: &Redactor,
) -> Result<Vec<Receipt>, Fault> {
    let mut receipts = Vec::new();
    for to in &message.recipients {
        let place = said.iter().position(|receipt| receipt.recipient == to.email);
        let one = said.remove(place.ok_or_else(|| bad_reply("no receipt for a recipient"))?);
        receipts.push(Receipt {
            recipient: one.recipient,
            fate: match one.fate {
                method::Fate::Accepted => Fate::Accepted,
                method::Fate::Deferred => Fate::Deferred,
                method::Fate::Refused => Fate::Refused,
            },
            remote_id: one.remote_id.map(|id| redactor.line(&id, NAME)),
            detail: redactor.line(&one.detail, SENTENCE),
        });
    }
    if said.is_empty() {
        Ok(receipts)
    } else {
        Err(bad_reply("a receipt for nobody it was told of"))
    }
}

fn step(step: &method::Step, redactor: &Redactor) -> Step {
    Step {
        name: redactor.line(&step.name, NAME),
        outcome: match step.outcome {
            method::Outcome::Passed => StageOutcome::Passed,
            method::Outcome::Warned => StageOutcome::Warned,
            method::Outcome::Failed => StageOutcome::Failed,
            method::Outcome::Skipped => StageOutcome::Skipped,
        },
        detail: redactor.line(&step.detail, SENTENCE),
        took_ms: step.took_ms.into(),
        dialogue: step
            .dialogue
            .iter()
            .take(LINES)
            .map(|one| redactor.line(one, SENTENCE))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fault::FaultKind;

    fn message(recipients: &[&str]) -> Outgoing {
        let to = |email: &&str| Address { name: None, email: (*email).to_owned() };
        Outgoing {
            id: "<1@home.example>".to_owned(),
            sender: to(&"home@home.example"),
            reply_to: None,
            recipients: recipients.iter().map(to).collect(),
            subject: Secret::from("s"),
            text: Secret::from("t"),
            html: None,
            mime: Secret::new(b"Subject: s\r\n\r\nt\r\n".to_vec()),
            secrets: vec![Secret::from("12-34-AB-CD")],
        }
    }

    fn receipt(recipient: &str) -> method::Receipt {
        method::Receipt {
            recipient: recipient.to_owned(),
            fate: method::Fate::Deferred,
            remote_id: None,
            detail: format!("{recipient} said 12-34-AB-CD"),
        }
    }

    #[test]
    fn receipts_are_the_recipients_each_once() {
        let redactor = Redactor::new([&Secret::from("12-34-AB-CD")]);
        let of = |said: &[&str]| {
            let said = said.iter().map(|one| receipt(one)).collect();
            settle(said, &message(&["a@x.example", "b@x.example"]), &redactor)
        };
        let good = of(&["b@x.example", "a@x.example"]).expect("receipts");
        assert_eq!(good[0].recipient, "a@x.example");
        assert_eq!(good[1].detail, "b@x.example said ***");
        for said in [
            &["a@x.example"][..],
            &["a@x.example", "a@x.example"],
            &["a@x.example", "b@x.example", "c@x.example"],
            &["a@x.example", "b@x.example", "b@x.example"],
        ] {
            assert_eq!(of(said).map_err(|fault| fault.kind), Err(FaultKind::BadReply), "{said:?}");
        }
    }

    #[test]
    fn a_step_is_cut_and_without_known_secrets() {
        let redactor = Redactor::new([&Secret::from("hunter22")]);
        let said = method::Step {
            name: "sign-in".to_owned(),
            outcome: method::Outcome::Failed,
            detail: "wrong: hunter22".to_owned(),
            took_ms: 7,
            dialogue: vec!["C: hunter22\r\n".to_owned(); 1_000],
        };
        let step = step(&said, &redactor);
        assert_eq!((step.detail.as_str(), step.dialogue.len()), ("wrong: ***", LINES));
        assert_eq!(step.dialogue[0], "C: ***\\r\\n");
    }
}
