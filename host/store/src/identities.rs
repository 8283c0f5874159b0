//! Identities that people here have: by provider, issuer and subject, by user, by provider.

use crate::error::StoreError;
use crate::keys;
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use domain::identity::{IdentityKey, LinkedIdentity};
use domain::ids::{ProviderId, UserId};

const ROWS: Table = table("identities");
const BY_USER: &str = "identities_by_user";

pub(crate) const TABLES: &[&str] = &["identities", BY_USER];

fn row(key: &IdentityKey) -> Vec<u8> {
    keys::joined(&[key.provider.as_str(), &key.issuer, &key.subject])
}

impl Record for LinkedIdentity {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        row(&self.key)
    }

    fn entries(&self) -> Vec<Entry> {
        let mut key = keys::under(&[self.user.as_str()]);
        key.extend(row(&self.key));
        vec![entry(BY_USER, key, self)]
    }
}

/// Identities within a transaction.
pub struct Identities<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Identities that people here have.
    pub const fn identities(&self) -> Identities<'_, M> {
        Identities(self)
    }
}

impl<M: Mode> Identities<'_, M> {
    /// Whose it is, with what is known of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, key: &IdentityKey) -> Result<Option<LinkedIdentity>, StoreError> {
        self.0.load(&row(key))
    }

    /// A user's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of_user(&self, user: &UserId) -> Result<Vec<LinkedIdentity>, StoreError> {
        self.0.load_under(BY_USER, &Span::prefix(&keys::under(&[user.as_str()])), usize::MAX)
    }

    /// Those of a provider, of every issuer it ever had.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of_provider(&self, provider: &ProviderId) -> Result<Vec<LinkedIdentity>, StoreError> {
        let mut all: Vec<LinkedIdentity> = self.0.load_all()?;
        all.retain(|identity| identity.key.provider == *provider);
        Ok(all)
    }

    /// All.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all(&self) -> Result<Vec<LinkedIdentity>, StoreError> {
        self.0.load_all()
    }
}

impl Identities<'_, Writing> {
    /// Links it, or writes what was heard. Whose it is must have been looked at in this transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, identity: &LinkedIdentity) -> Result<(), StoreError> {
        self.0.save(identity)
    }

    /// Unlinks it; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, key: &IdentityKey) -> Result<Option<LinkedIdentity>, StoreError> {
        self.0.erase(&row(key))
    }

    /// Unlinks all of a user's; what they were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_of_user(&self, user: &UserId) -> Result<Vec<LinkedIdentity>, StoreError> {
        let all = self.of_user(user)?;
        for identity in &all {
            self.delete(&identity.key)?;
        }
        Ok(all)
    }
}
