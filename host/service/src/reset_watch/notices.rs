//! The system's notices about files in one folder.
//!
//! Guarantees: a file is told of when whoever wrote it has closed it, and when it was moved in; where
//! notices may have been lost, that is told instead. Does not: look into a file or a deeper folder.

use crate::reset_watch::folder::{Fit, fit};
use domain::resets::FilePattern;
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

/// Notices that wait before it counts as a gap.
const WAITING: usize = 1_024;

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A file is whole: written and closed, or moved in.
    Written(String),
    /// Rights or times of a file were changed.
    Touched(String),
    /// A file was deleted.
    Deleted(String),
    /// A file was moved away.
    MovedAway(String),
    /// The folder itself has changed, or notices were lost: look at everything.
    Gap,
}

/// Notices of one folder, until it is dropped.
pub(crate) struct Notices {
    receiver: mpsc::Receiver<Notice>,
    lost: Arc<AtomicBool>,
    /// Keeps the notices coming.
    _watcher: RecommendedWatcher,
}

impl Notices {
    /// Listens; blocks for a moment.
    ///
    /// # Errors
    /// The system's words.
    pub(crate) fn of(folder: &Path, patterns: Vec<FilePattern>) -> Result<Self, String> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let lost = Arc::new(AtomicBool::new(false));
        let (itself, overflow) = (folder.to_owned(), Arc::clone(&lost));
        let tell = move |event: notify::Result<notify::Event>| {
            let Some(notice) = notice(&event, &itself, &patterns) else { return };
            if let Err(mpsc::error::TrySendError::Full(_)) = sender.try_send(notice) {
                // Whoever takes the next one sees this.
                overflow.store(true, Ordering::Release);
            }
        };
        let watcher = notify::recommended_watcher(tell).and_then(|mut watcher| {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        let watcher = watcher.map_err(|error| error.to_string())?;
        Ok(Self { receiver, lost, _watcher: watcher })
    }

    /// The next one. Cancel safe.
    pub(crate) async fn next(&mut self) -> Notice {
        let notice = self.receiver.recv().await;
        if self.lost.swap(false, Ordering::AcqRel) {
            return Notice::Gap;
        }
        // Without a sender there will be no more: what is left is to look.
        notice.unwrap_or(Notice::Gap)
    }
}

fn notice(
    event: &notify::Result<notify::Event>,
    folder: &Path,
    patterns: &[FilePattern],
) -> Option<Notice> {
    let Ok(event) = event else { return Some(Notice::Gap) };
    if event.need_rescan() {
        return Some(Notice::Gap);
    }
    let of: fn(String) -> Notice = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Notice::Written,
        EventKind::Modify(ModifyKind::Metadata(_)) => Notice::Touched,
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) => Notice::MovedAway,
        EventKind::Remove(_) => Notice::Deleted,
        // Made, opened, written to: whoever does it closes it in the end.
        _ => return None,
    };
    let path = event.paths.first()?;
    if path == folder {
        return Some(Notice::Gap);
    }
    match fit(path.file_name()?, patterns) {
        Fit::Yes(name) => Some(of(name)),
        // Those are told of when everything is looked at.
        Fit::Odd(_) => Some(Notice::Gap),
        Fit::No => None,
    }
}
