//! The names that templates of jellyfin-accounts and jfa-go use, beside our own.
//!
//! Guarantees: each means what it meant there (jellyfin-accounts `email.py`, jfa-go
//! `customcontent.go`); where a mail has a link and no PIN, `pin` is the link, as jfa-go has it. Times
//! are in the household's zone. Does not: read their template languages.

use super::context::{About, MailContext};
use super::moment::Moments;
use jiff::Timestamp;
use minijinja::value::Value;

type Names = Vec<(&'static str, Value)>;

/// The other names of a mail's values.
pub(super) fn of(context: &MailContext, moments: &Moments) -> Names {
    let name = context.person.name.clone().unwrap_or_default();
    let mut names =
        vec![("message", Value::from(context.footer.as_str())), ("username", Value::from(name))];
    match &context.about {
        About::Reset(reset) => {
            names.extend(end(moments, Some(reset.expires_at)));
            let pin = reset.pin.as_ref().or(reset.url.as_ref()).cloned();
            names.push(("pin", Value::from(pin.unwrap_or_default())));
            names.push(("link_reset", Value::from(reset.pin.is_none())));
        }
        About::Invite(invite) => {
            names.extend(end(moments, invite.expires_at));
            names.push(("invite_link", Value::from(invite.url.as_str())));
            names.push(("inviteURL", Value::from(invite.url.as_str())));
        }
        About::Welcome(welcome) => {
            names.push(("address", Value::from(context.person.address.as_str())));
            names.push(("time", Value::from(moments.datetime(context.now))));
            names.push(("code", Value::from("")));
            let end = welcome.expires_at.map(|at| moments.datetime(at));
            names.push(("yourAccountWillExpire", Value::from(end.unwrap_or_default())));
        }
        About::ConfirmAddress(confirm) => {
            names.push(("confirmationURL", Value::from(confirm.url.as_str())));
        }
        About::Expiring(account) => {
            names.extend(end(moments, Some(account.expires_at)));
        }
        About::Expired(account) => {
            names.push(("code", Value::from("")));
            names.push(("expiry", Value::from(moments.datetime(account.expires_at))));
        }
        About::PasswordChanged(_)
        | About::AddressChanged(_)
        | About::Approved
        | About::Refused(_)
        | About::ApprovalAsked(_)
        | About::Test(_) => {}
    }
    names
}

/// When something ends; empty words where it never does.
fn end(moments: &Moments, at: Option<Timestamp>) -> Names {
    let by = |write: fn(&Moments, Timestamp) -> String| {
        Value::from(at.map(|at| write(moments, at)).unwrap_or_default())
    };
    let (date, time, left) = (by(Moments::date), by(Moments::time), by(Moments::left));
    vec![
        ("expiry_date", date.clone()),
        ("expiry_time", time.clone()),
        ("expires_in", left.clone()),
        ("date", date),
        ("time", time),
        ("expiresInMinutes", left.clone()),
        ("expiresIn", left),
    ]
}
