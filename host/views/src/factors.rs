//! The second step of a sign-in, and what somebody has for it.

use crate::engine::Nav;
use crate::qr::Qr;
use crate::{Page, Problem};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /login/second-factor`, and the answer to a `POST` that was wrong.
///
/// Form: `POST /login/second-factor` with `code`, or with `credential` that the page's script fills in;
/// and `next`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SecondPage {
    /// Where to go afterwards: a path below the base path.
    pub next: Option<String>,
    /// Whether an app's code will do.
    pub totp: bool,
    /// Whether a passkey will do.
    pub passkey: bool,
    /// Where their passkey would work, while it does not here.
    pub elsewhere: Option<String>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for SecondPage {
    const TEMPLATE: &'static str = "factors/second.html";
}

/// `GET /account/security`.
///
/// Forms, all `POST` below it: `app`; `app/remove`; `passkeys` with `name` and `credential` that the
/// page's script fills in; `passkeys/{id}` with `name`; `passkeys/{id}/remove`; `recovery-codes`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SecurityPage {
    /// Signed in too long ago to change anything.
    pub stale: bool,
    /// An admin's work waits for a second factor.
    pub needed: bool,
    /// Whether a second factor is asked for after a password.
    pub asked: bool,
    /// Since when there is an authenticator app.
    pub totp: Option<Timestamp>,
    /// Passkeys, the oldest first.
    pub passkeys: Vec<PasskeyRow>,
    /// Whether passkeys can be made and used at this address.
    pub passkeys_work: bool,
    /// Recovery codes that are left.
    pub recovery_left: u64,
    /// A new passkey's name, as typed.
    pub name: String,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for SecurityPage {
    const TEMPLATE: &'static str = "factors/security.html";
    const NAV: Nav = Nav::Account;
}

/// One passkey.
#[derive(Debug, Clone, Serialize)]
pub struct PasskeyRow {
    /// Its id.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

/// The answer to `POST /account/security/app`: shown once.
///
/// Form: `POST /account/security/app/confirm` with `code`.
#[derive(Debug, Clone, Serialize)]
pub struct AppPage {
    /// For the app's camera.
    pub qr: Option<Qr>,
    /// To be typed, in groups.
    pub secret: String,
    /// For an app on this very device.
    pub uri: String,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for AppPage {
    const TEMPLATE: &'static str = "factors/app.html";
    const NAV: Nav = Nav::Account;
}

/// Recovery codes: shown once.
#[derive(Debug, Clone, Serialize)]
pub struct CodesPage {
    /// In groups, as they may be typed.
    pub codes: Vec<String>,
}

impl Page for CodesPage {
    const TEMPLATE: &'static str = "factors/codes.html";
    const NAV: Nav = Nav::Account;
}
