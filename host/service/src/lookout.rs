//! What is known about each watched folder right now, in memory.
//!
//! Guarantees: a look never waits for a file system or a plugin; the harmless file of a trial is known
//! from the moment before it is written. Does not: watch anything or keep anything;
//! [`crate::reset_watch`] does.

use domain::fault::Fault;
use domain::ids::BackendId;
use domain::resets::Remark;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot, watch};

/// How a folder is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// By the system's notices, and by looking now and then.
    Inotify,
    /// By looking.
    Polling,
}

/// Why it is watched so.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "is", content = "detail")]
pub enum Because {
    /// The file system tells of every change.
    Local,
    /// The admin chose so.
    Chosen,
    /// What others do on this kind of file system is not told: `nfs`, `cifs`, `fuse`, ...
    FileSystem(String),
    /// The system gives no notices: why.
    NoNotices(String),
}

/// How a watch is doing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum WatchState {
    /// Not looked yet.
    Starting,
    /// All is well.
    Watching {
        /// By which means.
        how: How,
        /// Seconds between two looks.
        every_seconds: u32,
        /// Why so.
        because: Because,
    },
    /// There is no such folder; it is waited for.
    FolderMissing,
    /// The folder cannot be read; tried again.
    Unreadable {
        /// The system's words.
        why: String,
    },
    /// The plugin knows no reset files.
    NotSupported,
    /// The plugin is not there, or does not do its work; tried again.
    BackendDown {
        /// What it said.
        fault: Fault,
    },
}

impl WatchState {
    /// In one word, for the activity and the catalogue.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Watching { .. } => "watching",
            Self::FolderMissing => "folder-missing",
            Self::Unreadable { .. } => "unreadable",
            Self::NotSupported => "not-supported",
            Self::BackendDown { .. } => "backend-down",
        }
    }
}

/// What an admin should know of one file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FileRemark {
    /// Its name, readable; `*`: several.
    pub file: String,
    /// Open vocabulary: `host.reset-incomplete`, `jellyfin.reset-damaged`.
    pub code: String,
    /// One sentence without a secret.
    pub detail: String,
}

impl FileRemark {
    /// What is said of a file.
    pub(crate) fn of(file: &str, remark: Remark) -> Self {
        Self { file: file.to_owned(), code: remark.code, detail: remark.detail }
    }
}

/// What is known about one folder.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) state: WatchState,
    pub(crate) since: Timestamp,
    /// By file.
    pub(crate) remarks: BTreeMap<String, FileRemark>,
    /// Files whose requests were over long before they were found.
    pub(crate) old_files: usize,
    /// Looks at the whole folder so far.
    pub(crate) looks: u64,
}

impl Seen {
    fn new(now: Timestamp) -> Self {
        let remarks = BTreeMap::new();
        Self { state: WatchState::Starting, since: now, remarks, old_files: 0, looks: 0 }
    }
}

/// A harmless file that somebody waits for.
struct Trial {
    digest: String,
    seen: Option<oneshot::Sender<()>>,
}

struct Post {
    seen: Seen,
    wake: Arc<Notify>,
    trial: Option<Trial>,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Lookout {
    posts: Mutex<BTreeMap<BackendId, Post>>,
    /// What is to be watched may have changed.
    changes: watch::Sender<u64>,
    /// What is known has changed.
    news: watch::Sender<u64>,
}

impl Lookout {
    fn posts(&self) -> MutexGuard<'_, BTreeMap<BackendId, Post>> {
        self.posts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be watched, or how a backend is reached, may have changed.
    pub(crate) fn poke(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Tells of every poke.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Tells whenever something new is known.
    #[cfg(test)]
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Puts a folder up; what wakes its worker.
    pub(crate) fn open(&self, backend: &BackendId, now: Timestamp) -> Arc<Notify> {
        let mut posts = self.posts();
        let post = posts.entry(backend.clone()).or_insert_with(|| Post {
            seen: Seen::new(now),
            wake: Arc::new(Notify::new()),
            trial: None,
        });
        post.seen = Seen::new(now);
        post.wake.clone()
    }

    /// Takes a folder down.
    pub(crate) fn close(&self, backend: &BackendId) {
        self.posts().remove(backend);
    }

    /// What is known; `None` where nobody watches.
    pub(crate) fn seen(&self, backend: &BackendId) -> Option<Seen> {
        self.posts().get(backend).map(|post| post.seen.clone())
    }

    /// Notes something new.
    pub(crate) fn note(&self, backend: &BackendId, note: impl FnOnce(&mut Seen)) {
        if let Some(post) = self.posts().get_mut(backend) {
            note(&mut post.seen);
        }
        self.news.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Begins a trial with a file of that digest; `None` while another one runs, and where nobody
    /// watches.
    pub(crate) fn begin_trial(
        &self,
        backend: &BackendId,
        digest: &str,
    ) -> Option<oneshot::Receiver<()>> {
        let mut posts = self.posts();
        let post = posts.get_mut(backend).filter(|post| post.trial.is_none())?;
        let (sender, receiver) = oneshot::channel();
        post.trial = Some(Trial { digest: digest.to_owned(), seen: Some(sender) });
        Some(receiver)
    }

    /// Ends the trial of that digest.
    pub(crate) fn end_trial(&self, backend: &BackendId, digest: &str) {
        if let Some(post) = self.posts().get_mut(backend)
            && post.trial.as_ref().is_some_and(|trial| trial.digest == digest)
        {
            post.trial = None;
        }
    }

    /// A request of that digest was found: whether it is the one of a trial, whose waiter hears of it.
    pub(crate) fn is_trial(&self, backend: &BackendId, digest: &str) -> bool {
        let mut posts = self.posts();
        let trial = posts.get_mut(backend).and_then(|post| post.trial.as_mut());
        let Some(trial) = trial.filter(|trial| trial.digest == digest) else { return false };
        if let Some(waiter) = trial.seen.take() {
            // Whoever waited may have gone away.
            let _told = waiter.send(()).is_ok();
        }
        true
    }
}
