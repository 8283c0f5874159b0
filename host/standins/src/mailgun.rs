//! A strict Mailgun double of one region: keys, domains, messages as forms and as MIME.
//!
//! Answers as Mailgun's API reference, mailgun-go and anymail's `mailgun.py` have it: wrong key 401 in
//! plain text, unknown domain 404 in JSON, one bad recipient fails the whole call. A path or a form
//! field no Mailgun has is written down as a violation; a double that is dropped with one panics.
//! Nothing is delivered: messages are kept to be looked at.

mod double;
mod form;
mod messages;

pub use double::{Fault, Mailgun, Region};
