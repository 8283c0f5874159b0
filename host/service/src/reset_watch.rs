//! Folders in which backends leave reset files: what is watched, how that goes, what was found.
//!
//! Guarantees: each request is acted upon once; each thing that can be wrong with a folder or a file has
//! a state that an admin sees and one line in the activity; nothing in a folder is ever written to,
//! apart from the harmless file of a trial. Does not: know what is in a file; the backend's plugin does.

mod crew;
mod files;
mod folder;
mod notices;
mod reader;
mod sighting;
mod told;
mod trial;
mod worker;

use crate::activity::{actor, note};
use crate::clock::earlier;
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use core::time::Duration;
use domain::activity::{ActivityKind, NewActivity};
use domain::backends::SetBy;
use domain::ids::BackendId;
use domain::resets::{ResetMail, Sighting, Watch};
use domain::role::Admin;
use domain::settings::Source;
use jiff::Timestamp;
use sighting::Digests;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use store::WriteTx;
use tokio_util::sync::CancellationToken;

pub use crate::lookout::{Because, FileRemark, How, WatchState};
pub use trial::{Trial, TrialStep};

/// Sightings that a view shows.
const RECENT: usize = 20;
/// Sightings looked through for them.
const AMONG: usize = 500;
/// Seconds between two looks at most.
const LONGEST_POLL: u32 = 3_600;
/// Bytes of a path, as the system allows.
const LONGEST_PATH: usize = 4_095;
/// How long it is remembered what was found.
const KEPT: Duration = Duration::from_secs(90 * 86_400);

/// A watch with everything an admin's page shows.
#[derive(Debug, Clone)]
pub struct WatchView {
    /// As configured.
    pub watch: Watch,
    /// Where it is set, if not in the pages: it is locked there.
    pub locked: Option<Source>,
    /// How it is doing.
    pub state: WatchState,
    /// Since when.
    pub since: Option<Timestamp>,
    /// When a request was last found.
    pub last_sighting: Option<Timestamp>,
    /// Files that need a look; some of them keep the backend's own PIN page from working.
    pub blocking: Vec<FileRemark>,
    /// Files whose requests were over for a day or more when they were found.
    pub old_files: usize,
    /// The last requests, the newest first.
    pub recent: Vec<Sighting>,
}

/// A watch as typed.
#[derive(Debug, Clone)]
pub struct WatchDraft {
    /// The folder, as this program sees it.
    pub directory: PathBuf,
    /// Seconds between two looks; 0: chosen by the file system.
    pub poll_seconds: u32,
    /// What the mail carries.
    pub mail: ResetMail,
}

/// All watches, by backend.
///
/// # Errors
/// Only our own.
pub async fn list(service: &Service) -> Result<Vec<WatchView>> {
    let mut views = Vec::new();
    for watch in crew::effective(service).await? {
        views.push(view(service, watch).await?);
    }
    Ok(views)
}

/// One backend's watch.
///
/// # Errors
/// `NotFound`.
pub async fn get(service: &Service, backend: &BackendId) -> Result<WatchView> {
    let watch = holding(service, backend).await?;
    view(service, watch).await
}

async fn holding(service: &Service, backend: &BackendId) -> Result<Watch> {
    let mut watches = crew::effective(service).await?.into_iter();
    let found = watches.find(|watch| watch.backend == *backend);
    found.ok_or(ServiceError::NotFound { what: "watch" })
}

async fn view(service: &Service, watch: Watch) -> Result<WatchView> {
    let backend = watch.backend.clone();
    let recent =
        service.read(move |tx| Ok(tx.resets().latest_of(&backend, RECENT, AMONG)?)).await?;
    let seen = service.inside().lookout.seen(&watch.backend);
    let since = seen.as_ref().map(|seen| seen.since);
    let old_files = seen.as_ref().map_or(0, |seen| seen.old_files);
    let (state, blocking) = match seen {
        Some(seen) => (seen.state, seen.remarks.into_values().collect()),
        None => (WatchState::Starting, Vec::new()),
    };
    Ok(WatchView {
        locked: locked(service, &watch.backend),
        last_sighting: recent.first().map(|sighting| sighting.seen_at),
        watch,
        state,
        since,
        blocking,
        old_files,
        recent,
    })
}

fn key(backend: &BackendId) -> String {
    format!("reset_watch.{backend}")
}

/// Where a watch is set, if not in the pages.
fn locked(service: &Service, backend: &BackendId) -> Option<Source> {
    let written = service.written();
    let is_in_file = written.settings.reset_watches.iter().any(|watch| watch.backend == *backend);
    let source = || written.sources.get(&key(backend)).cloned();
    is_in_file.then(|| source().unwrap_or(Source::File { line: 0 }))
}

fn unlocked(service: &Service, backend: &BackendId) -> Result<()> {
    match locked(service, backend) {
        Some(by) => Err(ServiceError::Locked { key: key(backend), by }),
        None => Ok(()),
    }
}

fn checked(draft: &WatchDraft) -> Result<()> {
    let mut fields = Vec::new();
    let path = draft.directory.as_os_str().as_bytes();
    if path.is_empty() {
        fields.push(FieldProblem::new("directory", "required"));
    } else if !draft.directory.is_absolute() || path.contains(&0) {
        fields.push(FieldProblem::new("directory", "not-a-path"));
    } else if path.len() > LONGEST_PATH {
        fields.push(FieldProblem::new("directory", "too-long").with("max", LONGEST_PATH));
    }
    if draft.poll_seconds > LONGEST_POLL {
        let range = FieldProblem::new("poll_seconds", "range");
        fields.push(range.with("min", 0).with("max", LONGEST_POLL));
    }
    if fields.is_empty() { Ok(()) } else { Err(ServiceError::Invalid { fields }) }
}

fn line(service: &Service, by: &Admin, kind: ActivityKind, backend: &BackendId) -> NewActivity {
    NewActivity::new(service.now(), actor(by), kind).with("backend", backend.as_str())
}

/// Sets a watch up, or changes it. The folder need not be there yet.
///
/// # Errors
/// `NotFound` for an unknown backend; `Invalid`; `Locked` for one that the file sets.
pub async fn put(
    service: &Service,
    by: &Admin,
    backend: &BackendId,
    draft: WatchDraft,
) -> Result<WatchView> {
    if service.inside().board.look(backend, |_entry| ()).is_none() {
        return Err(ServiceError::NotFound { what: "backend" });
    }
    unlocked(service, backend)?;
    checked(&draft)?;
    let watch = Watch {
        backend: backend.clone(),
        directory: draft.directory,
        poll_seconds: draft.poll_seconds,
        mail: draft.mail,
        set_by: SetBy::Page,
    };
    let line = line(service, by, ActivityKind::ResetWatchSet, backend)
        .with("directory", shown(&watch.directory));
    let kept = watch.clone();
    service
        .write_aside(move |tx| {
            if tx.resets().watch(&kept.backend)?.as_ref() != Some(&kept) {
                tx.resets().put_watch(&kept)?;
                note(tx, line)?;
            }
            Ok(())
        })
        .await?;
    service.inside().lookout.poke();
    view(service, watch).await
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().escape_debug().to_string()
}

/// Removes a watch; what was found is remembered, so that setting it up again repeats nothing.
///
/// # Errors
/// `NotFound`; `Locked` for one that the file sets.
pub async fn remove(service: &Service, by: &Admin, backend: &BackendId) -> Result<()> {
    unlocked(service, backend)?;
    let line = line(service, by, ActivityKind::ResetWatchRemoved, backend);
    let gone = backend.clone();
    service
        .write_aside(move |tx| {
            if tx.resets().delete_watch(&gone)?.is_none() {
                return Err(ServiceError::NotFound { what: "watch" });
            }
            told::Told::forget(tx, &gone)?;
            note(tx, line)
        })
        .await?;
    service.inside().lookout.poke();
    Ok(())
}

/// Puts a harmless file into the folder, tells whether it was seen, and takes it away again. Goes on to
/// its end if nobody waits any more.
///
/// # Errors
/// `NotFound`; `Busy` while another trial of this watch runs.
pub async fn try_it(service: &Service, _by: &Admin, backend: &BackendId) -> Result<Trial> {
    let watch = holding(service, backend).await?;
    let digests = Digests::of(service.store())?;
    let here = service.clone();
    let done = tokio::spawn(async move { trial::run((&here, &here), &digests, &watch).await });
    done.await.unwrap_or_else(|error| Err(ServiceError::internal(error)))
}

/// Watches until it is told to stop.
pub(crate) async fn run(service: Service, stop: CancellationToken) {
    let reader = service.clone();
    crew::run(service, reader, stop).await;
}

/// Forgets what was found long ago; how many. A file of then that still lies there is over by itself.
///
/// # Errors
/// The store's.
pub(crate) fn sweep(tx: &WriteTx, now: Timestamp, limit: usize) -> Result<usize> {
    Ok(tx.resets().sweep(earlier(now, KEPT), limit)?)
}

#[cfg(test)]
mod tests;
