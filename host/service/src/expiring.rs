//! People are told before their time ends.
//!
//! Guarantees: one row a user leads from one reminder to the next; nobody is reminded of an end that is
//! another one by now, also where the mail had to wait. Does not: end anything.

use crate::error::Result;
use crate::house::Service;
use crate::outbox::{self, Owed};
use crate::recall::recall;
use domain::expiring;
use domain::ids::UserId;
use domain::outbox::{Message, MessageKind};
use domain::schedule::Task;
use domain::users::{User, UserState};
use jiff::Timestamp;
use store::WriteTx;

/// The name of the fact that says when it ends.
pub(crate) const ENDS: &str = "expires_at";

/// Puts the row of the next reminder, or takes it away. Part of every transaction that changes an end or
/// whether somebody may come in.
///
/// # Errors
/// The store's.
pub(crate) fn reschedule(tx: &WriteTx, user: &User, now: Timestamp) -> Result<()> {
    let stale = |message: &Message| is_stale(user, message, now);
    recall(tx, &user.id, now, stale)?;
    let task = Task::RemindExpiry(user.id.clone());
    let end = user.expires_at.filter(|_end| user.state == UserState::Active);
    let Some(end) = end else {
        tx.schedule().delete(&task)?;
        return Ok(());
    };
    let due = tx.schedule().get(&task)?;
    if due.is_some_and(|at| expiring::has_come(user.created_at, end, at, now)) {
        return Ok(());
    }
    put(tx, &task, expiring::next(user.created_at, end, now))
}

fn put(tx: &WriteTx, task: &Task, at: Option<Timestamp>) -> Result<()> {
    match at {
        Some(at) => tx.schedule().put(task, at)?,
        None => {
            tx.schedule().delete(task)?;
        }
    }
    Ok(())
}

/// Whether a message that waits tells of an end that is none.
fn is_stale(user: &User, message: &Message, now: Timestamp) -> bool {
    match message.kind {
        MessageKind::Expiring => {
            let told = message.facts.get(ENDS);
            user.state != UserState::Active
                || told != user.expires_at.map(|end| end.to_string()).as_ref()
        }
        MessageKind::Expired => user.state == UserState::Active && !user.is_due(now),
        MessageKind::Reset
        | MessageKind::Invite
        | MessageKind::Welcome
        | MessageKind::ConfirmAddress
        | MessageKind::PasswordChanged
        | MessageKind::AddressChanged
        | MessageKind::Approved
        | MessageKind::Refused
        | MessageKind::ApprovalAsked => false,
    }
}

/// [`Task::RemindExpiry`]: a moment has come. Looks at the facts anew, so that a late, early or repeated
/// call does no harm.
///
/// # Errors
/// Only our own.
pub async fn remind(service: &Service, id: &UserId) -> Result<()> {
    let (here, id) = (service.clone(), id.clone());
    service
        .write_aside(move |tx| {
            let (now, task) = (here.now(), Task::RemindExpiry(id.clone()));
            let Some(at) = tx.schedule().get(&task)? else { return Ok(()) };
            let user = tx.users().get(&id)?.filter(|user| user.state == UserState::Active);
            let ends = user.and_then(|user| user.expires_at.map(|end| (user, end)));
            let Some((user, end)) = ends else { return put(tx, &task, None) };
            if expiring::has_come(user.created_at, end, at, now) {
                let owed = Owed::to_user(MessageKind::Expiring, &user.id)
                    .with("username", user.username.as_str())
                    .with(ENDS, end.to_string())
                    .expires(end);
                outbox::owe(tx, &here, owed)?;
            }
            put(tx, &task, expiring::next(user.created_at, end, now))
        })
        .await
}

#[cfg(test)]
mod tests;
