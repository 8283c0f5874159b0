//! What an admin was told about one watch, so that every change is one line in the activity.
//!
//! Guarantees: a restart repeats nothing; what is shown and what is written down change together.
//! Does not: decide what is odd.

use crate::activity::note;
use crate::error::Result;
use crate::house::Service;
use crate::lookout::{FileRemark, WatchState};
use crate::reset_watch::sighting::about;
use domain::activity::{ActivityKind, NewActivity};
use domain::ids::BackendId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Files that are remembered; of more, the rest is shown and not written down.
const MOST: usize = 200;

/// What was told.
pub(crate) struct Told {
    service: Service,
    backend: BackendId,
    kept: Kept,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// Why nothing is seen; none: all is well.
    down: Option<String>,
    /// By file, the code.
    files: BTreeMap<String, String>,
}

fn row(backend: &BackendId) -> String {
    format!("reset-watch-told.{backend}")
}

impl Told {
    /// As of the last run; where that cannot be read, of nothing.
    pub(crate) async fn load(service: Service, backend: BackendId) -> Self {
        let name = row(&backend);
        let kept = service.read(move |tx| Ok(tx.meta().get(&name)?)).await;
        let kept = kept.unwrap_or_else(|error| {
            tracing::warn!(backend.id = %backend, error = %error, "what was told about reset files cannot be read");
            None
        });
        Self { service, backend, kept: kept.unwrap_or_default() }
    }

    /// Forgets everything, with the watch.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn forget(tx: &store::WriteTx, backend: &BackendId) -> Result<()> {
        tx.meta().delete(&row(backend))?;
        Ok(())
    }

    /// How the watch is doing.
    pub(crate) async fn state(&mut self, state: WatchState) {
        let down = match &state {
            WatchState::Starting | WatchState::Watching { .. } => None,
            other => Some(other.code().to_owned()),
        };
        let (now, detail) = (self.service.now(), detail(&state));
        if self.kept.down != down {
            self.kept.down.clone_from(&down);
            let line = match down {
                Some(why) => self.line(ActivityKind::ResetWatchDown).with("why", why),
                None => self.line(ActivityKind::ResetWatchBack),
            };
            let line = if detail.is_empty() { line } else { line.with("detail", detail) };
            self.write(line).await;
        }
        self.service.inside().lookout.note(&self.backend, |seen| {
            if seen.state != state {
                seen.since = now;
                seen.state = state;
            }
        });
    }

    /// A file is odd, and why.
    pub(crate) async fn odd(&mut self, remark: FileRemark) {
        let told = self.kept.files.get(&remark.file);
        let is_new = told.is_none_or(|code| *code != remark.code);
        if is_new && (told.is_some() || self.kept.files.len() < MOST) {
            self.kept.files.insert(remark.file.clone(), remark.code.clone());
            let line = self
                .line(ActivityKind::ResetFileOdd)
                .with("file", remark.file.as_str())
                .with("code", remark.code.as_str())
                .with("detail", remark.detail.as_str());
            self.write(line).await;
        }
        self.service.inside().lookout.note(&self.backend, |seen| {
            seen.remarks.insert(remark.file.clone(), remark);
        });
    }

    /// A file is as it should be, or gone.
    pub(crate) async fn fine(&mut self, file: &str) {
        if self.kept.files.remove(file).is_some() {
            let line = self.line(ActivityKind::ResetFileFine).with("file", file);
            self.write(line).await;
        }
        self.service.inside().lookout.note(&self.backend, |seen| {
            seen.remarks.remove(file);
        });
    }

    /// Files of which something was told.
    pub(crate) fn files(&self) -> Vec<String> {
        self.kept.files.keys().cloned().collect()
    }

    /// What was told of a file.
    pub(crate) fn code(&self, file: &str) -> Option<&str> {
        self.kept.files.get(file).map(String::as_str)
    }

    fn line(&self, kind: ActivityKind) -> NewActivity {
        about(self.service.now(), kind, &self.backend)
    }

    async fn write(&self, line: NewActivity) {
        let (name, kept) = (row(&self.backend), self.kept.clone());
        let written = self
            .service
            .write_aside(move |tx| {
                tx.meta().put(&name, &kept)?;
                note(tx, line)
            })
            .await;
        if let Err(error) = written {
            tracing::error!(backend.id = %self.backend, error = %error, "a change of a reset folder could not be written down");
        }
    }
}

fn detail(state: &WatchState) -> String {
    match state {
        WatchState::Unreadable { why } => why.clone(),
        WatchState::BackendDown { fault } => fault.detail.clone(),
        WatchState::Starting
        | WatchState::Watching { .. }
        | WatchState::FolderMissing
        | WatchState::NotSupported => String::new(),
    }
}
