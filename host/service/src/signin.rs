//! Signing in with a name and a password, here or on a backend, and with a link.
//!
//! Guarantees: unknown and wrong get the same answer at the same moment, also while a backend is down; what is wrong with an account
//! is told only after a right password; a backend's account is found by its id and never by its name;
//! nobody comes in who is not a user here; guesses stop before a backend locks the account. Does not:
//! make users.

use crate::activity::{note, seen_from};
use crate::board::{Asked, Entry};
use crate::caller::Caller;
use crate::clock::time_from;
use crate::entrance::{self, Entered};
use crate::error::{Result, ServiceError};
use crate::hashing::Match;
use crate::house::Service;
use crate::links;
use crate::passwords::{self, local_provider};
use crate::sessions::{Keep, Proof};
use crate::throttles::{self, RelayTo, Relayed};
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::fault::{Fault, FaultKind};
use domain::identity::{Identity, Verdict};
use domain::ids::{BackendId, ProviderId, UserId};
use domain::links::LinkPurpose;
use domain::names::name_key;
use domain::plugins::PluginRole;
use domain::secret::Secret;
use domain::throttle::keys;
use domain::users::{Account, AccountState, User, UserState};
use jiff::Timestamp;
use store::WriteTx;

/// Longer than any name or password of ours: refused unread.
const LONGEST: usize = 1_024;

/// What the login page and programs may offer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Providers {
    /// In the order they are shown.
    pub providers: Vec<ProviderView>,
    /// May strangers make a local account.
    pub registration_enabled: bool,
    /// Whether local passwords are not accepted.
    pub local_login_disabled: bool,
}

/// One way to sign in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ProviderView {
    /// `local`, or a backend's id.
    pub id: ProviderId,
    /// How.
    pub kind: ProviderKind,
    /// What people read; empty for `local`, for which the catalogue has a word.
    pub label: String,
    /// The icon's name: `local`, or the plugin's id.
    pub icon: String,
}

/// How a provider signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderKind {
    /// Name and password in our form.
    Password,
    /// By going there and coming back.
    Redirect,
}

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

/// The ways to sign in.
#[must_use]
pub fn providers(service: &Service) -> Providers {
    let local = local_provider().ok().map(|id| ProviderView {
        id,
        kind: ProviderKind::Password,
        label: String::new(),
        icon: "local".to_owned(),
    });
    let backends = service.inside().board.all().into_iter().filter_map(|entry| {
        checks_passwords(service, &entry.backend.id).then_some(())?;
        let manifest = service.sandbox().manifest(&entry.backend.plugin)?;
        let label =
            if entry.backend.label.is_empty() { manifest.name } else { entry.backend.label };
        Some(ProviderView {
            id: ProviderId::parse(entry.backend.id.as_str()).ok()?,
            kind: ProviderKind::Password,
            label,
            icon: entry.backend.plugin.to_string(),
        })
    });
    let providers = local.into_iter().chain(backends).collect();
    Providers { providers, registration_enabled: false, local_login_disabled: false }
}

fn checks_passwords(service: &Service, backend: &BackendId) -> bool {
    let plugin = service.inside().board.look(backend, |entry| entry.backend.plugin.clone());
    let manifest = plugin.and_then(|plugin| service.sandbox().manifest(&plugin));
    manifest.is_some_and(|manifest| manifest.roles.contains(&PluginRole::Identity))
}

/// An attempt that was counted.
struct Attempt<'a> {
    service: &'a Service,
    credentials: &'a Credentials,
    caller: &'a Caller,
    asked: Timestamp,
    /// Whom the typed name means here.
    user: Option<User>,
    /// Their local password's hash.
    hash: Option<Secret>,
    device_is_known: bool,
    /// Somebody has looked at the password.
    judged: bool,
    own: Vec<String>,
    shared: Vec<String>,
}

/// What an attempt came to.
enum Judgement {
    /// It is them.
    Right { user: UserId, provider: ProviderId },
    /// Unknown, wrong, not linked, not asked: nobody learns which.
    Wrong,
    /// Right, but the backend has no room.
    NoRoom,
    /// Those who could tell did not answer, or would not answer for another name.
    Unanswered,
}

/// Signs in. Unknown and wrong get the same answer after the same time.
///
/// # Errors
/// `Unauthorized`; `Invalid` for an empty field; `Forbidden` `pending`, `disabled`, `expired` or
/// `too-many-sessions`, only after a right password; `NotFound` for a provider there is not;
/// `Throttled`; `Busy`; `Backend` where a backend that could tell does not answer.
pub async fn login(
    service: &Service,
    credentials: &Credentials,
    keep: Keep,
    caller: &Caller,
) -> Result<Entered> {
    let asked = service.now();
    readable(credentials)?;
    let asks = asked_of(service, credentials)?;
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
        Judgement::Right { user, provider } => attempt.let_in(user, provider, keep).await,
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
    Anybody,
    /// Nobody but ourselves.
    Local,
    /// One backend.
    Backend(BackendId),
}

fn asked_of(service: &Service, credentials: &Credentials) -> Result<Asks> {
    let Some(provider) = &credentials.provider else { return Ok(Asks::Anybody) };
    if *provider == local_provider()? {
        return Ok(Asks::Local);
    }
    match BackendId::parse(provider.as_str()) {
        Ok(backend) if checks_passwords(service, &backend) => Ok(Asks::Backend(backend)),
        _ => Err(ServiceError::NotFound { what: "provider" }),
    }
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
        Ok((user, hash, known.is_some(), own, shared))
    });
    let (user, hash, device_is_known, own, shared) = found.await?;
    Ok(Attempt {
        service,
        credentials,
        caller,
        asked,
        user,
        hash,
        device_is_known,
        judged: false,
        own,
        shared,
    })
}

impl Attempt<'_> {
    async fn judge(&mut self, asks: Asks) -> Result<Judgement> {
        let (backends, others) = match &asks {
            Asks::Local => (Vec::new(), Vec::new()),
            Asks::Backend(one) => (vec![one.clone()], Vec::new()),
            Asks::Anybody => self.may_know(),
        };
        if !matches!(asks, Asks::Backend(_)) {
            if let Some(right) = self.here().await? {
                return Ok(right);
            }
            self.judged = self.hash.is_some();
        }
        // A name that nobody has here would have been asked about at the others too.
        let mut judgement = self.unless_silent(&others);
        for backend in backends {
            match self.there(&backend).await? {
                Judgement::Wrong => {}
                Judgement::Unanswered => judgement = Judgement::Unanswered,
                decided @ (Judgement::Right { .. } | Judgement::NoRoom) => {
                    judgement = decided;
                    break;
                }
            }
        }
        self.service.inside().floor.learn(time_from(self.asked, self.service.now()));
        Ok(judgement)
    }

    /// Who is asked, and who is not. A user's own backends; for a name that nobody has here, all that
    /// check passwords, since a person may have another name there. A local user's password is shown
    /// to no backend.
    fn may_know(&self) -> (Vec<BackendId>, Vec<BackendId>) {
        let all = self.service.inside().board.all().into_iter().map(|entry| entry.backend.id);
        let all = all.filter(|id| checks_passwords(self.service, id));
        let Some(user) = &self.user else { return (all.collect(), Vec::new()) };
        let is_theirs = |id: &BackendId| {
            let mut accounts = user.accounts.iter();
            accounts.any(|one| one.backend == *id && one.state != AccountState::Gone)
        };
        all.partition(is_theirs)
    }

    /// Wrong, but unanswered where one of these would not have answered.
    fn unless_silent(&self, backends: &[BackendId]) -> Judgement {
        let is_silent = |id: &BackendId| {
            let silence = |entry: &Entry| entry.silence().is_some();
            self.service.instance(id).is_err()
                || self.service.inside().board.look(id, silence).unwrap_or(false)
        };
        if backends.iter().any(is_silent) { Judgement::Unanswered } else { Judgement::Wrong }
    }

    /// Our own password; as much work for nobody as for somebody.
    async fn here(&self) -> Result<Option<Judgement>> {
        let (hasher, password) = (self.service.hasher(), &self.credentials.password);
        let (Some(user), Some(hash)) = (&self.user, &self.hash) else {
            hasher.verify_nothing(password).await?;
            return Ok(None);
        };
        match hasher.verify(password, hash.expose()).await? {
            Match::Wrong => return Ok(None),
            Match::Right => {}
            Match::RightButWeak => self.rehash(user).await,
        }
        Ok(Some(Judgement::Right { user: user.id.clone(), provider: local_provider()? }))
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

    async fn there(&mut self, backend: &BackendId) -> Result<Judgement> {
        let linked = self
            .user
            .iter()
            .flat_map(|user| &user.accounts)
            .find(|account| account.backend == *backend);
        let login =
            linked.map_or(self.credentials.username.trim(), |account| account.login_name.as_str());
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
            return Ok(self.unless_silent(core::slice::from_ref(backend)));
        }
        let subject = linked.map(|account| account.id.as_str());
        let password = &self.credentials.password;
        let mut verdict = instance.check_password(login, subject, password).await;
        if matches!(verdict, Ok(Verdict::Withheld))
            && let Some(account) = linked.filter(|account| self.is_the_owners(account))
            && instance.enable(&account.id).await.is_ok()
        {
            verdict = instance.check_password(login, subject, password).await;
        }
        let is_linked = linked.is_some();
        self.heard(backend, &verdict);
        self.note_relay(to, &verdict).await?;
        match verdict {
            Ok(Verdict::Accepted(identity)) => self.linked(backend, identity).await,
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

    /// Whoever is linked to this identity, by its id. A person who is right there and nobody here is
    /// told what everybody unknown is told.
    async fn linked(&self, backend: &BackendId, identity: Identity) -> Result<Judgement> {
        let provider = ProviderId::parse(backend.as_str()).map_err(ServiceError::internal)?;
        let backend = backend.clone();
        let owner = self
            .service
            .write(move |tx| {
                let Some(mut user) = tx.users().by_account(&backend, &identity.subject)? else {
                    return Ok(None);
                };
                rename_there(tx, &mut user, &backend, &identity)?;
                Ok(Some(user.id))
            })
            .await?;
        Ok(owner.map_or(Judgement::Wrong, |user| Judgement::Right { user, provider }))
    }

    async fn let_in(&self, user: UserId, provider: ProviderId, keep: Keep) -> Result<Entered> {
        let proof = Proof::single(user, provider);
        let entered = entrance::enter(self.service, proof, keep, self.caller).await;
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

/// People are renamed on backends; the id stays.
fn rename_there(
    tx: &WriteTx,
    user: &mut User,
    backend: &BackendId,
    identity: &Identity,
) -> Result<()> {
    let Some(name) = &identity.login_name else { return Ok(()) };
    let here = user.accounts.iter_mut().find(|account| {
        account.backend == *backend && account.id == identity.subject && account.login_name != *name
    });
    if let Some(account) = here {
        account.login_name.clone_from(name);
        tx.users().put(user)?;
    }
    Ok(())
}

/// Whether a link made at the console is still good, without using it.
///
/// # Errors
/// `Gone`.
pub async fn link_is_good(service: &Service, token: &str) -> Result<()> {
    let (token, now) = (token.to_owned(), service.now());
    let found = service.read(move |tx| links::good(tx, &token, LinkPurpose::SignIn, now)).await?;
    found.map(drop).ok_or(ServiceError::Gone)
}

/// Signs in with a link made at the console, once.
///
/// # Errors
/// `Gone`; `Forbidden`.
pub async fn with_link(
    service: &Service,
    token: &str,
    keep: Keep,
    caller: &Caller,
) -> Result<Entered> {
    let (token, now) = (token.to_owned(), service.now());
    let taken = service.write_aside(move |tx| {
        let found = links::good(tx, &token, LinkPurpose::SignIn, now)?;
        let (link, _user) = found.ok_or(ServiceError::Gone)?;
        tx.links().take(&link.token)?;
        Ok(link)
    });
    let link = taken.await?;
    let provider = ProviderId::parse("login-link").map_err(ServiceError::internal)?;
    entrance::enter(service, Proof::single(link.user, provider), keep, caller).await
}

#[cfg(test)]
mod tests;
