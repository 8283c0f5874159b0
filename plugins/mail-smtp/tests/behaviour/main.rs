//! What is said to a mail server, line by line, and what is made of its answers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod handing_over;
mod opening;
mod rehearsing;
mod samples;
