//! The audit log.

use crate::engine::Nav;
use crate::paging::Pager;
use crate::{Choice, Page, Tone};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /admin/activity?q=&kind=&cursor=`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ActivityPage {
    /// The search.
    pub q: String,
    /// The kinds to choose from; the first one is "all".
    pub kinds: Vec<Choice>,
    /// Newest first.
    pub lines: Vec<ActivityLine>,
    /// The way on.
    pub pager: Pager,
}

impl Page for ActivityPage {
    const TEMPLATE: &'static str = "activity/list.html";
    const NAV: Nav = Nav::Activity;
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
pub struct ActivityLine {
    /// When.
    pub at: Timestamp,
    /// How it went.
    pub tone: Tone,
    /// The sentence, from the catalogue (`activity-<kind>`).
    pub text: String,
    /// Who did it; none where it was the program itself.
    pub actor: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// More, for the admin.
    pub detail: Option<String>,
}
