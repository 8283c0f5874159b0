//! Keeps one worker for each watch there is.
//!
//! Guarantees: a change of a watch, of the settings or of a backend reaches its worker at once; two
//! workers never look into the folder of one backend; one that breaks off is started again; all have
//! ended when this has. Does not: watch anything itself.

use crate::error::Result;
use crate::house::Service;
use crate::reset_watch::reader::Reader;
use crate::reset_watch::sighting::Digests;
use crate::reset_watch::worker;
use core::time::Duration;
use domain::ids::BackendId;
use domain::resets::Watch;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Before something that failed by our own fault is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// The watches that hold: the file's, and the pages' for backends of which that says nothing.
///
/// # Errors
/// The store's.
pub(crate) async fn effective(service: &Service) -> Result<Vec<Watch>> {
    let mut watches: BTreeMap<BackendId, Watch> = service
        .read(|tx| Ok(tx.resets().watches()?))
        .await?
        .into_iter()
        .map(|watch| (watch.backend.clone(), watch))
        .collect();
    for watch in &service.written().settings.reset_watches {
        watches.insert(watch.backend.clone(), watch.clone());
    }
    Ok(watches.into_values().collect())
}

struct Running {
    watch: Watch,
    wake: Arc<Notify>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn end(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(backend.id = %self.watch.backend, error = %error, "a watch of reset files broke off");
        }
    }
}

/// Keeps the workers until it is told to stop.
pub(crate) async fn run<R: Reader>(service: Service, reader: R, stop: CancellationToken) {
    let digests = match Digests::of(service.store()) {
        Ok(digests) => digests,
        Err(error) => {
            tracing::error!(error = %error, "reset files cannot be watched");
            return;
        }
    };
    let (mut pokes, mut settings) = (service.inside().lookout.changes(), service.watch_settings());
    let mut running: BTreeMap<BackendId, Running> = BTreeMap::new();
    loop {
        pokes.mark_unchanged();
        settings.mark_unchanged();
        let failed = match effective(&service).await {
            Ok(wanted) => {
                let start = |watch| begin((&service, &reader), watch, &digests, &stop);
                reconcile(&service, &mut running, wanted, start).await;
                false
            }
            Err(error) => {
                tracing::error!(error = %error, "the watches of reset files could not be read; trying again");
                true
            }
        };
        let again = async {
            if failed {
                service.clock().rest(AGAIN).await;
            } else {
                core::future::pending::<()>().await;
            }
        };
        // Both senders live as long as the service, which is held here.
        tokio::select! {
            () = stop.cancelled() => break,
            _changed = pokes.changed() => {}
            _changed = settings.changed() => {}
            () = again => {}
        }
    }
    for one in running.into_values() {
        one.end().await;
    }
}

async fn reconcile(
    service: &Service,
    running: &mut BTreeMap<BackendId, Running>,
    wanted: Vec<Watch>,
    start: impl Fn(Watch) -> Running,
) {
    let ids: Vec<BackendId> = running.keys().cloned().collect();
    for id in ids {
        let holds = running.get(&id).is_some_and(|one| wanted.contains(&one.watch));
        if holds {
            continue;
        }
        if let Some(one) = running.remove(&id) {
            one.end().await;
        }
        service.inside().lookout.close(&id);
    }
    for watch in wanted {
        match running.get(&watch.backend) {
            Some(one) => one.wake.notify_one(),
            None => {
                running.insert(watch.backend.clone(), start(watch));
            }
        }
    }
}

fn begin<R: Reader>(
    (service, reader): (&Service, &R),
    watch: Watch,
    digests: &Digests,
    stop: &CancellationToken,
) -> Running {
    let wake = service.inside().lookout.open(&watch.backend, service.now());
    let stop = stop.child_token();
    let (service, reader, digests) = (service.clone(), reader.clone(), digests.clone());
    let (one, woken, stopped) = (watch.clone(), wake.clone(), stop.clone());
    let task = tokio::spawn(async move {
        while !stopped.is_cancelled() {
            let outside = (service.clone(), reader.clone());
            let watching = worker::watch(outside, one.clone(), digests.clone(), woken.clone());
            let ended = tokio::spawn(stopped.clone().run_until_cancelled_owned(watching)).await;
            if let Err(error) = ended {
                tracing::error!(backend.id = %one.backend, error = %error, "a watch of reset files broke off and begins anew");
                let pause = service.clock().rest(AGAIN);
                stopped.run_until_cancelled(pause).await;
            }
        }
    });
    Running { watch, wake, stop, task }
}
