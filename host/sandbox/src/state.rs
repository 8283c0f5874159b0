//! Small things that an instance remembers between calls.
//!
//! The store keeps them for good; the one here keeps them in memory, for tests and trials.

use core::time::Duration;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a key at most.
pub const KEY_BYTES: usize = 128;
/// Bytes of a value at most.
pub const VALUE_BYTES: usize = 64 << 10;
/// Bytes of all keys and values of one instance at most.
pub const TOTAL_BYTES: usize = 1 << 20;

/// Why something is not remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateProblem {
    /// A key over [`KEY_BYTES`] or a value over [`VALUE_BYTES`].
    #[error("a key or a value is too large")]
    TooLarge,
    /// Over [`TOTAL_BYTES`] in all, or there is no room on the disk.
    #[error("there is no room left")]
    Full,
}

/// Where instances keep what they remember. Calls may block: they come from threads that may.
///
/// A key is the plugin's id, a slash and what the guest said; that and the value are within their
/// limits already. Keeping one instance under [`TOTAL_BYTES`] is the
/// store's work. An expired value is not given out.
pub trait StateStore: Send + Sync {
    /// What stands there now; none too where it cannot be read.
    fn get(&self, instance: &str, key: &str) -> Option<Vec<u8>>;
    /// Replaces what stands there.
    ///
    /// # Errors
    /// [`StateProblem`], and then the old value still stands.
    fn put(
        &self,
        instance: &str,
        key: &str,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> Result<(), StateProblem>;
    /// Nothing stands there afterwards.
    fn delete(&self, instance: &str, key: &str);
}

/// The time, as the program's own clock has it.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

struct Kept {
    value: Vec<u8>,
    until: Option<Timestamp>,
}

/// Remembers until it is dropped.
pub struct MemoryState {
    now: Now,
    kept: Mutex<BTreeMap<String, BTreeMap<String, Kept>>>,
}

impl MemoryState {
    /// Empty.
    #[must_use]
    pub fn new(now: Now) -> Self {
        Self { now, kept: Mutex::default() }
    }
}

impl StateStore for MemoryState {
    fn get(&self, instance: &str, key: &str) -> Option<Vec<u8>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(instance)?.get(key)?;
        let over = found.until.is_some_and(|until| until <= (self.now)());
        (!over).then(|| found.value.clone())
    }

    fn put(
        &self,
        instance: &str,
        key: &str,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> Result<(), StateProblem> {
        let now = (self.now)();
        let until = ttl.and_then(|ttl| now.saturating_add(ttl).ok());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = kept.entry(instance.to_owned()).or_default();
        mine.retain(|_key, kept| kept.until.is_none_or(|until| until > now));
        let others = mine.iter().filter(|(other, _)| *other != key);
        let used: usize = others.map(|(other, kept)| other.len() + kept.value.len()).sum();
        if used + key.len() + value.len() > TOTAL_BYTES {
            return Err(StateProblem::Full);
        }
        mine.insert(key.to_owned(), Kept { value, until });
        Ok(())
    }

    fn delete(&self, instance: &str, key: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = kept.get_mut(instance) {
            mine.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[test]
    fn what_is_remembered_belongs_to_one_instance_and_expires() {
        let second = Arc::new(AtomicI64::new(0));
        let hand = second.clone();
        let state = MemoryState::new(Arc::new(move || {
            Timestamp::from_second(hand.load(Ordering::Relaxed)).expect("a moment")
        }));
        state.put("a", "k", vec![1], Some(Duration::from_secs(10))).expect("room");
        assert_eq!(state.get("a", "k"), Some(vec![1]));
        assert_eq!(state.get("b", "k"), None);
        second.store(10, Ordering::Relaxed);
        assert_eq!(state.get("a", "k"), None);
    }

    #[test]
    fn a_full_instance_keeps_what_it_has() {
        let state = MemoryState::new(Arc::new(|| Timestamp::UNIX_EPOCH));
        let chunk = || vec![0; VALUE_BYTES];
        for number in 0..15 {
            state.put("a", &number.to_string(), chunk(), None).expect("room");
        }
        let mut full = chunk();
        full.push(0);
        assert_eq!(state.put("a", "last", chunk(), None), Err(StateProblem::Full));
        assert_eq!(state.put("a", "3", vec![9], None), Ok(()));
        assert_eq!(state.put("b", "last", chunk(), None), Ok(()));
    }
}
