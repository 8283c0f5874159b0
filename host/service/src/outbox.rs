//! The outbox: messages wait here until a mail method takes them.
//!
//! Guarantees: a message is owed in the transaction of its cause, with its link and PIN sealed beside
//! it; both are erased once it is sent, given up or over; it has one Message-ID for ever and is handed
//! over once, unless the process died between a method's yes and our note of it. Does not: write a mail;
//! [`crate::compose`] does.

mod carrier;
mod delivery;
mod owed;
mod rows;
mod waking;
mod words;

pub use delivery::deliver;
pub use owed::{Owed, owe};

pub(crate) use rows::sweep;
#[cfg(test)]
pub(crate) use rows::{LINK, PIN};
pub(crate) use waking::{resume, wake};

use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::paging::{self, Page};
use domain::ids::{MessageId, UserId};
use domain::names::name_key;
use domain::outbox::{Message, MessageState, To};
use domain::role::Admin;
use std::collections::BTreeSet;
use store::users::UserFilter;
use store::{PageRequest, ReadTx};

/// People whose messages a search looks for.
const NAMED: usize = 200;
/// A word of the catalogue: an admin took it back.
const BY_HAND: &str = "by-hand";

/// Which messages to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only those in this state: `queued`, `deferred`, `sent`, `failed`, `dropped`.
    pub state: Option<String>,
    /// [`Page::next`] of the page before.
    pub after: Option<String>,
    /// How many; see [`crate::paging::length`].
    pub limit: Option<usize>,
    /// Beginnings of words of a user's name, or a part of an address.
    pub search: Option<String>,
}

/// How many messages want to be looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Wait for their first attempt.
    pub queued: u64,
    /// Tried in vain, and tried again.
    pub deferred: u64,
    /// Given up.
    pub failed: u64,
}

/// One page of what is owed, the newest first.
///
/// # Errors
/// `Invalid` for a cursor that is none of ours, and for a state there is not.
pub async fn list(service: &Service, _by: &Admin, query: &Query) -> Result<Page<Message>> {
    const STATES: [&str; 5] = ["queued", "deferred", "sent", "failed", "dropped"];
    let state = query.state.clone().filter(|state| !state.is_empty());
    if state.as_deref().is_some_and(|state| !STATES.contains(&state)) {
        return Err(ServiceError::field("state", "unknown"));
    }
    let request = paging::request(query.after.as_deref(), query.limit, None)?;
    let searched = query.search.as_deref().map(str::trim).filter(|words| !words.is_empty());
    let searched = searched.map(str::to_owned);
    service
        .read(move |tx| {
            let Some(searched) = searched else {
                let page = tx.outbox().page(&request, state.as_deref(), |_message| true)?;
                return Ok(paging::page(page));
            };
            let (people, part) = (named(tx, &searched)?, name_key(&searched));
            let fits = |message: &Message| {
                let of_them = message.user.as_ref().is_some_and(|user| people.contains(user));
                let to = matches!(&message.to, To::Address(to) if to.key().contains(&part));
                of_them || to
            };
            Ok(paging::page(tx.outbox().page(&request, state.as_deref(), fits)?))
        })
        .await
}

fn named(tx: &ReadTx, words: &str) -> Result<BTreeSet<UserId>> {
    let request = PageRequest { search: words.to_owned(), ..PageRequest::first(NAMED) };
    let found = tx.users().page(&request, &UserFilter::default())?;
    Ok(found.items.into_iter().map(|user| user.id).collect())
}

/// One message.
///
/// # Errors
/// `NotFound`.
pub async fn get(service: &Service, _by: &Admin, id: &MessageId) -> Result<Message> {
    let id = id.clone();
    let found = service.read(move |tx| Ok(tx.outbox().get(&id)?)).await?;
    found.ok_or(NO_MESSAGE)
}

const NO_MESSAGE: ServiceError = ServiceError::NotFound { what: "message" };

/// How many wait, and how many were given up.
///
/// # Errors
/// The store's.
pub async fn counts(service: &Service, _by: &Admin) -> Result<Counts> {
    service
        .read(|tx| {
            let outbox = tx.outbox();
            Ok(Counts {
                queued: outbox.count_in("queued")?,
                deferred: outbox.count_in("deferred")?,
                failed: outbox.count_in("failed")?,
            })
        })
        .await
}

/// Tries a message again at once, also one that was given up.
///
/// # Errors
/// `NotFound`; `Forbidden` `message-sent`, and `message-erased` where the link it would bring is gone.
pub async fn retry(service: &Service, _by: &Admin, id: &MessageId) -> Result<Message> {
    let (id, now) = (id.clone(), service.now());
    service
        .write_aside(move |tx| {
            let mut message = tx.outbox().get(&id)?.ok_or(NO_MESSAGE)?;
            message.again(now).map_err(|why| ServiceError::Forbidden { code: why.code() })?;
            rows::keep(tx, &message, now)?;
            Ok(message)
        })
        .await
}

/// Gives a message up by hand. One that is on its way at this moment may still be sent, and is then
/// noted as sent.
///
/// # Errors
/// `NotFound`; `Forbidden` `message-closed` where there is nothing to give up.
pub async fn drop_message(service: &Service, _by: &Admin, id: &MessageId) -> Result<Message> {
    let (id, now) = (id.clone(), service.now());
    service
        .write_aside(move |tx| {
            let mut message = tx.outbox().get(&id)?.ok_or(NO_MESSAGE)?;
            match message.state {
                MessageState::Queued | MessageState::Deferred { .. } => {}
                MessageState::Sent { .. }
                | MessageState::Failed { .. }
                | MessageState::Dropped { .. } => {
                    return Err(ServiceError::Forbidden { code: "message-closed" });
                }
            }
            message.drop_because(now, BY_HAND);
            rows::keep(tx, &message, now)?;
            Ok(message)
        })
        .await
}

#[cfg(test)]
mod tests;
