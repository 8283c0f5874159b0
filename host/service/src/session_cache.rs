//! Sessions and their users in memory, so that a request need not ask the store.
//!
//! Guarantees: what a transaction may have changed is not answered from memory after it; a look-up
//! that was under way meanwhile is not kept. Does not: judge whether a session is still good.

use domain::ids::SessionId;
use domain::sessions::{Session, SessionKind};
use domain::users::User;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// More than this are not kept; a household never has as many.
const MOST: usize = 10_000;

/// A session with its user.
pub(crate) type Found = Arc<(Session, User)>;

/// The cache.
#[derive(Default)]
pub(crate) struct SessionCache(RwLock<Entries>);

#[derive(Default)]
struct Entries {
    generation: u64,
    by_id: HashMap<SessionId, Found>,
    by_cookie: HashMap<String, SessionId>,
}

/// The state of the cache when a look-up began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Generation(u64);

impl SessionCache {
    /// To be asked before the store is read.
    pub(crate) fn generation(&self) -> Generation {
        Generation(self.entries().generation)
    }

    /// By a cookie's hash.
    pub(crate) fn by_cookie(&self, hash: &str) -> Option<Found> {
        let entries = self.entries();
        entries.by_cookie.get(hash).and_then(|id| entries.by_id.get(id)).cloned()
    }

    /// By id.
    pub(crate) fn by_id(&self, id: &SessionId) -> Option<Found> {
        self.entries().by_id.get(id).cloned()
    }

    /// Keeps what was read, unless something was written since `began`.
    pub(crate) fn keep(&self, began: Generation, found: &Found) {
        let mut entries = self.changing();
        if entries.generation != began.0 || entries.by_id.len() >= MOST {
            return;
        }
        let session = &found.0;
        if let SessionKind::Browser { cookie } = &session.kind {
            entries.by_cookie.insert(cookie.clone(), session.id.clone());
        }
        entries.by_id.insert(session.id.clone(), Arc::clone(found));
    }

    /// Forgets everything: something was written that may have changed a session or a user.
    pub(crate) fn clear(&self) {
        let mut entries = self.changing();
        entries.generation = entries.generation.wrapping_add(1);
        entries.by_id.clear();
        entries.by_cookie.clear();
    }

    fn entries(&self) -> RwLockReadGuard<'_, Entries> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn changing(&self) -> RwLockWriteGuard<'_, Entries> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
