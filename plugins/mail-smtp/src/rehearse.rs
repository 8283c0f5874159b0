//! A rehearsal: everything a mail would go through, short of the mail.
//!
//! Nothing is sent: after the recipient was taken, the server is told to forget it.

use latchkey_sdk::fault::Fault;
use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{
    Notice, Outcome as StageOutcome, ProbeResult, Report, Severity, Stage,
};
use latchkey_sdk::notify::{Outcome, Step, Trial};

use crate::content;
use crate::conversation::Conversation;
use crate::explain::{self, Moment};
use crate::offered::Offered;
use crate::reply::{Class, Reply};
use crate::server::{Encryption, Server};
use crate::session;
use crate::steps::{Ended, Steps, passed};

/// Every step with its dialogue.
///
/// # Errors
/// The settings themselves are wrong.
pub fn rehearse(lent: &impl Lent, trial: Option<&Trial>) -> Result<Vec<Step>, Fault> {
    let server = Server::read(lent)?;
    let mut planned = session::planned(&server);
    if trial.is_some() {
        planned.extend(["sender", "recipient"]);
    }
    let mut steps = Steps::new(lent);
    // What went wrong is the last step.
    drop(run(lent, &server, trial, &mut steps));
    Ok(steps.all(&planned))
}

/// The probe of the settings page: the same without a trial.
#[must_use]
pub fn probe(lent: &impl Lent) -> ProbeResult {
    let server = match Server::read(lent) {
        Ok(server) => server,
        Err(fault) => return ProbeResult { stages: Vec::new(), outcome: Err(fault) },
    };
    let mut steps = Steps::new(lent);
    let outcome = run(lent, &server, None, &mut steps).map(|offered| report(&server, &offered));
    let stages = steps.all(&session::planned(&server)).into_iter().map(stage).collect();
    ProbeResult { stages, outcome }
}

fn run<'a, L: Lent>(
    lent: &'a L,
    server: &Server,
    trial: Option<&Trial>,
    steps: &mut Steps<'a, L>,
) -> Result<Offered, Fault> {
    let hello_name = server.hello_name(trial.map(|trial| trial.sender.email.as_str()));
    let mut session = session::open(lent, server, &hello_name, steps)?;
    if let Some(trial) = trial {
        let sender = trial.sender.email.as_str();
        let class =
            steps.next("sender", &mut session.talk, |talk| sender_taken(talk, sender, server))?;
        // Without a sender RCPT is out of order, and the answer would say nothing of the recipient.
        if class == Class::Done {
            let recipient = trial.recipient.email.as_str();
            steps.next("recipient", &mut session.talk, |talk| {
                recipient_taken(talk, recipient, server)
            })?;
        }
    }
    session.talk.leave();
    Ok(session.offered)
}

fn sender_taken<L: Lent>(
    talk: &mut Conversation<'_, L>,
    sender: &str,
    server: &Server,
) -> Ended<Class> {
    let path = content::path(sender).map_err(|fault| fault.about("sender"))?;
    let reply = talk.say(&format!("MAIL FROM:<{path}>"))?;
    taken(&reply, Moment::Sender, server)
}

fn recipient_taken<L: Lent>(
    talk: &mut Conversation<'_, L>,
    recipient: &str,
    server: &Server,
) -> Ended<Class> {
    let path = content::path(recipient).map_err(|fault| fault.about("recipient"))?;
    let reply = talk.say(&format!("RCPT TO:<{path}>"))?;
    let ended = taken(&reply, Moment::Recipient, server);
    // Whatever it says: we leave next, and an unfinished message is dropped with us.
    drop(talk.say("RSET"));
    ended
}

/// Taken now, or perhaps later.
fn taken(reply: &Reply, moment: Moment, server: &Server) -> Ended<Class> {
    match reply.class() {
        Class::Done => passed(Class::Done, reply.words()),
        // Not now is no fault of the settings.
        Class::Later => Ok((Class::Later, Outcome::Warned, explain::words(moment, reply, server))),
        Class::GoOn | Class::Never => Err(explain::refused(moment, reply, server)),
    }
}

fn report(server: &Server, offered: &Offered) -> Report {
    let mut notices = Vec::new();
    if server.encryption == Encryption::None && !server.is_loopback() {
        let detail = "mail travels to the server without encryption, with links and PINs in it; fine \
            only inside a network you trust";
        let (code, detail) = ("mail-smtp.plain".to_owned(), detail.to_owned());
        notices.push(Notice { severity: Severity::Warning, code, detail });
    }
    Report {
        product: "SMTP server".to_owned(),
        version: String::new(),
        server_id: None,
        features: offered.keywords().into_iter().map(str::to_ascii_lowercase).collect(),
        notices,
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
