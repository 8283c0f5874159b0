//! Profiles: the templates new accounts are made from.

use crate::ids::BackendId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A named set of raw documents, one a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Unique, ignoring case.
    pub name: String,
    /// The backend's own JSON text, byte for byte as captured.
    pub documents: BTreeMap<BackendId, Document>,
    /// When it was first made.
    pub created_at: jiff::Timestamp,
    /// When it was last captured or edited.
    pub changed_at: jiff::Timestamp,
}

/// One raw document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// JSON text of the backend's own making; unknown fields survive because nobody here parses it.
    pub text: String,
    /// The model account's name, where it was captured.
    pub captured_from: Option<String>,
    /// When.
    pub captured_at: jiff::Timestamp,
}
