//! A person's password: its rules, and changing it wherever it is kept.
//!
//! Guarantees: nothing is set anywhere until the old password was right somewhere; from then on every
//! place has its result, whatever happens at another; guesses at the old one stop before a backend
//! locks the account; a change ends all other sessions; two at once, also by a link, never set anything side
//! by side. Does not: hide that one backend did not follow; each place has its own result.

use crate::activity::{about, note, oneself, seen_from};
use crate::caller::Caller;
use crate::error::{FieldProblem, Result, ServiceError};
use crate::hashing::Match;
use crate::house::Service;
use crate::outbox::{self, Owed};
use crate::recall::recall;
use crate::sessions::Current;
use crate::tenure::end_all;
use crate::throttles::{self, RelayTo, Relayed};
use core::time::Duration;
use domain::accounts::Abilities;
use domain::activity::ActivityKind;
use domain::fault::{Fault, FaultKind};
use domain::identity::Verdict;
use domain::ids::{BackendId, ProviderId, UserId};
use domain::names::EmailAddress;
use domain::outbox::MessageKind;
use domain::passwords::{Rules, check};
use domain::plugins::{Manifest, PluginRole};
use domain::secret::Secret;
use domain::users::{Account, AccountState, User};
use store::secrets::SecretOf;
use store::{Mode, Tx, WriteTx};

pub use domain::passwords::{PasswordOutcome, PasswordResult};

const LOCAL: &str = "password";
/// When to come again while the same password is being set.
pub(crate) const WHILE_SET: Duration = Duration::from_secs(5);

/// The provider that checks local passwords.
///
/// # Errors
/// None: the word is an id.
pub fn local_provider() -> Result<ProviderId> {
    ProviderId::parse("local").map_err(ServiceError::internal)
}

/// The rules for a new password of this user: ours and those of their backends.
#[must_use]
pub fn rules_for(service: &Service, user: &User) -> Rules {
    let backends: Vec<_> = user.accounts.iter().map(|account| account.backend.clone()).collect();
    rules_on(service, &backends)
}

/// The rules for a password that will be set on these backends, as far as they have said them.
#[must_use]
pub fn rules_on(service: &Service, backends: &[BackendId]) -> Rules {
    let board = &service.inside().board;
    let theirs: Vec<_> = backends
        .iter()
        .filter_map(|id| board.look(id, |entry| entry.offer.clone()).flatten())
        .filter_map(|offer| offer.password)
        .collect();
    Rules::narrowed(&theirs)
}

/// Words that are too close to a person and this house to be a password.
#[must_use]
pub fn words(service: &Service, name: &str, email: Option<&EmailAddress>) -> Vec<String> {
    let settings = service.settings();
    let mut words = vec![name.to_owned()];
    words.extend(email.map(|address| address.as_str().to_owned()));
    let public = settings.settings.server.public_url.as_ref();
    words.extend(public.and_then(|url| url.host_str()).map(str::to_owned));
    for entry in service.inside().board.all() {
        words.push(entry.backend.label);
        words.push(entry.backend.id.to_string());
    }
    words
}

/// A password that keeps the rules.
///
/// # Errors
/// `Invalid` at `field`: the first rule that is broken.
pub fn require(rules: &Rules, password: &Secret, words: &[String], field: &str) -> Result<()> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    check(password, rules, &words).map_err(|bad| {
        let problem = FieldProblem::new(field, bad.code());
        let problem = match bad.argument() {
            Some((name, value)) => problem.with(name, value),
            None => problem,
        };
        ServiceError::Invalid { fields: vec![problem] }
    })
}

/// Keeps the hash of a local password.
///
/// # Errors
/// The store's.
pub fn put_local(tx: &WriteTx, user: &UserId, hash: String) -> Result<()> {
    Ok(tx.secrets().put(SecretOf::User(user), LOCAL, &Secret::new(hash))?)
}

/// Whether a user's password is kept here: where one is already, and for people none of whose backends can
/// check one. A plugin that is not loaded just now is taken to be able to: nobody gets a second password
/// by accident.
pub(crate) fn is_kept_here(service: &Service, user: &User, has_one: bool) -> bool {
    let there = |account: &&Account| account.state != AccountState::Gone;
    let backends = user.accounts.iter().filter(there).map(|account| &account.backend);
    has_one || !backends.into_iter().any(|id| checks_passwords(service, id))
}

/// Whether that backend can check a password, or could once its plugin is loaded.
pub(crate) fn checks_passwords(service: &Service, backend: &BackendId) -> bool {
    let board = &service.inside().board;
    // One that is signed in to by going there has no use for a password that was typed here.
    if let Some(ways) = board.look(backend, |entry| entry.ways).flatten() {
        return ways.password;
    }
    let plugin = board.look(backend, |entry| service.sandbox().manifest(&entry.backend.plugin));
    let checks = |manifest: Manifest| manifest.roles.contains(&PluginRole::Identity);
    plugin.is_some_and(|manifest| manifest.is_none_or(checks))
}

/// Whether somebody has a password that they could change: here, or on a backend that may take a new one.
///
/// # Errors
/// Only our own.
pub async fn can_change(service: &Service, user: &User) -> Result<bool> {
    let id = user.id.clone();
    let is_here = service.read(move |tx| local(tx, &id)).await?.is_some();
    let board = &service.inside().board;
    let may = |account: &Account| {
        let offer = board.look(&account.backend, |entry| entry.offer.clone()).flatten();
        offer.map_or_else(
            || checks_passwords(service, &account.backend),
            |offer| offer.abilities.own_password || offer.abilities.set_password,
        )
    };
    let mut there = user.accounts.iter().filter(|account| account.state != AccountState::Gone);
    Ok((is_here && service.settings().settings.signin.local) || there.any(may))
}

/// The hash of a local password.
pub(crate) fn local<M: Mode>(tx: &Tx<M>, user: &UserId) -> Result<Option<Secret>> {
    Ok(tx.secrets().get(SecretOf::User(user), LOCAL)?)
}

/// A change that is under way.
struct Change<'a> {
    service: &'a Service,
    user: User,
    old: &'a Secret,
    new: &'a Secret,
    /// The old password was right somewhere.
    proved: bool,
    results: Vec<PasswordResult>,
}

/// Changes one's own password, here and on every linked backend that can.
///
/// # Errors
/// `Invalid` for a new one that breaks the rules, and for `current` where nothing accepted it;
/// `Throttled`; `Busy`, also while the same user's password is being set; `Forbidden` `no-password` where
/// there is none to change; `Unauthorized` for a session that has ended meanwhile.
pub async fn change(
    service: &Service,
    current: &Current,
    old: &Secret,
    new: &Secret,
    caller: &Caller,
) -> Result<Vec<PasswordResult>> {
    let user = current.user.clone();
    let words =
        words(service, user.username.as_str(), user.email.as_ref().map(|email| &email.address));
    require(&rules_for(service, &user), new, &words, "new")?;
    let busy = |_running| ServiceError::Busy { retry_after: WHILE_SET };
    let _claim = service.inside().claims.take(&user.id, None).map_err(busy)?;
    let bucket = [format!("change-password/{}", user.id)];
    let (counted, now, id) = (bucket.clone(), service.now(), user.id.clone());
    let session = current.session.id.clone();
    let hash = service
        .write_aside(move |tx| {
            // A new password may have been set, and this session ended, since the request came.
            tx.sessions().get(&session)?.ok_or(ServiceError::Unauthorized)?;
            throttles::count(tx, &counted, now)?;
            local(tx, &id)
        })
        .await?;
    // Where local passwords are not accepted, they prove nothing here either.
    let hash = hash.filter(|_| service.settings().settings.signin.local);
    let mut change = Change { service, user, old, new, proved: false, results: Vec::new() };
    let new_hash = match &hash {
        Some(hash) => change.here(hash).await?,
        None => None,
    };
    change.on_backends().await?;
    if hash.is_none() && change.results.is_empty() {
        return Err(ServiceError::Forbidden { code: "no-password" });
    }
    if !change.proved {
        let wrong = |result: &PasswordResult| result.state == PasswordOutcome::WrongCurrent;
        let fault =
            change.results.iter().find(|result| !wrong(result)).and_then(|r| r.fault.clone());
        return Err(
            fault.map_or_else(|| ServiceError::field("current", "wrong"), ServiceError::Backend)
        );
    }
    let results = change.results;
    finish(service, current, (new_hash, bucket), caller, results).await
}

impl Change<'_> {
    /// A local password: the hash of the new one, if the old one was right.
    async fn here(&mut self, hash: &Secret) -> Result<Option<String>> {
        if self.service.hasher().verify(self.old, hash.expose()).await? == Match::Wrong {
            return Err(ServiceError::field("current", "wrong"));
        }
        self.proved = true;
        self.note(&local_provider()?, PasswordOutcome::Changed, None);
        self.service.hasher().hash(self.new).await.map(Some)
    }

    /// Backends at which the person can change it themselves come first: they prove the old one.
    async fn on_backends(&mut self) -> Result<()> {
        let board = &self.service.inside().board;
        let abilities = |account: &Account| {
            board
                .look(&account.backend, |entry| entry.offer.as_ref().map(|offer| offer.abilities))
                .flatten()
        };
        let there = |account: &&Account| account.state != AccountState::Gone;
        let mut accounts: Vec<_> = self
            .user
            .accounts
            .iter()
            .filter(there)
            .map(|account| (account.clone(), abilities(account)))
            .collect();
        accounts
            .sort_by_key(|(_account, abilities)| !abilities.is_some_and(|can| can.own_password));
        for (account, abilities) in accounts {
            let provider =
                ProviderId::parse(account.backend.as_str()).map_err(ServiceError::internal)?;
            let outcome = self.on_one(&account, abilities).await;
            let (outcome, fault) = said(outcome, self.proved)?;
            self.note(&provider, outcome, fault);
        }
        Ok(())
    }

    async fn on_one(
        &mut self,
        account: &Account,
        can: Option<Abilities>,
    ) -> Result<PasswordOutcome> {
        let instance = match self.service.instance(&account.backend) {
            Err(ServiceError::NotFound { .. }) => return Ok(PasswordOutcome::Unsupported),
            other => other?,
        };
        // A backend that has never answered is asked: it says itself what it cannot.
        let own = can.is_none_or(|can| can.own_password);
        if !own && !can.is_some_and(|can| can.set_password) {
            return Ok(PasswordOutcome::Unsupported);
        }
        let to = RelayTo::own(&account.backend, &account.login_name);
        if !self.proved || own {
            self.relay(&to).await?;
        }
        if own {
            let changed = instance.change_password(&account.id, self.old, self.new).await;
            let outcome = match changed.as_ref().err().map(|fault| fault.kind) {
                None => Some(Relayed::Right),
                Some(FaultKind::WrongCredential) => None,
                Some(_) => Some(Relayed::Unjudged),
            };
            // What the backend did stands, whether or not it can be noted here.
            if let Err(error) = self.relayed(to, outcome).await {
                tracing::warn!(backend.id = %account.backend, error = %error, "the count of passed on passwords is not up to date");
            }
            changed?;
            self.proved = true;
            return Ok(PasswordOutcome::Changed);
        }
        // Whoever reset another password by mail could come this far: an account that is never reset by mail
        // is proved at its own place, and one of which that is not known, too.
        let proved = self.proved && !instance.account(&account.id).await?.privileged;
        if !proved {
            if self.proved {
                self.relay(&to).await?;
            }
            let verdict =
                instance.check_password(&account.login_name, Some(&account.id), self.old).await;
            if !self.accepted(to, verdict, &account.id).await? {
                return Ok(PasswordOutcome::WrongCurrent);
            }
            self.proved = true;
        }
        instance.set_password(&account.id, self.new).await?;
        Ok(PasswordOutcome::Changed)
    }

    async fn accepted(
        &self,
        to: RelayTo,
        verdict: Result<Verdict, Fault>,
        id: &str,
    ) -> Result<bool> {
        let (right, note) = match &verdict {
            Ok(Verdict::Accepted(identity)) => (identity.subject == id, Some(Relayed::Right)),
            Ok(Verdict::TooManySessions) => (true, Some(Relayed::Right)),
            Ok(Verdict::Rejected { attempts_left: Some(0 | 1) } | Verdict::Withheld) => {
                (false, Some(Relayed::AtTheBrink))
            }
            Ok(Verdict::Rejected { .. }) => (false, None),
            Ok(Verdict::Disabled | Verdict::NotHere) | Err(_) => (false, Some(Relayed::Unjudged)),
        };
        self.relayed(to, note).await?;
        verdict?;
        Ok(right)
    }

    async fn relay(&self, to: &RelayTo) -> Result<()> {
        let (to, now) = (to.clone(), self.service.now());
        let may =
            self.service.write_aside(move |tx| throttles::may_relay(tx, &to, false, now)).await?;
        if may {
            Ok(())
        } else {
            Err(ServiceError::Throttled { retry_after: throttles::RELAY_WINDOW })
        }
    }

    async fn relayed(&self, to: RelayTo, outcome: Option<Relayed>) -> Result<()> {
        let (Some(outcome), now) = (outcome, self.service.now()) else { return Ok(()) };
        self.service.write_aside(move |tx| throttles::relayed(tx, &to, outcome, now)).await
    }

    fn note(&mut self, backend: &ProviderId, state: PasswordOutcome, fault: Option<Fault>) {
        self.results.push(PasswordResult { backend: backend.clone(), state, fault });
    }
}

/// What one place's result is. Once the old password was right somewhere, another place may have the
/// new one already: then nothing that happens here hides that.
fn said(
    outcome: Result<PasswordOutcome>,
    proved: bool,
) -> Result<(PasswordOutcome, Option<Fault>)> {
    let fault = match outcome {
        Ok(outcome) => return Ok((outcome, None)),
        Err(ServiceError::Backend(fault)) => return Ok((outcome_of(&fault), Some(fault))),
        Err(other) if !proved => return Err(other),
        Err(ServiceError::Throttled { retry_after }) => {
            let words =
                "too many passwords were passed on to it for this account; nothing was done";
            let fault = Fault::new(FaultKind::RateLimited, "host.relay-spent", words);
            Fault { retry_after: Some(retry_after), ..fault }
        }
        Err(other) => {
            tracing::error!(error = %other, "a password could not be changed on one of its backends");
            let words = "we could not ask it; nothing was done";
            Fault::new(FaultKind::Unavailable, "host.not-asked", words)
        }
    };
    Ok((PasswordOutcome::Failed, Some(fault)))
}

fn outcome_of(fault: &Fault) -> PasswordOutcome {
    match fault.kind {
        FaultKind::WrongCredential => PasswordOutcome::WrongCurrent,
        FaultKind::Unsupported => PasswordOutcome::Unsupported,
        kind if kind.is_unclear() => PasswordOutcome::Unclear,
        _ => PasswordOutcome::Failed,
    }
}

async fn finish(
    service: &Service,
    current: &Current,
    (hash, bucket): (Option<String>, [String; 1]),
    caller: &Caller,
    results: Vec<PasswordResult>,
) -> Result<Vec<PasswordResult>> {
    let (here, current, caller) = (service.clone(), current.clone(), caller.clone());
    service
        .write(move |tx| {
            let now = here.now();
            // Backends take their time: the user may have been deleted meanwhile.
            let user = tx.users().get(&current.user.id)?.ok_or(ServiceError::Unauthorized)?;
            let user = &user;
            if let Some(hash) = hash {
                put_local(tx, &user.id, hash)?;
            }
            throttles::forgive(tx, &bucket, &[], now)?;
            end_all(tx, user, Some(&current.session.id))?;
            recall(tx, &user.id, now, |message| message.kind == MessageKind::Reset)?;
            if let Some(mut session) = tx.sessions().get(&current.session.id)? {
                session.proved_at = now;
                tx.sessions().put(&session)?;
            }
            let changed: Vec<_> = results
                .iter()
                .filter(|result| result.state == PasswordOutcome::Changed)
                .map(|result| result.backend.to_string())
                .collect();
            let owed = Owed::to_user(MessageKind::PasswordChanged, &user.id)
                .with("username", user.username.as_str())
                .with("where", labels(&here, &changed));
            outbox::owe(tx, &here, owed)?;
            let line = about(&here, oneself(user), ActivityKind::PasswordChanged, user)
                .with("where", changed.join(", "));
            note(tx, seen_from(line, &caller))?;
            Ok(results)
        })
        .await
}

/// What people call these places; the household's own has no name of its own.
fn labels(service: &Service, places: &[String]) -> String {
    let board = &service.inside().board;
    let ids = places.iter().filter_map(|place| BackendId::parse(place).ok());
    let labels = ids.filter_map(|id| board.look(&id, |entry| entry.backend.label.clone()));
    labels.filter(|label| !label.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
