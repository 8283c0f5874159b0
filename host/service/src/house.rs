//! What everything shares: the parts, the caches, and the way to the store.
//!
//! Guarantees: what a transaction may have changed is not answered from memory after it, also where
//! the caller has gone away meanwhile; a backend that has become another server is not handed out.
//! Does not: do anything by itself; [`crate::opening`] and [`crate::scheduler`] do.

use crate::board::Board;
use crate::ceremonies::Ceremonies;
use crate::claims::Claims;
use crate::clock::Clock;
use crate::desk::Desk;
use crate::devices::Devices;
use crate::error::{Result, ServiceError};
use crate::floor::Floor;
use crate::gallery::Gallery;
use crate::hashing::Hasher;
use crate::key_ring::KeyRing;
use crate::kill_points::KillPoints;
use crate::lookout::Lookout;
use crate::oidc::known::Issuers;
use crate::posts::Posts;
use crate::providers::tried::Trials;
use crate::random::Random;
use crate::session_cache::SessionCache;
use crate::shelf::Shelf;
use domain::fault::{Fault, FaultKind};
use domain::ids::BackendId;
use domain::settings::Settled;
use jiff::Timestamp;
use sandbox::{Instance, Sandbox};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use store::{ReadTx, Store, StoreError, WriteTx};
use tokio::sync::watch;

/// What a [`Service`] is made of.
pub struct Parts {
    /// The data.
    pub store: Store,
    /// The plugins.
    pub sandbox: Sandbox,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// What file, environment and flags say.
    pub settings: Settled,
    /// Where to die; nowhere outside tests.
    pub kill_points: KillPoints,
}

/// Everything that can be done, shared by all requests. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Inside>);

/// What is inside; made once, by [`crate::opening`].
pub(crate) struct Inside {
    pub(crate) store: Store,
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) hasher: Hasher,
    pub(crate) kill_points: KillPoints,
    pub(crate) written: Mutex<Arc<Settled>>,
    pub(crate) effective: watch::Sender<Arc<Settled>>,
    pub(crate) sessions: SessionCache,
    pub(crate) keys: KeyRing,
    pub(crate) devices: Devices,
    pub(crate) ceremonies: Ceremonies,
    pub(crate) floor: Floor,
    /// Pictures for those who are about to come in.
    pub(crate) gallery: Gallery,
    pub(crate) board: Board,
    /// What came of the last test of each way to sign in.
    pub(crate) trials: Trials,
    pub(crate) posts: Posts,
    pub(crate) lookout: Lookout,
    pub(crate) desk: Desk,
    pub(crate) claims: Claims,
    /// What is known of OpenID Connect issuers.
    pub(crate) issuers: Issuers,
    /// Templates of mails.
    pub(crate) templates: Shelf,
    /// Plugins that were ill at the last look.
    pub(crate) ill: Mutex<BTreeSet<String>>,
    pub(crate) set_up: AtomicBool,
    pub(crate) working: AtomicBool,
    /// Held while settings or backends are being changed.
    pub(crate) changing: tokio::sync::Mutex<()>,
}

/// Whether requests can be served, and what is missing, in words for the operator.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Readiness {
    /// Empty: ready.
    pub missing: Vec<String>,
}

impl Readiness {
    /// Nothing is missing.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.missing.is_empty()
    }
}

impl core::fmt::Debug for Service {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Service")
    }
}

impl Service {
    pub(crate) fn of(inside: Inside) -> Self {
        Self(Arc::new(inside))
    }

    pub(crate) fn inside(&self) -> &Inside {
        &self.0
    }

    /// Whether requests can be served. Backends do not count; a plugin that could not be loaded does not
    /// either: both are banners.
    pub async fn readiness(&self) -> Readiness {
        let mut missing = Vec::new();
        if let Err(error) = self.read(|tx| Ok(tx.users().count()?)).await {
            tracing::warn!(error = %error, "the data cannot be read");
            missing.push("the data cannot be read".to_owned());
        }
        if !self.0.working.load(Ordering::Acquire) {
            missing.push("the scheduler is not running".to_owned());
        }
        Readiness { missing }
    }

    /// The effective settings.
    #[must_use]
    pub fn settings(&self) -> Arc<Settled> {
        self.0.effective.borrow().clone()
    }

    /// The effective settings, now and whenever they change.
    #[must_use]
    pub fn watch_settings(&self) -> watch::Receiver<Arc<Settled>> {
        self.0.effective.subscribe()
    }

    pub(crate) fn written(&self) -> Arc<Settled> {
        self.0.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The data.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The plugins.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.0.sandbox
    }

    /// What opens connections.
    #[must_use]
    pub fn egress(&self) -> &egress::Egress {
        self.0.sandbox.egress()
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Randomness.
    #[must_use]
    pub fn random(&self) -> Random {
        self.0.random
    }

    /// Password hashes.
    #[must_use]
    pub fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    /// Where a test can let the process die.
    #[must_use]
    pub fn kill_points(&self) -> &KillPoints {
        &self.0.kill_points
    }

    /// Reads one state of everything.
    ///
    /// # Errors
    /// The closure's, or the store's.
    pub async fn read<T, F>(&self, look: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&ReadTx) -> Result<T> + Send + 'static,
    {
        self.0.store.read(look).await
    }

    /// Decides and changes; sessions and users are looked up anew afterwards. Runs to its end even if
    /// nobody waits any more.
    ///
    /// # Errors
    /// The closure's, or the store's.
    pub async fn write<T, F>(&self, decide: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&WriteTx) -> Result<T> + Send + 'static,
    {
        let service = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let outcome = service.0.store.write_blocking(decide);
            service.0.sessions.clear();
            outcome
        });
        done.await.unwrap_or_else(|_stopped| Err(StoreError::Ended.into()))
    }

    /// [`Service::write`] for what touches neither a session nor a user: throttles, health, schedule.
    ///
    /// # Errors
    /// The closure's, or the store's.
    pub async fn write_aside<T, F>(&self, decide: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&WriteTx) -> Result<T> + Send + 'static,
    {
        self.0.store.write(decide).await
    }

    /// The way to a backend.
    ///
    /// # Errors
    /// `NotFound`; `Backend` where its plugin is not loaded, and where it calls itself another server
    /// than the one that was set up.
    pub fn instance(&self, id: &BackendId) -> Result<Instance> {
        let Some(replaced) = self.0.board.look(id, |entry| entry.health.replaced) else {
            return Err(ServiceError::NotFound { what: "backend" });
        };
        if replaced {
            let words = "it calls itself another server than the one that was set up; an admin has to confirm it";
            return Err(Fault::new(FaultKind::Misconfigured, "host.server-replaced", words).into());
        }
        self.0.sandbox.instance(id).ok_or_else(|| {
            let words = "its plugin is not loaded, or does not accept its settings";
            Fault::new(FaultKind::Unavailable, "host.no-instance", words).into()
        })
    }
}
