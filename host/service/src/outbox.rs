//! The outbox: messages wait here until a mail method takes them.
//!
//! Guarantees: a message is owed in the transaction of its cause, with its link and PIN sealed beside
//! it; both are erased once it is sent or over. Does not: write a mail; [`crate::compose`] does.

use crate::clock::later;
use crate::error::Result;
use crate::house::Service;
use crate::paging::{self, Page};
use domain::ids::{MessageId, UserId};
use domain::names::EmailAddress;
use domain::outbox::{Message, MessageKind, To};
use domain::role::Admin;
use domain::schedule::Task;
use domain::secret::Secret;
use jiff::Timestamp;
use std::collections::BTreeMap;
use store::WriteTx;
use store::secrets::SecretOf;

/// The sealed link of a message.
pub(crate) const LINK: &str = "link";
/// The sealed PIN of a message.
pub(crate) const PIN: &str = "pin";

/// A message that is to be owed.
#[derive(Debug, Clone)]
pub struct Owed {
    kind: MessageKind,
    to: To,
    user: Option<UserId>,
    facts: BTreeMap<String, String>,
    secrets: Vec<(&'static str, Secret)>,
    expires_at: Option<Timestamp>,
}

impl Owed {
    /// To a user's confirmed address. Whether there is one is looked at when it is delivered.
    #[must_use]
    pub fn to_user(kind: MessageKind, user: &UserId) -> Self {
        Self { user: Some(user.clone()), ..Self::new(kind, To::User) }
    }

    /// To an address: an invited person's, or one that is to be confirmed.
    #[must_use]
    pub fn to_address(kind: MessageKind, address: EmailAddress) -> Self {
        Self::new(kind, To::Address(address))
    }

    fn new(kind: MessageKind, to: To) -> Self {
        Self { kind, to, user: None, facts: BTreeMap::new(), secrets: Vec::new(), expires_at: None }
    }

    /// About this user: deleted with them.
    #[must_use]
    pub fn about(mut self, user: &UserId) -> Self {
        self.user = Some(user.clone());
        self
    }

    /// With one more fact for the template. No secrets.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// With the link it brings, sealed.
    #[must_use]
    pub fn link(mut self, link: Secret) -> Self {
        self.secrets.push((LINK, link));
        self
    }

    /// With the PIN it brings, sealed.
    #[must_use]
    pub fn pin(mut self, pin: Secret) -> Self {
        self.secrets.push((PIN, pin));
        self
    }

    /// Worth nothing after that.
    #[must_use]
    pub const fn expires(mut self, at: Timestamp) -> Self {
        self.expires_at = Some(at);
        self
    }
}

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
    service.read(move |tx| Ok(paging::page(tx.outbox().page(&request, None)?))).await
}

/// Owes a message: in the transaction of its cause.
///
/// # Errors
/// The store's.
pub fn owe(tx: &WriteTx, service: &Service, owed: Owed) -> Result<MessageId> {
    let id = MessageId::from_random(service.random().bytes());
    let now = service.now();
    let mut message = Message::owed(id.clone(), owed.kind, owed.to, now);
    message.user = owed.user;
    message.facts = owed.facts;
    message.expires_at = owed.expires_at.unwrap_or_else(|| later(now, owed.kind.worth()));
    for (name, secret) in &owed.secrets {
        tx.secrets().put(SecretOf::Message(&id), name, secret)?;
    }
    tx.outbox().put(&message)?;
    tx.schedule().put(&Task::Deliver(id.clone()), now)?;
    Ok(id)
}
