//! How a backend is doing, in the few words a pill has room for.

use jiff::Timestamp;
use serde::Serialize;

/// The state a pill shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HealthState {
    /// Answers.
    Up,
    /// Answers, but an admin should look.
    Impaired,
    /// Does not answer.
    Down,
    /// Not asked yet.
    Unknown,
}

/// A backend's pill.
#[derive(Debug, Clone, Serialize)]
pub struct BackendHealth {
    /// The backend's id.
    pub id: String,
    /// Its label.
    pub label: String,
    /// Its state.
    pub state: HealthState,
    /// How long the last answer took, in milliseconds.
    pub latency_ms: Option<u64>,
    /// When it was last asked.
    pub checked_at: Option<Timestamp>,
    /// What is wrong, in a sentence for the admin.
    pub detail: Option<String>,
}
