//! From a code to claims that are believed.
//!
//! Guarantees: an ID token counts only if it is signed by one of the issuer's public keys in a way that is
//! accepted and announced, for us (`aud`, and `azp` where there is one or there are several audiences), by
//! this issuer, now, with this attempt's nonce, and if the access token is the one it was given with; what
//! userinfo says counts only for the same subject. Does not: do any of the cryptography; openidconnect does.

use super::attempt::Attempt;
use super::faults::{lie, refusal, tidy, unanswered, unbelieved};
use super::known::{Keys, Known};
use super::party::{Party, PersonClaims, Token, TokenClaims, Tokens};
use chrono::{DateTime, Utc};
use core::time::Duration;
use domain::fault::{Fault, FaultKind};
use domain::providers::Issuer;
use domain::secret::Secret;
use jiff::Timestamp;
use openidconnect::core::CoreIdTokenVerifier;
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, Nonce,
    OAuth2TokenResponse as _, PkceCodeVerifier, RequestTokenError, SignatureVerificationError,
    TokenResponse as _, UserInfoError,
};

use crate::clock::{earlier, later};

/// How far two clocks may be apart.
const SKEW: Duration = Duration::from_secs(60);
/// An ID token that was signed longer ago was not signed for us just now.
const OLDEST: Duration = Duration::from_secs(600);

/// What an issuer has proved about somebody.
pub(super) struct Proven {
    /// What the ID token says.
    pub(super) claims: TokenClaims,
    /// What userinfo says besides, where there is such an endpoint.
    pub(super) more: Option<PersonClaims>,
}

/// Hands the code in and judges what comes back.
pub(super) async fn prove(
    known: &Known,
    party: &Party,
    (issuer, attempt): (&Issuer, &Attempt),
    code: Secret,
    now: Timestamp,
) -> Result<Proven, Fault> {
    let tokens = exchange(known, party, attempt, code).await?;
    let Some(token) = tokens.id_token() else {
        return Err(lie(
            "no-id-token",
            "the issuer gives no ID token; is the scope openid allowed?",
        ));
    };
    let keys = known.keys().await;
    let judge = Judge { known, issuer, attempt, now };
    let claims = match judge.claims(token, &tokens, &keys) {
        Err(Unproven::UnknownKey(fault)) => match known.newer_keys(&keys, now).await? {
            Some(newer) => judge.claims(token, &tokens, &newer),
            None => Err(Unproven::Fault(fault)),
        },
        judged => judged,
    };
    let claims = claims.map_err(|unproven| match unproven {
        Unproven::UnknownKey(fault) | Unproven::Fault(fault) => fault,
    })?;
    let more = userinfo(known, party, &claims, tokens.access_token()).await?;
    Ok(Proven { claims, more })
}

async fn exchange(
    known: &Known,
    party: &Party,
    attempt: &Attempt,
    code: Secret,
) -> Result<Tokens, Fault> {
    let asked = party
        .exchange_code(AuthorizationCode::new(code.expose().clone()))
        .map_err(|_cause| lie("discovery", "the issuer names no token endpoint"))?
        .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()));
    asked.request_async(&known.wire).await.map_err(|cause| match cause {
        RequestTokenError::ServerResponse(said) => refusal(said.error()),
        RequestTokenError::Request(failure) => unanswered(&failure),
        RequestTokenError::Parse(cause, _body) => misshapen(&cause.into_inner()),
        RequestTokenError::Other(_) => lie("token", "the issuer's token answer is not one"),
    })
}

/// The library reads the ID token as a part of the answer. Of what it says only the name of a missing
/// claim is passed on: the rest may quote the token.
fn misshapen(cause: &serde_json::Error) -> Fault {
    let words = cause.to_string();
    let missing = words.split_once("missing field `").and_then(|(_, rest)| rest.split_once('`'));
    match missing {
        Some((name @ ("access_token" | "token_type"), _)) => {
            lie("token", format!("the issuer's token answer has no `{name}`"))
        }
        Some((name, _)) => lie("claims", format!("the ID token has no `{}`", tidy(name))),
        None => lie("token", "the issuer's token answer, or the ID token in it, is not one"),
    }
}

enum Unproven {
    /// Perhaps it is new: look again.
    UnknownKey(Fault),
    Fault(Fault),
}

impl From<Fault> for Unproven {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What an ID token is held against.
struct Judge<'a> {
    known: &'a Known,
    issuer: &'a Issuer,
    attempt: &'a Attempt,
    now: Timestamp,
}

impl Judge<'_> {
    fn claims(&self, token: &Token, tokens: &Tokens, keys: &Keys) -> Result<TokenClaims, Unproven> {
        let verifier = self.verifier(keys);
        let nonce = Nonce::new(self.attempt.nonce.clone());
        let claims = token.claims(&verifier, &nonce).map_err(|cause| {
            let fault = unbelieved(&cause);
            match cause {
                ClaimsVerificationError::SignatureVerification(
                    SignatureVerificationError::NoMatchingKey,
                ) => Unproven::UnknownKey(fault),
                _ => Unproven::Fault(fault),
            }
        })?;
        self.party_is_us(claims)?;
        self.access_token_fits(token, tokens, claims, &verifier)?;
        Ok(claims.clone())
    }

    fn verifier(&self, keys: &Keys) -> CoreIdTokenVerifier<'static> {
        let client = ClientId::new(self.issuer.client_id.clone());
        let name = self.known.metadata.issuer().clone();
        let (soonest, latest) = (earlier(self.now, OLDEST), later(self.now, SKEW));
        let (soonest, latest) = (instant(soonest), instant(latest));
        let lenient = instant(earlier(self.now, SKEW));
        let anew = self.attempt.anew.map(|since| instant(earlier(since, SKEW)));
        // A public client's verifier takes no symmetric signature, whatever it is told.
        CoreIdTokenVerifier::new_public_client(client, name, keys.set.clone())
            .set_allowed_algs(self.known.algorithms())
            // Some issuers list all clients of a project; `azp` then says that it is for us.
            .set_other_audience_verifier_fn(|_other| true)
            .set_time_fn(move || lenient)
            .set_issue_time_verifier_fn(move |signed| {
                let fits = soonest <= signed && signed <= latest;
                if fits { Ok(()) } else { Err("not signed just now".to_owned()) }
            })
            .set_auth_time_verifier_fn(move |signed_in| match (anew, signed_in) {
                (None, _) => Ok(()),
                (Some(since), Some(signed_in)) if since <= signed_in => Ok(()),
                (Some(_), _) => Err("not signed in just now".to_owned()),
            })
    }

    /// `azp`, OpenID Connect Core 1.0, 3.1.3.7, 4 and 5.
    fn party_is_us(&self, claims: &TokenClaims) -> Result<(), Fault> {
        let fits = match claims.authorized_party() {
            Some(party) => party.as_str() == self.issuer.client_id,
            None => claims.audiences().len() == 1,
        };
        if fits { Ok(()) } else { Err(lie("azp", "the ID token was given to another client")) }
    }

    /// `at_hash`, where it is there.
    fn access_token_fits(
        &self,
        token: &Token,
        tokens: &Tokens,
        claims: &TokenClaims,
        verifier: &CoreIdTokenVerifier<'_>,
    ) -> Result<(), Fault> {
        let Some(said) = claims.access_token_hash() else { return Ok(()) };
        let made = token.signing_alg().ok().zip(token.signing_key(verifier).ok()).and_then(
            |(algorithm, key)| {
                AccessTokenHash::from_token(tokens.access_token(), algorithm, key).ok()
            },
        );
        if made.as_ref() == Some(said) {
            return Ok(());
        }
        Err(lie("access-token", "the access token is not the one the ID token was given with"))
    }
}

/// What userinfo says about the same person.
async fn userinfo(
    known: &Known,
    party: &Party,
    claims: &TokenClaims,
    access: &AccessToken,
) -> Result<Option<PersonClaims>, Fault> {
    if known.metadata.userinfo_endpoint().is_none() {
        return Ok(None);
    }
    // The library would stop at a token that cannot stand in a header.
    if !access.secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(lie("token", "the issuer's access token is not one"));
    }
    let asked = party
        .user_info(access.clone(), Some(claims.subject().clone()))
        .map_err(|_cause| lie("discovery", "the issuer names no userinfo endpoint"))?;
    asked.request_async(&known.wire).await.map(Some).map_err(|cause| match cause {
        UserInfoError::ClaimsVerification(cause) => unbelieved(&cause),
        UserInfoError::Request(failure) => unanswered(&failure),
        UserInfoError::Response(status, ..) => {
            let words = format!("the issuer answers {status} where it should say who somebody is");
            let kind =
                if status.is_server_error() { FaultKind::Unavailable } else { FaultKind::BadReply };
            Fault::new(kind, "oidc.userinfo", words)
        }
        _ => lie("userinfo", "what the issuer says about the person is not as it must be"),
    })
}

/// As the library wants it; what cannot be said is the end of time, at which everything is over.
fn instant(moment: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(moment.as_second(), 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_claim_is_named_and_nothing_is_quoted() {
        let cause = |text: &str| <serde_json::Error as serde::de::Error>::custom(text);
        assert_eq!(misshapen(&cause("missing field `iat`")).code, "oidc.claims");
        assert_eq!(misshapen(&cause("missing field `access_token`")).code, "oidc.token");
        let quoting = misshapen(&cause("invalid type: string \"hunter2\", expected u64"));
        assert!(!quoting.detail.contains("hunter2"));
    }
}
