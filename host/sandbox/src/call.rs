//! One call: a place in the queue, a fresh instance, its limits, and what its end means.

use crate::component::Loaded;
use crate::contract::common::fault as wire;
use crate::convert;
use crate::cpu::Cpu;
use crate::grants::Granted;
use crate::health::Health;
use crate::house::House;
use crate::journal::{Journal, LogLevel, LogLine};
use crate::lent::{Hit, Lent, Memory, Spent, Writes};
use crate::redact::Redactor;
use crate::state::StateStore;
use domain::fault::{Fault, FaultKind};
use domain::ids::PluginId;
use domain::secret::Secret;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout, timeout_at};
use wasmtime::Store;
use wasmtime::component::Instance;

/// Calls of one plugin at a time.
const PLACES: usize = 16;
/// Of those, calls of one instance: a server that does not answer leaves places for the plugin's others.
const OF_ONE: usize = 12;
/// Calls of one instance that wait for a place; more are turned away at once.
const WAITING: usize = 64;
/// How long a call waits for a place.
const PATIENCE: Duration = Duration::from_secs(10);

/// What stays of a plugin while its components come and go.
pub(crate) struct Slot {
    pub(crate) id: PluginId,
    pub(crate) journal: Arc<Journal>,
    pub(crate) health: Health,
    pub(crate) calls: AtomicU64,
    places: Semaphore,
}

impl Slot {
    pub(crate) fn new(id: PluginId) -> Self {
        Self {
            id,
            journal: Arc::new(Journal::new()),
            health: Health::new(),
            calls: AtomicU64::new(0),
            places: Semaphore::new(PLACES),
        }
    }

    /// A line of the host about this plugin.
    pub(crate) fn note(&self, at: Timestamp, level: LogLevel, message: String) {
        self.journal.write(LogLine { at, level, message, fields: Vec::new() });
    }
}

/// The queue of one instance.
pub(crate) struct Lane {
    places: Semaphore,
    waiting: AtomicUsize,
}

impl Lane {
    pub(crate) fn new() -> Self {
        Self { places: Semaphore::new(OF_ONE), waiting: AtomicUsize::new(0) }
    }
}

/// A component with the rights of one instance.
pub(crate) struct Ready {
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) granted: Arc<Granted>,
    /// Whether it may be given secrets: it came with the binary, or the admin accepted its hash.
    pub(crate) trusted: bool,
    pub(crate) state: Arc<dyn StateStore>,
    pub(crate) lane: Lane,
}

/// A fresh instance, for one call.
pub(crate) struct Guest {
    pub(crate) store: Store<Lent>,
    pub(crate) instance: Instance,
    pub(crate) loaded: Arc<Loaded>,
}

/// Makes an instance and lets `work` call it. `spoken` are secrets that go in as arguments: they are
/// taken out of whatever words come back.
///
/// Cancel safety: dropping the future drops the instance and closes its connections; the backend may have
/// seen a request by then.
///
/// # Errors
/// The guest's own fault, or one that says how the call ended otherwise.
pub(crate) async fn call<T, W, F>(
    house: &House,
    slot: &Slot,
    ready: &Ready,
    spoken: &[&Secret],
    work: W,
) -> Result<T, Fault>
where
    W: FnOnce(Guest) -> F,
    F: Future<Output = wasmtime::Result<Result<T, wire::Fault>>>,
{
    let admission = Admission::ask(house, slot)?;
    let _places = places(house, slot, &ready.lane).await?;
    slot.calls.fetch_add(1, Ordering::Relaxed);
    let limits = ready.granted.manifest.limits;
    let mut redactor = ready.granted.redactor.clone();
    for secret in spoken {
        redactor.add(secret);
    }
    let started = Instant::now();
    let deadline = started + Duration::from_secs(limits.call_s.into());
    let writes = Writes::default();
    let lent = Lent {
        granted: ready.granted.clone(),
        state: ready.state.clone(),
        now: house.now.clone(),
        journal: slot.journal.clone(),
        redactor: redactor.clone(),
        started,
        deadline,
        writes: writes.clone(),
        memory: Memory::of_mib(limits.memory_mib),
        cpu: Cpu::new(Duration::from_millis(limits.cpu_ms.into())),
        connections: Vec::new(),
        spent: Spent::default(),
    };
    let _ticks = house.ticker.running();
    let run = async {
        let mut store = lent.into_store(&house.engine);
        let instance = ready.loaded.instantiate(&mut store).await?;
        work(Guest { store, instance, loaded: ready.loaded.clone() }).await
    };
    let ended = timeout_at(deadline, run).await;
    let now = (house.now)();
    match ended {
        Ok(Ok(Ok(answer))) => {
            admission.good();
            Ok(answer)
        }
        Ok(Ok(Err(fault))) => {
            admission.good();
            Err(convert::fault(fault, &redactor))
        }
        Ok(Err(error)) => {
            let fault = broken_off(&error, ready, &redactor, &writes);
            slot.note(now, LogLevel::Error, fault.detail.clone());
            if let Some(until) = admission.trapped(now, &fault.detail) {
                let words = format!("it broke off too often and is left alone until {until}");
                tracing::warn!(plugin.id = %slot.id, "plugin {}: {words}", slot.id);
                slot.note(now, LogLevel::Warn, words);
            }
            Err(fault)
        }
        Err(_elapsed) => {
            let fault = too_late(limits.call_s, &writes);
            slot.note(now, LogLevel::Warn, fault.detail.clone());
            Err(fault)
        }
    }
}

/// A trap, a limit, or an answer that is not what the contract says.
fn broken_off(
    error: &wasmtime::Error,
    ready: &Ready,
    redactor: &Redactor,
    writes: &Writes,
) -> Fault {
    let limits = ready.granted.manifest.limits;
    let hit = error.downcast_ref::<Hit>().copied();
    let (code, words) = match hit {
        Some(Hit::Memory) => (
            "sandbox.memory",
            format!("it asked for more than {} MiB of memory", limits.memory_mib),
        ),
        Some(Hit::Table) => ("sandbox.memory", "it asked for too large a table".to_owned()),
        Some(Hit::Cpu) => {
            ("sandbox.cpu", format!("it used more than {} ms of CPU time", limits.cpu_ms))
        }
        None => ("sandbox.trap", redactor.line(&error.root_cause().to_string(), 300)),
    };
    let detail = format!("the plugin {} broke off: {words}", ready.granted.manifest.id);
    let kind = if writes.maybe() { FaultKind::OutcomeUnknown } else { FaultKind::Internal };
    Fault::new(kind, code, detail)
}

fn too_late(seconds: u32, writes: &Writes) -> Fault {
    let words = format!("the call took longer than {seconds} seconds");
    if writes.maybe() {
        let detail = format!("{words}; what it asked of the server may have been done");
        Fault::new(FaultKind::OutcomeUnknown, "sandbox.deadline", detail)
    } else {
        Fault::new(FaultKind::TimedOut, "sandbox.deadline", words)
    }
}

/// A call that was let through, until it is known how it ended.
struct Admission<'a> {
    health: &'a Health,
    settled: bool,
}

impl<'a> Admission<'a> {
    fn ask(house: &House, slot: &'a Slot) -> Result<Self, Fault> {
        let now = (house.now)();
        match slot.health.admit(now) {
            Ok(()) => Ok(Self { health: &slot.health, settled: false }),
            Err(until) => {
                let words =
                    format!("the plugin {} broke off too often and is left alone for now", slot.id);
                let mut fault = Fault::new(FaultKind::Unavailable, "sandbox.ill", words);
                fault.retry_after = Duration::try_from(until.duration_since(now)).ok();
                Err(fault)
            }
        }
    }

    fn good(mut self) {
        self.settled = true;
        self.health.good();
    }

    fn trapped(mut self, now: Timestamp, what: &str) -> Option<Timestamp> {
        self.settled = true;
        self.health.trapped(now, what)
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.health.neither();
        }
    }
}

/// A place among the instance's calls, one among the plugin's, one among all.
async fn places<'a>(
    house: &'a House,
    slot: &'a Slot,
    lane: &'a Lane,
) -> Result<[SemaphorePermit<'a>; 3], Fault> {
    if let (Ok(own), Ok(place), Ok(room)) =
        (lane.places.try_acquire(), slot.places.try_acquire(), house.room.try_acquire())
    {
        return Ok([own, place, room]);
    }
    let busy = || {
        let words = format!("too many calls of the plugin {} at once", slot.id);
        let mut fault = Fault::new(FaultKind::Unavailable, "sandbox.busy", words);
        fault.retry_after = Some(Duration::from_secs(1));
        fault
    };
    let _queue = Queued::join(&lane.waiting).ok_or_else(busy)?;
    let all = async {
        let own = lane.places.acquire().await.ok()?;
        let place = slot.places.acquire().await.ok()?;
        let room = house.room.acquire().await.ok()?;
        Some([own, place, room])
    };
    timeout(PATIENCE, all).await.ok().flatten().ok_or_else(busy)
}

struct Queued<'a> {
    waiting: &'a AtomicUsize,
}

impl<'a> Queued<'a> {
    fn join(waiting: &'a AtomicUsize) -> Option<Self> {
        let before = waiting.fetch_add(1, Ordering::AcqRel);
        let joined = Self { waiting };
        (before < WAITING).then_some(joined)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}
