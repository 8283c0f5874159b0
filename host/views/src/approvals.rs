//! People who ask to come in: the admin's queue, and what a stranger sees from the form to the answer.

use crate::engine::Nav;
use crate::paging::Pager;
use crate::{Choice, Link, Page, Problem};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /admin/approvals?all=`.
///
/// Forms of a row, all `POST` below `/admin/approvals/{id}`: `approve` with `profile` (empty: as it is),
/// `refuse` with `word`, `reopen`, `forget`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ApprovalsPage {
    /// Whether those that were answered are listed too.
    pub all: bool,
    /// Those that wait, oldest first; or all, newest first.
    pub rows: Vec<ApplicationRow>,
    /// Profiles by name.
    pub profiles: Vec<Choice>,
    /// The way on.
    pub pager: Pager,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for ApprovalsPage {
    const TEMPLATE: &'static str = "approvals/list.html";
    const NAV: Nav = Nav::Approvals;
}

/// Somebody who asked.
#[derive(Debug, Clone, Serialize)]
pub struct ApplicationRow {
    /// The user's id, or of a sign-up the one they will have.
    pub id: String,
    /// Their name.
    pub name: String,
    /// The person's page, where there is one.
    pub person: Option<Link>,
    /// How they came to ask.
    pub how: How,
    /// Of a provider, what people call it; of an invite, its note or its first characters.
    pub by: Option<Link>,
    /// The address given or heard.
    pub email: Option<String>,
    /// Whose word it is that the address is theirs.
    pub proved: Proved,
    /// A user who looks like them.
    pub resembles: Option<String>,
    /// From where they asked.
    pub seen_from: String,
    /// When.
    pub asked_at: Timestamp,
    /// What the provider said.
    pub claims: Vec<Claim>,
    /// Where it stands.
    pub answer: Answer,
    /// Who said so.
    pub answered_by: Option<String>,
    /// When.
    pub answered_at: Option<Timestamp>,
    /// The word to somebody who was refused.
    pub word: Option<String>,
    /// Whether a refusal can be taken back.
    pub can_reopen: bool,
    /// Whether nothing but this row is left of it.
    pub can_forget: bool,
}

/// How somebody came to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// By registering.
    Registration,
    /// By an invite.
    Invite,
    /// By a provider.
    Identity,
}

/// Whose word it is that an address is somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proved {
    /// Nobody's.
    Nobody,
    /// They confirmed it here.
    Here,
    /// The provider's.
    Provider,
    /// The invite had gone there.
    Invite,
}

/// Where an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Nobody has said anything.
    Waiting,
    /// They may come in.
    Approved,
    /// They may not.
    Refused,
}

/// One thing a provider said.
#[derive(Debug, Clone, Serialize)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// Its value, as text.
    pub value: String,
}

/// `GET /register`, and the answer to a `POST` that was wrong.
///
/// Form: `POST /register` with `username`, `password` and `email` (empty: none).
#[derive(Debug, Clone, Default, Serialize)]
pub struct RegisterPage {
    /// As typed.
    pub username: String,
    /// As typed.
    pub email: String,
    /// Whether an admin has to agree afterwards.
    pub waits: bool,
    /// Whether an address can be asked about by mail.
    pub can_mail: bool,
    /// What a password must be, in words.
    pub password_rules: Vec<String>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for RegisterPage {
    const TEMPLATE: &'static str = "approvals/register.html";
}

/// `GET /pending`: where somebody stands who asked. Reloads itself while nothing was said.
#[derive(Debug, Clone, Serialize)]
pub struct PendingPage {
    /// Their name.
    pub name: String,
    /// Where it stands.
    pub answer: Answer,
    /// What the admin had to say to a refusal.
    pub word: Option<String>,
    /// Since when they wait.
    pub asked_at: Option<Timestamp>,
    /// The address that a mail asks to confirm.
    pub to_confirm: Option<String>,
    /// How soon to look again.
    pub refresh_seconds: u32,
}

impl Page for PendingPage {
    const TEMPLATE: &'static str = "approvals/pending.html";
}
