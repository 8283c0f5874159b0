//! The way through a long list.

use serde::Serialize;

/// Links below a list; both are queries (`?q=anna&cursor=...`).
#[derive(Debug, Clone, Default, Serialize)]
pub struct Pager {
    /// Back to the start, where this is not it.
    pub first: Option<String>,
    /// The next page, where there is one.
    pub next: Option<String>,
}
