//! A disk that fails, a closure that fails.

use super::{key, read, store, user, write};
use crate::{Store, StoreError};
use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Memory that refuses to be written once its budget of writes is spent.
#[derive(Debug, Clone)]
struct Disk {
    bytes: Arc<InMemoryBackend>,
    budget: Arc<AtomicI64>,
    kind: io::ErrorKind,
}

impl Disk {
    fn new(kind: io::ErrorKind) -> Self {
        let budget = Arc::new(AtomicI64::new(i64::MAX));
        Self { bytes: Arc::new(InMemoryBackend::new()), budget, kind }
    }

    fn spend(&self) -> io::Result<()> {
        if self.budget.fetch_sub(1, Ordering::SeqCst) <= 0 {
            self.budget.store(0, Ordering::SeqCst);
            return Err(self.kind.into());
        }
        Ok(())
    }

    fn allow(&self, writes: i64) {
        self.budget.store(writes, Ordering::SeqCst);
    }

    fn store(&self) -> Store {
        let disk = self.clone();
        Store::on(move || disk.clone(), key()).expect("opens")
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.bytes.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.bytes.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.spend()?;
        self.bytes.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.spend()?;
        self.bytes.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.spend()?;
        self.bytes.write(offset, data)
    }
}

fn rename(store: &Store, to: &str) -> Result<(), StoreError> {
    write(store, |tx| tx.users().put(&user(1, to)))
}

fn is_called(store: &Store, name: &str) -> bool {
    read(store, |tx| tx.users().by_name(name)).is_some()
}

#[test]
fn a_full_disk_is_told_as_such_and_changes_nothing() {
    let disk = Disk::new(io::ErrorKind::StorageFull);
    let store = disk.store();
    rename(&store, "before").expect("writes");
    disk.allow(0);
    let refused = rename(&store, "after").expect_err("full");
    assert!(matches!(refused, StoreError::DiskFull(_)), "{refused:?}");
    disk.allow(i64::MAX);
    assert!(is_called(&store, "before") && !is_called(&store, "after"));
    rename(&store, "after").expect("there is room again: no restart is needed");
    assert!(is_called(&store, "after"));
}

/// Wherever within a commit the disk fails, the change is there as a whole or not at all, also for
/// whoever opens the file later.
#[test]
fn a_failure_at_any_write_leaves_one_state_or_the_other() {
    for writes in 0..40 {
        let disk = Disk::new(io::ErrorKind::Other);
        let store = disk.store();
        rename(&store, "before").expect("writes");
        disk.allow(writes);
        let outcome = rename(&store, "after");
        disk.allow(i64::MAX);
        for store in [store, disk.store()] {
            let (before, after) = (is_called(&store, "before"), is_called(&store, "after"));
            assert!(before != after, "after {writes} writes: {before} {after}");
            assert!(after || outcome.is_err(), "what was reported as kept is kept");
            drop(store);
        }
    }
}

#[test]
fn an_error_or_a_panic_in_a_closure_keeps_nothing() {
    let store = store();
    let refused: Result<(), StoreError> = store.write_blocking(|tx| {
        tx.users().put(&user(1, "anna"))?;
        Err(StoreError::Ended)
    });
    assert!(refused.is_err());
    let panicked: Result<(), StoreError> = store.write_blocking(|tx| {
        tx.users().put(&user(1, "anna"))?;
        panic!("planted")
    });
    assert!(matches!(panicked, Err(StoreError::Ended)));
    assert!(!is_called(&store, "anna"));
    rename(&store, "anna").expect("the store goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_one_name_one_gets_it() {
    let store = store();
    let mut tasks = tokio::task::JoinSet::new();
    for seed in 0..50 {
        let store = store.clone();
        tasks.spawn(async move {
            store.write(move |tx| tx.users().put(&user(seed, "Anna"))).await.is_ok()
        });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.into_iter().filter(|kept| *kept).count(), 1);
}
