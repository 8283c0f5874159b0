//! The one source of time. Everything that happens later waits here.
//!
//! Guarantees: with a manual clock nothing waits for real time, and an advance wakes exactly those
//! whose time has come. Does not: bound how long a network call takes; egress and the sandbox do.

use core::time::Duration;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use tokio::sync::watch;

/// Long waits are cut into pieces, so that a suspended machine or a corrected clock is noticed.
const LONGEST_PIECE: Duration = Duration::from_secs(60);

/// Tells the time and waits for it.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    System,
    Manual {
        now: watch::Sender<Timestamp>,
        waiting: watch::Sender<Vec<Timestamp>>,
        passes: Duration,
    },
}

impl Clock {
    /// The machine's.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(Kind::System))
    }

    /// One that stands still until [`Clock::advance`].
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self::manual_that_passes(start, Duration::ZERO)
    }

    /// A manual one on which waits of at most `short` pass by themselves: who waits that long moves
    /// the clock there. For tests in which the pause before an answer is not the subject.
    #[must_use]
    pub fn manual_that_passes(start: Timestamp, short: Duration) -> Self {
        let (now, _) = watch::channel(start);
        let (waiting, _) = watch::channel(Vec::new());
        Self(Arc::new(Kind::Manual { now, waiting, passes: short }))
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Kind::System => system_now(),
            Kind::Manual { now, .. } => *now.borrow(),
        }
    }

    /// Returns when `until` has come. Cancel safe.
    pub async fn sleep_until(&self, until: Timestamp) {
        match &*self.0 {
            Kind::System => loop {
                let left = time_from(system_now(), until);
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(LONGEST_PIECE)).await;
            },
            Kind::Manual { now, waiting, passes } => {
                if !passes.is_zero() && time_from(*now.borrow(), until) <= *passes {
                    now.send_modify(|at| *at = (*at).max(until));
                }
                let _listed = Listed::new(waiting, until);
                // The sender is in `self`, so waiting can only end by the time having come.
                let _came = now.subscribe().wait_for(|at| *at >= until).await.is_ok();
            }
        }
    }

    /// Rests between two rounds of what is done again and again. On the system's clock this is so long
    /// whatever becomes of the time of day; a manual one has to be moved on, however short it is. Cancel
    /// safe.
    pub async fn rest(&self, long: Duration) {
        match &*self.0 {
            Kind::System => tokio::time::sleep(long).await,
            Kind::Manual { now, waiting, .. } => {
                let until = later(*now.borrow(), long);
                let _listed = Listed::new(waiting, until);
                // The sender is in `self`, so waiting can only end by the time having come.
                let _came = now.subscribe().wait_for(|at| *at >= until).await.is_ok();
            }
        }
    }

    /// Moves a manual clock on, by either kind of duration, and wakes whose time has come; nothing on the
    /// system's.
    pub fn advance(&self, by: impl TryInto<SignedDuration>) {
        let by = by.try_into().unwrap_or(SignedDuration::MAX);
        if let Kind::Manual { now, .. } = &*self.0 {
            now.send_modify(|at| *at = at.saturating_add(by).unwrap_or(Timestamp::MAX));
        }
    }

    /// Returns when somebody waits on a manual clock for a moment that is still to come, with the
    /// earliest such moment. Never returns on the system's.
    pub async fn next_waiter(&self) -> Timestamp {
        let Kind::Manual { now, waiting, .. } = &*self.0 else {
            return core::future::pending().await;
        };
        let mut list = waiting.subscribe();
        loop {
            let first =
                list.borrow_and_update().iter().copied().filter(|at| *at > *now.borrow()).min();
            if let Some(first) = first {
                return first;
            }
            if list.changed().await.is_err() {
                return core::future::pending().await;
            }
        }
    }
}

/// A waiter's entry, gone when the waiter is.
struct Listed<'a> {
    list: &'a watch::Sender<Vec<Timestamp>>,
    until: Timestamp,
}

impl<'a> Listed<'a> {
    fn new(list: &'a watch::Sender<Vec<Timestamp>>, until: Timestamp) -> Self {
        list.send_modify(|all| all.push(until));
        Self { list, until }
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.list.send_modify(|all| {
            if let Some(place) = all.iter().position(|at| *at == self.until) {
                all.swap_remove(place);
            }
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
fn system_now() -> Timestamp {
    Timestamp::now()
}

/// The moment `by` after `start`; the end of time where it would be later.
#[must_use]
pub fn later(start: Timestamp, by: Duration) -> Timestamp {
    start.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// The moment `by` before `end`; the beginning of time where it would be earlier.
#[must_use]
pub fn earlier(end: Timestamp, by: Duration) -> Timestamp {
    end.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// How long it is from `start` to `end`; nothing where `end` is not later.
#[must_use]
pub fn time_from(start: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(start)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_advance_wakes_whose_time_has_come() {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        let until = later(clock.now(), Duration::from_secs(10));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(until).await }
        });
        assert_eq!(clock.next_waiter().await, until);
        clock.advance(Duration::from_secs(9));
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeper.await.unwrap();
    }

    #[tokio::test]
    async fn short_waits_pass_where_asked() {
        let clock = Clock::manual_that_passes(Timestamp::UNIX_EPOCH, Duration::from_secs(2));
        clock.sleep_until(later(clock.now(), Duration::from_secs(2))).await;
        assert_eq!(clock.now(), later(Timestamp::UNIX_EPOCH, Duration::from_secs(2)));
    }

    #[tokio::test]
    async fn a_rest_never_passes_by_itself() {
        let clock = Clock::manual_that_passes(Timestamp::UNIX_EPOCH, Duration::from_secs(5));
        let rest = tokio::spawn({
            let clock = clock.clone();
            async move { clock.rest(Duration::from_secs(1)).await }
        });
        let until = later(Timestamp::UNIX_EPOCH, Duration::from_secs(1));
        assert_eq!(clock.next_waiter().await, until);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        clock.advance(Duration::from_secs(1));
        rest.await.unwrap();
    }
}
