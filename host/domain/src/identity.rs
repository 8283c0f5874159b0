//! What a provider says about a person.

use serde::{Deserialize, Serialize};

/// A person by a provider's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Stable and unique on that provider; never the login name.
    pub subject: String,
    /// The name to show.
    pub display_name: String,
    /// The name they sign in with.
    pub login_name: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// Whether the provider vouches for the address.
    pub email_verified: bool,
}

/// What a backend says to a name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is them.
    Accepted(Identity),
    /// Wrong name or wrong password; how many wrong attempts the backend still allows.
    Rejected {
        /// None where it never locks or does not say.
        attempts_left: Option<u32>,
    },
    /// Not tried: one more wrong attempt could make the backend lock the account.
    Withheld,
    /// Switched off or locked there.
    Disabled,
    /// Right, but no room for another session.
    TooManySessions,
    /// Refused for here or now.
    NotHere,
}
