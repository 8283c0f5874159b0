//! What a person can do for themselves.

use crate::engine::Nav;
use crate::sessions::SessionRow;
use crate::{Page, Problem, Tone};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /account`, and the answers to its forms.
///
/// Forms: `POST /account/password` with `current` and `new`; `POST /account/email` with `email`, or with
/// `remove`; `POST /account/email/resend`; `POST /account/sign-out-others`; `POST
/// /account/sessions/{id}/end`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AccountPage {
    /// The name.
    pub name: String,
    /// Where their picture is, of ours; none where they have none.
    pub picture: Option<String>,
    /// The mail address.
    pub email: AddressPart,
    /// When the account ends.
    pub expires_at: Option<Timestamp>,
    /// A card a backend.
    pub accounts: Vec<MyAccount>,
    /// Where the password can be changed here.
    pub password: Option<PasswordForm>,
    /// What came of the last change, a line a place.
    pub results: Vec<PasswordResult>,
    /// Where they are signed in, the latest first.
    pub sessions: Vec<SessionRow>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "account/account.html";
    const NAV: Nav = Nav::Account;
}

/// The mail address, and the form to change it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AddressPart {
    /// The address.
    pub address: Option<String>,
    /// Whether it was proved: only then mail goes there.
    pub confirmed: bool,
    /// The one it is to be once that is proved.
    pub pending: Option<String>,
    /// As typed.
    pub typed: String,
    /// Whether mail can be sent at all.
    pub can_mail: bool,
    /// Signed in too long ago to change it.
    pub stale: bool,
}

/// An account, to its owner.
#[derive(Debug, Clone, Serialize)]
pub struct MyAccount {
    /// The backend's label.
    pub label: String,
    /// Where it is.
    pub url: Option<String>,
    /// The name there.
    pub login_name: Option<String>,
    /// How it is meant.
    pub tone: Tone,
    /// Its state, in a word or two.
    pub state: String,
}

/// The form for a new password.
#[derive(Debug, Clone, Serialize)]
pub struct PasswordForm {
    /// Labels of the places it is for.
    pub places: Vec<String>,
    /// What a password must be, in words.
    pub rules: Vec<String>,
}

/// What came of a change in one place.
#[derive(Debug, Clone, Serialize)]
pub struct PasswordResult {
    /// The backend's label.
    pub label: String,
    /// How it went.
    pub tone: Tone,
    /// In a sentence.
    pub message: String,
}
