//! When a plugin counts as ill, and how long it is left alone.
//!
//! Five traps in ten minutes make it ill for 30 seconds, then twice as long each time, up to 15 minutes.
//! After that one call is let through: a good one heals, another trap doubles.

use domain::plugins::PluginHealth;
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

const TRAPS: usize = 5;
const WINDOW: SignedDuration = SignedDuration::from_mins(10);
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// The condition of one plugin.
pub(crate) struct Health {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    traps: VecDeque<Timestamp>,
    total: u64,
    ill: Option<Ill>,
}

struct Ill {
    until: Timestamp,
    wait: SignedDuration,
    last: String,
    /// One call is on its way to find out.
    tried: bool,
}

impl Health {
    pub(crate) fn new() -> Self {
        Self { inner: Mutex::new(Inner::default()) }
    }

    /// Whether a call may be made now; else when to ask again.
    pub(crate) fn admit(&self, now: Timestamp) -> Result<(), Timestamp> {
        let mut inner = self.lock();
        match &mut inner.ill {
            Some(ill) if now < ill.until => Err(ill.until),
            Some(ill) if ill.tried => Err(ill.until.saturating_add(FIRST_WAIT).unwrap_or(now)),
            Some(ill) => {
                ill.tried = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A call that ended as calls should, with an answer or a fault.
    pub(crate) fn good(&self) {
        let mut inner = self.lock();
        if inner.ill.take().is_some() {
            inner.traps.clear();
        }
    }

    /// A call that said nothing about the plugin: it was cancelled, or the backend was too slow.
    pub(crate) fn neither(&self) {
        if let Some(ill) = &mut self.lock().ill {
            ill.tried = false;
        }
    }

    /// A trap, a broken limit, a lie about types. Until when it is left alone, where that made it ill.
    pub(crate) fn trapped(&self, now: Timestamp, what: &str) -> Option<Timestamp> {
        let mut inner = self.lock();
        inner.total += 1;
        inner.traps.push_back(now);
        while inner.traps.front().is_some_and(|first| now.duration_since(*first) > WINDOW) {
            inner.traps.pop_front();
        }
        let wait = match &inner.ill {
            Some(ill) => (ill.wait * 2).min(LONGEST_WAIT),
            None if inner.traps.len() >= TRAPS => FIRST_WAIT,
            None => return None,
        };
        let until = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        inner.ill = Some(Ill { until, wait, last: what.to_owned(), tried: false });
        Some(until)
    }

    /// Another component took its place.
    pub(crate) fn forget(&self) {
        let mut inner = self.lock();
        inner.ill = None;
        inner.traps.clear();
    }

    pub(crate) fn traps(&self) -> u64 {
        self.lock().total
    }

    pub(crate) fn report(&self) -> PluginHealth {
        match &self.lock().ill {
            None => PluginHealth::Well,
            Some(ill) => PluginHealth::Ill { until: ill.until, last: ill.last.clone() },
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    #[test]
    fn five_traps_in_ten_minutes_are_an_illness() {
        let health = Health::new();
        for second in [0, 200, 400, 601, 700] {
            health.trapped(at(second), "trap");
            assert_eq!(health.report(), PluginHealth::Well, "{second}");
        }
        health.trapped(at(710), "trap");
        assert_eq!(health.admit(at(739)), Err(at(740)));
    }

    #[test]
    fn the_wait_doubles_until_a_good_call_heals() {
        let health = Health::new();
        for _ in 0..5 {
            health.trapped(at(0), "trap");
        }
        assert_eq!(health.admit(at(29)), Err(at(30)));
        assert_eq!(health.admit(at(30)), Ok(()));
        assert!(health.admit(at(30)).is_err(), "one call finds out");
        health.trapped(at(30), "trap");
        assert_eq!(health.admit(at(89)), Err(at(90)));
        for _ in 0..8 {
            health.trapped(at(90), "trap");
        }
        assert_eq!(health.admit(at(91)), Err(at(990)));
        assert_eq!(health.admit(at(990)), Ok(()));
        health.good();
        assert_eq!(health.report(), PluginHealth::Well);
        health.trapped(at(991), "trap");
        assert_eq!(health.report(), PluginHealth::Well);
        assert_eq!(health.traps(), 15);
    }
}
