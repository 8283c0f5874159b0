//! One attempt to sign in at an issuer: what is kept of it, and whether an answer belongs to it.
//!
//! Guarantees: state, nonce and verifier are 256 bits each and good for one attempt; an answer counts only
//! with that state, from that issuer (RFC 9207), with each parameter once. Does not: know whether the
//! attempt was used already; whoever keeps it takes it away when the browser comes back.

use super::faults::{lie, misset, stray, tidy};
use crate::error::{Result, ServiceError};
use crate::random::Random;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::fault::{Fault, FaultKind};
use domain::providers::Issuer;
use domain::secret::Secret;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// No code, state or issuer is longer.
const LONGEST: usize = 4 << 10;

/// What is sealed while the browser is away.
#[derive(Serialize, Deserialize)]
pub(super) struct Attempt {
    issuer: String,
    client_id: String,
    /// Where the browser comes back to; said again when the code is handed in.
    pub(super) callback_url: String,
    state: String,
    /// Comes back inside the ID token.
    pub(super) nonce: String,
    /// RFC 7636.
    pub(super) verifier: String,
    /// The person has to prove anew who they are: not before this moment.
    pub(super) anew: Option<Timestamp>,
}

impl Attempt {
    /// A fresh one.
    pub(super) fn new(
        issuer: &Issuer,
        callback_url: &str,
        anew: Option<Timestamp>,
        random: Random,
    ) -> Self {
        let fresh = || BASE64_URL_SAFE_NO_PAD.encode(random.bytes::<32>());
        Self {
            issuer: issuer.issuer.to_string(),
            client_id: issuer.client_id.clone(),
            callback_url: callback_url.to_owned(),
            state: fresh(),
            nonce: fresh(),
            verifier: fresh(),
            anew,
        }
    }

    /// What goes along and comes back.
    pub(super) fn state(&self) -> &str {
        &self.state
    }

    /// As it is kept.
    pub(super) fn sealed(&self) -> Result<Secret> {
        Ok(Secret::new(serde_json::to_string(self).map_err(ServiceError::internal)?))
    }

    /// From what was kept.
    pub(super) fn open(kept: &Secret) -> Result<Self> {
        serde_json::from_str(kept.expose())
            .map_err(|_cause| ServiceError::internal("a kept attempt to sign in is broken"))
    }

    /// Whether the provider is still what the attempt was begun with.
    pub(super) fn is_for(&self, issuer: &Issuer, callback_url: &str) -> Result<(), Fault> {
        let same = self.issuer == issuer.issuer.as_str()
            && self.client_id == issuer.client_id
            && self.callback_url == callback_url;
        let words = "the provider was changed while somebody was signing in";
        if same { Ok(()) } else { Err(stray("changed", words)) }
    }

    /// The code in an answer, if the answer is this attempt's. `name` is the issuer's own name for itself,
    /// `told` whether it says to put that into every answer.
    pub(super) fn code(
        &self,
        callback: &[(String, String)],
        name: &str,
        told: bool,
    ) -> Result<Secret, Fault> {
        let state = one(callback, "state")?;
        // The comparison of secrets takes the same time wherever they differ.
        if state.map(Secret::from) != Some(Secret::from(self.state.as_str())) {
            return Err(stray(
                "state",
                "the browser came back with another attempt's state, or none",
            ));
        }
        match one(callback, "iss")? {
            Some(issuer) if issuer == name => {}
            Some(_) => return Err(stray("iss", "the browser came back from another issuer")),
            None if told => {
                return Err(stray(
                    "iss",
                    "the answer does not say which issuer it is from, and ours always says",
                ));
            }
            None => {}
        }
        if let Some(error) = one(callback, "error")? {
            return Err(refused(error));
        }
        match one(callback, "code")? {
            Some(code) if !code.is_empty() => Ok(Secret::from(code)),
            _ => Err(lie("no-code", "the issuer sent the browser back without a code")),
        }
    }
}

/// A parameter that may stand there once.
fn one<'a>(callback: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, Fault> {
    let mut values =
        callback.iter().filter(|(there, _)| there == name).map(|(_, value)| value.as_str());
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) if value.len() <= LONGEST => Ok(Some(value)),
        _ => Err(stray(
            "repeated",
            format!("the browser came back with `{name}` twice, or too long"),
        )),
    }
}

/// What the issuer says instead of a code.
fn refused(error: &str) -> Fault {
    let words = format!("the issuer let nobody in and says `{}`", tidy(error));
    match error {
        "access_denied" => stray("denied", words),
        "login_required"
        | "interaction_required"
        | "consent_required"
        | "account_selection_required" => stray("denied", words),
        "temporarily_unavailable" | "server_error" => {
            Fault::new(FaultKind::Unavailable, "oidc.unavailable", words)
        }
        _ => misset("refused", words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "https://id.example.org";

    fn attempt() -> Attempt {
        let issuer = Issuer {
            issuer: NAME.parse().unwrap(),
            client_id: "latchkey".to_owned(),
            scopes: Vec::new(),
        };
        Attempt::new(&issuer, "https://home.example.org/back", None, Random::system())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_answer_belongs_to_one_attempt_of_one_issuer() {
        let attempt = attempt();
        let ours = attempt.state().to_owned();
        let other = self::attempt().state().to_owned();
        let said = |callback: &[(&str, &str)], told| {
            attempt.code(&pairs(callback), NAME, told).map_err(|fault| fault.code)
        };
        let refused = |code: &str| Err(code.to_owned());
        assert_eq!(said(&[("state", &ours), ("code", "c")], false), Ok(Secret::from("c")));
        assert_eq!(
            said(&[("state", &ours), ("code", "c"), ("iss", NAME)], true),
            Ok(Secret::from("c"))
        );
        assert_eq!(said(&[("code", "c")], false), refused("oidc.state"));
        assert_eq!(said(&[("state", &other), ("code", "c")], false), refused("oidc.state"));
        assert_eq!(
            said(&[("state", &other), ("error", "access_denied")], false),
            refused("oidc.state")
        );
        assert_eq!(said(&[("state", &ours), ("code", "c")], true), refused("oidc.iss"));
        assert_eq!(
            said(&[("state", &ours), ("code", "c"), ("iss", "https://id.example.org/")], false),
            refused("oidc.iss")
        );
        assert_eq!(said(&[("state", &ours)], false), refused("oidc.no-code"));
        assert_eq!(said(&[("state", &ours), ("code", "")], false), refused("oidc.no-code"));
        assert_eq!(
            said(&[("state", &ours), ("code", "a"), ("code", "b")], false),
            refused("oidc.repeated")
        );
        assert_eq!(said(&[("state", &ours), ("state", &other)], false), refused("oidc.repeated"));
        assert_eq!(
            said(&[("state", &ours), ("error", "access_denied")], false),
            refused("oidc.denied")
        );
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(said(&[("state", &ours), ("code", &long)], false), refused("oidc.repeated"));
    }

    #[test]
    fn an_attempt_ends_where_the_provider_was_changed() {
        let attempt = Attempt::open(&attempt().sealed().unwrap()).unwrap();
        let mut issuer = Issuer {
            issuer: NAME.parse().unwrap(),
            client_id: "latchkey".to_owned(),
            scopes: Vec::new(),
        };
        assert!(attempt.is_for(&issuer, "https://home.example.org/back").is_ok());
        assert!(attempt.is_for(&issuer, "https://evil.example.org/back").is_err());
        issuer.client_id = "other".to_owned();
        assert!(attempt.is_for(&issuer, "https://home.example.org/back").is_err());
    }
}
