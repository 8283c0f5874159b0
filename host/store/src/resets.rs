//! Watched folders, and the reset requests that were found in them.

use crate::error::StoreError;
use crate::keys;
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use domain::ids::BackendId;
use domain::resets::{Sighting, Watch};
use jiff::Timestamp;

const WATCHES: Table = table("reset_watches");
const SIGHTINGS: Table = table("reset_sightings");
const BY_TIME: &str = "reset_sightings_by_time";

pub(crate) const TABLES: &[&str] = &["reset_watches", "reset_sightings", BY_TIME];

impl Record for Watch {
    const ROWS: Table = WATCHES;

    fn key(&self) -> Vec<u8> {
        self.backend.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        Vec::new()
    }
}

impl Record for Sighting {
    const ROWS: Table = SIGHTINGS;

    fn key(&self) -> Vec<u8> {
        keys::joined(&[self.backend.as_str(), &self.digest])
    }

    fn entries(&self) -> Vec<Entry> {
        vec![entry(BY_TIME, keys::at(self.seen_at, &self.key()), self)]
    }
}

/// Watches and sightings within a transaction.
pub struct Resets<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Watches and sightings.
    pub const fn resets(&self) -> Resets<'_, M> {
        Resets(self)
    }
}

impl<M: Mode> Resets<'_, M> {
    /// A backend's watch.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn watch(&self, backend: &BackendId) -> Result<Option<Watch>, StoreError> {
        self.0.load(backend.as_str().as_bytes())
    }

    /// All watches, by backend.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn watches(&self) -> Result<Vec<Watch>, StoreError> {
        self.0.load_all()
    }

    /// The request with that digest, where it was found before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sighting(
        &self,
        backend: &BackendId,
        digest: &str,
    ) -> Result<Option<Sighting>, StoreError> {
        self.0.load(&keys::joined(&[backend.as_str(), digest]))
    }

    /// What was found last, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn latest(&self, limit: usize) -> Result<Vec<Sighting>, StoreError> {
        self.0.load_under(BY_TIME, &Span::all().backwards(), limit)
    }
}

impl Resets<'_, Writing> {
    /// Writes a watch.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_watch(&self, watch: &Watch) -> Result<(), StoreError> {
        self.0.save(watch)
    }

    /// Deletes a watch; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_watch(&self, backend: &BackendId) -> Result<Option<Watch>, StoreError> {
        self.0.erase(backend.as_str().as_bytes())
    }

    /// Writes a sighting.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_sighting(&self, sighting: &Sighting) -> Result<(), StoreError> {
        self.0.save(sighting)
    }

    /// Deletes some that were found before that; how many. A file may lie there for months: its request
    /// is over by itself then, so that nothing is mailed twice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let old: Vec<Sighting> =
            self.0.load_under(BY_TIME, &Span::before(keys::at(before, &[])), limit)?;
        for sighting in &old {
            self.0.erase::<Sighting>(&sighting.key())?;
        }
        Ok(old.len())
    }
}
