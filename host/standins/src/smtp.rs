//! A strict small SMTP server that keeps what it takes, with a page to read it on.
//!
//! Keeps the order of RFC 5321: a command out of turn, an unknown one, input that does not wait for its
//! answer, bare line ends and bytes that were not announced are answered as servers do and written
//! down as violations; a strict double that is dropped with one panics. Signing in by PLAIN and
//! LOGIN. Delivers nothing to anybody and speaks no TLS.

mod double;
mod envelope;
mod options;
mod page;
mod state;
mod talk;

pub use double::Smtp;
pub use options::{At, Fault, Mode, Options};
