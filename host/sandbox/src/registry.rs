//! Which component runs for which id: the bundled ones, the folder, and what the admin accepted.
//!
//! A file with a bundled id and a higher version takes the bundled one's place, another id adds one. A
//! file that cannot be run, or that would be given secrets nobody accepted it for, is listed as refused
//! and changes nothing. A swap replaces one pointer: calls under way end on what they began with.

use crate::call::{Lane, Ready, Slot};
use crate::component::{LARGEST, Loaded, sha256};
use crate::grants::{Granted, InstanceConfig, Wanted};
use crate::house::House;
use crate::instance::{Configured, missing, untrusted};
use crate::journal::LogLevel;
use crate::shelf::{Consent, Refused, Secrets, Seen, Shelf, file_name};
use crate::state::{MemoryState, StateStore};
use domain::fault::Fault;
use domain::ids::{InstanceId, PluginId};
use domain::plugins::PluginSource;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Files of the folder that are looked at; what runs holds memory.
const FILES: usize = 100;

/// What a look at the folder changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A component of a new id runs.
    Added {
        /// Its id.
        id: PluginId,
        /// Its version.
        version: String,
    },
    /// Another component runs for an id.
    Replaced {
        /// Its id.
        id: PluginId,
        /// What ran before.
        from: String,
        /// What runs now.
        to: String,
    },
    /// Nothing runs for an id any more.
    Removed {
        /// The id.
        id: PluginId,
    },
    /// A file is not run.
    Refused {
        /// The file's name.
        file: String,
        /// Why, in words that begin with the file.
        why: String,
    },
}

/// What runs, and what stays of it when it is replaced.
pub(crate) type Running = (Arc<Slot>, Arc<Loaded>);

/// Everything that is there.
pub(crate) struct Registry {
    house: Arc<House>,
    folder: Option<PathBuf>,
    /// Held for a whole look at the folder, which compiles; never together with the short locks of calls.
    scanning: Mutex<()>,
    inner: Mutex<Shelf>,
}

impl Registry {
    /// Examines the bundled components and the folder, side by side. Blocks.
    pub(crate) fn open(
        house: Arc<House>,
        bundled: &[(String, Cow<'static, [u8]>)],
        folder: Option<PathBuf>,
        consent: Consent,
    ) -> Self {
        let inner = Mutex::new(Shelf { consent, ..Shelf::default() });
        let this = Self { house, folder, scanning: Mutex::new(()), inner };
        let jobs = bundled.iter().map(|(name, bytes)| {
            let (house, name) = (&this.house, name.clone());
            move || (name, Loaded::examine(house, bytes, PluginSource::Bundled))
        });
        let examined = side_by_side(jobs.collect());
        let mut inner = this.lock();
        for (name, result) in examined {
            match result {
                Ok(loaded) => {
                    let id = loaded.inspection.manifest.id.clone();
                    inner.bundled.insert(id, Arc::new(loaded));
                }
                Err(refusal) => {
                    tracing::error!(plugin.file = name, "a bundled plugin is not run: {refusal}");
                    let source = PluginSource::Bundled;
                    inner.broken.push(Refused { name, source, why: refusal.why, loaded: None });
                }
            }
        }
        drop(inner);
        this.rescan();
        this.house.cache.prune();
        this
    }

    /// Looks at the folder again. Compiles what is new, so it may take seconds; blocks.
    pub(crate) fn rescan(&self) -> Vec<Change> {
        let _scanning = self.scanning.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.lock().files.clone();
        let files = self.folder.as_deref().map(|folder| self.look(folder, &before));
        let mut inner = self.lock();
        inner.files = files.unwrap_or_default();
        self.settle(&mut inner)
    }

    /// The admin accepts a component by its hash.
    pub(crate) fn consent(&self, id: &PluginId, sha256: &str) -> Vec<Change> {
        let mut inner = self.lock();
        let hash = sha256.trim().to_ascii_lowercase();
        inner.consent.entry(id.clone()).or_default().insert(hash);
        self.settle(&mut inner)
    }

    /// # Errors
    /// See [`crate::Sandbox::configure`].
    pub(crate) fn configure(&self, config: InstanceConfig) -> Result<(), Fault> {
        let mut inner = self.lock();
        let configured = self.ready(&inner, config, Wanted::Complete)?;
        let id = configured.config.instance.clone();
        inner.instances.insert(id, Arc::new(configured));
        self.settle(&mut inner);
        Ok(())
    }

    /// # Errors
    /// See [`crate::Sandbox::trial`].
    pub(crate) fn trial(&self, config: InstanceConfig) -> Result<Configured, Fault> {
        self.ready(&self.lock(), config, Wanted::WithoutSecrets)
    }

    pub(crate) fn remove(&self, id: &InstanceId) {
        let mut inner = self.lock();
        inner.instances.remove(id);
        self.settle(&mut inner);
    }

    pub(crate) fn instance(&self, id: &InstanceId) -> Option<Arc<Configured>> {
        self.lock().instances.get(id).cloned()
    }

    pub(crate) fn slot(&self, id: &PluginId) -> Option<Arc<Slot>> {
        self.lock().slots.get(id).cloned()
    }

    pub(crate) fn active(&self, id: &PluginId) -> Option<Arc<Loaded>> {
        self.lock().active.get(id).cloned()
    }

    /// What runs, with its slot, and what does not.
    pub(crate) fn all(&self) -> (Vec<Running>, Vec<Refused>) {
        let inner = self.lock();
        let running = inner.active.iter().filter_map(|(id, loaded)| {
            inner.slots.get(id).map(|slot| (slot.clone(), loaded.clone()))
        });
        (running.collect(), inner.refused.clone())
    }

    /// The instance under the component that would run for it; nothing is changed.
    fn ready(
        &self,
        inner: &Shelf,
        config: InstanceConfig,
        wanted: Wanted,
    ) -> Result<Configured, Fault> {
        let slot = inner.slots.get(&config.plugin).cloned();
        let slot = slot.ok_or_else(|| missing(config.plugin.as_str()))?;
        // A trial is usually followed by secrets, so what could not be given any is the second choice.
        let has_secrets = config.secrets.values().any(|secret| !secret.expose().is_empty());
        let mut chosen = None;
        if has_secrets || wanted == Wanted::WithoutSecrets {
            chosen = inner.choose(&config.plugin, Secrets::Follow).chosen;
        }
        let chosen = chosen.or_else(|| inner.choose(&config.plugin, Secrets::AsTheyAre).chosen);
        let loaded = chosen.ok_or_else(|| missing(config.plugin.as_str()))?;
        let trusted = inner.trusts(&loaded);
        if !trusted && has_secrets {
            return Err(untrusted(config.plugin.as_str()));
        }
        let other = inner
            .instances
            .get(&config.instance)
            .is_some_and(|instance| instance.config.plugin != config.plugin);
        // What another plugin remembered under the same id is not shown to a trial of this one.
        let state: Arc<dyn StateStore> = if wanted == Wanted::WithoutSecrets && other {
            Arc::new(MemoryState::new(self.house.now.clone()))
        } else {
            self.house.state.clone()
        };
        let manifest = &loaded.inspection.manifest;
        let granted = Granted::new(&config, manifest, wanted, &self.house.egress)?;
        let ready = Ready { granted: Arc::new(granted), loaded, trusted, state, lane: Lane::new() };
        Ok(Configured { config, slot, ready: Some(Arc::new(ready)).into() })
    }

    /// Reads the folder; a file whose bytes are known is not examined again.
    fn look(&self, folder: &Path, before: &BTreeMap<PathBuf, Seen>) -> BTreeMap<PathBuf, Seen> {
        let mut paths: Vec<PathBuf> = match std::fs::read_dir(folder) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(cause) => {
                // Unknown is not "none": what ran goes on.
                tracing::warn!(folder = %folder.display(), %cause, "the plugins folder was not read");
                return before.clone();
            }
        };
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "wasm"));
        paths.sort();
        let beyond = paths.split_off(paths.len().min(FILES));
        let jobs = paths.into_iter().map(|path| {
            move || {
                let seen = self.examine(&path, before.get(&path));
                (path, seen)
            }
        });
        let mut seen: BTreeMap<_, _> = side_by_side(jobs.collect()).into_iter().collect();
        if let Some(first) = beyond.first() {
            let others = beyond.len() - 1;
            let why = format!(
                "it and {others} more are not looked at: only the first {FILES} files of the folder are"
            );
            seen.insert(first.clone(), Seen::unread(why));
        }
        seen
    }

    fn examine(&self, path: &Path, before: Option<&Seen>) -> Seen {
        let bytes = match read(path) {
            Ok(bytes) => bytes,
            Err(why) => return Seen::unread(why),
        };
        let sha256 = sha256(&bytes);
        if let Some(known) = before.filter(|known| known.sha256 == sha256) {
            return known.clone();
        }
        let source = PluginSource::File(file_name(path));
        Seen { sha256, result: Loaded::examine(&self.house, &bytes, source).map(Arc::new) }
    }

    /// Makes what runs what should run.
    fn settle(&self, inner: &mut Shelf) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut refused = inner.broken.clone();
        for (path, seen) in &inner.files {
            if let Err(refusal) = &seen.result {
                let name = file_name(path);
                let source = PluginSource::File(name.clone());
                refused.push(Refused { name, source, why: refusal.why.clone(), loaded: None });
            }
        }
        for id in inner.ids() {
            let choice = inner.choose(&id, Secrets::AsTheyAre);
            refused.extend(choice.refused);
            changes.extend(self.swap(inner, &id, choice.chosen.as_ref()));
        }
        let known = |one: &Refused| {
            inner.refused.iter().any(|old| old.name == one.name && old.why == one.why)
        };
        for one in refused.iter().filter(|one| !known(one)) {
            tracing::warn!(plugin.file = one.name, "a plugin is not run: {}", one.why);
            changes.push(Change::Refused { file: one.name.clone(), why: one.why.clone() });
        }
        inner.refused = refused;
        changes
    }

    fn swap(
        &self,
        inner: &mut Shelf,
        id: &PluginId,
        chosen: Option<&Arc<Loaded>>,
    ) -> Option<Change> {
        let before = inner.active.get(id).cloned();
        let same = match (&before, chosen) {
            (Some(before), Some(chosen)) => Arc::ptr_eq(before, chosen),
            (None, None) => true,
            _ => false,
        };
        if same {
            return None;
        }
        let slot = inner.slots.entry(id.clone()).or_insert_with(|| Arc::new(Slot::new(id.clone())));
        slot.health.forget();
        let version = |loaded: &Arc<Loaded>| loaded.inspection.manifest.version.clone();
        let (words, change) = match (&before, chosen) {
            (None, Some(now)) => (
                format!("version {} runs", version(now)),
                Change::Added { id: id.clone(), version: version(now) },
            ),
            (Some(then), Some(now)) => (
                format!("version {} runs in place of {}", version(now), version(then)),
                Change::Replaced { id: id.clone(), from: version(then), to: version(now) },
            ),
            (_, None) => ("it is gone".to_owned(), Change::Removed { id: id.clone() }),
        };
        tracing::info!(plugin.id = %id, "plugin {id}: {words}");
        slot.note((self.house.now)(), LogLevel::Info, words);
        match chosen {
            Some(loaded) => {
                inner.ran.insert(id.clone(), loaded.inspection.sha256.clone());
                inner.active.insert(id.clone(), loaded.clone())
            }
            None => inner.active.remove(id),
        };
        let trusted = chosen.is_some_and(|loaded| inner.trusts(loaded));
        for instance in inner.instances_of(id) {
            instance.set(chosen.and_then(|loaded| {
                let manifest = &loaded.inspection.manifest;
                let egress = &self.house.egress;
                let granted =
                    Granted::new(&instance.config, manifest, Wanted::Complete, egress).ok()?;
                let state = self.house.state.clone();
                let granted = Arc::new(granted);
                let (loaded, lane) = (loaded.clone(), Lane::new());
                Some(Arc::new(Ready { loaded, granted, trusted, state, lane }))
            }));
        }
        Some(change)
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A whole file, if it is one: a pipe or a device would be read forever.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let unread = |cause: io::Error| format!("it could not be read: {cause}");
    if !std::fs::metadata(path).map_err(unread)?.is_file() {
        return Err("it is not a file".to_owned());
    }
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unread)?;
    file.take(most).read_to_end(&mut bytes).map_err(unread)?;
    Ok(bytes)
}

/// Runs jobs on as many threads as there are cores; results in the order of the jobs.
fn side_by_side<T: Send>(jobs: Vec<impl FnOnce() -> T + Send>) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if jobs.len() <= 1 || cores == 1 {
        return jobs.into_iter().map(|job| job()).collect();
    }
    let count = jobs.len();
    let waiting = Mutex::new(jobs.into_iter().enumerate());
    let done = Mutex::new(Vec::with_capacity(count));
    std::thread::scope(|scope| {
        for _ in 0..cores.min(count) {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((place, job)) = next else { return };
                    let result = job();
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}
