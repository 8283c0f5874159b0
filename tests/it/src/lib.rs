//! What Latchkey does, over HTTP: the whole program in this process, real components in the
//! sandbox, a real store, stand-ins for the servers it talks to. One file per feature.

#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    missing_docs,
    reason = "a test may panic"
)]

mod access;
mod adopt;
mod approvals;
mod backends;
mod crowd;
mod expiry;
mod factors;
mod faults;
mod flow_logs;
mod flows;
mod folder;
mod guessing;
mod hostile;
mod import;
mod invites;
mod inviting;
mod joining;
mod logs;
mod mail;
mod mail_pages;
mod mailroom;
mod membership;
mod oidc;
mod oidc_house;
mod oidc_provider;
mod outages;
mod pages;
mod passwords;
mod plex_house;
mod plugins;
mod process;
mod profiles;
mod providers;
mod races;
mod registration;
mod regressions;
mod reset_files;
mod resets;
mod review_people;
mod sessions;
mod setup;
mod signin;
mod signups;
#[cfg(feature = "soak")]
mod soak;
#[cfg(feature = "soak")]
mod soak_mail;
mod surface;
mod tokens;
