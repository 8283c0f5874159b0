//! From an issuer's claims to a person.
//!
//! Guarantees: the subject is what the ID token says and nothing else; an address is verified only where the
//! issuer says so; what the ID token says stands over what userinfo says; a name or an address that rules
//! look at is taken as it is or not at all. Does not: decide who comes in.

use super::faults::lie;
use super::proof::Proven;
use domain::fault::Fault;
use domain::identity::Identity;
use domain::providers::{self, Claims};
use serde::Serialize;
use serde_json::Value;

/// OpenID Connect Core 1.0, 2: 255 ASCII characters at most.
const LONGEST_SUBJECT: usize = 255;
/// No name that is shown is longer.
const LONGEST_NAME: usize = 200;

/// What belongs to one token and says nothing about the person.
const OF_THE_TOKEN: [&str; 11] =
    ["aud", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "s_hash", "sid", "auth_time"];

/// Who it is, and the issuer's own session, where it told.
pub(super) fn person(proven: &Proven) -> Result<(Identity, Option<String>), Fault> {
    let subject = proven.claims.subject().to_string();
    if subject.is_empty()
        || subject.len() > LONGEST_SUBJECT
        || subject.chars().any(char::is_control)
    {
        return Err(lie("subject", "the issuer's name for the person (`sub`) is none"));
    }
    let mut claims = proven.more.as_ref().map(listed).transpose()?.unwrap_or_default();
    claims.extend(listed(&proven.claims)?);
    let text = |name: &str| {
        claims.get(name).and_then(Value::as_str).map(tidy).filter(|text| !text.is_empty())
    };
    // A rule must not find somebody else in what was made of it.
    let exact = |name: &str| {
        text(name).filter(|tidied| claims.get(name) == Some(&Value::from(tidied.as_str())))
    };
    let upstream = claims.get("sid").and_then(Value::as_str).filter(|sid| !sid.is_empty());
    let upstream = upstream.map(str::to_owned);
    let login_name = exact("preferred_username");
    let display_name =
        text("name").or_else(|| text("preferred_username")).or_else(|| text("nickname"));
    let identity = Identity {
        display_name: display_name.or_else(|| text("email")).unwrap_or_else(|| tidy(&subject)),
        login_name,
        email: exact("email"),
        email_verified: claims.get("email_verified") == Some(&Value::Bool(true)),
        avatar_url: claims.get("picture").and_then(Value::as_str).map(str::to_owned),
        grant: None,
        subject,
        claims: kept(claims),
    };
    Ok((identity, upstream))
}

fn listed(said: &impl Serialize) -> Result<Claims, Fault> {
    let listed = serde_json::to_value(said).and_then(serde_json::from_value);
    listed.map_err(|_cause| lie("claims", "what the issuer says about the person cannot be kept"))
}

fn kept(mut claims: Claims) -> Claims {
    claims.retain(|name, value| !OF_THE_TOKEN.contains(&name.as_str()) && !value.is_null());
    providers::kept(claims)
}

/// What ends a line or turns the order of letters around: a name must not look like another's.
fn is_shown(letter: char) -> bool {
    let turns = matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    !turns && !letter.is_control()
}

/// One line, without what cannot be seen at its ends, cut.
fn tidy(text: &str) -> String {
    let line: String = text.chars().filter(|letter| is_shown(*letter)).collect();
    line.trim().chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_belongs_to_the_token_is_not_kept() {
        let said: Claims = serde_json::from_value(json!({
            "sub": "7", "nonce": "n", "exp": 1, "groups": ["family"], "nothing": null
        }))
        .unwrap();
        let names: Vec<String> = kept(said).into_keys().collect();
        assert_eq!(names, ["groups", "sub"]);
    }

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(tidy(" Zoe\u{1b}[31m\r\n"), "Zoe[31m");
        assert_eq!(tidy("Zoe \u{202e}toor"), "Zoe toor");
        assert_eq!(tidy(&"x".repeat(1_000)).len(), LONGEST_NAME);
    }
}
