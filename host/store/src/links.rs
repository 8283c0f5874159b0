//! Links that let somebody in once: by their token's hash, by user, by end.

use crate::error::StoreError;
use crate::keys;
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use domain::ids::UserId;
use domain::links::Link;
use jiff::Timestamp;

const ROWS: Table = table("links");
const BY_USER: &str = "links_by_user";
const BY_END: &str = "links_by_end";

pub(crate) const TABLES: &[&str] = &["links", BY_USER, BY_END];

impl Record for Link {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.token.as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        vec![
            entry(BY_USER, keys::joined(&[self.user.as_str(), &self.token]), self),
            entry(BY_END, keys::at(self.expires_at, self.token.as_bytes()), self),
        ]
    }
}

/// Links within a transaction.
pub struct Links<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Links.
    pub const fn links(&self) -> Links<'_, M> {
        Links(self)
    }
}

impl<M: Mode> Links<'_, M> {
    /// The link whose token has this hash, also one that is over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, hash: &str) -> Result<Option<Link>, StoreError> {
        self.0.load(hash.as_bytes())
    }

    /// All of a user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of_user(&self, id: &UserId) -> Result<Vec<Link>, StoreError> {
        self.0.load_under(BY_USER, &Span::prefix(&keys::under(&[id.as_str()])), usize::MAX)
    }
}

impl Links<'_, Writing> {
    /// Writes a link.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, link: &Link) -> Result<(), StoreError> {
        self.0.save(link)
    }

    /// Takes a link away and gives it: of two who come at once, one gets it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take(&self, hash: &str) -> Result<Option<Link>, StoreError> {
        self.0.erase(hash.as_bytes())
    }

    /// Deletes all of a user; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_of_user(&self, id: &UserId) -> Result<usize, StoreError> {
        let links = self.of_user(id)?;
        for link in &links {
            self.take(&link.token)?;
        }
        Ok(links.len())
    }

    /// Deletes some of those that are over; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let over: Vec<Link> =
            self.0.load_under(BY_END, &Span::before(keys::at(now, &[])), limit)?;
        for link in &over {
            self.take(&link.token)?;
        }
        Ok(over.len())
    }
}
