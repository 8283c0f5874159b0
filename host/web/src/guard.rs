//! What is checked before anything of ours runs: is the host ours, who is the client, does the
//! request come from our own pages, and what does it show as proof.
//!
//! Guarantees: everything here is decided from the head alone, by functions without effects.
//! Does not: look anybody up; [`crate::entry`] asks the service with what was found here.

pub mod credential;
pub mod names;
pub mod origin;
pub mod proxies;
