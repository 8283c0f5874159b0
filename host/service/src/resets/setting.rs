//! Setting a new password through a link, here and on every backend that can.
//!
//! The link stays in the store until some place may have taken the new password: a process that dies
//! in between leaves it good. That nobody uses it twice meanwhile is seen to in memory.

use super::issuing;
use super::places::{Places, Prospect, prospect, reachable};
use crate::activity::{about, note, oneself, seen_from};
use crate::caller::Caller;
use crate::claims::Claim;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::outbox::{self, Owed};
use crate::passwords::{self, PasswordOutcome, PasswordResult, local_provider};
use crate::random::fingerprint;
use crate::tenure::end_all;
use crate::throttles::{self, Ration, RelayTo};
use crate::{links, sessions};
use core::time::Duration;
use domain::activity::ActivityKind;
use domain::fault::{Fault, FaultKind};
use domain::ids::{BackendId, ProviderId};
use domain::links::{Link, LinkPurpose, ResetCause};
use domain::outbox::MessageKind;
use domain::passwords::Rules;
use domain::secret::Secret;
use domain::throttle::keys;
use domain::users::{Account, User};
use jiff::Timestamp;
use store::{Mode, Tx, WriteTx};
use tokio::task::JoinSet;

/// Attempts from one network.
const FROM_A_NETWORK: Ration = Ration { times: 10, window: Duration::from_secs(60) };

/// What a link is for, shown before it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetView {
    /// For whom.
    pub username: String,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// Why it was made.
    pub cause: Option<ResetCause>,
    /// What a new password must be.
    pub rules: Rules,
    /// The PIN of the same request was used at the backend meanwhile.
    pub used_in_backend: bool,
}

/// What a link is for. Changes nothing, however often it is asked.
///
/// # Errors
/// `Gone` for an unknown, used or late one, and for one whose user may not come in: alike, after the
/// same time.
pub async fn look(service: &Service, token: &str) -> Result<ResetView> {
    let asked = service.now();
    let (token, now) = (token.to_owned(), asked);
    let found = service.read(move |tx| {
        let Some((link, user)) = good(tx, &token, now)? else { return Ok(None) };
        let used = used_in_backend(tx, &link)?;
        Ok(Some((link, user, used)))
    });
    match found.await? {
        Some((link, user, used_in_backend)) => Ok(ResetView {
            rules: passwords::rules_for(service, &user),
            username: user.username.as_str().to_owned(),
            expires_at: link.expires_at,
            cause: link.cause,
            used_in_backend,
        }),
        None => gone(service, asked).await,
    }
}

/// The link and its user, where both are good now.
fn good<M: Mode>(tx: &Tx<M>, token: &str, now: Timestamp) -> Result<Option<(Link, User)>> {
    let found = links::good(tx, token, LinkPurpose::ResetPassword, now)?;
    Ok(found.filter(|(_link, user)| sessions::admit(user, now).is_ok()))
}

/// Whether the file that a link answers went away before its end.
fn used_in_backend<M: Mode>(tx: &Tx<M>, link: &Link) -> Result<bool> {
    /// So many requests at most were found since a link was made that is still good.
    const LATEST: usize = 200;
    let Some(ResetCause::File { backend }) = &link.cause else { return Ok(false) };
    let latest = tx.resets().latest(LATEST)?;
    let answered = latest.iter().find(|sighting| {
        sighting.backend == *backend
            && sighting.user.as_ref() == Some(&link.user)
            && sighting.seen_at <= link.created_at
    });
    Ok(answered.is_some_and(|sighting| sighting.used_there))
}

/// The one answer for every link that is no good, at one moment.
async fn gone<T>(service: &Service, asked: Timestamp) -> Result<T> {
    let until = service.inside().floor.release(asked, service.now());
    service.clock().sleep_until(until).await;
    Err(ServiceError::Gone)
}

/// Sets a new password wherever the link's user has one, and ends their sessions. One result a place. The
/// link is used up as soon as one place has the new password, or may have it; where all of them surely
/// kept the old one, it stays good, and the results say why.
///
/// # Errors
/// `Gone` as [`look`], also while another one is being set for the same user; `Invalid` at `password`, which
/// uses nothing up; `Throttled`, whatever the token is; `Busy`, also while they change it themselves.
pub async fn reset(
    service: &Service,
    token: &str,
    new: &Secret,
    caller: &Caller,
) -> Result<Vec<PasswordResult>> {
    reset_by(service, service, (token, new), caller).await
}

pub(super) async fn reset_by<P: Places>(
    service: &Service,
    places: &P,
    (token, new): (&str, &Secret),
    caller: &Caller,
) -> Result<Vec<PasswordResult>> {
    let (asked, network) = (service.now(), format!("reset/network/{}", caller.network()));
    let wait = service.write_aside(move |tx| throttles::spend(tx, &network, FROM_A_NETWORK, asked));
    if let Some(retry_after) = wait.await? {
        return Err(ServiceError::Throttled { retry_after });
    }
    let Some((_link, user, hash)) = held(service, token).await? else {
        return gone(service, asked).await;
    };
    let address = user.email.as_ref().map(|email| &email.address);
    let words = passwords::words(service, user.username.as_str(), address);
    passwords::require(&passwords::rules_for(service, &user), new, &words, "password")?;
    let hash = match passwords::is_kept_here(service, &user, hash.is_some()) {
        true => Some(service.hasher().hash(new).await?),
        false => None,
    };
    let mark = fingerprint(&format!("{token} {}", new.expose()));
    let claim = match service.inside().claims.take(&user.id, Some(mark.clone())) {
        Ok(claim) => claim,
        Err(running) if !running.is_by_a_link() => {
            return Err(ServiceError::Busy { retry_after: passwords::WHILE_SET });
        }
        // A second click shows what the first one does.
        Err(running) => match running.outcome(&mark).await {
            Some(results) => return Ok(results),
            None => return gone(service, asked).await,
        },
    };
    // Whoever had the place before may have used the link.
    let Some((link, user, _hash)) = held(service, token).await? else {
        return gone(service, asked).await;
    };
    let setting = Setting {
        service: service.clone(),
        places: places.clone(),
        link,
        user,
        new: new.clone(),
        caller: caller.clone(),
    };
    // It goes on if nobody waits any more.
    let done = service.inside().desk.workers().spawn(setting.done(hash, claim));
    done.await.unwrap_or_else(|stopped| Err(ServiceError::internal(stopped)))
}

async fn held(service: &Service, token: &str) -> Result<Option<(Link, User, Option<Secret>)>> {
    let (token, now) = (token.to_owned(), service.now());
    service
        .read(move |tx| {
            let Some((link, user)) = good(tx, &token, now)? else { return Ok(None) };
            let hash = passwords::local(tx, &user.id)?;
            Ok(Some((link, user, hash)))
        })
        .await
}

/// A new password on its way.
struct Setting<P> {
    service: Service,
    places: P,
    link: Link,
    user: User,
    new: Secret,
    caller: Caller,
}

impl<P: Places> Setting<P> {
    async fn done(self, hash: Option<String>, claim: Claim) -> Result<Vec<PasswordResult>> {
        let results = self.set(hash).await?;
        claim.tell(&results);
        Ok(results)
    }

    async fn set(self, hash: Option<String>) -> Result<Vec<PasswordResult>> {
        let mut results = self.everywhere().await?;
        if hash.is_some() {
            let backend = local_provider()?;
            let state = PasswordOutcome::Changed;
            results.insert(0, PasswordResult { backend, state, fault: None });
        }
        let may_hold = |result: &PasswordResult| match result.state {
            PasswordOutcome::Changed | PasswordOutcome::Unclear => true,
            PasswordOutcome::WrongCurrent
            | PasswordOutcome::Unsupported
            | PasswordOutcome::Refused
            | PasswordOutcome::Failed => false,
        };
        if !results.iter().any(may_hold) {
            tracing::warn!(user.id = %self.user.id, "a new password was taken nowhere; its link stays good");
            return Ok(results);
        }
        let service = self.service.clone();
        service.write(move |tx| self.written(tx, hash, results)).await
    }

    /// Backends do not wait for one another; the results in the order of the accounts.
    async fn everywhere(&self) -> Result<Vec<PasswordResult>> {
        let mut running = JoinSet::new();
        for (place, account) in reachable(&self.user).cloned().enumerate() {
            let (service, places, new) =
                (self.service.clone(), self.places.clone(), self.new.clone());
            running.spawn(async move { (place, one(&service, &places, &account, &new).await) });
        }
        let mut results = running.join_all().await;
        results.sort_by_key(|(place, _result)| *place);
        results.into_iter().map(|(_place, result)| result).collect()
    }

    fn written(
        self,
        tx: &WriteTx,
        hash: Option<String>,
        results: Vec<PasswordResult>,
    ) -> Result<Vec<PasswordResult>> {
        let (service, now) = (&self.service, self.service.now());
        // Whoever was deleted meanwhile leaves nothing.
        let mut user = tx.users().get(&self.user.id)?.ok_or(ServiceError::Gone)?;
        if let Some(hash) = hash {
            passwords::put_local(tx, &user.id, hash)?;
        }
        prove_address(tx, &mut user, &self.link)?;
        tx.links().take(&self.link.token)?;
        issuing::end_older(tx, &user.id, now)?;
        end_all(tx, &user, None)?;
        forget_guesses(tx, &user)?;
        let changed: Vec<_> = results
            .iter()
            .filter(|result| result.state == PasswordOutcome::Changed)
            .map(|result| &result.backend)
            .collect();
        if !changed.is_empty() {
            let ids = changed.iter().filter_map(|id| BackendId::parse(id.as_str()).ok());
            let labels = issuing::labels(service, ids.collect::<Vec<_>>().iter());
            let owed = Owed::to_user(MessageKind::PasswordChanged, &user.id)
                .with("username", user.username.as_str())
                .with("where", labels);
            outbox::owe(tx, service, owed)?;
        }
        let places: Vec<_> = changed.iter().map(ToString::to_string).collect();
        let line = about(service, oneself(&user), ActivityKind::PasswordReset, &user)
            .with("where", places.join(", "));
        note(tx, seen_from(line, &self.caller))?;
        Ok(results)
    }
}

/// One place: asked who that account is, then set, in one call.
async fn one<P: Places>(
    service: &Service,
    places: &P,
    account: &Account,
    new: &Secret,
) -> Result<PasswordResult> {
    let (state, fault) = match prospect(service, places, account).await {
        Prospect::Never(state, fault) => (state, Some(fault)),
        Prospect::Unknown(fault) => (PasswordOutcome::Failed, Some(fault)),
        Prospect::Good => match places.set(&account.backend, &account.id, new).await {
            Ok(()) => (PasswordOutcome::Changed, None),
            Err(fault) => (outcome_of(&fault), Some(fault)),
        },
    };
    if let Some(fault) = &fault {
        tracing::warn!(
            backend.id = %account.backend, fault.kind = fault.kind.as_str(), fault.code,
            "a new password was not taken by a backend"
        );
    }
    let backend = ProviderId::parse(account.backend.as_str()).map_err(ServiceError::internal)?;
    Ok(PasswordResult { backend, state, fault })
}

fn outcome_of(fault: &Fault) -> PasswordOutcome {
    match fault.kind {
        FaultKind::Unsupported => PasswordOutcome::Unsupported,
        FaultKind::TimedOut => PasswordOutcome::Unclear,
        kind if kind.is_unclear() => PasswordOutcome::Unclear,
        _ => PasswordOutcome::Failed,
    }
}

/// Whoever used a link that went to an address reads what is sent there.
fn prove_address(tx: &WriteTx, user: &mut User, link: &Link) -> Result<()> {
    let Some(email) = &mut user.email else { return Ok(()) };
    if !email.confirmed && link.address.as_ref() == Some(&email.address) {
        email.confirmed = true;
        tx.users().put(user)?;
    }
    Ok(())
}

/// What strangers guessed before does not keep the owner of the new password out.
fn forget_guesses(tx: &WriteTx, user: &User) -> Result<()> {
    tx.throttles().delete(&keys::account(user.username.as_str()))?;
    for account in &user.accounts {
        throttles::unlock(tx, &RelayTo::login(&account.backend, &account.login_name))?;
        throttles::unlock(tx, &RelayTo::own(&account.backend, &account.login_name))?;
    }
    Ok(())
}
