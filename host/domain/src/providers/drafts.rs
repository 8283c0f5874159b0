//! A provider as somebody wrote it, in the settings file or on a page, and what is wrong with it.
//!
//! Guarantees: a rule that is not wholly understood is refused, never read as a wider one; what a rule does
//! not look at may not stand beside it. Does not: know where it was written.

use crate::names::EmailAddress;
use crate::providers::{AccessRule, ClaimRule};
use url::{Host, Url};

/// What is asked for where nobody says what.
pub const DEFAULT_SCOPES: [&str; 3] = ["openid", "profile", "email"];

/// An access rule, by its words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleDraft {
    /// Its name; none: the default.
    pub rule: Option<String>,
    /// Of `group`.
    pub claim: Option<String>,
    /// Of `group`.
    pub value: Option<String>,
    /// Of `list`.
    pub emails: Option<Vec<String>>,
    /// Of `list`.
    pub usernames: Option<Vec<String>>,
}

/// Which part of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The rule's name.
    Rule,
    /// The claim's name.
    Claim,
    /// Its value.
    Value,
    /// The addresses.
    Emails,
    /// The names.
    Usernames,
}

impl Part {
    /// As settings and the API call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Claim => "claim",
            Self::Value => "value",
            Self::Emails => "emails",
            Self::Usernames => "usernames",
        }
    }
}

/// What is wrong with a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// There is no such rule.
    UnknownRule(String),
    /// It is needed and not there, or blank.
    Missing,
    /// It is not what this rule looks at.
    Unused,
    /// Nobody stands on the list.
    EmptyList,
    /// One of the list is blank or no mail address.
    NotAnAddress(String),
}

/// A part and what is wrong with it.
pub type Wrong = (Part, Flaw);

/// The words that name rules.
pub const RULES: &[&str] = &["known", "open", "group", "list", "approval"];

impl RuleDraft {
    /// The rule it says.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(&self) -> Result<AccessRule, Vec<Wrong>> {
        let name = self.rule.as_deref().unwrap_or(AccessRule::default().name());
        let (looks_at, rule): (&[Part], _) = match name {
            "known" => (&[], Ok(AccessRule::Known)),
            "open" => (&[], Ok(AccessRule::Open)),
            "approval" => (&[], Ok(AccessRule::Approval)),
            "group" => (
                &[Part::Claim, Part::Value],
                claim_rule(self.claim.as_deref(), self.value.as_deref()).map(AccessRule::Group),
            ),
            "list" => (&[Part::Emails, Part::Usernames], self.list()),
            other => return Err(vec![(Part::Rule, Flaw::UnknownRule(other.to_owned()))]),
        };
        let unused = self.written().into_iter().filter(|part| !looks_at.contains(part));
        let mut wrong: Vec<Wrong> = unused.map(|part| (part, Flaw::Unused)).collect();
        match rule {
            Ok(rule) if wrong.is_empty() => Ok(rule),
            Ok(_) => Err(wrong),
            Err(more) => {
                wrong.extend(more);
                Err(wrong)
            }
        }
    }

    fn written(&self) -> Vec<Part> {
        [
            (Part::Claim, self.claim.is_some()),
            (Part::Value, self.value.is_some()),
            (Part::Emails, self.emails.is_some()),
            (Part::Usernames, self.usernames.is_some()),
        ]
        .into_iter()
        .filter_map(|(part, written)| written.then_some(part))
        .collect()
    }

    fn list(&self) -> Result<AccessRule, Vec<Wrong>> {
        let trimmed = |list: &Option<Vec<String>>| -> Vec<String> {
            list.iter().flatten().map(|one| one.trim().to_owned()).collect()
        };
        let (emails, usernames) = (trimmed(&self.emails), trimmed(&self.usernames));
        // No pattern is meant by a star: it would stand for one odd address and let nobody in.
        let not_one = |one: &&String| one.contains('*') || EmailAddress::parse(one).is_err();
        let mut wrong: Vec<Wrong> = emails
            .iter()
            .filter(not_one)
            .map(|one| (Part::Emails, Flaw::NotAnAddress(one.clone())))
            .collect();
        if usernames.iter().any(String::is_empty) {
            wrong.push((Part::Usernames, Flaw::Missing));
        }
        if emails.is_empty() && usernames.is_empty() {
            wrong.push((Part::Emails, Flaw::EmptyList));
        }
        if wrong.is_empty() { Ok(AccessRule::List { emails, usernames }) } else { Err(wrong) }
    }
}

/// A claim and its value, neither of them blank.
///
/// # Errors
/// Which of the two is missing.
pub fn claim_rule(claim: Option<&str>, value: Option<&str>) -> Result<ClaimRule, Vec<Wrong>> {
    let given =
        |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    match (given(claim), given(value)) {
        (Some(claim), Some(value)) => Ok(ClaimRule { claim, value }),
        (claim, value) => Err([(Part::Claim, claim.is_none()), (Part::Value, value.is_none())]
            .into_iter()
            .filter_map(|(part, missing)| missing.then_some((part, Flaw::Missing)))
            .collect()),
    }
}

/// Why a URL is no issuer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAnIssuer {
    /// No http or https URL, or one with a name, a query or a fragment.
    NotAUrl,
    /// Plain http to another machine.
    InTheOpen,
}

/// An issuer's URL: https, or http on this machine.
///
/// # Errors
/// [`NotAnIssuer`].
pub fn issuer_url(text: &str) -> Result<Url, NotAnIssuer> {
    let url: Url = text.trim().parse().map_err(|_not| NotAnIssuer::NotAUrl)?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    match (url.scheme(), url.host()) {
        ("https", Some(_)) if plain => Ok(url),
        ("http", Some(host)) if plain => {
            if is_loopback(&host) {
                Ok(url)
            } else {
                Err(NotAnIssuer::InTheOpen)
            }
        }
        _ => Err(NotAnIssuer::NotAUrl),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
    }
}

/// Scopes to ask for: `openid` always and first, each once.
///
/// # Errors
/// The first that cannot be a scope (RFC 6749, appendix A.4).
pub fn scopes(written: &[String]) -> Result<Vec<String>, String> {
    let fits = |scope: &str| {
        !scope.is_empty() && scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
    };
    let mut scopes = vec!["openid".to_owned()];
    for scope in written {
        if !fits(scope) {
            return Err(scope.clone());
        }
        if !scopes.contains(scope) {
            scopes.push(scope.clone());
        }
    }
    Ok(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(rule: &str) -> RuleDraft {
        RuleDraft { rule: Some(rule.into()), ..RuleDraft::default() }
    }

    fn texts(all: &[&str]) -> Option<Vec<String>> {
        Some(all.iter().map(|&one| one.into()).collect())
    }

    #[test]
    fn what_is_said_wholly_is_a_rule() {
        let group = RuleDraft {
            claim: Some("groups".into()),
            value: Some(" family ".into()),
            ..draft("group")
        };
        let family = ClaimRule { claim: "groups".into(), value: "family".into() };
        assert_eq!(group.parse(), Ok(AccessRule::Group(family)));
        let list = RuleDraft { usernames: texts(&["zoe"]), ..draft("list") };
        let zoe = AccessRule::List { emails: Vec::new(), usernames: vec!["zoe".into()] };
        assert_eq!(list.parse(), Ok(zoe));
        assert_eq!(RuleDraft::default().parse(), Ok(AccessRule::Known));
        for name in ["known", "open", "approval"] {
            assert_eq!(draft(name).parse().map(|rule| rule.name()), Ok(name));
        }
    }

    #[test]
    fn what_is_not_understood_lets_nobody_in() {
        let all = [
            (draft("everybody"), vec![(Part::Rule, Flaw::UnknownRule("everybody".into()))]),
            (draft("Open"), vec![(Part::Rule, Flaw::UnknownRule("Open".into()))]),
            (draft("group"), vec![(Part::Claim, Flaw::Missing), (Part::Value, Flaw::Missing)]),
            (
                RuleDraft {
                    claim: Some("groups".into()),
                    value: Some(" ".into()),
                    ..draft("group")
                },
                vec![(Part::Value, Flaw::Missing)],
            ),
            (draft("list"), vec![(Part::Emails, Flaw::EmptyList)]),
            (
                RuleDraft { emails: texts(&[]), ..draft("list") },
                vec![(Part::Emails, Flaw::EmptyList)],
            ),
            (
                RuleDraft { emails: texts(&["*@example.org", ""]), ..draft("list") },
                vec![
                    (Part::Emails, Flaw::NotAnAddress("*@example.org".into())),
                    (Part::Emails, Flaw::NotAnAddress(String::new())),
                ],
            ),
            (
                RuleDraft { usernames: texts(&["zoe", " "]), ..draft("list") },
                vec![(Part::Usernames, Flaw::Missing)],
            ),
            (
                RuleDraft { claim: Some("groups".into()), ..draft("open") },
                vec![(Part::Claim, Flaw::Unused)],
            ),
            (
                RuleDraft { emails: texts(&["a@example.org"]), ..RuleDraft::default() },
                vec![(Part::Emails, Flaw::Unused)],
            ),
        ];
        for (draft, wrong) in all {
            assert_eq!(draft.parse(), Err(wrong), "{draft:?}");
        }
    }

    #[test]
    fn an_issuer_is_reached_without_others_reading_along() {
        for good in [
            "https://accounts.google.com",
            "https://auth.example.org/realms/home",
            "http://127.0.0.1:8081",
            "http://[::1]:8081/x",
            "http://localhost:9000",
        ] {
            assert!(issuer_url(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("http://192.168.1.5:8080", NotAnIssuer::InTheOpen),
            ("http://localhost.example.org", NotAnIssuer::InTheOpen),
            ("accounts.google.com", NotAnIssuer::NotAUrl),
            ("https://a:b@example.org", NotAnIssuer::NotAUrl),
            ("https://example.org/?a=b", NotAnIssuer::NotAUrl),
            ("https://example.org/#a", NotAnIssuer::NotAUrl),
            ("ldap://example.org", NotAnIssuer::NotAUrl),
        ] {
            assert_eq!(issuer_url(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn openid_is_always_asked_for() {
        let asked = |all: &[&str]| scopes(&texts(all).unwrap_or_default());
        assert_eq!(asked(&[]), Ok(vec!["openid".into()]));
        assert_eq!(asked(&["email", "openid", "email"]), Ok(vec!["openid".into(), "email".into()]));
        assert_eq!(asked(&["openid profile"]), Err("openid profile".into()));
    }
}
