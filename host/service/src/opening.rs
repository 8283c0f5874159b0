//! From parts to a [`Service`]: keys, settings, first admin, backends.
//!
//! Guarantees: a backend that does not answer holds nothing up. Does not: listen; the caller does.

use crate::board::Board;
use crate::ceremonies::Ceremonies;
use crate::claims::Claims;
use crate::desk::Desk;
use crate::devices::{Devices, Seeds};
use crate::error::Result;
use crate::floor::Floor;
use crate::gallery::Gallery;
use crate::hashing::{Hasher, Strength};
use crate::house::{Inside, Parts, Service};
use crate::key_ring::{KeyRing, Ring};
use crate::lookout::Lookout;
use crate::oidc::known::Issuers;
use crate::posts::Posts;
use crate::providers::tried::Trials;
use crate::session_cache::SessionCache;
use crate::shelf::Shelf;
use crate::{settings, setup, templates};
use domain::settings::Settled;
use jiff::Timestamp;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use store::{Store, WriteTx};
use tokio::sync::watch;

/// Where the measured strength of password hashes is kept.
pub(crate) const STRENGTH: &str = "hash-strength";

/// What the store knows at a start.
struct Kept {
    ring: Ring,
    strength: Option<Strength>,
    has_admin: bool,
}

impl Service {
    /// Puts the parts together: first-start keys, set-up from `[admin]`, backends. Backends that do not
    /// answer do not hold it up.
    ///
    /// # Errors
    /// Only the store's, and a password in `[admin]` that breaks the rules.
    pub async fn open(parts: Parts) -> Result<Self> {
        let Parts { store, sandbox, clock, random, settings, kill_points } = parts;
        let kept = kept(&store, clock.now()).await?;
        let written = Arc::new(settings);
        let service = Self::of(Inside {
            keys: KeyRing::new(&kept.ring)?,
            devices: Devices::new(&Seeds {
                notes: store.derive("known devices")?,
                successors: store.derive("refresh tokens")?,
                signups: store.derive("sign-up tokens")?,
            }),
            hasher: Hasher::new(kept.strength.unwrap_or(Strength::FLOOR), random),
            set_up: AtomicBool::new(kept.has_admin),
            written: Mutex::new(Arc::clone(&written)),
            effective: watch::Sender::new(Arc::clone(&written)),
            sessions: SessionCache::default(),
            floor: Floor::default(),
            gallery: Gallery::default(),
            ceremonies: Ceremonies::default(),
            board: Board::default(),
            trials: Trials::default(),
            lookout: Lookout::default(),
            posts: Posts::default(),
            ill: Mutex::default(),
            desk: Desk::default(),
            claims: Claims::default(),
            issuers: Issuers::default(),
            templates: Shelf::new()?,
            working: AtomicBool::new(false),
            changing: tokio::sync::Mutex::new(()),
            store,
            sandbox,
            clock,
            random,
            kill_points,
        });
        settings::apply(&service, Settled::clone(&written)).await?;
        setup::unattended(&service).await?;
        templates::open(&service, None).await?;
        Ok(service)
    }
}

async fn kept(store: &Store, now: Timestamp) -> Result<Kept> {
    store
        .write(move |tx: &WriteTx| {
            let ring = Ring::of(tx, now)?;
            let strength = tx.meta().get(STRENGTH)?;
            let has_admin = !tx.users().admins()?.is_empty();
            Ok(Kept { ring, strength, has_admin })
        })
        .await
}
