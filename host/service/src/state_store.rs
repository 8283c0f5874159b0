//! What plugins remember between calls, kept in our store.
//!
//! Guarantees: an instance reads and writes its own and nobody else's; over its share it is refused.
//! Does not: know what the bytes are.

use crate::clock::{Clock, later};
use core::time::Duration;
use sandbox::state::TOTAL_BYTES;
use sandbox::{StateProblem, StateStore};
use store::{ReadTx, Store, StoreError, WriteTx};

/// The store, as the sandbox wants it.
pub struct PluginState {
    store: Store,
    clock: Clock,
}

impl PluginState {
    /// Over a store, by a clock.
    #[must_use]
    pub const fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }
}

/// Why nothing was kept.
enum Unkept {
    Full,
    Store(StoreError),
}

impl From<StoreError> for Unkept {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl StateStore for PluginState {
    fn get(&self, instance: &str, key: &str) -> Option<Vec<u8>> {
        let now = self.clock.now();
        let found =
            self.store.read_blocking(|tx: &ReadTx| tx.plugin_state().get(instance, key, now));
        found.unwrap_or_else(|error: StoreError| {
            tracing::warn!(backend.id = instance, error = %error, "a plugin's state cannot be read");
            None
        })
    }

    fn put(
        &self,
        instance: &str,
        key: &str,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> Result<(), StateProblem> {
        let until = ttl.map(|ttl| later(self.clock.now(), ttl));
        let kept = self.store.write_blocking(|tx: &WriteTx| {
            tx.plugin_state().put((instance, key), &value, until)?;
            let usage = tx.plugin_state().usage(instance)?;
            if usage.bytes > TOTAL_BYTES { Err(Unkept::Full) } else { Ok(()) }
        });
        kept.map_err(|unkept| {
            if let Unkept::Store(error) = unkept {
                tracing::warn!(backend.id = instance, error = %error, "a plugin's state cannot be kept");
            }
            StateProblem::Full
        })
    }

    fn delete(&self, instance: &str, key: &str) {
        let gone =
            self.store.write_blocking(|tx: &WriteTx| tx.plugin_state().delete(instance, key));
        if let Err(error) = gone {
            let error: StoreError = error;
            tracing::warn!(backend.id = instance, error = %error, "a plugin's state cannot be deleted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_kept_until_its_end_and_within_its_share() {
        let clock = Clock::manual(jiff::Timestamp::UNIX_EPOCH);
        let state = PluginState::new(Store::in_memory().unwrap(), clock.clone());
        state.put("a", "k", vec![1], Some(Duration::from_secs(10))).unwrap();
        assert_eq!(state.get("a", "k"), Some(vec![1]));
        assert_eq!(state.get("b", "k"), None);
        clock.advance(Duration::from_secs(10));
        assert_eq!(state.get("a", "k"), None);
        assert_eq!(state.put("a", "big", vec![0; TOTAL_BYTES + 1], None), Err(StateProblem::Full));
        assert_eq!(state.get("a", "big"), None);
    }
}
