//! Between the contract's words on persons and the domain's.
//!
//! What decides who somebody is has to fit or is a `bad-reply`; what is only shown is cut.

use crate::contract::common::attribute::{Attribute, Value};
use crate::contract::identity::exports::latchkey::identity::provider as identity;
use crate::convert::{NAME, SENTENCE, TEXT, bad_reply, is_id};
use crate::redact::Redactor;
use crate::sealed::sealed;
use core::time::Duration;
use domain::fault::Fault;
use domain::identity::{Audience, HomeUser, Identity, Membership, Progress, Prompt, Verdict, Ways};
use domain::providers::{self, Claims};
use std::collections::BTreeSet;
use url::Url;

/// Bytes of an address that a browser is sent to.
const ADDRESS: usize = 4 << 10;
/// Bytes of a code that a person types.
const CODE: usize = 64;
/// Persons of one home at most; the largest that a backend allows has 15.
const HOME: usize = 64;
/// Claims at most, entries of one, and bytes of a value.
const CLAIMS: usize = 64;
const ENTRIES: usize = 500;
const VALUE: usize = 4 << 10;
/// How long an attempt may be good.
const LONGEST: Duration = Duration::from_secs(3_600);
/// How often a backend may be asked how far an attempt is.
const SHORTEST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub(crate) fn ways(ways: identity::Way) -> Ways {
    Ways {
        redirect: ways.contains(identity::Way::REDIRECT),
        user_code: ways.contains(identity::Way::USER_CODE),
        password: ways.contains(identity::Way::PASSWORD),
    }
}

pub(crate) const fn audience(audience: Audience) -> identity::Audience {
    match audience {
        Audience::Members => identity::Audience::Members,
        Audience::Anyone => identity::Audience::Anyone,
    }
}

/// # Errors
/// `bad-reply` for an address no browser would go to, a code nobody would type, or neither.
pub(crate) fn prompt(prompt: identity::Prompt) -> Result<Prompt, Fault> {
    if prompt.url.as_deref().is_some_and(|url| !is_address(url)) {
        return Err(bad_reply("an address that is none"));
    }
    if prompt.user_code.as_ref().is_some_and(|code| !(1..=CODE).contains(&code.len())) {
        return Err(bad_reply("a code that nobody would type"));
    }
    if prompt.url.is_none() && prompt.user_code.is_none() {
        return Err(bad_reply("neither an address nor a code"));
    }
    Ok(Prompt {
        url: prompt.url,
        user_code: prompt.user_code,
        expires_in: Duration::from_millis(prompt.expires_in_ms.into()).min(LONGEST),
        poll_after: prompt.poll_after_ms.map(wait),
        attempt: sealed(prompt.attempt)?,
    })
}

fn is_address(text: &str) -> bool {
    let url = Url::parse(text).ok();
    let fits = |url: Url| matches!(url.scheme(), "https" | "http") && url.has_host();
    text.len() <= ADDRESS && url.is_some_and(fits)
}

fn wait(ms: u32) -> Duration {
    Duration::from_millis(ms.into()).clamp(SHORTEST_WAIT, LONGEST_WAIT)
}

/// # Errors
/// `bad-reply` for a home of nobody or of one person twice, and as [`person`].
pub(crate) fn progress(progress: identity::Progress) -> Result<Progress, Fault> {
    Ok(match progress {
        identity::Progress::Pending(after) => Progress::Pending(after.map(wait)),
        identity::Progress::Choose(chooser) => {
            let attempt = sealed(chooser.attempt)?;
            let home_users = home(chooser.home_users)?;
            Progress::Choose { home_users, attempt }
        }
        identity::Progress::Done(somebody) => Progress::Done(Box::new(person(somebody)?)),
        identity::Progress::Denied => Progress::Denied,
        identity::Progress::Expired => Progress::Expired,
    })
}

fn home(home_users: Vec<identity::HomeUser>) -> Result<Vec<HomeUser>, Fault> {
    let mut seen = BTreeSet::new();
    let whole = home_users.iter().all(|one| is_id(&one.id) && seen.insert(one.id.as_str()));
    if home_users.is_empty() || home_users.len() > HOME || !whole {
        return Err(bad_reply("a home of nobody, of one person twice, or of too many"));
    }
    let plain = Redactor::default();
    let home_user = |one: identity::HomeUser| HomeUser {
        id: one.id,
        name: plain.line(&one.name, NAME),
        avatar_url: one.avatar_url.filter(|url| is_address(url)),
        needs_pin: one.needs_pin,
        restricted: one.restricted,
        owner: one.owner,
    };
    Ok(home_users.into_iter().map(home_user).collect())
}

/// # Errors
/// `bad-reply` for somebody without an id, or whose name to sign in with or address is none.
fn person(person: identity::Identity) -> Result<Identity, Fault> {
    let long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() > TEXT);
    if !is_id(&person.subject) {
        return Err(bad_reply("that a person without an id may come in"));
    }
    if long(&person.login_name) || long(&person.email) {
        return Err(bad_reply("a person with a name or an address of more than 1 KiB"));
    }
    // What turns letters around or ends a line is shown as what it is: no name looks like another's.
    let plain = Redactor::default();
    Ok(Identity {
        subject: person.subject,
        display_name: plain.line(&person.display_name, TEXT),
        login_name: person.login_name.map(|name| plain.line(&name, TEXT)),
        email: person.email,
        email_verified: person.email_verified,
        avatar_url: person.avatar_url.filter(|url| is_address(url)),
        claims: claims(person.attributes),
        grant: person.grant.map(sealed).transpose()?,
    })
}

/// What was said besides, as values, as much as is kept of it. What is too long to be one is left out, not cut: a rule must not fit
/// the half of a value.
fn claims(attributes: Vec<Attribute>) -> Claims {
    let fits = |text: &String| text.len() <= VALUE;
    let value = |value: Value| {
        Some(match value {
            Value::Text(text) if !fits(&text) => return None,
            Value::Text(text) => text.into(),
            Value::Texts(texts) => {
                let fitting: Vec<String> = texts.into_iter().filter(fits).take(ENTRIES).collect();
                fitting.into()
            }
            Value::Number(number) => number.into(),
            Value::Flag(flag) => flag.into(),
        })
    };
    let named = attributes.into_iter().filter(|one| is_id(&one.name)).take(CLAIMS);
    providers::kept(named.filter_map(|one| Some((one.name, value(one.value)?))).collect())
}

/// `redactor` knows the secrets of the call.
pub(crate) fn membership(standing: identity::Standing, redactor: &Redactor) -> Membership {
    match standing {
        identity::Standing::Member(attributes) => Membership::Member(claims(attributes)),
        identity::Standing::Invited => Membership::Invited,
        identity::Standing::Outsider => Membership::Outsider,
        identity::Standing::Unknown(why) => Membership::Unknown(redactor.line(&why, SENTENCE)),
    }
}

/// # Errors
/// As [`person`].
pub(crate) fn verdict(verdict: identity::Verdict) -> Result<Verdict, Fault> {
    Ok(match verdict {
        identity::Verdict::Accepted(somebody) => Verdict::Accepted(person(somebody)?),
        identity::Verdict::Rejected(attempts_left) => Verdict::Rejected { attempts_left },
        identity::Verdict::Withheld => Verdict::Withheld,
        identity::Verdict::Disabled => Verdict::Disabled,
        identity::Verdict::TooManySessions => Verdict::TooManySessions,
        identity::Verdict::NotHere => Verdict::NotHere,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealed::{LONGEST as SEALED, unsealed};
    use domain::fault::FaultKind;

    fn asked() -> identity::Prompt {
        identity::Prompt {
            url: Some("https://media.example.org/auth#?code=x".to_owned()),
            user_code: None,
            expires_in_ms: u32::MAX,
            poll_after_ms: Some(0),
            attempt: b"note".to_vec(),
        }
    }

    #[test]
    fn a_prompt_is_one_or_a_bad_reply() {
        let good = prompt(asked()).expect("good");
        assert_eq!((good.expires_in, good.poll_after), (LONGEST, Some(SHORTEST_WAIT)));
        assert_eq!(unsealed(&good.attempt), Ok(b"note".to_vec()));
        for wrong in [
            identity::Prompt { url: Some("javascript:alert(1)".to_owned()), ..asked() },
            identity::Prompt { url: Some(format!("https://a/{}", "b".repeat(5_000))), ..asked() },
            identity::Prompt { url: None, ..asked() },
            identity::Prompt { user_code: Some(String::new()), ..asked() },
            identity::Prompt { attempt: vec![0; SEALED + 1], ..asked() },
        ] {
            assert_eq!(prompt(wrong).map_err(|fault| fault.kind), Err(FaultKind::BadReply));
        }
    }

    fn zoe() -> identity::HomeUser {
        identity::HomeUser {
            id: "1".to_owned(),
            name: "Zoë\n".to_owned(),
            avatar_url: Some("file:///etc/passwd".to_owned()),
            needs_pin: true,
            restricted: false,
            owner: false,
        }
    }

    #[test]
    fn a_home_is_of_different_persons() {
        let choose = |home_users| {
            let attempt = b"note".to_vec();
            progress(identity::Progress::Choose(identity::Chooser { home_users, attempt }))
        };
        let Ok(Progress::Choose { home_users, .. }) = choose(vec![zoe()]) else { panic!("a home") };
        let shown = home_users.first().map(|one| (one.name.as_str(), one.avatar_url.clone()));
        assert_eq!(shown, Some(("Zoë\\n", None)));
        let nameless = identity::HomeUser { id: String::new(), ..zoe() };
        for wrong in [vec![], vec![zoe(), zoe()], vec![nameless]] {
            assert_eq!(choose(wrong).map_err(|fault| fault.kind), Err(FaultKind::BadReply));
        }
    }

    #[test]
    fn a_person_is_one_line_and_fills_no_disk() {
        let huge = |name: String| Attribute {
            name,
            value: Value::Texts(vec!["x".repeat(VALUE); ENTRIES]),
        };
        let said = person(identity::Identity {
            subject: "7".to_owned(),
            display_name: "Zoë\u{202e}toor\r\nBcc: all".to_owned(),
            login_name: Some("zoe\u{202e}".to_owned()),
            email: None,
            email_verified: false,
            avatar_url: None,
            attributes: (0..CLAIMS).map(|one| huge(one.to_string())).collect(),
            grant: None,
        })
        .expect("a person");
        assert_eq!(said.display_name, "Zoë\\u{202e}toor\\r\\nBcc: all");
        assert_eq!(said.login_name.as_deref(), Some("zoe\\u{202e}"), "and not the name zoe");
        let bytes: usize = said.claims.values().map(|value| value.to_string().len()).sum();
        assert!(bytes <= 64 << 10, "{bytes}");
    }

    #[test]
    fn a_value_too_long_is_no_claim() {
        let said = |name: &str, value| Attribute { name: name.to_owned(), value };
        let found = claims(vec![
            said("long", Value::Text("a".repeat(VALUE + 1))),
            said("few", Value::Texts(vec!["a".to_owned(), "a".repeat(VALUE + 1)])),
            said("flag", Value::Flag(true)),
        ]);
        let words: Vec<String> =
            found.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(words, ["few=[\"a\"]", "flag=true"]);
    }
}
