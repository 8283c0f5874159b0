//! Watches one folder, for ever: by notices where the system gives them, and by looking.
//!
//! Guarantees: whatever happened while nobody could look is found by the next look; nothing that goes
//! wrong ends it. Does not: read a file; [`crate::reset_watch::files`] does.

use crate::house::Service;
use crate::lookout::{Because, How, WatchState};
use crate::reset_watch::files::{Files, Trouble, Why};
use crate::reset_watch::folder::{self, FileSystem, Identity, NoFolder, Place};
use crate::reset_watch::notices::{Notice, Notices};
use crate::reset_watch::reader::Reader;
use crate::reset_watch::sighting::Digests;
use core::time::Duration;
use domain::resets::{FilePattern, Watch};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Between two looks where every change is told.
const SAFETY: u32 = 60;
/// Between two looks where changes are not told.
const POLL: u32 = 5;
/// Until a folder or a plugin that was not there is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// Watches one folder.
pub(crate) struct Worker<R> {
    service: Service,
    watch: Watch,
    wake: Arc<Notify>,
    files: Files<R>,
}

/// A folder that can be watched, and how.
struct Standing {
    identity: Identity,
    patterns: Vec<FilePattern>,
    notices: Option<Notices>,
    every_seconds: u32,
    because: Because,
}

impl Standing {
    const fn how(&self) -> How {
        if self.notices.is_some() { How::Inotify } else { How::Polling }
    }
}

/// Watches until it is dropped.
pub(crate) async fn watch<R: Reader>(
    outside: (Service, R),
    watch: Watch,
    digests: Digests,
    wake: Arc<Notify>,
) {
    let service = outside.0.clone();
    let files = Files::begin(outside, watch.clone(), digests).await;
    Worker { service, watch, wake, files }.forever().await;
}

impl<R: Reader> Worker<R> {
    async fn forever(mut self) {
        loop {
            let trouble = match self.stand().await {
                Ok(mut standing) => self.keep(&mut standing).await,
                Err(trouble) => trouble,
            };
            match trouble {
                Trouble::Changed => {}
                Trouble::State(state) => {
                    if matches!(state, WatchState::FolderMissing | WatchState::Unreadable { .. }) {
                        self.files.doubt();
                    }
                    self.files.told.state(state).await;
                    self.pause().await;
                }
            }
        }
    }

    async fn pause(&self) {
        tokio::select! {
            () = self.service.clock().rest(RETRY) => {}
            () = self.wake.notified() => {}
        }
    }

    /// Looks at the folder itself, and begins to listen where that is worth something.
    async fn stand(&mut self) -> Result<Standing, Trouble> {
        let patterns = self.files.patterns().await?;
        let (directory, poll, fitting) =
            (self.watch.directory.clone(), self.watch.poll_seconds, patterns.clone());
        let found = self.files.aside(move || -> Result<_, NoFolder> {
            // Listening comes first: what happens behind it is told or seen.
            let place = folder::look(&directory)?;
            let listening =
                listens(&place, poll).then(|| Notices::of(&directory, fitting)).transpose();
            Ok((place, listening))
        });
        let (place, listening) = found.await??;
        let (notices, every_seconds, because) = match (poll, place.kind, listening) {
            (1.., _, _) => (None, poll, Because::Chosen),
            (0, FileSystem::Remote(name), _) => (None, POLL, Because::FileSystem(name.to_owned())),
            (0, _, Err(why)) => (None, POLL, Because::NoNotices(why)),
            (0, FileSystem::Layered, Ok(notices)) => (notices, POLL, Because::Local),
            (0, FileSystem::Local, Ok(notices)) => (notices, SAFETY, Because::Local),
        };
        let identity = place.identity;
        Ok(Standing { identity, patterns, notices, every_seconds, because })
    }

    /// Watches as long as the folder is the same; why it ended.
    async fn keep(&mut self, standing: &mut Standing) -> Trouble {
        let every = Duration::from_secs(u64::from(standing.every_seconds));
        loop {
            if let Err(trouble) = self.files.look(&standing.patterns, standing.identity).await {
                return self.broken_off(trouble).await;
            }
            let state = WatchState::Watching {
                how: standing.how(),
                every_seconds: standing.every_seconds,
                because: standing.because.clone(),
            };
            self.files.told.state(state).await;
            let clock = self.service.clock().clone();
            let mut rest = core::pin::pin!(clock.rest(every));
            loop {
                let done = tokio::select! {
                    notice = next(&mut standing.notices) => self.noticed(notice).await,
                    () = at(self.files.next_again()) => self.files.again().await,
                    () = &mut rest => break,
                    () = self.wake.notified() => break,
                };
                if let Err(trouble) = done {
                    return self.broken_off(trouble).await;
                }
            }
            if matches!(standing.because, Because::NoNotices(_)) {
                // Where notices had run out, there may be some again.
                return Trouble::Changed;
            }
        }
    }

    async fn broken_off(&mut self, trouble: Trouble) -> Trouble {
        if matches!(trouble, Trouble::Changed) {
            self.files.doubt();
            // A folder that is another one at every look would be looked at without end.
            tokio::time::sleep(SETTLE).await;
        }
        trouble
    }

    async fn noticed(&mut self, notice: Notice) -> Result<(), Trouble> {
        match notice {
            Notice::Written(name) => self.files.take(&name, Why::Written).await,
            Notice::Touched(name) if self.files.is_unreadable(&name) => {
                self.files.take(&name, Why::Written).await
            }
            Notice::Touched(_) => Ok(()),
            Notice::Deleted(name) => self.files.take(&name, Why::Look).await,
            Notice::MovedAway(name) => self.files.take(&name, Why::MovedAway).await,
            Notice::Gap => Err(Trouble::Changed),
        }
    }
}

/// Before a folder that has changed is looked at anew. Real time, since the folder is.
const SETTLE: Duration = Duration::from_millis(50);

const fn listens(place: &Place, poll_seconds: u32) -> bool {
    poll_seconds == 0 && !matches!(place.kind, FileSystem::Remote(_))
}

async fn next(notices: &mut Option<Notices>) -> Notice {
    match notices {
        Some(notices) => notices.next().await,
        None => core::future::pending().await,
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => core::future::pending().await,
    }
}
