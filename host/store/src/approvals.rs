//! People who asked to come in: by user, those that wait oldest first.

use crate::error::StoreError;
use crate::keys;
use crate::pages::{Page, PageRequest};
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use domain::approvals::{Answer, Application};
use domain::identity::IdentityKey;
use domain::ids::UserId;

const ROWS: Table = table("applications");
const WAITING: &str = "applications_waiting";
const BY_TIME: &str = "applications_by_time";

pub(crate) const TABLES: &[&str] = &["applications", WAITING, BY_TIME];

impl Record for Application {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.user.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        let key = keys::at(self.asked_at, self.user.as_str().as_bytes());
        let mut entries = vec![entry(BY_TIME, key.clone(), self)];
        if self.answer == Answer::Waiting {
            entries.push(entry(WAITING, key, self));
        }
        entries
    }
}

/// Applications within a transaction.
pub struct Applications<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// People who asked to come in.
    pub const fn applications(&self) -> Applications<'_, M> {
        Applications(self)
    }
}

impl<M: Mode> Applications<'_, M> {
    /// One, by who it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, user: &UserId) -> Result<Option<Application>, StoreError> {
        self.0.load(user.as_str().as_bytes())
    }

    /// Those that nobody has answered, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn waiting(&self, request: &PageRequest) -> Result<Page<Application>, StoreError> {
        self.0.page_by(WAITING, Span::all(), request, |_key, _one: &Application| true)
    }

    /// All, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page(&self, request: &PageRequest) -> Result<Page<Application>, StoreError> {
        self.0.page_by(BY_TIME, Span::all().backwards(), request, |_key, _one: &Application| true)
    }

    /// How many nobody has answered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_waiting(&self) -> Result<u64, StoreError> {
        self.0.len(table(WAITING))
    }

    /// The one of that identity, answered or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_identity(&self, key: &IdentityKey) -> Result<Option<Application>, StoreError> {
        let all: Vec<Application> = self.0.load_all()?;
        let is_it = |one: &Application| matches!(&one.by, domain::approvals::AskedBy::Identity { key: theirs } if theirs == key);
        Ok(all.into_iter().find(is_it))
    }
}

impl Applications<'_, Writing> {
    /// Writes one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, application: &Application) -> Result<(), StoreError> {
        self.0.save(application)
    }

    /// Forgets one; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, user: &UserId) -> Result<Option<Application>, StoreError> {
        self.0.erase(user.as_str().as_bytes())
    }
}
