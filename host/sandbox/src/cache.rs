//! Compiled components on disk, so that a start does not compile.
//!
//! Compiled code is trusted with everything, so a file counts only with our own MAC over its name and
//! content; the key is not in the folder. Whatever does not fit is dropped and compiled again.

use aws_lc_rs::hmac;
use domain::secret::Secret;
use std::collections::BTreeSet;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Bytes of the MAC, which stands first in a file.
const MAC: usize = 32;
const ENDING: &str = "cwasm";

/// The folder, where there is one.
pub(crate) struct Cache {
    folder: Option<PathBuf>,
    key: hmac::Key,
    used: Mutex<BTreeSet<String>>,
}

impl Cache {
    /// A folder that cannot be made or kept to ourselves is done without, with a warning.
    pub(crate) fn open(folder: Option<PathBuf>, key: &Secret<[u8; 32]>) -> Self {
        let folder = folder.and_then(|folder| match private_folder(&folder) {
            Ok(()) => Some(folder),
            Err(cause) => {
                tracing::warn!(folder = %folder.display(), %cause, "compiled components are not kept");
                None
            }
        });
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose());
        Self { folder, key, used: Mutex::default() }
    }

    /// From the folder, or compiled now and kept.
    ///
    /// # Errors
    /// The compiler's, where the component is not valid.
    pub(crate) fn component(
        &self,
        engine: &Engine,
        bytes: &[u8],
        sha256: &str,
    ) -> wasmtime::Result<Component> {
        let name = name(engine, sha256);
        if let Some(kept) = self.load(engine, &name) {
            self.note(name);
            return Ok(kept);
        }
        let component = Component::new(engine, bytes)?;
        if let Some(folder) = &self.folder {
            let code = component.serialize()?;
            match self.save(folder, &name, &code) {
                Ok(()) => self.note(name),
                Err(cause) => {
                    tracing::warn!(folder = %folder.display(), %cause, "a compiled component was not kept");
                }
            }
        }
        Ok(component)
    }

    /// Removes what nobody has asked for since the cache was opened.
    pub(crate) fn prune(&self) {
        let Some(folder) = &self.folder else { return };
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let ours = path.extension().is_some_and(|ending| ending == ENDING || ending == "new");
            if ours && !used.contains(name) {
                discard(&path);
            }
        }
    }

    fn note(&self, name: String) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    }

    fn load(&self, engine: &Engine, name: &str) -> Option<Component> {
        let path = self.folder.as_ref()?.join(name).with_extension(ENDING);
        let file = match fs::read(&path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return None,
            Err(cause) => {
                tracing::warn!(file = %path.display(), %cause, "a compiled component was not read");
                return None;
            }
        };
        let loaded = file.split_at_checked(MAC).and_then(|(mac, code)| {
            hmac::verify(&self.key, &signed(name, code), mac).ok()?;
            deserialize(engine, code)
        });
        if loaded.is_none() {
            tracing::warn!(file = %path.display(), "a compiled component was changed or is of another version; it is made again");
            discard(&path);
        }
        loaded
    }

    fn save(&self, folder: &Path, name: &str, code: &[u8]) -> io::Result<()> {
        let place = folder.join(name).with_extension(ENDING);
        // One name a process: two that start at once do not write into each other's file.
        let new = folder.join(format!("{name}-{}", std::process::id())).with_extension("new");
        let mac = hmac::sign(&self.key, &signed(name, code));
        let mut file = fs::File::create(&new)?;
        file.write_all(mac.as_ref())?;
        file.write_all(code)?;
        file.sync_all()?;
        fs::rename(&new, &place)
    }
}

/// What the MAC is over: a file under another name is another file.
fn signed(name: &str, code: &[u8]) -> Vec<u8> {
    [name.as_bytes(), &[0], code].concat()
}

/// Code that carries our MAC.
#[expect(
    unsafe_code,
    reason = "compiled code is trusted: the MAC over it was verified just before"
)]
fn deserialize(engine: &Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: the bytes are what `serialize` gave to `save`, unchanged, since only this process's key
    // makes a MAC that verifies. Code of another engine version or configuration is refused by the check
    // inside.
    unsafe { Component::deserialize(engine, code) }.ok()
}

/// The component, the engine's version and everything that decides how it compiles.
fn name(engine: &Engine, sha256: &str) -> String {
    let mut hasher = Sha(aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256));
    hasher.write(sha256.as_bytes());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hex::encode(hasher.0.finish())
}

struct Sha(aws_lc_rs::digest::Context);

impl Hasher for Sha {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

fn discard(path: &Path) {
    if let Err(cause) = fs::remove_file(path) {
        tracing::debug!(file = %path.display(), %cause, "an old compiled component stays");
    }
}
