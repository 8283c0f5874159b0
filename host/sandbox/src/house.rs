//! What all components share: the engine, what is lent, the cache, the clock, and room for calls.

use crate::cache::Cache;
use crate::engine::{CALLS, Ticker, engine};
use crate::imports::linker;
use crate::lent::Lent;
use crate::state::{MemoryState, Now, StateStore};
use domain::secret::Secret;
use egress::Egress;
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Linker;

/// Why no component at all can run on this machine.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No code can be made or run.
    #[error("could not start the engine that runs plugins")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No thread.
    #[error("could not start the thread that limits plugins' time")]
    Ticker(#[source] std::io::Error),
}

pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<Lent>,
    pub(crate) ticker: Ticker,
    pub(crate) cache: Cache,
    pub(crate) egress: Egress,
    pub(crate) state: Arc<dyn StateStore>,
    pub(crate) now: Now,
    pub(crate) room: Semaphore,
}

impl House {
    pub(crate) fn new(
        cache: (Option<PathBuf>, &Secret<[u8; 32]>),
        egress: Egress,
        state: Arc<dyn StateStore>,
        now: Now,
    ) -> Result<Self, SandboxError> {
        let broken = |cause: wasmtime::Error| SandboxError::Engine(cause.into());
        let engine = engine().map_err(broken)?;
        let linker = linker(&engine).map_err(broken)?;
        let ticker = Ticker::start(&engine).map_err(SandboxError::Ticker)?;
        let cache = Cache::open(cache.0, cache.1);
        Ok(Self {
            engine,
            linker,
            ticker,
            cache,
            egress,
            state,
            now,
            room: Semaphore::new(usize::try_from(CALLS).unwrap_or(usize::MAX)),
        })
    }

    /// Enough to look at a component: nothing is kept, and nothing can be reached.
    pub(crate) fn to_look() -> Result<Self, SandboxError> {
        let now: Now = Arc::new(|| Timestamp::UNIX_EPOCH);
        let egress = Egress::new(egress::Options::default())
            .map_err(|failure| SandboxError::Engine(failure.into()))?;
        let state = Arc::new(MemoryState::new(now.clone()));
        Self::new((None, &Secret::new([0; 32])), egress, state, now)
    }
}
