//! Pages for people: every action is a form or a link and works without script.
//!
//! Guarantees: a form that did not work comes back with 422, what was typed (never a password) and a
//! sentence for each field; one that worked leads on with 303; opening a link with a token in it
//! changes nothing. Does not: decide anything the API does not decide too, since both read their
//! drafts through [`crate::api`] and call the same functions.

pub mod words;

pub mod described;

pub mod account;
pub mod activity;
pub mod adopt;
pub mod approvals;
pub mod assets;
pub mod auth;
pub mod backends;
pub mod choices;
pub mod factors;
pub mod flows;
pub mod home;
pub mod identities;
pub mod invites;
pub mod inviting;
pub mod join;
pub mod login_tokens;
pub mod mail;
pub mod mail_templates;
pub mod outbox;
pub mod people;
pub mod plugins;
pub mod profiles;
mod provider_forms;
pub mod providers;
pub mod registration;
pub mod reset_watch;
pub mod resets;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod tokens;
