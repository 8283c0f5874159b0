//! The outbox: messages that are owed, by id and newest first.

use crate::error::StoreError;
use crate::keys;
use crate::pages::{Page, PageRequest};
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use domain::ids::{MessageId, UserId};
use domain::outbox::Message;

const ROWS: Table = table("outbox");
const BY_TIME: &str = "outbox_by_time";
const BY_USER: &str = "outbox_by_user";

pub(crate) const TABLES: &[&str] = &["outbox", BY_TIME, BY_USER];

impl Record for Message {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.id.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        let id = self.id.as_str();
        vec![
            entry(BY_TIME, keys::at(self.owed_at, id.as_bytes()), self),
            entry(BY_USER, keys::joined(&[self.user.as_str(), id]), self),
        ]
    }
}

/// The outbox within a transaction.
pub struct Outbox<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// The outbox.
    pub const fn outbox(&self) -> Outbox<'_, M> {
        Outbox(self)
    }
}

impl<M: Mode> Outbox<'_, M> {
    /// One message.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, id: &MessageId) -> Result<Option<Message>, StoreError> {
        self.0.load(id.as_str().as_bytes())
    }

    /// All that are owed to a user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of_user(&self, id: &UserId) -> Result<Vec<Message>, StoreError> {
        self.0.load_under(BY_USER, &Span::prefix(&keys::under(&[id.as_str()])), usize::MAX)
    }

    /// Messages, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page(&self, request: &PageRequest) -> Result<Page<Message>, StoreError> {
        self.0.page_by(BY_TIME, Span::all().backwards(), request, |_key, _message: &Message| true)
    }

    /// How many there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count(&self) -> Result<u64, StoreError> {
        self.0.len(ROWS)
    }
}

impl Outbox<'_, Writing> {
    /// Writes a message.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, message: &Message) -> Result<(), StoreError> {
        self.0.save(message)
    }

    /// Deletes a message; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, id: &MessageId) -> Result<Option<Message>, StoreError> {
        self.0.erase(id.as_str().as_bytes())
    }
}
