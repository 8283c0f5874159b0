//! Accounts that exist on a backend become users.

use crate::engine::Nav;
use crate::{Link, Page, Problem, Tone};
use serde::Serialize;

/// `GET /admin/backends/{id}/adopt`, and the answer to a `POST` that was wrong.
///
/// Form: `POST` to the same address with `which` (`all` or `some`), `account` (an id, repeated),
/// `email.<id>`, `name.<id>` and, where the name is taken, `clash.<id>` (`leave`, `same` or `other`).
#[derive(Debug, Clone, Serialize)]
pub struct AdoptPage {
    /// The backend's id.
    pub backend: String,
    /// Its label.
    pub label: String,
    /// Accounts that nobody here has yet, by name.
    pub rows: Vec<AdoptRow>,
    /// Accounts that belong to users already.
    pub known: Vec<KnownAccount>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for AdoptPage {
    const TEMPLATE: &'static str = "adopt/form.html";
    const NAV: Nav = Nav::Backends;
}

/// An account that can be adopted.
#[derive(Debug, Clone, Serialize)]
pub struct AdoptRow {
    /// The backend's id for it.
    pub id: String,
    /// The name there.
    pub login_name: String,
    /// Whether it may manage the backend.
    pub admin: bool,
    /// Whether it is switched off there.
    pub disabled: bool,
    /// Whether somebody is signing up with it right now: then it cannot be adopted.
    pub under_way: bool,
    /// Whether the name there cannot be one here.
    pub unusable: bool,
    /// As ticked.
    pub chosen: bool,
    /// As typed.
    pub email: String,
    /// The user of that name, where there is one: then the admin says who it is.
    pub clash: Option<Clash>,
    /// As typed: the name here, where it must be another one; at first one that is close.
    pub name: String,
}

/// A user who has the name already.
#[derive(Debug, Clone, Serialize)]
pub struct Clash {
    /// Who.
    pub user: Link,
    /// What was said.
    pub choice: ClashChoice,
}

/// Who an account with a known name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClashChoice {
    /// Left alone.
    Leave,
    /// To the user of that name.
    Same,
    /// To somebody else, under another name.
    Other,
}

/// An account that belongs to a user.
#[derive(Debug, Clone, Serialize)]
pub struct KnownAccount {
    /// The name there.
    pub login_name: String,
    /// Whose it is.
    pub user: Link,
}

/// The answer to a `POST` that did something.
#[derive(Debug, Clone, Serialize)]
pub struct AdoptedPage {
    /// The backend's id.
    pub backend: String,
    /// Its label.
    pub label: String,
    /// One for each account that was asked for.
    pub lines: Vec<AdoptedLine>,
    /// How many went well.
    pub done: u64,
}

impl Page for AdoptedPage {
    const TEMPLATE: &'static str = "adopt/result.html";
    const NAV: Nav = Nav::Backends;
}

/// What became of one account.
#[derive(Debug, Clone, Serialize)]
pub struct AdoptedLine {
    /// The name there.
    pub login_name: String,
    /// How it went.
    pub tone: Tone,
    /// In a sentence.
    pub text: String,
    /// Whose it is now.
    pub user: Option<Link>,
}
