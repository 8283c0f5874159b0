//! What only a browser shows: real Chromium, driven through chromedriver, against the real program.
//!
//! A machine without chromedriver fails these tests in CI and says so elsewhere; it never skips
//! in silence. Screenshots go to `target/shots`.

#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs,
    reason = "a test may panic"
)]

mod chromium;
mod journeys;
mod links;
mod mails;
#[cfg(feature = "soak")]
mod matrix;
mod passkeys;
mod redirects;
