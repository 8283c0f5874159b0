//! Links with a token in them: making one, finding it, ending what must not be left.
//!
//! Guarantees: only a token's hash is kept; a whole address is made of the public address that the
//! household has set, never of what a request says. Does not: decide what a link is for.

use crate::clock::later;
use crate::error::Result;
use crate::house::Service;
use crate::random::{Purpose, fingerprint};
use core::time::Duration;
use domain::ids::UserId;
use domain::links::{Link, LinkPurpose, ResetCause};
use domain::names::EmailAddress;
use domain::secret::Secret;
use domain::users::User;
use jiff::Timestamp;
use store::{Mode, Tx, WriteTx};

/// A link that is to be made.
#[derive(Debug, Clone)]
pub(crate) struct LinkDraft {
    pub(crate) purpose: LinkPurpose,
    pub(crate) user: UserId,
    pub(crate) address: Option<EmailAddress>,
    pub(crate) cause: Option<ResetCause>,
    pub(crate) life: Duration,
}

/// A link that was just made: nobody can say its token again.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) link: Link,
    /// `/reset/...`, `/confirm/...`.
    pub(crate) path: Secret,
    /// The whole address, where the public one is known.
    pub(crate) url: Option<Secret>,
}

const fn kind(purpose: LinkPurpose) -> (Purpose, &'static str) {
    match purpose {
        LinkPurpose::SignIn => (Purpose::LoginLink, "login/token"),
        LinkPurpose::ResetPassword => (Purpose::Reset, "reset"),
        LinkPurpose::ConfirmAddress => (Purpose::Confirm, "confirm"),
    }
}

/// Whether a link can be put into a mail at all.
pub(crate) fn can_be_mailed(service: &Service) -> bool {
    service.settings().settings.server.public_url.is_some()
}

/// Makes a link, in the transaction of its cause.
pub(crate) fn make(tx: &WriteTx, service: &Service, draft: LinkDraft) -> Result<Made> {
    let (purpose, folder) = kind(draft.purpose);
    let (token, now) = (service.random().token(purpose), service.now());
    let link = Link {
        token: fingerprint(token.expose()),
        purpose: draft.purpose,
        user: draft.user,
        created_at: now,
        expires_at: later(now, draft.life),
        address: draft.address,
        cause: draft.cause,
        many: false,
        used_at: None,
        by: None,
    };
    tx.links().put(&link)?;
    let path = format!("/{folder}/{}", token.expose());
    let public = service.settings().settings.server.public_url.clone();
    let url =
        public.map(|url| Secret::new(format!("{}{path}", url.as_str().trim_end_matches('/'))));
    Ok(Made { link, path: Secret::new(path), url })
}

/// The link of that token and whom it is for, if it is good for that now. Changes nothing.
pub(crate) fn good<M: Mode>(
    tx: &Tx<M>,
    token: &str,
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<Option<(Link, User)>> {
    if !kind(purpose).0.fits(token) {
        return Ok(None);
    }
    let link = tx.links().get(&fingerprint(token))?.filter(|link| link.does(purpose, now));
    let Some(link) = link else { return Ok(None) };
    Ok(tx.users().get(&link.user)?.map(|user| (link, user)))
}

/// A user's links for that which are good now, in the order in which they were made.
pub(crate) fn open<M: Mode>(
    tx: &Tx<M>,
    user: &UserId,
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<Vec<Link>> {
    let mut links = tx.links().of_user(user)?;
    links.retain(|link| link.does(purpose, now));
    links.sort_by_key(|link| link.created_at);
    Ok(links)
}

/// Ends those of a user's links that fit.
pub(crate) fn end(tx: &WriteTx, user: &UserId, fits: impl Fn(&Link) -> bool) -> Result<()> {
    for link in tx.links().of_user(user)?.into_iter().filter(|link| fits(link)) {
        tx.links().take(&link.token)?;
    }
    Ok(())
}

/// Ends everything by which somebody could come in, or make another address theirs. Part of every new
/// password and of whatever shuts somebody out.
pub(crate) fn end_ways_in(tx: &WriteTx, user: &User) -> Result<()> {
    end(tx, &user.id, |link| !link.outlasts_a_new_password(user))
}

/// The address of a user is another one now: nothing that was sent to another mailbox is good any more.
pub(crate) fn end_of_other_addresses(tx: &WriteTx, user: &User) -> Result<()> {
    let own = user.email.as_ref().map(|email| email.address.key());
    end(tx, &user.id, |link| {
        let other = |address: &EmailAddress| Some(address.key()) != own;
        link.address.as_ref().is_some_and(other)
    })
}
