//! Another key for access tokens: every 90 days, or at once.
//!
//! Guarantees: a program notices nothing; a key that was replaced verifies until the longest access token it
//! signed is over, also across a restart, unless it is said to be in the wrong hands. Does not: end a
//! session; a token of a key that is refused is had anew for the refresh token.

use crate::activity::{actor, note};
use crate::clock::later;
use crate::error::Result;
use crate::house::Service;
use crate::key_ring::Ring;
use core::time::Duration;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::role::Admin;
use domain::schedule::Task;
use jiff::Timestamp;
use store::WriteTx;

/// How long a key signs.
const EVERY: Duration = Duration::from_secs(90 * 86_400);

/// What becomes of tokens that were signed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Former {
    /// They are good until their own end.
    Verify,
    /// They are good for nothing from now on: the key may be in the wrong hands.
    Refuse,
}

/// A key that has just begun to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// Its name in the header of tokens.
    pub kid: String,
    /// When the next one takes its place.
    pub until: Timestamp,
}

fn due(ring: &Ring) -> Timestamp {
    later(ring.made_at(), EVERY)
}

/// Puts the row of the next change, at every start.
pub(crate) fn reschedule(tx: &WriteTx) -> Result<()> {
    match Ring::kept(tx)? {
        Some(ring) => Ok(tx.schedule().put(&Task::RotateKeys, due(&ring))?),
        None => Ok(()),
    }
}

/// [`Task::RotateKeys`]: the key has signed long enough. Looks at the facts anew, so that a late, early or
/// repeated call does no harm.
pub(crate) async fn rotate_if_due(service: &Service) -> Result<()> {
    let due = service.read(|tx| Ok(Ring::kept(tx)?.as_ref().map(due))).await?;
    if due.is_some_and(|due| due <= service.now()) {
        changed(service, Actor::System, Former::Verify).await.map(drop)
    } else {
        service.write_aside(reschedule).await
    }
}

/// Lets another key sign from now on.
///
/// # Errors
/// Only our own.
pub async fn rotate(service: &Service, by: &Admin, former: Former) -> Result<Rotated> {
    changed(service, actor(by), former).await
}

async fn changed(service: &Service, by: Actor, former: Former) -> Result<Rotated> {
    // Of two at once the later one is in use at the end.
    let _one_at_a_time = service.inside().changing.lock().await;
    let now = service.now();
    let life = service.settings().settings.signin.access_token_life;
    let until = match former {
        Former::Verify => Some(later(now, life)),
        Former::Refuse => None,
    };
    let ring = service
        .write_aside(move |tx| {
            let ring = Ring::of(tx, now)?.next(now, until)?;
            ring.keep(tx)?;
            tx.schedule().put(&Task::RotateKeys, due(&ring))?;
            note(tx, NewActivity::new(now, by, ActivityKind::SigningKeyRotated))?;
            Ok(ring)
        })
        .await?;
    let signer = ring.signer()?;
    let rotated = Rotated { kid: signer.kid().to_owned(), until: due(&ring) };
    service.inside().keys.set(signer);
    Ok(rotated)
}

#[cfg(test)]
mod tests;
