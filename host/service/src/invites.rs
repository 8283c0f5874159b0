//! Invites: the right to sign up, for admins and for whoever holds the link.
//!
//! Guarantees: whoever holds no open invite hears one answer, whatever the reason; guessing codes is
//! slowed down by network; only the first characters of a code go to the activity. Does not: make
//! accounts; [`crate::signups`] does.

use crate::activity::{actor, note};
use crate::backends;
use crate::caller::Caller;
use crate::clock::later;
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use crate::inviting;
use crate::outbox::{self, Owed};
use crate::paging::{self, Page};
use crate::passwords;
use crate::random::fingerprint;
use crate::throttles::{self, Ration};
use core::time::Duration;
use domain::activity::{ActivityKind, NewActivity};
use domain::ids::{BackendId, ForeignCode, InviteCode};
use domain::invites::drafts::{InviteDraft, InvitePatch, Known, Problem};
use domain::invites::{AskEmail, Invite, Standing};
use domain::names::EmailAddress;
use domain::outbox::{MessageKind, MessageState, To};
use domain::passwords::Rules;
use domain::role::Admin;
use domain::secret::Secret;
use domain::settings::Lifetime;
use domain::signups::Signup;
use jiff::Timestamp;
use store::{Mode, Tx};
use url::Url;

/// Which invites to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Beginnings of words in note, maker, address or the code's first characters.
    pub search: Option<String>,
    /// Only those that stand so.
    pub standing: Option<Standing>,
    /// [`Page::next`] of the page before.
    pub after: Option<String>,
    /// How many; see [`crate::paging::length`].
    pub limit: Option<usize>,
}

/// One page, newest first.
///
/// # Errors
/// `Invalid` for a cursor that is none of ours.
pub async fn list(service: &Service, _by: &Admin, query: &Query) -> Result<Page<Invite>> {
    let request = paging::request(query.after.as_deref(), query.limit, query.search.as_deref())?;
    let (standing, now) = (query.standing, service.now());
    let keep = move |invite: &Invite| standing.is_none_or(|wanted| invite.standing(now) == wanted);
    service.read(move |tx| Ok(paging::page(tx.invites().page(&request, keep)?))).await
}

/// How many there are, in whatever state.
///
/// # Errors
/// Only our own.
pub async fn count(service: &Service, _by: &Admin) -> Result<u64> {
    service.read(|tx| Ok(tx.invites().count()?)).await
}

/// One invite.
///
/// # Errors
/// `NotFound`.
pub async fn get(service: &Service, _by: &Admin, code: &InviteCode) -> Result<Invite> {
    let code = code.clone();
    service.read(move |tx| existing(tx, &code)).await
}

/// Who used an invite, in whatever state.
///
/// # Errors
/// Only our own.
pub async fn uses(service: &Service, _by: &Admin, code: &InviteCode) -> Result<Vec<Signup>> {
    let code = code.clone();
    service.read(move |tx| Ok(tx.signups().by_invite(&code)?)).await
}

/// The link to hand over; none until it is said what links are made of.
#[must_use]
pub fn link(service: &Service, code: &InviteCode) -> Option<Url> {
    let mut url = service.settings().settings.server.public_url.clone()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(["invite", code.as_str()]);
    Some(url)
}

fn existing<M: Mode>(tx: &Tx<M>, code: &InviteCode) -> Result<Invite> {
    tx.invites().get(code)?.ok_or(ServiceError::NotFound { what: "invite" })
}

fn line(service: &Service, by: &Admin, kind: ActivityKind, invite: &Invite) -> NewActivity {
    let line = NewActivity::new(service.now(), actor(by), kind).with("invite", invite.code.hint());
    if invite.label.is_empty() { line } else { line.with("label", invite.label.as_str()) }
}

/// What the rules complain about, field by field.
fn invalid(problems: Vec<Problem>) -> ServiceError {
    let fields = problems.into_iter().map(|problem| {
        let found = FieldProblem::new(problem.field, problem.code);
        problem.args.iter().fold(found, |found, (name, value)| found.with(name, value))
    });
    ServiceError::Invalid { fields: fields.collect() }
}

fn backends_here(service: &Service) -> Vec<BackendId> {
    service.inside().board.all().into_iter().map(|entry| entry.backend.id).collect()
}

/// The name of the profile a draft means, as it is written.
fn profile_meant<M: Mode>(tx: &Tx<M>, name: Option<&str>) -> Result<Option<String>> {
    let Some(name) = name else { return Ok(None) };
    Ok(tx.profiles().get(name)?.map(|profile| profile.name))
}

/// Makes an invite.
///
/// # Errors
/// `Invalid`, a problem a field.
pub async fn create(service: &Service, by: &Admin, draft: InviteDraft) -> Result<Invite> {
    let (here, by) = (service.clone(), by.clone());
    let code = InviteCode::from_random(service.random().bytes());
    let decide = move |tx: &store::WriteTx| {
        let (backends, now) = (backends_here(&here), here.now());
        let profile = profile_meant(tx, draft.profile.as_deref())?;
        let known = Known { backends: &backends, profile: profile.as_deref() };
        let invite = draft.decide(code, by.name(), known, now).map_err(invalid)?;
        tx.invites().put(&invite)?;
        note(tx, line(&here, &by, ActivityKind::InviteCreated, &invite))?;
        Ok(invite)
    };
    service.write_aside(decide).await
}

/// Changes an invite, for those who come later.
///
/// # Errors
/// `NotFound`; `Invalid`, a problem a field.
pub async fn patch(
    service: &Service,
    by: &Admin,
    code: &InviteCode,
    patch: InvitePatch,
) -> Result<Invite> {
    let (here, by, code) = (service.clone(), by.clone(), code.clone());
    let decide = move |tx: &store::WriteTx| {
        let (backends, now) = (backends_here(&here), here.now());
        let wanted = patch.profile.as_ref().and_then(Option::as_deref);
        let profile = profile_meant(tx, wanted)?;
        let known = Known { backends: &backends, profile: profile.as_deref() };
        let invite = patch.apply(existing(tx, &code)?, known, now).map_err(invalid)?;
        tx.invites().put(&invite)?;
        note(tx, line(&here, &by, ActivityKind::InviteChanged, &invite))?;
        Ok(invite)
    };
    service.write_aside(decide).await
}

/// Withdraws an invite: nobody else comes in by it, whoever is on the way does.
///
/// # Errors
/// `NotFound`.
pub async fn revoke(service: &Service, by: &Admin, code: &InviteCode) -> Result<Invite> {
    let (here, by, code) = (service.clone(), by.clone(), code.clone());
    let decide = move |tx: &store::WriteTx| {
        let before = existing(tx, &code)?;
        if before.revoked_at.is_some() {
            return Ok(before);
        }
        let invite = before.revoked(here.now());
        tx.invites().put(&invite)?;
        note(tx, line(&here, &by, ActivityKind::InviteRevoked, &invite))?;
        Ok(invite)
    };
    service.write_aside(decide).await
}

/// Deletes an invite; whoever is on the way comes in.
///
/// # Errors
/// `NotFound`.
pub async fn delete(service: &Service, by: &Admin, code: &InviteCode) -> Result<()> {
    let (here, by, code) = (service.clone(), by.clone(), code.clone());
    let decide = move |tx: &store::WriteTx| {
        let gone = tx.invites().delete(&code)?.ok_or(ServiceError::NotFound { what: "invite" })?;
        note(tx, line(&here, &by, ActivityKind::InviteDeleted, &gone))
    };
    service.write_aside(decide).await
}

/// Mails with invites that leave this house.
const FROM_HERE: Ration = Ration { times: 60, window: Duration::from_secs(3_600) };
/// Mails with one invite to one address.
const TO_ONE: Ration = Ration { times: 3, window: Duration::from_secs(3_600) };
/// Mails that an invite remembers it was sent by.
const REMEMBERED: usize = 20;

/// Sends an invite by mail. Who signs up by one for one person with exactly that address need not prove it
/// again.
///
/// # Errors
/// `NotFound`; `Gone` for an invite that admits nobody any more; `Forbidden` `no-public-url` where it is
/// not known what its link begins with; `Throttled`.
pub async fn send(
    service: &Service,
    by: &Admin,
    code: &InviteCode,
    address: &EmailAddress,
) -> Result<()> {
    let (here, by, code, address) = (service.clone(), by.clone(), code.clone(), address.clone());
    service.write_aside(move |tx| sent(tx, &here, &by, (&code, address))).await
}

fn sent(
    tx: &store::WriteTx,
    service: &Service,
    by: &Admin,
    (code, address): (&InviteCode, EmailAddress),
) -> Result<()> {
    let (mut invite, now) = (existing(tx, code)?, service.now());
    if invite.standing(now) != Standing::Open {
        return Err(ServiceError::Gone);
    }
    let url = link(service, code).ok_or(ServiceError::Forbidden { code: "no-public-url" })?;
    let pair = fingerprint(&format!("{} {}", code.as_str(), address.key()));
    let from_here = throttles::spend(tx, "invite-mail", FROM_HERE, now)?;
    let to_one = throttles::spend(tx, &format!("invite-mail/{pair}"), TO_ONE, now)?;
    if let Some(retry_after) = from_here.max(to_one) {
        return Err(ServiceError::Throttled { retry_after });
    }
    let mut owed = Owed::to_address(MessageKind::Invite, address)
        .with("invite", code.hint())
        .with("invite_label", invite.label.as_str())
        .link(Secret::new(url.to_string()));
    if let Some(uses) = invite.uses {
        owed = owed.with("invite_uses", uses.saturating_sub(invite.used).to_string());
    }
    if let Some(profile) = &invite.profile {
        owed = owed.with("profile", profile.as_str());
    }
    if let Some(end) = invite.expires_at {
        let worth = later(now, MessageKind::Invite.worth());
        owed = owed.with("expires_at", end.to_string()).expires(end.min(worth));
    }
    let message = outbox::owe(tx, service, owed)?;
    if invite.mailed.len() >= REMEMBERED {
        invite.mailed.remove(0);
    }
    invite.mailed.push(message);
    tx.invites().put(&invite)?;
    note(tx, line(service, by, ActivityKind::InviteSent, &invite))
}

/// Whether an invite for one person went to exactly this address, and arrived as far as anybody knows: who
/// came by it reads what is sent there.
pub(crate) fn was_mailed_to(
    tx: &store::WriteTx,
    code: &InviteCode,
    address: &EmailAddress,
) -> Result<bool> {
    let Some(invite) = tx.invites().get(code)? else { return Ok(false) };
    // One for several people is passed on, and whoever it comes to may type the address of another.
    if invite.uses != Some(1) {
        return Ok(false);
    }
    for id in &invite.mailed {
        let message = tx.outbox().get(id)?;
        let arrived = message.is_some_and(|message| {
            let is_sent = matches!(message.state, MessageState::Sent { .. });
            is_sent && message.to == To::Address(address.clone())
        });
        if arrived {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What an invite grants, for whoever holds it.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The code, in its one form.
    pub code: InviteCode,
    /// Who invites.
    pub invited_by: String,
    /// Where one gets an account.
    pub grants: Vec<Grant>,
    /// Until when it can be used.
    pub expires_at: Option<Timestamp>,
    /// How long accounts last.
    pub account_lifetime: Option<Lifetime>,
    /// Whether an address is asked for.
    pub ask_email: AskEmail,
    /// The address it is for, filled in.
    pub email: Option<String>,
    /// What a name may be on each backend that has a rule, in words.
    pub name_rules: Vec<String>,
    /// What a password must be.
    pub password: Rules,
    /// Whether an admin has to agree to who signs up.
    pub require_approval: bool,
}

/// One account an invite gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Where.
    pub backend: BackendId,
    /// What people call it.
    pub label: String,
    /// Where people reach it.
    pub public_url: Option<Url>,
}

/// What the code grants. Changes nothing.
///
/// # Errors
/// `Gone` for a code that admits nobody, whatever the reason; `Throttled`.
pub async fn offer(service: &Service, code: &str, caller: &Caller) -> Result<Offer> {
    let invite = open(service, code, caller).await?;
    let views: Vec<_> =
        invite.backends.iter().filter_map(|id| backends::get(service, id).ok()).collect();
    let rules = views.iter().filter_map(|view| view.offer.as_ref()?.names.as_ref());
    let mut name_rules: Vec<String> = rules.map(|rules| rules.words.clone()).collect();
    name_rules.dedup();
    let grants = views.iter().map(|view| Grant {
        backend: view.backend.id.clone(),
        label: view.label.clone(),
        public_url: view.backend.public_url.clone(),
    });
    let ask_email = asks_for(service, &invite, None);
    Ok(Offer {
        grants: grants.collect(),
        name_rules,
        password: passwords::rules_on(service, &invite.backends),
        invited_by: invite.created_by,
        expires_at: invite.expires_at,
        account_lifetime: invite.account_lifetime,
        ask_email,
        require_approval: invite.require_approval,
        email: invite.email.map(|address| address.as_str().to_owned()),
        code: invite.code,
    })
}

/// Whether the sign-up asks for an address: always where a backend makes no accounts itself but invites
/// people by mail, unless the person has signed in there.
pub(crate) fn asks_for(service: &Service, invite: &Invite, there: Option<&str>) -> AskEmail {
    let board = &service.inside().board;
    let invites_only = |id: &BackendId| {
        let offer = board.look(id, |entry| entry.offer.as_ref().map(|offer| offer.abilities));
        let is_known = there == Some(id.as_str());
        !is_known && offer.flatten().is_some_and(|can| can.invite && !can.create)
    };
    if invite.backends.iter().any(invites_only) { AskEmail::Required } else { invite.ask_email }
}

/// The invite that a code in a link means: our own, or the one it had in another program.
pub(crate) async fn meant(service: &Service, code: &str) -> Result<Option<Invite>> {
    let (own, foreign) = (InviteCode::parse(code), ForeignCode::parse(code.trim()).ok());
    let look = move |tx: &store::ReadTx| {
        let found = match own {
            Some(own) => tx.invites().get(&own)?,
            None => None,
        };
        match (found, foreign) {
            (None, Some(foreign)) => Ok(tx.invites().by_alias(&foreign)?),
            (found, _) => Ok(found),
        }
    };
    service.read(look).await
}

/// The invite of a code that admits somebody now. A code that there is not counts against the
/// network; one that is used up or over does not, so that a family may reload its page.
///
/// # Errors
/// `Gone`; `Throttled`.
pub(crate) async fn open(service: &Service, code: &str, caller: &Caller) -> Result<Invite> {
    let (network, now) = (caller.network(), service.now());
    service.inside().desk.may_look(&network, now)?;
    match meant(service, code).await? {
        Some(invite) if invite.standing(now) == Standing::Open => backed(service, invite).await,
        Some(_) => Err(ServiceError::Gone),
        None => {
            service.inside().desk.missed(&network, now);
            Err(ServiceError::Gone)
        }
    }
}

/// One whose maker may still invite.
async fn backed(service: &Service, invite: Invite) -> Result<Invite> {
    let (asked, is_a_users) = (invite.clone(), invite.inviter.is_some());
    if is_a_users && !service.read(move |tx| inviting::is_backed(tx, &asked)).await? {
        return Err(ServiceError::Gone);
    }
    Ok(invite)
}

#[cfg(test)]
mod tests;
