//! The rules of Latchkey as values and functions.
//!
//! Nothing here has a clock, a disk, a network, randomness of its own, or `async`: time and random
//! bytes are arguments, so every rule is tested without waiting and cannot fail from outside.

pub mod accounts;
pub mod activity;
pub mod adopt;
pub mod api_tokens;
pub mod approvals;
pub mod backends;
pub mod expiring;
pub mod factors;
pub mod fault;
pub mod flows;
pub mod identity;
pub mod ids;
pub mod invites;
pub mod links;
pub mod mail;
pub mod messages;
pub mod names;
pub mod outbox;
pub mod passwords;
pub mod plugins;
pub mod profiles;
pub mod providers;
pub mod resets;
pub mod role;
pub mod schedule;
pub mod secret;
pub mod sessions;
pub mod settings;
pub mod signups;
pub mod templates;
pub mod throttle;
pub mod users;
