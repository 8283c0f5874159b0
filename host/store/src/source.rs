//! Reading one table, in either kind of transaction: the part that knows redb's types.

use crate::error::StoreError;
use core::ops::{Bound, ControlFlow};
use redb::{ReadableTable, ReadableTableMetadata as _};

/// Every table is bytes to bytes; what they mean is the business of the feature that owns it.
pub(crate) type Table = redb::TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Names a table.
pub(crate) const fn table(name: &'static str) -> Table {
    redb::TableDefinition::new(name)
}

/// A transaction that changes nothing.
pub struct Reading(pub(crate) redb::ReadTransaction);

/// A transaction that changes something.
pub struct Writing(pub(crate) redb::WriteTransaction);

/// A part of a table, in one direction.
#[derive(Debug, Clone)]
pub struct Span {
    from: Bound<Vec<u8>>,
    to: Bound<Vec<u8>>,
    backwards: bool,
}

impl Span {
    /// All of it.
    pub(crate) const fn all() -> Self {
        Self { from: Bound::Unbounded, to: Bound::Unbounded, backwards: false }
    }

    /// Every key that begins so.
    pub(crate) fn prefix(prefix: &[u8]) -> Self {
        let mut end = prefix.to_vec();
        let to = loop {
            match end.pop() {
                None => break Bound::Unbounded,
                Some(u8::MAX) => {}
                Some(last) => {
                    end.push(last + 1);
                    break Bound::Excluded(end);
                }
            }
        };
        Self { from: Bound::Included(prefix.to_vec()), to, backwards: false }
    }

    /// Every key up to and without this one.
    pub(crate) fn before(end: Vec<u8>) -> Self {
        Self { from: Bound::Unbounded, to: Bound::Excluded(end), backwards: false }
    }

    /// The same from its end.
    pub(crate) const fn backwards(mut self) -> Self {
        self.backwards = true;
        self
    }

    /// What of it comes after this key, in its direction. A key outside of it leaves it as it is,
    /// or leaves nothing.
    pub(crate) fn after(mut self, key: Option<&[u8]>) -> Self {
        let Some(key) = key else { return self };
        let bound = if self.backwards { &mut self.to } else { &mut self.from };
        let tighter = match &*bound {
            Bound::Unbounded => true,
            Bound::Included(old) | Bound::Excluded(old) => {
                if self.backwards {
                    key <= old.as_slice()
                } else {
                    key >= old.as_slice()
                }
            }
        };
        if tighter {
            *bound = Bound::Excluded(key.to_vec());
        }
        self
    }

    fn is_empty(&self) -> bool {
        match (&self.from, &self.to) {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Included(from), Bound::Included(to)) => from > to,
            (
                Bound::Included(from) | Bound::Excluded(from),
                Bound::Included(to) | Bound::Excluded(to),
            ) => from >= to,
        }
    }
}

/// A key with its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// Called for each key and value; says whether to go on.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError>;

/// Reads of one table.
pub trait Source {
    #[doc(hidden)]
    fn fetch(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, redb::Error>;
    #[doc(hidden)]
    fn walk(&self, table: Table, span: &Span, visit: Visit<'_>) -> Result<(), WalkEnd>;
    #[doc(hidden)]
    fn len(&self, table: Table) -> Result<u64, redb::Error>;
}

/// Why a walk ended early.
pub enum WalkEnd {
    /// The database failed.
    Database(redb::Error),
    /// The visitor did.
    Visitor(StoreError),
}

impl<E: Into<redb::Error>> From<E> for WalkEnd {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

fn walk_in(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    span: &Span,
    visit: Visit<'_>,
) -> Result<(), WalkEnd> {
    if span.is_empty() {
        return Ok(());
    }
    let bounds: (Bound<&[u8]>, Bound<&[u8]>) =
        (span.from.as_ref().map(Vec::as_slice), span.to.as_ref().map(Vec::as_slice));
    let mut range = table.range::<&[u8]>(bounds)?;
    while let Some(found) = if span.backwards { range.next_back() } else { range.next() } {
        let (key, value) = found?;
        match visit(key.value(), value.value()) {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => break,
            Err(error) => return Err(WalkEnd::Visitor(error)),
        }
    }
    Ok(())
}

impl Source for Reading {
    fn fetch(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, redb::Error> {
        let table = self.0.open_table(table)?;
        Ok(table.get(key)?.map(|found| found.value().to_vec()))
    }
    fn walk(&self, table: Table, span: &Span, visit: Visit<'_>) -> Result<(), WalkEnd> {
        walk_in(&self.0.open_table(table)?, span, visit)
    }
    fn len(&self, table: Table) -> Result<u64, redb::Error> {
        Ok(self.0.open_table(table)?.len()?)
    }
}

impl Source for Writing {
    fn fetch(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, redb::Error> {
        let table = self.0.open_table(table)?;
        Ok(table.get(key)?.map(|found| found.value().to_vec()))
    }
    fn walk(&self, table: Table, span: &Span, visit: Visit<'_>) -> Result<(), WalkEnd> {
        walk_in(&self.0.open_table(table)?, span, visit)
    }
    fn len(&self, table: Table) -> Result<u64, redb::Error> {
        Ok(self.0.open_table(table)?.len()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_the_next_one_begins() {
        let span = Span::prefix(b"ab\xff");
        assert!(matches!(span.to, Bound::Excluded(end) if end == b"ac"));
        assert!(matches!(Span::prefix(b"\xff").to, Bound::Unbounded));
    }

    #[test]
    fn after_never_widens_a_span() {
        let span = Span::prefix(b"b").after(Some(b"a"));
        assert!(matches!(span.from, Bound::Included(from) if from == b"b"));
        let span = Span::prefix(b"b").after(Some(b"z"));
        assert!(span.is_empty());
        let span = Span::prefix(b"b").backwards().after(Some(b"bb"));
        assert!(matches!(span.to, Bound::Excluded(to) if to == b"bb"));
    }
}
