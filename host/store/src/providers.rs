//! Ways to sign in that were set up in the pages, by id.

use crate::error::StoreError;
use crate::records::{Entry, Record};
use crate::tx::{Mode, Table, Tx, Writing, table};
use domain::ids::{BackendId, ProviderId};
use domain::providers::{Provider, ProviderKind};

const ROWS: Table = table("providers");

pub(crate) const TABLES: &[&str] = &["providers"];

impl Record for Provider {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.id.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        Vec::new()
    }
}

/// Ways to sign in within a transaction.
pub struct Providers<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Ways to sign in that were set up in the pages.
    pub const fn providers(&self) -> Providers<'_, M> {
        Providers(self)
    }
}

impl<M: Mode> Providers<'_, M> {
    /// All, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all(&self) -> Result<Vec<Provider>, StoreError> {
        self.0.load_all()
    }

    /// One.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, id: &ProviderId) -> Result<Option<Provider>, StoreError> {
        self.0.load(id.as_str().as_bytes())
    }
}

impl Providers<'_, Writing> {
    /// Writes one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, provider: &Provider) -> Result<(), StoreError> {
        self.0.save(provider)
    }

    /// Deletes the rules of a backend that is gone: another one of that id does not inherit them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_of_backend(&self, backend: &BackendId) -> Result<(), StoreError> {
        let of_it = |row: &Provider| matches!(&row.kind, ProviderKind::Backend { backend: id } if id == backend);
        for row in self.all()?.iter().filter(|row| of_it(row)) {
            self.delete(&row.id)?;
        }
        Ok(())
    }

    /// Deletes one; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, id: &ProviderId) -> Result<Option<Provider>, StoreError> {
        self.0.erase(id.as_str().as_bytes())
    }
}
