//! The one engine, and the thread that tells running components how late it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use wasmtime::{Config, Engine, OptLevel};

/// How often a running component is looked at.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// The engine's configuration: nothing that is not needed, and every instance in 64 MiB of addresses,
/// so that it runs where a process may not reserve terabytes.
///
/// # Errors
/// Where this machine has no code generator.
pub(crate) fn engine() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        .memory_reservation(64 << 20)
        .memory_reservation_for_growth(0)
        .memory_guard_size(64 << 10)
        .memory_may_move(false)
        .guard_before_linear_memory(false);
    Engine::new(&config)
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
