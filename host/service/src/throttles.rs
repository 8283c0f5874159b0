//! Throttles that survive a restart: who has to wait before the next attempt.
//!
//! Guarantees: an attempt is counted before it is made, so that many at once cannot all be free; a
//! guesser is stopped before a backend would lock the account. Does not: lock anybody out for good.

use crate::clock::{earlier, later, time_from};
use crate::error::{Result, ServiceError};
use core::time::Duration;
use domain::throttle::{Bucket, Decision};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::WriteTx;

/// Counts an attempt as failed in every bucket, by their keys, or refuses it.
///
/// # Errors
/// [`ServiceError::Throttled`]; nothing is counted then.
pub(crate) fn count(tx: &WriteTx, keys: &[String], now: Timestamp) -> Result<()> {
    let mut decision = Decision::Allowed;
    let mut counted = Vec::with_capacity(keys.len());
    for key in keys {
        let bucket: Bucket = tx.throttles().get(key)?.unwrap_or_default();
        decision = decision.and(bucket.attempt(now));
        counted.push((key, bucket.failed(now)));
    }
    if let Some(seconds) = decision.retry_after(now) {
        return Err(ServiceError::Throttled { retry_after: Duration::from_secs(seconds) });
    }
    for (key, bucket) in counted {
        put(tx, key, bucket, now)?;
    }
    Ok(())
}

/// The attempt was right: wipes the buckets in `own`, and takes one failure back in `shared`.
pub(crate) fn forgive(
    tx: &WriteTx,
    own: &[String],
    shared: &[String],
    now: Timestamp,
) -> Result<()> {
    for key in own {
        tx.throttles().delete(key)?;
    }
    take_back(tx, shared, now)
}

/// The attempt was neither right nor wrong: takes one failure back.
pub(crate) fn take_back(tx: &WriteTx, keys: &[String], now: Timestamp) -> Result<()> {
    for key in keys {
        if let Some(bucket) = tx.throttles().get::<Bucket>(key)? {
            put(tx, key, bucket.taken_back(), now)?;
        }
    }
    Ok(())
}

fn put(tx: &WriteTx, key: &str, bucket: Bucket, now: Timestamp) -> Result<()> {
    Ok(tx.throttles().put(key, &bucket, bucket.forgotten_at().unwrap_or(now))?)
}

/// What may be done so often in any window of that length, and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ration {
    pub(crate) times: usize,
    pub(crate) window: Duration,
}

/// Takes one of a ration; where all are taken nothing is, and it says how long to wait.
pub(crate) fn spend(
    tx: &WriteTx,
    key: &str,
    ration: Ration,
    now: Timestamp,
) -> Result<Option<Duration>> {
    let mut spent: Vec<Timestamp> = tx.throttles().get(key)?.unwrap_or_default();
    spent.retain(|at| *at > earlier(now, ration.window));
    if spent.len() >= ration.times {
        let first = spent.iter().min().map_or(now, |first| later(*first, ration.window));
        return Ok(Some(time_from(now, first).max(Duration::from_secs(1))));
    }
    spent.push(now);
    tx.throttles().put(key, &spent, later(now, ration.window))?;
    Ok(None)
}

/// Wrong passwords that may be passed on to a backend for one account in [`RELAY_WINDOW`].
const RELAYED: usize = 2;
pub(crate) const RELAY_WINDOW: Duration = Duration::from_secs(600);
/// How long nothing is passed on after the backend said that it will soon lock the account. After
/// that the plugin looks at the backend's own count first.
const HELD: Duration = Duration::from_secs(3_600);

/// What was passed on to a backend for one account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Relay {
    wrong: Vec<Timestamp>,
    held_until: Option<Timestamp>,
}

/// An account on a backend, to pass passwords on to: by its name there, however somebody came to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelayTo(String);

impl RelayTo {
    pub(crate) fn login(backend: &domain::ids::BackendId, login_name: &str) -> Self {
        Self(format!("relay/{backend}/{}", domain::names::name_key(login_name)))
    }

    /// The same account for whoever is signed in as its owner: what strangers have spent does not count.
    pub(crate) fn own(backend: &domain::ids::BackendId, login_name: &str) -> Self {
        Self(format!("relay-own/{backend}/{}", domain::names::name_key(login_name)))
    }
}

/// Whether a password may be passed on now; counts it as wrong if so.
pub(crate) fn may_relay(
    tx: &WriteTx,
    to: &RelayTo,
    device_is_known: bool,
    now: Timestamp,
) -> Result<bool> {
    let mut relay: Relay = tx.throttles().get(&to.0)?.unwrap_or_default();
    relay.wrong.retain(|at| *at > earlier(now, RELAY_WINDOW));
    let held = relay.held_until.is_some_and(|until| until > now);
    if !device_is_known && (held || relay.wrong.len() >= RELAYED) {
        return Ok(false);
    }
    relay.wrong.push(now);
    let until = relay.held_until.unwrap_or(now).max(later(now, RELAY_WINDOW));
    tx.throttles().put(&to.0, &relay, until)?;
    Ok(true)
}

/// What became of a password that was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relayed {
    /// Right: all is forgotten.
    Right,
    /// Not a wrong password: takes the count back.
    Unjudged,
    /// The backend is about to lock the account.
    AtTheBrink,
}

/// Notes what became of it; a wrong one was counted before.
pub(crate) fn relayed(tx: &WriteTx, to: &RelayTo, outcome: Relayed, now: Timestamp) -> Result<()> {
    let mut relay: Relay = match outcome {
        Relayed::Right => return Ok(tx.throttles().delete(&to.0)?),
        Relayed::Unjudged | Relayed::AtTheBrink => tx.throttles().get(&to.0)?.unwrap_or_default(),
    };
    if outcome == Relayed::Unjudged {
        relay.wrong.pop();
    } else {
        relay.held_until = Some(later(now, HELD));
    }
    let until = relay.held_until.unwrap_or(now).max(later(now, RELAY_WINDOW));
    Ok(tx.throttles().put(&to.0, &relay, until)?)
}

/// Forgets what was passed on for an account: an admin's word.
pub(crate) fn unlock(tx: &WriteTx, to: &RelayTo) -> Result<()> {
    Ok(tx.throttles().delete(&to.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::throttle::keys;
    use store::Store;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_refused_attempt_is_counted_nowhere() {
        let store = Store::in_memory().unwrap();
        let (full, other) = (keys::account("full"), keys::account("other"));
        let attempt = |keys: &[String]| store.write_blocking(|tx| count(tx, keys, at(0)));
        while attempt(core::slice::from_ref(&full)).is_ok() {}
        for _ in 0..10 {
            assert!(attempt(&[other.clone(), full.clone()]).is_err());
        }
        for _ in 0..domain::throttle::FREE {
            attempt(core::slice::from_ref(&other)).unwrap();
        }
    }

    #[test]
    fn a_success_wipes_its_own_bucket_and_gives_one_back_to_the_shared() {
        let store = Store::in_memory().unwrap();
        let (own, shared) = ([keys::account("anna")], ["address/192.0.2.1".to_owned()]);
        let both = [own.as_slice(), shared.as_slice()].concat();
        for _ in 0..20 {
            store.write_blocking(|tx| count(tx, &both, at(0))).unwrap();
            store.write_blocking(|tx| forgive(tx, &own, &shared, at(0))).unwrap();
        }
    }

    #[test]
    fn a_ration_is_full_again_once_its_window_has_passed() {
        let store = Store::in_memory().unwrap();
        let ration = Ration { times: 2, window: Duration::from_secs(60) };
        let spent =
            |second| store.write_blocking(|tx| spend(tx, "mails", ration, at(second))).unwrap();
        assert_eq!((spent(0), spent(30)), (None, None));
        assert_eq!(spent(40), Some(Duration::from_secs(20)));
        assert_eq!((spent(60), spent(61)), (None, Some(Duration::from_secs(29))));
    }

    #[test]
    fn guesses_stop_before_a_backend_that_locks_after_three() {
        let store = Store::in_memory().unwrap();
        let to = RelayTo::login(&domain::ids::BackendId::parse("media").unwrap(), "anna");
        let may = |known, second| {
            store.write_blocking(|tx| may_relay(tx, &to, known, at(second))).unwrap()
        };
        assert!(may(false, 0));
        assert!(may(false, 1));
        assert!(!may(false, 2));
        assert!(may(true, 3), "a known device is not held back here");
        assert!(may(false, 700));
        store.write_blocking(|tx| relayed(tx, &to, Relayed::AtTheBrink, at(700))).unwrap();
        assert!(!may(false, 1_400));
        store.write_blocking(|tx| unlock(tx, &to)).unwrap();
        assert!(may(false, 1_400));
    }
}
