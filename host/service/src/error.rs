//! How a thing a person wanted can fail: one variant per reaction, not per cause.
//!
//! Guarantees: no variant carries a secret; what an outsider may not know ([`ServiceError::Gone`],
//! [`ServiceError::Unauthorized`]) carries nothing at all. Does not: choose a status or words a
//! person reads; the edge does, from the variant and its codes.

use crate::random::Random;
use core::time::Duration;
use domain::fault::Fault;
use domain::settings::Source;
use std::collections::BTreeMap;

/// What becomes of a request that cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There is no such thing, and the caller may know it: `user`, `backend`, `invite`, ...
    #[error("there is no such {what}")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
    },
    /// A link or code that admits nobody; why is nobody's business.
    #[error("the link or code is unknown, used or over")]
    Gone,
    /// Somebody else has it.
    #[error("the {field} is taken")]
    Taken {
        /// The field it was typed in.
        field: &'static str,
    },
    /// Fields that must be corrected.
    #[error("some fields are not acceptable")]
    Invalid {
        /// One entry a problem.
        fields: Vec<FieldProblem>,
    },
    /// Nobody is signed in, or the credentials are wrong; which of the two is not said.
    #[error("the credentials are not accepted")]
    Unauthorized,
    /// Known, and not allowed: `pending`, `disabled`, `expired`, `too-many-sessions`, `last-admin`, ...
    #[error("not allowed: {code}")]
    Forbidden {
        /// The catalogue has words for it (`forbidden-<code>`).
        code: &'static str,
    },
    /// Right credentials of somebody whom an admin has not let in.
    #[error("an admin has not agreed")]
    Pending {
        /// Who they will be.
        user: domain::ids::UserId,
        /// Where an admin has said no: what they had to say, maybe nothing.
        refused: Option<String>,
    },
    /// Somebody else was faster: it is not any more as whoever asks has seen it.
    #[error("it has changed meanwhile")]
    Conflict,
    /// Too many attempts.
    #[error("too many attempts")]
    Throttled {
        /// How long to wait.
        retry_after: Duration,
    },
    /// A backend did not do what was asked.
    #[error("a backend did not do what was asked")]
    Backend(#[source] Fault),
    /// What the file, the environment or a flag sets cannot be changed in the pages.
    #[error("{key} is set elsewhere")]
    Locked {
        /// The settings key.
        key: String,
        /// Where it is set.
        by: Source,
    },
    /// Everything is in use; nothing was done.
    #[error("too much to do at once")]
    Busy {
        /// How long to wait.
        retry_after: Duration,
    },
    /// Our own fault: store, cryptography, a bug.
    #[error("could not finish [{reference}]")]
    Internal {
        /// Eight characters that the page shows and the log keeps.
        reference: String,
        /// What happened.
        #[source]
        cause: Box<dyn core::error::Error + Send + Sync>,
    },
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldProblem {
    /// The field's name in the form and in the API.
    pub field: String,
    /// The catalogue has words for it (`field-<code>` or `password-<code>`).
    pub code: String,
    /// What the words are filled with.
    pub args: BTreeMap<String, String>,
}

impl FieldProblem {
    /// A problem whose words need no filling.
    pub fn new(field: impl Into<String>, code: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.into(), args: BTreeMap::new() }
    }

    /// With one more word to fill in.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "numbers and words are handed over alike")]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }
}

impl ServiceError {
    /// Our own fault, with a fresh reference.
    pub fn internal(cause: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Self {
        let reference: String =
            domain::ids::encode(Random::system().bytes()).chars().take(8).collect();
        Self::Internal { reference, cause: cause.into() }
    }

    /// One field with one problem.
    pub fn field(field: impl Into<String>, code: impl Into<String>) -> Self {
        Self::Invalid { fields: vec![FieldProblem::new(field, code)] }
    }
}

impl From<Fault> for ServiceError {
    /// A fault about a field becomes that field's problem; every other one stays a backend's.
    fn from(fault: Fault) -> Self {
        match (&fault.field, fault.kind) {
            (Some(field), domain::fault::FaultKind::InvalidInput) => {
                let problem = FieldProblem::new(field.clone(), "backend")
                    .with("detail", fault.detail.as_str());
                Self::Invalid { fields: vec![problem] }
            }
            _ => Self::Backend(fault),
        }
    }
}

impl From<store::StoreError> for ServiceError {
    /// What is taken is told; everything else is ours.
    fn from(error: store::StoreError) -> Self {
        match error {
            store::StoreError::Taken { what: store::Unique::Name, .. } => {
                Self::Taken { field: "username" }
            }
            other => Self::internal(other),
        }
    }
}

impl From<domain::users::Protected> for ServiceError {
    fn from(why: domain::users::Protected) -> Self {
        Self::Forbidden { code: why.code() }
    }
}

/// Shorthand.
pub type Result<T, E = ServiceError> = core::result::Result<T, E>;
