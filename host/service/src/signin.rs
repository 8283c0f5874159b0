//! Signing in with a name and a password, here or on a backend.
//!
//! Guarantees: unknown and wrong get the same answer at the same moment, also while a backend is down; what is wrong with an account
//! is told only after a right password; a backend's account is found by its id and never by its name;
//! a stranger comes in only where the backend's rule says so; guesses stop before a backend locks the
//! account. Does not: decide who comes in by a backend; [`crate::doors`] does.

use crate::activity::{note, seen_from};
use crate::board::{Asked, Entry};
use crate::caller::Caller;
use crate::clock::time_from;
use crate::doors::{self, Arrival};
use crate::entrance::{self, Entered};
use crate::error::{Result, ServiceError};
use crate::hashing::Match;
use crate::house::Service;
use crate::identities;
use crate::passwords::{self, local_provider};
use crate::providers::password_backends;
use crate::sessions::{Epoch, Keep, Proof};
use crate::throttles::{self, RelayTo, Relayed};
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::fault::{Fault, FaultKind};
use domain::identity::{Identity, LinkedIdentity, Verdict};
use domain::ids::{BackendId, ProviderId, UserId};
use domain::names::name_key;
use domain::providers::{Admission, Provider};
use domain::secret::Secret;
use domain::throttle::keys;
use domain::users::{Account, AccountState, User, UserState};
use jiff::Timestamp;

const NO_PROVIDER: ServiceError = ServiceError::NotFound { what: "provider" };

/// Longer than any name or password of ours: refused unread.
const LONGEST: usize = 1_024;

/// What somebody typed.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Only this one; none: those that may know the name, in order.
    pub provider: Option<ProviderId>,
    /// As typed.
    pub username: String,
    /// As typed.
    pub password: Secret,
}

/// An attempt that was counted.
struct Attempt<'a> {
    service: &'a Service,
    credentials: &'a Credentials,
    caller: &'a Caller,
    asked: Timestamp,
    /// When what is below was read, before anybody looked at the password.
    epoch: Epoch,
    /// Whom the typed name means here.
    user: Option<User>,
    /// Their local password's hash.
    hash: Option<Secret>,
    /// What they have besides accounts.
    identities: Vec<LinkedIdentity>,
    device_is_known: bool,
    /// Somebody has looked at the password.
    judged: bool,
    own: Vec<String>,
    shared: Vec<String>,
}

/// What an attempt came to.
enum Judgement {
    /// It is them.
    Right(Proven),
    /// Unknown, wrong, not linked, not asked: nobody learns which.
    Wrong,
    /// Right, but the backend has no room.
    NoRoom,
    /// Those who could tell did not answer, or would not answer for another name.
    Unanswered,
}

/// Whose password it is.
enum Proven {
    /// A user's, here.
    Here(UserId),
    /// Somebody's, at a backend.
    There(Box<(Provider, Identity)>),
}

/// A backend that is asked, with its rules.
type Door = (Provider, BackendId);

/// Signs in. Unknown and wrong get the same answer after the same time.
///
/// # Errors
/// `Unauthorized`; `Invalid` for an empty field; `Forbidden` `pending`, `disabled`, `expired`,
/// `not-admitted` or `too-many-sessions`, and `Pending`, only after a right password; `NotFound` for a provider there is not;
/// `Throttled`; `Busy`; `Backend` where a backend that could tell does not answer.
pub async fn login(
    service: &Service,
    credentials: &Credentials,
    keep: Keep,
    caller: &Caller,
) -> Result<Entered> {
    let asked = service.now();
    readable(credentials)?;
    let asks = asked_of(service, credentials).await?;
    let mut attempt = counted(service, credentials, caller, asked).await?;
    let judgement = match attempt.judge(asks).await {
        Ok(judgement) => judgement,
        Err(error) => {
            if !attempt.judged {
                attempt.take_back().await?;
            }
            return Err(error);
        }
    };
    match judgement {
        Judgement::Right(proven) => attempt.let_in(proven, keep).await,
        Judgement::Wrong => {
            attempt.refused().await?;
            attempt.pause().await;
            Err(ServiceError::Unauthorized)
        }
        Judgement::NoRoom => {
            attempt.take_back().await?;
            Err(ServiceError::Forbidden { code: "too-many-sessions" })
        }
        Judgement::Unanswered => {
            attempt.unanswered().await?;
            attempt.pause().await;
            Err(ServiceError::Backend(no_answer()))
        }
    }
}

/// One for all, whatever is wrong and where: what differs would tell whose backend was asked.
fn no_answer() -> Fault {
    let words = "a backend that could tell does not answer; its health says why";
    Fault::new(FaultKind::Unavailable, "host.no-judgement", words)
}

fn readable(credentials: &Credentials) -> Result<()> {
    let fields =
        [("username", credentials.username.trim()), ("password", credentials.password.expose())];
    for (field, text) in fields {
        if text.is_empty() {
            return Err(ServiceError::field(field, "empty"));
        }
        if text.len() > LONGEST {
            return Err(ServiceError::field(field, "too-long"));
        }
    }
    Ok(())
}

/// Who is to be asked.
enum Asks {
    /// Those that may know the name.
    Anybody(Vec<Door>),
    /// Nobody but ourselves.
    Local,
    /// One backend.
    Backend(Box<Door>),
}

async fn asked_of(service: &Service, credentials: &Credentials) -> Result<Asks> {
    let doors = password_backends(service).await?;
    let Some(wanted) = &credentials.provider else { return Ok(Asks::Anybody(doors)) };
    if *wanted == local_provider()? {
        let is_offered = service.settings().settings.signin.local;
        return is_offered.then_some(Asks::Local).ok_or(NO_PROVIDER);
    }
    let door = doors.into_iter().find(|(provider, _)| provider.id == *wanted);
    door.map(|door| Asks::Backend(Box::new(door))).ok_or(NO_PROVIDER)
}

async fn counted<'a>(
    service: &'a Service,
    credentials: &'a Credentials,
    caller: &'a Caller,
    asked: Timestamp,
) -> Result<Attempt<'a>> {
    let (name, address) = (credentials.username.clone(), caller.address);
    let device = caller.device.as_ref().and_then(|note| service.inside().devices.open(note, asked));
    let found = service.write_aside(move |tx| {
        let user = tx.users().by_name(&name_key(&name))?;
        let known =
            device.filter(|device| user.as_ref().is_some_and(|user| user.id == device.user));
        // A device that is known has its own bucket: a stranger's guesses do not shut its owner out.
        let (own, shared) = match &known {
            Some(device) => (vec![keys::known_device(&name, &device.nonce)], Vec::new()),
            None => (vec![keys::account(&name)], vec![keys::address(address)]),
        };
        throttles::count(tx, &[own.as_slice(), shared.as_slice()].concat(), asked)?;
        let hash = match &user {
            Some(user) => passwords::local(tx, &user.id)?,
            None => None,
        };
        let identities = match &user {
            Some(user) => tx.identities().of_user(&user.id)?,
            None => Vec::new(),
        };
        let epoch = tx.sessions().epoch()?;
        Ok((epoch, (user, hash, identities), known.is_some(), (own, shared)))
    });
    let (epoch, (user, hash, identities), device_is_known, (own, shared)) = found.await?;
    Ok(Attempt {
        service,
        credentials,
        caller,
        asked,
        epoch,
        user,
        hash,
        identities,
        device_is_known,
        judged: false,
        own,
        shared,
    })
}

impl Attempt<'_> {
    async fn judge(&mut self, asks: Asks) -> Result<Judgement> {
        let asks_here = !matches!(asks, Asks::Backend(_));
        let (backends, others) = match asks {
            Asks::Local => (Vec::new(), Vec::new()),
            Asks::Backend(one) => (vec![*one], Vec::new()),
            Asks::Anybody(all) => self.may_know(all),
        };
        if asks_here {
            if let Some(right) = self.here().await? {
                return Ok(right);
            }
            self.judged = self.hash.is_some();
        }
        // A name that nobody has here would have been asked about at the others too.
        let mut judgement = self.unless_silent(&others);
        for door in backends {
            match self.there(&door).await? {
                Judgement::Wrong => {}
                Judgement::Unanswered => judgement = Judgement::Unanswered,
                decided @ (Judgement::Right(_) | Judgement::NoRoom) => {
                    judgement = decided;
                    break;
                }
            }
        }
        self.service.inside().floor.learn(time_from(self.asked, self.service.now()));
        Ok(judgement)
    }

    /// Who is asked, and who is not, in the admin's order. A user's own backends; for a name that nobody
    /// has here, all that check passwords, since a person may have another name there. A local user's
    /// password is shown to no backend.
    fn may_know(&self, all: Vec<Door>) -> (Vec<Door>, Vec<Door>) {
        let Some(user) = &self.user else { return (all, Vec::new()) };
        all.into_iter().partition(|(_, id)| {
            let mut accounts = user.accounts.iter();
            accounts.any(|one| one.backend == *id && one.state != AccountState::Gone)
                || self.identity_at(id).is_some()
        })
    }

    /// What they have at a backend without an account that is kept here.
    fn identity_at(&self, backend: &BackendId) -> Option<&LinkedIdentity> {
        let is_there = |one: &&LinkedIdentity| one.key.issuer == backend.as_str();
        self.identities.iter().find(is_there)
    }

    /// Wrong, but unanswered where one of these would not have answered.
    fn unless_silent(&self, doors: &[Door]) -> Judgement {
        let is_silent = |(_, id): &Door| {
            let silence = |entry: &Entry| entry.silence().is_some();
            self.service.instance(id).is_err()
                || self.service.inside().board.look(id, silence).unwrap_or(false)
        };
        if doors.iter().any(is_silent) { Judgement::Unanswered } else { Judgement::Wrong }
    }

    /// Our own password; as much work for nobody as for somebody, and where none is accepted.
    async fn here(&self) -> Result<Option<Judgement>> {
        let (hasher, password) = (self.service.hasher(), &self.credentials.password);
        let is_accepted = self.service.settings().settings.signin.local;
        let hash = self.hash.as_ref().filter(|_| is_accepted);
        let (Some(user), Some(hash)) = (&self.user, hash) else {
            hasher.verify_nothing(password).await?;
            return Ok(None);
        };
        match hasher.verify(password, hash.expose()).await? {
            Match::Wrong => return Ok(None),
            Match::Right => {}
            Match::RightButWeak => self.rehash(user).await,
        }
        Ok(Some(Judgement::Right(Proven::Here(user.id.clone()))))
    }

    /// Nobody is kept out because the stronger hash could not be made.
    async fn rehash(&self, user: &User) {
        let Ok(fresh) = self.service.hasher().hash(&self.credentials.password).await else {
            return;
        };
        let id = user.id.clone();
        let done = self.service.write_aside(move |tx| passwords::put_local(tx, &id, fresh));
        if let Err(error) = done.await {
            tracing::warn!(user.id = %user.id, error = %error, "a password hash could not be renewed");
        }
    }

    async fn there(&mut self, door: &Door) -> Result<Judgement> {
        let backend = &door.1;
        let linked = self
            .user
            .iter()
            .flat_map(|user| &user.accounts)
            .find(|account| account.backend == *backend);
        let identity = self.identity_at(backend).filter(|_| linked.is_none());
        let known_as = match (linked, identity) {
            (Some(account), _) => Some(account.login_name.as_str()),
            (None, Some(identity)) => identity.login_name.as_deref(),
            (None, None) => None,
        };
        let login = known_as.unwrap_or(self.credentials.username.trim());
        let subject = linked.map(|account| account.id.as_str());
        let subject = subject.or(identity.map(|identity| identity.key.subject.as_str()));
        let instance = match self.service.instance(backend) {
            Ok(instance) => instance,
            Err(ServiceError::Backend(_)) => return Ok(Judgement::Unanswered),
            Err(other) => return Err(other),
        };
        let to = RelayTo::login(backend, login);
        let (relay, known, now) = (to.clone(), self.device_is_known, self.service.now());
        let may = self
            .service
            .write_aside(move |tx| throttles::may_relay(tx, &relay, known, now))
            .await?;
        if !may {
            return Ok(self.unless_silent(core::slice::from_ref(door)));
        }
        let password = &self.credentials.password;
        let mut verdict = instance.check_password(login, subject, password).await;
        if matches!(verdict, Ok(Verdict::Withheld))
            && let Some(account) = linked.filter(|account| self.is_the_owners(account))
            && instance.enable(&account.id).await.is_ok()
        {
            verdict = instance.check_password(login, subject, password).await;
        }
        let is_linked = linked.is_some() || identity.is_some();
        self.heard(backend, &verdict);
        self.note_relay(to, &verdict).await?;
        match verdict {
            Ok(Verdict::Accepted(identity)) => self.proved(&door.0, identity).await,
            Ok(Verdict::TooManySessions) if is_linked => Ok(Judgement::NoRoom),
            Ok(
                Verdict::TooManySessions
                | Verdict::Rejected { .. }
                | Verdict::Withheld
                | Verdict::Disabled
                | Verdict::NotHere,
            ) => Ok(Judgement::Wrong),
            Err(_) => Ok(Judgement::Unanswered),
        }
    }

    /// Remembers whether the backend answers: the next one who is not asked about there gets the
    /// answer of one who is.
    fn heard(&mut self, backend: &BackendId, verdict: &Result<Verdict, Fault>) {
        let fault = verdict.as_ref().err().cloned();
        if let Some(fault) = &fault {
            tracing::info!(backend.id = %backend, fault.code, "a backend did not judge a sign-in");
        }
        let asked = Some(Asked { at: self.service.now(), fault });
        self.service.inside().board.change(backend, |entry| entry.asked = asked);
        self.judged |= matches!(
            verdict,
            Ok(Verdict::Accepted(_) | Verdict::TooManySessions | Verdict::Rejected { .. })
        );
    }

    /// Strangers may have spent the attempts that a backend allows. On a device that has signed in as the
    /// owner before, an account that is meant to be on is set free again (which forgets the count), so
    /// that guessing shuts nobody out; this device's own bucket bounds how often.
    fn is_the_owners(&self, account: &Account) -> bool {
        let active = self.user.as_ref().is_some_and(|user| user.state == UserState::Active);
        self.device_is_known && active && account.state == AccountState::Active
    }

    async fn note_relay(&self, to: RelayTo, verdict: &Result<Verdict, Fault>) -> Result<()> {
        let outcome = match verdict {
            Ok(Verdict::Accepted(_) | Verdict::TooManySessions) => Relayed::Right,
            Ok(Verdict::Rejected { attempts_left: Some(0 | 1) } | Verdict::Withheld) => {
                Relayed::AtTheBrink
            }
            Ok(Verdict::Rejected { .. }) => return Ok(()),
            Ok(Verdict::Disabled | Verdict::NotHere) | Err(_) => Relayed::Unjudged,
        };
        let now = self.service.now();
        self.service.write_aside(move |tx| throttles::relayed(tx, &to, outcome, now)).await
    }

    /// Whoever has this identity, by its id, or a stranger whom the backend's rule lets in. A person who is
    /// right there and nobody here is told what everybody unknown is told.
    async fn proved(&self, provider: &Provider, identity: Identity) -> Result<Judgement> {
        let (door, subject) = (provider.clone(), identity.subject.clone());
        let owner = self
            .service
            .read(move |tx| Ok(identities::owner(tx, &door, &subject)?.is_some()))
            .await?;
        if !owner && doors::stranger_is(provider, &identity) == Admission::Refused {
            return Ok(Judgement::Wrong);
        }
        Ok(Judgement::Right(Proven::There(Box::new((provider.clone(), identity)))))
    }

    async fn let_in(&self, proven: Proven, keep: Keep) -> Result<Entered> {
        let entered = match proven {
            Proven::Here(user) => {
                let proof = Proof::single(user, local_provider()?, self.epoch);
                entrance::enter(self.service, proof, keep, self.caller).await
            }
            Proven::There(who) => {
                let (provider, identity) = *who;
                let arrival = Arrival { identity, upstream: None, keep, epoch: self.epoch };
                doors::admit(self.service, &provider, arrival, self.caller).await
            }
        };
        let (own, shared, now) = (self.own.clone(), self.shared.clone(), self.service.now());
        self.service.write_aside(move |tx| throttles::forgive(tx, &own, &shared, now)).await?;
        entered
    }

    async fn refused(&self) -> Result<()> {
        let actor =
            self.user.as_ref().map_or(Actor::Guest(String::new()), crate::activity::oneself);
        let name = self.user.as_ref().map_or("?", |user| user.username.as_str());
        let line = NewActivity::new(self.service.now(), actor, ActivityKind::SignInRefused)
            .with("user", name);
        let line = seen_from(line, self.caller);
        self.service.write_aside(move |tx| note(tx, line)).await
    }

    /// An outage makes no guess free: it counts for strangers, whatever the name, so that neither the
    /// work nor the wait tells names apart. Only whoever has proved to be that user before pays nothing
    /// where nobody has looked at the password.
    async fn unanswered(&self) -> Result<()> {
        if self.judged {
            self.refused().await
        } else if self.device_is_known {
            self.take_back().await
        } else {
            Ok(())
        }
    }

    async fn take_back(&self) -> Result<()> {
        let keys = [self.own.as_slice(), self.shared.as_slice()].concat();
        let now = self.service.now();
        self.service.write_aside(move |tx| throttles::take_back(tx, &keys, now)).await
    }

    async fn pause(&self) {
        let until = self.service.inside().floor.release(self.asked, self.service.now());
        self.service.clock().sleep_until(until).await;
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod overtaken;
