//! Whole components in the sandbox: those that misbehave, those that reach too far, and the plugins.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod cached;
mod dial;
mod folder;
mod front;
mod hostile;
#[path = "../../../egress/tests/certificates/identity.rs"]
mod identity;
mod jellyfin;
mod mail_mailgun;
mod mail_smtp;
mod mail_tls;
mod plex;
mod plex_home;
mod plex_shares;
mod reach;
mod resets;
mod rig;
