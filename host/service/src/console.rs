//! Rescue: what whoever holds the data folder can have done.
//!
//! Guarantees: a new password or a link ends what came before it. Does not: ask who is there; the control
//! socket and the folder's mode have decided that.

use crate::activity::{about, note};
use crate::clock::later;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::random::{Purpose, fingerprint};
use crate::tenure::end_all;
use crate::{passwords, sessions, setup, users};
use core::time::Duration;
use domain::activity::{ActivityKind, Actor};
use domain::ids::{UserId, encode};
use domain::links::{Link, LinkPurpose};
use domain::names::{Username, name_key};
use domain::role::Role;
use domain::secret::Secret;
use domain::users::{User, UserState};
use jiff::Timestamp;
use store::WriteTx;

/// How long a link is good.
const LINK_LIFE: Duration = Duration::from_secs(15 * 60);

/// A link that signs in once.
#[derive(Debug, Clone)]
pub struct LoginLink {
    /// `/login/token/...` below the public address.
    pub path: Secret,
    /// The whole address, where the public one is known.
    pub url: Option<Secret>,
    /// Good until then.
    pub expires_at: Timestamp,
}

/// Makes an admin of that name: a new user, or an existing one promoted, enabled and without an end. Answers
/// the password where one was made: for a new user where none was given.
///
/// # Errors
/// `Invalid` for a weak password.
pub async fn create_admin(
    service: &Service,
    name: Username,
    password: Option<Secret>,
) -> Result<(User, Option<Secret>)> {
    let known = users::named(service, name.as_str()).await?;
    let made = (password.is_none() && known.is_none()).then(|| fresh_password(service));
    let hash = match password.as_ref().or(made.as_ref()) {
        Some(password) => Some(hashed(service, name.as_str(), password).await?),
        None => None,
    };
    let here = service.clone();
    let user = service
        .write(move |tx| {
            let known = tx.users().by_name(&name.key())?;
            let promoted = known.as_ref().is_some_and(|user| user.role != Role::Admin);
            let mut user = known.unwrap_or_else(|| new_admin(&here, name));
            user.role = Role::Admin;
            user.state = UserState::Active;
            user.expires_at = None;
            user.setup_admin |= tx.users().admins()?.is_empty();
            tx.users().put(&user)?;
            users::reschedule_expiry(tx, &user, here.now())?;
            if promoted {
                end_all(tx, &user, None)?;
            }
            if let Some(hash) = hash {
                new_local(tx, &user, hash)?;
            }
            note(tx, about(&here, Actor::Console, ActivityKind::AdminCreated, &user))?;
            Ok(user)
        })
        .await?;
    setup::close(service);
    Ok((user, made))
}

fn new_admin(service: &Service, username: Username) -> User {
    User {
        id: UserId::from_random(service.random().bytes()),
        username,
        email: None,
        role: Role::Admin,
        state: UserState::Active,
        expires_at: None,
        label: String::new(),
        accounts: Vec::new(),
        setup_admin: false,
        invite_hint: None,
        profile: None,
        created_at: service.now(),
        last_seen: None,
        invite_right: None,
    }
}

/// 100 bits in groups: to be typed once and changed.
fn fresh_password(service: &Service) -> Secret {
    let code: String = encode(service.random().bytes()).chars().rev().take(20).collect();
    Secret::new(setup::grouped(&code))
}

async fn hashed(service: &Service, name: &str, password: &Secret) -> Result<String> {
    let words = passwords::words(service, name, None);
    passwords::require(&passwords::rules_on(service, &[]), password, &words, "password")?;
    service.hasher().hash(password).await
}

fn new_local(tx: &WriteTx, user: &User, hash: String) -> Result<()> {
    passwords::put_local(tx, &user.id, hash)?;
    end_all(tx, user, None).map(drop)
}

/// Gives a user a new local password, ends their sessions and lifts their throttle; answers the password.
///
/// # Errors
/// `NotFound`; `Invalid` for a weak password.
pub async fn reset_password(
    service: &Service,
    name: &str,
    password: Option<Secret>,
) -> Result<Secret> {
    const UNKNOWN: ServiceError = ServiceError::NotFound { what: "user" };
    let user = users::named(service, name).await?.ok_or(UNKNOWN)?;
    let password = password.unwrap_or_else(|| fresh_password(service));
    let hash = hashed(service, user.username.as_str(), &password).await?;
    let here = service.clone();
    service
        .write(move |tx| {
            let user = tx.users().get(&user.id)?.ok_or(UNKNOWN)?;
            new_local(tx, &user, hash)?;
            tx.throttles().delete(&domain::throttle::keys::account(user.username.as_str()))?;
            note(tx, about(&here, Actor::Console, ActivityKind::PasswordReset, &user))
        })
        .await?;
    Ok(password)
}

/// Makes a link that signs a user in, once, for 15 minutes.
///
/// # Errors
/// `NotFound`; `Forbidden` for a user who may not come in.
pub async fn login_link(service: &Service, name: &str) -> Result<LoginLink> {
    let token = service.random().token(Purpose::LoginLink);
    let (hash, key) = (fingerprint(token.expose()), name_key(name));
    let now = service.now();
    let expires_at = later(now, LINK_LIFE);
    let here = service.clone();
    service
        .write_aside(move |tx| {
            let unknown = ServiceError::NotFound { what: "user" };
            let user = tx.users().by_name(&key)?.ok_or(unknown)?;
            sessions::admit(&user, now)?;
            let purpose = LinkPurpose::SignIn;
            let user_id = user.id.clone();
            tx.links().put(&Link {
                token: hash,
                purpose,
                user: user_id,
                created_at: now,
                expires_at,
                address: None,
                cause: None,
                many: false,
                used_at: None,
                by: None,
            })?;
            note(tx, about(&here, Actor::Console, ActivityKind::LoginLinkMade, &user))
        })
        .await?;
    let path = format!("/login/token/{}", token.expose());
    let public = service.settings().settings.server.public_url.clone();
    let url =
        public.map(|url| Secret::new(format!("{}{path}", url.as_str().trim_end_matches('/'))));
    Ok(LoginLink { path: Secret::new(path), url, expires_at })
}

#[cfg(test)]
mod tests;
