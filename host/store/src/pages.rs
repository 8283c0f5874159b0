//! Pages of long lists: a place to go on from, never a number of rows to skip.
//!
//! The cost of a page is that of its own rows, however long the list is and however far it is read.

use crate::error::StoreError;
use crate::records::Record;
use crate::tx::{Mode, Span, Tx, table};
use core::fmt;
use core::ops::ControlFlow;

/// The most rows a page may have.
pub const MAX_LIMIT: usize = 500;

/// A place in a list; opaque to everybody else, safe in a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Vec<u8>);

impl Cursor {
    /// From what [`fmt::Display`] wrote; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        hex::decode(text).ok().filter(|bytes| bytes.len() <= 1024).map(Self)
    }

    /// Whether it is a place among the rows that begin so.
    pub(crate) fn begins_with(&self, start: &[u8]) -> bool {
        self.0.starts_with(start)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// Go on behind this place; none: from the beginning.
    pub after: Option<Cursor>,
    /// At most so many rows; 0 means 50, and 500 is the end.
    pub limit: usize,
    /// Words, each of which must begin a word of the row; empty: everything.
    pub search: String,
}

impl PageRequest {
    /// The first page without a search.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Rows asked for, within bounds.
    #[must_use]
    pub fn rows(&self) -> usize {
        if self.limit == 0 { 50 } else { self.limit.min(MAX_LIMIT) }
    }
}

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; none: this was the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The same page of other things.
    #[must_use]
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

/// Whether every searched word begins one of these.
pub(crate) fn matches(words: &[String], searched: &[String]) -> bool {
    searched.iter().all(|part| words.iter().any(|word| word.starts_with(part.as_str())))
}

impl<M: Mode> Tx<M> {
    /// A page of the records an index leads to, in its order. `keep` sees index key and record.
    pub(crate) fn page_by<R: Record>(
        &self,
        index: &'static str,
        span: Span,
        request: &PageRequest,
        mut keep: impl FnMut(&[u8], &R) -> bool,
    ) -> Result<Page<R>, StoreError> {
        let span = span.after(request.after.as_ref().map(|cursor| cursor.0.as_slice()));
        let rows = request.rows();
        let mut page = Page { items: Vec::new(), next: None };
        let mut last = None;
        self.walk(table(index), &span, |key, primary| {
            let Some(record) = self.load::<R>(primary)? else {
                return Ok(ControlFlow::Continue(()));
            };
            if !keep(key, &record) {
                return Ok(ControlFlow::Continue(()));
            }
            if page.items.len() == rows {
                page.next = last.take().map(Cursor);
                return Ok(ControlFlow::Break(()));
            }
            page.items.push(record);
            last = Some(key.to_vec());
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_a_url_and_nothing_else_is_one() {
        let cursor = Cursor(vec![0, 255, 7]);
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        assert_eq!(Cursor::parse("../x"), None);
    }

    #[test]
    fn every_searched_word_must_begin_a_word() {
        let words = crate::keys::words("Ana María Lopez");
        assert!(matches(&words, &crate::keys::words("lop ana")));
        assert!(!matches(&words, &crate::keys::words("opez")));
        assert!(matches(&words, &[]));
    }
}
