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

/// Advances the engine's epoch while calls run; rests while none does.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
}

struct Shared {
    running: Mutex<usize>,
    changed: Condvar,
    over: AtomicBool,
}

impl Ticker {
    /// # Errors
    /// Where no thread can be started.
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            running: Mutex::new(0),
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
        *self.shared.running.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.shared.changed.notify_one();
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
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            if *running == 0 {
                // Looks again now and then, so that a missed wake-up at the end is no thread left behind.
                drop(self.changed.wait_timeout(running, Duration::from_secs(1)));
                continue;
            }
            drop(running);
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
        *self.shared.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    }
}
