//! One person's use of one invite: reserved, provisioned per backend, settled.
//!
//! The record is written before and after every effect, so that a crash between any two leaves a
//! step whose state says what must be looked at. Nothing here calls anything.

use crate::flows::Proved;
use crate::ids::{BackendId, InviteCode, SignupId, UserId};
use crate::names::{EmailAddress, Username};
use crate::settings::Lifetime;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub mod steps;

/// A sign-up. Its password is sealed beside it until the last step ends, 24 hours at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signup {
    /// Shown in the progress page's address; what its browser holds is another token.
    pub id: SignupId,
    /// The invite whose use it holds.
    pub invite: InviteCode,
    /// Who it becomes; decided at the reservation.
    pub user: UserId,
    /// The name, reserved.
    pub username: Username,
    /// The address given.
    pub email: Option<EmailAddress>,
    /// One a backend, in the invite's order.
    pub steps: Vec<Step>,
    /// Where it stands.
    pub state: SignupState,
    /// SHA-256 of the token the person's browser holds.
    pub browser: String,
    /// The profile its accounts are made from, as the invite said at the reservation.
    #[serde(default)]
    pub profile: Option<String>,
    /// How long its accounts last, likewise.
    #[serde(default)]
    pub account_lifetime: Option<Lifetime>,
    /// Why nothing came of it.
    #[serde(default)]
    pub undone: Option<Why>,
    /// When the use was reserved.
    pub reserved_at: Timestamp,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
    /// Who the person has proved to be at providers, for accounts that are theirs already there.
    #[serde(default)]
    pub proved: Vec<Proved>,
    /// When an admin agreed, where one had to: the day for its steps begins then.
    #[serde(default)]
    pub approved_at: Option<Timestamp>,
    /// Whether the password typed was dropped while it waited and one that nobody knows stands in its
    /// place: the person is owed a link to choose one.
    #[serde(default)]
    pub link_due: bool,
    /// Nobody typed a password: nothing here takes one, and the person signs in as who they proved to be.
    #[serde(default)]
    pub passwordless: bool,
}

impl SignupState {
    /// Whether it is over, one way or another.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        match self {
            Self::WaitingApproval | Self::Provisioning => false,
            Self::Complete | Self::Partial | Self::Undone => true,
        }
    }
}

/// Where a sign-up stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignupState {
    /// An admin has to agree first; nothing was asked of a backend yet.
    WaitingApproval,
    /// Steps are running or will be tried again.
    Provisioning,
    /// Everything the invite grants is there.
    Complete,
    /// The person is a user with at least one account; some steps were given up.
    Partial,
    /// Nothing is left behind and the use was given back.
    Undone,
}

/// Why nothing came of a sign-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Why {
    /// Somebody has the name there: another one may do.
    Taken {
        /// Where.
        backend: BackendId,
    },
    /// Something typed is not accepted there: something else may do.
    NotAccepted {
        /// Where.
        backend: BackendId,
        /// The field, where the backend said.
        field: Option<String>,
    },
    /// No backend could do it, for whatever reason the steps tell.
    Failed,
    /// An admin has not agreed.
    Refused {
        /// What they had to say; may be empty.
        word: String,
    },
}

/// One backend's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Where.
    pub backend: BackendId,
    /// Whether the profile has a document for it.
    #[serde(default)]
    pub wants_profile: bool,
    /// The account was there before anything was asked for: it is never taken away again.
    #[serde(default)]
    pub adopted: bool,
    /// The person was asked to come there and has not accepted yet.
    #[serde(default)]
    pub invited: bool,
    /// How far.
    pub state: StepState,
    /// An earlier attempt may have been carried out.
    #[serde(default)]
    pub in_doubt: bool,
    /// How many times it was tried.
    pub attempts: u32,
    /// Not before.
    pub not_before: Option<Timestamp>,
    /// The last fault's kind and words, for the admin.
    pub last_fault: Option<crate::fault::Fault>,
}

/// How far one backend's part is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "at")]
pub enum StepState {
    /// Nothing was asked yet.
    Planned,
    /// A create was or is about to be sent: after a crash or an unclear answer, look first.
    Creating,
    /// The account is there; its profile is not yet applied.
    Created {
        /// The backend's id of it.
        account: String,
        /// The name there.
        login_name: String,
    },
    /// All done.
    Done {
        /// The backend's id of it.
        account: String,
        /// The name there.
        login_name: String,
    },
    /// Given up; why is in `last_fault`.
    Refused,
    /// Its account is being taken away again, since the whole is undone.
    Undoing {
        /// The backend's id of it.
        account: String,
    },
    /// Taken away, or never made.
    Undone,
}
