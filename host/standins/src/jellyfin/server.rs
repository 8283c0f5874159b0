//! What the connections of one double share: state, phase, script, transcript.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::options::{Clock, Mode, Phase, Release};
use super::state::State;
use crate::faults::Faults;

/// One request and how it was answered; no query, no body, no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcribed {
    /// The method.
    pub method: String,
    /// The path as sent, or its pattern where the path has a secret.
    pub path: String,
    /// The answer's status; 0 when the connection was cut instead.
    pub status: u16,
}

/// What connections share.
pub(super) struct Server {
    pub(super) release: Release,
    pub(super) mode: Mode,
    clock: Clock,
    state: Mutex<State>,
    phase: Mutex<Phase>,
    pub(super) faults: Faults,
    pub(super) arrivals: AtomicU64,
    transcript: Mutex<Vec<Transcribed>>,
    violations: Mutex<Vec<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// A healthy server.
    pub(super) fn new(state: State) -> Server {
        Server {
            release: state.release,
            mode: state.options.mode,
            clock: Arc::clone(&state.options.clock),
            state: Mutex::new(state),
            phase: Mutex::new(Phase::Healthy),
            faults: Faults::default(),
            arrivals: AtomicU64::new(0),
            transcript: Mutex::default(),
            violations: Mutex::default(),
        }
    }

    /// Sets how far the server is.
    pub(super) fn set_phase(&self, phase: Phase) {
        *lock(&self.phase) = phase;
    }

    /// Every answered request so far.
    pub(super) fn transcript(&self) -> Vec<Transcribed> {
        lock(&self.transcript).clone()
    }

    /// Every violation so far.
    pub(super) fn violations(&self) -> Vec<String> {
        lock(&self.violations).clone()
    }

    /// Takes the violations.
    pub(super) fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.violations))
    }
    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(super) fn phase(&self) -> Phase {
        *lock(&self.phase)
    }

    pub(super) fn with_state<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut lock(&self.state))
    }

    pub(super) fn violation(&self, what: String) {
        lock(&self.violations).push(what);
    }

    pub(super) fn transcribe(&self, what: Transcribed) {
        lock(&self.transcript).push(what);
    }
}
