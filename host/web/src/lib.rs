//! HTTP in, HTTP out: who asks, which page, what answer.
//!
//! Guarantees: a request reaches a handler only through the table of [`routes`]; what it needs of rights
//! is in the handler's type; failures are told in one way and logged once. Does not: listen, decide a
//! rule, or draw a page.
//!
//! Read [`entry`] first: it is the way of a request.

pub mod entry;

pub mod routes;

pub mod access;
pub mod guard;
pub mod telling;

pub mod context;
pub mod device;
pub mod failure;
pub mod program;

pub mod frame;
pub mod input;
pub mod wording;

pub mod api;
pub mod pages;

pub mod kit;

pub use entry::{App, Peer};
pub use kit::Body;
pub use program::Options;
