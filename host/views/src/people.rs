//! Users and their accounts, as the admin sees them.

use crate::activity::ActivityLine;
use crate::engine::Nav;
use crate::paging::Pager;
use crate::{Choice, Link, Page, Problem};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /admin/people?q=&state=&cursor=`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PeoplePage {
    /// The search.
    pub q: String,
    /// States to filter by; the first one is "all".
    pub states: Vec<Choice>,
    /// By name.
    pub rows: Vec<PersonRow>,
    /// The way on.
    pub pager: Pager,
}

impl Page for PeoplePage {
    const TEMPLATE: &'static str = "people/list.html";
    const NAV: Nav = Nav::People;
}

/// A user's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the product's own words")]
pub enum UserState {
    Pending,
    Active,
    Disabled,
    Expired,
}

/// What an account on a backend is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountState {
    /// Can be used.
    Ready,
    /// Switched off there.
    Disabled,
    /// Being made, or to be made later.
    Pending,
    /// Waits for the person to accept.
    Invited,
    /// Could not be made.
    Failed,
    /// Gone from the backend.
    Missing,
    /// The backend does not answer.
    Unknown,
}

/// One user in the list.
#[derive(Debug, Clone, Serialize)]
pub struct PersonRow {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// Where their picture is, of ours; none where they have none.
    pub picture: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// Whether an admin.
    pub admin: bool,
    /// The state.
    pub state: UserState,
    /// When the account ends.
    pub expires_at: Option<Timestamp>,
    /// A chip a backend.
    pub accounts: Vec<AccountChip>,
}

/// An account in a few letters.
#[derive(Debug, Clone, Serialize)]
pub struct AccountChip {
    /// The backend's label.
    pub label: String,
    /// The account's state.
    pub state: AccountState,
}

/// `GET /admin/people/{id}`.
///
/// Forms, all `POST`: `.../enable`; `.../extend` with `days`; `.../profile` with `profile`; `.../email`
/// with `address`; `.../accounts/{backend}/retry`. Confirmed on a page first (`GET`, then `POST` to the
/// same address): `.../disable`, `.../sign-out`, `.../delete`, `.../reset-link`.
#[derive(Debug, Clone, Serialize)]
pub struct PersonPage {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// Where their picture is, of ours; none where they have none.
    pub picture: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// Whether it was proved: only then mail goes there.
    pub email_confirmed: bool,
    /// The mail address as typed.
    pub address: String,
    /// The admin's own word for them.
    pub label: Option<String>,
    /// Whether an admin.
    pub admin: bool,
    /// Whether it is whoever looks: then nothing here locks oneself out.
    pub oneself: bool,
    /// The state.
    pub state: UserState,
    /// Since when.
    pub created_at: Timestamp,
    /// When the account ends.
    pub expires_at: Option<Timestamp>,
    /// The invite they came with, by who made it.
    pub invite: Option<Link>,
    /// Whether they may invite others; none for an admin, who may anyway.
    pub invite_right: Option<RightForm>,
    /// Whether they have set up a second factor.
    pub second_factor: bool,
    /// How many sessions are open here.
    pub sessions: u64,
    /// A card a backend.
    pub accounts: Vec<PersonAccount>,
    /// Profiles to apply, by name.
    pub profiles: Vec<Choice>,
    /// What happened, newest first.
    pub activity: Vec<ActivityLine>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for PersonPage {
    const TEMPLATE: &'static str = "people/detail.html";
    const NAV: Nav = Nav::People;
}

/// A right to invite others, as typed. Form: `POST .../invite-right` with `quota` (empty: none), `right_profile`
/// and `right_backends` (repeated).
#[derive(Debug, Clone, Default, Serialize)]
pub struct RightForm {
    /// For how many people; empty: they may not.
    pub quota: String,
    /// Profiles by name.
    pub profiles: Vec<Choice>,
    /// Backends.
    pub backends: Vec<Choice>,
}

/// An account of a user.
#[derive(Debug, Clone, Serialize)]
pub struct PersonAccount {
    /// The backend's id.
    pub backend: String,
    /// Its label.
    pub label: String,
    /// The backend's id of the account, once known.
    pub account_id: Option<String>,
    /// The name there.
    pub login_name: Option<String>,
    /// The state there.
    pub state: AccountState,
    /// More, for the admin.
    pub message: Option<String>,
    /// Trying again makes sense.
    pub can_retry: bool,
}
