//! What one call holds while it runs: the rights of its instance, its deadline, and what it has used.

use crate::cpu::Cpu;
use crate::engine::{ELEMENTS, MEMORIES};
use crate::grants::Granted;
use crate::journal::{Journal, LogLevel, LogLine};
use crate::redact::Redactor;
use crate::state::{Now, StateStore};
use egress::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use wasmtime::{Engine, ResourceLimiter, Store, UpdateDeadline};

/// Bytes of a log line at most.
const LINE: usize = 4 << 10;
/// Fields of a log line at most.
const FIELDS: usize = 16;
/// Bytes a guest may hand over in one call of an import, or in its answer.
const HANDED_OVER: usize = 8 << 20;
/// Resource handles a component may hold.
const HANDLES: usize = 10_000;
/// Requests of one call at most.
const REQUESTS: u32 = 1_000;
/// Changes of what is remembered in one call at most: each is a write to the disk.
const CHANGES: u32 = 64;

/// The data of a call's store.
pub(crate) struct Lent {
    pub(crate) granted: Arc<Granted>,
    pub(crate) state: Arc<dyn StateStore>,
    pub(crate) now: Now,
    pub(crate) journal: Arc<Journal>,
    pub(crate) redactor: Redactor,
    pub(crate) started: Instant,
    pub(crate) deadline: Instant,
    pub(crate) writes: Writes,
    pub(crate) memory: Memory,
    pub(crate) cpu: Arc<Cpu>,
    /// The connections it asked for, by handle; none where it has dropped one, or never got it.
    pub(crate) connections: Vec<Option<Connection>>,
    pub(crate) spent: Spent,
}

impl Lent {
    pub(crate) fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// One line into the plugin's own log, cut, escaped, without known secrets.
    pub(crate) fn log(&self, level: LogLevel, message: &str, fields: &[(String, String)]) {
        if !self.journal.admit() {
            return;
        }
        let mut kept = vec![("backend".to_owned(), self.granted.instance.to_string())];
        let mut room = LINE;
        let message = self.redactor.line(message, room);
        room = room.saturating_sub(message.len());
        for (name, value) in fields.iter().take(FIELDS) {
            let (name, value) = (self.redactor.line(name, 64), self.redactor.line(value, room));
            room = room.saturating_sub(name.len() + value.len());
            kept.push((name, value));
        }
        let plugin = self.granted.manifest.id.as_str();
        let backend = &self.granted.instance;
        tracing::debug!(
            plugin.id = plugin,
            backend.id = %backend,
            level = level.as_str(),
            "{message}"
        );
        self.journal.write(LogLine { at: (self.now)(), level, message, fields: kept });
    }

    /// A store for this one call, with every limit set.
    pub(crate) fn into_store(self, engine: &Engine) -> Store<Self> {
        let mut store = Store::new(engine, self);
        store.limiter(|lent| &mut lent.memory);
        store.set_hostcall_fuel(HANDED_OVER);
        store.set_max_component_handles(HANDLES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            let cpu = context.data().cpu.clone();
            cpu.pause();
            if cpu.is_spent() {
                return Err(Hit::Cpu.into());
            }
            let again = async move {
                tokio::task::yield_now().await;
                cpu.resume();
            };
            Ok(UpdateDeadline::YieldCustom(1, Box::pin(again)))
        });
        store
    }
}

/// How often a call has asked for what costs others something.
#[derive(Default)]
pub(crate) struct Spent {
    requests: AtomicU32,
    changes: AtomicU32,
}

impl Spent {
    /// Whether one more request may be sent.
    pub(crate) fn request(&self) -> bool {
        self.requests.fetch_add(1, Ordering::Relaxed) < REQUESTS
    }

    /// Whether one more thing may be remembered or forgotten.
    pub(crate) fn change(&self) -> bool {
        self.changes.fetch_add(1, Ordering::Relaxed) < CHANGES
    }
}

/// Whether a request that changes something may have left: known even when the call is gone.
#[derive(Clone, Default)]
pub(crate) struct Writes {
    under_way: Arc<AtomicU32>,
    sent: Arc<AtomicBool>,
}

impl Writes {
    pub(crate) fn begin(&self) {
        self.under_way.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn end(&self, maybe_sent: bool) {
        if maybe_sent {
            self.sent.store(true, Ordering::Release);
        }
        self.under_way.fetch_sub(1, Ordering::AcqRel);
    }

    /// A request that was under way when the call was dropped counts as sent.
    pub(crate) fn maybe(&self) -> bool {
        self.sent.load(Ordering::Acquire) || self.under_way.load(Ordering::Acquire) > 0
    }
}

/// A limit that was hit; ends the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Hit {
    #[error("more memory than its limit")]
    Memory,
    #[error("more table space than its limit")]
    Table,
    #[error("more CPU time than its limit")]
    Cpu,
}

/// The cap on what a component allocates, all its memories together.
pub(crate) struct Memory {
    left: usize,
}

impl Memory {
    pub(crate) fn of_mib(limit: u32) -> Self {
        Self { left: usize::try_from(limit).unwrap_or_default() << 20 }
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        self.left = self.left.checked_sub(more).ok_or(Hit::Memory)?;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > ELEMENTS { Err(Hit::Table.into()) } else { Ok(true) }
    }

    fn instances(&self) -> usize {
        64
    }

    fn tables(&self) -> usize {
        64
    }

    fn memories(&self) -> usize {
        usize::try_from(MEMORIES).unwrap_or(usize::MAX)
    }
}
