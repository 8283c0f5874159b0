//! From a data folder to a running house, and back in order.
//!
//! [`assemble`] puts the parts together without opening a door: commands use it where no server
//! runs. [`start`] opens doors and control socket and starts the workers as well. What cannot be had
//! is one sentence; what can be done without (a port that is taken beside others, a plugin, a
//! backend, the control socket) is a line in the log.

use crate::components::{self, Bundled, Reading};
use crate::control::Control;
use crate::doors::Edge;
use crate::folder::{self, DataFolder};
use crate::listener::{Limits, Opened, Speaks};
use crate::live::{self, Seen};
use crate::log::LogHandle;
use crate::refusal::sentence;
use crate::settings::{Loaded, Manifests, Source};
use crate::trouble::{Trouble, chain};
use domain::secret::Secret;
use egress::Egress;
use sandbox::Sandbox;
use service::clock::Clock;
use service::kill_points::KillPoints;
use service::random::Random;
use service::state_store::PluginState;
use service::{Folders, Parts, Service, ServiceError, Workers, plugins, setup};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{KeySource, SealingKey, Store, StoreError};
use tokio::time::{Duration, Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use views::{Catalogue, Views};

/// How long a command under way is waited for at the end.
const ORDERS_END_WITHIN: Duration = Duration::from_secs(10);

/// How long data that this process had open before may take to be free.
const OLD_DATA_CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// Components that an admin puts into the data folder.
const PLUGINS: &str = "plugins";
/// Mails that an admin writes in files.
const MAIL_TEMPLATES: &str = "templates/mail";

/// What a house is started with.
pub struct Config {
    /// Where everything is kept.
    pub data_folder: PathBuf,
    /// Where settings come from.
    pub settings: Source,
    /// Where the key comes from; the data folder itself by default.
    pub key: Option<KeySource>,
    /// The time.
    pub clock: Clock,
    /// Where to die; nowhere outside tests.
    pub kill_points: KillPoints,
    /// The components of the binary.
    pub bundled: Bundled,
    /// How connections out are opened.
    pub egress: egress::Options,
    /// How much clients may use.
    pub limits: Limits,
    /// How long things may take at the edge.
    pub edge: web::Options,
    /// The running log, where its level may be changed.
    pub log: Option<(LogHandle, bool)>,
}

impl Config {
    /// With the defaults of the product, the machine's clock, and the folder's own settings file.
    #[must_use]
    pub fn new(data_folder: PathBuf, bundled: Bundled) -> Self {
        let file = Some(data_folder.join(folder::SETTINGS));
        Self {
            settings: Source { file, ..Source::default() },
            data_folder,
            key: None,
            clock: Clock::system(),
            kill_points: KillPoints::none(),
            bundled,
            egress: egress::Options::default(),
            limits: Limits::default(),
            edge: web::Options::default(),
            log: None,
        }
    }

    fn reading(&self) -> Reading<'_> {
        Reading {
            source: &self.settings,
            bundled: &self.bundled,
            plugins: self.data_folder.join(PLUGINS),
            now: self.clock.now(),
        }
    }
}

/// A house whose doors are closed.
pub struct Assembled {
    /// Everything that can be done.
    pub service: Service,
    /// The settings, and the files they came from.
    pub loaded: Loaded,
    /// Held until the end.
    pub folder: DataFolder,
    seen: Seen,
}

/// A running house. Dropping it without [`Running::stop`] leaves its tasks behind.
pub struct Running {
    assembled: Assembled,
    edge: Arc<Edge>,
    opened: Vec<Opened>,
    setup_code: Option<Secret>,
    workers: Workers,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Puts the parts together: folder, key, data, plugins, settings.
///
/// # Errors
/// [`Trouble`], one sentence.
pub async fn assemble(config: &mut Config) -> Result<Assembled, Trouble> {
    let folder = DataFolder::claim(&config.data_folder)?;
    let first = components::settings(&config.reading(), &Manifests::new())?;
    if let Some((log, colour)) = &config.log {
        log.change(&first.settled.settings.log, *colour);
    }
    let path = folder.path().to_owned();
    make_watched_folders(&path)?;
    let store = open_store(&path, config.key.clone()).await?;
    let consent = plugins::accepted(&store, &first.settled)
        .map_err(|cause| Trouble::because("could not read which plugins were accepted", &cause))?;
    let options = sandbox::Options {
        cache_dir: Some(path.join("cache")),
        cache_key: store
            .derive("compiled components")
            .map_err(|cause| Trouble::because("could not open the data", &cause))?,
        plugins_dir: Some(path.join(PLUGINS)),
        bundled: core::mem::take(&mut config.bundled),
        egress: Egress::new(config.egress.clone())
            .map_err(|cause| Trouble::because("could not prepare connections", &cause))?,
        state: Arc::new(PluginState::new(store.clone(), config.clock.clone())),
        now: {
            let clock = config.clock.clone();
            Arc::new(move || clock.now())
        },
        consent,
    };
    let sandbox = tokio::task::spawn_blocking(move || Sandbox::open(options))
        .await
        .map_err(|cause| Trouble::because("could not load the plugins", &cause))?
        .map_err(|cause| Trouble::because("could not load the plugins", &cause))?;
    tell_refused(&sandbox);
    let seen = Seen::of(&first.files);
    let loaded = components::settings(&config.reading(), &components::manifests(&sandbox))?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning:#}");
    }
    let parts = Parts {
        store,
        sandbox,
        clock: config.clock.clone(),
        random: Random::system(),
        settings: loaded.settled.clone(),
        kill_points: config.kill_points.clone(),
    };
    let service = Service::open(parts).await.map_err(|cause| not_opened(&cause))?;
    Ok(Assembled { service, loaded, folder, seen })
}

/// Starts a house: parts, workers, doors, control socket, live settings.
///
/// # Errors
/// [`Trouble`], one sentence; nothing is left running then.
pub async fn start(mut config: Config) -> Result<Running, Trouble> {
    let mut assembled = assemble(&mut config).await?;
    let service = assembled.service.clone();
    let path = assembled.folder.path().to_owned();
    let catalogue = Catalogue::embedded()
        .map_err(|cause| Trouble::because("could not read the embedded texts", &cause))?;
    let app = web::App::new(service.clone(), Views::new(catalogue), config.edge);
    let edge = Arc::new(Edge::new(service.clone(), app, &path, config.limits)?);
    let lacks = edge.reconcile().await;
    if !edge.is_usable().await {
        edge.close().await;
        return Err(Trouble::Failed(lacks.words.join("\n")));
    }
    edge.tell(lacks);
    let opened = edge.opened().await;
    let setup_code = setup::fresh_code(&service)
        .await
        .map_err(|cause| Trouble::because("could not make the setup code", &cause))?;
    let workers = service
        .start(Folders {
            plugins: Some(path.join(PLUGINS)),
            mail_templates: Some(path.join(MAIL_TEMPLATES)),
        })
        .await
        .map_err(|cause| Trouble::because("could not start the schedule", &cause))?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    listen_for_commands(&service, &path, (&tasks, &stop));
    let watched = live::Watched {
        service,
        source: config.settings,
        seen: core::mem::take(&mut assembled.seen),
        edge: Arc::clone(&edge),
        log: config.log,
    };
    watched.spawn(&tasks, &stop);
    Ok(Running { assembled, edge, opened, setup_code, workers, stop, tasks })
}

/// A server that cannot be asked still serves.
fn listen_for_commands(
    service: &Service,
    path: &Path,
    (tasks, stop): (&TaskTracker, &CancellationToken),
) {
    match Control::open(&folder::socket(path)) {
        Ok(control) => {
            tasks.spawn(control.serve(service.clone(), stop.clone()));
        }
        Err(cause) => tracing::warn!(
            %cause,
            "the control socket cannot be opened; commands work when the server is stopped"
        ),
    }
}

impl Running {
    /// The doors that stood open after the start.
    #[must_use]
    pub fn addresses(&self) -> &[Opened] {
        &self.opened
    }

    /// Where a browser on this machine finds the first door.
    #[must_use]
    pub fn url(&self) -> String {
        let door = self.opened.iter().find(|door| door.speaks != Speaks::Redirect);
        door.map(Opened::local_url).unwrap_or_default()
    }

    /// The code for the wizard; none once set-up is done.
    #[must_use]
    pub const fn setup_code(&self) -> Option<&Secret> {
        self.setup_code.as_ref()
    }

    /// The doors, as they are now.
    #[must_use]
    pub fn edge(&self) -> &Edge {
        &self.edge
    }

    /// Everything that can be done.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.assembled.service
    }

    /// Where everything is kept.
    #[must_use]
    pub fn data_folder(&self) -> &Path {
        self.assembled.folder.path()
    }

    /// Ends in order: first what would open doors again, then the doors, so that nothing new comes and
    /// what is under way is finished; then commands, then what happens by itself; the data last.
    pub async fn stop(self) {
        self.stop.cancel();
        self.edge.close().await;
        self.tasks.close();
        if timeout(ORDERS_END_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::warn!("a command that took too long is not waited for");
        }
        self.workers.stop().await;
        drop(self.assembled);
    }
}

/// They are there from the first start on, so that they can be found and watched.
fn make_watched_folders(path: &Path) -> Result<(), Trouble> {
    for name in [PLUGINS, MAIL_TEMPLATES] {
        let folder = path.join(name);
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|cause| {
            Trouble::because(&format!("could not make the folder {}", folder.display()), &cause)
        })?;
    }
    Ok(())
}

fn tell_refused(sandbox: &Sandbox) {
    for plugin in sandbox.plugins() {
        if let Some(why) = plugin.refused {
            tracing::warn!(plugin.id = plugin.id, "{why}");
        }
    }
}

/// The folder is ours alone, so data in use are still held by what this process stopped: a write that
/// nobody waits for any more runs to its end on a thread of its own. That is waited for.
async fn open_store(path: &Path, key: Option<KeySource>) -> Result<Store, Trouble> {
    let shown = path.display();
    let source = key.unwrap_or_else(|| KeySource::DataFolder(path.to_owned()));
    let key = SealingKey::load_or_create(&source)
        .map_err(|cause| Trouble::because("could not get the key", &cause))?;
    let patience = Instant::now() + OLD_DATA_CLOSE_WITHIN;
    loop {
        let (folder, key) = (path.to_owned(), key.clone());
        let opened = tokio::task::spawn_blocking(move || Store::open(&folder, key)).await;
        match opened {
            Ok(Ok(store)) => return Ok(store),
            Ok(Err(StoreError::InUse { .. })) if Instant::now() < patience => {
                sleep(Duration::from_millis(10)).await;
            }
            Ok(Err(cause)) => {
                let words = format!("{}{}", chain(&cause), advice(&cause));
                return Err(Trouble::Failed(format!(
                    "could not open the data in {shown}: {words}"
                )));
            }
            Err(cause) => return Err(Trouble::because("could not open the data", &cause)),
        }
    }
}

/// What to do about data that cannot be opened, where the error does not say it itself.
const fn advice(error: &StoreError) -> &'static str {
    match error {
        StoreError::InUse { .. } => "; stop that one first",
        StoreError::Newer { .. } => {
            "; run that release again, or put back the copy from before the upgrade"
        }
        StoreError::DiskFull(_) => "; make room and start again",
        StoreError::Denied { .. } => "; give it to the account that runs latchkey",
        StoreError::Damaged { .. } => "; put back a backup",
        StoreError::Failed(_) => "; check the disk",
        StoreError::WrongKey { .. } | StoreError::Taken { .. } | StoreError::Ended => "",
    }
}

fn not_opened(cause: &ServiceError) -> Trouble {
    match cause {
        ServiceError::Invalid { .. } => Trouble::Usage(format!(
            "the first admin of [admin] is not acceptable: {}",
            sentence(cause)
        )),
        other => Trouble::because("could not open the house", other),
    }
}
