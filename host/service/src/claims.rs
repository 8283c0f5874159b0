//! Whose password is being set at this moment.
//!
//! Guarantees: one at a time for each user; a place is free again when its holder is dropped, also by a
//! panic. Does not: outlive the process: after a crash the link is still good, and whoever has it asks again.

use domain::ids::UserId;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Cloning it gives another handle of the same.
#[derive(Clone, Default)]
pub(crate) struct Claims(Arc<Mutex<HashSet<UserId>>>);

/// A place, until it is dropped.
pub(crate) struct Claim {
    claims: Claims,
    user: UserId,
}

impl Claims {
    /// The place of that user; `None` while somebody has it.
    pub(crate) fn take(&self, user: &UserId) -> Option<Claim> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let free = taken.insert(user.clone());
        drop(taken);
        free.then(|| Claim { claims: self.clone(), user: user.clone() })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.user);
    }
}
