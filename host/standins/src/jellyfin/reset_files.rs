//! The files Jellyfin leaves beside its data when somebody forgot a password.
//!
//! In the directory the caller gave, or in memory without one. Text and names are those of the
//! recordings; the mode is what the process's umask makes of it, 0644 as a rule.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::wire::{date, dotnet_json};

/// One reset, as a file tells it.
#[derive(Clone, Debug)]
pub(super) struct Reset {
    pub(super) pin: String,
    pub(super) user: String,
    pub(super) path: String,
    pub(super) expires: Timestamp,
}

impl Reset {
    /// What its file says.
    pub(super) fn text(&self) -> String {
        dotnet_json(&json!({
            "Pin": self.pin, "UserName": self.user, "PinFile": self.path,
            "ExpirationDate": date(self.expires),
        }))
    }
}

/// Where the files are.
#[derive(Debug)]
pub(super) enum ResetFiles {
    /// In a directory.
    Disk(PathBuf),
    /// Nowhere but here.
    Memory(BTreeMap<String, Vec<u8>>),
}

impl ResetFiles {
    /// In `directory`, or in memory.
    pub(super) fn new(directory: Option<PathBuf>) -> ResetFiles {
        directory.map_or_else(|| ResetFiles::Memory(BTreeMap::new()), ResetFiles::Disk)
    }

    /// Writes a file; without `cut` an older, longer one keeps its end.
    pub(super) fn write(&mut self, name: &str, reset: &Reset, cut: bool) -> io::Result<()> {
        let text = reset.text();
        match self {
            ResetFiles::Disk(directory) => {
                let path = directory.join(name);
                let mut file: File =
                    OpenOptions::new().create(true).write(true).truncate(cut).open(path)?;
                file.write_all(text.as_bytes())
            }
            ResetFiles::Memory(files) => {
                let old = files.remove(name).filter(|_| !cut).unwrap_or_default();
                let rest = old.get(text.len()..).unwrap_or_default();
                files.insert(name.to_owned(), [text.as_bytes(), rest].concat());
                Ok(())
            }
        }
    }

    /// All files by name; an error when one of them is broken.
    pub(super) fn read(&self) -> io::Result<Vec<(String, Reset)>> {
        let mut files = Vec::new();
        match self {
            ResetFiles::Disk(directory) => {
                for entry in fs::read_dir(directory)? {
                    let entry = entry?;
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if name.starts_with("passwordreset") {
                        files.push((name, fs::read(entry.path())?));
                    }
                }
            }
            ResetFiles::Memory(kept) => {
                files.extend(kept.iter().map(|(name, bytes)| (name.clone(), bytes.clone())));
            }
        }
        files.into_iter().map(|(name, bytes)| Ok((name, parse(&bytes)?))).collect()
    }

    /// Removes a file; one that is gone already is fine.
    pub(super) fn remove(&mut self, name: &str) {
        match self {
            // Gone is what we want, whoever removed it.
            ResetFiles::Disk(directory) => drop(fs::remove_file(directory.join(name))),
            ResetFiles::Memory(files) => drop(files.remove(name)),
        }
    }
}

fn parse(bytes: &[u8]) -> io::Result<Reset> {
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "a broken reset file");
    let value: Value = serde_json::from_slice(bytes).map_err(|_| broken())?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).ok_or_else(broken);
    Ok(Reset {
        pin: text("Pin")?.to_owned(),
        user: text("UserName")?.to_owned(),
        path: text("PinFile")?.to_owned(),
        expires: text("ExpirationDate")?.parse().map_err(|_| broken())?,
    })
}
