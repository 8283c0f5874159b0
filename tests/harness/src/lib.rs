//! A house in one process: the real program on port 0 with real components, a real store in a
//! folder that goes away, a clock that only a test moves, stand-ins, and visitors.
//!
//! It waits for facts, never for time: [`House::until`] looks again whenever the program had a turn.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a harness may panic: that is how a test fails"
)]

mod exim;
mod form;
mod house;
mod peer;
mod visitor;

pub use exim::{Delivered, Exim, MAIL_PASSWORD, MAIL_USER};
pub use form::{Form, form};
pub use house::{
    ADMIN, ADMIN_PASSWORD, House, JELLYFIN_ADMIN, JELLYFIN_ADMIN_PASSWORD, KILL_POINTS,
};
pub use peer::{PEER_CLIENT, PEER_SECRET, PEER_SUBJECT, Peer, PeerOptions};
pub use visitor::{Answer, Visitor};

/// Where builds and their pictures go.
#[must_use]
pub fn target_dir() -> std::path::PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| here.ancestors().nth(2).unwrap().join("target"), std::path::PathBuf::from)
}
