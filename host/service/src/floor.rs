//! How long a refused sign-in takes at least: as long as the slowest way of finding out.
//!
//! Guarantees: an unknown name and a wrong password are answered at the same moment after the
//! question, also where a backend takes longer for one of them. Does not: delay who is let in.

use crate::clock;
use core::time::Duration;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

const LEAST: Duration = Duration::from_millis(250);
/// A backend that hangs must not make everybody wait for ever.
const MOST: Duration = Duration::from_secs(5);
/// Answers are released in steps, so that a slow one does not show by how much it was slow.
const STEP: Duration = Duration::from_millis(250);
/// So many checks are remembered.
const REMEMBERED: usize = 64;

/// The pause, learned from the checks before.
#[derive(Default)]
pub(crate) struct Floor(Mutex<VecDeque<Duration>>);

impl Floor {
    /// Learns from a check that was made completely.
    pub(crate) fn learn(&self, took: Duration) {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == REMEMBERED {
            recent.pop_front();
        }
        recent.push_back(took.min(MOST));
    }

    /// When to answer a question that came at `asked` and was decided at `decided`.
    pub(crate) fn release(&self, asked: Timestamp, decided: Timestamp) -> Timestamp {
        let recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slowest = recent.iter().copied().max().unwrap_or_default();
        drop(recent);
        let took = clock::time_from(asked, decided);
        clock::later(asked, stepped(slowest.max(took)).max(LEAST))
    }
}

/// Up to the next whole step.
fn stepped(time: Duration) -> Duration {
    let steps = time.as_millis().div_ceil(STEP.as_millis());
    STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered_after(floor: &Floor, took_ms: u64) -> Duration {
        let asked = Timestamp::UNIX_EPOCH;
        let decided = clock::later(asked, Duration::from_millis(took_ms));
        clock::time_from(asked, floor.release(asked, decided))
    }

    #[test]
    fn fast_and_slow_refusals_take_the_same_time() {
        let floor = Floor::default();
        assert_eq!(answered_after(&floor, 1), LEAST);
        floor.learn(Duration::from_millis(640));
        assert_eq!(answered_after(&floor, 1), Duration::from_millis(750));
        assert_eq!(answered_after(&floor, 700), Duration::from_millis(750));
    }

    #[test]
    fn a_slow_moment_is_forgotten() {
        let floor = Floor::default();
        floor.learn(Duration::from_secs(60));
        assert_eq!(answered_after(&floor, 1), MOST);
        for _ in 0..REMEMBERED {
            floor.learn(Duration::from_millis(10));
        }
        assert_eq!(answered_after(&floor, 1), LEAST);
    }
}
