//! Turns a typed context into a page or a mail, strictly.
//!
//! Guarantees: a template that names what its page does not have is an error and never an empty
//! spot; every value is escaped; every text comes from the catalogue; nothing on a page needs an
//! inline script or style. Does not: decide anything, read a clock, know a route or a backend.
//!
//! A page is a struct that implements [`Page`]; the [`Frame`] is what all of them share. The crate
//! that answers requests fills both and calls [`Views::render`]. A mail is a [`mail::MailContext`].

pub mod assets;
pub mod catalogue;
pub mod dates;
pub mod engine;
pub mod form;
pub mod frame;
pub mod health;
pub mod paging;
pub mod qr;

pub mod setup;

pub mod login;

pub mod home;

pub mod invites;

pub mod people;

pub mod approvals;

pub mod inviting;

pub mod profiles;

pub mod backends;

pub mod adopt;

pub mod mails;

pub mod watches;

pub mod plugins;

pub mod activity;

pub mod settings;

pub mod account;

pub mod factors;

pub mod flows;

pub mod join;

pub mod providers;

pub mod resets;

pub mod sessions;

pub mod tokens;

pub mod notices;

pub mod mail;

#[cfg(any(test, feature = "samples"))]
pub mod samples;

#[cfg(test)]
mod lint;

pub use catalogue::{Arg, Catalogue, CatalogueError};
pub use dates::{DateStyle, DateStyleError};
pub use engine::{Nav, Page, RenderError, Views};
pub use form::{Choice, Problem};
pub use frame::{Banner, Flash, Frame, Link, Theme, Tone, Viewer};
