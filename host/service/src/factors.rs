//! Second factors: setting one up, giving it after the first proof, taking it away.
//!
//! Guarantees: a factor counts once it was proved; a code is good once, also across a restart and for
//! two at once; whoever changes what they have proved lately who they are; the secret of an app is
//! sealed. Does not: know passkeys ([`crate::passkeys`] does).

use crate::activity::{about, actor, note, oneself, seen_from};
use crate::caller::Caller;
use crate::error::{Result, ServiceError};
use crate::holding::{self, APP, By};
use crate::house::Service;
use crate::sessions::{Begun, Current};
use crate::tenure::{load, may_become};
use crate::{passkeys, recovery, tickets, totp};
use domain::activity::{ActivityKind, Actor};
use domain::factors::{Factors, Totp};
use domain::ids::UserId;
use domain::names::name_key;
use domain::role::{Admin, Role};
use domain::secret::Secret;
use domain::sessions::{SessionKind, Strength};
use domain::users::User;
use jiff::Timestamp;
use store::WriteTx;
use store::secrets::SecretOf;
use views::frame::PRODUCT;

/// The sealed secret of an app that counts.
const SECRET: &str = "totp";
/// That of one whose first code has not been shown yet.
const NEW_SECRET: &str = "totp-new";

pub use crate::tickets::of as ticket_holder;

/// What somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Since when an authenticator app.
    pub totp: Option<Timestamp>,
    /// Passkeys, the oldest first.
    pub passkeys: Vec<PasskeyView>,
    /// Recovery codes that are left.
    pub recovery_left: usize,
    /// Whether they are asked for after a password.
    pub are_asked: bool,
    /// Whether an admin's work waits for one.
    pub is_required: bool,
}

/// A passkey, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyView {
    /// Its id.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

/// An app that is being set up; to be shown once.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// To be typed where the picture cannot be read.
    pub secret: Secret,
    /// What the picture shows.
    pub uri: Secret,
}

/// A second proof.
#[derive(Debug, Clone)]
pub enum Second {
    /// An app's code, or a recovery code, as typed.
    Code(Secret),
    /// What a passkey signed, at that place.
    Passkey(Box<(passkeys::Site, serde_json::Value)>),
}

/// What somebody has.
///
/// # Errors
/// Only our own.
pub async fn of(service: &Service, user: &User) -> Result<Overview> {
    let id = user.id.clone();
    let factors = service.read(move |tx| Ok(tx.factors().of(&id)?)).await?;
    let are_asked = factors.are_asked();
    let view = |one: domain::factors::Passkey| PasskeyView {
        id: one.id,
        name: one.name,
        created_at: one.created_at,
        used_at: one.used_at,
    };
    Ok(Overview {
        totp: factors.totp.and_then(|totp| totp.confirmed_at),
        passkeys: factors.passkeys.into_iter().map(view).collect(),
        recovery_left: factors.recovery.len(),
        are_asked,
        is_required: user.role == Role::Admin
            && service.settings().settings.signin.admins_need_second_factor,
    })
}

/// Whether this session proves enough for an admin's work. An API token does: it was made in one.
#[must_use]
pub fn are_enough(service: &Service, current: &Current) -> bool {
    let required = service.settings().settings.signin.admins_need_second_factor;
    let is_token = matches!(current.session.kind, SessionKind::ApiToken { .. });
    !required || is_token || current.session.strength == Strength::Double
}

/// What a code came to; an error would take back what was counted.
enum Judged {
    Right(Box<tickets::Taken>),
    Wrong,
}

/// Exchanges a ticket and a second proof for a session.
///
/// # Errors
/// `Gone` for a ticket that is used, over or none; `Unauthorized` for a wrong proof, which counts;
/// `Throttled`; `Forbidden` where the user may not come in any more.
pub async fn second(
    service: &Service,
    ticket: &Secret,
    second: Second,
    caller: &Caller,
) -> Result<Begun> {
    let code = match second {
        Second::Code(code) => code,
        Second::Passkey(shown) => {
            return passkeys::second(service, ticket, *shown, caller).await;
        }
    };
    let hash = tickets::hash(ticket)?;
    let (here, from) = (service.clone(), caller.clone());
    let judged = service.write_aside(move |tx| {
        let now = here.now();
        let (ticket, user) = tickets::open(tx, &hash, now)?;
        if app_code(code.expose()).is_some() {
            tickets::ration(&here, tx, &user.id, &from)?;
        }
        let mut factors = tx.factors().of(&user.id)?;
        let Some(used) = used(tx, &mut factors, code.expose(), now)? else {
            tickets::wrong(&here, tx, (ticket, &user), &from)?;
            return Ok(Judged::Wrong);
        };
        tx.factors().put(&factors)?;
        if used == Used::RecoveryCode {
            let line = about(&here, oneself(&user), ActivityKind::RecoveryCodeUsed, &user);
            note(tx, seen_from(line, &from))?;
        }
        Ok(Judged::Right(Box::new(tickets::take(tx, ticket)?)))
    });
    match judged.await? {
        Judged::Right(taken) => tickets::redeem(service, *taken, caller).await,
        Judged::Wrong => Err(ServiceError::Unauthorized),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Used {
    AppCode,
    RecoveryCode,
}

/// The code as an app shows it, where that is what was typed.
fn app_code(typed: &str) -> Option<String> {
    let bare: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let is_one = bare.len() == totp::DIGITS && bare.bytes().all(|b| b.is_ascii_digit());
    is_one.then_some(bare)
}

/// Uses up what was typed, if it is good.
fn used(tx: &WriteTx, factors: &mut Factors, typed: &str, now: Timestamp) -> Result<Option<Used>> {
    let Some(bare) = app_code(typed) else {
        return Ok(recovery::take(factors, typed).then_some(Used::RecoveryCode));
    };
    let Some(app) = factors.totp.as_mut().filter(|app| app.confirmed_at.is_some()) else {
        return Ok(None);
    };
    let Some(secret) = tx.secrets().get(SecretOf::User(&factors.user), SECRET)? else {
        return Ok(None);
    };
    let step = totp::accepted(&secret, &bare, now, app.last_step);
    Ok(step.map(|step| {
        app.last_step = step;
        Used::AppCode
    }))
}

/// Begins to set up an authenticator app. One that is there counts until the new one's first code.
///
/// # Errors
/// `Forbidden` `stale-sign-in`; `Unauthorized` for a session that has ended.
pub async fn begin_totp(service: &Service, current: &Current) -> Result<Enrolment> {
    let secret = totp::fresh_secret(service.random());
    let (here, current, kept) = (service.clone(), current.clone(), secret.clone());
    let user = service
        .write_aside(move |tx| {
            let user = holding::still_fresh(&here, tx, &current)?;
            tx.secrets().put(SecretOf::User(&user.id), NEW_SECRET, &kept)?;
            Ok(user)
        })
        .await?;
    Ok(enrolment(service, &user, secret))
}

/// The app that is being set up, to be shown again after a wrong first code.
///
/// # Errors
/// `NotFound` where none is; `Forbidden` `stale-sign-in`.
pub async fn pending_totp(service: &Service, current: &Current) -> Result<Enrolment> {
    let (here, current) = (service.clone(), current.clone());
    let (user, secret) = service
        .write_aside(move |tx| {
            let user = holding::still_fresh(&here, tx, &current)?;
            let secret = tx.secrets().get(SecretOf::User(&user.id), NEW_SECRET)?;
            Ok((user, secret.ok_or(ServiceError::NotFound { what: "app" })?))
        })
        .await?;
    Ok(enrolment(service, &user, secret))
}

fn enrolment(service: &Service, user: &User, secret: Secret) -> Enrolment {
    let settings = service.settings();
    let public = settings.settings.server.public_url.as_ref();
    let account = match public.and_then(|url| url.host_str()) {
        Some(host) => format!("{}@{host}", user.username.as_str()),
        None => user.username.as_str().to_owned(),
    };
    let uri = totp::uri(&secret, PRODUCT, &account);
    Enrolment { secret, uri }
}

/// The app's first code: from now on it counts. Recovery codes where there were none.
///
/// # Errors
/// `Invalid` at `code`; `NotFound` where none is being set up; `Throttled`; `Forbidden`
/// `stale-sign-in`.
pub async fn confirm_totp(
    service: &Service,
    current: &Current,
    code: &Secret,
    caller: &Caller,
) -> Result<Vec<Secret>> {
    let (here, current, caller) = (service.clone(), current.clone(), caller.clone());
    let code: String = code.expose().chars().filter(|c| !c.is_whitespace()).collect();
    let done = service.write(move |tx| {
        let (user, now) = (holding::still_fresh(&here, tx, &current)?, here.now());
        tickets::ration(&here, tx, &user.id, &caller)?;
        let owner = SecretOf::User(&user.id);
        let secret = tx.secrets().get(owner, NEW_SECRET)?;
        let secret = secret.ok_or(ServiceError::NotFound { what: "app" })?;
        let Some(last_step) = totp::accepted(&secret, &code, now, 0) else {
            tickets::refused(&here, tx, &user, &caller)?;
            return Ok(None);
        };
        tx.secrets().put(owner, SECRET, &secret)?;
        tx.secrets().delete(owner, NEW_SECRET)?;
        let mut factors = tx.factors().of(&user.id)?;
        factors.totp = Some(Totp { confirmed_at: Some(now), last_step });
        holding::added(&here, tx, (factors, &current), (APP, &caller)).map(Some)
    });
    done.await?.ok_or_else(|| ServiceError::field("code", "wrong"))
}

/// Takes the app away.
///
/// # Errors
/// `NotFound` where there is none; `Forbidden` `stale-sign-in`.
pub async fn remove_totp(service: &Service, current: &Current) -> Result<()> {
    let (here, current) = (service.clone(), current.clone());
    service
        .write(move |tx| {
            let user = holding::still_fresh(&here, tx, &current)?;
            let mut factors = tx.factors().of(&user.id)?;
            factors.totp.take().ok_or(ServiceError::NotFound { what: "app" })?;
            forget_secrets(tx, &user.id)?;
            let by = By { actor: oneself(&user), session: Some(&current.session.id) };
            holding::removed(&here, tx, (factors, &user), (APP, by))
        })
        .await
}

fn forget_secrets(tx: &WriteTx, user: &UserId) -> Result<()> {
    tx.secrets().delete(SecretOf::User(user), SECRET)?;
    tx.secrets().delete(SecretOf::User(user), NEW_SECRET)?;
    Ok(())
}

/// New recovery codes; the old ones end.
///
/// # Errors
/// `NotFound` for who has no second factor; `Forbidden` `stale-sign-in`.
pub async fn renew_recovery(
    service: &Service,
    current: &Current,
    caller: &Caller,
) -> Result<Vec<Secret>> {
    let (here, current, caller) = (service.clone(), current.clone(), caller.clone());
    service
        .write_aside(move |tx| {
            let user = holding::still_fresh(&here, tx, &current)?;
            let mut factors = tx.factors().of(&user.id)?;
            if !factors.are_asked() {
                return Err(ServiceError::NotFound { what: "second factor" });
            }
            let codes = recovery::renew(&mut factors, here.random());
            tx.factors().put(&factors)?;
            let line = about(&here, oneself(&user), ActivityKind::FactorAdded, &user)
                .with("factor", "recovery codes");
            note(tx, seen_from(line, &caller))?;
            Ok(codes)
        })
        .await
}

/// Takes all second factors of a person away, who has lost them: they come in by one proof again.
///
/// # Errors
/// `NotFound`; `Forbidden` `setup-admin` or `other-admin`.
pub async fn remove_all(service: &Service, by: &Admin, id: &UserId) -> Result<()> {
    let (here, id, who, by) = (service.clone(), id.clone(), by.id().cloned(), actor(by));
    service
        .write(move |tx| {
            let user = load(tx, &id)?;
            may_become(tx, who.as_ref(), &user)?;
            cleared(&here, tx, &user, by)
        })
        .await
}

/// The same at the console, by name.
///
/// # Errors
/// `NotFound`.
pub async fn clear_at_the_console(service: &Service, name: &str) -> Result<()> {
    let (here, key) = (service.clone(), name_key(name));
    service
        .write(move |tx| {
            let unknown = ServiceError::NotFound { what: "user" };
            let user = tx.users().by_name(&key)?.ok_or(unknown)?;
            cleared(&here, tx, &user, Actor::Console)
        })
        .await
}

fn cleared(service: &Service, tx: &WriteTx, user: &User, by: Actor) -> Result<()> {
    let had = tx.factors().of(&user.id)?;
    forget_secrets(tx, &user.id)?;
    if !had.are_asked() {
        return Ok(());
    }
    let by = By { actor: by, session: None };
    let none = Factors::none(user.id.clone());
    holding::removed(service, tx, (none, user), ("every second factor", by))
}

#[cfg(test)]
mod tests;
