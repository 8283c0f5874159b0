//! What the plugin says and does, against scripted answers that were cut from recordings of real
//! servers (Jellyfin 10.9.11, 10.11.11, 12.0-rc5).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod accounts;
mod checking;
mod connecting;
mod creating;
mod login_page;
mod passwords;
mod probing;
mod profiles;
mod resetting;
mod samples;
mod switching;
