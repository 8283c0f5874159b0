//! Taking over from predecessors: the only place in the host that knows their files.
//!
//! Guarantees: what would be done is told first; a run that is repeated, or was cut off, comes to the same
//! result; nothing that was set up here is replaced silently, and what the settings file sets is left
//! alone. Does not: change anything on a backend, apart from the key that a new one needs.

pub mod ini;
pub mod jellyfin_accounts;
pub mod plan;

pub use plan::{Broken, Item, Kind, Plan, Refused, Report, State};
