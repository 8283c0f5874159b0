//! Records: JSON in an envelope, with the index entries that follow from their content.
//!
//! Indexes are kept here and nowhere else: whoever puts or deletes a record cannot forget one.

use crate::error::{Owner, StoreError, Unique};
use crate::tx::{Mode, Table, Tx, Writing};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// First byte of every record: the one layout there is, JSON after it.
const LAYOUT: u8 = 1;

/// One index entry that a record has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) index: &'static str,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
    /// What it would be twice, if another record had the same key.
    pub(crate) unique: Option<Unique>,
}

/// What is kept as a record.
pub(crate) trait Record: Serialize + DeserializeOwned {
    /// Where.
    const ROWS: Table;
    /// Under which key.
    fn key(&self) -> Vec<u8>;
    /// By what else it is found.
    fn entries(&self) -> Vec<Entry>;
}

/// An entry that leads to the record's own key.
pub(crate) fn entry(index: &'static str, key: Vec<u8>, record: &impl Record) -> Entry {
    Entry { index, key, value: record.key(), unique: None }
}

impl Entry {
    /// The same, for one record only.
    pub(crate) fn only(mut self, what: Unique) -> Self {
        self.unique = Some(what);
        self
    }
}

fn unreadable(table: Table, cause: impl Into<crate::error::Cause>) -> StoreError {
    use redb::TableHandle as _;
    StoreError::damaged(format!("a record of {}", table.name()), cause)
}

/// The record in an envelope.
pub(crate) fn decode<T: DeserializeOwned>(table: Table, bytes: &[u8]) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&LAYOUT, json)) => {
            serde_json::from_slice(json).map_err(|cause| unreadable(table, cause))
        }
        _ => Err(unreadable(table, "it has another layout")),
    }
}

/// The record, wrapped.
pub(crate) fn encode<T: Serialize + ?Sized>(
    table: Table,
    record: &T,
) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![LAYOUT];
    serde_json::to_writer(&mut bytes, record).map_err(|cause| unreadable(table, cause))?;
    Ok(bytes)
}

impl<M: Mode> Tx<M> {
    pub(crate) fn load<R: Record>(&self, key: &[u8]) -> Result<Option<R>, StoreError> {
        self.fetch(R::ROWS, key)?.map(|bytes| decode(R::ROWS, &bytes)).transpose()
    }

    /// The record an index leads to.
    pub(crate) fn load_by<R: Record>(
        &self,
        index: &'static str,
        key: &[u8],
    ) -> Result<Option<R>, StoreError> {
        match self.fetch(crate::tx::table(index), key)? {
            Some(primary) => self.load(&primary),
            None => Ok(None),
        }
    }

    /// All records an index leads to under a prefix, at most so many.
    pub(crate) fn load_under<R: Record>(
        &self,
        index: &'static str,
        span: &crate::tx::Span,
        limit: usize,
    ) -> Result<Vec<R>, StoreError> {
        let found = self.some_of(crate::tx::table(index), span, limit)?;
        let mut records = Vec::with_capacity(found.len());
        for (_key, primary) in found {
            let missing = || unreadable(R::ROWS, "an index leads to nothing");
            records.push(self.load(&primary)?.ok_or_else(missing)?);
        }
        Ok(records)
    }

    /// All records, in the order of their keys.
    pub(crate) fn load_all<R: Record>(&self) -> Result<Vec<R>, StoreError> {
        let mut records = Vec::new();
        self.walk(R::ROWS, &crate::tx::Span::all(), |_key, bytes| {
            records.push(decode(R::ROWS, bytes)?);
            Ok(core::ops::ControlFlow::Continue(()))
        })?;
        Ok(records)
    }
}

impl Tx<Writing> {
    /// Writes a record and brings its index entries up to date. Refuses before it writes.
    pub(crate) fn save<R: Record>(&self, record: &R) -> Result<(), StoreError> {
        let key = record.key();
        let old = self.load::<R>(&key)?.map(|old| old.entries()).unwrap_or_default();
        let new = record.entries();
        for entry in new.iter().filter(|entry| !old.contains(entry)) {
            self.refuse_if_taken(entry)?;
        }
        for entry in old.iter().filter(|entry| !new.contains(entry)) {
            self.remove(crate::tx::table(entry.index), &entry.key)?;
        }
        for entry in new.iter().filter(|entry| !old.contains(entry)) {
            self.insert(crate::tx::table(entry.index), &entry.key, &entry.value)?;
        }
        self.insert(R::ROWS, &key, &encode(R::ROWS, record)?)
    }

    fn refuse_if_taken(&self, entry: &Entry) -> Result<(), StoreError> {
        let Some(what) = &entry.unique else { return Ok(()) };
        match self.fetch(crate::tx::table(entry.index), &entry.key)? {
            Some(holder) if holder != entry.value => {
                Err(StoreError::Taken { what: what.clone(), owner: Owner::from_bytes(&holder) })
            }
            _ => Ok(()),
        }
    }

    /// Deletes a record with its index entries; what it was, where there was one.
    pub(crate) fn erase<R: Record>(&self, key: &[u8]) -> Result<Option<R>, StoreError> {
        let Some(old) = self.load::<R>(key)? else { return Ok(None) };
        for entry in old.entries() {
            self.remove(crate::tx::table(entry.index), &entry.key)?;
        }
        self.remove(R::ROWS, key)?;
        Ok(Some(old))
    }
}
