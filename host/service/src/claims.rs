//! Whose password is being set at this moment.
//!
//! Guarantees: one at a time for each user; a place is free again when its holder is dropped, also by a
//! panic; whoever asks for the very same meanwhile hears what came of it. Does not: outlive the process:
//! after a crash the link is still good, and whoever has it asks again.

use domain::ids::UserId;
use domain::passwords::PasswordResult;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

type Told = Option<Vec<PasswordResult>>;

/// Cloning it gives another handle of the same.
#[derive(Clone, Default)]
pub(crate) struct Claims(Arc<Mutex<HashMap<UserId, Running>>>);

/// What is under way for somebody.
#[derive(Clone)]
pub(crate) struct Running {
    /// The fingerprint of everything that was asked for; none: nobody can ask for the same.
    mark: Option<String>,
    told: watch::Receiver<Told>,
}

/// A place, until it is dropped.
pub(crate) struct Claim {
    claims: Claims,
    user: UserId,
    told: watch::Sender<Told>,
}

impl Claims {
    /// The place of that user.
    ///
    /// # Errors
    /// What is under way, while somebody has it.
    pub(crate) fn take(&self, user: &UserId, mark: Option<String>) -> Result<Claim, Running> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = taken.get(user) {
            return Err(running.clone());
        }
        let (sender, told) = watch::channel(None);
        taken.insert(user.clone(), Running { mark, told });
        drop(taken);
        Ok(Claim { claims: self.clone(), user: user.clone(), told: sender })
    }
}

impl Running {
    /// Whether it was asked for by a link.
    pub(crate) const fn is_by_a_link(&self) -> bool {
        self.mark.is_some()
    }

    /// What came of it, for who asked for the same; none where it was something else, or failed.
    pub(crate) async fn outcome(mut self, mark: &str) -> Told {
        if self.mark.as_deref() != Some(mark) {
            return None;
        }
        self.told.wait_for(Option::is_some).await.ok().and_then(|told| told.clone())
    }
}

impl Claim {
    /// Tells whoever asked for the same.
    pub(crate) fn tell(&self, results: &[PasswordResult]) {
        self.told.send_replace(Some(results.to_vec()));
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.user);
    }
}
