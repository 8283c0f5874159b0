//! From a request that was found to what is done about it.
//!
//! Guarantees: a request is acted upon once, whatever the file system says and however often the
//! process dies: what is owed, the note that it is, and the line in the activity are one transaction.
//! Does not: keep a PIN or a key, only a keyed hash of the key.

use crate::activity::note;
use crate::clock::{later, time_from};
use crate::error::Result;
use crate::house::Service;
use crate::{resets, sessions};
use aws_lc_rs::hmac;
use core::time::Duration;
use domain::accounts::BackendAccount;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::ids::BackendId;
use domain::names::name_key;
use domain::resets::{ResetRequest, Sighting, SightingOutcome, Watch};
use domain::users::User;
use jiff::Timestamp;
use store::{Mode, Store, Tx, WriteTx};

/// Over for at least so long, and yet just written: a zone is off. Less may be a slow disk.
const ZONE_FROM: Duration = Duration::from_secs(25 * 60);
/// No zone is further from another.
const ZONE_TO: Duration = Duration::from_secs(15 * 3_600);
/// Written at most so long ago, or ahead of our clock.
const JUST_WRITTEN: Duration = Duration::from_secs(10 * 60);
/// Over for longer than that, a request is no news: backends leave such files lying about for years.
const NO_NEWS: Duration = Duration::from_secs(24 * 3_600);

/// Makes digests: nobody without the key learns a PIN from one.
#[derive(Clone)]
pub(crate) struct Digests(hmac::Key);

impl Digests {
    /// The same at every start.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn of(store: &Store) -> Result<Self> {
        let seed = store.derive("reset sightings")?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, seed.expose())))
    }

    /// A request's digest, in hex.
    pub(crate) fn digest(&self, request: &ResetRequest) -> String {
        hex::encode(hmac::sign(&self.0, request.key.expose().as_bytes()))
    }
}

/// A request in a file.
pub(crate) struct Found {
    pub(crate) watch: Watch,
    pub(crate) file: String,
    pub(crate) digest: String,
    pub(crate) request: ResetRequest,
    /// When the file was last changed, by its file system.
    pub(crate) changed: Option<Timestamp>,
}

/// What is left to do about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing.
    Done,
    /// It was over long before it was found; nothing is kept of it.
    NoNews,
    /// Nothing could be owed, which may change while it is good.
    LookAgain,
}

/// What a backend has to be asked before a request is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    /// Whether the account of this id, known here by the request's name, has that name still.
    Account(String),
    /// Which account has the request's name: nobody is known here by it.
    Name,
}

/// What it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// It was not asked, because nothing would be owed.
    NotAsked,
    /// The account of the request's name.
    Account {
        /// The backend's id.
        id: String,
        /// It may never be reset by mail.
        privileged: bool,
    },
    /// There is none of that name.
    Nobody,
}

impl Word {
    /// What was asked, where the account that came back is the one of the request.
    pub(crate) fn of(request: &ResetRequest, account: Option<BackendAccount>) -> Option<Self> {
        let same = |account: &BackendAccount| {
            name_key(&account.login_name) == name_key(&request.login_name)
        };
        let account = account.filter(same)?;
        Some(Self::Account { id: account.id, privileged: account.privileged })
    }
}

/// What the backend has to be asked, if anything.
///
/// # Errors
/// The store's.
pub(crate) fn question<M: Mode>(
    tx: &Tx<M>,
    found: &Found,
    now: Timestamp,
) -> Result<Option<Question>> {
    let known = tx.resets().sighting(&found.watch.backend, &found.digest)?;
    if found.request.expires <= now || known.is_some_and(|known| !may_change(known.outcome)) {
        return Ok(None);
    }
    let Some(user) = by_name(tx, found)? else { return Ok(Some(Question::Name)) };
    if refused(&user, now).is_some() {
        return Ok(None);
    }
    let key = name_key(&found.request.login_name);
    let mut accounts = user.accounts.into_iter();
    let theirs = accounts.find(|account| {
        account.backend == found.watch.backend && name_key(&account.login_name) == key
    });
    Ok(Some(theirs.map_or(Question::Name, |account| Question::Account(account.id))))
}

/// Decides about a request and writes everything that follows.
///
/// # Errors
/// The store's.
pub(crate) fn settle(tx: &WriteTx, service: &Service, found: &Found, word: &Word) -> Result<Next> {
    let (now, backend) = (service.now(), &found.watch.backend);
    let known = tx.resets().sighting(backend, &found.digest)?;
    let is_over = found.request.expires <= now;
    if let Some(known) = &known
        && (is_over || !may_change(known.outcome))
    {
        return Ok(Next::Done);
    }
    if is_no_news(&found.request, now) {
        return Ok(Next::NoNews);
    }
    let user = match word {
        Word::NotAsked => by_name(tx, found)?,
        Word::Account { id, .. } => tx.users().by_account(backend, id)?,
        Word::Nobody => None,
    };
    let outcome = match is_over {
        true => Some(over(found, now)),
        false => decided(tx, service, found, (user.as_ref(), word))?,
    };
    let Some(outcome) = outcome else { return Ok(Next::LookAgain) };
    if known.as_ref().is_none_or(|known| known.outcome != outcome) {
        let sighting = Sighting {
            digest: found.digest.clone(),
            backend: backend.clone(),
            file: found.file.clone(),
            login_name: found.request.login_name.clone(),
            user: user.as_ref().map(|user| user.id.clone()),
            outcome,
            seen_at: known.map_or(now, |known| known.seen_at),
            expires_at: found.request.expires,
            used_there: false,
        };
        tx.resets().put_sighting(&sighting)?;
        note(tx, line(now, &sighting, user.as_ref()))?;
    }
    Ok(if may_change(outcome) && !is_over { Next::LookAgain } else { Next::Done })
}

/// What becomes of a request that is good; `None` where the backend has to be asked after all.
fn decided(
    tx: &WriteTx,
    service: &Service,
    found: &Found,
    (user, word): (Option<&User>, &Word),
) -> Result<Option<SightingOutcome>> {
    if let Some(why) = user.and_then(|user| refused(user, service.now())) {
        return Ok(Some(why));
    }
    Ok(match (user, word) {
        (_, Word::NotAsked) => None,
        (None, _) | (_, Word::Nobody) => Some(SightingOutcome::UnknownUser),
        (Some(_), Word::Account { privileged: true, .. }) => Some(SightingOutcome::Privileged),
        (Some(user), Word::Account { privileged: false, .. }) => {
            resets::owe_for_file(tx, service, (&found.watch, &found.request), user)?;
            Some(SightingOutcome::Owed)
        }
    })
}

/// Who is known here to sign in there by that name.
fn by_name<M: Mode>(tx: &Tx<M>, found: &Found) -> Result<Option<User>> {
    Ok(tx.resets().user_by_login(&found.watch.backend, &found.request.login_name)?)
}

/// Why somebody who is known gets nothing, as far as it is known here.
fn refused(user: &User, now: Timestamp) -> Option<SightingOutcome> {
    if sessions::admit(user, now).is_err() {
        return Some(SightingOutcome::ShutOut);
    }
    match &user.email {
        None => Some(SightingOutcome::NoAddress),
        Some(email) if !email.confirmed => Some(SightingOutcome::Unconfirmed),
        Some(_) => None,
    }
}

/// Whether a request was over so long ago that nobody waits for it.
pub(crate) fn is_no_news(request: &ResetRequest, now: Timestamp) -> bool {
    time_from(request.expires, now) > NO_NEWS
}

/// Whether an admin or the person can still make it good in the half hour that a request has.
const fn may_change(outcome: SightingOutcome) -> bool {
    match outcome {
        SightingOutcome::UnknownUser
        | SightingOutcome::NoAddress
        | SightingOutcome::Unconfirmed
        // Of a request that is not over now: our clock was wrong.
        | SightingOutcome::Expired
        | SightingOutcome::WrongZone => true,
        SightingOutcome::Owed
        | SightingOutcome::Privileged
        | SightingOutcome::ShutOut => false,
    }
}

fn over(found: &Found, now: Timestamp) -> SightingOutcome {
    let since = time_from(found.request.expires, now);
    let just_written = found.changed.is_some_and(|changed| {
        changed <= later(now, JUST_WRITTEN) && now <= later(changed, JUST_WRITTEN)
    });
    if just_written && (ZONE_FROM..=ZONE_TO).contains(&since) {
        SightingOutcome::WrongZone
    } else {
        SightingOutcome::Expired
    }
}

fn line(now: Timestamp, sighting: &Sighting, user: Option<&User>) -> NewActivity {
    let line = about(now, ActivityKind::ResetRequested, &sighting.backend)
        .with("login", sighting.login_name.as_str())
        .with("file", sighting.file.as_str())
        .with("outcome", sighting.outcome.code());
    match user {
        Some(user) => line.with("user", user.username.as_str()),
        None => line,
    }
}

/// A line about reset files of a backend, by nobody in particular.
pub(crate) fn about(now: Timestamp, kind: ActivityKind, backend: &BackendId) -> NewActivity {
    NewActivity::new(now, Actor::System, kind).with("backend", backend.as_str())
}

/// The file of a request is gone before its time: somebody used it at the backend.
///
/// # Errors
/// The store's.
pub(crate) fn used_there(
    tx: &WriteTx,
    now: Timestamp,
    backend: &BackendId,
    digest: &str,
) -> Result<()> {
    let Some(mut sighting) = tx.resets().sighting(backend, digest)? else { return Ok(()) };
    if sighting.used_there || sighting.expires_at <= now {
        return Ok(());
    }
    sighting.used_there = true;
    tx.resets().put_sighting(&sighting)?;
    let line = about(now, ActivityKind::ResetUsedThere, backend);
    note(tx, line.with("login", sighting.login_name.as_str()))
}
