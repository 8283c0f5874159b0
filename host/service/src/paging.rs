//! A piece of a long list: how it is asked for, and how it goes on.

use crate::error::{Result, ServiceError};
use store::{Cursor, PageRequest};

/// One page; lists are never read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// What to ask for to get the next one; none: this is the last.
    pub next: Option<String>,
}

/// At most this many on a page, whatever is asked for.
pub const LONGEST: usize = 200;

/// What a page holds where nothing is asked for.
pub const USUAL: usize = 50;

/// The page length for a wish.
#[must_use]
pub fn length(wish: Option<usize>) -> usize {
    wish.unwrap_or(USUAL).clamp(1, LONGEST)
}

/// What the store is asked for.
///
/// # Errors
/// `Invalid` for a cursor that is none of ours.
pub(crate) fn request(
    after: Option<&str>,
    limit: Option<usize>,
    search: Option<&str>,
) -> Result<PageRequest> {
    let after = match after.filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => {
            Some(Cursor::parse(text).ok_or_else(|| ServiceError::field("cursor", "unknown"))?)
        }
    };
    let search = search.unwrap_or_default().to_owned();
    Ok(PageRequest { after, limit: length(limit), search })
}

/// What the store answered.
pub(crate) fn page<T>(page: store::Page<T>) -> Page<T> {
    Page { items: page.items, next: page.next.map(|cursor| cursor.to_string()) }
}
