//! The first message to somebody who signed up.

use crate::backends;
use crate::error::Result;
use crate::house::Service;
use crate::outbox::{self, Owed};
use domain::ids::MessageId;
use domain::outbox::MessageKind;
use domain::users::User;
use store::WriteTx;

/// Owes it, in the transaction in which it is due.
pub(crate) fn owe(tx: &WriteTx, service: &Service, user: &User) -> Result<MessageId> {
    let places = user
        .accounts
        .iter()
        .filter_map(|account| backends::get(service, &account.backend).ok().map(|view| view.label));
    let mut owed = Owed::to_user(MessageKind::Welcome, &user.id)
        .with("username", user.username.as_str())
        .with("backends", places.collect::<Vec<_>>().join(", "));
    if let Some(end) = user.expires_at {
        owed = owed.with("expires_at", end.to_string());
    }
    if let Some(profile) = &user.profile {
        owed = owed.with("profile", profile.as_str());
    }
    outbox::owe(tx, service, owed)
}
