//! The files of a jellyfin-accounts folder, as texts: read where the command runs, which may see folders
//! that the running server does not.
//!
//! Guarantees: a file that is there and cannot be read is an error, one that is not there is none, apart
//! from the settings file. Does not: look into any file but the settings file. No `Debug`: passwords.

use crate::import::ini::Ini;
use crate::import::plan::Broken;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// Far above what any of them can be.
const LARGEST: u64 = 2 << 20;

/// One file.
#[derive(Clone, Serialize, Deserialize)]
pub struct Text {
    /// Where it is.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// A folder's files.
#[derive(Clone, Serialize, Deserialize)]
pub struct Files {
    /// The folder.
    pub folder: String,
    /// `config.ini`.
    pub config: Text,
    /// The data files that are there, by their keys in `[files]`.
    pub data: BTreeMap<String, Text>,
    /// The files of mails of their own, by section and key.
    pub mails: BTreeMap<String, Text>,
    /// Files that the settings name and that are not there, by section and key.
    pub missing: BTreeMap<String, String>,
}

/// The data files: a blank key means `<data>/<key>.json`.
pub const DATA: [&str; 5] =
    ["invites", "emails", "user_template", "user_configuration", "user_displayprefs"];

/// Where the files of mails are named: section, then key.
pub const MAILS: [(&str, &str); 10] = [
    ("email", "email_template"),
    ("email", "email_plaintext"),
    ("password_resets", "email_html"),
    ("password_resets", "email_text"),
    ("invite_emails", "email_html"),
    ("invite_emails", "email_text"),
    ("notifications", "expiry_html"),
    ("notifications", "expiry_text"),
    ("notifications", "created_html"),
    ("notifications", "created_text"),
];

impl Files {
    /// Reads a folder. `config` is its settings file where that is not `config.ini` in the folder.
    ///
    /// # Errors
    /// [`Broken`] for a folder or settings file that is not there, and for any file that cannot be read.
    pub fn read(folder: &Path, config: Option<&Path>) -> Result<Self, Broken> {
        if !folder.is_dir() {
            let words =
                "this is no folder; name the one that has jellyfin-accounts' config.ini in it";
            return Err(broken(folder, words));
        }
        let path = config.map_or_else(|| folder.join("config.ini"), Path::to_owned);
        let Some(config) = text_of(&path)? else {
            let words = "there is no such file; where the settings are elsewhere, name them with --config-ini";
            return Err(broken(&path, words));
        };
        let ini = Ini::parse(&config.path, &config.text)?;
        let mut files = Self {
            folder: folder.display().to_string(),
            config,
            data: BTreeMap::new(),
            mails: BTreeMap::new(),
            missing: BTreeMap::new(),
        };
        let named = |section: &str, key: &str| {
            let value = ini.get(section, key).map(|value| value.text.trim().to_owned());
            value.filter(|text| !text.is_empty())
        };
        for key in DATA {
            let told = named("files", key);
            let path = told.clone().unwrap_or_else(|| format!("{key}.json"));
            match found(folder, &path)? {
                Some(text) => drop(files.data.insert(key.to_owned(), text)),
                None if told.is_some() => {
                    drop(files.missing.insert(format!("files.{key}"), path));
                }
                None => {}
            }
        }
        for (section, key) in MAILS {
            let Some(path) = named(section, key) else { continue };
            let name = format!("{section}.{key}");
            // HTML is compiled from MJML, which often lies beside it.
            let source = Path::new(&path).with_extension("mjml");
            if key.ends_with("html") || key == "email_template" {
                let beside = found(folder, &source.display().to_string())?;
                files.mails.extend(beside.map(|text| (format!("{name}.mjml"), text)));
            }
            match found(folder, &path)? {
                Some(text) => drop(files.mails.insert(name, text)),
                None => drop(files.missing.insert(name, path)),
            }
        }
        Ok(files)
    }
}

/// A file by its path on the machine where it was written; else the one of that name in the folder, which
/// may have come from there or out of a container.
fn found(folder: &Path, path: &str) -> Result<Option<Text>, Broken> {
    let path = Path::new(path);
    if let Some(text) = text_of(&folder.join(path))? {
        return Ok(Some(text));
    }
    match path.file_name() {
        Some(name) if path.is_absolute() => text_of(&folder.join(name)),
        _ => Ok(None),
    }
}

fn text_of(path: &Path) -> Result<Option<Text>, Broken> {
    let cannot = |cause: &std::io::Error| broken(path, &format!("it cannot be read: {cause}"));
    match std::fs::metadata(path) {
        Ok(about) if about.is_dir() => return Err(broken(path, "this is a folder, not a file")),
        // A pipe or a device would be waited for, or read, without end.
        Ok(about) if !about.is_file() => return Err(broken(path, "this is no regular file")),
        Ok(_) => {}
        Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(cause) => return Err(cannot(&cause)),
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|cause| cannot(&cause))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|cause| cannot(&cause))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
        return Err(broken(path, "it is too large to be one of jellyfin-accounts' files"));
    }
    let text = String::from_utf8(bytes).map_err(|cause| {
        let good = cause.as_bytes().get(..cause.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        let words = "this is no UTF-8; save it as UTF-8 and try again";
        Broken { place: Some((line, 0)), ..broken(path, words) }
    })?;
    Ok(Some(Text { path: whole(path).display().to_string(), text }))
}

fn whole(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_odd| path.to_owned())
}

fn broken(path: &Path, words: &str) -> Broken {
    Broken { file: path.display().to_string(), place: None, words: words.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType};
    use std::os::unix::fs::symlink;

    /// What is said of a folder with this in the place of `emails.json`.
    fn said(put: impl FnOnce(&Path)) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.ini"), "[jellyfin]\n").unwrap();
        put(&folder.path().join("emails.json"));
        Files::read(folder.path(), None).err().map(|broken| broken.words)
    }

    #[test]
    fn what_never_ends_is_not_read() {
        let pipe = |path: &Path| {
            rustix::fs::mknodat(CWD, path, FileType::Fifo, 0o644.into(), 0).unwrap();
        };
        assert_eq!(said(pipe).as_deref(), Some("this is no regular file"));
        let device = |path: &Path| symlink("/dev/zero", path).unwrap();
        assert_eq!(said(device).as_deref(), Some("this is no regular file"));
        let circle = |path: &Path| symlink(path, path).unwrap();
        assert!(said(circle).unwrap().starts_with("it cannot be read"));
        let large = |path: &Path| File::create(path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(
            said(large).as_deref(),
            Some("it is too large to be one of jellyfin-accounts' files")
        );
        assert_eq!(
            said(|path| std::fs::create_dir(path).unwrap()).as_deref(),
            Some("this is a folder, not a file")
        );
        assert_eq!(said(|_path| ()), None);
    }
}
