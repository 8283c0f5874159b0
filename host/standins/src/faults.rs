//! Scripted mishaps: what happens to the next answer of a route.
//!
//! A fault is used once, in the order given. Waiting is by signal, never by time, except for the
//! slow answer, which is made of time.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// What happens to one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 500 and nothing was done.
    ErrorBefore,
    /// 500 although everything was done.
    ErrorAfter,
    /// The connection ends and nothing was done.
    CutBefore,
    /// The connection ends although everything was done.
    CutAfter,
    /// Nothing is done until released.
    HoldBefore,
    /// Everything is done, the answer waits until released.
    HoldAfter,
    /// A page with status 200 where JSON was expected, and nothing was done.
    Html,
    /// The answer comes byte by byte, each after this long.
    Slow(Duration),
}

/// A handle on a scripted fault. Dropping it releases what it holds.
#[derive(Debug)]
pub struct Injected {
    arrived: watch::Receiver<bool>,
    released: watch::Sender<bool>,
}

impl Injected {
    /// Waits until a request has met the fault. Cancel safe.
    pub async fn arrived(&self) {
        // An error means the stand-in is gone, and with it anything to wait for.
        drop(self.arrived.clone().wait_for(|met| *met).await);
    }

    /// Whether a request has met the fault.
    #[must_use]
    pub fn used(&self) -> bool {
        *self.arrived.borrow()
    }

    /// Lets a held request go on.
    pub fn release(&self) {
        self.released.send_replace(true);
    }
}

/// A fault on its way.
pub(crate) struct Pending {
    route: String,
    pub(crate) fault: Fault,
    arrived: watch::Sender<bool>,
    released: watch::Receiver<bool>,
}

impl Pending {
    /// Waits for [`Injected::release`] or for its drop.
    pub(crate) async fn wait(&mut self) {
        drop(self.released.wait_for(|free| *free).await);
    }
}

/// The script.
#[derive(Default)]
pub(crate) struct Faults {
    pending: Mutex<VecDeque<Pending>>,
}

impl Faults {
    /// Adds a fault for a route, written `METHOD /pattern` as in the table.
    pub(crate) fn add(&self, route: String, fault: Fault) -> Injected {
        let (arrived, met) = watch::channel(false);
        let (released, free) = watch::channel(false);
        let pending = Pending { route, fault, arrived, released: free };
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).push_back(pending);
        Injected { arrived: met, released }
    }

    /// Takes the route's next fault.
    pub(crate) fn take(&self, route: &str) -> Option<Pending> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let at = pending.iter().position(|fault| fault.route == route)?;
        let fault = pending.remove(at)?;
        fault.arrived.send_replace(true);
        Some(fault)
    }
}
