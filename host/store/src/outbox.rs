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
const BY_STATE: &str = "outbox_by_state";

pub(crate) const TABLES: &[&str] = &["outbox", BY_TIME, BY_USER, BY_STATE];

impl Record for Message {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.id.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        let id = self.id.as_str();
        let by_time = keys::at(self.owed_at, id.as_bytes());
        let mut by_state = keys::under(&[self.state.name()]);
        by_state.extend(&by_time);
        let mut entries = vec![entry(BY_TIME, by_time, self), entry(BY_STATE, by_state, self)];
        if let Some(user) = &self.user {
            entries.push(entry(BY_USER, keys::joined(&[user.as_str(), id]), self));
        }
        entries
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

    /// Messages, the newest first; only those in a state, by its name, where one is given. `keep` is asked
    /// for one after the other.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page(
        &self,
        request: &PageRequest,
        state: Option<&str>,
        mut keep: impl FnMut(&Message) -> bool,
    ) -> Result<Page<Message>, StoreError> {
        let (index, span) = match state {
            Some(state) => (BY_STATE, Span::prefix(&keys::under(&[state]))),
            None => (BY_TIME, Span::all()),
        };
        self.0.page_by(index, span.backwards(), request, |_key, message: &Message| keep(message))
    }

    /// Some in a state, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn in_state(&self, state: &str, limit: usize) -> Result<Vec<Message>, StoreError> {
        self.0.load_under(BY_STATE, &Span::prefix(&keys::under(&[state])), limit)
    }

    /// How many are in a state.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_in(&self, state: &str) -> Result<u64, StoreError> {
        let mut count = 0;
        self.0.walk(table(BY_STATE), &Span::prefix(&keys::under(&[state])), |_key, _id| {
            count += 1;
            Ok(core::ops::ControlFlow::Continue(()))
        })?;
        Ok(count)
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
