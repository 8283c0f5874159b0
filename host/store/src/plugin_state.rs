//! What plugins keep: bytes by instance and key, sealed since nobody knows what they are, dropped
//! when their time is over.

use crate::error::StoreError;
use crate::keys;
use crate::sealed::Place;
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use core::ops::ControlFlow;
use jiff::Timestamp;

const NAME: &str = "plugin_state";
const ROWS: Table = table(NAME);
const BY_END: &str = "plugin_state_by_end";

pub(crate) const TABLES: &[&str] = &[NAME, BY_END];

/// Before each sealed value: when it is over, all ones for never.
const END: usize = 8;
const NEVER: [u8; END] = [u8::MAX; END];

/// How much an instance keeps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Keys.
    pub keys: usize,
    /// Bytes of values, sealed.
    pub bytes: usize,
}

/// Plugin state within a transaction.
pub struct PluginState<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// What plugins keep.
    pub const fn plugin_state(&self) -> PluginState<'_, M> {
        PluginState(self)
    }
}

fn row(instance: &str, key: &str) -> Vec<u8> {
    keys::joined(&[instance, key])
}

fn end_key(end: &[u8], row: &[u8]) -> Vec<u8> {
    [end, row].concat()
}

impl<M: Mode> PluginState<'_, M> {
    /// A value that is not over yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(
        &self,
        instance: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(found) = self.0.fetch(ROWS, &row(instance, key))? else { return Ok(None) };
        let short = || StoreError::damaged("a value of plugin state", "it is too short");
        let (end, sealed) = found.split_at_checked(END).ok_or_else(short)?;
        if end <= keys::moment(now).as_slice() {
            return Ok(None);
        }
        let place = Place { table: NAME, row: instance, column: key };
        self.0.sealer.open(place, sealed).map(Some)
    }

    /// How much an instance keeps.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn usage(&self, instance: &str) -> Result<Usage, StoreError> {
        let mut usage = Usage::default();
        self.0.walk(ROWS, &Span::prefix(&keys::under(&[instance])), |_key, value| {
            usage.keys = usage.keys.saturating_add(1);
            usage.bytes = usage.bytes.saturating_add(value.len());
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(usage)
    }
}

impl PluginState<'_, Writing> {
    /// Writes a value; with `until`, it is over then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(
        &self,
        (instance, key): (&str, &str),
        value: &[u8],
        until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.delete(instance, key)?;
        let end = until.map_or(NEVER, keys::moment);
        let place = Place { table: NAME, row: instance, column: key };
        let mut kept = end.to_vec();
        kept.append(&mut self.0.sealer.seal(place, value)?);
        let row = row(instance, key);
        if until.is_some() {
            self.0.insert(table(BY_END), &end_key(&end, &row), &row)?;
        }
        self.0.insert(ROWS, &row, &kept)
    }

    /// Deletes a value.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, instance: &str, key: &str) -> Result<(), StoreError> {
        self.drop_row(&row(instance, key))
    }

    /// Deletes everything of an instance.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_all(&self, instance: &str) -> Result<(), StoreError> {
        let span = Span::prefix(&keys::under(&[instance]));
        for (row, _value) in self.0.some_of(ROWS, &span, usize::MAX)? {
            self.drop_row(&row)?;
        }
        Ok(())
    }

    /// Deletes some of the values that are over; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let span = Span::before(keys::moment(now).to_vec());
        let over = self.0.some_of(table(BY_END), &span, limit)?;
        for (_end, row) in &over {
            self.drop_row(row)?;
        }
        Ok(over.len())
    }

    fn drop_row(&self, row: &[u8]) -> Result<(), StoreError> {
        let Some(old) = self.0.fetch(ROWS, row)? else { return Ok(()) };
        let end = old.get(..END).unwrap_or_default();
        self.0.remove(table(BY_END), &end_key(end, row))?;
        self.0.remove(ROWS, row)?;
        Ok(())
    }
}
