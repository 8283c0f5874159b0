//! Links with a token in them that let somebody in once. Only the token's hash is kept.

use crate::ids::UserId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkPurpose {
    /// Signing in without a password, once.
    SignIn,
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// SHA-256 of its token, hex.
    pub token: String,
    /// What it does.
    pub purpose: LinkPurpose,
    /// For whom.
    pub user: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
}
