//! Asking for a link: by name or address, by anybody, with one answer.
//!
//! What is done for whom is done beside the answer, so that neither its words nor its time tell.

use super::issuing::{self, LIFE, MOST_OPEN};
use super::places::{Places, Prospect, prospects};
use crate::activity::{about, note, oneself, seen_from};
use crate::caller::Caller;
use crate::error::Result;
use crate::house::Service;
use crate::throttles::{self, Ration};
use crate::{links, passwords, sessions};
use core::time::Duration;
use domain::activity::ActivityKind;
use domain::ids::UserId;
use domain::links::{LinkPurpose, ResetCause};
use domain::names::{EmailAddress, name_key};
use domain::users::User;
use store::{Mode, Tx, WriteTx};

/// Longer than any name or address of ours: nobody has it.
const LONGEST: usize = 1_024;
/// Questions from one network.
const FROM_A_NETWORK: Ration = Ration { times: 10, window: Duration::from_secs(900) };
/// What is done for one user, mails and lines of the activity.
const FOR_A_USER: Ration = Ration { times: 24, window: Duration::from_secs(86_400) };
/// People who share an address or a name somewhere.
const A_HOUSEHOLD: usize = 20;

/// Somebody has forgotten a password: whoever is meant by that name or confirmed address is owed a mail
/// with a link. The same answer after the same time whether or not anybody is.
///
/// # Errors
/// Only our own, and alike for everybody.
pub async fn forgot(service: &Service, login: &str, caller: &Caller) -> Result<()> {
    forgot_by(service, service, login, caller).await
}

pub(super) async fn forgot_by<P: Places>(
    service: &Service,
    places: &P,
    login: &str,
    caller: &Caller,
) -> Result<()> {
    let asked = service.now();
    let network = format!("forgot/network/{}", caller.network());
    let wait = service
        .write_aside(move |tx| throttles::spend(tx, &network, FROM_A_NETWORK, asked))
        .await?;
    if wait.is_none() && login.len() <= LONGEST {
        let login = login.trim().to_owned();
        let asking = Asking {
            service: service.clone(),
            places: places.clone(),
            login,
            caller: caller.clone(),
        };
        service.inside().desk.workers().spawn(asking.done());
    }
    let until = service.inside().floor.release(asked, service.now());
    service.clock().sleep_until(until).await;
    Ok(())
}

/// Why somebody who is known is sent nothing: the words are in the catalogue, with the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    ShutOut,
    NoAddress,
    Unconfirmed,
    Privileged,
    Unsupported,
    NoPublicUrl,
}

impl Refusal {
    const fn code(self) -> &'static str {
        match self {
            Self::ShutOut => "shut-out",
            Self::NoAddress => "no-address",
            Self::Unconfirmed => "unconfirmed",
            Self::Privileged => "privileged",
            Self::Unsupported => "unsupported",
            Self::NoPublicUrl => "no-public-url",
        }
    }
}

struct Asking<P> {
    service: Service,
    places: P,
    login: String,
    caller: Caller,
}

impl<P: Places> Asking<P> {
    async fn done(self) {
        if let Err(error) = self.answered().await {
            tracing::error!(
                error = %error, cause = ?core::error::Error::source(&error),
                "a link to a new password could not be made"
            );
        }
    }

    async fn answered(&self) -> Result<()> {
        let login = self.login.clone();
        let meant = self.service.read(move |tx| meant(tx, &login)).await?;
        if meant.is_empty() {
            tracing::info!("somebody unknown asked for a new password");
        }
        for user in meant {
            self.one(user).await?;
        }
        Ok(())
    }

    async fn one(&self, user: User) -> Result<()> {
        if self.has_enough(&user).await? {
            return Ok(());
        }
        let mut refusal = self.refusal(&user);
        if refusal.is_none() {
            refusal = self.nothing_to_set(&user).await?;
        }
        let (here, caller, id) = (self.service.clone(), self.caller.clone(), user.id);
        self.service.write_aside(move |tx| settled(tx, &here, &id, refusal, &caller)).await
    }

    /// Whether nothing more is done for them now: then their backends are not bothered either.
    async fn has_enough(&self, user: &User) -> Result<bool> {
        let (id, now) = (user.id.clone(), self.service.now());
        let open =
            self.service.read(move |tx| links::open(tx, &id, LinkPurpose::ResetPassword, now));
        Ok(open.await?.len() >= MOST_OPEN)
    }

    fn refusal(&self, user: &User) -> Option<Refusal> {
        refused(&self.service, user)
    }

    /// Why a link could not do anything for them, as far as it is known. A backend that does not answer
    /// now may do so when the link is used, and is asked again then.
    async fn nothing_to_set(&self, user: &User) -> Result<Option<Refusal>> {
        let id = user.id.clone();
        let local = self.service.read(move |tx| passwords::local(tx, &id)).await?;
        if passwords::is_kept_here(&self.service, user, local.is_some()) {
            return Ok(None);
        }
        let prospects = prospects(&self.service, &self.places, user).await;
        let never = |prospect: &Prospect| matches!(prospect, Prospect::Never(..));
        let privileged = |prospect: &Prospect| {
            matches!(prospect, Prospect::Never(passwords::PasswordOutcome::Refused, _))
        };
        Ok(if !prospects.iter().all(never) {
            None
        } else if prospects.iter().any(privileged) {
            Some(Refusal::Privileged)
        } else {
            Some(Refusal::Unsupported)
        })
    }
}

/// Whom a typed name or address means: everybody who has that name here or somewhere, and everybody with
/// that address, proved.
fn meant<M: Mode>(tx: &Tx<M>, login: &str) -> Result<Vec<User>> {
    let mut found: Vec<User> = tx.users().by_name(&name_key(login))?.into_iter().collect();
    found.extend(tx.users().by_login_name(login)?);
    if let Ok(address) = EmailAddress::parse(login) {
        let same = tx.users().by_email(&address.key())?.into_iter();
        found.extend(same.filter(|user| issuing::proved(user).is_some()));
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|user| seen.insert(user.id.clone()));
    found.truncate(A_HOUSEHOLD);
    Ok(found)
}

fn refused(service: &Service, user: &User) -> Option<Refusal> {
    if sessions::admit(user, service.now()).is_err() {
        return Some(Refusal::ShutOut);
    }
    match &user.email {
        None => Some(Refusal::NoAddress),
        Some(email) if !email.confirmed => Some(Refusal::Unconfirmed),
        Some(_) if !links::can_be_mailed(service) => Some(Refusal::NoPublicUrl),
        Some(_) => None,
    }
}

/// Makes the link and owes the mail, or notes why not; nothing for who has had enough.
fn settled(
    tx: &WriteTx,
    service: &Service,
    id: &UserId,
    refusal: Option<Refusal>,
    caller: &Caller,
) -> Result<()> {
    let now = service.now();
    let Some(user) = tx.users().get(id)? else { return Ok(()) };
    if issuing::open(tx, id, now)?.len() >= MOST_OPEN
        || throttles::spend(tx, &format!("forgot/user/{id}"), FOR_A_USER, now)?.is_some()
    {
        return Ok(());
    }
    let line = |kind| seen_from(about(service, oneself(&user), kind, &user), caller);
    // Backends take their time: the facts may be others by now.
    if let Some(why) = refused(service, &user).or(refusal) {
        return note(tx, line(ActivityKind::ResetRefused).with("cause", why.code()));
    }
    issuing::owe_link(tx, service, &user, ResetCause::Forgot, LIFE)?;
    note(tx, line(ActivityKind::ResetAsked))
}
