//! Mails: subject, text and HTML from templates that admins may replace.
//!
//! Guarantees: a template is compiled and tried with examples when it is taken, so that it cannot fail
//! for a reason that could have been seen; a mail is never lost to a template; neither PIN nor link gets
//! into a subject. Does not: send, or know to whom and when.
//!
//! A mail is a [`MailContext`]; [`MailTemplates::render`] makes it [`Rendered`].

mod kind;
mod problem;

mod expressions;

mod tags;

mod compile;

mod moment;

mod context;

mod aliases;

mod template;

mod builtin;

mod files;

pub mod samples;

mod templates;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use builtin::keys;

pub use context::{
    About, AccountEnd, AddressChanged, AskedBy, ConfirmAddress, Invite, MailContext,
    PasswordChanged, Person, Place, Refusal, Reset, Server, Test, Waiting, Welcome,
};
pub use files::{part_of_file, unreadable};
pub use kind::{MailKind, Part, Source};
pub use moment::MailStyle;
pub use problem::TemplateProblem;
pub use template::Rendered;
pub use templates::{BuiltInError, MailTemplates};
