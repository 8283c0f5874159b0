//! API tokens, and links that sign in.

use crate::engine::Nav;
use crate::qr::Qr;
use crate::{Choice, Page, Problem};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /account/tokens`.
///
/// Forms: `POST /account/tokens` with `name`, any number of `scopes`, and `days` (empty: no end); `POST
/// /account/tokens/{id}/revoke`.
#[derive(Debug, Clone, Serialize)]
pub struct TokensPage {
    /// The newest first.
    pub tokens: Vec<TokenRow>,
    /// Whether one more may be made.
    pub room: bool,
    /// Signed in too long ago to make one.
    pub stale: bool,
    /// The name as typed.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Choice>,
    /// For how long, in days, as typed.
    pub days: String,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for TokensPage {
    const TEMPLATE: &'static str = "tokens/list.html";
    const NAV: Nav = Nav::Account;
}

/// One token, without itself.
#[derive(Debug, Clone, Serialize)]
pub struct TokenRow {
    /// The id.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// What it may do, in words.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Whether it has ended.
    pub over: bool,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
    /// From where.
    pub used_from: Option<String>,
}

/// The answer to `POST /account/tokens`: the one page that shows the token.
#[derive(Debug, Clone, Serialize)]
pub struct TokenMadePage {
    /// What its owner calls it.
    pub name: String,
    /// Itself.
    pub token: String,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

impl Page for TokenMadePage {
    const TEMPLATE: &'static str = "tokens/made.html";
    const NAV: Nav = Nav::Account;
}

/// `GET /admin/people/{id}/login-token`.
///
/// Forms: `POST` to the same address with `kind` (`once` or `many`) and `days`; `POST .../revoke`.
#[derive(Debug, Clone, Serialize)]
pub struct LoginTokenPage {
    /// The user's id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// The one there is.
    pub open: Option<OpenLink>,
    /// Signed in too long ago to make one.
    pub stale: bool,
    /// Once, or until its end.
    pub kinds: Vec<Choice>,
    /// For how long, in days, as typed.
    pub days: String,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for LoginTokenPage {
    const TEMPLATE: &'static str = "tokens/login.html";
    const NAV: Nav = Nav::People;
}

/// A link that signs in and is good now.
#[derive(Debug, Clone, Serialize)]
pub struct OpenLink {
    /// Good once.
    pub once: bool,
    /// Until when.
    pub expires_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

/// The answer to `POST /admin/people/{id}/login-token`: the one page that shows the link.
#[derive(Debug, Clone, Serialize)]
pub struct LoginTokenMadePage {
    /// The user's id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// The whole link.
    pub url: String,
    /// [`Qr::of`] the link.
    pub qr: Option<Qr>,
    /// Good once.
    pub once: bool,
    /// Until when it works.
    pub expires_at: Timestamp,
}

impl Page for LoginTokenMadePage {
    const TEMPLATE: &'static str = "tokens/login_made.html";
    const NAV: Nav = Nav::People;
}
