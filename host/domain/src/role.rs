//! Roles, and rights as values: a function that needs an admin takes an [`Admin`], which only a
//! check can make.

use crate::ids::UserId;
use crate::users::{InviteRight, User, UserState};

pub use crate::users::Role;

/// Proof that somebody is an active admin. No other way to make one than [`Admin::prove`] and, for
/// whoever holds the data folder, [`Admin::at_the_console`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    id: Option<UserId>,
    name: String,
}

impl Admin {
    /// `None` unless `user` is an admin who may sign in.
    #[must_use]
    pub fn prove(user: &User) -> Option<Self> {
        (user.role == Role::Admin && user.state == UserState::Active)
            .then(|| Self { id: Some(user.id.clone()), name: user.username.as_str().to_owned() })
    }

    /// Somebody who can open the control socket or the data folder: the machine's owner.
    #[must_use]
    pub fn at_the_console() -> Self {
        Self { id: None, name: "console".to_owned() }
    }

    /// The user behind it; none for the console.
    #[must_use]
    pub const fn id(&self) -> Option<&UserId> {
        self.id.as_ref()
    }

    /// For the activity.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Proof that somebody may make invites: an admin, or a user with the right to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inviter {
    id: UserId,
    name: String,
    right: InviteRight,
}

impl Inviter {
    /// For an active user who was given the right.
    #[must_use]
    pub fn prove(user: &User) -> Option<Self> {
        let right = user.invite_right.clone().filter(|_| user.state == UserState::Active)?;
        Some(Self { id: user.id.clone(), name: user.username.as_str().to_owned(), right })
    }

    /// Who.
    #[must_use]
    pub const fn id(&self) -> &UserId {
        &self.id
    }

    /// By which name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How far it goes.
    #[must_use]
    pub const fn right(&self) -> &InviteRight {
        &self.right
    }
}
