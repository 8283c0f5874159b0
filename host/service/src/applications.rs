//! People who ask to come in, within the transaction of their asking: what is kept for the admin's eyes,
//! and where they stand.
//!
//! Guarantees: somebody who asks again is the one who asked before, also after a refusal; who they look
//! like is a reason for the admin to look twice and never links anybody; admins hear of it once an hour
//! at most. Does not: answer; [`crate::approvals`] does.

use crate::activity::{note, seen_from};
use crate::caller::Caller;
use crate::compose::facts;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::links;
use crate::outbox::{self, Owed};
use crate::throttles::{self, Ration};
use core::time::Duration;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::approvals::{Answer, Application, AskedBy};
use domain::ids::UserId;
use domain::names::{EmailAddress, Username, name_key};
use domain::outbox::MessageKind;
use domain::providers::Claims;
use domain::users::{User, UserState};
use store::{Mode, Tx, WriteTx};

/// More than that do not wait, by whatever way they came: an admin could not look at them.
const MOST_WAITING: u64 = 1_000;
/// Mails to admins that somebody waits.
const TO_ADMINS: Ration = Ration { times: 1, window: Duration::from_secs(3_600) };

/// What an admin is shown beside the name.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// The address given or heard.
    pub email: Option<String>,
    /// Whether a provider vouches for it, or an invite went there.
    pub email_verified: bool,
    /// What the provider said.
    pub claims: Claims,
    /// A user whose name or address they came with, where that is known already; else it is looked for.
    pub resembles: Option<String>,
    /// Who asks.
    pub caller: &'a Caller,
}

/// Asks for an admin's word, in the transaction in which the user is made who waits for it, or the sign-up.
/// Who asked before stays as they were, answered or not.
///
/// # Errors
/// `Throttled` where too many wait already; the store's.
pub fn ask(
    tx: &WriteTx,
    service: &Service,
    (user, username): (&UserId, &Username),
    by: AskedBy,
    evidence: Evidence<'_>,
) -> Result<Application> {
    if let Some(before) = tx.applications().get(user)? {
        return Ok(before);
    }
    if tx.applications().count_waiting()? >= MOST_WAITING {
        return Err(ServiceError::Throttled { retry_after: TO_ADMINS.window });
    }
    let resembles = match evidence.resembles {
        Some(known) => Some(known),
        None => resembles(tx, user, username, evidence.email.as_deref())?,
    };
    let application = Application {
        user: user.clone(),
        username: username.as_str().to_owned(),
        by,
        email: evidence.email,
        email_verified: evidence.email_verified,
        claims: evidence.claims,
        resembles,
        seen_from: evidence.caller.seen_from(),
        asked_at: service.now(),
        answer: Answer::Waiting,
    };
    tx.applications().put(&application)?;
    let guest = match &application.by {
        AskedBy::Invite { code, .. } => code.hint(),
        AskedBy::Registration | AskedBy::Identity { .. } => String::new(),
    };
    let line = NewActivity::new(service.now(), Actor::Guest(guest), ActivityKind::ApprovalAsked)
        .with("user", application.username.as_str());
    note(tx, seen_from(line, evidence.caller))?;
    tell_admins(tx, service)?;
    Ok(application)
}

/// Somebody here whose address, name or name on a backend is theirs or nearly so.
fn resembles(
    tx: &WriteTx,
    user: &UserId,
    username: &Username,
    email: Option<&str>,
) -> Result<Option<String>> {
    let mut like: Vec<User> = Vec::new();
    if let Some(address) = email.and_then(|text| EmailAddress::parse(text).ok()) {
        like.extend(tx.users().by_email(&address.key())?);
    }
    like.extend(tx.users().by_login_name(username.as_str())?);
    let bare: String = username.as_str().chars().filter(|c| c.is_alphabetic()).collect();
    if let Some(other) = tx.users().by_name(&name_key(&bare))? {
        like.push(other);
    }
    let other = like.into_iter().find(|other| other.id != *user);
    Ok(other.map(|other| other.username.to_string()))
}

/// Owes every admin who can be reached a mail, without a word of what a stranger typed.
fn tell_admins(tx: &WriteTx, service: &Service) -> Result<()> {
    let mut admins = tx.users().admins()?;
    admins.retain(|admin| {
        admin.is_active_admin() && admin.email.as_ref().is_some_and(|email| email.confirmed)
    });
    if admins.is_empty() || !links::can_be_mailed(service) {
        return Ok(());
    }
    if throttles::spend(tx, "approval-asked", TO_ADMINS, service.now())?.is_some() {
        return Ok(());
    }
    let waiting = tx.applications().count_waiting()?.to_string();
    for admin in admins {
        let owed = Owed::to_user(MessageKind::ApprovalAsked, &admin.id);
        outbox::owe(tx, service, owed.with(facts::WAITING, waiting.as_str()))?;
    }
    Ok(())
}

/// What somebody hears who is not let in yet.
///
/// # Errors
/// The store's.
pub(crate) fn kept_waiting<M: Mode>(tx: &Tx<M>, user: &User) -> Result<ServiceError> {
    let refused = match tx.applications().get(&user.id)?.map(|application| application.answer) {
        Some(Answer::Refused { word, .. }) => Some(word),
        Some(Answer::Waiting | Answer::Approved { .. }) | None => None,
    };
    Ok(ServiceError::Pending { user: user.id.clone(), refused })
}

/// Somebody who waits is let in or shut out by another road than the queue: there is nothing to answer
/// any more. Part of every change of a pending user's state.
///
/// # Errors
/// The store's.
pub(crate) fn overtaken(tx: &WriteTx, service: &Service, by: &str, user: &User) -> Result<()> {
    let Some(application) = tx.applications().get(&user.id)? else { return Ok(()) };
    let (open, now) =
        (Application { answer: Answer::Waiting, ..application.clone() }, service.now());
    let answered = match user.state {
        UserState::Pending => return Ok(()),
        UserState::Active if matches!(application.answer, Answer::Approved { .. }) => return Ok(()),
        UserState::Active => {
            if user.email.as_ref().is_some_and(|email| email.confirmed) {
                outbox::owe(tx, service, Owed::to_user(MessageKind::Approved, &user.id))?;
            }
            open.approved(by, now)
        }
        UserState::Disabled | UserState::Expired if application.is_waiting() => {
            open.refused(by, String::new(), now)
        }
        UserState::Disabled | UserState::Expired => return Ok(()),
    };
    match answered {
        Ok(answered) => Ok(tx.applications().put(&answered)?),
        Err(_answered) => Ok(()),
    }
}
