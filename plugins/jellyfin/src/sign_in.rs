//! Signing in with a password, and out again.
//!
//! A check costs a session on the server, so it is ended at once, and its device id is the same for
//! every check of one person: what a lost sign-out leaves is replaced by the next check. A wrong
//! password counts towards the server's own lock-out; the last attempt is never spent by us.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::Response;
use latchkey_sdk::identity::{Attribute, Person, Value as Told, Verdict};
use latchkey_sdk::lent::{Lent, Level};
use serde_json::{Value, json};

use crate::server::{self, As, get, post};
use crate::users::{self, User, attribute, plain_id};

/// What the server answered to a name and a password.
pub enum Entry {
    /// In, with a token that must be ended.
    In(Session),
    /// Wrong name or password (401).
    Wrong,
    /// 403: disabled, from a wrong network, outside the schedule, or too many sessions. True where
    /// Jellyfin itself said so and no proxy in front.
    Refused(bool),
}

/// A session that a sign-in made.
pub struct Session {
    /// The token; ends with [`leave`].
    pub token: String,
    /// Who is signed in.
    pub user: User,
}

/// The device id of our checks of one account.
#[must_use]
pub fn verify_device(id: &str) -> String {
    format!("latchkey-verify-{id}")
}

/// Signs in. A lost answer is never `outcome-unknown`: trying again does no harm.
///
/// # Errors
/// Anything but a clear yes or no.
pub fn enter(lent: &impl Lent, name: &str, password: &str, device: &str) -> Result<Entry, Fault> {
    let body = json!({ "Username": name, "Pw": password });
    let request = post("/Users/AuthenticateByName", &As::Device(device)).json(&body).harmless();
    let response = request.send(lent)?;
    match response.status() {
        200 => session(&response).map(Entry::In),
        401 => Ok(Entry::Wrong),
        403 => Ok(Entry::Refused(response.text().trim() == "Error processing request.")),
        _ => Err(server::refusal(&response)),
    }
}

fn session(response: &Response) -> Result<Session, Fault> {
    let mut body = server::value(response)?;
    let token = body.get("AccessToken").and_then(Value::as_str).map(str::to_owned);
    let user = body.get_mut("User").map(Value::take).map(User::of);
    match (token, user) {
        (Some(token), Some(user)) => Ok(Session { token, user: user? }),
        _ => Err(Fault::new(
            Kind::BadReply,
            "jellyfin.sign-in",
            "the sign-in came without a token or a user",
        )),
    }
}

/// Ends a session. A failure is logged only: the next check replaces what it left.
pub fn leave(lent: &impl Lent, token: &str) {
    let ended = server::write(lent, post("/Sessions/Logout", &As::Token(token)));
    if let Err(fault) = ended {
        let why = [("fault", fault.code)];
        lent.log(
            Level::Warn,
            "a session made for a check could not be ended; the next check ends it",
            &why,
        );
    }
}

/// What the server says to a name and a password, see `check-password` in the contract.
///
/// # Errors
/// Whatever keeps the server from saying yes or no.
pub fn check(
    lent: &impl Lent,
    name: &str,
    subject: Option<&str>,
    password: &str,
) -> Result<Verdict, Fault> {
    if password.is_empty() {
        return Ok(Verdict::Rejected(None));
    }
    match look_up(lent, name, subject)? {
        Some(user) => check_known(lent, &user, password),
        None => Ok(Verdict::Rejected(None)),
    }
}

fn look_up(lent: &impl Lent, name: &str, subject: Option<&str>) -> Result<Option<User>, Fault> {
    let Some(id) = subject else { return users::named(lent, name) };
    match users::one(lent, id) {
        Err(fault) if fault.kind == Kind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// The same for an account that was just read.
///
/// # Errors
/// Whatever keeps the server from saying yes or no.
pub fn check_known(lent: &impl Lent, user: &User, password: &str) -> Result<Verdict, Fault> {
    if user.flag("IsDisabled") {
        return Ok(Verdict::Disabled);
    }
    let left = user.attempts_left();
    if left.is_some_and(|left| left <= 1) {
        return Ok(Verdict::Withheld);
    }
    match enter(lent, &user.name, password, &verify_device(&user.id))? {
        Entry::In(session) => {
            leave(lent, &session.token);
            if session.user.id == user.id {
                Ok(Verdict::Accepted(person(&session.user)))
            } else {
                Err(Fault::new(
                    Kind::BadReply,
                    "jellyfin.other-user",
                    "the server signed somebody else in",
                ))
            }
        }
        Entry::Wrong => Ok(Verdict::Rejected(left.map(|left| left - 1))),
        Entry::Refused(by_jellyfin) => refused(lent, user, by_jellyfin),
    }
}

/// Which of its reasons a 403 has. The server asks for the password first and counts sessions last,
/// so with every other reason gone, a 403 at the limit means "right password"; a 403 that a proxy
/// made proves nothing.
///
/// # Errors
/// Whatever keeps the account or its sessions from being read.
pub fn refused(lent: &impl Lent, user: &User, by_jellyfin: bool) -> Result<Verdict, Fault> {
    let now = users::one(lent, &user.id)?;
    if now.flag("IsDisabled") {
        return Ok(Verdict::Disabled);
    }
    let limit = now.number("MaxActiveSessions").unwrap_or(0);
    let nothing_else = by_jellyfin
        && now.flag("EnableRemoteAccess")
        && now.flag("EnableAllDevices")
        && now.count("AccessSchedules") == 0;
    if limit > 0 && nothing_else && sessions(lent, &now.id)? >= limit {
        return Ok(Verdict::TooManySessions);
    }
    Ok(Verdict::NotHere)
}

fn sessions(lent: &impl Lent, id: &str) -> Result<i64, Fault> {
    let list = server::read(lent, get("/Sessions", &As::Key))?;
    let Value::Array(list) = list else {
        return Err(Fault::new(Kind::BadReply, "jellyfin.sessions", "the session list is no list"));
    };
    let of_user = |session: &&Value| {
        session.get("UserId").and_then(Value::as_str).and_then(plain_id).as_deref() == Some(id)
    };
    Ok(i64::try_from(list.iter().filter(of_user).count()).unwrap_or(i64::MAX))
}

fn person(user: &User) -> Person {
    let attributes: Vec<Attribute> =
        vec![attribute("admin", Told::Flag(user.flag("IsAdministrator")))];
    Person {
        subject: user.id.clone(),
        display_name: user.name.clone(),
        login_name: Some(user.name.clone()),
        email: None,
        email_verified: false,
        avatar_url: None,
        attributes,
        grant: None,
    }
}
