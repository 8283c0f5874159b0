//! From parts to a [`Service`]: keys, settings, first admin, backends.
//!
//! Guarantees: a backend that does not answer holds nothing up. Does not: listen; the caller does.

use crate::board::Board;
use crate::claims::Claims;
use crate::desk::Desk;
use crate::devices::{Devices, Seeds};
use crate::error::Result;
use crate::floor::Floor;
use crate::hashing::{Hasher, Strength};
use crate::house::{Inside, Parts, Service};
use crate::lookout::Lookout;
use crate::posts::Posts;
use crate::session_cache::SessionCache;
use crate::shelf::Shelf;
use crate::signing::Signer;
use crate::{settings, setup, templates};
use domain::secret::Secret;
use domain::settings::Settled;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use store::secrets::SecretOf;
use store::{Store, WriteTx};
use tokio::sync::watch;

const SIGNING_KEY: &str = "signing-key";
/// Where the measured strength of password hashes is kept.
pub(crate) const STRENGTH: &str = "hash-strength";

/// What the store knows at a start.
struct Kept {
    signing_key: Secret,
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
        let kept = kept(&store).await?;
        let written = Arc::new(settings);
        let service = Self::of(Inside {
            signer: Signer::new(&kept.signing_key)?,
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
            board: Board::default(),
            lookout: Lookout::default(),
            posts: Posts::default(),
            ill: Mutex::default(),
            desk: Desk::default(),
            claims: Claims::default(),
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

async fn kept(store: &Store) -> Result<Kept> {
    let fresh = Signer::fresh_key()?;
    store
        .write(move |tx: &WriteTx| {
            let signing_key = match tx.secrets().get(SecretOf::Server, SIGNING_KEY)? {
                Some(key) => key,
                None => {
                    tx.secrets().put(SecretOf::Server, SIGNING_KEY, &fresh)?;
                    fresh
                }
            };
            let strength = tx.meta().get(STRENGTH)?;
            let has_admin = !tx.users().admins()?.is_empty();
            Ok(Kept { signing_key, strength, has_admin })
        })
        .await
}
