//! When somebody is reminded that their time ends soon.
//!
//! Guarantees: a day before the end at the latest, or at half time where there is not even so much;
//! the same moments whoever asks and whenever. Does not: remember which have been told.

use jiff::{SignedDuration, Timestamp};

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// A shorter time has one reminder.
const SHORT: SignedDuration = SignedDuration::from_hours(48);

/// The moments at which somebody is reminded whose time began and ends then, in order.
fn moments(began: Timestamp, end: Timestamp) -> Vec<Timestamp> {
    let whole = end.duration_since(began);
    if whole < SHORT {
        let half = whole.checked_div(2).and_then(|half| began.checked_add(half).ok());
        return half.filter(|half| *half < end).into_iter().collect();
    }
    let before = |by| end.checked_sub(by).ok().filter(|at| *at > began);
    [WEEK, DAY].into_iter().filter_map(before).collect()
}

/// The first moment later than `now`.
#[must_use]
pub fn next(began: Timestamp, end: Timestamp, now: Timestamp) -> Option<Timestamp> {
    moments(began, end).into_iter().find(|at| *at > now)
}

/// Whether that is one of the moments, and has come.
#[must_use]
pub fn has_come(began: Timestamp, end: Timestamp, at: Timestamp, now: Timestamp) -> bool {
    at <= now && now < end && moments(began, end).contains(&at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hour * 3_600).expect("a time")
    }

    #[test]
    fn a_week_and_a_day_before_or_at_half_time() {
        for (hours, expected) in [
            (30 * 24, vec![23 * 24, 29 * 24]),
            (7 * 24, vec![6 * 24]),
            (3 * 24, vec![2 * 24]),
            (48, vec![24]),
            (47, vec![]),
            (10, vec![5]),
            (0, vec![]),
            (-5, vec![]),
        ] {
            let moments = moments(at(0), at(hours));
            if hours == 47 {
                assert_eq!(moments.len(), 1);
                continue;
            }
            assert_eq!(moments, expected.into_iter().map(at).collect::<Vec<_>>(), "{hours}");
        }
    }

    #[test]
    fn what_is_past_is_skipped() {
        let (began, end) = (at(0), at(30 * 24));
        assert_eq!(next(began, end, at(0)), Some(at(23 * 24)));
        assert_eq!(next(began, end, at(23 * 24)), Some(at(29 * 24)));
        assert_eq!(next(began, end, at(29 * 24)), None);
    }

    #[test]
    fn a_moment_that_has_come_is_one_of_this_end() {
        let (began, end) = (at(0), at(30 * 24));
        assert!(has_come(began, end, at(23 * 24), at(25 * 24)));
        assert!(!has_come(began, end, at(23 * 24), at(22 * 24)), "not yet");
        assert!(!has_come(began, end, at(23 * 24), end), "too late");
        assert!(!has_come(began, at(60 * 24), at(23 * 24), at(25 * 24)), "of another end");
    }
}
