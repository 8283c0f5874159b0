//! Users and the accounts they have.

use crate::ids::{BackendId, UserId};
use crate::names::{EmailAddress, Username};
use crate::role::Role;
use serde::{Deserialize, Serialize};

/// Whether a user may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserState {
    /// Waits for an admin's word.
    Pending,
    /// May sign in.
    Active,
    /// Switched off by an admin.
    Disabled,
    /// Their time is over.
    Expired,
}

/// A person known to Latchkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Never changes.
    pub id: UserId,
    /// Unique by [`Username::key`].
    pub username: Username,
    /// Where mail goes.
    pub email: Option<Email>,
    /// What they may do.
    pub role: Role,
    /// Whether they may come in.
    pub state: UserState,
    /// When the accounts are disabled.
    pub expires_at: Option<jiff::Timestamp>,
    /// The admin's note.
    pub label: String,
    /// What they have where.
    pub accounts: Vec<Account>,
    /// The first admin, who cannot be demoted, disabled or deleted by others.
    pub setup_admin: bool,
    /// The first characters of the invite they came by.
    pub invite_hint: Option<String>,
    /// The profile they were made from.
    pub profile: Option<String>,
    /// When they came.
    pub created_at: jiff::Timestamp,
    /// When they last signed in here.
    pub last_seen: Option<jiff::Timestamp>,
}

/// A mail address and whether it was proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// The address.
    pub address: EmailAddress,
    /// Proved by a link, or given by an admin.
    pub confirmed: bool,
}

/// What a user has on one backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Where.
    pub backend: BackendId,
    /// The backend's own id of it.
    pub id: String,
    /// The name to sign in with there.
    pub login_name: String,
    /// What we last knew.
    pub state: AccountState,
    /// When we last heard of it.
    pub checked_at: jiff::Timestamp,
}

/// What we last knew of an account; the wish may differ while a backend is down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum AccountState {
    /// On.
    Active,
    /// Off.
    Disabled,
    /// To be switched on or off as soon as the backend answers.
    Owed {
        /// The wish.
        enabled: bool,
        /// Why it is not done yet, in the fault's words.
        because: String,
    },
    /// The backend says that it does not exist any more. Nothing is concluded from it by itself.
    Gone,
}
