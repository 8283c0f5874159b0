//! What the components at hand say of themselves, and settings read with that.

use crate::settings::{self, Loaded, Manifests, Source};
use crate::trouble::Trouble;
use domain::ids::PluginId;
use jiff::Timestamp;
use sandbox::Sandbox;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The components of the binary, with their names.
pub type Bundled = Vec<(String, Cow<'static, [u8]>)>;

/// What settings are read from.
pub struct Reading<'a> {
    /// File, environment, flags.
    pub source: &'a Source,
    /// The components of the binary.
    pub bundled: &'a Bundled,
    /// The folder with more of them.
    pub plugins: PathBuf,
    /// The present moment.
    pub now: Timestamp,
}

/// Reads settings. Where they cannot be used and no manifest was at hand, once more with what every
/// component says of itself, so that all errors are told at once.
///
/// # Errors
/// [`Trouble::Settings`].
pub fn settings(reading: &Reading<'_>, manifests: &Manifests) -> Result<Loaded, Trouble> {
    settings::load(reading.source, manifests, reading.now).map_err(|problems| {
        if !manifests.is_empty() {
            return Trouble::Settings(problems);
        }
        let looked = inspected(reading.bundled, &reading.plugins);
        let again = settings::load(reading.source, &looked, reading.now);
        Trouble::Settings(again.err().unwrap_or(problems))
    })
}

/// Manifests of the components at hand, without a sandbox that runs them. Compiles, so it takes a
/// moment.
#[must_use]
pub fn inspected(bundled: &Bundled, plugins: &Path) -> Manifests {
    let files = std::fs::read_dir(plugins).into_iter().flatten().flatten();
    let files = files
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "wasm"))
        .filter_map(|path| std::fs::read(path).ok().map(Cow::from));
    bundled
        .iter()
        .map(|(_, bytes)| bytes.clone())
        .chain(files)
        .filter_map(|bytes| Sandbox::inspect(&bytes).ok())
        .map(|inspection| (inspection.manifest.id.clone(), inspection.manifest))
        .collect()
}

/// Manifests of what runs.
#[must_use]
pub fn manifests(sandbox: &Sandbox) -> Manifests {
    sandbox
        .plugins()
        .into_iter()
        .filter(|plugin| plugin.refused.is_none())
        .filter_map(|plugin| {
            let manifest = plugin.inspection?.manifest;
            Some((PluginId::parse(&plugin.id).ok()?, manifest))
        })
        .collect()
}
