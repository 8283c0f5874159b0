//! Links with a token in them that let somebody in once. Only the token's hash is kept.

use crate::ids::{BackendId, UserId};
use crate::names::EmailAddress;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkPurpose {
    /// Signing in without a password, once.
    SignIn,
    /// Setting a new password, once.
    ResetPassword,
    /// Saying that an address is one's own.
    ConfirmAddress,
}

/// Why a link to set a new password was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResetCause {
    /// Somebody asked for it on our page.
    Forgot,
    /// Somebody asked for it on a backend's page.
    File {
        /// Which.
        backend: BackendId,
    },
    /// An admin made it.
    Admin,
    /// A password that had to wait for its backend was dropped.
    Waited,
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
    /// The address it was sent to: the one to confirm; a reset by it proves it too.
    #[serde(default)]
    pub address: Option<EmailAddress>,
    /// Of a reset: why.
    #[serde(default)]
    pub cause: Option<ResetCause>,
}
