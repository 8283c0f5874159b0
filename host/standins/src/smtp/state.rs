//! What the sessions of one double share: its options, its script, and what it took.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::options::{At, Fault, Options};
use crate::mail::Mail;

#[derive(Default)]
pub(super) struct State {
    pub(super) faults: VecDeque<(At, Fault)>,
    pub(super) mails: Vec<Mail>,
    pub(super) transcript: Vec<String>,
    pub(super) violations: Vec<String>,
}

/// What all sessions share.
pub(super) struct Shared {
    pub(super) options: Options,
    state: Mutex<State>,
    pub(super) count: watch::Sender<usize>,
}

impl Shared {
    /// An empty one.
    pub(super) fn new(options: Options) -> Self {
        Self { options, state: Mutex::default(), count: watch::Sender::new(0) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn violation(&self, what: String) {
        self.state().violations.push(what);
    }

    pub(super) fn transcribe(&self, line: String) {
        self.state().transcript.push(line);
    }

    /// Takes the next fault of a moment.
    pub(super) fn fault(&self, at: At) -> Option<Fault> {
        let mut state = self.state();
        let found = state.faults.iter().position(|(moment, _)| *moment == at)?;
        state.faults.remove(found).map(|(_, fault)| fault)
    }

    pub(super) fn keep(&self, mail: Mail) {
        let mut state = self.state();
        state.mails.push(mail);
        self.count.send_replace(state.mails.len());
    }

    pub(super) fn count(&self) -> usize {
        self.state().mails.len()
    }
}
