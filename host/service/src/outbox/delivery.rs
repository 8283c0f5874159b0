//! One attempt to hand a message over.
//!
//! Guarantees: what is decided is written before anything is sent, and what came of it in one transaction
//! with the erasure of link and PIN and the line of activity; a method that may have sent the message is
//! not followed by another. Does not: wait for the next attempt; the schedule does.

use super::carrier::Carrier;
use super::rows::{self, LINK, PIN};
use super::waking;
use super::words::{masked, secrets_of, without_address};
use crate::activity::note;
use crate::compose::{self, Letter};
use crate::error::Result;
use crate::house::Service;
use crate::posts::Post;
use core::time::Duration;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::fault::{Fault, FaultKind};
use domain::ids::{MailId, MessageId};
use domain::messages::{Fate, Receipt};
use domain::names::EmailAddress;
use domain::outbox::{Answer, Attempted, Message, MessageKind, MessageState, To};
use domain::schedule::Task;
use domain::secret::Secret;
use domain::users::{User, UserState};
use jiff::Timestamp;
use store::WriteTx;
use store::secrets::SecretOf;

/// Words of the catalogue for messages that are never sent.
const OVER: &str = "over";
const GONE: &str = "gone";
const SHUT_OUT: &str = "shut-out";
const NO_ADDRESS: &str = "no-address";
const UNCONFIRMED: &str = "unconfirmed";

/// A message that is being handed over.
struct Begun {
    message: Message,
    user: Option<User>,
    address: EmailAddress,
    link: Option<Secret>,
    pin: Option<Secret>,
    posts: Vec<Post>,
}

/// What came of it: the methods that were passed over, and the end.
struct Ended {
    passed: Vec<Attempted>,
    answer: Answer,
    /// A method that had failed before carries again.
    is_back: bool,
}

/// Hands a message over, if it is its time; what comes of it is in the message. The schedule has one of them
/// under way at a time.
///
/// Cancel safety: the message may have been handed over by then; it is tried again under its Message-ID.
///
/// # Errors
/// Only our own; then it is tried again.
pub async fn deliver(service: &Service, id: &MessageId) -> Result<()> {
    deliver_by(service, service, id).await
}

pub(super) async fn deliver_by(
    service: &Service,
    carrier: &impl Carrier,
    id: &MessageId,
) -> Result<()> {
    let (here, wanted) = (service.clone(), id.clone());
    let begun = service.write_aside(move |tx| begin(tx, &here, &wanted)).await?;
    let Some(begun) = begun else { return Ok(()) };
    let ended = carried(service, carrier, &begun).await;
    if matches!(ended.answer, Answer::Taken { .. }) {
        service.kill_points().pass("mail-sent").await;
    }
    let (now, is_back) = (service.now(), ended.is_back);
    service.write_aside(move |tx| end(tx, now, &begun, ended)).await?;
    service.kill_points().pass("mail-noted").await;
    if is_back { waking::wake(service).await } else { Ok(()) }
}

/// Decides whether there is something to send, and to whom.
fn begin(tx: &WriteTx, service: &Service, id: &MessageId) -> Result<Option<Begun>> {
    let now = service.now();
    let Some(mut message) = tx.outbox().get(id)? else { return Ok(None) };
    let Some(due) = rows::due(&message, now) else { return Ok(None) };
    let task = Task::Deliver(id.clone());
    let user = match &message.user {
        Some(user) => tx.users().get(user)?,
        None => None,
    };
    let address =
        if message.expires_at <= now { Err(OVER) } else { address(&message, user.as_ref()) };
    let address = match address {
        Ok(address) => address,
        Err(because) => {
            tracing::info!(message.id = %id, message.kind = message.kind.name(), because, "a message is not sent");
            message.drop_because(now, because);
            rows::keep(tx, &message, now)?;
            return Ok(None);
        }
    };
    if due > now {
        tx.schedule().put(&task, due)?;
        return Ok(None);
    }
    let posts = service.inside().posts.in_turn(now);
    let Some(first) = posts.first() else {
        // Whoever adds a method puts it due.
        tx.schedule().put(&task, message.expires_at)?;
        return Ok(None);
    };
    message.begin(&compose::wire::domain(first.method.from.domain()));
    tx.outbox().put(&message)?;
    let sealed = |name| tx.secrets().get(SecretOf::Message(id), name);
    let (link, pin) = (sealed(LINK)?, sealed(PIN)?);
    Ok(Some(Begun { message, user, address, link, pin, posts }))
}

/// Where it goes, or the word for why it goes nowhere. An address that is not confirmed gets nothing but
/// its confirmation, and one that was somebody's only that it is so no more.
fn address(message: &Message, user: Option<&User>) -> Result<EmailAddress, &'static str> {
    let user = match (&message.user, user) {
        (Some(_), None) => return Err(GONE),
        (_, user) => user,
    };
    if user.is_some_and(|user| is_shut_out(message.kind, user)) {
        return Err(SHUT_OUT);
    }
    let may_be_nobodys = match message.kind {
        MessageKind::Invite | MessageKind::ConfirmAddress | MessageKind::AddressChanged => true,
        // Of a sign-up that never made a user, to an address that its invite had gone to.
        MessageKind::Refused => message.user.is_none(),
        MessageKind::Reset
        | MessageKind::Welcome
        | MessageKind::PasswordChanged
        | MessageKind::Expiring
        | MessageKind::Expired
        | MessageKind::Approved
        | MessageKind::ApprovalAsked => false,
    };
    if let (To::Address(address), true) = (&message.to, may_be_nobodys) {
        return Ok(address.clone());
    }
    let known = user.ok_or(GONE)?.email.as_ref().ok_or(NO_ADDRESS)?;
    let is_theirs = match &message.to {
        To::User => true,
        To::Address(address) => address.key() == known.address.key(),
    };
    if known.confirmed && is_theirs { Ok(known.address.clone()) } else { Err(UNCONFIRMED) }
}

/// Whether the mail would tell somebody of a door that is closed to them.
const fn is_shut_out(kind: MessageKind, user: &User) -> bool {
    match (kind, user.state) {
        (
            MessageKind::PasswordChanged
            | MessageKind::AddressChanged
            | MessageKind::Expired
            | MessageKind::Refused
            | MessageKind::Invite,
            _,
        )
        | (_, UserState::Active) => false,
        (MessageKind::Welcome | MessageKind::ConfirmAddress, UserState::Pending) => false,
        (_, UserState::Pending | UserState::Disabled | UserState::Expired) => true,
    }
}

/// Asks one method after the other, until one has said something about the message itself.
async fn carried(service: &Service, carrier: &impl Carrier, begun: &Begun) -> Ended {
    let secrets = secrets_of(begun.link.as_ref(), begun.pin.as_ref());
    let told = compose::Told {
        message: &begun.message,
        user: begun.user.as_ref(),
        address: &begun.address,
        link: begun.link.as_ref(),
        pin: begun.pin.as_ref(),
    };
    let letter = match compose::letter(service, &told, secrets.clone()).await {
        Ok(letter) => letter,
        Err(unwritten) => {
            let words = masked(&unwritten.to_string(), &secrets);
            tracing::warn!(message.id = %begun.message.id, message.kind = begun.message.kind.name(), error = %unwritten, "a message could not be written");
            let answer = match unwritten {
                // No method could, today or ever, and none is to blame.
                compose::Unwritten::NoRecipient => Answer::Never { method: None, words },
                _ => Answer::Later { method: None, at_least: None, words },
            };
            return Ended { passed: Vec::new(), answer, is_back: false };
        }
    };
    service.kill_points().pass("mail-composed").await;
    let posts = &service.inside().posts;
    let mut faults: Vec<(MailId, Fault)> = Vec::new();
    for post in &begun.posts {
        let method = &post.method.id;
        let asked = asked(service, carrier, (post, &letter), &secrets).await;
        let said = asked.as_ref().map(|receipt| receipt.fate).map_err(Clone::clone);
        let is_back = posts.asked(method, service.now(), said);
        let answer = match asked {
            Ok(receipt) => answer(method, receipt),
            Err(fault) if may_be_sent(&fault) => {
                let at_least = fault.retry_after;
                Answer::Later { method: Some(method.clone()), at_least, words: fault.detail }
            }
            Err(fault) => {
                faults.push((method.clone(), fault));
                continue;
            }
        };
        return Ended { passed: passed(service.now(), &faults), answer, is_back };
    }
    let answer = none_carries(&faults);
    faults.pop();
    Ended { passed: passed(service.now(), &faults), answer, is_back: false }
}

/// One method's word on the one recipient.
async fn asked(
    service: &Service,
    carrier: &impl Carrier,
    (post, letter): (&Post, &Letter),
    secrets: &[Secret],
) -> Result<Receipt, Fault> {
    let method = &post.method.id;
    let clean = |mut fault: Fault| {
        fault.detail = masked(&fault.detail, secrets);
        tracing::warn!(method.id = %method, code = fault.code, "a mail method did not take a message");
        fault
    };
    let unwritten = |why: compose::Unwritten| {
        Fault::new(FaultKind::Misconfigured, "host.unwritten", why.to_string())
    };
    let outgoing = letter.by(&post.method, service.now()).map_err(unwritten).map_err(clean)?;
    let receipts = carrier.send(method, &outgoing).await.map_err(clean)?;
    let receipt = receipts.into_iter().next().ok_or_else(|| {
        Fault::new(FaultKind::BadReply, "host.no-receipt", "it did not say what became of it")
    })?;
    Ok(Receipt {
        detail: masked(&receipt.detail, secrets),
        remote_id: receipt.remote_id.map(|id| masked(&id, secrets)),
        ..receipt
    })
}

fn answer(method: &MailId, receipt: Receipt) -> Answer {
    let (method, words) = (method.clone(), receipt.detail);
    match receipt.fate {
        Fate::Accepted => Answer::Taken { method, remote_id: receipt.remote_id, words },
        Fate::Deferred => Answer::Later { method: Some(method), at_least: None, words },
        Fate::Refused => Answer::Never { method: Some(method), words },
    }
}

/// Whether another method would perhaps send it a second time. What broke off inside of the sandbox before
/// anything went out did nothing.
fn may_be_sent(fault: &Fault) -> bool {
    let did_nothing = fault.kind == FaultKind::Internal && fault.code.starts_with("sandbox.");
    fault.kind.is_unclear() && !did_nothing
}

fn passed(at: Timestamp, faults: &[(MailId, Fault)]) -> Vec<Attempted> {
    let one = |(method, fault): &(MailId, Fault)| Attempted {
        at,
        method: Some(method.clone()),
        words: fault.detail.clone(),
    };
    faults.iter().map(one).collect()
}

/// Nothing was sent, for sure; tried again once the first of them wants to be asked.
fn none_carries(faults: &[(MailId, Fault)]) -> Answer {
    let pauses: Option<Vec<Duration>> = faults.iter().map(|(_, fault)| fault.retry_after).collect();
    let at_least = pauses.and_then(|pauses| pauses.into_iter().min());
    let words = match faults {
        [(_, fault)] => fault.detail.clone(),
        several => {
            let each = several.iter().map(|(method, fault)| format!("{method}: {}", fault.detail));
            each.collect::<Vec<_>>().join("; ")
        }
    };
    Answer::Later { method: faults.last().map(|(method, _)| method.clone()), at_least, words }
}

/// Writes what came of it.
fn end(tx: &WriteTx, now: Timestamp, begun: &Begun, ended: Ended) -> Result<()> {
    let Some(mut message) = tx.outbox().get(&begun.message.id)? else { return Ok(()) };
    let is_taken = matches!(ended.answer, Answer::Taken { .. });
    if !message.state.is_open() && !is_taken {
        return Ok(());
    }
    ended.passed.into_iter().for_each(|one| message.note(one));
    message.answered(now, ended.answer);
    rows::keep(tx, &message, now)?;
    told(&message);
    line(now, &message, begun).map_or(Ok(()), |line| note(tx, line))
}

/// The line of activity it is worth: a mail that was given up, and one that lets somebody in.
fn line(now: Timestamp, message: &Message, begun: &Begun) -> Option<NewActivity> {
    let line = |kind| {
        let line = NewActivity::new(now, Actor::System, kind).with("message", message.kind.name());
        match &begun.user {
            Some(user) => line.with("whom", "user").with("user", user.username.as_str()),
            None => line.with("whom", "guest"),
        }
    };
    match (&message.state, message.kind) {
        (MessageState::Failed { because, .. }, _) => {
            let why = without_address(because, begun.address.as_str());
            Some(line(ActivityKind::MessageFailed).with("why", why))
        }
        (MessageState::Sent { .. }, MessageKind::Reset) => Some(line(ActivityKind::ResetMailed)),
        (
            MessageState::Sent { .. }
            | MessageState::Queued
            | MessageState::Deferred { .. }
            | MessageState::Dropped { .. },
            _,
        ) => None,
    }
}

fn told(message: &Message) {
    let (id, kind, attempt) = (&message.id, message.kind.name(), message.attempts);
    match &message.state {
        MessageState::Sent { method, .. } => {
            tracing::info!(message.id = %id, message.kind = kind, method.id = %method, attempt, "a message was handed over");
        }
        MessageState::Deferred { until, .. } => {
            tracing::warn!(message.id = %id, message.kind = kind, attempt, "a message waits until {until}");
        }
        MessageState::Failed { .. } => {
            tracing::warn!(message.id = %id, message.kind = kind, attempt, "a message is given up");
        }
        MessageState::Queued | MessageState::Dropped { .. } => {}
    }
}
