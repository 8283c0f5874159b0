//! Ways to sign in that lead elsewhere or that the admin has set rules for, and whom they let in.
//!
//! Guarantees: who may come in is decided by one function from what is configured and what the provider
//! says; a rule that cannot be met (no claim named, an empty list) lets nobody in. Does not: link an
//! identity to a user who is here already; that needs a live session or an invite.

use crate::backends::SetBy;
use crate::ids::{BackendId, ProviderId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

pub mod drafts;

/// What a provider said about a person, name to value: an issuer's claims, a backend's attributes.
pub type Claims = BTreeMap<String, Value>;

/// What is kept about one person at most, in bytes of JSON, and how many claims.
const MOST: usize = 64 << 10;
const MOST_CLAIMS: usize = 128;

/// Claims as they are kept. What there is no room for is left out whole, the largest first, and never cut:
/// a rule must not fit the half of a value, and a provider must not fill the disk.
#[must_use]
pub fn kept(claims: Claims) -> Claims {
    let size = |name: &str, value: &Value| name.len().saturating_add(value.to_string().len());
    let mut sized: Vec<_> =
        claims.into_iter().map(|(name, value)| (size(&name, &value), name, value)).collect();
    sized.sort_by(|one, two| (one.0, &one.1).cmp(&(two.0, &two.1)));
    let mut room = MOST;
    let fits = |(size, ..): &(usize, String, Value)| {
        let left = room.checked_sub(*size);
        room = left.unwrap_or_default();
        left.is_some()
    };
    let fitting = sized.into_iter().take_while(fits).take(MOST_CLAIMS);
    fitting.map(|(_size, name, value)| (name, value)).collect()
}

/// One configured `[[provider]]`. Backends that check passwords need no row: without one they let in
/// who is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Its name in addresses and in `provider` of the API.
    pub id: ProviderId,
    /// What people read; empty: the backend's label, or the issuer's host.
    pub label: String,
    /// What it is.
    pub kind: ProviderKind,
    /// Who may come in.
    pub access: AccessRule,
    /// Which claim makes an admin; looked at anew at each sign-in, up and down. None: it says nothing
    /// about roles.
    pub admin: Option<ClaimRule>,
    /// Where it was set up.
    pub set_by: SetBy,
    /// Place among the buttons of the login page, from 0.
    pub order: u32,
    /// When it was set up.
    pub created_at: Timestamp,
}

/// What a provider is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ProviderKind {
    /// An OpenID Connect issuer. Its client secret is sealed beside it.
    Oidc(Issuer),
    /// A backend that signs people in, by password or by redirect.
    Backend {
        /// Which.
        backend: BackendId,
    },
}

impl Provider {
    /// What keys identities besides the subject: the issuer's URL, or the backend's id.
    #[must_use]
    pub fn issuer(&self) -> &str {
        match &self.kind {
            ProviderKind::Oidc(issuer) => issuer.issuer.as_str(),
            ProviderKind::Backend { backend } => backend.as_str(),
        }
    }
}

/// How to reach an issuer and what to ask it for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    /// Exactly as its discovery document says it.
    pub issuer: Url,
    /// Our name there.
    pub client_id: String,
    /// `openid` is always asked for.
    pub scopes: Vec<String>,
}

/// Who may come in by a provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "rule")]
pub enum AccessRule {
    /// Who signed up, was adopted, or has linked this identity.
    #[default]
    Known,
    /// Everybody it knows: of a backend, every member of the server.
    Open,
    /// Whose claim has that value.
    Group(ClaimRule),
    /// Who stands on a list. Of addresses, only those that the provider calls verified count.
    List {
        /// Addresses, compared without regard to the case of A to Z: to a provider all other letters that
        /// look or fold alike may be other people.
        emails: Vec<String>,
        /// Names to sign in with there, likewise.
        usernames: Vec<String>,
    },
    /// Whom an admin approves.
    Approval,
}

/// A claim that has a value: equal to it, or a list with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRule {
    /// The claim's name, `groups`.
    pub claim: String,
    /// The value, exactly.
    pub value: String,
}

impl ClaimRule {
    /// Whether the claims have it. A claim that is not there, or of another shape, has nothing; nor has an
    /// address that the provider does not call verified: whoever types one there could type any.
    #[must_use]
    pub fn holds(&self, claims: &Claims) -> bool {
        let is_it = |value: &Value| value.as_str() == Some(self.value.as_str());
        if self.claim.is_empty() || self.value.is_empty() {
            return false;
        }
        if self.claim == "email" && claims.get("email_verified") != Some(&Value::Bool(true)) {
            return false;
        }
        match claims.get(&self.claim) {
            Some(Value::Array(values)) => values.iter().any(is_it),
            Some(value) => is_it(value),
            None => false,
        }
    }
}

/// What is looked at to decide whether somebody new may come in.
#[derive(Debug, Clone, Copy)]
pub struct Applicant<'a> {
    /// Their name to sign in with there.
    pub login_name: Option<&'a str>,
    /// Their address there.
    pub email: Option<&'a str>,
    /// Whether the provider vouches for it.
    pub email_verified: bool,
    /// Everything else it said.
    pub claims: &'a Claims,
}

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Admission {
    /// They become a user at once, or stay one.
    Welcome,
    /// They become a user who waits for an admin.
    Ask,
    /// They do not come in.
    Refused,
}

impl AccessRule {
    /// What the rule says to somebody whose identity nobody here has.
    #[must_use]
    pub fn admits_stranger(&self, applicant: &Applicant<'_>) -> Admission {
        match self {
            Self::Open => Admission::Welcome,
            Self::Approval => Admission::Ask,
            Self::Known => Admission::Refused,
            Self::Group(_) | Self::List { .. } => self.admits_known(applicant),
        }
    }

    /// What the rule says at each sign-in to somebody who is a user here: who left the group or was
    /// struck off the list does not come in this way any more.
    #[must_use]
    pub fn admits_known(&self, applicant: &Applicant<'_>) -> Admission {
        let fits = match self {
            Self::Known | Self::Open | Self::Approval => true,
            Self::Group(rule) => rule.holds(applicant.claims),
            Self::List { emails, usernames } => {
                let among = |list: &[String], text: &str| {
                    let text = text.trim();
                    let is_it = |one: &String| one.trim().eq_ignore_ascii_case(text);
                    !text.is_empty() && list.iter().any(is_it)
                };
                applicant
                    .email
                    .is_some_and(|email| applicant.email_verified && among(emails, email))
                    || applicant.login_name.is_some_and(|name| among(usernames, name))
            }
        };
        if fits { Admission::Welcome } else { Admission::Refused }
    }

    /// Its word in settings and in the API.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Open => "open",
            Self::Group(_) => "group",
            Self::List { .. } => "list",
            Self::Approval => "approval",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: Value) -> Claims {
        serde_json::from_value(value).expect("claims")
    }

    #[test]
    fn a_claim_has_a_value_or_it_has_not() {
        let rule = ClaimRule { claim: "groups".into(), value: "family".into() };
        for (said, holds) in [
            (json!({"groups": ["friends", "family"]}), true),
            (json!({"groups": "family"}), true),
            (json!({"groups": ["Family"]}), false),
            (json!({"groups": "family friends"}), false),
            (json!({"groups": {"family": true}}), false),
            (json!({"groups": null}), false),
            (json!({"group": ["family"]}), false),
            (json!({}), false),
        ] {
            assert_eq!(rule.holds(&claims(said.clone())), holds, "{said}");
        }
        let boss = ClaimRule { claim: "email".into(), value: "boss@example.org".into() };
        for (said, holds) in [
            (json!({"email": "boss@example.org", "email_verified": true}), true),
            (json!({"email": "boss@example.org", "email_verified": "true"}), false),
            (json!({"email": "boss@example.org", "email_verified": false}), false),
            (json!({"email": "boss@example.org"}), false),
        ] {
            assert_eq!(boss.holds(&claims(said.clone())), holds, "{said}");
        }
        let unset = ClaimRule { claim: "groups".into(), value: String::new() };
        assert!(!unset.holds(&claims(json!({"groups": [""]}))), "an unset rule lets nobody in");
    }

    #[test]
    fn a_provider_does_not_fill_the_disk_with_claims() {
        let mut said = Claims::new();
        said.insert("groups".into(), json!(["family"]));
        said.insert("huge".into(), "x".repeat(MOST).into());
        for number in 0..1_000 {
            said.insert(format!("claim-{number}"), "y".repeat(900).into());
        }
        let kept = kept(said);
        assert!(kept.contains_key("groups") && !kept.contains_key("huge"));
        let bytes: usize =
            kept.iter().map(|(name, value)| name.len() + value.to_string().len()).sum();
        assert!(bytes <= MOST && kept.len() <= MOST_CLAIMS, "{bytes} in {}", kept.len());
        assert!(kept.values().all(|value| value.as_str().is_none_or(|one| one.len() == 900)));
    }

    #[test]
    fn a_name_that_only_looks_like_one_on_the_list_is_not_on_it() {
        let list = AccessRule::List {
            emails: vec!["kim@example.org".into()],
            usernames: vec!["boss".into()],
        };
        for (name, address) in [
            ("ｂｏｓｓ", "\u{212a}im@example.org"),
            ("bo\u{17f}s", "ｋim@example.org"),
            ("boss\u{200b}", "kim@ⓔxample.org"),
        ] {
            let who = Applicant {
                login_name: Some(name),
                email: Some(address),
                email_verified: true,
                claims: &Claims::new(),
            };
            assert_eq!(list.admits_stranger(&who), Admission::Refused, "{name} {address}");
        }
    }

    #[test]
    fn who_is_let_in_by_which_rule() {
        let said = claims(json!({"groups": ["family"]}));
        let verified = Applicant {
            login_name: Some("Zoe"),
            email: Some("Zoe@Example.org"),
            email_verified: true,
            claims: &said,
        };
        let unverified = Applicant { email_verified: false, login_name: None, ..verified };
        let group = |value: &str| {
            AccessRule::Group(ClaimRule { claim: "groups".into(), value: value.into() })
        };
        let list = |emails: &[&str], usernames: &[&str]| AccessRule::List {
            emails: emails.iter().map(|&one| one.into()).collect(),
            usernames: usernames.iter().map(|&one| one.into()).collect(),
        };
        use Admission::{Ask, Refused, Welcome};
        for (rule, who, stranger, known) in [
            (AccessRule::Known, verified, Refused, Welcome),
            (AccessRule::Open, verified, Welcome, Welcome),
            (AccessRule::Approval, verified, Ask, Welcome),
            (group("family"), verified, Welcome, Welcome),
            (group("staff"), verified, Refused, Refused),
            (list(&["zoe@example.org"], &[]), verified, Welcome, Welcome),
            (list(&["zoe@example.org"], &[]), unverified, Refused, Refused),
            (list(&[], &["zoe"]), verified, Welcome, Welcome),
            (list(&[], &["zoe"]), unverified, Refused, Refused),
            (list(&[], &[]), verified, Refused, Refused),
        ] {
            assert_eq!(rule.admits_stranger(&who), stranger, "{rule:?}");
            assert_eq!(rule.admits_known(&who), known, "{rule:?}");
        }
    }
}
