//! Everything that happens later: one loop over rows in the store, by the injected clock.
//!
//! Guarantees: a row is run at its time or, after a stop, at the next start; what is due at once runs
//! side by side and one task never twice at a time; messages leave one after the other in the order they
//! are due, each noted before the next one begins; a failing task is tried again later. Does not: know
//! more than which function a row stands for.

use crate::clock::later;
use crate::error::Result;
use crate::house::Service;
use crate::opening::STRENGTH;
use crate::removal::OnBackends;
use crate::watching::Watch;
use crate::{
    accounts, expiring, flows, invitations, membership, outbox, pictures, plugins, probing,
    removal, reset_watch, rotation, signups, templates, users,
};
use core::time::Duration;
use domain::schedule::Task;
use jiff::Timestamp;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use store::schedule::{Due, Of};
use store::{ReadTx, WriteTx};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Tasks at one time, and besides them one message: a mail server that does not answer holds up no task.
const AT_ONCE: usize = 8;
/// Messages at one time: a death repeats at most the one that was not noted yet.
const MESSAGES_AT_ONCE: usize = 1;
/// Rows looked at in one turn.
const A_TURN: usize = 64;
/// A task that failed by our own fault is tried again after so long.
const AGAIN: Duration = Duration::from_secs(60);
/// Between two sweeps.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// A message that is on its way when all stops has so long to be taken; then it is left, and tried again
/// under its Message-ID at the next start.
const GRACE: Duration = Duration::from_secs(10);
/// Rows of one kind a sweep drops in one transaction.
const A_SWEEP: usize = 500;

/// The running scheduler and watchers.
#[derive(Debug)]
pub struct Workers {
    service: Service,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Workers {
    /// Asks them to end and returns when they have; what a plugin is asked at that moment ends first, or
    /// at its deadline, and a message that is on its way within ten seconds.
    pub async fn stop(self) {
        self.service.inside().working.store(false, Ordering::Release);
        self.stop.cancel();
        self.tasks.close();
        self.service.kill_points().bury();
        self.tasks.wait().await;
        signups::quiet(&self.service).await;
    }
}

/// Folders whose files hold while the house runs.
#[derive(Debug, Clone, Default)]
pub struct Folders {
    /// Components.
    pub plugins: Option<PathBuf>,
    /// Templates of mails.
    pub mail_templates: Option<PathBuf>,
}

impl Service {
    /// Starts what happens by itself: sign-ups that were under way, the schedule, the folders, the first
    /// tuning of password hashes.
    ///
    /// # Errors
    /// The store's.
    pub async fn start(&self, folders: Folders) -> Result<Workers> {
        let now = self.now();
        templates::open(self, folders.mail_templates).await?;
        self.write_aside(move |tx| first_rows(tx, now)).await?;
        signups::resume_all(self).await?;
        outbox::resume(self).await?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let workers = Workers { service: self.clone(), stop, tasks };
        for (of, at_once, places) in
            [(Of::Others, A_TURN, AT_ONCE), (Of::Messages, MESSAGES_AT_ONCE, MESSAGES_AT_ONCE)]
        {
            let turn = Turn {
                service: self.clone(),
                of,
                at_once,
                running: Arc::default(),
                places: Arc::new(Semaphore::new(places)),
                ended: Arc::default(),
                tasks: workers.tasks.clone(),
                stop: workers.stop.clone(),
            };
            let stop = workers.stop.clone();
            workers.tasks.spawn(async move { stop.run_until_cancelled(turn.forever()).await });
        }
        let (service, stop) = (self.clone(), workers.stop.clone());
        let looking = async move { stop.run_until_cancelled(templates::watch(service)).await };
        workers.tasks.spawn(looking);
        if let Some(folder) = folders.plugins {
            let (service, stop) = (self.clone(), workers.stop.clone());
            workers
                .tasks
                .spawn(async move { stop.run_until_cancelled(watch(service, folder)).await });
        }
        let (service, stop) = (self.clone(), workers.stop.clone());
        workers.tasks.spawn(async move { stop.run_until_cancelled(tune(service)).await });
        workers.tasks.spawn(reset_watch::run(self.clone(), workers.stop.clone()));
        self.inside().working.store(true, Ordering::Release);
        Ok(workers)
    }
}

/// Rows that are there from the first start on.
fn first_rows(tx: &WriteTx, now: Timestamp) -> Result<()> {
    if tx.schedule().get(&Task::Sweep)?.is_none() {
        tx.schedule().put(&Task::Sweep, later(now, SWEEP_EVERY))?;
    }
    tx.schedule().put(&Task::CheckBackends, now)?;
    membership::reschedule(tx, now)?;
    rotation::reschedule(tx)
}

/// The loop's state.
struct Turn {
    service: Service,
    /// What it looks after.
    of: Of,
    /// Rows looked at in one turn.
    at_once: usize,
    /// The keys of tasks that are running.
    running: Arc<Mutex<HashSet<String>>>,
    places: Arc<Semaphore>,
    /// A task has ended: rows that waited for it can be looked at.
    ended: Arc<Notify>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Turn {
    async fn forever(self) {
        let mut changes = self.service.store().schedule_changes();
        loop {
            changes.mark_unchanged();
            let next = match self.one().await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(error = %error, "the schedule could not be read; trying again");
                    Some(later(self.service.now(), AGAIN))
                }
            };
            let wait = async {
                match next {
                    Some(at) => self.service.clock().sleep_until(at).await,
                    None => core::future::pending().await,
                }
            };
            tokio::select! {
                () = wait => {}
                () = self.ended.notified() => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Starts what is due; the time of the first row that is not.
    async fn one(&self) -> Result<Option<Timestamp>> {
        let now = self.service.now();
        let (of, at_once) = (self.of, self.at_once);
        let rows = self.service.read(move |tx| Ok(tx.schedule().due_of(now, of, at_once)?)).await?;
        for due in rows {
            let key = due.task.key();
            if self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone()) {
                self.spawn(due, key);
            }
        }
        self.service.read(move |tx| Ok(tx.schedule().next_after(now)?.map(|due| due.at))).await
    }

    fn spawn(&self, due: Due, key: String) {
        let (service, places) = (self.service.clone(), self.places.clone());
        let (running, ended, stop) = (self.running.clone(), self.ended.clone(), self.stop.clone());
        let of = self.of;
        self.tasks.spawn(async move {
            // What has not begun when all stops is begun at the next start.
            if let Some(Ok(_place)) = stop.run_until_cancelled(places.acquire()).await
                && let Err(error) = ran(&service, &due, of, &stop).await
            {
                // The row is still due: the pause keeps a broken disk from being asked without end.
                tracing::error!(task = key, error = %error, "a task could not be taken off the schedule");
                let pause = service.clock().sleep_until(later(service.now(), AGAIN));
                stop.run_until_cancelled(pause).await;
            }
            running.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
            ended.notify_one();
        });
    }
}

/// Runs a row; a message only until [`GRACE`] after all stops.
async fn ran(service: &Service, due: &Due, of: Of, stop: &CancellationToken) -> Result<()> {
    let too_long = async {
        stop.cancelled().await;
        match of {
            Of::Messages => service.clock().sleep_until(later(service.now(), GRACE)).await,
            Of::Others => core::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        done = run(service, due) => done,
        () = too_long => {
            tracing::warn!(task = due.task.key(), "a message is left on its way and tried again at the next start");
            Ok(())
        }
    }
}

/// Runs a row and takes it off, unless it was moved meanwhile, also by what it runs.
async fn run(service: &Service, due: &Due) -> Result<()> {
    let done = match &due.task {
        Task::ExpireUser(user) => users::expire(service, user).await,
        Task::RemoveUser(user) => removal::again(service, user, OnBackends::Delete).await,
        Task::ForgetUser(user) => removal::again(service, user, OnBackends::Disable).await,
        Task::SwitchAccounts(user) => accounts::settle(service, user).await.map(drop),
        Task::AdvanceSignup(signup) => signups::advance(service, signup).await,
        Task::ForgetPassword(signup) => signups::forget_password(service, signup).await,
        Task::CheckBackends => check(service).await,
        Task::FetchPicture(user) => pictures::fetch(service, user).await,
        Task::CheckInvitations(user) => invitations::check(service, user).await,
        Task::CheckMembership => membership::check_all(service).await,
        Task::Sweep => sweep(service).await,
        Task::Deliver(message) => outbox::deliver(service, message).await,
        Task::RemindExpiry(user) => expiring::remind(service, user).await,
        Task::RotateKeys => rotation::rotate_if_due(service).await,
    };
    let again = done.is_err();
    if let Err(error) = done {
        tracing::error!(task = due.task.key(), error = %error, "a task failed and will be tried again");
    }
    let row = due.clone();
    let unmoved = move |tx: &ReadTx| Ok(tx.schedule().get(&row.task)? == Some(row.at));
    if !service.read(unmoved).await? {
        return Ok(());
    }
    let (row, at) = (due.clone(), later(service.now(), AGAIN));
    service
        .write_aside(move |tx| {
            if tx.schedule().finish(&row)? && again {
                tx.schedule().put(&row.task, at)?;
            }
            Ok(())
        })
        .await
}

async fn check(service: &Service) -> Result<()> {
    probing::check_all(service).await?;
    plugins::note_ill(service).await
}

/// Drops what means nothing any more, in small transactions. Nothing depends on it: ends are judged when
/// they matter.
async fn sweep(service: &Service) -> Result<()> {
    let now = service.now();
    service.inside().gallery.sweep(now);
    loop {
        let dropped = service.write_aside(move |tx| {
            let ended = tx.sessions().ended(now, A_SWEEP)?;
            for session in &ended {
                tx.sessions().delete(&session.id)?;
            }
            let throttles = tx.throttles().sweep(now, A_SWEEP)?;
            let states = tx.plugin_state().sweep(now, A_SWEEP)?;
            let links = tx.links().sweep(now, A_SWEEP)?;
            let flows = flows::sweep(tx, now, A_SWEEP)?;
            let sightings = reset_watch::sweep(tx, now, A_SWEEP)?;
            let messages = outbox::sweep(tx, now, A_SWEEP)?;
            Ok(ended
                .len()
                .max(throttles)
                .max(states)
                .max(links)
                .max(messages)
                .max(sightings)
                .max(flows))
        });
        if dropped.await? < A_SWEEP {
            break;
        }
    }
    let next = later(now, SWEEP_EVERY);
    service.write_aside(move |tx| Ok(tx.schedule().put(&Task::Sweep, next)?)).await
}

async fn watch(service: Service, folder: PathBuf) {
    let mut watch = Watch::folder(&folder, service.clock().clone());
    loop {
        watch.changed().await;
        if let Err(error) = plugins::rescan(&service).await {
            tracing::error!(error = %error, "a change of the plugins folder could not be noted");
        }
    }
}

/// Once in a data folder's life: what this machine can do.
async fn tune(service: Service) {
    let known = service.read(|tx| Ok(tx.meta().get::<crate::hashing::Strength>(STRENGTH)?)).await;
    if !matches!(known, Ok(None)) {
        return;
    }
    let tuned = match service.hasher().tune().await {
        Ok(tuned) => service.write_aside(move |tx| Ok(tx.meta().put(STRENGTH, &tuned)?)).await,
        Err(error) => Err(error),
    };
    if let Err(error) = tuned {
        tracing::warn!(error = %error, "password hashes were not tuned; the next start tries again");
    }
}

#[cfg(test)]
mod tests;
