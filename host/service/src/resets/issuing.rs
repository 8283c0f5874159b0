//! Links to a new password and the mails that bring them, each pair in one transaction.

use crate::backends;
use crate::compose::facts;
use crate::error::Result;
use crate::house::Service;
use crate::links::{self, LinkDraft, Made};
use crate::outbox::{self, Owed};
use crate::recall::recall;
use core::time::Duration;
use domain::ids::{BackendId, MessageId, UserId};
use domain::links::{Link, LinkPurpose, ResetCause};
use domain::names::EmailAddress;
use domain::outbox::MessageKind;
use domain::resets::{ResetMail, ResetRequest, Watch};
use domain::users::User;
use jiff::Timestamp;
use store::WriteTx;

/// How long a link is good that somebody asked for.
pub(super) const LIFE: Duration = Duration::from_secs(3_600);
/// How long one is good that nobody waits for at this moment.
pub(super) const LONG_LIFE: Duration = Duration::from_secs(86_400);
/// Links of a user that are good at one time.
pub(super) const MOST_OPEN: usize = 3;

/// The address to which a way to a new password may be mailed.
pub(super) fn proved(user: &User) -> Option<EmailAddress> {
    user.email.as_ref().filter(|email| email.confirmed).map(|email| email.address.clone())
}

/// A user's links to a new password that are good now.
pub(super) fn open(tx: &WriteTx, user: &UserId, now: Timestamp) -> Result<Vec<Link>> {
    links::open(tx, user, LinkPurpose::ResetPassword, now)
}

/// Ends a user's older links to a new password, and takes back the mails that would bring them.
pub(super) fn end_older(tx: &WriteTx, user: &UserId, now: Timestamp) -> Result<()> {
    links::end(tx, user, |link| link.purpose == LinkPurpose::ResetPassword)?;
    recall(tx, user, now, |message| message.kind == MessageKind::Reset)
}

/// Makes a link; where too many are open, the oldest ends.
pub(super) fn issue(
    tx: &WriteTx,
    service: &Service,
    user: &User,
    cause: ResetCause,
    (address, life): (Option<EmailAddress>, Duration),
) -> Result<Made> {
    let before = open(tx, &user.id, service.now())?;
    for oldest in before.iter().take((before.len() + 1).saturating_sub(MOST_OPEN)) {
        tx.links().take(&oldest.token)?;
    }
    let draft = LinkDraft {
        purpose: LinkPurpose::ResetPassword,
        user: user.id.clone(),
        address,
        cause: Some(cause),
        life,
    };
    links::make(tx, service, draft)
}

/// What people call the places of these backends.
pub(super) fn labels<'a>(
    service: &Service,
    backends: impl Iterator<Item = &'a BackendId>,
) -> String {
    let label = |id| backends::get(service, id).ok().map(|view| view.label);
    backends.filter_map(label).collect::<Vec<_>>().join(", ")
}

/// A message to a user that brings a way to a new password until then.
pub(super) fn owed(user: &User, until: Timestamp) -> Owed {
    Owed::to_user(MessageKind::Reset, &user.id)
        .with("username", user.username.as_str())
        .with(facts::EXPIRES_AT, until.to_string())
        .expires(until)
}

/// Makes a link and owes the mail that brings it; nothing where no whole address can be made of it, or
/// the user has no confirmed one.
pub(super) fn owe_link(
    tx: &WriteTx,
    service: &Service,
    user: &User,
    cause: ResetCause,
    life: Duration,
) -> Result<Option<MessageId>> {
    let Some(address) = proved(user).filter(|_| links::can_be_mailed(service)) else {
        return Ok(None);
    };
    let made = issue(tx, service, user, cause, (Some(address), life))?;
    let Some(url) = made.url else { return Ok(None) };
    let owed = owed(user, made.link.expires_at).link(url);
    outbox::owe(tx, service, owed).map(Some)
}

/// A password that had to wait was dropped: its owner is sent a link to set one. Nothing where there is
/// nowhere to send it.
///
/// # Errors
/// The store's.
pub(crate) fn owe_waited(
    tx: &WriteTx,
    service: &Service,
    user: &User,
) -> Result<Option<MessageId>> {
    owe_link(tx, service, user, ResetCause::Waited, LONG_LIFE)
}

/// Owes the one mail for a reset file, in the transaction that notes the file: with a link of ours, the
/// backend's PIN, or both. The mail is over when the PIN is; the link lives its own hour. Where no whole
/// address can be made of a link it brings the PIN, so that the mail is good for something. The caller has
/// seen that the user may come in, has a confirmed address, and that the account is not privileged.
///
/// # Errors
/// The store's.
pub(crate) fn owe_for_file(
    tx: &WriteTx,
    service: &Service,
    (watch, request): (&Watch, &ResetRequest),
    user: &User,
) -> Result<MessageId> {
    let (mail, backend) = (watch.mail, &watch.backend);
    let made = match mail {
        ResetMail::Pin => None,
        ResetMail::Link | ResetMail::Both if !links::can_be_mailed(service) => None,
        ResetMail::Link | ResetMail::Both => {
            let cause = ResetCause::File { backend: backend.clone() };
            Some(issue(tx, service, user, cause, (proved(user), LIFE))?)
        }
    };
    let url = made.as_ref().and_then(|made| made.url.clone());
    let brings_pin = mail != ResetMail::Link || url.is_none();
    let until = match &made {
        Some(made) if !brings_pin => made.link.expires_at,
        _ => request.expires,
    };
    let mut owed =
        owed(user, until).with(facts::BACKENDS, labels(service, core::iter::once(backend)));
    if let Some(url) = url {
        owed = owed.link(url);
    }
    if brings_pin {
        owed = owed.pin(request.pin.clone());
    }
    outbox::owe(tx, service, owed)
}
