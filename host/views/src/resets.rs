//! Passwords that were forgotten, and addresses that are to be confirmed.
//!
//! A page behind a link shows what the link is for and has a button: looking changes nothing, because
//! mail programs and scanners look before people do.

use crate::engine::Nav;
use crate::qr::Qr;
use crate::{Page, Problem};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /forgot`, and the answer to a `POST` without anything typed.
///
/// Form: `POST /forgot` with `login`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ForgotPage {
    /// As typed.
    pub login: String,
    /// Whether mail can be sent at all; without it there is no form but advice.
    pub can_mail: bool,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for ForgotPage {
    const TEMPLATE: &'static str = "resets/forgot.html";
}

/// The answer to `POST /forgot`: the same whoever was typed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ForgotSentPage {
    /// The address that mail comes from.
    pub sender: Option<String>,
}

impl Page for ForgotSentPage {
    const TEMPLATE: &'static str = "resets/sent.html";
}

/// `GET /reset/{token}`, and the answer to a `POST` that was wrong.
///
/// Form: `POST /reset/{token}` with `password`.
#[derive(Debug, Clone, Serialize)]
pub struct ResetPage {
    /// The token.
    pub token: String,
    /// For whom.
    pub username: String,
    /// Until when the link works.
    pub expires_at: Timestamp,
    /// The PIN of the same request was used meanwhile, at the backend of this label.
    pub used_at: Option<String>,
    /// What a password must be, in words.
    pub rules: Vec<String>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for ResetPage {
    const TEMPLATE: &'static str = "resets/reset.html";
}

/// How a new password went altogether.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResetEnd {
    /// It holds everywhere.
    Everywhere,
    /// It holds somewhere.
    Somewhere,
    /// It holds nowhere.
    Nowhere,
    /// It may hold: some place took it and did not answer, and no place surely has it.
    Unclear,
}

/// The answer to `POST /reset/{token}`.
#[derive(Debug, Clone, Serialize)]
pub struct ResetDonePage {
    /// For whom.
    pub username: String,
    /// How it went altogether.
    pub end: ResetEnd,
    /// A line a place.
    pub places: Vec<ResetPlace>,
    /// The token, where the link is still good.
    pub again: Option<String>,
}

impl Page for ResetDonePage {
    const TEMPLATE: &'static str = "resets/done.html";
}

/// What came of a new password in one place.
#[derive(Debug, Clone, Serialize)]
pub struct ResetPlace {
    /// The backend's label.
    pub label: String,
    /// How it went.
    pub state: ResetState,
    /// In a sentence.
    pub message: String,
    /// Where to open it, where the new password holds.
    pub url: Option<String>,
}

/// How a new password went in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResetState {
    /// It holds.
    Changed,
    /// The old one stays.
    Failed,
    /// It cannot be changed there from here, or is not.
    Impossible,
    /// Nobody knows yet.
    Unclear,
}

/// `GET /confirm/{token}`.
///
/// Form: `POST /confirm/{token}`.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmAddressPage {
    /// The token.
    pub token: String,
    /// Whose it is to be.
    pub username: String,
    /// The address.
    pub address: String,
}

impl Page for ConfirmAddressPage {
    const TEMPLATE: &'static str = "resets/confirm.html";
}

/// The answer to `POST /confirm/{token}`.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmedAddressPage {
    /// The address.
    pub address: String,
}

impl Page for ConfirmedAddressPage {
    const TEMPLATE: &'static str = "resets/confirmed.html";
}

/// The answer to `POST /admin/people/{id}/reset-link`: the one page that shows the link.
#[derive(Debug, Clone, Serialize)]
pub struct ResetLinkPage {
    /// The user's id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// The whole link.
    pub url: String,
    /// [`Qr::of`] the link.
    pub qr: Option<Qr>,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// The address it was sent to as well.
    pub mailed_to: Option<String>,
}

impl Page for ResetLinkPage {
    const TEMPLATE: &'static str = "people/reset_link.html";
    const NAV: Nav = Nav::People;
}
