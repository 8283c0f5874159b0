//! The keys that sign access tokens, as they are kept and as they are in use.
//!
//! Guarantees: the issuer of the first key stays the household's for good; a key that was replaced keeps
//! only its public half. Does not: sign, which [`crate::signing`] does; or say when another key is due,
//! which [`crate::rotation`] does.

use crate::error::{Result, ServiceError};
use crate::signing::{FormerKey, Signer, SigningKey};
use domain::secret::Secret;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError, RwLock};
use store::secrets::SecretOf;
use store::{Mode, Tx, WriteTx};

/// Where the ring is sealed.
const KEYS: &str = "signing-keys";
/// Where the only key was, before there were several.
const ALONE: &str = "signing-key";

/// The ring as it is sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Ring {
    issuer: String,
    signs: SigningKey,
    former: Vec<FormerKey>,
}

impl Ring {
    /// The kept one, if there is one yet.
    pub(crate) fn kept<M: Mode>(tx: &Tx<M>) -> Result<Option<Self>> {
        let Some(text) = tx.secrets().get(SecretOf::Server, KEYS)? else { return Ok(None) };
        let broken = |_holds_a_key| ServiceError::internal("the kept signing keys are broken");
        serde_json::from_str(text.expose()).map(Some).map_err(broken)
    }

    /// The kept one; the first, where there is none.
    pub(crate) fn of(tx: &WriteTx, now: Timestamp) -> Result<Self> {
        if let Some(ring) = Self::kept(tx)? {
            return Ok(ring);
        }
        let signs = match tx.secrets().get(SecretOf::Server, ALONE)? {
            Some(pkcs8) => SigningKey::alone(&pkcs8, now),
            None => SigningKey::fresh(now)?,
        };
        let ring = Self { issuer: signs.issuer()?, signs, former: Vec::new() };
        ring.keep(tx)?;
        tx.secrets().delete(SecretOf::Server, ALONE)?;
        Ok(ring)
    }

    /// Seals it in the place of what was kept.
    pub(crate) fn keep(&self, tx: &WriteTx) -> Result<()> {
        let text = serde_json::to_string(self).map_err(ServiceError::internal)?;
        Ok(tx.secrets().put(SecretOf::Server, KEYS, &Secret::new(text))?)
    }

    /// The next one, with a new key. What signed so far only verifies, until `until`; without it, it and all
    /// before it are good for nothing.
    pub(crate) fn next(self, now: Timestamp, until: Option<Timestamp>) -> Result<Self> {
        let mut former = self.former;
        match until {
            Some(until) => {
                former.retain(|key| key.until > now);
                former.push(self.signs.former(until)?);
            }
            None => former.clear(),
        }
        Ok(Self { issuer: self.issuer, signs: SigningKey::fresh(now)?, former })
    }

    /// Since when its key signs.
    pub(crate) const fn made_at(&self) -> Timestamp {
        self.signs.made_at
    }

    /// Ready for use.
    pub(crate) fn signer(&self) -> Result<Signer> {
        Signer::new(&self.issuer, &self.signs, &self.former)
    }
}

/// The ring in use.
pub(crate) struct KeyRing(RwLock<Arc<Signer>>);

impl KeyRing {
    /// In use from the start.
    pub(crate) fn new(ring: &Ring) -> Result<Self> {
        Ok(Self(RwLock::new(Arc::new(ring.signer()?))))
    }

    /// What signs and verifies now.
    pub(crate) fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// In use from now on.
    pub(crate) fn set(&self, signer: Signer) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(signer);
    }
}
