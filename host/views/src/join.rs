//! What a guest sees between the link and the first film.

use crate::invites::AskEmail;
use crate::{Page, Problem};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /invite/{code}`. Its button leads to `/invite/{code}/join`.
#[derive(Debug, Clone, Serialize)]
pub struct InvitePage {
    /// The code.
    pub code: String,
    /// Who invited, as a name.
    pub invited_by: Option<String>,
    /// Labels of what one gets.
    pub grants: Vec<String>,
    /// Until when it can be used.
    pub expires_at: Option<Timestamp>,
    /// Days until the account is switched off.
    pub account_days: Option<u64>,
    /// Whether somebody has to agree first.
    pub require_approval: bool,
    /// Where one may sign in first.
    pub ways: Vec<FirstWay>,
}

/// A button that leads to a backend and back: `POST /invite/{code}/with/{id}`.
#[derive(Debug, Clone, Serialize)]
pub struct FirstWay {
    /// Of the way there.
    pub id: String,
    /// What people call it.
    pub label: String,
}

/// Who one has signed in as, there.
#[derive(Debug, Clone, Serialize)]
pub struct Known {
    /// Where.
    pub label: String,
    /// The name there.
    pub name: String,
}

impl Page for InvitePage {
    const TEMPLATE: &'static str = "join/invite.html";
}

/// `GET /invite/{code}/join`, and the answer to a `POST` that was wrong.
///
/// Form: `POST /invite/{code}/join` with `username` and, where asked, `password` and `email`.
#[derive(Debug, Clone, Serialize)]
pub struct SignupPage {
    /// The code.
    pub code: String,
    /// As typed.
    pub username: String,
    /// As typed.
    pub email: String,
    /// Whether there is a field for it.
    pub ask_email: AskEmail,
    /// What a name may be on every granted backend, in words.
    pub name_rule: Option<String>,
    /// Where one may sign in first; empty once that is done.
    pub ways: Vec<FirstWay>,
    /// Who one is there, once that is done.
    pub known: Option<Known>,
    /// Whether there is a field for a password.
    pub ask_password: bool,
    /// What a password must be, in words.
    pub password_rules: Vec<String>,
    /// `[texts] help`.
    pub help: Option<String>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for SignupPage {
    const TEMPLATE: &'static str = "join/signup.html";
}

/// `GET /signup/{id}` until it is done. Reloads itself, with or without script; once done the same
/// address answers [`SuccessPage`].
#[derive(Debug, Clone, Serialize)]
pub struct ProgressPage {
    /// A line a backend.
    pub steps: Vec<ProgressStep>,
    /// How soon to look again.
    pub refresh_seconds: u32,
    /// Nothing will change by waiting here; the page stops reloading.
    pub settled: bool,
    /// Where to try again, where the whole of it failed and the use was given back.
    pub again: Option<String>,
    /// Whether an admin's word is waited for, or was heard.
    pub approval: Approval,
    /// What an admin had to say who has not agreed.
    pub word: Option<String>,
}

/// Whether an admin's word is waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// No.
    #[default]
    None,
    /// Yes: nothing is made before.
    Waiting,
    /// It was no.
    Refused,
}

impl Page for ProgressPage {
    const TEMPLATE: &'static str = "join/progress.html";
}

/// One backend's part.
#[derive(Debug, Clone, Serialize)]
pub struct ProgressStep {
    /// The backend's label.
    pub label: String,
    /// How far it is.
    pub state: StepState,
    /// A sentence for the guest.
    pub message: Option<String>,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Begun.
    Working,
    /// Done.
    Done,
    /// Done, once the person accepts.
    Invited,
    /// Not now; it is tried again without the guest.
    Later,
    /// Not, and not later.
    Failed,
}

/// `GET /signup/{id}` once it is settled well.
#[derive(Debug, Clone, Serialize)]
pub struct SuccessPage {
    /// `[texts] success`.
    pub text: Option<String>,
    /// The name they chose.
    pub username: String,
    /// A card a backend.
    pub places: Vec<Place>,
    /// The address that a mail asks to confirm.
    pub to_confirm: Option<String>,
}

impl Page for SuccessPage {
    const TEMPLATE: &'static str = "join/success.html";
}

/// Where to go now.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// The backend's label.
    pub label: String,
    /// The backend's `public_url`.
    pub url: Option<String>,
    /// The name to sign in with there, where it is not the user's.
    pub login_name: Option<String>,
    /// The account is not there yet, but will be.
    pub later: bool,
    /// An invitation waits there to be accepted.
    pub invited: bool,
    /// A sentence for the guest.
    pub message: Option<String>,
}
