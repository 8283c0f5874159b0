//! The files of one watched folder: which were read, which are worth another look.
//!
//! Guarantees: a file that is being written is read again shortly and shown only if it stays so; a file
//! that no notice vouches for is acted upon when two reads in a row found the same; one bad file
//! keeps no other one waiting. Does not: wait; [`crate::reset_watch::worker`] does.

use crate::error::ServiceError;
use crate::house::Service;
use crate::lookout::{FileRemark, WatchState};
use crate::reset_watch::folder::{self, Content, Identity, NoFolder};
use crate::reset_watch::reader::Reader;
use crate::reset_watch::sighting::{self, Digests, Found, Next, Question, Word};
use crate::reset_watch::told::Told;
use crate::reset_watch::trial;
use aws_lc_rs::digest::{SHA256, digest};
use core::time::Duration;
use domain::fault::{Fault, FaultKind};
use domain::resets::{FilePattern, Reading, Remark, ResetRequest, Watch};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::time::Instant;

/// Between two reads of a file that is being written: 2 seconds in all. Real time, since the files are.
const BACK_OFF: [u64; 8] = [20, 40, 80, 160, 300, 400, 500, 500];
/// Between the two reads of a file that no notice vouches for.
const CONFIRM: Duration = Duration::from_millis(100);
/// Until a file that went is known to be gone by itself, and not with its whole folder.
const GRACE: Duration = Duration::from_secs(2);
/// Until it is tried again to act upon a file.
const LATER: Duration = Duration::from_secs(5);
/// Files of one look that may meet a backend that does not do its work; then the others wait for the next.
const MOST_FAULTS: usize = 3;
/// A file system that takes longer does not answer.
const SLOW: Duration = Duration::from_secs(30);

/// Why a file is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Whoever wrote it has closed it, or it was moved in.
    Written,
    /// Everything is looked at.
    Look,
    /// It was worth another look.
    Again,
    /// It was moved away.
    MovedAway,
}

/// What keeps a folder from being watched.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Why nothing can be seen.
    State(WatchState),
    /// It is another folder than before, or its file names are others.
    Changed,
}

impl Trouble {
    /// What a plugin's fault means for the watch.
    pub(crate) fn of(fault: Fault) -> Self {
        Self::State(match fault.kind {
            FaultKind::Unsupported => WatchState::NotSupported,
            _ => WatchState::BackendDown { fault },
        })
    }
}

impl From<NoFolder> for Trouble {
    fn from(no: NoFolder) -> Self {
        Self::State(match no {
            NoFolder::Missing => WatchState::FolderMissing,
            NoFolder::Unreadable(why) => WatchState::Unreadable { why },
        })
    }
}

/// What is known of one file.
struct Known {
    hash: Vec<u8>,
    /// Of the request in it, while that is good.
    good: Option<(String, Timestamp)>,
    /// Worth another look while the request is good.
    again: bool,
    /// The request was over by our clock, which may have been wrong.
    over: bool,
    /// It was not there when it was looked for, since then.
    missed: Option<Instant>,
    /// The folder was away or another one since it was seen: that it is gone says nothing.
    in_doubt: bool,
}

impl Known {
    const fn new(hash: Vec<u8>) -> Self {
        Self { hash, good: None, again: false, over: false, missed: None, in_doubt: false }
    }

    /// The digest of a request whose end nobody but its owner can have brought about.
    fn open(&self, now: Timestamp) -> Option<&String> {
        let good = self.good.as_ref().filter(|(_, expires)| !self.in_doubt && *expires > now);
        good.map(|(digest, _)| digest)
    }

    /// Whether the same file can come to something else than before.
    fn is_worth_it(&self, now: Timestamp) -> bool {
        self.again || self.over && self.good.as_ref().is_some_and(|(_, expires)| *expires > now)
    }
}

struct Waiting {
    at: Instant,
    step: usize,
    /// What was read; the same twice is whole.
    hash: Option<Vec<u8>>,
}

/// All of them.
pub(crate) struct Files<R> {
    service: Service,
    reader: R,
    watch: Watch,
    digests: Digests,
    pub(crate) told: Told,
    /// The folder that was looked into last.
    folder: Option<Identity>,
    known: BTreeMap<String, Known>,
    waiting: BTreeMap<String, Waiting>,
    /// Shown as incomplete, with what was read.
    stuck: BTreeMap<String, Vec<u8>>,
    /// Over long before they were found.
    old: BTreeSet<String>,
    /// The digest of a trial that a former run left behind.
    leftover: Option<String>,
    /// The last file of a look that met too many faults: the next one begins behind it.
    ended_at: Option<String>,
}

impl<R: Reader> Files<R> {
    /// Of a folder that nobody has looked into in this run; takes away what a trial of a former one left.
    pub(crate) async fn begin(
        (service, reader): (Service, R),
        watch: Watch,
        digests: Digests,
    ) -> Self {
        let told = Told::load(service.clone(), watch.backend.clone()).await;
        let leftover = trial::clear_leftover(&service, &watch.backend).await;
        Self {
            service,
            reader,
            watch,
            digests,
            told,
            folder: None,
            known: BTreeMap::new(),
            waiting: BTreeMap::new(),
            stuck: BTreeMap::new(),
            old: BTreeSet::new(),
            leftover,
            ended_at: None,
        }
    }

    /// Runs what blocks elsewhere; says so where the file system does not answer, and goes on waiting.
    pub(crate) async fn aside<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Trouble> {
        let mut task = tokio::task::spawn_blocking(work);
        let done = match tokio::time::timeout(SLOW, &mut task).await {
            Ok(done) => done,
            Err(_elapsed) => {
                let why = "the file system does not answer".to_owned();
                self.told.state(WatchState::Unreadable { why }).await;
                task.await
            }
        };
        done.map_err(|error| {
            tracing::error!(backend.id = %self.watch.backend, error = %error, "a look into a folder broke off");
            Trouble::State(WatchState::Unreadable { why: error.to_string() })
        })
    }

    /// Which files the plugin reads.
    ///
    /// # Errors
    /// What keeps the folder from being watched.
    pub(crate) async fn patterns(&self) -> Result<Vec<FilePattern>, Trouble> {
        self.reader.patterns(&self.watch.backend).await.map_err(Trouble::of)
    }

    /// Looks at everything.
    ///
    /// # Errors
    /// What keeps the folder from being watched.
    pub(crate) async fn look(
        &mut self,
        patterns: &[FilePattern],
        identity: Identity,
    ) -> Result<(), Trouble> {
        if self.patterns().await? != patterns {
            return Err(Trouble::Changed);
        }
        let (directory, patterns) = (self.watch.directory.clone(), patterns.to_vec());
        let listing = self.aside(move || folder::list(&directory, &patterns)).await??;
        if listing.identity != identity {
            return Err(Trouble::Changed);
        }
        if self.folder.replace(identity).is_some_and(|before| before != identity) {
            self.doubt();
        }
        self.each(&listing.names, Why::Look).await?;
        for name in &listing.odd {
            self.odd(name, "host.reset-name", "its name is not plain text").await;
        }
        if listing.left_out == 0 {
            self.forget_all_but(&listing.names, &listing.odd).await;
        } else {
            let words = format!(
                "there are {} more reset files than are looked at; delete the old ones",
                listing.left_out
            );
            self.odd("*", "host.reset-too-many", &words).await;
        }
        self.service.inside().lookout.note(&self.watch.backend, |seen| seen.looks += 1);
        Ok(())
    }

    /// Reads files; one for which the backend does not do its work keeps no other one waiting.
    async fn each(&mut self, names: &[String], why: Why) -> Result<(), Trouble> {
        let mut faults = Vec::new();
        let ended_at = self.ended_at.take();
        let behind = names.iter().position(|name| ended_at.as_ref().is_some_and(|end| name > end));
        for name in names.iter().cycle().skip(behind.unwrap_or_default()).take(names.len()) {
            match self.take(name, why).await {
                Err(Trouble::State(state @ WatchState::BackendDown { .. })) => faults.push(state),
                done => done?,
            }
            if faults.len() >= MOST_FAULTS {
                self.ended_at = Some(name.clone());
                break;
            }
        }
        faults.into_iter().next().map_or(Ok(()), |first| Err(Trouble::State(first)))
    }

    /// The folder is away, or may be another one: whatever is not in it any more was not used.
    pub(crate) fn doubt(&mut self) {
        for known in self.known.values_mut() {
            known.in_doubt = true;
        }
    }

    fn count_old(&self) {
        let old = self.old.len();
        self.service.inside().lookout.note(&self.watch.backend, |seen| seen.old_files = old);
    }

    async fn forget_all_but(&mut self, names: &[String], odd: &[String]) {
        let there: BTreeSet<&String> = names.iter().chain(odd).collect();
        let remembered = self.known.keys().chain(self.waiting.keys()).chain(self.stuck.keys());
        let gone: BTreeSet<String> = remembered
            .cloned()
            .chain(self.told.files())
            .filter(|name| !there.contains(name))
            .collect();
        for name in gone {
            self.missed(&name).await;
        }
    }

    /// A file is not there. It may have been moved, and read under its new name only after this; or its
    /// whole folder is being deleted.
    async fn missed(&mut self, name: &str) {
        let (now, known) = (self.service.now(), self.known.get_mut(name));
        let open = known.filter(|known| known.open(now).is_some());
        let since = open.map(|known| *known.missed.get_or_insert_with(Instant::now));
        match since.filter(|since| since.elapsed() < GRACE) {
            Some(since) => {
                let waiting = Waiting { at: since + GRACE, step: 0, hash: None };
                self.waiting.insert(name.to_owned(), waiting);
            }
            None => self.gone(name, Why::Look).await,
        }
    }

    /// Reads one file and does what follows.
    ///
    /// # Errors
    /// What keeps the folder from being watched.
    pub(crate) async fn take(&mut self, name: &str, why: Why) -> Result<(), Trouble> {
        let (directory, file) = (self.watch.directory.clone(), name.to_owned());
        match self.aside(move || folder::read(&directory, &file)).await? {
            Content::NoFolder => return Err(Trouble::Changed),
            Content::Gone(folder) if self.folder != Some(folder) => return Err(Trouble::Changed),
            Content::Gone(_) if why == Why::MovedAway => self.gone(name, why).await,
            Content::Gone(_) => self.missed(name).await,
            Content::Bytes(bytes, changed) => {
                return self.bytes((name, why), &bytes, changed).await;
            }
            Content::TooLarge => {
                self.unread(name, "host.reset-too-large", "it is larger than any reset file").await;
            }
            Content::NotAFile => {
                self.unread(name, "host.reset-not-a-file", "it is a link or no regular file").await;
            }
            Content::Unreadable(words) => {
                let words = format!("it cannot be read: {words}");
                self.unread(name, UNREADABLE, &words).await;
            }
        }
        Ok(())
    }

    async fn bytes(
        &mut self,
        (name, why): (&str, Why),
        bytes: &[u8],
        changed: Option<Timestamp>,
    ) -> Result<(), Trouble> {
        let hash = digest(&SHA256, bytes).as_ref().to_vec();
        let now = self.service.now();
        if let Some(known) = self.known.get_mut(name).filter(|known| known.hash == hash) {
            known.missed = None;
            known.in_doubt = false;
            if !known.is_worth_it(now) {
                self.waiting.remove(name);
                return Ok(());
            }
        }
        match self.reader.read(&self.watch.backend, name, bytes).await {
            Ok(Reading::Incomplete) => self.incomplete(name, why, hash).await,
            Ok(Reading::Ignored(remark)) if self.is_whole(name, why, &hash) => {
                self.settled(name, Known::new(hash));
                self.told.odd(FileRemark::of(name, remark)).await;
            }
            Ok(Reading::Found(request)) if self.is_whole(name, why, &hash) => {
                return self.found(name, hash, request, changed).await;
            }
            Ok(Reading::Ignored(_) | Reading::Found(_)) => {}
            Err(fault) if is_about_the_file(&fault) => {
                self.unread(name, &fault.code, &fault.detail).await;
            }
            Err(fault) => return Err(Trouble::of(fault)),
        }
        Ok(())
    }

    /// Whether what was read can be acted upon; if not, it is read again shortly.
    fn is_whole(&mut self, name: &str, why: Why, hash: &[u8]) -> bool {
        let is_known = self.known.get(name).is_some_and(|known| known.hash == hash);
        if why == Why::Written || is_known {
            return true;
        }
        let (now, waiting) = (Instant::now(), self.waiting.get(name));
        if let Some(same) = waiting.filter(|waiting| waiting.hash.as_deref() == Some(hash)) {
            return same.at <= now;
        }
        let waiting = Waiting { at: now + CONFIRM, step: 0, hash: Some(hash.to_vec()) };
        self.waiting.insert(name.to_owned(), waiting);
        false
    }

    fn settled(&mut self, name: &str, known: Known) {
        self.waiting.remove(name);
        self.stuck.remove(name);
        self.known.insert(name.to_owned(), known);
    }

    async fn incomplete(&mut self, name: &str, why: Why, hash: Vec<u8>) {
        if self.stuck.get(name).is_some_and(|stuck| *stuck == hash) {
            return;
        }
        let step = match self.waiting.get(name) {
            Some(waiting) if why == Why::Again => waiting.step + 1,
            Some(waiting) => waiting.step,
            None => 0,
        };
        if let Some(pause) = BACK_OFF.get(step) {
            let at = Instant::now() + Duration::from_millis(*pause);
            self.waiting.insert(name.to_owned(), Waiting { at, step, hash: None });
            return;
        }
        self.waiting.remove(name);
        self.stuck.insert(name.to_owned(), hash);
        self.odd(name, "host.reset-incomplete", "it is empty, or only half of it is there").await;
    }

    async fn found(
        &mut self,
        name: &str,
        hash: Vec<u8>,
        request: ResetRequest,
        changed: Option<Timestamp>,
    ) -> Result<(), Trouble> {
        self.service.kill_points().pass("reset-read").await;
        let digest = self.digests.digest(&request);
        let backend = &self.watch.backend;
        let is_trial = self.service.inside().lookout.is_trial(backend, &digest);
        if is_trial || self.leftover.as_ref() == Some(&digest) {
            self.settled(name, Known::new(hash));
            return Ok(());
        }
        let (expires, remark) = (request.expires, request.remark.clone());
        let (watch, file) = (self.watch.clone(), name.to_owned());
        let found = Found { watch, file, digest: digest.clone(), request, changed };
        let Some(next) = self.act(found).await? else { return Ok(()) };
        self.service.kill_points().pass("reset-owed").await;
        if next == Next::NoNews {
            self.old.insert(name.to_owned());
        } else {
            self.old.remove(name);
        }
        let (again, over) = (next == Next::LookAgain, expires <= self.service.now());
        let good = Some((digest, expires));
        self.settled(name, Known { good, again, over, ..Known::new(hash) });
        self.count_old();
        match remark {
            Some(remark) => self.told.odd(FileRemark::of(name, remark)).await,
            None => self.told.fine(name).await,
        }
        Ok(())
    }

    /// What is to be done next; `None` where it could not be written down, which the next look makes good.
    async fn act(&self, found: Found) -> Result<Option<Next>, Trouble> {
        if sighting::is_no_news(&found.request, self.service.now()) {
            return Ok(Some(Next::NoNews));
        }
        let found = Arc::new(found);
        let (about, now) = (Arc::clone(&found), self.service.now());
        let asked = self.service.read(move |tx| sighting::question(tx, &about, now)).await;
        let word = match asked {
            Ok(None) => Word::NotAsked,
            Ok(Some(question)) => self.word(&found.request, question).await.map_err(Trouble::of)?,
            Err(error) => return Ok(self.not_written(&error)),
        };
        let service = self.service.clone();
        let settled =
            self.service.write_aside(move |tx| sighting::settle(tx, &service, &found, &word)).await;
        Ok(settled.map_or_else(|error| self.not_written(&error), Some))
    }

    /// Whose request it is, by the backend's own word: names change hands, and we may not know yet.
    async fn word(&self, request: &ResetRequest, question: Question) -> Result<Word, Fault> {
        let backend = &self.watch.backend;
        if let Question::Account(id) = question {
            let account = self.reader.account(backend, &id).await?;
            if let Some(word) = Word::of(request, account) {
                return Ok(word);
            }
        }
        let account = self.reader.find(backend, &request.login_name).await?;
        Ok(Word::of(request, account).unwrap_or(Word::Nobody))
    }

    fn not_written(&self, error: &ServiceError) -> Option<Next> {
        tracing::error!(backend.id = %self.watch.backend, error = %error, "a reset request could not be written down");
        None
    }

    async fn odd(&mut self, name: &str, code: &str, words: &str) {
        let remark = Remark { code: code.to_owned(), detail: words.to_owned() };
        self.told.odd(FileRemark::of(name, remark)).await;
    }

    /// What cannot be read now is read at the next look, whatever was in it before.
    async fn unread(&mut self, name: &str, code: &str, words: &str) {
        self.waiting.remove(name);
        self.known.remove(name);
        self.odd(name, code, words).await;
    }

    async fn gone(&mut self, name: &str, why: Why) {
        self.waiting.remove(name);
        self.stuck.remove(name);
        self.old.remove(name);
        let (now, known) = (self.service.now(), self.known.remove(name));
        let digest = known.and_then(|known| known.open(now).cloned());
        let digest = digest.filter(|digest| !self.is_elsewhere(digest));
        if let Some(digest) = digest.filter(|_| why != Why::MovedAway) {
            self.used_there(digest, now).await;
        }
        self.count_old();
        self.told.fine(name).await;
    }

    /// Whether another file holds the same request.
    fn is_elsewhere(&self, digest: &str) -> bool {
        let mut good = self.known.values().filter_map(|known| known.good.as_ref());
        good.any(|(other, _)| other == digest)
    }

    async fn used_there(&self, digest: String, now: Timestamp) {
        let backend = self.watch.backend.clone();
        let noted = self
            .service
            .write_aside(move |tx| sighting::used_there(tx, now, &backend, &digest))
            .await;
        if let Err(error) = noted {
            tracing::warn!(backend.id = %self.watch.backend, error = %error, "that a reset was used there could not be written down");
        }
    }

    /// Whether a file could not be read when it was looked at last.
    pub(crate) fn is_unreadable(&self, name: &str) -> bool {
        self.told.code(name) == Some(UNREADABLE)
    }

    /// When a file is to be read again.
    pub(crate) fn next_again(&self) -> Option<Instant> {
        self.waiting.values().map(|waiting| waiting.at).min()
    }

    /// Reads files whose time has come.
    ///
    /// # Errors
    /// What keeps the folder from being watched.
    pub(crate) async fn again(&mut self) -> Result<(), Trouble> {
        let now = Instant::now();
        let due = self.waiting.iter().filter(|(_, waiting)| waiting.at <= now);
        let due: Vec<String> = due.map(|(name, _)| name.clone()).collect();
        let done = self.each(&due, Why::Again).await;
        // Where nothing came of it, there would be no pause before the next time.
        for name in due {
            if let Some(waiting) = self.waiting.get_mut(&name).filter(|one| one.at <= now) {
                waiting.at = Instant::now() + LATER;
            }
        }
        done
    }
}

const UNREADABLE: &str = "host.reset-unreadable";

/// Whether it is this file that a plugin cannot take; else it can take none.
const fn is_about_the_file(fault: &Fault) -> bool {
    match fault.kind {
        FaultKind::BadReply
        | FaultKind::Internal
        | FaultKind::InvalidInput
        | FaultKind::TimedOut
        | FaultKind::OutcomeUnknown
        | FaultKind::Conflict
        | FaultKind::NotFound => true,
        FaultKind::WrongCredential
        | FaultKind::Forbidden
        | FaultKind::CredentialRejected
        | FaultKind::Unsupported
        | FaultKind::RateLimited
        | FaultKind::Unavailable
        | FaultKind::Misconfigured => false,
    }
}
