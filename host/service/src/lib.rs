//! Each thing a person can have done: facts, a rule, lasting effects.
//!
//! Guarantees: what an admin does takes an [`Admin`](domain::role::Admin); every effect is written
//! with its activity line in one transaction; no backend is called inside one; a backend that is
//! down delays things and never loses or concludes any. Does not: know HTTP, pages or a backend's name.
//!
//! [`Service`] is what everything shares; each feature is a module of functions that take it.

pub mod error;

pub mod caller;
pub mod clock;
pub mod hashing;
pub mod kill_points;
pub mod paging;
pub mod random;
pub mod watching;

mod board;
mod ceremonies;
mod claims;
mod desk;
mod devices;
mod floor;
mod gallery;
mod key_ring;
mod lookout;
mod posts;
mod session_cache;
mod shelf;
mod signing;
mod throttles;

pub mod house;

pub mod activity;
pub mod state_store;

mod applications;

pub mod entrance;
pub mod oidc;
pub mod providers;
pub mod sessions;
pub mod tokens;

mod probing;
mod wiring;

pub mod accounts;
pub mod adopt;
pub mod backends;
pub mod passwords;
pub mod plugins;
pub mod users;

pub mod compose;
pub mod mail;
pub mod outbox;
pub mod templates;

mod links;
mod recall;

pub mod resets;

mod ways_in;
mod welcome;

pub mod addresses;
pub mod expiring;
pub mod login_page;
pub mod reset_watch;

mod removal;
mod tenure;

mod reach;

mod invitations;
pub mod invites;
pub mod inviting;
pub mod profiles;
pub mod signups;

mod holding;
mod recovery;
mod tickets;
mod totp;

pub mod passkeys;

pub mod factors;

pub mod approvals;
pub mod registration;

mod departures;
pub mod doors;
pub mod flows;
pub mod identities;
mod membership;
pub mod pictures;

pub mod import;

pub mod console;
pub mod settings;
pub mod setup;
pub mod signin;

pub mod api_tokens;
pub mod login_tokens;
pub mod rotation;

pub mod opening;
pub mod scheduler;

#[cfg(test)]
mod rig;

pub use error::{FieldProblem, Result, ServiceError};
pub use house::{Parts, Readiness, Service};
pub use scheduler::{Folders, Workers};
