//! What happens while running when settings, certificates or time move on.
//!
//! A settings file that is broken keeps the old settings, and is recorded. Nothing here needs a
//! restart, and nothing here ends the house.

use crate::components;
use crate::doors::Edge;
use crate::log::LogHandle;
use crate::settings::{self, Source};
use domain::ids::PluginId;
use domain::settings::{Settled, Tls};
use service::Service;
use service::clock::later;
use service::watching::Watch;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Between two looks at the doors and the certificate when nothing else happens.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What is watched and who is told.
pub(crate) struct Watched {
    pub(crate) service: Service,
    pub(crate) source: Source,
    pub(crate) seen: Seen,
    pub(crate) edge: Arc<Edge>,
    pub(crate) log: Option<(LogHandle, bool)>,
}

impl Watched {
    /// Watches until stopped.
    pub(crate) fn spawn(self, tasks: &TaskTracker, stop: &CancellationToken) {
        let Self { service, source, seen, edge, log } = self;
        tasks.spawn(follow(service.clone(), edge, log, stop.clone()));
        let stop = stop.clone();
        let reread = reread(service, source, seen);
        tasks.spawn(async move { stop.run_until_cancelled(reread).await });
    }
}

/// Effective settings to doors, certificate and log; also when certificate files change or a minute
/// has passed, since ports become free and certificates end. Opening doors is not cut short.
async fn follow(
    service: Service,
    edge: Arc<Edge>,
    log: Option<(LogHandle, bool)>,
    stop: CancellationToken,
) {
    let mut settings = service.watch_settings();
    loop {
        let settled = settings.borrow_and_update().clone();
        if let Some((log, colour)) = &log {
            log.change(&settled.settings.log, *colour);
        }
        let mut files = match &settled.settings.tls {
            Tls::Files { certificate, key } => watches([certificate, key], &service),
            Tls::SelfSigned | Tls::Off => Vec::new(),
        };
        // What could not be opened is tried again at the next turn.
        edge.tell(edge.reconcile().await);
        let look_again = later(service.now(), LOOK_AGAIN);
        tokio::select! {
            changed = settings.changed() => if changed.is_err() { return },
            () = any(&mut files) => {}
            () = stop.cancelled() => return,
            () = service.clock().sleep_until(look_again) => {}
        }
    }
}

/// Files and what was in them before they were read, so that no change falls between.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Seen {
    files: Vec<PathBuf>,
    digests: Vec<Option<[u8; 32]>>,
}

impl Seen {
    /// What is in these files now.
    pub(crate) fn of(files: &[PathBuf]) -> Self {
        let digest = |bytes: &[u8]| {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
            <[u8; 32]>::try_from(digest.as_ref()).ok()
        };
        let read = |file: &PathBuf| std::fs::read(file).ok().and_then(|bytes| digest(&bytes));
        Self { files: files.to_vec(), digests: files.iter().map(read).collect() }
    }
}

/// The written settings, whenever a file they came from, or a plugin they are checked against,
/// changes.
async fn reread(service: Service, mut source: Source, mut seen: Seen) {
    let mut known = known_plugins(&service);
    let mut refused = String::new();
    loop {
        // A file that was there and is gone is no empty one: its backends would go with their secrets.
        source.file_must_exist |= source.file.as_deref().is_some_and(Path::is_file);
        // Watching begins before looking, so that nothing happens unseen between the two.
        let mut watches = watches(&seen.files, &service);
        let (now_seen, now_known) = (Seen::of(&seen.files), known_plugins(&service));
        if now_seen == seen && now_known == known {
            any(&mut watches).await;
            continue;
        }
        (seen, known) = (now_seen, now_known);
        let manifests = components::manifests(service.sandbox());
        match settings::load(&source, &manifests, service.now()) {
            Ok(loaded) => {
                refused.clear();
                for warning in &loaded.warnings {
                    tracing::warn!("{warning:#}");
                }
                if loaded.files != seen.files {
                    seen = Seen::of(&loaded.files);
                }
                apply(&service, loaded.settled).await;
            }
            Err(problems) => refuse(&service, &problems.to_string(), &mut refused).await,
        }
    }
}

/// The old settings go on; the same mistake is told and recorded once.
async fn refuse(service: &Service, words: &str, refused: &mut String) {
    if words == refused {
        return;
    }
    tracing::error!("the changed settings are not used, the old ones go on:\n{words}");
    let first = words.lines().next().unwrap_or_default();
    if let Err(cause) = service::settings::refused(service, first).await {
        tracing::error!(%cause, "that settings were refused could not be recorded");
    }
    words.clone_into(refused);
}

async fn apply(service: &Service, settled: Settled) {
    let consent = settled.settings.plugin_consent.clone();
    match service::settings::apply(service, settled).await {
        Ok(()) => tracing::info!("the changed settings are used"),
        Err(cause) => {
            tracing::error!(%cause, "the changed settings could not be used");
            return;
        }
    }
    let sandbox = service.sandbox().clone();
    let accepted = tokio::task::spawn_blocking(move || {
        for (id, sha256) in &consent {
            if let Ok(id) = PluginId::parse(id) {
                for change in sandbox.consent(&id, sha256) {
                    tracing::info!(plugin.id = %id, ?change, "consent by file");
                }
            }
        }
    });
    if let Err(cause) = accepted.await {
        tracing::error!(%cause, "consent by file could not be given");
    }
}

fn watches<P: AsRef<Path>>(files: impl IntoIterator<Item = P>, service: &Service) -> Vec<Watch> {
    let folders: BTreeSet<PathBuf> =
        files.into_iter().filter_map(|file| file.as_ref().parent().map(Path::to_owned)).collect();
    folders.iter().map(|folder| Watch::folder(folder, service.clock().clone())).collect()
}

/// Returns when one of them changed; never where there is none.
async fn any(watches: &mut [Watch]) {
    if watches.is_empty() {
        return core::future::pending().await;
    }
    let all = watches.iter_mut().map(|watch| Box::pin(watch.changed()));
    let _first = futures_util::future::select_all(all).await;
}

fn known_plugins(service: &Service) -> Vec<String> {
    components::manifests(service.sandbox())
        .values()
        .map(|manifest| format!("{} {}", manifest.id.as_str(), manifest.version))
        .collect()
}
