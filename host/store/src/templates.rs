//! Templates of mails that were written in the pages: by the mail's name.

use crate::error::StoreError;
use crate::records::{Entry, Record};
use crate::tx::{Mode, Table, Tx, Writing, table};
use domain::templates::MailTemplate;

const ROWS: Table = table("mail_templates");

pub(crate) const TABLES: &[&str] = &["mail_templates"];

impl Record for MailTemplate {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.name.as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        Vec::new()
    }
}

/// Page-set templates within a transaction.
pub struct MailTemplates<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Templates of mails that were written in the pages.
    pub const fn mail_templates(&self) -> MailTemplates<'_, M> {
        MailTemplates(self)
    }
}

impl<M: Mode> MailTemplates<'_, M> {
    /// All, by name: there are fewer than there are mails.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all(&self) -> Result<Vec<MailTemplate>, StoreError> {
        self.0.load_all()
    }
}

impl MailTemplates<'_, Writing> {
    /// Writes a template.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, template: &MailTemplate) -> Result<(), StoreError> {
        self.0.save(template)
    }

    /// Deletes a template; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, name: &str) -> Result<Option<MailTemplate>, StoreError> {
        self.0.erase(name.as_bytes())
    }
}
