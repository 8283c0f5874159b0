//! Throttles: small states by name, dropped once nobody needs them.

use crate::error::StoreError;
use crate::keys;
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const ROWS: Table = table("throttles");
const BY_END: &str = "throttles_by_end";

pub(crate) const TABLES: &[&str] = &["throttles", BY_END];

#[derive(Serialize, Deserialize)]
struct Throttle {
    name: String,
    until: Timestamp,
    state: serde_json::Value,
}

impl Record for Throttle {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        keys::joined(&[&self.name])
    }

    fn entries(&self) -> Vec<Entry> {
        vec![entry(BY_END, keys::at(self.until, &self.key()), self)]
    }
}

/// Throttles within a transaction.
pub struct Throttles<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Throttles.
    pub const fn throttles(&self) -> Throttles<'_, M> {
        Throttles(self)
    }
}

impl<M: Mode> Throttles<'_, M> {
    /// A state; none where there was none, or it is of another shape.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let found: Option<Throttle> = self.0.load(&keys::joined(&[name]))?;
        Ok(found.and_then(|there| serde_json::from_value(there.state).ok()))
    }
}

impl Throttles<'_, Writing> {
    /// Writes a state, which means nothing any more after `until`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put<T: Serialize>(
        &self,
        name: &str,
        state: &T,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let state = serde_json::to_value(state)
            .map_err(|cause| StoreError::damaged("the state of a throttle", cause))?;
        self.0.save(&Throttle { name: name.to_owned(), until, state })
    }

    /// Deletes a state.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, name: &str) -> Result<(), StoreError> {
        self.0.erase::<Throttle>(&keys::joined(&[name])).map(drop)
    }

    /// Deletes some of those that mean nothing any more; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let span = Span::before(keys::at(now, &[]));
        let over: Vec<Throttle> = self.0.load_under(BY_END, &span, limit)?;
        for throttle in &over {
            self.0.erase::<Throttle>(&throttle.key())?;
        }
        Ok(over.len())
    }
}
