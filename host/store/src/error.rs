//! How the store fails: a variant for each thing to be done about it.
//!
//! No text here holds a row's content, a secret, or the key of a row that is itself a secret.

use domain::ids::{BackendId, SignupId, UserId};
use std::path::PathBuf;

/// Name of the database in the data folder.
pub const DATABASE: &str = "latchkey.redb";

/// Who holds a name or an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A user.
    User(UserId),
    /// A sign-up that is not settled yet.
    Signup(SignupId),
}

impl Owner {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::User(id) => format!("user:{id}").into_bytes(),
            Self::Signup(id) => format!("signup:{id}").into_bytes(),
        }
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        match text.split_once(':')? {
            ("user", id) => UserId::parse(id).map(Self::User),
            ("signup", id) => SignupId::parse(id).map(Self::Signup),
            _ => None,
        }
    }
}

/// What may exist only once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unique {
    /// A name to sign in with, by its key.
    Name,
    /// An account on a backend.
    Account {
        /// Where.
        backend: BackendId,
        /// The backend's id of it.
        id: String,
    },
    /// A hash of something random: twice the same means twice the same randomness.
    Hash,
}

/// The cause as the layer below tells it, for the log.
pub type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A failed access to the store. Nothing of a failed write is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the file open: ask that one.
    #[error("{} is open in another process: only one may have it", .path.display())]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// The file was written by a later release: use that one, or a backup of before.
    #[error("{} has format {found}, written by a newer release; this one knows formats up to {known}", .path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format this release knows.
        known: u32,
    },
    /// The key is another than the one the file was sealed with: bring the right one.
    #[error(
        "the key {given} is not the one this data was sealed with ({expected}): put the right key back, nothing was changed"
    )]
    WrongKey {
        /// Name of the key that is needed; tells nothing about it.
        expected: String,
        /// Name of the key that was given.
        given: String,
    },
    /// No room on the disk: make some.
    #[error("could not write the data: the disk is full; nothing of this change was kept")]
    DiskFull(#[source] Cause),
    /// The file system refuses: look at owner, mode and mount.
    #[error("could not use {}: access is denied", .path.display())]
    Denied {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: Cause,
    },
    /// The file or a record in it cannot be read: restore a backup.
    #[error("{what} is damaged: it cannot be read as what it should be")]
    Damaged {
        /// What, without its content.
        what: String,
        /// What is wrong with it.
        #[source]
        cause: Cause,
    },
    /// The disk failed otherwise: the next access opens the file anew.
    #[error("could not read or write the data")]
    Failed(#[source] Cause),
    /// It exists already and belongs to somebody else.
    #[error("{} is taken", match .what { Unique::Name => "the name", Unique::Account { .. } => "the account", Unique::Hash => "the token" })]
    Taken {
        /// What.
        what: Unique,
        /// Whose it is, where that can be told.
        owner: Option<Owner>,
    },
    /// The program is stopping, or the closure panicked: nothing was kept.
    #[error("the access ended before it was done; nothing of it was kept")]
    Ended,
}

impl StoreError {
    /// Sorts a failure of the database under what is to be done about it.
    pub(crate) fn of(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(cause) => Self::of_io(cause, PathBuf::from(DATABASE)),
            redb::Error::Corrupted(_)
            | redb::Error::UpgradeRequired(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TableDoesNotExist(_)
            | redb::Error::RepairAborted => {
                Self::Damaged { what: "the database".to_owned(), cause: Box::new(error) }
            }
            other => Self::Failed(Box::new(other)),
        }
    }

    /// The same for a failure of the file system.
    pub(crate) fn of_io(cause: std::io::Error, path: PathBuf) -> Self {
        use std::io::ErrorKind;
        match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::DiskFull(Box::new(cause))
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Self::Denied { path, cause: Box::new(cause) }
            }
            // Shorter than it says it is.
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                Self::Damaged { what: path.display().to_string(), cause: Box::new(cause) }
            }
            _ => Self::Failed(Box::new(cause)),
        }
    }

    pub(crate) fn damaged(what: impl Into<String>, cause: impl Into<Cause>) -> Self {
        Self::Damaged { what: what.into(), cause: cause.into() }
    }
}
