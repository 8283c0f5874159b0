//! Messages that mean nothing any more are taken back before they are sent.
//!
//! Guarantees: what they brought is erased with it. Does not: unsend anything.

use crate::error::Result;
use domain::ids::UserId;
use domain::outbox::{Message, MessageState};
use domain::schedule::Task;
use jiff::Timestamp;
use store::WriteTx;
use store::secrets::SecretOf;

/// Drops those of a user's messages that still wait and fit.
pub(crate) fn recall(
    tx: &WriteTx,
    user: &UserId,
    now: Timestamp,
    fits: impl Fn(&Message) -> bool,
) -> Result<()> {
    let waiting = tx.outbox().of_user(user)?;
    for mut message in waiting.into_iter().filter(|one| one.state.is_open() && fits(one)) {
        message.state = MessageState::Dropped { at: now, because: "over".to_owned() };
        tx.outbox().put(&message)?;
        tx.secrets().delete_all(SecretOf::Message(&message.id))?;
        tx.schedule().delete(&Task::Deliver(message.id))?;
    }
    Ok(())
}
