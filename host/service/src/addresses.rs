//! Where a person's mail goes, and how they prove that it is theirs.
//!
//! Guarantees: an address that is not proved gets nothing but the question whether it is somebody's; the
//! one in force stays so until the next is proved; once it is another one, nothing that was sent to the
//! mailbox before is good any more, and that mailbox is told. An address may belong to several users. Does not: doubt what an
//! admin types.

use crate::activity::{about, note, oneself, seen_from};
use crate::caller::Caller;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::links::{self, LinkDraft};
use crate::outbox::{self, Owed};
use crate::random::fingerprint;
use crate::recall::recall;
use crate::sessions::Current;
use crate::throttles::{self, Ration};
use crate::{resets, welcome};
use core::time::Duration;
use domain::activity::ActivityKind;
use domain::ids::UserId;
use domain::links::{Link, LinkPurpose, ResetCause};
use domain::names::EmailAddress;
use domain::outbox::MessageKind;
use domain::users::{Email, User, UserState};
use jiff::Timestamp;
use store::{Mode, Tx, WriteTx};

/// How long the question can be answered.
const LIFE: Duration = Duration::from_secs(86_400);
/// Questions that one user may have sent.
const BY_A_USER: Ration = Ration { times: 6, window: Duration::from_secs(86_400) };
/// Questions that one mailbox gets, whoever asks.
const TO_A_MAILBOX: Ration = Ration { times: 3, window: Duration::from_secs(3_600) };

/// A user's address, and the one it is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressView {
    /// The one in force.
    pub address: Option<Email>,
    /// Another one that was asked about.
    pub pending: Option<Pending>,
}

/// An address that was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Which.
    pub address: EmailAddress,
    /// Until when the question can be answered.
    pub expires_at: Timestamp,
}

/// What a link asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Whose address it is to be.
    pub username: String,
    /// Which.
    pub address: EmailAddress,
    /// Until when it can be answered.
    pub expires_at: Timestamp,
}

/// A user's address as it stands.
///
/// # Errors
/// `NotFound`.
pub async fn of(service: &Service, user: &UserId) -> Result<AddressView> {
    let (user, now) = (user.clone(), service.now());
    service
        .read(move |tx| {
            let user = tx.users().get(&user)?.ok_or(ServiceError::NotFound { what: "user" })?;
            view(tx, &user, now)
        })
        .await
}

fn view<M: Mode>(tx: &Tx<M>, user: &User, now: Timestamp) -> Result<AddressView> {
    let asked = asked(tx, &user.id, now)?;
    let other = |link: &Link| {
        let own = user.email.as_ref().map(|email| &email.address);
        link.address.as_ref() != own
    };
    let pending = asked
        .into_iter()
        .rev()
        .find(other)
        .and_then(|link| Some(Pending { address: link.address?, expires_at: link.expires_at }));
    Ok(AddressView { address: user.email.clone(), pending })
}

/// The questions that can be answered now, the last one last.
fn asked<M: Mode>(tx: &Tx<M>, user: &UserId, now: Timestamp) -> Result<Vec<Link>> {
    links::open(tx, user, LinkPurpose::ConfirmAddress, now)
}

/// Changes one's own address: the new one is asked first, and the old one stays until it has said yes. `None`
/// takes it away at once.
///
/// # Errors
/// `Forbidden` `stale-sign-in` for who did not prove lately who they are, and `no-public-url` where no link
/// can be mailed; `Throttled`; `Unauthorized` for a user who is gone.
pub async fn change(
    service: &Service,
    current: &Current,
    address: Option<EmailAddress>,
) -> Result<AddressView> {
    require_fresh(service, current)?;
    let (here, id) = (service.clone(), current.user.id.clone());
    service
        .write(move |tx| {
            let user = tx.users().get(&id)?.ok_or(ServiceError::Unauthorized)?;
            let user = match address {
                None => taken_away(tx, &here, &user)?,
                Some(address) => {
                    wished(tx, &here, &user, &address)?;
                    user
                }
            };
            view(tx, &user, here.now())
        })
        .await
}

fn taken_away(tx: &WriteTx, service: &Service, before: &User) -> Result<User> {
    let user = User { email: None, ..before.clone() };
    drop_questions(tx, &user.id, service.now())?;
    if before.email.is_some() {
        tx.users().put(&user)?;
        replaced(tx, service, before, &user)?;
        note(tx, about(service, oneself(&user), ActivityKind::AddressChanged, &user))?;
    }
    Ok(user)
}

fn wished(tx: &WriteTx, service: &Service, user: &User, address: &EmailAddress) -> Result<()> {
    let own = user.email.as_ref().filter(|email| email.address == *address);
    if own.is_some_and(|email| email.confirmed) {
        return drop_questions(tx, &user.id, service.now());
    }
    may_ask(tx, service, user, address)?;
    let due = due_after(tx, &user.id, service.now())?;
    // Whoever mistyped an address does not want its owner to say yes.
    drop_questions(tx, &user.id, service.now())?;
    ask(tx, service, user, address, due)?;
    note(tx, about(service, oneself(user), ActivityKind::AddressChanged, user))
}

/// Whoever finds a browser that is signed in shall not lead its owner's mail elsewhere.
fn require_fresh(service: &Service, current: &Current) -> Result<()> {
    match current.session.is_fresh(service.now()) {
        true => Ok(()),
        false => Err(ServiceError::Forbidden { code: "stale-sign-in" }),
    }
}

/// Sends the question that is open once more.
///
/// # Errors
/// `NotFound` where there is none; else as [`change`].
pub async fn resend(service: &Service, current: &Current) -> Result<AddressView> {
    let (here, id) = (service.clone(), current.user.id.clone());
    service
        .write_aside(move |tx| {
            let now = here.now();
            let user = tx.users().get(&id)?.ok_or(ServiceError::Unauthorized)?;
            let last = asked(tx, &id, now)?.pop().and_then(|link| link.address);
            let unproved = user.email.as_ref().filter(|email| !email.confirmed);
            let address = last.or_else(|| unproved.map(|email| email.address.clone()));
            let address = address.ok_or(ServiceError::NotFound { what: "address" })?;
            may_ask(tx, &here, &user, &address)?;
            let due = due_after(tx, &id, now)?;
            ask(tx, &here, &user, &address, due)?;
            view(tx, &user, now)
        })
        .await
}

/// Counts a question, or refuses it.
fn may_ask(tx: &WriteTx, service: &Service, user: &User, address: &EmailAddress) -> Result<()> {
    if !links::can_be_mailed(service) {
        return Err(ServiceError::Forbidden { code: "no-public-url" });
    }
    let now = service.now();
    let by_user = throttles::spend(tx, &format!("confirm/user/{}", user.id), BY_A_USER, now)?;
    let wait = by_user.max(throttles::spend(tx, &mailbox(address), TO_A_MAILBOX, now)?);
    wait.map_or(Ok(()), |retry_after| Err(ServiceError::Throttled { retry_after }))
}

/// Its name among the throttles: no address stands there.
fn mailbox(address: &EmailAddress) -> String {
    format!("confirm/mailbox/{}", fingerprint(&address.key()))
}

/// Asks the address that somebody gave at their sign-up, in its transaction; `due` says that they are sent
/// a link to a password as soon as it has said yes. Nothing where no link can be mailed.
///
/// # Errors
/// The store's.
pub(crate) fn ask_at_first(
    tx: &WriteTx,
    service: &Service,
    user: &User,
    address: &EmailAddress,
    due: Option<ResetCause>,
) -> Result<()> {
    if !links::can_be_mailed(service) {
        tracing::warn!(user.id = %user.id, "an address cannot be confirmed: the public address is not set");
        return Ok(());
    }
    match throttles::spend(tx, &mailbox(address), TO_A_MAILBOX, service.now())? {
        None => ask(tx, service, user, address, due),
        Some(_) => Ok(()),
    }
}

fn ask(
    tx: &WriteTx,
    service: &Service,
    user: &User,
    address: &EmailAddress,
    due: Option<ResetCause>,
) -> Result<()> {
    let made = links::make(
        tx,
        service,
        LinkDraft {
            purpose: LinkPurpose::ConfirmAddress,
            user: user.id.clone(),
            address: Some(address.clone()),
            cause: due,
            life: LIFE,
        },
    )?;
    let Some(url) = made.url else { return Ok(()) };
    let until = made.link.expires_at;
    let owed = Owed::to_address(MessageKind::ConfirmAddress, address.clone())
        .about(&user.id)
        .with("username", user.username.as_str())
        .with("expires_at", until.to_string())
        .link(url)
        .expires(until);
    outbox::owe(tx, service, owed).map(drop)
}

/// Why a link to a password is due once an address is proved.
fn due_after<M: Mode>(tx: &Tx<M>, user: &UserId, now: Timestamp) -> Result<Option<ResetCause>> {
    Ok(asked(tx, user, now)?.into_iter().find_map(|link| link.cause))
}

fn drop_questions(tx: &WriteTx, user: &UserId, now: Timestamp) -> Result<()> {
    links::end(tx, user, |link| link.purpose == LinkPurpose::ConfirmAddress)?;
    recall(tx, user, now, |message| message.kind == MessageKind::ConfirmAddress)
}

/// What a link asks. Changes nothing, however often it is looked at.
///
/// # Errors
/// `Gone` for an unknown, used or late one, and for one whose user is shut out: alike, after the same time.
pub async fn look(service: &Service, token: &str) -> Result<Question> {
    let asked = service.now();
    let (token, now) = (token.to_owned(), asked);
    let found = service.read(move |tx| good(tx, &token, now)).await?;
    match found {
        Some((link, user, address)) => Ok(Question {
            username: user.username.as_str().to_owned(),
            address,
            expires_at: link.expires_at,
        }),
        None => gone(service, asked).await,
    }
}

fn good<M: Mode>(
    tx: &Tx<M>,
    token: &str,
    now: Timestamp,
) -> Result<Option<(Link, User, EmailAddress)>> {
    let found = links::good(tx, token, LinkPurpose::ConfirmAddress, now)?;
    let Some((link, user)) = found else { return Ok(None) };
    let shut_out = match user.state {
        UserState::Pending => false,
        UserState::Active => user.is_due(now),
        UserState::Disabled | UserState::Expired => true,
    };
    let address = link.address.clone().filter(|_| !shut_out);
    Ok(address.map(|address| (link, user, address)))
}

async fn gone<T>(service: &Service, asked: Timestamp) -> Result<T> {
    let until = service.inside().floor.release(asked, service.now());
    service.clock().sleep_until(until).await;
    Err(ServiceError::Gone)
}

/// Says yes: the address is the user's from now on. Once.
///
/// # Errors
/// `Gone` as [`look`].
pub async fn confirm(service: &Service, token: &str, caller: &Caller) -> Result<EmailAddress> {
    let asked = service.now();
    let (here, token, caller) = (service.clone(), token.to_owned(), caller.clone());
    let confirmed = service.write(move |tx| {
        let Some((link, before, address)) = good(tx, &token, here.now())? else {
            return Ok(None);
        };
        let email = Some(Email { address: address.clone(), confirmed: true });
        let user = User { email, ..before.clone() };
        tx.users().put(&user)?;
        tx.links().take(&link.token)?;
        let due = due_after(tx, &user.id, here.now())?.or(link.cause);
        replaced(tx, &here, &before, &user)?;
        if due.is_some() {
            resets::owe_waited(tx, &here, &user)?;
        }
        let line = about(&here, oneself(&user), ActivityKind::AddressConfirmed, &user);
        note(tx, seen_from(line, &caller))?;
        Ok(Some(address))
    });
    match confirmed.await? {
        Some(address) => Ok(address),
        None => gone(service, asked).await,
    }
}

/// What follows once the address of a user, written already, is another one or is proved: links and
/// messages that went elsewhere mean nothing any more, a mailbox that was proved hears that it is theirs no
/// more, and who waited for a welcome is sent it.
///
/// # Errors
/// The store's.
pub(crate) fn replaced(tx: &WriteTx, service: &Service, before: &User, user: &User) -> Result<()> {
    let (old, new) = (before.email.as_ref(), user.email.as_ref());
    drop_questions(tx, &user.id, service.now())?;
    links::end_of_other_addresses(tx, user)?;
    if old.map(|email| &email.address) != new.map(|email| &email.address) {
        recall(tx, &user.id, service.now(), |message| message.kind == MessageKind::Reset)?;
    }
    if let Some(lost) = lost(old, new) {
        let owed = Owed::to_address(MessageKind::AddressChanged, lost.clone()).about(&user.id);
        outbox::owe(tx, service, owed.with("username", user.username.as_str()))?;
    }
    let was_asked = old.is_some_and(|email| !email.confirmed);
    // Who waits for an admin is not welcome yet; once let in, they are told so.
    let is_in = user.state != UserState::Pending;
    if is_in && was_asked && new.is_some_and(|email| email.confirmed) {
        welcome::owe(tx, service, user)?;
    }
    Ok(())
}

/// The address that was proved and is another one now.
fn lost<'a>(old: Option<&'a Email>, new: Option<&Email>) -> Option<&'a EmailAddress> {
    let old = old.filter(|email| email.confirmed).map(|email| &email.address)?;
    let is_kept = new.is_some_and(|email| email.address.key() == old.key());
    (!is_kept).then_some(old)
}

#[cfg(test)]
mod tests;
