//! Trying a watch out: a harmless file is put there, and it is told whether it was seen.
//!
//! Guarantees: the file is taken away again, also after a crash at any moment; nobody gets a mail for
//! it, because its request is over and known beforehand. Does not: touch any other file.

use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::lookout::{How, WatchState};
use crate::reset_watch::reader::Reader;
use crate::reset_watch::sighting::Digests;
use core::time::Duration;
use domain::fault::{Fault, FaultKind};
use domain::ids::BackendId;
use domain::resets::{Reading, Specimen, Watch};
use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Whose request the file is: no backend has an account of this name.
const NOBODY: &str = "latchkey-trial";
/// How long it may take until the file is seen, besides two looks where it is looked for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of trying a watch out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Whether the file was seen.
    pub seen: bool,
    /// How long that took, in milliseconds.
    pub after_ms: Option<u64>,
    /// How it was seen.
    pub how: Option<How>,
    /// What was done, in order.
    pub steps: Vec<TrialStep>,
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrialStep {
    /// `watch`, `make`, `write`, `see`, `remove`.
    pub name: &'static str,
    /// Whether it worked.
    pub passed: bool,
    /// The catalogue has words for it: `watching`, `not-watching`, `made`, `not-made`, `written`,
    /// `read-only`, `not-written`, `seen`, `not-seen`, `removed`, `not-removed`. That a folder cannot be
    /// written to is fine: then somebody has to press "Forgot password" at the backend instead.
    pub code: &'static str,
    /// The system's or the plugin's own words, where there are any.
    pub detail: String,
}

impl Trial {
    fn step(&mut self, name: &'static str, passed: bool, (code, detail): (&'static str, String)) {
        self.steps.push(TrialStep { name, passed, code, detail });
    }
}

/// What a trial leaves behind if the process dies.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Leftover {
    directory: PathBuf,
    file: String,
    digest: String,
}

fn row(backend: &BackendId) -> String {
    format!("reset-watch-trial.{backend}")
}

/// Takes away what a trial of a former run left; its digest, in case that does not work.
pub(crate) async fn clear_leftover(service: &Service, backend: &BackendId) -> Option<String> {
    let name = row(backend);
    let found: Result<Option<Leftover>> = service.read(move |tx| Ok(tx.meta().get(&name)?)).await;
    let leftover = match found {
        Ok(found) => found?,
        Err(error) => {
            tracing::warn!(backend.id = %backend, error = %error, "what a trial left behind cannot be read");
            return None;
        }
    };
    let path = leftover.directory.join(&leftover.file);
    let removed = tokio::task::spawn_blocking(move || remove(&path)).await;
    match removed {
        Ok(Ok(())) => forget(service, backend).await,
        Ok(Err(error)) => {
            tracing::warn!(backend.id = %backend, error = %error, file = leftover.file, "a file that a trial left behind cannot be removed");
        }
        Err(error) => tracing::error!(error = %error, "removing a file broke off"),
    }
    Some(leftover.digest)
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn forget(service: &Service, backend: &BackendId) {
    let name = row(backend);
    let forgotten = service
        .write_aside(move |tx| {
            tx.meta().delete(&name)?;
            Ok(())
        })
        .await;
    if let Err(error) = forgotten {
        tracing::warn!(backend.id = %backend, error = %error, "a trial could not be forgotten; the next start does it");
    }
}

/// A file that is taken away when this is dropped.
struct Laid(PathBuf);

impl Drop for Laid {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.0) {
            tracing::warn!(error = %error, "the file of a trial cannot be removed; the next start tries again");
        }
    }
}

/// Tries a watch out.
///
/// # Errors
/// `Busy` while another trial of it runs; the store's.
pub(crate) async fn run<R: Reader>(
    (service, reader): (&Service, &R),
    digests: &Digests,
    watch: &Watch,
) -> Result<Trial> {
    let mut trial = Trial::default();
    let known = service.inside().lookout.seen(&watch.backend).map(|seen| seen.state);
    let (how, every) = match known.unwrap_or(WatchState::Starting) {
        WatchState::Watching { how, every_seconds, .. } => (how, every_seconds),
        other => {
            trial.step("watch", false, ("not-watching", other.code().to_owned()));
            return Ok(trial);
        }
    };
    trial.step("watch", true, ("watching", String::new()));
    let (specimen, digest) = match made(reader, digests, &watch.backend).await {
        Ok(made) => made,
        Err(fault) => {
            trial.step("make", false, ("not-made", fault.detail));
            return Ok(trial);
        }
    };
    trial.step("make", true, ("made", specimen.file_name.clone()));
    let Some(seen) = service.inside().lookout.begin_trial(&watch.backend, &digest) else {
        return Err(ServiceError::Busy { retry_after: PATIENCE });
    };
    let _ending = Ending { service, backend: &watch.backend, digest: &digest };
    keep(service, watch, &specimen, &digest).await?;
    trial.how = Some(how);
    put((watch, specimen), (seen, patience(how, every)), &mut trial).await;
    if trial.steps.iter().all(|step| step.code != "not-removed") {
        forget(service, &watch.backend).await;
    }
    Ok(trial)
}

fn patience(how: How, every_seconds: u32) -> Duration {
    match how {
        How::Inotify => PATIENCE,
        How::Polling => PATIENCE + 2 * Duration::from_secs(u64::from(every_seconds)),
    }
}

/// Ends a trial, however it ends.
struct Ending<'a> {
    service: &'a Service,
    backend: &'a BackendId,
    digest: &'a str,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.service.inside().lookout.end_trial(self.backend, self.digest);
    }
}

async fn made<R: Reader>(
    reader: &R,
    digests: &Digests,
    backend: &BackendId,
) -> Result<(Specimen, String), Fault> {
    let specimen = reader.specimen(backend, NOBODY).await?;
    let content = specimen.content.expose();
    match reader.read(backend, &specimen.file_name, content).await? {
        Reading::Found(request) => {
            let digest = digests.digest(&request);
            Ok((specimen, digest))
        }
        Reading::Incomplete | Reading::Ignored(_) => {
            let words = "the plugin does not read the file that it made itself";
            Err(Fault::new(FaultKind::BadReply, "host.odd-specimen", words))
        }
    }
}

/// Remembers the file before it is there.
async fn keep(service: &Service, watch: &Watch, specimen: &Specimen, digest: &str) -> Result<()> {
    let leftover = Leftover {
        directory: watch.directory.clone(),
        file: specimen.file_name.clone(),
        digest: digest.to_owned(),
    };
    let name = row(&watch.backend);
    service.write_aside(move |tx| Ok(tx.meta().put(&name, &leftover)?)).await
}

async fn put(
    (watch, specimen): (&Watch, Specimen),
    (seen, patience): (oneshot::Receiver<()>, Duration),
    trial: &mut Trial,
) {
    let path = watch.directory.join(&specimen.file_name);
    let laid = match tokio::task::spawn_blocking(move || write(path, &specimen)).await {
        Ok(Ok(laid)) => laid,
        Ok(Err(error)) => {
            let read_only = matches!(
                error.kind(),
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem
            );
            let code = if read_only { "read-only" } else { "not-written" };
            trial.step("write", false, (code, error.to_string()));
            return;
        }
        Err(error) => {
            trial.step("write", false, ("not-written", error.to_string()));
            return;
        }
    };
    let written = Instant::now();
    trial.step("write", true, ("written", String::new()));
    // Real time, since the file is.
    let told = tokio::time::timeout(patience, seen).await;
    trial.seen = told.is_ok_and(|told| told.is_ok());
    let after_ms = u64::try_from(written.elapsed().as_millis()).unwrap_or(u64::MAX);
    trial.after_ms = trial.seen.then_some(after_ms);
    let code = if trial.seen { "seen" } else { "not-seen" };
    trial.step("see", trial.seen, (code, String::new()));
    let path = laid.0.clone();
    match tokio::task::spawn_blocking(move || remove(&path)).await {
        Ok(Ok(())) => trial.step("remove", true, ("removed", String::new())),
        Ok(Err(error)) => trial.step("remove", false, ("not-removed", error.to_string())),
        Err(error) => trial.step("remove", false, ("not-removed", error.to_string())),
    }
}

/// Writes the file as a backend would: whole, readable for all, nothing overwritten.
fn write(path: PathBuf, specimen: &Specimen) -> std::io::Result<Laid> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = rustix::fs::open(&path, flags, Mode::from_raw_mode(0o644))?;
    let laid = Laid(path);
    // A backend that cannot read it would refuse every PIN meanwhile, whatever our own mask is.
    rustix::fs::fchmod(&opened, Mode::from_raw_mode(0o644))?;
    let mut file = File::from(opened);
    file.write_all(specimen.content.expose())?;
    Ok(laid)
}
