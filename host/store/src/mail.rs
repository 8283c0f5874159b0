//! Mail methods: by the id the admin chose.

use crate::error::StoreError;
use crate::records::{Entry, Record};
use crate::tx::{Mode, Table, Tx, Writing, table};
use domain::ids::MailId;
use domain::mail::MailMethod;

const ROWS: Table = table("mail_methods");

pub(crate) const TABLES: &[&str] = &["mail_methods"];

impl Record for MailMethod {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.id.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        Vec::new()
    }
}

/// Mail methods within a transaction.
pub struct MailMethods<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Mail methods. Their secrets are in [`Tx::secrets`].
    pub const fn mail_methods(&self) -> MailMethods<'_, M> {
        MailMethods(self)
    }
}

impl<M: Mode> MailMethods<'_, M> {
    /// One method.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, id: &MailId) -> Result<Option<MailMethod>, StoreError> {
        self.0.load(id.as_str().as_bytes())
    }

    /// All, by id: a household has a handful.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all(&self) -> Result<Vec<MailMethod>, StoreError> {
        self.0.load_all()
    }
}

impl MailMethods<'_, Writing> {
    /// Writes a method.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, method: &MailMethod) -> Result<(), StoreError> {
        self.0.save(method)
    }

    /// Deletes a method; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, id: &MailId) -> Result<Option<MailMethod>, StoreError> {
        self.0.erase(id.as_str().as_bytes())
    }
}
