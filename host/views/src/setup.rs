//! The first page ever: whoever holds the setup code becomes the admin.

use crate::{Page, Problem};
use serde::Serialize;

/// `GET /setup`, and the answer to a `POST` that was wrong.
///
/// Form: `POST /setup` with `code`, `username`, `password`, `email`, `public_url`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SetupPage {
    /// As typed, or from the link on the terminal.
    pub code: String,
    /// As typed.
    pub username: String,
    /// As typed; may stay empty.
    pub email: String,
    /// The address the browser used, until something else is typed.
    pub public_url: String,
    /// What a password must be, in words.
    pub password_rules: Vec<String>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for SetupPage {
    const TEMPLATE: &'static str = "setup/setup.html";
}
