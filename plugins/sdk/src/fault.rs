//! How a call fails, with builders.
//!
//! A fault says what the host shall do (`kind`), why (`code`, open, with the plugin's id in front)
//! and one sentence for the admin (`detail`). It never carries a secret: whoever writes `detail`
//! answers for that.

use crate::bindings::shared::latchkey::common::fault;

pub use fault::{Fault, Kind};

impl Fault {
    /// A fault of `kind`; `code` like `jellyfin.name-taken`, `detail` one sentence for the admin.
    #[must_use]
    pub fn new(kind: Kind, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            code: code.to_owned(),
            detail: detail.into(),
            field: None,
            retry_after_ms: None,
            upstream_status: None,
        }
    }

    /// What a default method answers: this plugin has no such ability.
    #[must_use]
    pub fn unsupported(what: &str) -> Self {
        Self::new(Kind::Unsupported, "sdk.unsupported", format!("this plugin cannot {what}"))
    }

    /// Names the field the fault is about.
    #[must_use]
    pub fn about(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// How long the backend wants to be left alone.
    #[must_use]
    pub fn retry_after(mut self, retry_after_ms: Option<u32>) -> Self {
        self.retry_after_ms = retry_after_ms;
        self
    }

    /// The backend's own status code.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.upstream_status = Some(status);
        self
    }
}
