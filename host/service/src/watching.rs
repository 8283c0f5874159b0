//! Noticing that a file or a folder changed, by the system's notices and by looking now and then.
//!
//! Guarantees: a change is noticed on network mounts, too, within the time between two looks; many
//! notices in a row are one. Does not: say what changed; whoever asked looks.

use crate::clock::{Clock, later};
use core::time::Duration;
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use std::path::Path;
use tokio::sync::mpsc;

/// Between two looks without a notice.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// An editor writes a file in several steps: this long must be quiet.
const QUIET: Duration = Duration::from_millis(300);

/// Something that is watched.
pub struct Watch {
    notices: mpsc::Receiver<()>,
    clock: Clock,
    /// Keeps the notices coming.
    _watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Watches a folder, not what is deeper. Where the system gives no notices, only looking is left.
    #[must_use]
    pub fn folder(folder: &Path, clock: Clock) -> Self {
        let (sender, notices) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let read_only = event.as_ref().is_ok_and(|event| event.kind.is_access());
            if !read_only {
                // A full channel holds a notice already; a closed one has nobody to tell.
                let _told = sender.try_send(()).is_ok();
            }
        });
        let watcher = watcher.and_then(|mut watcher| {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        let watcher = watcher.inspect_err(|error| {
            tracing::info!(folder = %folder.display(), error = %error, "no notices from the system; looking every minute");
        });
        Self { notices, clock, _watcher: watcher.ok() }
    }

    /// Watches the folder a file is in, since editors replace files.
    #[must_use]
    pub fn file(file: &Path, clock: Clock) -> Self {
        Self::folder(file.parent().unwrap_or(file), clock)
    }

    /// Returns when it is time to look. Cancel safe: a notice that was taken is followed by a look at the
    /// latest at the next turn.
    pub async fn changed(&mut self) {
        let next_look = later(self.clock.now(), LOOK_EVERY);
        tokio::select! {
            notice = self.notices.recv() => {
                if notice.is_none() {
                    self.clock.sleep_until(next_look).await;
                    return;
                }
            }
            () = self.clock.sleep_until(next_look) => return,
        }
        // Quiet is measured in real time: the files are real, whatever the clock says.
        while tokio::time::timeout(QUIET, self.notices.recv())
            .await
            .is_ok_and(|notice| notice.is_some())
        {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_written_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let mut watch = Watch::file(&file, Clock::system());
        std::fs::write(&file, "a = 1").unwrap();
        watch.changed().await;
    }
}
