//! What came of the last test of each way to sign in, in memory.

use domain::ids::ProviderId;
use domain::plugins::Stage;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A test, stage by stage.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tried {
    /// When.
    pub at: Timestamp,
    /// Whether all went well enough.
    pub passed: bool,
    /// In the order tried.
    pub stages: Vec<Stage>,
}

/// The last of each.
#[derive(Default)]
pub(crate) struct Trials(Mutex<BTreeMap<ProviderId, Tried>>);

impl Trials {
    pub(crate) fn last(&self, id: &ProviderId) -> Option<Tried> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(crate) fn note(&self, id: &ProviderId, tried: Tried) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), tried);
    }

    /// What was tried is not what is set now.
    pub(crate) fn forget(&self, id: &ProviderId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}
