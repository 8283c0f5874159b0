//! The one way in: whoever has given a first proof, by whatever provider, comes through here.
//!
//! Guarantees: nobody who has set up a second factor gets a session without it, whichever way they
//! came; what is wrong with an account is told before the second factor is asked for. Does not: check
//! the second proof; that is [`crate::factors`].

use crate::applications;
use crate::caller::Caller;
use crate::clock::later;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::random::{Purpose, fingerprint};
use crate::sessions::{self, Begun, Keep, Proof};
use core::time::Duration;
use domain::factors::{TICKET, Ticket};
use domain::secret::Secret;
use domain::sessions::Strength;
use domain::users::UserState;
use jiff::Timestamp;

/// What a first proof came to.
#[derive(Debug, Clone)]
pub enum Entered {
    /// A session.
    In(Box<Begun>),
    /// A second factor is asked for.
    SecondFactor(Asked),
}

/// A second factor that is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What to show with the second proof; once made, nobody can say it again.
    pub ticket: Secret,
    /// Whether an authenticator app's code will do. A recovery code always does.
    pub totp: bool,
    /// Whether a passkey will do.
    pub passkey: bool,
    /// When it is over.
    pub expires_at: Timestamp,
}

impl Asked {
    /// The words for what will do.
    #[must_use]
    pub fn ways(&self) -> Vec<&'static str> {
        let ways = [(self.totp, "totp"), (self.passkey, "passkey"), (true, "recovery-code")];
        ways.into_iter().filter(|(will_do, _)| *will_do).map(|(_, word)| word).collect()
    }
}

/// Lets somebody in, or asks for their second factor.
///
/// # Errors
/// `Pending` for somebody whom no admin has let in; `Forbidden` `disabled` or `expired`; `Unauthorized` for
/// a user who is gone, and for a proof from before all their sessions were ended.
pub async fn enter(
    service: &Service,
    proof: Proof,
    keep: Keep,
    caller: &Caller,
) -> Result<Entered> {
    let token = service.random().token(Purpose::Ticket);
    let hash = fingerprint(token.expose());
    let (asked, now) = (proof.clone(), service.now());
    let life = Duration::try_from(TICKET).unwrap_or_default();
    let owed = service.write_aside(move |tx| {
        let user = tx.users().get(&asked.user)?.ok_or(ServiceError::Unauthorized)?;
        if user.state == UserState::Pending {
            return Err(applications::kept_waiting(tx, &user)?);
        }
        sessions::admit(&user, now)?;
        sessions::still_counts(tx, &user.id, asked.epoch)?;
        let factors = tx.factors().of(&user.id)?;
        if asked.strength == Strength::Double || !factors.are_asked() {
            return Ok(None);
        }
        let ticket = Ticket {
            token: hash,
            user: user.id,
            provider: asked.provider,
            upstream: asked.upstream,
            remembered: match keep {
                Keep::Remembered => Some(true),
                Keep::UntilClosed => Some(false),
                Keep::Program => None,
            },
            expires_at: later(now, life),
            wrong: 0,
        };
        tx.tickets().put(&ticket)?;
        Ok(Some((factors.has_totp(), !factors.passkeys.is_empty(), ticket.expires_at)))
    });
    match owed.await? {
        Some((totp, passkey, expires_at)) => {
            Ok(Entered::SecondFactor(Asked { ticket: token, totp, passkey, expires_at }))
        }
        None => Ok(Entered::In(Box::new(sessions::begin(service, proof, keep, caller).await?))),
    }
}
