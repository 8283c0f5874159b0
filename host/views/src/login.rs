//! Signing in.

use crate::{Page, Problem};
use serde::Serialize;

/// `GET /login`, and the answer to a `POST` that was wrong.
///
/// Forms: `POST /login` with `username`, `password`, `keep` (`on` or absent), `next`; a `GET` of a
/// provider's `href` with `keep`, `next`, `again` and `via`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LoginPage {
    /// Where to go afterwards: a path below the base path.
    pub next: Option<String>,
    /// As typed.
    pub username: String,
    /// "Keep me signed in".
    pub keep: bool,
    /// Providers that check a name and a password, in order; they share one form.
    pub passwords: Vec<PasswordProvider>,
    /// Providers one is sent to, in order.
    pub redirects: Vec<RedirectProvider>,
    /// The way that this browser used last is one of those one is sent to: they stand first.
    pub redirects_first: bool,
    /// Who is signed in proves it anew.
    pub again: bool,
    /// Whether strangers may make a local account.
    pub register: bool,
    /// Whether passkeys work at this address.
    pub passkey: bool,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for LoginPage {
    const TEMPLATE: &'static str = "login/login.html";
}

/// A provider that checks a password.
#[derive(Debug, Clone, Serialize)]
pub struct PasswordProvider {
    /// Its id.
    pub id: String,
    /// Its label.
    pub label: String,
}

/// A provider one is sent to.
#[derive(Debug, Clone, Serialize)]
pub struct RedirectProvider {
    /// Its id.
    pub id: String,
    /// Its label.
    pub label: String,
    /// Where its flow starts, below the base path.
    pub href: String,
}
