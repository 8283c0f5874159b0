//! Templates of mails that were written in the pages.

use serde::{Deserialize, Serialize};

/// What somebody wrote over a built-in mail; a part that is missing is the built-in one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailTemplate {
    /// `reset`, `invite`, ...
    pub name: String,
    /// The subject.
    pub subject: Option<String>,
    /// The plain text.
    pub text: Option<String>,
    /// The MJML.
    pub mjml: Option<String>,
    /// When it was last written.
    pub changed_at: jiff::Timestamp,
}
