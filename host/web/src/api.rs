//! JSON for programs and for the pages' own scripts: one file a feature.
//!
//! Guarantees: field names are camel case and fixed; a list is `{items, next}`; secrets are never in an
//! answer, apart from tokens in the answer that makes them. Does not: decide; each row parses, calls the
//! service once and puts what comes back into words.

pub mod lists;

pub mod account;
pub mod activity;
pub mod adopt;
pub mod approvals;
pub mod auth;
pub mod backends;
pub mod factors;
pub mod flows;
pub mod health;
pub mod invites;
pub mod inviting;
pub mod login_tokens;
pub mod mail;
pub mod mail_templates;
pub mod oidc_logout;
pub mod openapi;
pub mod outbox;
pub mod pictures;
pub mod plugins;
pub mod profiles;
pub mod providers;
pub mod registration;
pub mod reset_watch;
pub mod resets;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod signups;
pub mod tokens;
pub mod users;
