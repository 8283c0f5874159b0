//! The ways to sign in that are configured, in the order of the login page, and what an admin does with
//! them.
//!
//! Guarantees: what the settings file sets stands before and over what the pages set; every backend that
//! signs people in is there, also without a row of its own, and lets in who is known; a client's secret goes
//! in and never comes out. Does not: sign anybody in.

mod editing;
mod effective;
mod offered;
mod people;
mod rehearsal;
pub(crate) mod tried;

pub use editing::{
    Identities, KindDraft, ProviderDraft, ProviderPatch, ProviderView, add, get, list, patch,
    remove, reorder, sessions_of,
};
pub use effective::{all, client_secret, find};
pub use offered::{Kind, Offered, Way, offered};
pub use people::{DryRun, Outcome, Pasted, Person, dry_run, people};
pub use rehearsal::test;
pub use tried::Tried;

pub(crate) use effective::settle;
pub(crate) use offered::{password_backends, ways};

#[cfg(test)]
mod tests;
