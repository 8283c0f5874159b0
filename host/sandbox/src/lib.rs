//! Runs each plugin in wasmtime and lends it only what it was granted.
//!
//! Every call is a fresh instance with a deadline, a CPU budget, a memory limit and a cap on what it may
//! hand over: nothing a plugin does can stop the process, another plugin, or another call of its own.
//! What a component can reach = its manifest AND its imports AND what the admin filled in. Secrets go to
//! components that came with the binary or whose hash the admin accepted, and are put in while sending.
//!
//! It does not decide what is asked of a backend or when: that is the service's work. It keeps nothing
//! but compiled code; state and settings come from outside.

mod cache;
mod call;
mod component;
mod contract;
mod convert;
mod cpu;
mod engine;
pub mod grants;
mod health;
pub mod house;
mod identity;
mod imports;
pub mod instance;
pub mod journal;
mod lent;
mod login_page;
mod manifest;
mod messages;
mod patterns;
mod persons;
mod redact;
pub mod registry;
mod resets;
mod rights;
mod sealed;
mod shelf;
pub mod state;
mod values;
mod version;

#[cfg(test)]
mod testing;

pub use component::Refusal;
pub use grants::InstanceConfig;
pub use house::SandboxError;
pub use instance::Instance;
pub use journal::{LogLevel, LogLine};
pub use registry::Change;
pub use state::{MemoryState, Now, StateProblem, StateStore};

use component::Loaded;
use domain::fault::Fault;
use domain::ids::{InstanceId, PluginId};
use domain::plugins::{Inspection, Manifest, PluginHealth, PluginSource};
use domain::secret::Secret;
use egress::Egress;
use house::House;
use registry::Registry;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What a sandbox is opened with.
pub struct Options {
    /// Where compiled components are kept; none: nowhere. Made if missing, and kept to this user.
    pub cache_dir: Option<PathBuf>,
    /// Authenticates what is kept there.
    pub cache_key: Secret<[u8; 32]>,
    /// Where the admin puts components; may be missing.
    pub plugins_dir: Option<PathBuf>,
    /// The components of the binary, with the names of their files.
    pub bundled: Vec<(String, Cow<'static, [u8]>)>,
    /// What opens connections.
    pub egress: Egress,
    /// What instances remember.
    pub state: Arc<dyn StateStore>,
    /// The program's clock.
    pub now: Now,
    /// Components the admin accepted before, by id and SHA-256 in hex.
    pub consent: BTreeMap<PluginId, BTreeSet<String>>,
}

/// All plugins and configured instances. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox {
    house: Arc<House>,
    registry: Arc<Registry>,
}

/// How one component is doing.
#[derive(Debug, Clone)]
pub struct PluginStatus {
    /// Its id; for a file that has none, the file's name.
    pub id: String,
    /// What it can do, where it could be loaded.
    pub inspection: Option<Inspection>,
    /// Where it came from.
    pub source: PluginSource,
    /// Why it is not run, in words that begin with the component; none where it is.
    pub refused: Option<String>,
    /// How its calls go.
    pub health: PluginHealth,
    /// Calls since the start.
    pub calls: u64,
    /// Of those, the ones that broke off.
    pub traps: u64,
}

impl Sandbox {
    /// Loads the bundled components and those of the folder, from the cache or by compiling. Blocks, for
    /// a second or two where nothing is cached.
    ///
    /// # Errors
    /// [`SandboxError`] where no component at all can run on this machine. A single one that cannot be run
    /// is listed as refused.
    pub fn open(options: Options) -> Result<Self, SandboxError> {
        let cache = (options.cache_dir, &options.cache_key);
        let house = House::new(cache, options.egress, options.state, options.now)?;
        let house = Arc::new(house);
        let (bundled, folder) = (options.bundled, options.plugins_dir);
        let registry = Registry::open(house.clone(), &bundled, folder, options.consent);
        Ok(Self { house, registry: Arc::new(registry) })
    }

    /// What a file can and cannot do, without running any of its own code but the start of one instance.
    /// Compiles, so it blocks.
    ///
    /// # Errors
    /// [`Refusal`] in words.
    pub fn inspect(bytes: &[u8]) -> Result<Inspection, Refusal> {
        let house =
            House::to_look().map_err(|cause| Refusal { why: cause.to_string(), manifest: None })?;
        let source = PluginSource::File(String::new());
        Loaded::examine(&house, bytes, source).map(|loaded| loaded.inspection)
    }

    /// What opens every connection that leaves the process: the host's own go the same way.
    #[must_use]
    pub fn egress(&self) -> &Egress {
        &self.house.egress
    }

    /// All components: first what runs, then what does not.
    #[must_use]
    pub fn plugins(&self) -> Vec<PluginStatus> {
        let (running, refused) = self.registry.all();
        let running = running.into_iter().map(|(slot, loaded)| PluginStatus {
            id: slot.id.as_str().to_owned(),
            inspection: Some(loaded.inspection.clone()),
            source: loaded.source.clone(),
            refused: None,
            health: slot.health.report(),
            calls: slot.calls.load(Ordering::Relaxed),
            traps: slot.health.traps(),
        });
        let refused = refused.into_iter().map(|one| {
            let inspection = one.loaded.map(|loaded| loaded.inspection.clone());
            let id = inspection.as_ref().map(|found| found.manifest.id.as_str().to_owned());
            PluginStatus {
                id: id.unwrap_or(one.name),
                inspection,
                source: one.source,
                refused: Some(one.why),
                health: PluginHealth::Well,
                calls: 0,
                traps: 0,
            }
        });
        running.chain(refused).collect()
    }

    /// The manifest of what runs for an id.
    #[must_use]
    pub fn manifest(&self, id: &PluginId) -> Option<Manifest> {
        self.registry.active(id).map(|loaded| loaded.inspection.manifest.clone())
    }

    /// The last lines of a plugin's log, oldest first.
    #[must_use]
    pub fn log(&self, id: &PluginId) -> Vec<LogLine> {
        self.registry.slot(id).map(|slot| slot.journal.lines()).unwrap_or_default()
    }

    /// Looks at the plugins folder again. Compiles what is new: call it where blocking is fine. Calls
    /// under way end on what they began with.
    pub fn rescan(&self) -> Vec<Change> {
        self.registry.rescan()
    }

    /// The admin accepts a component by its hash: it may run in place of another, and be given secrets.
    /// Not remembered beyond this process.
    pub fn consent(&self, id: &PluginId, sha256: &str) -> Vec<Change> {
        self.registry.consent(id, sha256)
    }

    /// Sets an instance up, or replaces how it is set up; its connections close.
    ///
    /// # Errors
    /// `invalid-input` with the field where a value does not fit the manifest; `misconfigured` where there
    /// is no such plugin; `forbidden` where secrets would go to a component that nobody accepted. The
    /// instance stays as it was.
    pub fn configure(&self, config: InstanceConfig) -> Result<(), Fault> {
        self.registry.configure(config)
    }

    /// An instance that is set up for this handle alone, to probe or to connect before it is saved.
    /// Secrets may be missing.
    ///
    /// # Errors
    /// As [`Sandbox::configure`].
    pub fn trial(&self, config: InstanceConfig) -> Result<Instance, Fault> {
        let configured = Arc::new(self.registry.trial(config)?);
        Ok(Instance { house: self.house.clone(), configured })
    }

    /// Forgets an instance. Handles that are still held go on.
    pub fn remove(&self, instance: impl Into<InstanceId>) {
        self.registry.remove(&instance.into());
    }

    /// A configured instance.
    #[must_use]
    pub fn instance(&self, instance: impl Into<InstanceId>) -> Option<Instance> {
        let configured = self.registry.instance(&instance.into())?;
        Some(Instance { house: self.house.clone(), configured })
    }
}
