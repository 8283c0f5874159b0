//! What a flow was for, once it is known who came back.
//!
//! Guarantees: what was begun in a session is finished only while that session lives; an identity that
//! somebody else has is never linked. Does not: ask a provider.

use super::asking::Told;
use super::{ATTEMPT, GRANT};
use crate::backends;
use crate::caller::Caller;
use crate::doors::{self, Arrival};
use crate::entrance::{self, Entered};
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::identities;
use crate::random::fingerprint;
use crate::sessions::{self, Epoch, Keep, Proof};
use domain::flows::{Flow, FlowPurpose, FlowStage, Proved};
use domain::identity::Identity;
use domain::ids::{BackendId, InviteCode, SessionId, UserId};
use domain::providers::Provider;
use domain::role::Admin;
use domain::secret::Secret;
use domain::users::User;
use jiff::Timestamp;
use store::secrets::SecretOf;
use store::{Mode, Tx, WriteTx};

/// What came of a flow.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// They are in or are asked for a second factor, and go on there.
    Entered(Entered, Option<String>),
    /// They have one more identity.
    Linked,
    /// It is known who signs up by that invite.
    Proved(InviteCode),
    /// The backend has its owner's credential.
    Connected(BackendId),
}

pub(super) async fn arrive(
    service: &Service,
    provider: &Provider,
    (flow, epoch): (Flow, Epoch),
    told: Told,
    caller: &Caller,
) -> Result<Outcome> {
    let Told { identity, upstream } = told;
    let grant = identity.grant.clone();
    let done = finish(service, provider, (flow, epoch), (identity, upstream), caller).await;
    if done.is_err() {
        // What it was for did not come about: nothing will need the token.
        identities::let_go(service, identities::former(provider, grant)).await;
    }
    done
}

async fn finish(
    service: &Service,
    provider: &Provider,
    (flow, epoch): (Flow, Epoch),
    (identity, upstream): (Identity, Option<String>),
    caller: &Caller,
) -> Result<Outcome> {
    match flow.purpose.clone() {
        FlowPurpose::SignIn { next, remembered } => {
            let keep = if remembered { Keep::Remembered } else { Keep::UntilClosed };
            let arrival = Arrival { identity, upstream, keep, epoch };
            let entered = doors::admit(service, provider, arrival, caller).await?;
            Ok(Outcome::Entered(entered, next))
        }
        FlowPurpose::Again { user, session, next } => {
            let (who, keep) = same_person(service, provider, (user, session), &identity).await?;
            let epoch =
                doors::admit_again(service, provider, (&who, &identity), epoch, caller).await?;
            let proof = Proof { upstream, ..Proof::single(who, provider.id.clone(), epoch) };
            let entered = entrance::enter(service, proof, keep, caller).await?;
            // Only a proof was wanted; the token of an earlier sign-in is kept.
            identities::let_go(service, identities::former(provider, identity.grant)).await;
            Ok(Outcome::Entered(entered, next))
        }
        FlowPurpose::Link { user, session } => {
            link(service, provider, (user, session), identity).await
        }
        FlowPurpose::SignUp { invite } => prove(service, provider, (flow, invite), identity).await,
        FlowPurpose::Connect { backend, user, session } => {
            let grant = identity.grant.ok_or_else(|| nothing_left(&backend))?;
            let now = service.now();
            let who = service.read(move |tx| alive(tx, &user, &session, now)).await?;
            let by = Admin::prove(&who).ok_or(ServiceError::Unauthorized)?;
            backends::connect(service, &by, &backend, grant).await?;
            Ok(Outcome::Connected(backend))
        }
    }
}

fn nothing_left(backend: &BackendId) -> domain::fault::Fault {
    let words = format!("a sign-in at {backend} left nothing to connect it with");
    domain::fault::Fault::new(domain::fault::FaultKind::Unsupported, "host.no-grant", words)
}

/// Who began it, where the session it was begun in still lives.
fn alive<M: Mode>(tx: &Tx<M>, user: &UserId, session: &SessionId, now: Timestamp) -> Result<User> {
    let session = tx.sessions().get(session)?;
    let lives = session.filter(|one| one.user == *user && !one.is_over(now));
    lives.ok_or(ServiceError::Unauthorized)?;
    let user = tx.users().get(user)?.ok_or(ServiceError::Unauthorized)?;
    sessions::admit(&user, now)?;
    Ok(user)
}

/// Who proved anew that they are who is signed in, and what will hold the session that takes its place.
async fn same_person(
    service: &Service,
    provider: &Provider,
    (user, session): (UserId, SessionId),
    identity: &Identity,
) -> Result<(UserId, Keep)> {
    let (provider, subject) = (provider.clone(), identity.subject.clone());
    let now = service.now();
    service
        .read(move |tx| {
            let user = alive(tx, &user, &session, now)?;
            let owner = identities::owner(tx, &provider, &subject)?;
            if owner.is_none_or(|owner| owner.id != user.id) {
                return Err(ServiceError::Forbidden { code: "somebody-else" });
            }
            let remembered = tx.sessions().get(&session)?.is_some_and(|one| one.remembered);
            Ok((user.id, if remembered { Keep::Remembered } else { Keep::UntilClosed }))
        })
        .await
}

async fn link(
    service: &Service,
    provider: &Provider,
    (user, session): (UserId, SessionId),
    identity: Identity,
) -> Result<Outcome> {
    let (here, provider) = (service.clone(), provider.clone());
    let linked = service.write(move |tx| {
        let user = alive(tx, &user, &session, here.now())?;
        identities::link(&here, tx, &provider, &user, &identity)
    });
    let former = linked.await?;
    identities::let_go(service, former).await;
    Ok(Outcome::Linked)
}

/// Keeps who it is beside the flow until the invite's form is sent.
async fn prove(
    service: &Service,
    provider: &Provider,
    (flow, invite): (Flow, InviteCode),
    identity: Identity,
) -> Result<Outcome> {
    let provider = provider.clone();
    let done = Outcome::Proved(invite);
    service
        .write_aside(move |tx| {
            if identities::owner(tx, &provider, &identity.subject)?.is_some() {
                return Err(ServiceError::Taken { field: "identity" });
            }
            let proved = Proved {
                key: identities::key(&provider, &identity.subject),
                display_name: identity.display_name,
                login_name: identity.login_name,
                email: identity.email,
                email_verified: identity.email_verified,
                avatar_url: identity.avatar_url,
                claims: identity.claims,
            };
            let flow = Flow { stage: FlowStage::Proved(Box::new(proved)), ..flow };
            tx.flows().put(&flow)?;
            tx.secrets().delete(SecretOf::Flow(&flow.browser), ATTEMPT)?;
            if let Some(grant) = &identity.grant {
                tx.secrets().put(SecretOf::Flow(&flow.browser), GRANT, grant)?;
            }
            Ok(())
        })
        .await?;
    Ok(done)
}

/// For a browser that comes back once more with the form still to be sent.
pub(super) fn proved_already(flow: &Flow) -> Result<Outcome> {
    match &flow.purpose {
        FlowPurpose::SignUp { invite } => Ok(Outcome::Proved(invite.clone())),
        FlowPurpose::SignIn { .. }
        | FlowPurpose::Link { .. }
        | FlowPurpose::Again { .. }
        | FlowPurpose::Connect { .. } => Err(ServiceError::Gone),
    }
}

/// Who a browser has proved to be, to sign up by that invite.
///
/// # Errors
/// Only our own.
pub async fn proved(
    service: &Service,
    browser: &Secret,
    invite: &InviteCode,
) -> Result<Option<Proved>> {
    let (hash, invite, now) = (fingerprint(browser.expose()), invite.clone(), service.now());
    service
        .read(move |tx| Ok(of_invite(tx, &hash, &invite, now)?.map(|(_flow, proved)| proved)))
        .await
}

fn of_invite<M: Mode>(
    tx: &Tx<M>,
    hash: &str,
    invite: &InviteCode,
    now: Timestamp,
) -> Result<Option<(Flow, Proved)>> {
    let found = tx.flows().get(hash)?.filter(|flow| !flow.is_over(now));
    let Some(flow) = found else { return Ok(None) };
    let is_its =
        matches!(&flow.purpose, FlowPurpose::SignUp { invite: theirs } if theirs == invite);
    Ok(match flow.stage.clone() {
        FlowStage::Proved(proved) if is_its => Some((flow, *proved)),
        FlowStage::Proved(_) | FlowStage::Away | FlowStage::Choosing { .. } => None,
    })
}

/// The same in the transaction of the sign-up, which consumes the flow: with what later calls need.
///
/// # Errors
/// The store's.
pub fn take_proved(
    tx: &WriteTx,
    browser: &Secret,
    invite: &InviteCode,
    now: Timestamp,
) -> Result<Option<(Proved, Option<Secret>)>> {
    let hash = fingerprint(browser.expose());
    let Some((flow, proved)) = of_invite(tx, &hash, invite, now)? else { return Ok(None) };
    let grant = tx.secrets().get(SecretOf::Flow(&flow.browser), GRANT)?;
    super::consume(tx, &flow)?;
    Ok(Some((proved, grant)))
}
