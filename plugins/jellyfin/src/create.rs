//! Making an account, once, whatever the network does meanwhile.
//!
//! The server answers an invalid and a taken name with the same opaque 400, a race with 400 or 500,
//! and may have made the account when the answer is lost: so names are checked before, and after any
//! answer but 200 the list is read before anything is said.

use latchkey_sdk::accounts::{Account, Attempt, NewAccount};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::identity::Verdict;
use latchkey_sdk::lent::Lent;
use serde_json::json;

use crate::server::{self, As, post};
use crate::users::{self, User};
use crate::{names, passwords, sign_in, version};

/// Makes the account and nothing more.
///
/// # Errors
/// `invalid-input` and `conflict` before anything was written; `outcome-unknown` where the account
/// may come into being after we looked.
pub fn create(lent: &impl Lent, account: &NewAccount, attempt: Attempt) -> Result<Account, Fault> {
    let name = account.login_name.as_str();
    let password = account.password.as_deref().filter(|password| !password.is_empty());
    let Some(password) = password else {
        // Jellyfin would make an account that anybody can enter without one.
        let detail = "an account without a password could be entered by anybody";
        return Err(
            Fault::new(Kind::InvalidInput, "jellyfin.password-needed", detail).about("password")
        );
    };
    let there = known(lent, name).map_err(|fault| match attempt {
        Attempt::First => nothing_sent(fault),
        Attempt::AfterDoubt => fault,
    })?;
    match (there, attempt) {
        (None, _) => make(lent, name, password),
        (Some(_), Attempt::First) => Err(taken()),
        (Some(found), Attempt::AfterDoubt) => finish(lent, &found, password),
    }
}

fn known(lent: &impl Lent, name: &str) -> Result<Option<User>, Fault> {
    names::check(name, version::supported(lent)?)?;
    users::named(lent, name)
}

/// Nonsense in answer to a read leaves no doubt about what was made: nothing. In doubt, the next attempt
/// would take somebody's unused account without a password for a half-made one of ours.
fn nothing_sent(fault: Fault) -> Fault {
    match fault.kind {
        Kind::BadReply | Kind::OutcomeUnknown | Kind::Internal => {
            Fault { kind: Kind::Unavailable, ..fault }
        }
        _ => fault,
    }
}

fn make(lent: &impl Lent, name: &str, password: &str) -> Result<Account, Fault> {
    let body = json!({ "Name": name, "Password": password });
    let answer = post("/Users/New", &As::Key).json(&body).send(lent);
    match answer {
        Ok(response) if response.status() == 200 => {
            let user = server::value(&response).and_then(User::of);
            user.map(|user| user.account())
                .or_else(|fault| look(lent, name, password, unknown(fault)))
        }
        Ok(response) => match response.status() {
            400 => refused(lent, name),
            500 | 502 | 504 => {
                look(lent, name, password, server::unclear(server::refusal(&response)))
            }
            _ => Err(server::refusal(&response)),
        },
        Err(fault) if fault.kind == Kind::OutcomeUnknown => look(lent, name, password, fault),
        Err(fault) => Err(fault),
    }
}

/// A 400 made nothing: either somebody took the name after we looked, or the server has a rule that
/// we do not know.
fn refused(lent: &impl Lent, name: &str) -> Result<Account, Fault> {
    match users::named(lent, name)? {
        Some(_) => Err(taken()),
        None => Err(names::invalid("Jellyfin does not take this login name")),
    }
}

/// After an answer that says nothing: what is there now decides.
fn look(lent: &impl Lent, name: &str, password: &str, doubt: Fault) -> Result<Account, Fault> {
    match users::named(lent, name) {
        // Whatever keeps us from seeing whose it is, it may be ours.
        Ok(Some(found)) => finish(lent, &found, password).map_err(|fault| match fault.kind {
            Kind::Conflict => fault,
            _ => unknown(fault),
        }),
        // It may still be on its way.
        Ok(None) | Err(_) => Err(doubt),
    }
}

/// An account of this name is there after a doubt: ours if our password opens it; ours and half-made
/// if nobody was ever in it and no password opens it; somebody else's otherwise. Where no password may
/// be tried it stays in doubt: an account of ours must not be left behind as somebody else's.
fn finish(lent: &impl Lent, found: &User, password: &str) -> Result<Account, Fault> {
    match sign_in::check_known(lent, found, password)? {
        Verdict::Accepted(_) | Verdict::TooManySessions => {
            users::one(lent, &found.id).map(|user| user.account())
        }
        Verdict::Rejected(_) if found.never_active() && blank_opens(lent, found)? => {
            passwords::set(lent, &found.id, password)?;
            users::one(lent, &found.id).map(|user| user.account())
        }
        Verdict::Rejected(_) | Verdict::Withheld | Verdict::Disabled => Err(taken()),
        Verdict::NotHere => {
            let detail = "an account of this name is there, and nobody may sign in from here to see whose it is";
            Err(Fault::new(Kind::OutcomeUnknown, "jellyfin.whose", detail))
        }
    }
}

fn blank_opens(lent: &impl Lent, user: &User) -> Result<bool, Fault> {
    if user.attempts_left().is_some_and(|left| left <= 2) {
        return Ok(false);
    }
    match sign_in::enter(lent, &user.name, "", &sign_in::verify_device(&user.id))? {
        sign_in::Entry::In(session) => {
            sign_in::leave(lent, &session.token);
            Ok(session.user.id == user.id)
        }
        sign_in::Entry::Wrong | sign_in::Entry::Refused(_) => Ok(false),
    }
}

fn unknown(fault: Fault) -> Fault {
    Fault { kind: Kind::OutcomeUnknown, ..fault }
}

/// The fault for a name that somebody has.
#[must_use]
pub fn taken() -> Fault {
    Fault::new(
        Kind::Conflict,
        "jellyfin.name-taken",
        "Jellyfin has an account of this name already",
    )
    .about("login-name")
}
