//! A message's rows: itself, its place in the schedule, and what is sealed beside it.
//!
//! Guarantees: an open message has a row in the schedule, a closed one has neither that nor a secret.

use crate::clock::earlier;
use crate::error::Result;
use core::time::Duration;
use domain::outbox::{Message, MessageState};
use domain::schedule::Task;
use jiff::Timestamp;
use store::WriteTx;
use store::secrets::SecretOf;

/// The sealed link of a message.
pub(crate) const LINK: &str = "link";
/// The sealed PIN of a message.
pub(crate) const PIN: &str = "pin";

/// A closed message is remembered for so long.
const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);

/// When an open message is due.
pub(super) fn due(message: &Message, now: Timestamp) -> Option<Timestamp> {
    match &message.state {
        MessageState::Queued => Some(now),
        MessageState::Deferred { until, .. } => Some(*until),
        MessageState::Sent { .. } | MessageState::Failed { .. } | MessageState::Dropped { .. } => {
            None
        }
    }
}

/// Writes a message and what follows from its state.
pub(super) fn keep(tx: &WriteTx, message: &Message, now: Timestamp) -> Result<()> {
    tx.outbox().put(message)?;
    let task = Task::Deliver(message.id.clone());
    match due(message, now) {
        Some(at) => tx.schedule().put(&task, at)?,
        None => {
            tx.schedule().delete(&task)?;
            tx.secrets().delete_all(SecretOf::Message(&message.id))?;
        }
    }
    Ok(())
}

/// Forgets messages that were closed long ago, some of each state; how many.
pub(crate) fn sweep(tx: &WriteTx, now: Timestamp, limit: usize) -> Result<usize> {
    let long_ago = earlier(now, REMEMBERED);
    let mut dropped = 0;
    for state in ["sent", "failed", "dropped"] {
        for message in tx.outbox().in_state(state, limit)? {
            if message.state.closed_at().is_some_and(|at| at <= long_ago) {
                tx.outbox().delete(&message.id)?;
                dropped += 1;
            }
        }
    }
    Ok(dropped)
}
