//! What is owed to whom: messages wait here until a mail method takes them.
//!
//! Guarantees: a message is owed in the transaction of its cause, under a Message-ID that it keeps.
//! Does not: deliver.

use crate::error::Result;
use crate::house::Service;
use crate::paging::{self, Page};
use crate::random::Random;
use domain::ids::{MessageId, UserId};
use domain::outbox::{Message, MessageKind, MessageState};
use domain::role::Admin;
use jiff::Timestamp;
use std::collections::BTreeMap;
use store::WriteTx;

/// One page of what is owed, the newest first.
///
/// # Errors
/// `Invalid` for a cursor that is none of ours.
pub async fn list(
    service: &Service,
    _by: &Admin,
    after: Option<&str>,
    limit: Option<usize>,
) -> Result<Page<Message>> {
    let request = paging::request(after, limit, None)?;
    service.read(move |tx| Ok(paging::page(tx.outbox().page(&request)?))).await
}

/// A message to owe.
#[derive(Debug, Clone)]
pub struct Owed {
    /// What it is about.
    pub kind: MessageKind,
    /// To whom.
    pub user: UserId,
    /// What its template is filled with.
    pub facts: BTreeMap<String, String>,
}

/// Owes a message: in the transaction of its cause. Whether the user has an address is looked at when
/// it is delivered.
///
/// # Errors
/// The store's.
pub fn owe(tx: &WriteTx, owed: Owed, random: Random, now: Timestamp) -> Result<MessageId> {
    let id = MessageId::from_random(random.bytes());
    let Owed { kind, user, facts } = owed;
    let state = MessageState::Queued;
    tx.outbox().put(&Message { id: id.clone(), kind, user, facts, state, owed_at: now })?;
    Ok(id)
}
