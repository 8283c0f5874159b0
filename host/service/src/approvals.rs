//! The queue of people who ask to come in, and an admin's answers.
//!
//! Guarantees: each question is answered once, whoever of two admins is faster; what follows from an
//! answer (a user who may come in, a sign-up that goes on or is undone, a mail) is written with it in one
//! transaction; a refusal is remembered and its word reaches the person; mail goes only to an address
//! that is proved. Does not: let anybody in without an admin.

use crate::activity::{actor, note};
use crate::compose::facts;
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use crate::outbox::{self, Owed};
use crate::paging::{self, Page};
use crate::reach::Reach;
use crate::{identities, profiles, signups, tenure};
use domain::activity::{ActivityKind, NewActivity};
use domain::approvals::{Answer, Application, AskedBy};
use domain::ids::{SignupId, UserId};
use domain::names::EmailAddress;
use domain::outbox::MessageKind;
use domain::role::Admin;
use domain::secret::Secret;
use domain::users::{User, UserState};
use jiff::Timestamp;
use store::WriteTx;

pub use crate::applications::{Evidence, ask};

/// The longest word to somebody who is refused.
const WORD_CHARS: usize = 500;

const UNKNOWN: ServiceError = ServiceError::NotFound { what: "application" };

/// Which applications to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Also those that were answered, the newest first; else those that wait, the oldest first.
    pub answered_too: bool,
    /// [`Page::next`] of the page before.
    pub after: Option<String>,
    /// How many; see [`crate::paging::length`].
    pub limit: Option<usize>,
}

/// One page.
///
/// # Errors
/// `Invalid` for a cursor that is none of ours.
pub async fn list(service: &Service, _by: &Admin, query: &Query) -> Result<Page<Application>> {
    let request = paging::request(query.after.as_deref(), query.limit, None)?;
    let answered_too = query.answered_too;
    service
        .read(move |tx| {
            let all = tx.applications();
            let page = if answered_too { all.page(&request)? } else { all.waiting(&request)? };
            Ok(paging::page(page))
        })
        .await
}

/// How many wait.
///
/// # Errors
/// Only our own.
pub async fn count(service: &Service, _by: &Admin) -> Result<u64> {
    service.read(|tx| Ok(tx.applications().count_waiting()?)).await
}

/// One, by the user who asks or will be.
///
/// # Errors
/// `NotFound`.
pub async fn get(service: &Service, _by: &Admin, user: &UserId) -> Result<Application> {
    find(service, user).await?.ok_or(UNKNOWN)
}

/// The same where there may be none.
///
/// # Errors
/// Only our own.
pub async fn find(service: &Service, user: &UserId) -> Result<Option<Application>> {
    let user = user.clone();
    service.read(move |tx| Ok(tx.applications().get(&user)?)).await
}

/// What became of an approval.
#[derive(Debug, Clone)]
pub struct Approved {
    /// As it is now.
    pub application: Application,
    /// Whether the password typed is not kept any more: the person has to be sent a link.
    pub link_due: bool,
}

/// What was decided in the transaction, and is to be done after it.
struct Decided {
    application: Application,
    link_due: bool,
    goes_on: Option<SignupId>,
    user: Option<User>,
}

/// Lets somebody in. A sign-up goes on, with this profile instead of its invite's where one is named; of a
/// user it is noted, and applied to the accounts they have.
///
/// # Errors
/// `NotFound`; `Conflict` where it was answered before; `Invalid` for a profile there is not.
pub async fn approve(
    service: &Service,
    by: &Admin,
    user: &UserId,
    profile: Option<String>,
) -> Result<Approved> {
    approve_by(service, service, by, user, profile).await
}

pub(crate) async fn approve_by<R: Reach>(
    service: &Service,
    reach: &R,
    by: &Admin,
    user: &UserId,
    profile: Option<String>,
) -> Result<Approved> {
    let (here, who, id) = (service.clone(), by.clone(), user.clone());
    let decided = service
        .write(move |tx| {
            let (now, asked) = (here.now(), tx.applications().get(&id)?.ok_or(UNKNOWN)?);
            let application =
                asked.approved(who.name(), now).map_err(|_faster| ServiceError::Conflict)?;
            let profile = meant(tx, profile)?;
            tx.applications().put(&application)?;
            note(tx, line(&application, &who, ActivityKind::Approved, now))?;
            let signup = match &application.by {
                AskedBy::Invite { signup, .. } => signup.clone(),
                AskedBy::Registration | AskedBy::Identity { .. } => {
                    let user = Some(let_in(tx, &here, &id, profile)?);
                    return Ok(Decided { application, link_due: false, goes_on: None, user });
                }
            };
            let agreed = signups::agreed(tx, &here, &signup, profile)?;
            let goes_on = Some(signup);
            Ok(Decided { application, link_due: agreed.link_due, goes_on, user: None })
        })
        .await?;
    service.kill_points().pass("approved").await;
    if let Some(signup) = &decided.goes_on {
        signups::go_on(service, reach, signup);
    }
    if let Some(user) = decided.user {
        furnish(service, by, &user).await;
    }
    Ok(Approved { application: decided.application, link_due: decided.link_due })
}

/// The profile that was named, as it is written.
fn meant(tx: &WriteTx, name: Option<String>) -> Result<Option<String>> {
    let Some(name) = name.filter(|name| !name.trim().is_empty()) else { return Ok(None) };
    match tx.profiles().get(&name)? {
        Some(profile) => Ok(Some(profile.name)),
        None => {
            let fields = vec![FieldProblem::new("profile", "unknown").with("name", name)];
            Err(ServiceError::Invalid { fields })
        }
    }
}

fn let_in(tx: &WriteTx, service: &Service, id: &UserId, profile: Option<String>) -> Result<User> {
    let before = tx.users().get(id)?.filter(|user| user.state == UserState::Pending);
    let mut user = before.ok_or(ServiceError::Conflict)?.enabled(service.now())?;
    user.profile = profile.or(user.profile);
    tx.users().put(&user)?;
    tenure::reschedule_expiry(tx, &user, service.now())?;
    if user.email.as_ref().is_some_and(|email| email.confirmed) {
        outbox::owe(tx, service, Owed::to_user(MessageKind::Approved, &user.id))?;
    }
    Ok(user)
}

/// Applies the profile to accounts that are there already. They are in either way.
async fn furnish(service: &Service, by: &Admin, user: &User) {
    let Some(profile) = user.profile.as_deref().filter(|_| !user.accounts.is_empty()) else {
        return;
    };
    if let Err(error) = profiles::apply(service, by, profile, &user.id).await {
        tracing::warn!(user.id = %user.id, error = %error, "the profile of somebody who was let in could not be applied");
    }
}

/// Says no, with a word to the person that may be empty. A sign-up is undone and its use given back.
///
/// # Errors
/// `NotFound`; `Conflict` where it was answered before; `Invalid` for too long a word.
pub async fn refuse(
    service: &Service,
    by: &Admin,
    user: &UserId,
    word: &str,
) -> Result<Application> {
    let word = word.trim().to_owned();
    if word.chars().count() > WORD_CHARS {
        let fields = vec![FieldProblem::new("word", "too-long").with("max", WORD_CHARS)];
        return Err(ServiceError::Invalid { fields });
    }
    let (here, who, id) = (service.clone(), by.clone(), user.clone());
    let (refused, former) = service
        .write(move |tx| {
            let mut former = None;
            let (now, asked) = (here.now(), tx.applications().get(&id)?.ok_or(UNKNOWN)?);
            let application = asked
                .refused(who.name(), word.clone(), now)
                .map_err(|_faster| ServiceError::Conflict)?;
            tx.applications().put(&application)?;
            note(tx, line(&application, &who, ActivityKind::Refused, now))?;
            if let AskedBy::Invite { signup, .. } = &application.by {
                former = signups::declined(tx, &here, signup, word.clone())?;
            }
            tell(tx, &here, &application, word)?;
            Ok((application, former))
        })
        .await?;
    identities::let_go(service, former).await;
    signups::told(service);
    Ok(refused)
}

/// Owes the mail that says so, where it is proved whose address it is.
fn tell(tx: &WriteTx, service: &Service, application: &Application, word: String) -> Result<()> {
    let owed = match (&application.by, &application.email) {
        (AskedBy::Registration | AskedBy::Identity { .. }, _) => {
            let user = tx.users().get(&application.user)?;
            user.and_then(|user| user.email)
                .filter(|email| email.confirmed)
                .map(|_proved| Owed::to_user(MessageKind::Refused, &application.user))
        }
        (AskedBy::Invite { .. }, Some(email)) if application.email_verified => {
            let address = EmailAddress::parse(email).ok();
            address.map(|address| Owed::to_address(MessageKind::Refused, address))
        }
        (AskedBy::Invite { .. }, _) => None,
    };
    match owed {
        Some(owed) if word.is_empty() => outbox::owe(tx, service, owed).map(drop),
        Some(owed) => outbox::owe(tx, service, owed.with(facts::WORD, word)).map(drop),
        None => Ok(()),
    }
}

/// Takes a refusal back: it waits again.
///
/// # Errors
/// `NotFound`; `Conflict` where it was not refused, or came by an invite: that sign-up was undone, and the
/// person can use the invite again.
pub async fn reopen(service: &Service, by: &Admin, user: &UserId) -> Result<Application> {
    let (here, who, id) = (service.clone(), by.clone(), user.clone());
    service
        .write_aside(move |tx| {
            let asked = tx.applications().get(&id)?.ok_or(UNKNOWN)?;
            let application = asked.reopened().map_err(|_gone_on| ServiceError::Conflict)?;
            tx.applications().put(&application)?;
            note(tx, line(&application, &who, ActivityKind::ApprovalAsked, here.now()))?;
            Ok(application)
        })
        .await
}

/// Forgets an answered application of nobody who is here: of a sign-up that was undone. Whoever is a user is
/// deleted as one, and what they asked with them.
///
/// # Errors
/// `NotFound`; `Conflict` while it waits or there is a user.
pub async fn forget(service: &Service, _by: &Admin, user: &UserId) -> Result<()> {
    let id = user.clone();
    service
        .write_aside(move |tx| {
            let asked = tx.applications().get(&id)?.ok_or(UNKNOWN)?;
            if asked.is_waiting() || tx.users().get(&id)?.is_some() {
                return Err(ServiceError::Conflict);
            }
            tx.applications().delete(&id)?;
            Ok(())
        })
        .await
}

fn line(application: &Application, by: &Admin, kind: ActivityKind, now: Timestamp) -> NewActivity {
    NewActivity::new(now, actor(by), kind).with("user", application.username.as_str())
}

/// Where somebody stands who asked to come in, as they see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The name they have, or will have.
    pub username: String,
    /// What was said.
    pub said: Said,
    /// Since when they wait.
    pub asked_at: Option<Timestamp>,
    /// Their address, where it is yet to be confirmed.
    pub to_confirm: Option<EmailAddress>,
}

/// What was said to somebody who asked to come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Nothing yet.
    Nothing,
    /// They may come in.
    Yes,
    /// They may not; the admin's word may be empty.
    No(String),
}

/// What a browser shows to see where its person stands: made once they have proved who they are.
#[must_use]
pub fn note_for(service: &Service, user: &UserId) -> Secret {
    service.inside().devices.waiting_note(user, service.now())
}

/// Where whoever holds this note stands; none for a note that is none of ours or too old, and for somebody
/// who is gone or shut out.
///
/// # Errors
/// Only our own.
pub async fn standing(service: &Service, note: &Secret) -> Result<Option<Standing>> {
    let Some(id) = service.inside().devices.open_waiting_note(note, service.now()) else {
        return Ok(None);
    };
    service
        .read(move |tx| {
            let Some(user) = tx.users().get(&id)? else { return Ok(None) };
            let application = tx.applications().get(&id)?;
            let said = match (user.state, application.as_ref().map(|asked| &asked.answer)) {
                (UserState::Active, _) => Said::Yes,
                (UserState::Pending, Some(Answer::Refused { word, .. })) => Said::No(word.clone()),
                (UserState::Pending, _) => Said::Nothing,
                (UserState::Disabled | UserState::Expired, _) => return Ok(None),
            };
            let to_confirm = user.email.filter(|email| !email.confirmed).map(|email| email.address);
            Ok(Some(Standing {
                username: user.username.into(),
                said,
                asked_at: application.map(|asked| asked.asked_at),
                to_confirm,
            }))
        })
        .await
}

#[cfg(test)]
mod tests;
