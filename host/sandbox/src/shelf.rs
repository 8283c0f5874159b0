//! The components that are there, and which of them runs for an id.
//!
//! Nothing here reads a file or calls anything: what should run follows from what is there, what is
//! configured and what the admin accepted.

use crate::call::Slot;
use crate::component::{Loaded, Refusal};
use crate::grants::{Wanted, check};
use crate::instance::Configured;
use domain::ids::{InstanceId, PluginId};
use domain::plugins::{Manifest, PluginSource};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Hashes the admin accepted, by id.
pub(crate) type Consent = BTreeMap<PluginId, BTreeSet<String>>;

/// A component that is not run.
#[derive(Clone)]
pub(crate) struct Refused {
    pub(crate) name: String,
    pub(crate) source: PluginSource,
    pub(crate) why: String,
    /// Where it could be loaded and is only not wanted.
    pub(crate) loaded: Option<Arc<Loaded>>,
}

/// A file of the folder as it was last looked at.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) sha256: String,
    pub(crate) result: Result<Arc<Loaded>, Refusal>,
}

impl Seen {
    /// A file that was not even read.
    pub(crate) fn unread(why: String) -> Self {
        Self { sha256: String::new(), result: Err(Refusal { why, manifest: None }) }
    }
}

/// Whether the choice must hold for secrets that are about to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// Only those that are there count.
    AsTheyAre,
    /// As if an instance held some.
    Follow,
}

/// Everything that is there.
#[derive(Default)]
pub(crate) struct Shelf {
    pub(crate) slots: BTreeMap<PluginId, Arc<Slot>>,
    pub(crate) bundled: BTreeMap<PluginId, Arc<Loaded>>,
    /// Bundled ones that cannot be run: they stay so.
    pub(crate) broken: Vec<Refused>,
    pub(crate) files: BTreeMap<PathBuf, Seen>,
    pub(crate) active: BTreeMap<PluginId, Arc<Loaded>>,
    /// The hash of what ran last for an id, kept while nothing does.
    pub(crate) ran: BTreeMap<PluginId, String>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) instances: BTreeMap<InstanceId, Arc<Configured>>,
    pub(crate) consent: Consent,
}

/// What shall run for an id, and what shall not.
#[derive(Default)]
pub(crate) struct Choice {
    pub(crate) chosen: Option<Arc<Loaded>>,
    pub(crate) refused: Vec<Refused>,
}

impl Shelf {
    pub(crate) fn ids(&self) -> BTreeSet<PluginId> {
        let files = self.files.values().filter_map(|seen| seen.result.as_ref().ok());
        let found = files.map(|loaded| loaded.inspection.manifest.id.clone());
        found.chain(self.bundled.keys().cloned()).chain(self.active.keys().cloned()).collect()
    }

    pub(crate) fn instances_of<'a>(
        &'a self,
        id: &'a PluginId,
    ) -> impl Iterator<Item = &'a Arc<Configured>> {
        self.instances.values().filter(move |instance| instance.config.plugin == *id)
    }

    /// Whether a component may be given secrets.
    pub(crate) fn trusts(&self, loaded: &Loaded) -> bool {
        let id = &loaded.inspection.manifest.id;
        let accepted = self.consent.get(id);
        loaded.source == PluginSource::Bundled
            || accepted.is_some_and(|hashes| hashes.contains(&loaded.inspection.sha256))
    }

    /// The best component of an id that may run: the highest version of the folder if it is above the
    /// bundled one, else what runs while its file is only being replaced, else the bundled one.
    pub(crate) fn choose(&self, id: &PluginId, secrets: Secrets) -> Choice {
        let mut choice = Choice::default();
        let mut candidates: Vec<(&PathBuf, &Arc<Loaded>)> = self
            .files
            .iter()
            .filter_map(|(path, seen)| seen.result.as_ref().ok().map(|loaded| (path, loaded)))
            .filter(|(_, loaded)| loaded.inspection.manifest.id == *id)
            .collect();
        candidates.sort_by(|(_, one), (_, two)| two.version.cmp(&one.version));
        for (path, loaded) in candidates {
            match self.objection(loaded, choice.chosen.as_ref(), secrets) {
                None => choice.chosen = Some(loaded.clone()),
                Some(why) => choice.refused.push(Refused {
                    name: file_name(path),
                    source: loaded.source.clone(),
                    why,
                    loaded: Some(loaded.clone()),
                }),
            }
        }
        if choice.chosen.is_none() {
            choice.chosen = self.kept(id, secrets).or(self.bundled.get(id).cloned());
        }
        choice
    }

    /// What runs from a file that is broken now, or may not run in its new form. A file that is gone,
    /// or has become another plugin, keeps nothing alive.
    fn kept(&self, id: &PluginId, secrets: Secrets) -> Option<Arc<Loaded>> {
        let running = self.active.get(id)?;
        let PluginSource::File(name) = &running.source else { return None };
        let is_its_file = |(path, seen): (&PathBuf, &Seen)| {
            let same_id =
                seen.result.as_ref().is_ok_and(|loaded| loaded.inspection.manifest.id == *id);
            file_name(path) == *name && (seen.result.is_err() || same_id)
        };
        let newer = self.bundled.get(id).is_none_or(|bundled| running.version > bundled.version);
        let asked = secrets == Secrets::Follow || self.holds_secrets(id);
        let may = self.trusts(running) || !asked;
        (self.files.iter().any(is_its_file) && newer && may).then(|| running.clone())
    }

    /// Why a file of the folder does not run.
    fn objection(
        &self,
        loaded: &Arc<Loaded>,
        better: Option<&Arc<Loaded>>,
        secrets: Secrets,
    ) -> Option<String> {
        let manifest = &loaded.inspection.manifest;
        let id = &manifest.id;
        if let Some(better) = better {
            let version = &better.inspection.manifest.version;
            return Some(format!("another file has the same id in version {version}"));
        }
        if let Some(bundled) = self.bundled.get(id)
            && loaded.version <= bundled.version
        {
            let (mine, theirs) = (&manifest.version, &bundled.inspection.manifest.version);
            return Some(format!("its version {mine} is not above the bundled {theirs}"));
        }
        for instance in self.instances_of(id) {
            if let Err(fault) = check(&instance.config, manifest, Wanted::Complete) {
                let name = &instance.config.instance;
                return Some(format!("the settings of {name} do not fit it: {}", fault.detail));
            }
        }
        let asks_more = self.active.get(id).is_some_and(|now| asks_more(now, loaded));
        let in_use = self.instances_of(id).next().is_some();
        let hash = &loaded.inspection.sha256;
        // Passwords of people, PINs and mails go in as arguments, whatever the settings hold.
        let another = self.ran.get(id).is_some_and(|ran| ran != hash);
        let overhears = another && !loaded.inspection.roles.is_empty();
        let given = secrets == Secrets::Follow || self.holds_secrets(id);
        if (given || (in_use && (asks_more || overhears))) && !self.trusts(loaded) {
            let because = if asks_more {
                "it asks for more than before"
            } else if given {
                "it would be given secrets"
            } else {
                "it would see what people type"
            };
            return Some(format!("it waits for consent: {because}; its SHA-256 is {hash}"));
        }
        None
    }

    fn holds_secrets(&self, id: &PluginId) -> bool {
        self.instances_of(id).any(|instance| !instance.config.secrets.is_empty())
    }
}

/// Whether a component can do anything that the one before could not.
fn asks_more(before: &Loaded, after: &Loaded) -> bool {
    let (then, now) = (&before.inspection, &after.inspection);
    let interface = |import: &String| import.split('@').next().unwrap_or_default().to_owned();
    let imports: BTreeSet<String> = then.imports.iter().map(interface).collect();
    let reveals = |manifest: &Manifest| -> BTreeSet<String> {
        let revealed = manifest.secrets.iter().filter(|secret| secret.reveal);
        revealed.map(|secret| secret.spec.key.clone()).collect()
    };
    now.imports.iter().any(|import| !imports.contains(&interface(import)))
        || now.roles.iter().any(|role| !then.roles.contains(role))
        || (now.login_page && !then.login_page)
        || now
            .manifest
            .endpoints
            .iter()
            .any(|(name, spec)| then.manifest.endpoints.get(name) != Some(spec))
        || now.manifest.allow_urls.iter().any(|url| !then.manifest.allow_urls.contains(url))
        || !reveals(&now.manifest).is_subset(&reveals(&then.manifest))
}

/// The last part of a path, as words.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
