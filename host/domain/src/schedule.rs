//! What happens later: one row a task, due at a time. Putting a task again moves it.
//!
//! A row says only what to look at. Whoever runs it reads the facts anew and decides by them, so a
//! row that is late, early or repeated does no harm.

use crate::ids::{MessageId, SignupId, UserId};
use serde::{Deserialize, Serialize};

/// Something that is due at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "task", content = "of")]
pub enum Task {
    /// A user's time is over: accounts are disabled.
    ExpireUser(UserId),
    /// Accounts of a user are to be switched on or off on backends that did not answer.
    SwitchAccounts(UserId),
    /// A user is to be deleted, and their accounts with them, once every backend follows.
    RemoveUser(UserId),
    /// A user is to be deleted once their accounts are switched off.
    ForgetUser(UserId),
    /// A sign-up has a step to try again.
    AdvanceSignup(SignupId),
    /// A sign-up's password has waited long enough.
    ForgetPassword(SignupId),
    /// Hand a message over.
    Deliver(MessageId),
    /// Remind somebody that their time ends soon.
    RemindExpiry(UserId),
    /// A user's picture is to be fetched from where their provider says it is.
    FetchPicture(UserId),
    /// A user was asked to come to a backend: whether they have accepted.
    CheckInvitations(UserId),
    /// Backends are probed.
    CheckBackends,
    /// Backends are asked who still belongs to them.
    CheckMembership,
    /// Another key signs access tokens.
    RotateKeys,
    /// Ended sessions, old throttles and expired plugin state are dropped.
    Sweep,
}

impl Task {
    /// Its row: one for each task and subject.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::ExpireUser(user) => format!("expire-user/{user}"),
            Self::SwitchAccounts(user) => format!("switch-accounts/{user}"),
            Self::RemoveUser(user) => format!("remove-user/{user}"),
            Self::ForgetUser(user) => format!("forget-user/{user}"),
            Self::AdvanceSignup(signup) => format!("advance-signup/{signup}"),
            Self::ForgetPassword(signup) => format!("forget-password/{signup}"),
            Self::Deliver(message) => format!("deliver/{message}"),
            Self::RemindExpiry(user) => format!("remind-expiry/{user}"),
            Self::FetchPicture(user) => format!("fetch-picture/{user}"),
            Self::CheckInvitations(user) => format!("check-invitations/{user}"),
            Self::CheckBackends => "check-backends".to_owned(),
            Self::CheckMembership => "check-membership".to_owned(),
            Self::RotateKeys => "rotate-keys".to_owned(),
            Self::Sweep => "sweep".to_owned(),
        }
    }
}
