//! The one engine, and the thread that tells running components how late it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
};

/// How often a running component is looked at.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Addresses of one memory; the manifest allows no more.
const MEMORY: usize = 64 << 20;
/// Calls at a time, of all plugins together.
pub(crate) const CALLS: u32 = 64;
/// What is tried out beside them, and what a dropped call has not given back yet.
const SPARE: u32 = 16;
/// Memories of one component.
pub(crate) const MEMORIES: u32 = 2;
/// Tables of one component; ours have two or three.
const TABLES: u32 = 8;
/// Modules of one component; ours have three.
const MODULES: u32 = 16;
/// Elements of a table at most; our own components have some hundred.
pub(crate) const ELEMENTS: usize = 20_000;
/// Bytes of a memory that stay with its place, so that the next call need not fetch them anew.
const KEPT: usize = 64 << 10;
/// Places that stay warm; a household's calls come one by one.
const WARM: u32 = 16;

/// The engine, with places for all calls made ready once: mapping memory anew was four fifths of what a
/// short call cost. Where a process may not reserve so many addresses, each call maps its own.
///
/// # Errors
/// Where this machine has no code generator.
pub(crate) fn engine() -> wasmtime::Result<Engine> {
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(places()));
    Engine::new(&config).or_else(|cause| {
        tracing::info!(%cause, "plugins run a little slower: addresses could not be reserved");
        Engine::new(&self::config())
    })
}

/// Nothing that is not needed, and every memory in 64 MiB of addresses.
fn config() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        .memory_reservation(u64::try_from(MEMORY).unwrap_or(u64::MAX))
        .memory_reservation_for_growth(0)
        .memory_guard_size(64 << 10)
        .memory_may_move(false)
        .guard_before_linear_memory(false);
    config
}

/// Enough for every call there may be, so that none is ever turned away for want of a place; each is
/// cleared before it is used again.
fn places() -> PoolingAllocationConfig {
    let calls = CALLS + SPARE;
    let mut places = PoolingAllocationConfig::new();
    places
        .total_component_instances(calls)
        .total_core_instances(calls * MODULES)
        .total_memories(calls * MEMORIES)
        .total_tables(calls * TABLES)
        .total_stacks(calls)
        .max_core_instances_per_component(MODULES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_memory_size(MEMORY)
        .table_elements(ELEMENTS)
        .max_unused_warm_slots(WARM)
        .linear_memory_keep_resident(KEPT)
        .table_keep_resident(8 << 10)
        .pagemap_scan(Enabled::Auto);
    places
}

#[derive(Default)]
struct Calls {
    running: usize,
    /// The thread waits to be woken, which costs a call more than the tick itself.
    resting: bool,
}

/// Advances the engine's epoch while calls run; rests while none does.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
}

struct Shared {
    calls: Mutex<Calls>,
    changed: Condvar,
    over: AtomicBool,
}

impl Ticker {
    /// # Errors
    /// Where no thread can be started.
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            calls: Mutex::default(),
            changed: Condvar::new(),
            over: AtomicBool::new(false),
        });
        let (engine, theirs) = (engine.clone(), shared.clone());
        std::thread::Builder::new()
            .name("sandbox-ticker".to_owned())
            .spawn(move || theirs.tick(&engine))?;
        Ok(Self { shared })
    }

    /// Ticks come until the guard is dropped.
    pub(crate) fn running(&self) -> Running {
        let mut calls = self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.running += 1;
        if calls.resting {
            self.shared.changed.notify_one();
        }
        drop(calls);
        Running { shared: self.shared.clone() }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn tick(&self, engine: &Engine) {
        while !self.over.load(Ordering::Acquire) {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            if calls.running == 0 {
                calls.resting = true;
                // Looks again now and then, so that a missed wake-up at the end is no thread left behind.
                let woken = self.changed.wait_timeout(calls, Duration::from_secs(1));
                woken.unwrap_or_else(PoisonError::into_inner).0.resting = false;
                continue;
            }
            drop(calls);
            std::thread::sleep(TICK);
            engine.increment_epoch();
        }
    }
}

/// A call that needs ticks.
pub(crate) struct Running {
    shared: Arc<Shared>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).running -= 1;
    }
}
