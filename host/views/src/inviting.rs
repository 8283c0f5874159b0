//! Inviting others, as somebody sees it who was given the right to.

use crate::invites::InviteState;
use crate::qr::Qr;
use crate::{Page, Problem};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /account/invites`, and the answer to a `POST` that was wrong.
///
/// Form: `POST /account/invites` with `label`, `uses`, `valid_days`, `ask_email` (`on` or absent).
#[derive(Debug, Clone, Default, Serialize)]
pub struct MyInvitesPage {
    /// For how many more people.
    pub left: u64,
    /// For how many in all.
    pub quota: u64,
    /// Labels of what they get.
    pub places: Vec<String>,
    /// Newest first.
    pub rows: Vec<MyInvite>,
    /// As typed.
    pub label: String,
    /// As typed.
    pub uses: String,
    /// As typed.
    pub valid_days: String,
    /// As ticked.
    pub ask_email: bool,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for MyInvitesPage {
    const TEMPLATE: &'static str = "account/invites.html";
}

/// One of one's own.
#[derive(Debug, Clone, Serialize)]
pub struct MyInvite {
    /// Its code.
    pub code: String,
    /// One's own word for it; may be empty.
    pub label: String,
    /// Its state.
    pub state: InviteState,
    /// How many people used it.
    pub used: u64,
    /// For how many it is.
    pub uses: Option<u64>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
}

/// `GET /account/invites/{code}`. Form: `POST .../withdraw`.
#[derive(Debug, Clone, Serialize)]
pub struct MyInvitePage {
    /// Its code.
    pub code: String,
    /// One's own word for it; may be empty.
    pub label: String,
    /// Its state.
    pub state: InviteState,
    /// The whole link.
    pub url: String,
    /// [`Qr::of`] the link.
    pub qr: Option<Qr>,
    /// How many people used it.
    pub used: u64,
    /// For how many it is.
    pub uses: Option<u64>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// Labels of what they get.
    pub places: Vec<String>,
}

impl Page for MyInvitePage {
    const TEMPLATE: &'static str = "account/invite.html";
}
