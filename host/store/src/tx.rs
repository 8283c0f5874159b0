//! Transactions: what a closure may do while nothing else changes.
//!
//! A transaction sees one state of everything. A writing one is alone; what it changed is kept as a
//! whole or not at all. Features are reached through their accessors (`tx.users()`, ...).

use crate::error::StoreError;
use crate::sealed::Sealer;
use crate::source::{Row, Source, WalkEnd};
use core::cell::Cell;
use core::ops::ControlFlow;

pub use crate::source::{Reading, Writing};
pub(crate) use crate::source::{Span, Table, table};

/// Whether a transaction may change something: [`Reading`] or [`Writing`].
pub trait Mode: Source {}

impl Mode for Reading {}
impl Mode for Writing {}

/// A transaction.
pub struct Tx<M> {
    pub(crate) source: M,
    pub(crate) sealer: std::sync::Arc<Sealer>,
    /// The disk failed under it: the file has to be opened anew.
    pub(crate) broken: Cell<bool>,
    /// Rows of the schedule were changed.
    pub(crate) rescheduled: Cell<bool>,
}

impl<M> Tx<M> {
    pub(crate) fn new(source: M, sealer: std::sync::Arc<Sealer>) -> Self {
        Self { source, sealer, broken: Cell::new(false), rescheduled: Cell::new(false) }
    }

    /// Sorts a failure, and remembers where the file has to be opened anew.
    pub(crate) fn failed(&self, error: impl Into<redb::Error>) -> StoreError {
        let error = error.into();
        if matches!(error, redb::Error::Io(_) | redb::Error::PreviousIo) {
            self.broken.set(true);
        }
        StoreError::of(error)
    }
}

impl<M: Mode> Tx<M> {
    pub(crate) fn fetch(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.source.fetch(table, key).map_err(|error| self.failed(error))
    }

    /// Visits a part of a table. The visitor may read other tables, not this one.
    pub(crate) fn walk(
        &self,
        table: Table,
        span: &Span,
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        self.source.walk(table, span, &mut visit).map_err(|end| match end {
            WalkEnd::Database(error) => self.failed(error),
            WalkEnd::Visitor(error) => error,
        })
    }

    pub(crate) fn len(&self, table: Table) -> Result<u64, StoreError> {
        self.source.len(table).map_err(|error| self.failed(error))
    }

    /// The keys and values of a part of a table, at most so many.
    pub(crate) fn some_of(
        &self,
        table: Table,
        span: &Span,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let mut found = Vec::new();
        self.walk(table, span, |key, value| {
            if found.len() == limit {
                return Ok(ControlFlow::Break(()));
            }
            found.push((key.to_vec(), value.to_vec()));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }
}

impl Tx<Writing> {
    pub(crate) fn insert(&self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let write = || -> Result<(), redb::Error> {
            self.source.0.open_table(table)?.insert(key, value)?;
            Ok(())
        };
        write().map_err(|error| self.failed(error))
    }

    /// Whether it was there.
    pub(crate) fn remove(&self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        let write = || -> Result<bool, redb::Error> {
            Ok(self.source.0.open_table(table)?.remove(key)?.is_some())
        };
        write().map_err(|error| self.failed(error))
    }
}
