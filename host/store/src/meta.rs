//! Single facts of the program about itself: how far set-up is, what was accepted for a plugin.

use crate::error::StoreError;
use crate::keys;
use crate::records::{decode, encode};
use crate::tx::{Mode, Table, Tx, Writing, table};
use serde::Serialize;
use serde::de::DeserializeOwned;

const ROWS: Table = table("meta");

pub(crate) const TABLES: &[&str] = &["meta"];

/// Single facts within a transaction.
pub struct Meta<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Single facts.
    pub const fn meta(&self) -> Meta<'_, M> {
        Meta(self)
    }
}

impl<M: Mode> Meta<'_, M> {
    /// One fact.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where it is of another shape.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        self.0.fetch(ROWS, &keys::joined(&[name]))?.map(|bytes| decode(ROWS, &bytes)).transpose()
    }
}

impl Meta<'_, Writing> {
    /// Writes a fact. No secrets: those go to [`Tx::secrets`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put<T: Serialize + ?Sized>(&self, name: &str, fact: &T) -> Result<(), StoreError> {
        self.0.insert(ROWS, &keys::joined(&[name]), &encode(ROWS, fact)?)
    }

    /// Deletes a fact; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, name: &str) -> Result<bool, StoreError> {
        self.0.remove(ROWS, &keys::joined(&[name]))
    }
}
