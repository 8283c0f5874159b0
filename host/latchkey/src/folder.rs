//! The data folder: where it is, that it is ours alone, and what stands in it.
//!
//! One process at a time has it: whoever holds the lock. The lock goes with the process, however
//! that ends.

use crate::trouble::Trouble;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The settings file's name in the data folder.
pub const SETTINGS: &str = "latchkey.toml";
/// Where components of the admin's own go.
pub const PLUGINS: &str = "plugins";
const LOCK: &str = "latchkey.lock";
const SOCKET: &str = "control.sock";

/// The data folder that holds where nobody says otherwise; `None` where there is not even a home.
#[must_use]
pub fn default_folder(environment: &[(String, String)]) -> Option<PathBuf> {
    let set = |name: &str| {
        let found = environment.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| PathBuf::from(value))
    };
    // systemd gives a list where a unit has several state folders.
    let state = set("STATE_DIRECTORY").map(|list| {
        let first = list.to_string_lossy().split(':').next().unwrap_or_default().to_owned();
        PathBuf::from(first)
    });
    set("LATCHKEY_DATA")
        .or(state)
        .or_else(|| set("XDG_DATA_HOME").map(|folder| folder.join("latchkey")))
        .or_else(|| set("HOME").map(|home| home.join(".local/share/latchkey")))
}

/// Where the control socket of a folder is.
#[must_use]
pub fn socket(folder: &Path) -> PathBuf {
    folder.join(SOCKET)
}

/// A data folder that this process holds.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder (0700) where it is missing, and takes its lock.
    ///
    /// # Errors
    /// One sentence: it cannot be made or written, or another process holds it.
    pub fn claim(path: &Path) -> Result<Self, Trouble> {
        let shown = path.display();
        let refused = |cause: io::Error| {
            Trouble::Failed(match cause.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => format!(
                    "the data folder {shown} cannot be written; give it to the account that runs latchkey, or choose another with --data"
                ),
                io::ErrorKind::StorageFull => {
                    format!(
                        "the disk of the data folder {shown} is full; make room and start again"
                    )
                }
                io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                    format!("{shown} is no folder; choose another with --data")
                }
                _ => format!(
                    "the data folder {shown} cannot be used: {cause}; choose another with --data"
                ),
            })
        };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(refused)?;
        // Commands may run from elsewhere; what is handed on is the same folder for all.
        let path = path.canonicalize().map_err(refused)?;
        warn_if_open(&path);
        // There from the start, so that an admin sees where a component goes.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path.join(PLUGINS))
            .map_err(refused)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join(LOCK))
            .map_err(refused)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Trouble::Failed(format!(
                "another latchkey works in {shown}; stop it first, or choose another folder with --data"
            ))),
            Err(TryLockError::Error(cause)) => Err(refused(cause)),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn warn_if_open(path: &Path) {
    let mode = std::fs::metadata(path).map(|found| found.permissions().mode()).unwrap_or_default();
    if mode & 0o077 != 0 {
        tracing::warn!(
            folder = %path.display(),
            "the data folder can be entered by others; run: chmod 700 {}",
            path.display()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(variables: &[(&str, &str)]) -> Option<PathBuf> {
        let all: Vec<_> =
            variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        default_folder(&all)
    }

    #[test]
    fn the_folder_is_the_first_that_is_named() {
        assert_eq!(folder(&[("HOME", "/h")]), Some("/h/.local/share/latchkey".into()));
        assert_eq!(folder(&[("HOME", "/h"), ("XDG_DATA_HOME", "/x")]), Some("/x/latchkey".into()));
        let both = [("XDG_DATA_HOME", "/x"), ("STATE_DIRECTORY", "/s:/t")];
        assert_eq!(folder(&both), Some("/s".into()));
        assert_eq!(
            folder(&[("STATE_DIRECTORY", "/s"), ("LATCHKEY_DATA", "/d")]),
            Some("/d".into())
        );
        assert_eq!(folder(&[("HOME", "")]), None);
    }

    #[test]
    fn a_folder_has_one_holder_and_is_private() {
        let around = tempfile::tempdir().unwrap();
        let path = around.path().join("a/b");
        let held = DataFolder::claim(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        let second = DataFolder::claim(&path).unwrap_err().to_string();
        assert!(second.starts_with("another latchkey works in "), "{second}");
        drop(held);
        assert!(DataFolder::claim(&path).is_ok());
    }

    #[test]
    fn a_file_in_its_place_is_named() {
        let around = tempfile::tempdir().unwrap();
        let path = around.path().join("file");
        std::fs::write(&path, "").unwrap();
        let trouble = DataFolder::claim(&path).unwrap_err().to_string();
        assert!(trouble.ends_with("is no folder; choose another with --data"), "{trouble}");
    }
}
