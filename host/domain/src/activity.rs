//! The activity: one line per thing that happened, append-only.

use crate::ids::ActivityId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", content = "name")]
pub enum Actor {
    /// A user, by name at the time.
    User(String),
    /// A guest with an invite, by its hint.
    Guest(String),
    /// Whoever holds the data folder.
    Console,
    /// Latchkey by itself: the scheduler, start-up, the settings file.
    System,
}

/// What happened. The catalogue has a sentence for each (`activity-<kind>`); facts fill it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it, the catalogue has the sentences")]
pub enum ActivityKind {
    SetupDone,
    SignedIn,
    SignInRefused,
    SignedOut,
    SessionsEnded,
    InviteCreated,
    InviteChanged,
    InviteRevoked,
    InviteDeleted,
    SignupReserved,
    SignupCompleted,
    SignupPartial,
    SignupUndone,
    SignupStepFailed,
    UserCreated,
    UserAdopted,
    UserChanged,
    UserEnabled,
    UserDisabled,
    UserExpired,
    UserDeleted,
    PasswordChanged,
    PasswordReset,
    ProfileCaptured,
    ProfileChanged,
    ProfileDeleted,
    ProfileApplied,
    BackendAdded,
    BackendChanged,
    BackendRemoved,
    BackendDown,
    BackendBack,
    BackendReplaced,
    LoginPageOffered,
    LoginPageWithdrawn,
    ResetWatchSet,
    ResetWatchRemoved,
    ResetWatchDown,
    ResetWatchBack,
    ResetRequested,
    ResetUsedThere,
    ResetFileOdd,
    ResetFileFine,
    MailMethodAdded,
    MailMethodChanged,
    MailMethodRemoved,
    MessageFailed,
    MailTemplateChanged,
    MailTemplateRestored,
    MailTemplateRefused,
    ResetMailed,
    PluginLoaded,
    PluginRefused,
    PluginIll,
    PluginConsented,
    SettingsChanged,
    SettingsRefused,
    AdminCreated,
    LoginLinkMade,
    ResetAsked,
    ResetRefused,
    ResetLinkMade,
    AddressChanged,
    AddressConfirmed,
    InviteSent,
    ProviderAdded,
    ProviderChanged,
    ProviderRemoved,
    IdentityLinked,
    IdentityUnlinked,
    MembershipEnded,
    RoleChanged,
    Registered,
    ApprovalAsked,
    Approved,
    Refused,
    LoginTokenMade,
    LoginTokenRevoked,
    ApiTokenMade,
    ApiTokenRevoked,
    FactorAdded,
    FactorRemoved,
    SecondFactorRefused,
    RecoveryCodeUsed,
    SigningKeyRotated,
    InviteRightChanged,
}

/// One line of the audit log. Facts hold names and ids, never a secret, a code or a mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Ascending.
    pub id: ActivityId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub kind: ActivityKind,
    /// `user`, `backend`, `invite`, ... to words.
    pub facts: BTreeMap<String, String>,
    /// The caller's address.
    pub from: Option<String>,
}

/// A line before it has its number: the store gives numbers in the order of the transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivity {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub kind: ActivityKind,
    /// As in [`Activity::facts`].
    pub facts: BTreeMap<String, String>,
    /// The caller's address.
    pub from: Option<String>,
}

impl NewActivity {
    /// A line without facts.
    #[must_use]
    pub const fn new(at: Timestamp, actor: Actor, kind: ActivityKind) -> Self {
        Self { at, actor, kind, facts: BTreeMap::new(), from: None }
    }

    /// The same with one more fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// The same with the caller's address.
    #[must_use]
    pub fn from_address(mut self, address: impl Into<String>) -> Self {
        self.from = Some(address.into());
        self
    }

    /// The line as it is kept.
    #[must_use]
    pub fn numbered(self, id: ActivityId) -> Activity {
        let Self { at, actor, kind, facts, from } = self;
        Activity { id, at, actor, kind, facts, from }
    }
}
