//! Settings that were set in the pages: key to JSON value.

use crate::error::StoreError;
use crate::records::{decode, encode};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use serde_json::Value;
use std::collections::BTreeMap;

const ROWS: Table = table("settings");

pub(crate) const TABLES: &[&str] = &["settings"];

/// Page-set settings within a transaction.
pub struct PageSettings<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Settings that were set in the pages.
    pub const fn settings(&self) -> PageSettings<'_, M> {
        PageSettings(self)
    }
}

impl<M: Mode> PageSettings<'_, M> {
    /// One value.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, key: &str) -> Result<Option<Value>, StoreError> {
        self.0.fetch(ROWS, key.as_bytes())?.map(|bytes| decode(ROWS, &bytes)).transpose()
    }

    /// All values.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all(&self) -> Result<BTreeMap<String, Value>, StoreError> {
        let found = self.0.some_of(ROWS, &Span::all(), usize::MAX)?;
        let values = found.into_iter().map(|(key, bytes)| {
            let key = String::from_utf8(key)
                .map_err(|cause| StoreError::damaged("a key of settings", cause))?;
            Ok((key, decode(ROWS, &bytes)?))
        });
        values.collect()
    }
}

impl PageSettings<'_, Writing> {
    /// Writes a value.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, key: &str, value: &Value) -> Result<(), StoreError> {
        self.0.insert(ROWS, key.as_bytes(), &encode(ROWS, value)?)
    }

    /// Deletes a value: the default holds again. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, key: &str) -> Result<bool, StoreError> {
        self.0.remove(ROWS, key.as_bytes())
    }
}
