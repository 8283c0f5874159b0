//! Challenges that passkeys are to sign: kept here until they come back.
//!
//! Guarantees: each comes back once, within minutes; nobody can fill the memory, or crowd out others
//! from elsewhere. Does not: survive a restart; whoever was in the middle begins again.

use crate::caller::Caller;
use core::time::Duration;
use domain::ids::UserId;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, PasskeyAuthentication, PasskeyRegistration,
};

/// How long somebody may take.
pub(crate) const LIFE: Duration = Duration::from_secs(300);
/// So many at once from one network.
const OF_ONE: usize = 20;
/// So many at once.
const OF_ALL: usize = 5_000;

/// What a challenge was for.
pub(crate) enum Purpose {
    /// A new passkey of that user.
    Register(UserId, PasskeyRegistration),
    /// Signing in by a passkey alone.
    SignIn(DiscoverableAuthentication),
    /// The second proof for the ticket with that hash.
    Second(String, PasskeyAuthentication),
}

struct Ceremony {
    purpose: Purpose,
    network: String,
    until: Timestamp,
}

/// The challenges that are out.
#[derive(Default)]
pub(crate) struct Ceremonies(Mutex<HashMap<String, Ceremony>>);

impl Ceremonies {
    /// Keeps one, by its challenge.
    pub(crate) fn keep(
        &self,
        challenge: String,
        purpose: Purpose,
        (caller, now): (&Caller, Timestamp),
    ) {
        let network = caller.network();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_challenge, one| one.until > now);
        drop_oldest(&mut open, OF_ONE, |one| one.network == network);
        drop_oldest(&mut open, OF_ALL, |_one| true);
        let until = crate::clock::later(now, LIFE);
        open.insert(challenge, Ceremony { purpose, network, until });
    }

    /// Takes one that has come back in time.
    pub(crate) fn take(&self, challenge: &str, now: Timestamp) -> Option<Purpose> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(challenge).filter(|one| one.until > now).map(|one| one.purpose)
    }
}

/// Makes room for one more.
fn drop_oldest(
    open: &mut HashMap<String, Ceremony>,
    most: usize,
    counts: impl Fn(&Ceremony) -> bool,
) {
    if open.values().filter(|one| counts(one)).count() < most {
        return;
    }
    let oldest = open.iter().filter(|(_, one)| counts(one)).min_by_key(|(_, one)| one.until);
    if let Some(challenge) = oldest.map(|(challenge, _)| challenge.clone()) {
        open.remove(&challenge);
    }
}
