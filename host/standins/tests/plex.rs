//! The seventeen behaviours a faithful Plex has, each held against the double.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic"
)]

#[path = "recordings/client.rs"]
mod client;
#[path = "plex/house.rs"]
mod house;
#[path = "plex/sharing.rs"]
mod sharing;
#[path = "plex/signing_in.rs"]
mod signing_in;
#[path = "plex/strictness.rs"]
mod strictness;
