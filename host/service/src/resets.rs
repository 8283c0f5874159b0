//! Forgotten passwords: asked for by name or address, set through a link, everywhere in one go.
//!
//! Guarantees: whoever asks gets one answer at one moment, whatever is known here; a link works once,
//! for an hour (a day, made by an admin), and one that is used, over or wrong cannot be told apart; its
//! mail is owed in the transaction that makes it; a password that breaks a rule, or that no place took
//! for sure, leaves the link good; two at once never set anything side by side. An account whose plugin calls
//! it privileged is never set by a link. Does not: read reset files; [`crate::outbox`] sends.

mod asking;
mod handing;
mod issuing;
mod places;
mod setting;

pub use asking::forgot;
pub use handing::{ResetLink, link, mail_link};
pub(crate) use issuing::{owe_for_file, owe_waited};
pub use setting::{ResetView, look, reset};

#[cfg(test)]
mod tests;
