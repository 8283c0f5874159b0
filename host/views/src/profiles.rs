//! Profiles: captured, looked at, applied.

use crate::engine::Nav;
use crate::{Choice, Page, Problem};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /admin/profiles`.
#[derive(Debug, Clone, Serialize)]
pub struct ProfilesPage {
    /// By name.
    pub rows: Vec<ProfileRow>,
    /// Whether there is a backend to capture from.
    pub can_capture: bool,
}

impl Page for ProfilesPage {
    const TEMPLATE: &'static str = "profiles/list.html";
    const NAV: Nav = Nav::Profiles;
}

/// One profile in the list.
#[derive(Debug, Clone, Serialize)]
pub struct ProfileRow {
    /// The name.
    pub name: String,
    /// Labels of the backends it has a document for.
    pub backends: Vec<String>,
    /// The model account.
    pub captured_from: Option<String>,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// How many open invites name it.
    pub invites: u64,
}

/// `GET /admin/profiles/capture?backend=&account=`: what the query lacks is asked for.
///
/// Forms: `GET /admin/profiles/capture` with `backend`, then with `account`; then
/// `POST /admin/profiles/capture` with `backend`, `account`, `name`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CapturePage {
    /// Backends that can be captured from; one is chosen from the second step on.
    pub backends: Vec<Choice>,
    /// The chosen backend's id.
    pub backend: Option<String>,
    /// Its accounts, in the second step.
    pub accounts: Vec<Choice>,
    /// The chosen account, in the third step.
    pub account: Option<Choice>,
    /// As typed.
    pub name: String,
    /// Names there are already: the same name adds to it or replaces its document.
    pub existing: Vec<String>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for CapturePage {
    const TEMPLATE: &'static str = "profiles/capture.html";
    const NAV: Nav = Nav::Profiles;
}

/// `GET /admin/profiles/{name}`.
///
/// Forms: `POST .../apply` with `user`; deleting is confirmed at `GET .../delete`.
#[derive(Debug, Clone, Serialize)]
pub struct ProfilePage {
    /// The name.
    pub name: String,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// How many open invites name it.
    pub invites: u64,
    /// One a backend.
    pub documents: Vec<ProfileDocument>,
    /// People it can be applied to: id and name.
    pub people: Vec<Choice>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for ProfilePage {
    const TEMPLATE: &'static str = "profiles/detail.html";
    const NAV: Nav = Nav::Profiles;
}

/// One backend's raw document.
#[derive(Debug, Clone, Serialize)]
pub struct ProfileDocument {
    /// The backend's label.
    pub label: String,
    /// The model account.
    pub captured_from: Option<String>,
    /// When.
    pub captured_at: Timestamp,
    /// What a person wants to know of it.
    pub facts: Vec<Fact>,
    /// The JSON text itself.
    pub raw: String,
}

/// One thing that a document says.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    /// What about.
    pub name: String,
    /// What.
    pub value: String,
}
