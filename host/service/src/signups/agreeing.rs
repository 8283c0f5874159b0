//! A sign-up that waits for an admin: what follows from the answer, in the answer's own transaction.
//!
//! Guarantees: nothing is asked of a backend before somebody has agreed; a password that waited longer
//! than a day is gone, and accounts are then made with one that nobody knows until the person has chosen
//! theirs by a link. Does not: decide; [`crate::approvals`] does.

use super::admission::{LOOK_AFTER, PASSWORD};
use super::{proving, settling};
use crate::clock::later;
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use crate::identities::Former;
use domain::ids::SignupId;
use domain::schedule::Task;
use domain::secret::Secret;
use domain::signups::{Signup, SignupState};
use store::WriteTx;
use store::secrets::SecretOf;

/// One that waits.
fn waiting(tx: &WriteTx, id: &SignupId) -> Result<Signup> {
    let found = tx.signups().get(id)?;
    found.filter(|one| one.state == SignupState::WaitingApproval).ok_or(ServiceError::Conflict)
}

/// It goes on, with this profile instead of its own where one is given.
///
/// # Errors
/// `Conflict` where it waits no more; `Invalid` where its own profile is gone: another has to be chosen.
pub(crate) fn agreed(
    tx: &WriteTx,
    service: &Service,
    id: &SignupId,
    profile: Option<String>,
) -> Result<Signup> {
    let signup = waiting(tx, id)?;
    let profile = profile.or_else(|| signup.profile.clone());
    let documents = match &profile {
        None => Vec::new(),
        Some(name) => {
            let gone = || FieldProblem::new("profile", "unknown").with("name", name);
            let kept = tx.profiles().get(name)?;
            let kept = kept.ok_or_else(|| ServiceError::Invalid { fields: vec![gone()] })?;
            kept.documents.into_keys().collect()
        }
    };
    let typed = tx.secrets().get(SecretOf::Signup(id), PASSWORD)?;
    let has_password = typed.is_some() || signup.passwordless;
    let signup = signup.approved(profile, &documents, has_password, service.now());
    tx.signups().put(&signup)?;
    if signup.link_due {
        put_unknown(tx, service, &signup)?;
    }
    let look = later(service.now(), LOOK_AFTER);
    tx.schedule().put(&Task::AdvanceSignup(id.clone()), look)?;
    Ok(signup)
}

/// A password that nobody knows, in the place of the one that was dropped.
fn put_unknown(tx: &WriteTx, service: &Service, signup: &Signup) -> Result<()> {
    let password = Secret::new(domain::ids::encode(service.random().bytes()));
    tx.secrets().put(SecretOf::Signup(&signup.id), PASSWORD, &password)?;
    let task = Task::ForgetPassword(signup.id.clone());
    Ok(tx.schedule().put(&task, signup.deadline())?)
}

/// It is undone, and its use given back; what to sign out.
///
/// # Errors
/// `Conflict` where it waits no more.
pub(crate) fn declined(
    tx: &WriteTx,
    service: &Service,
    id: &SignupId,
    word: String,
) -> Result<Option<Former>> {
    let signup = waiting(tx, id)?.declined(word, service.now());
    let grant = proving::grant(tx, &signup)?;
    settling::close(tx, &signup)?;
    settling::give_back(tx, &signup, service.now())?;
    Ok(proving::former(&signup, grant))
}

/// The password typed has waited for a day: it goes. Where somebody has agreed meanwhile and a backend was
/// not there, one that nobody knows takes its place for as long as the backend is waited for. What a sign-in
/// elsewhere left goes with it, to be signed out.
///
/// # Errors
/// The store's.
pub(super) fn forget_typed(
    tx: &WriteTx,
    service: &Service,
    id: &SignupId,
) -> Result<Option<Former>> {
    let Some(mut signup) = tx.signups().get(id)? else {
        tx.secrets().delete_all(SecretOf::Signup(id))?;
        return Ok(None);
    };
    let former = proving::former(&signup, proving::grant(tx, &signup)?);
    tx.secrets().delete_all(SecretOf::Signup(id))?;
    let goes_on = signup.state == SignupState::Provisioning
        && signup.approved_at.is_some()
        && !signup.link_due
        && !signup.passwordless
        && service.now() < signup.deadline();
    if goes_on {
        signup.link_due = true;
        tx.signups().put(&signup)?;
        put_unknown(tx, service, &signup)?;
    }
    Ok(former)
}
