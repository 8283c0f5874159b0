//! A plugin's own log: the last lines it wrote, and what happened to it.
//!
//! Bounded in lines, in their length and in their number per second, so that a flood costs nothing but
//! its own lines: what the host notes is kept through it.

use jiff::Timestamp;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines kept.
const LINES: usize = 500;
/// Lines of one burst, and then per second.
const BURST: u32 = 100;
/// How fast the burst fills up again.
const REFILL: Duration = Duration::from_millis(50);

/// How serious a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the plugin's author.
    Debug,
    /// Something happened.
    Info,
    /// Something to look at.
    Warn,
    /// Something failed.
    Error,
}

impl LogLevel {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// One line of a plugin's log; at most 4 KiB, no line breaks, no known secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// How serious.
    pub level: LogLevel,
    /// What it says.
    pub message: String,
    /// What goes with it; `backend` is the instance it was written for.
    pub fields: Vec<(String, String)>,
}

/// The log of one plugin.
pub(crate) struct Journal {
    inner: Mutex<Inner>,
}

struct Inner {
    lines: VecDeque<LogLine>,
    left: u32,
    refilled: Instant,
    dropped: u64,
}

impl Journal {
    pub(crate) fn new() -> Self {
        let inner =
            Inner { lines: VecDeque::new(), left: BURST, refilled: Instant::now(), dropped: 0 };
        Self { inner: Mutex::new(inner) }
    }

    /// Whether one more line of the plugin is taken now; else it counts as dropped.
    pub(crate) fn admit(&self) -> bool {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.refill();
        if inner.left == 0 {
            inner.dropped += 1;
            return false;
        }
        inner.left -= 1;
        true
    }

    /// Keeps a line that was admitted, or one of the host's own.
    pub(crate) fn write(&self, line: LogLine) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notice) = inner.dropped_notice(line.at) {
            inner.dropped = 0;
            inner.push(notice);
        }
        inner.push(line);
    }

    /// Oldest first; where lines were dropped since the last one kept, that is said at the end.
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let last = inner.lines.back().and_then(|last| inner.dropped_notice(last.at));
        inner.lines.iter().cloned().chain(last).collect()
    }
}

impl Inner {
    fn refill(&mut self) {
        let passed = self.refilled.elapsed();
        let more = u32::try_from(passed.as_millis() / REFILL.as_millis()).unwrap_or(u32::MAX);
        if more > 0 {
            self.left = self.left.saturating_add(more).min(BURST);
            self.refilled = Instant::now();
        }
    }

    fn dropped_notice(&self, at: Timestamp) -> Option<LogLine> {
        let message = format!("{} lines were dropped: too many at once", self.dropped);
        let notice = LogLine { at, level: LogLevel::Warn, message, fields: Vec::new() };
        (self.dropped > 0).then_some(notice)
    }

    fn push(&mut self, line: LogLine) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_counted() {
        let journal = Journal::new();
        let line = |message: String| LogLine {
            at: Timestamp::UNIX_EPOCH,
            level: LogLevel::Info,
            message,
            fields: Vec::new(),
        };
        for number in (0..100_000).filter(|_| journal.admit()) {
            journal.write(line(number.to_string()));
        }
        let lines = journal.lines();
        assert!(lines.len() <= LINES + 1);
        assert_eq!(lines.first().map(|line| line.message.as_str()), Some("0"));
        let kept = lines.len();
        assert!(kept < 5_000, "{kept}");
        let last = lines.last().map(|line| line.message.as_str()).unwrap_or_default();
        assert!(last.ends_with("lines were dropped: too many at once"), "{last}");
    }

    #[test]
    fn what_the_host_notes_is_kept_through_a_flood() {
        let journal = Journal::new();
        while journal.admit() {}
        let message = "the plugin broke off".to_owned();
        let note =
            LogLine { at: Timestamp::UNIX_EPOCH, level: LogLevel::Error, message, fields: vec![] };
        journal.write(note.clone());
        assert_eq!(journal.lines().last(), Some(&note));
    }
}
