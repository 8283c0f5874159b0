//! What a call may cost of a processor.
//!
//! Counted is what its thread really ran, so that a busy machine takes nothing from anybody's budget; and
//! never more than the clock on the wall says. Where a call went on in another thread in between, the wall
//! counts: one thread's clock means nothing to another.

use rustix::time::{ClockId, clock_gettime};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// The time a component has run, without the time it waited for an import or for its turn.
pub(crate) struct Cpu {
    budget: Duration,
    used_us: AtomicU64,
    since: Mutex<Moment>,
}

impl Cpu {
    pub(crate) fn new(budget: Duration) -> Arc<Self> {
        let since = Mutex::new(Moment::now());
        Arc::new(Self { budget, used_us: AtomicU64::new(0), since })
    }

    /// It stops running.
    pub(crate) fn pause(&self) {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        self.charge(since.ran());
    }

    /// It runs again.
    pub(crate) fn resume(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Moment::now();
    }

    /// Something ran for it elsewhere.
    pub(crate) fn charge(&self, ran: Duration) {
        let ran = u64::try_from(ran.as_micros()).unwrap_or(u64::MAX);
        self.used_us.fetch_add(ran, Ordering::Relaxed);
    }

    pub(crate) fn used(&self) -> Duration {
        Duration::from_micros(self.used_us.load(Ordering::Relaxed))
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.used() > self.budget
    }
}

/// When a thread went on.
#[derive(Clone, Copy)]
struct Moment {
    thread: ThreadId,
    processor: Duration,
    wall: Instant,
}

impl Moment {
    fn now() -> Self {
        let thread = thread::current().id();
        Self { thread, processor: processor(), wall: Instant::now() }
    }

    fn ran(&self) -> Duration {
        let wall = self.wall.elapsed();
        if thread::current().id() != self.thread {
            return wall;
        }
        processor().saturating_sub(self.processor).min(wall)
    }
}

/// What this thread has used of a processor so far.
fn processor() -> Duration {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(used.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(used.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_costs_nothing_and_running_does() {
        let cpu = Cpu::new(Duration::from_millis(20));
        let (_kept, closed) = std::sync::mpsc::channel::<()>();
        assert!(closed.recv_timeout(Duration::from_millis(60)).is_err());
        cpu.pause();
        assert!(!cpu.is_spent(), "{:?}", cpu.used());
        cpu.resume();
        let mut sum = 0_u64;
        while processor().saturating_sub(cpu.since.lock().expect("since").processor)
            < Duration::from_millis(30)
        {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        cpu.pause();
        assert!(cpu.is_spent(), "{:?}", cpu.used());
    }

    #[test]
    fn what_ran_in_another_thread_counts_by_the_wall() {
        let cpu = Cpu::new(Duration::from_secs(1));
        let (_kept, closed) = std::sync::mpsc::channel::<()>();
        assert!(closed.recv_timeout(Duration::from_millis(10)).is_err());
        thread::scope(|scope| {
            scope.spawn(|| cpu.pause());
        });
        assert!(cpu.used() >= Duration::from_millis(10));
    }
}
