//! Who is signed in where.

use crate::Page;
use crate::engine::Nav;
use jiff::Timestamp;
use serde::Serialize;

/// A browser or program that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionRow {
    /// The id.
    pub id: String,
    /// What it is, in words.
    pub device: String,
    /// From where it came.
    pub address: String,
    /// By what they signed in, in words.
    pub how: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last used.
    pub last_seen: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// `GET /admin/people/{id}/sessions`.
///
/// Form: `POST .../sessions/{sid}/end`. Confirmed on a page first: `/admin/people/{id}/sign-out`.
#[derive(Debug, Clone, Serialize)]
pub struct SessionsPage {
    /// The user's id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// The latest first.
    pub sessions: Vec<SessionRow>,
}

impl Page for SessionsPage {
    const TEMPLATE: &'static str = "sessions/person.html";
    const NAV: Nav = Nav::People;
}
