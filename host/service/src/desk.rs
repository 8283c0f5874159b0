//! Sign-ups that are being worked on in this process, and who guesses codes.
//!
//! Guarantees: one worker a sign-up; a worker that panics leaves its place free. Does not: remember
//! anything over a restart; the records do.

use crate::error::{Result, ServiceError};
use core::time::Duration;
use domain::ids::SignupId;
use domain::throttle::{INVITE_LOOKUPS, Rate};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Networks remembered before those that have nothing against them are forgotten.
const NETWORKS: usize = 10_000;

/// The desk. Cloning it gives another handle of the same.
#[derive(Clone, Default)]
pub(crate) struct Desk(Arc<Inside>);

#[derive(Default)]
struct Inside {
    running: Mutex<BTreeSet<SignupId>>,
    changes: watch::Sender<u64>,
    misses: Mutex<HashMap<String, Rate>>,
    workers: TaskTracker,
    stop: CancellationToken,
}

/// A worker's place at one sign-up, free again when it is dropped.
pub(crate) struct Place {
    desk: Desk,
    id: SignupId,
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.desk.0.running).remove(&self.id);
        self.desk.changed();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// A place at this sign-up; `None` while somebody has it, and once the desk is closing.
    pub(crate) fn take(&self, id: &SignupId) -> Option<Place> {
        if self.is_closing() {
            return None;
        }
        locked(&self.0.running)
            .insert(id.clone())
            .then(|| Place { desk: self.clone(), id: id.clone() })
    }

    /// Where workers are counted.
    pub(crate) fn workers(&self) -> &TaskTracker {
        &self.0.workers
    }

    /// Asks workers to stop after what they are at, and returns when they have.
    pub(crate) async fn close(&self) {
        self.0.stop.cancel();
        self.0.workers.close();
        self.0.workers.wait().await;
    }

    /// Whether workers are to stop.
    pub(crate) fn is_closing(&self) -> bool {
        self.0.stop.is_cancelled()
    }

    /// Returns when workers are to stop.
    pub(crate) async fn closing(&self) {
        self.0.stop.cancelled().await;
    }

    /// Some sign-up has changed.
    pub(crate) fn changed(&self) {
        self.0.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Tells whenever some sign-up has changed.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Whether somebody from there may ask for a code.
    ///
    /// # Errors
    /// `Throttled`.
    pub(crate) fn may_look(&self, network: &str, now: Timestamp) -> Result<()> {
        let rate = locked(&self.0.misses).get(network).copied().unwrap_or_default();
        match rate.look(now, INVITE_LOOKUPS).retry_after(now) {
            None => Ok(()),
            Some(seconds) => {
                Err(ServiceError::Throttled { retry_after: Duration::from_secs(seconds) })
            }
        }
    }

    /// Somebody from there asked for a code that there is not.
    pub(crate) fn missed(&self, network: &str, now: Timestamp) {
        let mut misses = locked(&self.0.misses);
        if misses.len() >= NETWORKS {
            misses.retain(|_network, rate| !rate.is_over(now, INVITE_LOOKUPS));
        }
        let rate = misses.entry(network.to_owned()).or_default();
        *rate = rate.call(now, INVITE_LOOKUPS).0;
    }
}
