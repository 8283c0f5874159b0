//! Who comes, where they signed in at a backend that invites people before they sent the form.
//!
//! Guarantees: only the browser that signed in there can sign up as who it proved to be, once, and by the
//! invite it was for; whoever is here already is told so; what their sign-in left is sealed beside the
//! sign-up and signed out where nothing comes of it. Does not: ask a provider ([`crate::flows`] does).

use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::identities::{self, Former};
use crate::invites::{self, Offer};
use crate::{backends, flows, passwords, providers};
use domain::flows::Proved;
use domain::ids::{BackendId, ProviderId};
use domain::invites::{AskEmail, Invite};
use domain::providers::ProviderKind;
use domain::secret::Secret;
use domain::signups::Signup;
use store::secrets::SecretOf;
use store::{Mode, Tx, WriteTx};

/// What a sign-in left for later calls.
const GRANT: &str = "grant";

/// Where somebody may sign in before they sign up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstWay {
    /// The way there.
    pub provider: ProviderId,
    /// The backend that invites.
    pub backend: BackendId,
    /// What people call it.
    pub label: String,
}

/// What is known of whoever holds an invite, and what is still to be asked.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Where they may sign in first.
    pub ways: Vec<FirstWay>,
    /// Who they are there, once they have.
    pub proved: Option<Proved>,
    /// Whether an address is asked for.
    pub ask_email: AskEmail,
    /// Whether a password is: not where nothing takes one and they come in by who they are.
    pub needs_password: bool,
}

/// How far whoever holds this browser's flow is with an invite.
///
/// # Errors
/// `Gone` where the invite went meanwhile.
pub async fn standing(service: &Service, offer: &Offer, flow: Option<&Secret>) -> Result<Standing> {
    let code = offer.code.clone();
    let invite = service.read(move |tx| Ok(tx.invites().get(&code)?)).await?;
    of_invite(service, &invite.ok_or(ServiceError::Gone)?, flow).await
}

pub(super) async fn of_invite(
    service: &Service,
    invite: &Invite,
    flow: Option<&Secret>,
) -> Result<Standing> {
    let ways = ways(service, invite).await?;
    let proved = match flow {
        Some(flow) => flows::proved(service, flow, &invite.code).await?,
        None => None,
    };
    let theirs = |who: &Proved| ways.iter().any(|way| is_at(who, &way.backend));
    let proved = proved.filter(theirs);
    let there = proved.as_ref().map(|who| who.key.issuer.as_str());
    let takes_one = invite.backends.iter().any(|id| takes_passwords(service, id));
    Ok(Standing {
        ask_email: invites::asks_for(service, invite, there),
        needs_password: proved.is_none() || takes_one,
        ways,
        proved,
    })
}

async fn ways(service: &Service, invite: &Invite) -> Result<Vec<FirstWay>> {
    let mut found = Vec::new();
    for provider in providers::all(service).await? {
        let ProviderKind::Backend { backend } = provider.kind else { continue };
        if !invite.backends.contains(&backend) || !invites_people(service, &backend) {
            continue;
        }
        let known = service.inside().board.look(&backend, |entry| entry.ways).flatten();
        let ways = match known {
            Some(ways) => Some(ways),
            None => providers::ways(service, &backend).await,
        };
        if ways.is_some_and(|ways| ways.redirect) {
            let view = backends::get(service, &backend).ok();
            let label = view.map_or_else(|| backend.to_string(), |view| view.label);
            found.push(FirstWay { provider: provider.id, backend, label });
        }
    }
    Ok(found)
}

/// Whether a backend asks people to come instead of making accounts for them.
pub(super) fn invites_people(service: &Service, backend: &BackendId) -> bool {
    let board = &service.inside().board;
    let can = board.look(backend, |entry| entry.offer.as_ref().map(|offer| offer.abilities));
    can.flatten().is_some_and(|can| can.invite)
}

/// One that has not said what it can do is taken to need one.
fn takes_passwords(service: &Service, backend: &BackendId) -> bool {
    let board = &service.inside().board;
    let can = board.look(backend, |entry| entry.offer.as_ref().map(|offer| offer.abilities));
    can.flatten().is_none_or(|can| can.create) || passwords::checks_passwords(service, backend)
}

fn is_at(who: &Proved, backend: &BackendId) -> bool {
    who.key.issuer == backend.as_str()
}

/// Who a sign-up's person proved to be at a backend.
pub(super) fn at<'a>(signup: &'a Signup, backend: &BackendId) -> Option<&'a Proved> {
    signup.proved.iter().find(|who| is_at(who, backend))
}

/// By what a backend knows whoever signs up.
pub(super) fn called(service: &Service, signup: &Signup, backend: &BackendId) -> String {
    let own = || signup.username.as_str().to_owned();
    if let Some(who) = at(signup, backend) {
        return who.login_name.clone().or_else(|| who.email.clone()).unwrap_or_else(own);
    }
    let address = signup.email.as_ref().filter(|_| invites_people(service, backend));
    address.map_or_else(own, |address| address.as_str().to_owned())
}

/// Takes who the browser proved to be, in the transaction of the reservation. The flow is consumed.
///
/// # Errors
/// `Gone` where the flow was used meanwhile; `Taken` at `identity` where somebody has it.
pub(super) fn take(
    tx: &WriteTx,
    service: &Service,
    invite: &Invite,
    flow: Option<&Secret>,
) -> Result<Option<(Proved, Option<Secret>)>> {
    let Some(flow) = flow else { return Ok(None) };
    let taken = flows::take_proved(tx, flow, &invite.code, service.now())?;
    let (who, grant) = taken.ok_or(ServiceError::Gone)?;
    if somebody_has(tx, &who)? {
        return Err(ServiceError::Taken { field: "identity" });
    }
    Ok(Some((who, grant)))
}

fn somebody_has<M: Mode>(tx: &Tx<M>, who: &Proved) -> Result<bool> {
    if tx.identities().get(&who.key)?.is_some() {
        return Ok(true);
    }
    let Ok(backend) = BackendId::parse(&who.key.issuer) else { return Ok(false) };
    Ok(tx.users().by_account(&backend, &who.key.subject)?.is_some())
}

/// Seals what the sign-in left, until the sign-up is settled.
pub(super) fn seal(tx: &WriteTx, signup: &Signup, grant: Option<&Secret>) -> Result<()> {
    match grant {
        Some(grant) => Ok(tx.secrets().put(SecretOf::Signup(&signup.id), GRANT, grant)?),
        None => Ok(()),
    }
}

/// What the sign-in of a sign-up's person left.
pub(super) fn grant<M: Mode>(tx: &Tx<M>, signup: &Signup) -> Result<Option<Secret>> {
    Ok(tx.secrets().get(SecretOf::Signup(&signup.id), GRANT)?)
}

/// What to sign out, as nothing comes of it or it has waited too long.
pub(super) fn former(signup: &Signup, grant: Option<Secret>) -> Option<Former> {
    let backend = BackendId::parse(&signup.proved.first()?.key.issuer).ok()?;
    Some(Former { backend, grant: grant? })
}

/// Links who the person proved to be to the user they have become. Somebody who has it meanwhile keeps it.
pub(super) fn link(
    service: &Service,
    tx: &WriteTx,
    signup: &Signup,
    grant: Option<Secret>,
) -> Result<Option<Former>> {
    let Some(who) = signup.proved.first() else { return Ok(None) };
    let backend = BackendId::parse(&who.key.issuer).map_err(ServiceError::internal)?;
    let owner = tx.users().by_account(&backend, &who.key.subject)?;
    let is_theirs = owner.is_none_or(|owner| owner.id == signup.user);
    if is_theirs {
        match identities::keep_proved(service, tx, &signup.user, who, grant.clone()) {
            Err(ServiceError::Taken { .. }) => {}
            other => return other,
        }
    }
    tracing::warn!(signup.id = %signup.id, "somebody else has become who this sign-up was proved by");
    Ok(former(signup, grant))
}
