//! The key secrets are sealed with: 32 random bytes beside the database, or from outside.
//!
//! The file is made once, readable by its owner only, and appears whole or not at all. It is never
//! made where a database is already there: a lost key must be noticed, not replaced.

use crate::sealed::random;
use domain::secret::Secret;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroize as _;

/// Name of the key file, in the data folder or a credentials directory.
pub const KEY_FILE: &str = "latchkey.key";

/// Where the key comes from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// `latchkey.key` in the data folder, made at the first start.
    DataFolder(PathBuf),
    /// 64 hex digits, from the environment.
    Text(Secret),
    /// `latchkey.key` in a directory that somebody else fills (systemd credentials, mounted secrets).
    Credentials(PathBuf),
}

/// The key.
#[derive(Debug, Clone)]
pub struct SealingKey(pub(crate) Secret<[u8; 32]>);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The data are there, their key is not.
    #[error("{} is missing, and without it the secrets in the data beside it cannot be read: put it back from a backup", .0.display())]
    Missing(PathBuf),
    /// Not 64 hex digits.
    #[error("{0} holds no key: a key is 64 hex digits")]
    NotAKey(String),
    /// The file system refuses.
    #[error("could not read or make the key file {}", .path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

impl SealingKey {
    /// A key of given bytes, for tests and restores.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// 64 hex digits, blanks around them ignored. `None` for anything else.
    #[must_use]
    pub fn parse(text: &Secret) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.expose().trim(), &mut bytes).ok()?;
        let key = Self::from_bytes(bytes);
        bytes.zeroize();
        Some(key)
    }

    /// The key from where it is kept; made if it is the data folder's own and there are no data yet.
    ///
    /// # Errors
    /// [`KeyError`]; nothing was made or changed then.
    pub fn load_or_create(source: &KeySource) -> Result<Self, KeyError> {
        match source {
            KeySource::Text(text) => Self::parse(text)
                .ok_or_else(|| KeyError::NotAKey("the key from the environment".to_owned())),
            KeySource::Credentials(directory) => {
                let path = directory.join(KEY_FILE);
                read(&path)?.ok_or(KeyError::Missing(path))
            }
            KeySource::DataFolder(folder) => {
                let path = folder.join(KEY_FILE);
                match read(&path)? {
                    Some(key) => Ok(key),
                    None if folder.join(crate::error::DATABASE).exists() => {
                        Err(KeyError::Missing(path))
                    }
                    None => create(folder, &path),
                }
            }
        }
    }
}

fn read(path: &Path) -> Result<Option<SealingKey>, KeyError> {
    match fs::read_to_string(path) {
        Ok(text) => {
            warn_if_open_to_others(path);
            SealingKey::parse(&Secret::new(text))
                .map(Some)
                .ok_or_else(|| KeyError::NotAKey(path.display().to_string()))
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) if cause.kind() == io::ErrorKind::InvalidData => {
            Err(KeyError::NotAKey(path.display().to_string()))
        }
        Err(cause) => Err(KeyError::Io { path: path.to_owned(), cause }),
    }
}

fn create(folder: &Path, path: &Path) -> Result<SealingKey, KeyError> {
    let made = || -> io::Result<()> {
        crate::file::make_folder(folder)?;
        let temporary = folder.join(format!("{KEY_FILE}.{}", hex::encode(random::<8>()?)));
        let outcome = write_new(&temporary).and_then(|()| place(&temporary, path));
        match fs::remove_file(&temporary) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => outcome.and(Err(cause)),
            _ => outcome,
        }?;
        fs::File::open(folder)?.sync_all()
    };
    made().map_err(|cause| KeyError::Io { path: path.to_owned(), cause })?;
    read(path)?.ok_or_else(|| KeyError::Missing(path.to_owned()))
}

fn write_new(temporary: &Path) -> io::Result<()> {
    let mut text = hex::encode(random::<32>()?);
    text.push('\n');
    let mut file = crate::file::private().create_new(true).open(temporary)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    text.zeroize();
    written
}

/// A link instead of a rename: of two programs that start at once, the second keeps the first's key.
fn place(temporary: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(temporary, path) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // File systems without links (exFAT, some network shares): a rename appears whole as well.
        Err(_no_links) if !path.exists() => fs::rename(temporary, path),
        other => other,
    }
}

#[cfg(unix)]
fn warn_if_open_to_others(path: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    let open = fs::metadata(path).is_ok_and(|about| about.mode() & 0o077 != 0);
    if open {
        tracing::warn!(
            file = %path.display(),
            "the key file can be read by others than its owner: make it 0600"
        );
    }
}

#[cfg(not(unix))]
fn warn_if_open_to_others(_path: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        let data = folder();
        let source = KeySource::DataFolder(data.path().to_owned());
        let made = SealingKey::load_or_create(&source).expect("made");
        let again = SealingKey::load_or_create(&source).expect("read");
        assert_eq!(made.0.expose(), again.0.expose());
        let names: Vec<_> = fs::read_dir(data.path()).expect("list").collect();
        assert_eq!(names.len(), 1, "nothing temporary is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let about = fs::metadata(data.path().join(KEY_FILE)).expect("there");
            assert_eq!(about.mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_lost_key_is_never_replaced() {
        let data = folder();
        fs::write(data.path().join(crate::error::DATABASE), b"data").expect("written");
        let source = KeySource::DataFolder(data.path().to_owned());
        assert!(matches!(SealingKey::load_or_create(&source), Err(KeyError::Missing(_))));
        assert!(!data.path().join(KEY_FILE).exists());
    }

    #[test]
    fn text_is_64_hex_digits() {
        for (text, good) in [
            ("ab".repeat(32), true),
            (" ".to_owned() + &"0".repeat(64) + "\n", true),
            ("ab".repeat(31), false),
            ("zz".repeat(32), false),
        ] {
            assert_eq!(SealingKey::parse(&Secret::new(text)).is_some(), good);
        }
    }

    #[test]
    fn credentials_are_only_read() {
        let given = folder();
        let source = KeySource::Credentials(given.path().to_owned());
        assert!(matches!(SealingKey::load_or_create(&source), Err(KeyError::Missing(_))));
        fs::write(given.path().join(KEY_FILE), "07".repeat(32)).expect("written");
        let key = SealingKey::load_or_create(&source).expect("read");
        assert_eq!(key.0.expose(), &[7; 32]);
    }
}
