//! Signing in: checking a password, counting failures, making a token and its session.
//!
//! Source: `UserManager.AuthenticateUser`, `SessionManager.AuthenticateNewSessionInternal`, and
//! recordings, among them 10.11.11's habit of writing an account back as it was before the
//! sign-in.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::authorization::{Caller, credentials, is_local, remote};
use super::hash::{fresh_id, md5_id};
use super::options::Release;
use super::policy::AUTHENTICATION_PROVIDER;
use super::state::{Activity, Client, NOBODY, Session, State, Token, User, inside_schedule};
use super::wire::{Answer, Call, Outcome, date, text_of};

/// What a password is checked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A new session: dates are written.
    Session,
    /// Somebody's own current password, asked before a change.
    Confirmation,
}

/// `POST /Users/AuthenticateByName`
pub(super) fn authenticate_by_name(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let body = call.object("request")?;
    let client = credentials(state, call).into_client().ok_or(Answer::thrown(400))?;
    let name = text_of(&body, "Username").unwrap_or("").to_owned();
    let password = text_of(&body, "Pw").unwrap_or("").to_owned();
    if name.trim().is_empty() {
        return Err(Answer::thrown(400));
    }
    let checked = check_password(state, call, &name, &password, Purpose::Session);
    let before = checked.inspect_err(|answer| {
        if answer.status == 401 {
            let address = remote(state, call).to_string();
            let line = format!("Failed login attempt from {name}");
            let line = Activity::new("AuthenticationFailed", line, NOBODY, call.now);
            state.activities.push(line.from(Some(&address)));
        }
    })?;
    refuse_at_session_limit(state, &before.id)?;
    if !may_use_device(&before, &client) {
        return Err(Answer::thrown(403));
    }
    let start = Start {
        user: before.id.clone(),
        client,
        remote: Some(remote(state, call).to_string()),
        now: call.now,
        arrival: call.arrival,
    };
    let failures = before.count("InvalidLoginAttemptCount");
    let stale = (state.release == Release::V10_11).then_some(before);
    let mut result = start_session(state, start, stale);
    // 12 sets the count back and tells the old one once more.
    let shown = result.pointer_mut("/User/Policy/InvalidLoginAttemptCount");
    if let (Some(shown), Release::V12) = (shown, state.release) {
        *shown = failures.into();
    }
    Ok(Answer::json(result))
}

/// Checks a password; gives the account as it was before.
pub(super) fn check_password(
    state: &mut State,
    call: &Call,
    name: &str,
    password: &str,
    purpose: Purpose,
) -> Result<User, Answer> {
    // An unknown name is answered at once, a known one after the hash.
    let before = state.user_named(name).cloned().ok_or(Answer::thrown(401))?;
    let provider = before.policy.get("AuthenticationProviderId").and_then(Value::as_str);
    let right = provider == Some(AUTHENTICATION_PROVIDER) && before.accepts(password);
    let delay = if right { Duration::ZERO } else { state.options.wrong_password_delay };
    let away = !before.is("EnableRemoteAccess") && !is_local(remote(state, call));
    if before.is("IsDisabled") || away || !inside_schedule(&before, call.now) {
        return Err(Answer::thrown(403).after(delay));
    }
    if right {
        note_success(state, &before.id, purpose, call.now);
        Ok(before)
    } else {
        note_failure(state, &before, call.now);
        Err(Answer::thrown(401).after(delay))
    }
}

fn note_success(state: &mut State, id: &str, purpose: Purpose, now: Timestamp) {
    if let Some(user) = state.user_mut(id) {
        user.policy.insert("InvalidLoginAttemptCount".into(), 0.into());
        if purpose == Purpose::Session {
            user.last_login = Some(now);
            user.last_activity = Some(now);
        }
    }
}

fn note_failure(state: &mut State, before: &User, now: Timestamp) {
    let release = state.release;
    let limit = before.count("LoginAttemptsBeforeLockout");
    let mut failures = before.count("InvalidLoginAttemptCount") + 1;
    // 10.11.11 changes an account that is never saved: the count stays, the lock does not.
    let locks = limit >= 1 && failures >= limit && release != Release::V10_11;
    if locks && release >= Release::V12 {
        failures += 1;
    }
    if let Some(user) = state.user_mut(&before.id) {
        user.policy.insert("InvalidLoginAttemptCount".into(), failures.into());
        if locks {
            user.policy.insert("IsDisabled".into(), true.into());
        }
    }
    if locks {
        let line = format!("User {} has been locked out", before.name);
        state.activities.push(Activity::new("UserLockedOut", line, &before.id, now));
    }
}

/// At `MaxActiveSessions` nobody gets in, not even on a device that holds a session.
pub(super) fn refuse_at_session_limit(state: &State, id: &str) -> Result<(), Answer> {
    let limit = state.user(id).map_or(0, |user| user.count("MaxActiveSessions"));
    let active = state.sessions.iter().filter(|session| session.user == id).count();
    let full = limit >= 1 && i64::try_from(active).unwrap_or(i64::MAX) >= limit;
    if full { Err(Answer::thrown(403)) } else { Ok(()) }
}

fn may_use_device(user: &User, client: &Client) -> bool {
    let listed = user.policy.get("EnabledDevices").and_then(Value::as_array);
    user.is("EnableAllDevices")
        || user.is("IsAdministrator")
        || listed.is_some_and(|list| list.iter().any(|id| id.as_str() == Some(&client.device_id)))
}

/// What a new session needs.
pub(super) struct Start {
    pub(super) user: String,
    pub(super) client: Client,
    pub(super) remote: Option<String>,
    pub(super) now: Timestamp,
    pub(super) arrival: u64,
}

/// Makes a token and its session and gives the `AuthenticationResult`. `stale` is the account as
/// 10.11 still sees it.
pub(super) fn start_session(state: &mut State, start: Start, stale: Option<User>) -> Value {
    let Start { user, client, remote, now, arrival } = start;
    // The old token of this user on this device ends, unless it came while we were at it.
    let old = |t: &Token| {
        t.user == user && t.client.device_id == client.device_id && t.made_at <= arrival
    };
    state.end_tokens(old, now);
    let secret = fresh_id();
    state.tokens.push(Token {
        secret: secret.clone(),
        user: user.clone(),
        client: client.clone(),
        last_activity: now,
        made_at: state.next_arrival,
    });
    let session = Session {
        id: md5_id(&format!("{}{}", client.name, client.device_id)),
        user: user.clone(),
        client,
        last_activity: now,
        remote,
    };
    note_session(state, &session);
    let seen = note_activity(state, &user, stale, now);
    json!({
        "User": seen.map_or(Value::Null, |seen| state.user_dto(&seen)),
        "SessionInfo": state.session_dto(&session),
        "AccessToken": secret,
        "ServerId": state.server_id,
    })
}

fn note_session(state: &mut State, session: &Session) {
    let Session { user, client, last_activity: now, remote, .. } = session;
    let name = state.user(user).map_or_else(String::new, |user| user.name.clone());
    let known = state.sessions.iter().any(|known| known.id == session.id);
    state.sessions.retain(|known| known.id != session.id);
    if !known {
        let line = format!("{name} is online from {}", client.device);
        let line = Activity::new("SessionStarted", line, user, *now);
        state.activities.push(line.from(remote.as_deref()));
    }
    let line = format!("{name} successfully authenticated");
    let line = Activity::new("AuthenticationSucceeded", line, user, *now);
    state.activities.push(line.from(remote.as_deref()));
    state.sessions.push(session.clone());
}

/// `LogSessionActivity`: the activity date moves when it is older than a minute. On 10.11 that
/// writes the whole stale account back, so that the sign-in's own dates are lost.
fn note_activity(state: &mut State, id: &str, stale: Option<User>, now: Timestamp) -> Option<User> {
    let user = state.user_mut(id)?;
    let writes_back = stale.is_some();
    let mut seen = stale.unwrap_or_else(|| user.clone());
    let minute = SignedDuration::from_mins(1);
    if seen.last_activity.is_none_or(|last| now.duration_since(last) > minute) {
        seen.last_activity = Some(now);
        if writes_back {
            *user = seen.clone();
        } else {
            user.last_activity = Some(now);
        }
    }
    Some(seen)
}

/// `POST /Sessions/Logout`: ends the calling token; nothing for a key.
pub(super) fn logout(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    if let Some(secret) = caller.token() {
        state.end_tokens(|token| token.secret == secret, call.now);
    }
    Ok(Answer::empty(204))
}

/// `GET /Sessions`: everybody's for an administrator, one's own for others.
pub(super) fn sessions(state: &mut State, _: &Call, caller: &Caller) -> Outcome {
    let mut seen: Vec<&Session> = state
        .sessions
        .iter()
        .filter(|session| caller.is_admin() || caller.user() == Some(&session.user))
        .collect();
    seen.sort_by_key(|session| std::cmp::Reverse(session.last_activity));
    Ok(Answer::json(seen.iter().map(|session| state.session_dto(session)).collect()))
}

/// `GET /Devices`
pub(super) fn devices(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let mut tokens: Vec<&Token> = state.tokens.iter().collect();
    tokens.sort_by_key(|token| std::cmp::Reverse(token.last_activity));
    let items: Vec<Value> = tokens
        .iter()
        .map(|token| {
            let client = &token.client;
            json!({
                "Name": client.device,
                "Id": client.device_id,
                "LastUserName": state.user(&token.user).map_or("", |user| user.name.as_str()),
                "AppName": client.name,
                "AppVersion": client.version,
                "LastUserId": token.user,
                "DateLastActivity": date(token.last_activity),
                "Capabilities": state.capabilities(),
            })
        })
        .collect();
    Ok(Answer::json(page(&items)))
}

/// `DELETE /Devices?id=`: ends a device for all its users. 12 takes several ids.
pub(super) fn end_device(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let given: Vec<&str> = call
        .query
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case("id"))
        .flat_map(|(_, value)| value.split(','))
        .collect();
    let ended =
        state.end_tokens(|token| given.contains(&token.client.device_id.as_str()), call.now);
    match (ended, state.release) {
        (0, Release::V12) => Err(Answer::bad_request()),
        (0, _) => Err(Answer::not_found()),
        _ => Ok(Answer::empty(204)),
    }
}

/// A `QueryResult` of everything.
pub(super) fn page(items: &[Value]) -> Value {
    let total = items.len();
    json!({ "Items": items, "TotalRecordCount": total, "StartIndex": 0 })
}
