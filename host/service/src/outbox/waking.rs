//! Messages that wait are looked at again: at a start, and when a method came or is back.

use super::rows;
use crate::error::Result;
use crate::house::Service;
use domain::outbox::{Message, MessageState};
use domain::schedule::Task;
use jiff::Timestamp;
use store::{ReadTx, WriteTx};

const OPEN: [&str; 2] = ["queued", "deferred"];

/// Puts all open messages due now: a method was added, changed, or is back.
pub(crate) async fn wake(service: &Service) -> Result<()> {
    let now = service.now();
    if service
        .read(|tx| Ok(tx.outbox().count_in("queued")? + tx.outbox().count_in("deferred")?))
        .await?
        == 0
    {
        return Ok(());
    }
    service
        .write_aside(move |tx| {
            for state in OPEN {
                for message in tx.outbox().in_state(state, usize::MAX)? {
                    rouse(tx, message, now)?;
                }
            }
            Ok(())
        })
        .await
}

fn rouse(tx: &WriteTx, mut message: Message, now: Timestamp) -> Result<()> {
    let task = Task::Deliver(message.id.clone());
    if let MessageState::Deferred { until, .. } = &mut message.state
        && *until > now
    {
        *until = now;
        return rows::keep(tx, &message, now);
    }
    // One that is due is left where it is in the queue.
    if tx.schedule().get(&task)?.is_none_or(|at| at > now) {
        tx.schedule().put(&task, now)?;
    }
    Ok(())
}

/// At a start: no open message is without its row, and none waits for a method that is there by now.
pub(crate) async fn resume(service: &Service) -> Result<()> {
    let now = service.now();
    let has_methods = !service.inside().posts.all().is_empty();
    let lost = service.read(move |tx| lost(tx, now, has_methods)).await?;
    if lost.is_empty() {
        return Ok(());
    }
    service
        .write_aside(move |tx| {
            for (task, at) in &lost {
                tx.schedule().put(task, *at)?;
            }
            Ok(())
        })
        .await
}

fn lost(tx: &ReadTx, now: Timestamp, has_methods: bool) -> Result<Vec<(Task, Timestamp)>> {
    let mut lost = Vec::new();
    for state in OPEN {
        for message in tx.outbox().in_state(state, usize::MAX)? {
            let task = Task::Deliver(message.id.clone());
            let Some(due) = rows::due(&message, now) else { continue };
            let row = tx.schedule().get(&task)?;
            let is_right = row.is_some_and(|at| at <= due || !has_methods);
            if !is_right {
                lost.push((task, due));
            }
        }
    }
    Ok(lost)
}
