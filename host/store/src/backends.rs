//! Backends: by the id the admin chose.

use crate::error::StoreError;
use crate::records::{Entry, Record};
use crate::tx::{Mode, Table, Tx, Writing, table};
use domain::backends::Backend;
use domain::ids::BackendId;

const ROWS: Table = table("backends");

pub(crate) const TABLES: &[&str] = &["backends"];

impl Record for Backend {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.id.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        Vec::new()
    }
}

/// Backends within a transaction.
pub struct Backends<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Backends. Their secrets are in [`Tx::secrets`].
    pub const fn backends(&self) -> Backends<'_, M> {
        Backends(self)
    }
}

impl<M: Mode> Backends<'_, M> {
    /// One backend.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, id: &BackendId) -> Result<Option<Backend>, StoreError> {
        self.0.load(id.as_str().as_bytes())
    }

    /// All, by id: a household has a handful.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all(&self) -> Result<Vec<Backend>, StoreError> {
        self.0.load_all()
    }
}

impl Backends<'_, Writing> {
    /// Writes a backend.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, backend: &Backend) -> Result<(), StoreError> {
        self.0.save(backend)
    }

    /// Deletes a backend; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, id: &BackendId) -> Result<Option<Backend>, StoreError> {
        self.0.erase(id.as_str().as_bytes())
    }
}
