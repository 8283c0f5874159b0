//! Keeps records in one redb file, seals secrets, migrates formats.
//!
//! Everything is read and written in transactions that take a synchronous closure: a decision made
//! in one cannot wait for a network, and what it wrote is kept as a whole or not at all. A file that
//! a newer release wrote, that another process has open, or that was sealed with another key is
//! refused in words and left as it is.
//!
//! Rules are not made here: a record is kept as it is given, and only what must be unique is refused.

mod error;
mod file;
mod key;
mod keys;
mod migrations;
mod pages;
mod records;
mod sealed;
mod source;
mod tx;

pub mod activity;
pub mod api_tokens;
pub mod approvals;
pub mod backends;
pub mod factors;
pub mod flows;
pub mod identities;
pub mod invites;
pub mod links;
pub mod mail;
pub mod meta;
pub mod outbox;
pub mod pictures;
pub mod plugin_state;
pub mod profiles;
pub mod providers;
pub mod resets;
pub mod schedule;
pub mod secrets;
pub mod sessions;
pub mod settings;
pub mod signups;
pub mod templates;
pub mod throttles;
pub mod users;

pub use crate::error::{Cause, DATABASE, Owner, StoreError, Unique};
pub use crate::key::{KEY_FILE, KeyError, KeySource, SealingKey};
pub use crate::pages::{Cursor, MAX_LIMIT, Page, PageRequest};
pub use crate::tx::{Mode, Reading, Tx, Writing};

use crate::migrations::{Format, MIGRATIONS, Migration};
use crate::sealed::Sealer;
use core::panic::AssertUnwindSafe;
use domain::secret::Secret;
use redb::{Database, ReadableDatabase as _};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::watch;

/// A transaction that changes nothing.
pub type ReadTx = Tx<Reading>;
/// A transaction that changes something.
pub type WriteTx = Tx<Writing>;

/// Every table there is, by feature.
const TABLES: &[&[&str]] = &[
    activity::TABLES,
    api_tokens::TABLES,
    approvals::TABLES,
    backends::TABLES,
    factors::TABLES,
    flows::TABLES,
    identities::TABLES,
    invites::TABLES,
    links::TABLES,
    mail::TABLES,
    meta::TABLES,
    outbox::TABLES,
    pictures::TABLES,
    plugin_state::TABLES,
    profiles::TABLES,
    providers::TABLES,
    resets::TABLES,
    schedule::TABLES,
    secrets::TABLES,
    sessions::TABLES,
    settings::TABLES,
    signups::TABLES,
    templates::TABLES,
    throttles::TABLES,
    users::TABLES,
];

/// The data. Cloning it gives another handle of the same.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

type Opener = Box<dyn Fn(&Sealer) -> Result<Database, StoreError> + Send + Sync>;

struct Shared {
    /// Nothing while it could not be opened again after the disk failed.
    database: RwLock<Option<Database>>,
    opener: Opener,
    sealer: Arc<Sealer>,
    scheduled: watch::Sender<u64>,
}

impl Store {
    /// Opens the data of a folder; makes both where they are not there yet. Blocks.
    ///
    /// # Errors
    /// [`StoreError`] says what is to be done; the file is as it was before.
    pub fn open(folder: &Path, key: SealingKey) -> Result<Self, StoreError> {
        Self::open_with(folder, key, MIGRATIONS)
    }

    pub(crate) fn open_with(
        folder: &Path,
        key: SealingKey,
        migrations: &'static [Migration],
    ) -> Result<Self, StoreError> {
        let (folder, format) = (folder.to_owned(), Format { steps: migrations, tables: TABLES });
        Self::opened_by(key, Box::new(move |sealer| file::open(&folder, sealer, &format)))
    }

    /// A store that is gone with its last handle, for tests.
    ///
    /// # Errors
    /// None in practice: memory does not fail like a disk.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::on(redb::backends::InMemoryBackend::new, SealingKey::from_bytes([7; 32]))
    }

    /// A store on something other than a file: each call of `backend` opens the same bytes.
    pub(crate) fn on<B: redb::StorageBackend>(
        backend: impl Fn() -> B + Send + Sync + 'static,
        key: SealingKey,
    ) -> Result<Self, StoreError> {
        let opener = move |sealer: &Sealer| {
            let opened = file::builder().create_with_backend(backend());
            let database = opened.map_err(|error| StoreError::of(error.into()))?;
            let found = migrations::format_of(&database).map_err(StoreError::of)?;
            let format = Format { steps: MIGRATIONS, tables: TABLES };
            file::prepare(&database, found.unwrap_or_default(), sealer, &format)?;
            Ok(database)
        };
        Self::opened_by(key, Box::new(opener))
    }

    fn opened_by(key: SealingKey, opener: Opener) -> Result<Self, StoreError> {
        let sealer = Sealer::new(key.0)
            .ok_or_else(|| StoreError::Failed("the cryptographic library does not work".into()))?;
        let database = RwLock::new(Some(opener(&sealer)?));
        let sealer = Arc::new(sealer);
        let scheduled = watch::Sender::new(0);
        Ok(Self(Arc::new(Shared { database, opener, sealer, scheduled })))
    }

    /// Reads one state of everything, on a thread of its own.
    ///
    /// # Errors
    /// The closure's, or a [`StoreError`] made into its type.
    pub async fn read<T, E, F>(&self, look: F) -> Result<T, E>
    where
        F: FnOnce(&ReadTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || store.read_blocking(look)).await;
        done.unwrap_or_else(|_stopped| Err(StoreError::Ended.into()))
    }

    /// Decides and changes, on a thread of its own: nothing else changes meanwhile, and an error
    /// keeps nothing. What was written is on the disk when this returns.
    ///
    /// Cancel safe in this sense: once it runs, it runs to its end even if nobody waits any more.
    ///
    /// # Errors
    /// The closure's, or a [`StoreError`] made into its type.
    pub async fn write<T, E, F>(&self, decide: F) -> Result<T, E>
    where
        F: FnOnce(&WriteTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || store.write_blocking(decide)).await;
        done.unwrap_or_else(|_stopped| Err(StoreError::Ended.into()))
    }

    /// [`Store::read`] on this thread.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_blocking<T, E: From<StoreError>>(
        &self,
        look: impl FnOnce(&ReadTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let source = self.0.begin(|database| Ok(Reading(database.begin_read()?)))?;
        let tx = Tx::new(source, Arc::clone(&self.0.sealer));
        let outcome = caught(|| look(&tx));
        let broken = tx.broken.get();
        drop(tx);
        self.0.mend(broken);
        outcome
    }

    /// [`Store::write`] on this thread.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T, E: From<StoreError>>(
        &self,
        decide: impl FnOnce(&WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let source = self.0.begin(|database| Ok(Writing(database.begin_write()?)))?;
        let tx = Tx::new(source, Arc::clone(&self.0.sealer));
        let decided = caught(|| decide(&tx));
        let (broken, rescheduled) = (tx.broken.get(), tx.rescheduled.get());
        let (outcome, broken) = match decided {
            Ok(value) => match tx.source.0.commit().map_err(redb::Error::from) {
                Ok(()) => (Ok(value), broken),
                Err(error) => (Err(StoreError::of(error).into()), true),
            },
            Err(refused) => (Err(refused), broken | tx.source.0.abort().is_err()),
        };
        self.0.mend(broken);
        if rescheduled && outcome.is_ok() {
            self.0.scheduled.send_modify(|count| *count = count.wrapping_add(1));
        }
        outcome
    }

    /// Changes whenever a transaction changed the schedule.
    #[must_use]
    pub fn schedule_changes(&self) -> watch::Receiver<u64> {
        self.0.scheduled.subscribe()
    }

    /// A key for another purpose, which follows from the sealing key: the same at every start.
    ///
    /// # Errors
    /// [`StoreError::Failed`] only if the cryptographic library refuses to work.
    pub fn derive(&self, purpose: &str) -> Result<Secret<[u8; 32]>, StoreError> {
        self.0.sealer.derive(purpose)
    }
}

impl core::fmt::Debug for Store {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Store")
    }
}

/// A panic in a closure costs that access: the transaction ends like any other that failed.
fn caught<T, E: From<StoreError>>(closure: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    std::panic::catch_unwind(AssertUnwindSafe(closure)).unwrap_or_else(|_panic| {
        tracing::error!("a transaction panicked; nothing of it was kept");
        Err(StoreError::Ended.into())
    })
}

impl Shared {
    fn opened(&self) -> RwLockReadGuard<'_, Option<Database>> {
        self.database.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a transaction; opens the file anew first where the disk failed before.
    fn begin<T>(
        &self,
        begin: impl Fn(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        match self.opened().as_ref().map(&begin) {
            Some(Ok(begun)) => return Ok(begun),
            Some(Err(redb::Error::PreviousIo | redb::Error::Io(_))) | None => {}
            Some(Err(other)) => return Err(StoreError::of(other)),
        }
        self.reopen()?;
        match self.opened().as_ref().map(begin) {
            Some(begun) => begun.map_err(StoreError::of),
            None => Err(StoreError::Failed("the file was closed after the disk failed".into())),
        }
    }

    /// redb refuses everything after a failed write until its file is opened again.
    fn reopen(&self) -> Result<(), StoreError> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        let healthy = database.as_ref().is_some_and(|there| there.begin_write().is_ok());
        if !healthy {
            drop(database.take());
            *database = Some((self.opener)(&self.sealer)?);
            tracing::info!("the data were opened again after the disk had failed");
        }
        Ok(())
    }

    fn mend(&self, broken: bool) {
        if broken && let Err(error) = self.reopen() {
            tracing::error!(error = %error, "the data could not be opened again; the next access tries anew");
        }
    }
}

#[cfg(test)]
mod tests;
