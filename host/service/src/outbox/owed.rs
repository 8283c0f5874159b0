//! A message that is to be owed, and how it comes to be.

use super::rows::{self, LINK, PIN};
use crate::clock::later;
use crate::error::Result;
use crate::house::Service;
use domain::ids::{MessageId, UserId};
use domain::names::EmailAddress;
use domain::outbox::{Message, MessageKind, To};
use domain::secret::Secret;
use jiff::Timestamp;
use std::collections::BTreeMap;
use store::WriteTx;
use store::secrets::SecretOf;

/// A message that is to be owed. What it says beyond its kind are facts and secrets; the facts' names are
/// in [`crate::compose::facts`].
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

    /// With the link it brings, sealed: a whole address, or a path below the public one.
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
    message.sealed = !owed.secrets.is_empty();
    message.expires_at = owed.expires_at.unwrap_or_else(|| later(now, owed.kind.worth()));
    for (name, secret) in &owed.secrets {
        tx.secrets().put(SecretOf::Message(&id), name, secret)?;
    }
    rows::keep(tx, &message, now)?;
    Ok(id)
}
