//! Invites, as the admin sees them.

use crate::engine::Nav;
use crate::paging::Pager;
use crate::qr::Qr;
use crate::{Choice, Page, Problem};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /admin/invites?q=&state=&cursor=`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct InvitesPage {
    /// Whether there is any invite at all, whatever the filter.
    pub any: bool,
    /// The search.
    pub q: String,
    /// States to filter by; the first one is "all".
    pub states: Vec<Choice>,
    /// Newest first.
    pub rows: Vec<InviteRow>,
    /// The way on.
    pub pager: Pager,
}

impl Page for InvitesPage {
    const TEMPLATE: &'static str = "invites/list.html";
    const NAV: Nav = Nav::Invites;
}

/// What an invite is at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InviteState {
    /// Somebody can still use it.
    Open,
    /// Every use is spent.
    Used,
    /// Its time is over.
    Over,
    /// An admin took it back.
    Revoked,
}

/// One invite in the list.
#[derive(Debug, Clone, Serialize)]
pub struct InviteRow {
    /// Its code.
    pub code: String,
    /// The admin's own word for it; may be empty.
    pub label: String,
    /// Its state.
    pub state: InviteState,
    /// How many people used it.
    pub used: u64,
    /// For how many it is; none means any number.
    pub uses: Option<u64>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// The profile's name.
    pub profile: Option<String>,
    /// Labels of the backends it grants.
    pub backends: Vec<String>,
}

/// `GET /admin/invites/new`, and the answer to a `POST` that was wrong.
///
/// Form: `POST /admin/invites` with `label`, `backends` (repeated), `profile` (empty: none), `uses`,
/// `unlimited` (`on` or absent), `valid_days` (empty: for ever), `account_days` (empty: no end),
/// `ask_email` (`none`, `optional`, `required`), `to` (empty: nobody in particular), `send` and
/// `require_approval` (`on` or absent).
#[derive(Debug, Clone, Serialize)]
pub struct InviteNewPage {
    /// As typed.
    pub form: InviteForm,
    /// Backends to grant; `chosen` means granted.
    pub backends: Vec<Choice>,
    /// Profiles by name.
    pub profiles: Vec<Choice>,
    /// Made by [`ask_email_choices`].
    pub ask_email: Vec<Choice>,
    /// Whether mail can be sent at all.
    pub can_mail: bool,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for InviteNewPage {
    const TEMPLATE: &'static str = "invites/new.html";
    const NAV: Nav = Nav::Invites;
}

/// An invite as typed.
#[derive(Debug, Clone, Serialize)]
pub struct InviteForm {
    /// The admin's own word for it.
    pub label: String,
    /// For how many people.
    pub uses: String,
    /// Whether `uses` does not matter.
    pub unlimited: bool,
    /// For how many days; empty for ever. In the edit form: how many days more.
    pub valid_days: String,
    /// Days until the account is switched off; empty for never.
    pub account_days: String,
    /// Whether people are asked for a mail address.
    pub ask_email: AskEmail,
    /// The address of whom it is for.
    pub to: String,
    /// Whether it goes there at once.
    pub send: bool,
    /// Whether an admin has to agree to who signs up.
    pub require_approval: bool,
}

impl Default for InviteForm {
    /// One person, seven days, no end, no mail.
    fn default() -> Self {
        Self {
            label: String::new(),
            uses: "1".to_owned(),
            unlimited: false,
            valid_days: "7".to_owned(),
            account_days: String::new(),
            ask_email: AskEmail::None,
            to: String::new(),
            send: false,
            require_approval: false,
        }
    }
}

/// Whether people are asked for a mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskEmail {
    /// No.
    None,
    /// They may leave it empty.
    Optional,
    /// They must give one.
    Required,
}

/// The three answers as radio buttons, one of them chosen.
#[must_use]
pub fn ask_email_choices(texts: &crate::Catalogue, lang: &str, chosen: AskEmail) -> Vec<Choice> {
    let all = [
        (AskEmail::None, "none"),
        (AskEmail::Optional, "optional"),
        (AskEmail::Required, "required"),
    ];
    all.into_iter()
        .map(|(ask, word)| Choice {
            value: word.to_owned(),
            label: texts.text(lang, &format!("ask-email-{word}"), &[]),
            chosen: ask == chosen,
        })
        .collect()
}

/// What an invite means.
#[derive(Debug, Clone, Serialize)]
pub struct InviteSummary {
    /// For how many; none means any number.
    pub uses: Option<u64>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// Labels of the backends it grants.
    pub backends: Vec<String>,
    /// The profile's name.
    pub profile: Option<String>,
    /// Days until the account is switched off.
    pub account_days: Option<u64>,
    /// Whether an admin has to agree to who signs up.
    pub require_approval: bool,
}

/// `GET /admin/invites/{code}/share`, where a new invite leads.
///
/// Form: `POST /admin/invites/{code}/send` with `to`.
///
/// Downloads: `GET /admin/invites/{code}/qr.svg` and `qr.png` ([`Qr::svg`], [`Qr::png`]).
#[derive(Debug, Clone, Serialize)]
pub struct InviteSharedPage {
    /// Its code.
    pub code: String,
    /// The whole link.
    pub url: String,
    /// [`Qr::of`] the link.
    pub qr: Option<Qr>,
    /// What it means.
    pub summary: InviteSummary,
    /// Sending it.
    pub mail: InviteMail,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for InviteSharedPage {
    const TEMPLATE: &'static str = "invites/shared.html";
    const NAV: Nav = Nav::Invites;
}

/// Sending an invite by mail.
#[derive(Debug, Clone, Default, Serialize)]
pub struct InviteMail {
    /// Whether mail can be sent at all.
    pub can_mail: bool,
    /// As typed, or the address of whom it is for.
    pub to: String,
}

/// `GET /admin/invites/{code}`, and the answer to an edit that was wrong.
///
/// Form: `POST /admin/invites/{code}` with `label`, `uses`, `unlimited`, `valid_days` (days from
/// now; empty: unchanged). Revoking: `GET /admin/invites/{code}/revoke` shows a
/// [`crate::notices::ConfirmPage`].
#[derive(Debug, Clone, Serialize)]
pub struct InviteDetailPage {
    /// Its code.
    pub code: String,
    /// The admin's own word for it; may be empty.
    pub label: String,
    /// Its state.
    pub state: InviteState,
    /// The whole link.
    pub url: String,
    /// [`Qr::of`] the link.
    pub qr: Option<Qr>,
    /// What it means.
    pub summary: InviteSummary,
    /// How many people used it.
    pub used: u64,
    /// Who made it.
    pub created_by: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// Sending it.
    pub mail: InviteMail,
    /// Who came, newest first.
    pub came: Vec<Guest>,
    /// As typed.
    pub form: InviteForm,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for InviteDetailPage {
    const TEMPLATE: &'static str = "invites/detail.html";
    const NAV: Nav = Nav::Invites;
}

/// Somebody who used an invite.
#[derive(Debug, Clone, Serialize)]
pub struct Guest {
    /// The name they chose.
    pub name: String,
    /// Their user, once there is one.
    pub user_id: Option<String>,
    /// When they came.
    pub at: Timestamp,
    /// How far they got.
    pub state: SignupState,
}

/// How far a sign-up got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignupState {
    /// An admin has to agree first.
    Waiting,
    /// Accounts are being made.
    Working,
    /// All of them are.
    Done,
    /// Some are, the others are tried again.
    Partial,
    /// None is; the use was given back.
    Failed,
}
