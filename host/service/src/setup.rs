//! The first admin: whoever holds the setup code, once.
//!
//! Guarantees: of any number of parallel calls one makes an admin, and then the door is closed for ever;
//! only the code's hash is kept. Does not: take the first visitor for the admin.

use crate::activity::{about, note, seen_from};
use crate::caller::Caller;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::random::fingerprint;
use crate::{passwords, settings, throttles};
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::identity::{IdentityKey, LinkedIdentity};
use domain::ids::{UserId, decode, encode};
use domain::names::{EmailAddress, Username};
use domain::providers::Claims;
use domain::role::Role;
use domain::secret::Secret;
use domain::settings::{FirstProof, ProviderFromFile};
use domain::users::{Email, User, UserState};
use std::sync::atomic::Ordering;
use store::WriteTx;
use url::Url;

/// Where the code's hash is kept.
const CODE: &str = "setup-code";

/// Whether there is a first admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetupState {
    /// Waits for the code.
    Needed,
    /// There is; the door is closed for ever.
    Done,
}

/// What the wizard asks for.
#[derive(Debug, Clone)]
pub struct SetupDraft {
    /// From the log of the first start.
    pub code: Secret,
    /// The admin's name.
    pub username: Username,
    /// The admin's password.
    pub password: Secret,
    /// Where mail goes.
    pub email: Option<EmailAddress>,
    /// What links are made of; none: not said yet.
    pub public_url: Option<Url>,
}

/// Where it stands; costs nothing.
#[must_use]
pub fn state(service: &Service) -> SetupState {
    if service.inside().set_up.load(Ordering::Acquire) {
        SetupState::Done
    } else {
        SetupState::Needed
    }
}

/// The code to show on the console at this start, in groups; none once set-up is done. Each call makes a
/// new one, and the one before is good no more.
///
/// # Errors
/// Only our own.
pub async fn fresh_code(service: &Service) -> Result<Option<Secret>> {
    if state(service) == SetupState::Done {
        return Ok(None);
    }
    let code = encode(service.random().bytes());
    let hash = fingerprint(&code);
    service.write_aside(move |tx| Ok(tx.meta().put(CODE, &hash)?)).await?;
    Ok(Some(Secret::new(grouped(&code))))
}

/// Easier to type: hyphens and case do not matter when it is read.
pub(crate) fn grouped(code: &str) -> String {
    let characters: Vec<char> = code.chars().collect();
    let groups: Vec<String> = characters.chunks(5).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// Whether the code is right, for a wizard that asks for it first. Counts as an attempt.
///
/// # Errors
/// `Gone` for a wrong code and when set-up is done; `Throttled`.
pub async fn check_code(service: &Service, code: &Secret, caller: &Caller) -> Result<()> {
    if state(service) == SetupState::Done {
        return Err(ServiceError::Gone);
    }
    let bucket = [format!("setup/{}", caller.network())];
    let (counted, now) = (bucket.clone(), service.now());
    let hash = decode(code.expose()).map(|code| fingerprint(&code));
    let right = service
        .write_aside(move |tx| {
            throttles::count(tx, &counted, now)?;
            let right = hash.is_some() && hash == tx.meta().get(CODE)?;
            if right {
                throttles::forgive(tx, &counted, &[], now)?;
            }
            Ok(right)
        })
        .await?;
    if right { Ok(()) } else { Err(ServiceError::Gone) }
}

/// Makes the first admin. Of any number of parallel calls one succeeds.
///
/// # Errors
/// `Gone` for a wrong code and when set-up is done; `Throttled`; `Invalid` for a weak password or an
/// address nobody can reach; `Locked` where the address is set by the file; `Busy`.
pub async fn complete(service: &Service, draft: SetupDraft, caller: &Caller) -> Result<User> {
    check_code(service, &draft.code, caller).await?;
    let words = passwords::words(service, draft.username.as_str(), draft.email.as_ref());
    passwords::require(&passwords::rules_on(service, &[]), &draft.password, &words, "password")?;
    let page_set = match &draft.public_url {
        Some(url) => settings::public_url_from_setup(service, url)?,
        None => None,
    };
    let hash = service.hasher().hash(&draft.password).await?;
    let code = decode(draft.code.expose()).map(|code| fingerprint(&code));
    let user = first_admin(service, draft.username, draft.email);
    let line = seen_from(
        about(service, Actor::User(user.username.to_string()), ActivityKind::SetupDone, &user),
        caller,
    );
    let made = user.clone();
    let changing = service.inside().changing.lock().await;
    service
        .write(move |tx| {
            if code != tx.meta().get(CODE)? {
                return Err(ServiceError::Gone);
            }
            if let Some((key, value)) = page_set {
                tx.settings().put(key, &value)?;
            }
            put_first(tx, &made, &FirstWayIn::Password(hash), line)
        })
        .await?;
    service.inside().set_up.store(true, Ordering::Release);
    settings::refresh(service).await?;
    drop(changing);
    Ok(user)
}

fn first_admin(service: &Service, username: Username, email: Option<EmailAddress>) -> User {
    User {
        id: UserId::from_random(service.random().bytes()),
        username,
        email: email.map(|address| Email { address, confirmed: true }),
        role: Role::Admin,
        state: UserState::Active,
        expires_at: None,
        label: String::new(),
        accounts: Vec::new(),
        setup_admin: true,
        invite_hint: None,
        profile: None,
        created_at: service.now(),
        last_seen: None,
        invite_right: None,
    }
}

/// By what the first admin will sign in.
enum FirstWayIn {
    /// A local password's hash.
    Password(String),
    /// An identity.
    Identity(Box<LinkedIdentity>),
}

fn put_first(tx: &WriteTx, user: &User, way: &FirstWayIn, line: NewActivity) -> Result<()> {
    if !tx.users().admins()?.is_empty() {
        return Err(ServiceError::Gone);
    }
    tx.users().put(user)?;
    match way {
        FirstWayIn::Password(hash) => passwords::put_local(tx, &user.id, hash.clone())?,
        FirstWayIn::Identity(identity) => tx.identities().put(identity)?,
    }
    tx.meta().delete(CODE)?;
    note(tx, line)
}

/// Set-up from `[admin]`: once, where there is no admin yet.
///
/// # Errors
/// `Invalid` at `admin.password` for a weak password, at `admin.provider` for one that is not set up.
pub(crate) async fn unattended(service: &Service) -> Result<()> {
    let written = service.written();
    let Some(admin) = &written.settings.admin else { return Ok(()) };
    if state(service) == SetupState::Done {
        return Ok(());
    }
    let user = first_admin(service, admin.username.clone(), None);
    let way = match &admin.proof {
        FirstProof::Password(password) => {
            let words = passwords::words(service, admin.username.as_str(), None);
            let rules = passwords::rules_on(service, &[]);
            passwords::require(&rules, password, &words, "admin.password")?;
            FirstWayIn::Password(service.hasher().hash(password).await?)
        }
        FirstProof::Identity { provider, subject } => {
            let there = |from: &&ProviderFromFile| from.provider.id == *provider;
            let Some(from) = written.settings.providers.iter().find(there) else {
                return Err(ServiceError::field("admin.provider", "unknown"));
            };
            let key = IdentityKey {
                provider: provider.clone(),
                issuer: from.provider.issuer().to_owned(),
                subject: subject.clone(),
            };
            FirstWayIn::Identity(Box::new(unheard(key, &user)))
        }
    };
    let line = about(service, Actor::System, ActivityKind::SetupDone, &user);
    service.write(move |tx| put_first(tx, &user, &way, line)).await?;
    service.inside().set_up.store(true, Ordering::Release);
    Ok(())
}

/// An identity whose provider has said nothing yet.
fn unheard(key: IdentityKey, user: &User) -> LinkedIdentity {
    LinkedIdentity {
        key,
        user: user.id.clone(),
        display_name: user.username.as_str().to_owned(),
        login_name: None,
        email: None,
        email_verified: false,
        avatar_url: None,
        claims: Claims::new(),
        linked_at: user.created_at,
        used_at: None,
        known_at: user.created_at,
        outside_since: None,
        unknown_since: None,
    }
}

/// An admin made otherwise closes the door as well.
pub(crate) fn close(service: &Service) {
    service.inside().set_up.store(true, Ordering::Release);
}

#[cfg(test)]
mod tests;
