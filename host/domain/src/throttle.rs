//! Throttles: how many wrong attempts, how long to wait. State in, state out.
//!
//! Two shapes. A [`Bucket`] counts failures of one thing (an account, an account from a device that
//! is known): five are free, each later one doubles the wait, and a success wipes it clean. A
//! [`Rate`] counts calls of one caller in a window, right or wrong.
//!
//! Who owns which bucket is decided by [`keys`]: a device that has signed in as this account before
//! has a bucket of its own, so that a stranger's guesses lock out strangers only.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Failures that cost nothing.
pub const FREE: u32 = 5;
/// The longest wait, in seconds.
pub const LONGEST: i64 = 300;
/// After so long without a failure a bucket is as good as new.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

/// What a throttle says to an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on; the outcome must be told to the bucket.
    Allowed,
    /// Not before this time.
    Wait(Timestamp),
}

impl Decision {
    /// The longer of two waits.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Wait(one), Self::Wait(two)) => Self::Wait(one.max(two)),
            (Self::Wait(until), Self::Allowed) | (Self::Allowed, Self::Wait(until)) => {
                Self::Wait(until)
            }
            (Self::Allowed, Self::Allowed) => Self::Allowed,
        }
    }

    /// Seconds from now, for `Retry-After`: never less than one.
    #[must_use]
    pub fn retry_after(self, now: Timestamp) -> Option<u64> {
        match self {
            Self::Allowed => None,
            Self::Wait(until) => {
                let wait = until.duration_since(now);
                let whole = if wait.subsec_nanos() > 0 { 1 } else { 0 };
                Some(u64::try_from(wait.as_secs().saturating_add(whole)).unwrap_or(1).max(1))
            }
        }
    }
}

/// Failures of one thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    failures: u32,
    last: Option<Timestamp>,
}

/// How long after so many failures: nothing for the free ones, then 1, 2, 4 ... seconds.
fn wait_after(failures: u32) -> SignedDuration {
    let seconds = match failures.checked_sub(FREE) {
        None | Some(0) => 0,
        Some(over) => {
            1_i64.checked_shl(over - 1).filter(|s| (1..LONGEST).contains(s)).unwrap_or(LONGEST)
        }
    };
    SignedDuration::from_secs(seconds)
}

impl Bucket {
    /// Whether an attempt may be made now.
    #[must_use]
    pub fn attempt(&self, now: Timestamp) -> Decision {
        let Some(last) = self.last else { return Decision::Allowed };
        let until = last.saturating_add(wait_after(self.failures)).unwrap_or(Timestamp::MAX);
        if until <= now { Decision::Allowed } else { Decision::Wait(until) }
    }

    /// After a failed attempt. Counted before the outcome is known where many may be under way at
    /// once: an attempt that succeeds calls [`Bucket::succeeded`] anyway.
    #[must_use]
    pub fn failed(self, now: Timestamp) -> Self {
        let fresh = self.last.is_none_or(|last| now.duration_since(last) >= FORGOTTEN);
        let before = if fresh { 0 } else { self.failures };
        // A clock that was set back must not shorten a wait.
        let last = self.last.filter(|_| !fresh).map_or(now, |last| last.max(now));
        Self { failures: before.saturating_add(1), last: Some(last) }
    }

    /// After a success.
    #[must_use]
    pub fn succeeded(self) -> Self {
        Self::default()
    }

    /// After an attempt that was counted before its outcome was known and was no failure of this thing:
    /// a shared one keeps the failures of others.
    #[must_use]
    pub const fn taken_back(self) -> Self {
        Self { failures: self.failures.saturating_sub(1), last: self.last }
    }

    /// When it means nothing any more and may be dropped.
    #[must_use]
    pub fn forgotten_at(&self) -> Option<Timestamp> {
        self.last.map(|last| last.saturating_add(FORGOTTEN).unwrap_or(Timestamp::MAX))
    }

    /// Failures that count.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }
}

/// Calls of one caller: so many in a window, then the rest of the window to wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    began: Option<Timestamp>,
    calls: u32,
}

/// How many calls in how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Calls.
    pub calls: u32,
    /// In so long.
    pub window: SignedDuration,
}

/// Looking up invites: nobody types ten codes a minute.
pub const INVITE_LOOKUPS: Allowance = Allowance { calls: 10, window: SignedDuration::from_mins(1) };

impl Rate {
    /// Counts a call.
    #[must_use]
    pub fn call(self, now: Timestamp, allowance: Allowance) -> (Self, Decision) {
        let end =
            |began: Timestamp| began.saturating_add(allowance.window).unwrap_or(Timestamp::MAX);
        match self.began {
            Some(began) if began <= now && now < end(began) => {
                if self.calls >= allowance.calls {
                    return (self, Decision::Wait(end(began)));
                }
                let calls = self.calls.saturating_add(1);
                (Self { began: Some(began), calls }, Decision::Allowed)
            }
            _ => (Self { began: Some(now), calls: 1 }, Decision::Allowed),
        }
    }

    /// Whether a call would be let through; counts nothing.
    #[must_use]
    pub fn look(self, now: Timestamp, allowance: Allowance) -> Decision {
        self.call(now, allowance).1
    }

    /// Whether it can be forgotten.
    #[must_use]
    pub fn is_over(&self, now: Timestamp, allowance: Allowance) -> bool {
        self.began.is_none_or(|began| now.duration_since(began) >= allowance.window)
    }
}

/// The names of buckets.
pub mod keys {
    use crate::names::name_key;

    /// Attempts at an account by strangers, however its name is written.
    #[must_use]
    pub fn account(login: &str) -> String {
        format!("account/{}", name_key(login))
    }

    /// Attempts at an account from a device that has signed in as it before; `device` is the hash of
    /// what that device holds.
    #[must_use]
    pub fn known_device(login: &str, device: &str) -> String {
        format!("device/{device}/{}", name_key(login))
    }

    /// Attempts from an address, at whatever account.
    #[must_use]
    pub fn address(address: core::net::IpAddr) -> String {
        format!("address/{}", network(address))
    }

    /// An IPv6 caller owns at least a /64: that counts as one address.
    #[must_use]
    pub fn network(address: core::net::IpAddr) -> String {
        match address.to_canonical() {
            core::net::IpAddr::V4(v4) => v4.to_string(),
            core::net::IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
    }

    fn failed_times(times: u32) -> Bucket {
        (0..times).fold(Bucket::default(), |bucket, _| bucket.failed(at(0)))
    }

    #[test]
    fn five_are_free_then_the_wait_doubles_up_to_five_minutes() {
        let expected = [0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300];
        for (failures, wait) in (0..).zip(expected) {
            let bucket = failed_times(failures);
            if wait > 0 {
                assert_eq!(bucket.attempt(at(wait - 1)), Decision::Wait(at(wait)), "{failures}");
            }
            assert_eq!(bucket.attempt(at(wait)), Decision::Allowed, "{failures}");
        }
        assert_eq!(failed_times(5_000).attempt(at(300)), Decision::Allowed);
    }

    #[test]
    fn a_success_or_a_day_wipes_it_clean() {
        assert_eq!(failed_times(9).succeeded(), Bucket::default());
        assert_eq!(failed_times(9).failed(at(86_400)).failures(), 1);
        assert_eq!(failed_times(9).failed(at(86_399)).failures(), 10);
    }

    #[test]
    fn ten_lookups_a_minute() {
        let mut rate = Rate::default();
        let mut decision;
        for second in 0..10 {
            (rate, decision) = rate.call(at(second), INVITE_LOOKUPS);
            assert_eq!(decision, Decision::Allowed);
        }
        (rate, decision) = rate.call(at(59), INVITE_LOOKUPS);
        assert_eq!(decision, Decision::Wait(at(60)));
        assert_eq!(decision.retry_after(at(59)), Some(1));
        (_, decision) = rate.call(at(60), INVITE_LOOKUPS);
        assert_eq!(decision, Decision::Allowed);
    }

    #[test]
    fn a_name_written_otherwise_is_the_same_bucket() {
        assert_eq!(keys::account(" ＡＮＮＡ "), keys::account("anna"));
        assert_eq!(
            keys::address("2001:db8:1:2:3::4".parse().expect("an address")),
            keys::address("2001:db8:1:2:ffff::1".parse().expect("an address")),
        );
        let mapped = "::ffff:192.0.2.1".parse().expect("an address");
        assert_eq!(keys::address(mapped), "address/192.0.2.1");
    }

    proptest! {
        /// However attempts are spaced, nobody who respects the answers gets more failures through
        /// in a day than the waits allow.
        #[test]
        fn guesses_are_few(gaps in prop::collection::vec(0_i64..400, 1..2_000)) {
            let (mut bucket, mut clock, mut guesses) = (Bucket::default(), 0_i64, 0_u32);
            for gap in gaps {
                clock += gap;
                if clock >= 86_400 { break }
                if bucket.attempt(at(clock)) == Decision::Allowed {
                    bucket = bucket.failed(at(clock));
                    guesses += 1;
                }
            }
            prop_assert!(guesses <= FREE + 9 + 86_400 / 300 + 1, "{guesses}");
        }

        /// A clock that jumps back never opens what was closed.
        #[test]
        fn a_clock_set_back_opens_nothing(back in 0_i64..100_000, failures in FREE + 1..40) {
            let bucket = failed_times(failures);
            prop_assert!(matches!(bucket.attempt(at(-back)), Decision::Wait(_)));
            let again = bucket.failed(at(-back));
            prop_assert!(again.attempt(at(0)) != Decision::Allowed);
        }
    }
}
