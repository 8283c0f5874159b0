//! The moment between two proofs: a ticket, the tries it allows, and what it is exchanged for.
//!
//! Guarantees: a ticket is good once, for a few minutes and a few wrong tries; tries at an app's codes are
//! rationed for each user, however many tickets there are. Does not: judge a second factor.

use crate::activity::{about, note, oneself, seen_from};
use crate::caller::Caller;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::random::{Purpose, fingerprint};
use crate::sessions::{self, Begun, Epoch, Keep, Proof};
use crate::throttles::{self, Ration};
use core::time::Duration;
use domain::activity::ActivityKind;
use domain::factors::Ticket;
use domain::ids::UserId;
use domain::secret::Secret;
use domain::sessions::Strength;
use domain::users::User;
use jiff::Timestamp;
use store::{Mode, Tx, WriteTx};

/// Tries at the codes of a user's app, right or wrong. What is too long to be guessed needs no ration: whoever
/// has the password and floods the app's codes does not shut its owner's passkey and recovery codes out.
const RATIONS: [(&str, Ration); 2] = [
    ("minute", Ration { times: 30, window: Duration::from_secs(60) }),
    ("while", Ration { times: 50, window: Duration::from_secs(600) }),
];

/// The hash by which a ticket is kept.
///
/// # Errors
/// `Gone` for what can be no ticket.
pub(crate) fn hash(token: &Secret) -> Result<String> {
    if Purpose::Ticket.fits(token.expose()) {
        Ok(fingerprint(token.expose()))
    } else {
        Err(ServiceError::Gone)
    }
}

/// The ticket and its user, where it may still be used.
///
/// # Errors
/// `Gone`.
pub(crate) fn open<M: Mode>(tx: &Tx<M>, hash: &str, now: Timestamp) -> Result<(Ticket, User)> {
    let ticket = tx.tickets().get(hash)?.filter(|ticket| !ticket.is_over(now));
    let ticket = ticket.ok_or(ServiceError::Gone)?;
    let user = tx.users().get(&ticket.user)?.ok_or(ServiceError::Gone)?;
    Ok((ticket, user))
}

/// Takes one of a user's tries. A device that they signed in on before has rations of its own: whoever has
/// the password only cannot shut its owner out there.
///
/// # Errors
/// `Throttled`.
pub(crate) fn ration(
    service: &Service,
    tx: &WriteTx,
    user: &UserId,
    caller: &Caller,
) -> Result<()> {
    let now = service.now();
    let device = caller.device.as_ref().and_then(|note| service.inside().devices.open(note, now));
    let whose = match device.filter(|device| device.user == *user) {
        Some(device) => format!("{user}/{}", device.nonce),
        None => user.to_string(),
    };
    for (word, ration) in RATIONS {
        let key = format!("second-factor/{word}/{whose}");
        if let Some(retry_after) = throttles::spend(tx, &key, ration, now)? {
            return Err(ServiceError::Throttled { retry_after });
        }
    }
    Ok(())
}

/// A try that was wrong counts on its ticket and is told.
pub(crate) fn wrong(
    service: &Service,
    tx: &WriteTx,
    (mut ticket, user): (Ticket, &User),
    caller: &Caller,
) -> Result<()> {
    ticket.wrong = ticket.wrong.saturating_add(1);
    if ticket.is_over(service.now()) {
        tx.tickets().take(&ticket.token)?;
    } else {
        tx.tickets().put(&ticket)?;
    }
    refused(service, tx, user, caller)
}

/// The line about a second factor that was refused.
pub(crate) fn refused(service: &Service, tx: &WriteTx, user: &User, caller: &Caller) -> Result<()> {
    let line = about(service, oneself(user), ActivityKind::SecondFactorRefused, user);
    note(tx, seen_from(line, caller))
}

/// A ticket that both proofs were given for.
pub(crate) struct Taken {
    ticket: Ticket,
    epoch: Epoch,
}

/// Uses a ticket up.
pub(crate) fn take(tx: &WriteTx, ticket: Ticket) -> Result<Taken> {
    tx.tickets().take(&ticket.token)?;
    // Whatever ends the sessions of a user ends their tickets: the first proof still counts.
    Ok(Taken { ticket, epoch: tx.sessions().epoch()? })
}

/// Begins the session that a ticket was for.
pub(crate) async fn redeem(service: &Service, taken: Taken, caller: &Caller) -> Result<Begun> {
    let Taken { ticket, epoch } = taken;
    let keep = match ticket.remembered {
        Some(true) => Keep::Remembered,
        Some(false) => Keep::UntilClosed,
        None => Keep::Program,
    };
    let Ticket { user, provider, upstream, .. } = ticket;
    let proof = Proof { user, provider, strength: Strength::Double, upstream, epoch };
    sessions::begin(service, proof, keep, caller).await
}

/// Whether a ticket may still be used; whose it is.
///
/// # Errors
/// `Gone`.
pub async fn of(service: &Service, token: &Secret) -> Result<User> {
    let (hash, now) = (hash(token)?, service.now());
    service.read(move |tx| Ok(open(tx, &hash, now)?.1)).await
}
