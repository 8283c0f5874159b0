//! The right of somebody who is no admin to invite others: how far it goes, and what they do with it.
//!
//! Guarantees: what an invite grants is the right's own, never what was asked for; the number of people is
//! counted in the transaction that makes an invite, so that many at once cannot exceed it; whoever loses the
//! right, or a part of it, or is shut out, has no open invite left that goes beyond it. Does not: give the
//! right; an admin does ([`crate::users::patch`]).

use crate::activity::note;
use crate::clock::later;
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use core::time::Duration;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::ids::{BackendId, InviteCode, UserId};
use domain::invites::drafts::{Expiry, InviteDraft, Known, Problem};
use domain::invites::{AskEmail, Invite, Standing};
use domain::names::EmailAddress;
use domain::role::{Admin, Inviter};
use domain::settings::Lifetime;
use domain::users::{InviteRight, User};
use jiff::Timestamp;
use store::{Mode, Tx, WriteTx};

/// The longest that an invite of theirs is open.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);
/// The usual.
const USUAL: &str = "P7D";
/// The most people one right is for.
pub const MOST_PEOPLE: u32 = 1_000;

/// An invite that somebody wants to make.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Their own word for it.
    pub label: String,
    /// For how many people.
    pub uses: u32,
    /// Until when; none: a week.
    pub expires: Option<Expiry>,
    /// Whether the sign-up asks for an address.
    pub ask_email: AskEmail,
    /// The address it is for, filled in on the form.
    pub email: Option<EmailAddress>,
}

/// What somebody made, and how far they can still go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mine {
    /// Newest first.
    pub invites: Vec<Invite>,
    /// For how many more people.
    pub left: u32,
    /// The right itself.
    pub right: InviteRight,
}

/// Makes an invite of one's own.
///
/// # Errors
/// `Forbidden` for whoever has lost the right meanwhile; `Invalid`, a problem a field: more people than are
/// left, too late an end.
pub async fn make(service: &Service, by: &Inviter, wish: Wish) -> Result<Invite> {
    let (here, id) = (service.clone(), by.id().clone());
    let code = InviteCode::from_random(service.random().bytes());
    service
        .write_aside(move |tx| {
            let (by, now) = (still(tx, &id)?, here.now());
            let left = left(tx, &by, now)?;
            if wish.uses > left {
                let problem = FieldProblem::new("uses", "quota").with("left", left);
                return Err(ServiceError::Invalid { fields: vec![problem] });
            }
            let draft = draft(&here, &by, wish)?;
            let (backends, profile) = (draft.backends.clone(), kept_profile(tx, &draft)?);
            let known = Known { backends: &backends, profile: profile.as_deref() };
            let invite = draft.decide(code, by.name(), known, now).map_err(invalid)?;
            if invite.expires_at.is_none_or(|end| end > later(now, LONGEST)) {
                let problem = FieldProblem::new("expiresIn", "too-long").with("max", "P30D");
                return Err(ServiceError::Invalid { fields: vec![problem] });
            }
            let invite = Invite { inviter: Some(id), ..invite };
            tx.invites().put(&invite)?;
            note(tx, line(&by, ActivityKind::InviteCreated, &invite, now))?;
            Ok(invite)
        })
        .await
}

/// The right as it is now, whatever the request came with.
fn still<M: Mode>(tx: &Tx<M>, id: &UserId) -> Result<Inviter> {
    let user = tx.users().get(id)?.ok_or(ServiceError::Unauthorized)?;
    Inviter::prove(&user).ok_or(ServiceError::Forbidden { code: "forbidden" })
}

/// For how many more people somebody may invite.
fn left<M: Mode>(tx: &Tx<M>, by: &Inviter, now: Timestamp) -> Result<u32> {
    let made = tx.invites().by_inviter(by.id())?;
    Ok(by.right().left_beside(&made, now))
}

fn draft(service: &Service, by: &Inviter, wish: Wish) -> Result<InviteDraft> {
    let right = by.right();
    let is_here = |id: &&BackendId| service.inside().board.look(id, |_entry| ()).is_some();
    let backends: Vec<BackendId> = right.backends.iter().filter(is_here).cloned().collect();
    if backends.is_empty() {
        // An empty list would mean all there are.
        return Err(ServiceError::field("backends", "choice"));
    }
    let usual = || Lifetime::parse(USUAL).map(Expiry::In).map_err(ServiceError::internal);
    Ok(InviteDraft {
        label: wish.label,
        uses: Some(wish.uses),
        expires: wish.expires.map_or_else(usual, Ok)?,
        profile: right.profile.clone(),
        backends,
        account_lifetime: None,
        ask_email: wish.ask_email,
        email: wish.email,
        require_approval: false,
    })
}

/// The right's profile, while it is there: without it nobody gets accounts that are less restricted.
fn kept_profile(tx: &WriteTx, draft: &InviteDraft) -> Result<Option<String>> {
    let Some(name) = &draft.profile else { return Ok(None) };
    Ok(tx.profiles().get(name)?.map(|profile| profile.name))
}

fn invalid(problems: Vec<Problem>) -> ServiceError {
    let fields = problems.into_iter().map(|problem| {
        let found = FieldProblem::new(problem.field, problem.code);
        problem.args.iter().fold(found, |found, (name, value)| found.with(name, value))
    });
    ServiceError::Invalid { fields: fields.collect() }
}

fn line(by: &Inviter, kind: ActivityKind, invite: &Invite, now: Timestamp) -> NewActivity {
    let actor = Actor::User(by.name().to_owned());
    let line = NewActivity::new(now, actor, kind).with("invite", invite.code.hint());
    if invite.label.is_empty() { line } else { line.with("label", invite.label.as_str()) }
}

/// One's own invites.
///
/// # Errors
/// `Forbidden` for whoever has lost the right meanwhile.
pub async fn mine(service: &Service, by: &Inviter) -> Result<Mine> {
    let (id, now) = (by.id().clone(), service.now());
    service
        .read(move |tx| {
            let by = still(tx, &id)?;
            let left = left(tx, &by, now)?;
            let mut invites = tx.invites().by_inviter(&id)?;
            invites.sort_by_key(|invite| core::cmp::Reverse(invite.created_at));
            Ok(Mine { invites, left, right: by.right().clone() })
        })
        .await
}

/// One of one's own.
///
/// # Errors
/// `NotFound`, also for somebody else's.
pub async fn get(service: &Service, by: &Inviter, code: &InviteCode) -> Result<Invite> {
    let (id, code) = (by.id().clone(), code.clone());
    service.read(move |tx| own(tx, &id, &code)).await
}

fn own<M: Mode>(tx: &Tx<M>, id: &UserId, code: &InviteCode) -> Result<Invite> {
    let found = tx.invites().get(code)?.filter(|invite| invite.inviter.as_ref() == Some(id));
    found.ok_or(ServiceError::NotFound { what: "invite" })
}

/// Withdraws one of one's own: nobody else comes in by it, whoever is on the way does.
///
/// # Errors
/// `NotFound`, also for somebody else's.
pub async fn withdraw(service: &Service, by: &Inviter, code: &InviteCode) -> Result<Invite> {
    let (by, code, now) = (by.clone(), code.clone(), service.now());
    service
        .write_aside(move |tx| {
            let before = own(tx, by.id(), &code)?;
            if before.revoked_at.is_some() {
                return Ok(before);
            }
            let invite = before.revoked(now);
            tx.invites().put(&invite)?;
            note(tx, line(&by, ActivityKind::InviteRevoked, &invite, now))?;
            Ok(invite)
        })
        .await
}

/// The invite by which somebody came, while it is kept.
///
/// # Errors
/// Only our own.
pub async fn came_by(service: &Service, _by: &Admin, user: &UserId) -> Result<Option<Invite>> {
    let user = user.clone();
    service
        .read(move |tx| match tx.signups().by_user(&user)?.pop() {
            Some(signup) => Ok(tx.invites().get(&signup.invite)?),
            None => Ok(None),
        })
        .await
}

/// A right as an admin gives it, with what it points at as it is written.
///
/// # Errors
/// `Invalid`, a problem a field.
pub(crate) fn checked(tx: &WriteTx, service: &Service, right: InviteRight) -> Result<InviteRight> {
    let mut fields = Vec::new();
    if !(1..=MOST_PEOPLE).contains(&right.quota) {
        let problem = FieldProblem::new("quota", "range");
        fields.push(problem.with("min", 1).with("max", MOST_PEOPLE));
    }
    let mut backends = right.backends;
    let mut seen = std::collections::BTreeSet::new();
    backends.retain(|id| seen.insert(id.clone()));
    let board = &service.inside().board;
    match backends.iter().find(|id| board.look(id, |_entry| ()).is_none()) {
        Some(id) => fields.push(FieldProblem::new("backends", "unknown").with("name", id)),
        None if backends.is_empty() => fields.push(FieldProblem::new("backends", "choice")),
        None => {}
    }
    let mut profile = None;
    if let Some(name) = right.profile {
        profile = tx.profiles().get(&name)?.map(|profile| profile.name);
        if profile.is_none() {
            fields.push(FieldProblem::new("profile", "unknown").with("name", name));
        }
    }
    if fields.is_empty() {
        Ok(InviteRight { quota: right.quota, profile, backends })
    } else {
        Err(ServiceError::Invalid { fields })
    }
}

/// Closes what goes beyond the right of a user, as they are now: everything, for whoever has none or is
/// shut out.
///
/// # Errors
/// The store's.
pub(crate) fn close_beyond(tx: &WriteTx, user: &User, now: Timestamp) -> Result<()> {
    let made = tx.invites().by_inviter(&user.id)?;
    let right = Inviter::prove(user).map(|inviter| inviter.right().clone());
    let fits = |invite: &Invite| {
        right.as_ref().is_some_and(|right| right.grants(invite) && right.fits(&made, now))
    };
    let open = made.iter().filter(|invite| invite.standing(now) == Standing::Open);
    for invite in open.filter(|invite| !fits(invite)) {
        let closed = invite.clone().revoked(now);
        tx.invites().put(&closed)?;
        let line = NewActivity::new(now, Actor::System, ActivityKind::InviteRevoked)
            .with("invite", closed.code.hint());
        note(tx, line)?;
    }
    Ok(())
}

/// Whether an invite's maker may still invite; an admin's invite outlasts the admin.
///
/// # Errors
/// The store's.
pub(crate) fn is_backed<M: Mode>(tx: &Tx<M>, invite: &Invite) -> Result<bool> {
    let Some(id) = &invite.inviter else { return Ok(true) };
    let maker = tx.users().get(id)?.as_ref().and_then(Inviter::prove);
    Ok(maker.is_some_and(|maker| maker.right().grants(invite)))
}

#[cfg(test)]
mod tests;
