//! What is owed to whom: messages wait here until a mail method takes them.
//!
//! Guarantees: a message is owed in the transaction of its cause, under a Message-ID that it keeps.
//! Does not: deliver.

use crate::error::Result;
use crate::house::Service;
use crate::paging::{self, Page};
use domain::ids::{MessageId, UserId};
use domain::outbox::{Message, MessageKind};
use domain::role::Admin;
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

/// Owes a message without facts: in the transaction of its cause. Whether the user has an address is
/// looked at when it is delivered.
///
/// # Errors
/// The store's.
pub fn owe(tx: &WriteTx, service: &Service, kind: MessageKind, user: &UserId) -> Result<()> {
    let id = MessageId::from_random(service.random().bytes());
    Ok(tx.outbox().put(&Message::owed(id, kind, user.clone(), service.now()))?)
}
