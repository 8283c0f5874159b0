//! What goes wrong with an issuer, as codes an admin can look up.
//!
//! Guarantees: no sentence holds a secret, a token, a claim's value or what a stranger sent. Does not:
//! speak to the person who signs in; they read one sentence whatever it was.

use domain::fault::{Fault, FaultKind};
use egress::{FailureKind, NetFailure};
use openidconnect::core::CoreErrorResponseType;
use openidconnect::{ClaimsVerificationError, SignatureVerificationError};

/// The issuer says something it must not, or leaves out what it must say.
pub(super) fn lie(code: &str, words: impl Into<String>) -> Fault {
    Fault::new(FaultKind::BadReply, format!("oidc.{code}"), words)
}

/// The browser came back with something that is not of this attempt.
pub(super) fn stray(code: &str, words: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Forbidden, format!("oidc.{code}"), words)
}

/// It cannot work as it is set up.
pub(super) fn misset(code: &str, words: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Misconfigured, format!("oidc.{code}"), words)
}

/// A request that got no answer.
pub(super) fn unanswered(failure: &NetFailure) -> Fault {
    let (kind, code) = match failure.kind {
        FailureKind::NotAllowed => (FaultKind::Misconfigured, "oidc.not-allowed"),
        FailureKind::Certificate => (FaultKind::Misconfigured, "oidc.certificate"),
        FailureKind::NameLookup | FailureKind::Unreachable | FailureKind::Closed => {
            (FaultKind::Unavailable, "oidc.unreachable")
        }
        FailureKind::TimedOut => (FaultKind::TimedOut, "oidc.timed-out"),
        FailureKind::TooLarge | FailureKind::Protocol => (FaultKind::BadReply, "oidc.bad-reply"),
    };
    Fault::new(kind, code, failure.detail.clone())
}

/// What the token endpoint says instead of tokens.
pub(super) fn refusal(said: &CoreErrorResponseType) -> Fault {
    match said {
        CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => {
            let words = "the issuer does not accept the client id or the client secret";
            Fault::new(FaultKind::CredentialRejected, "oidc.client", words)
        }
        CoreErrorResponseType::InvalidGrant => {
            stray("code", "the issuer does not accept the code: it is unknown, used or over")
        }
        other => {
            let word = tidy(other.as_ref());
            lie("token", format!("the issuer gives no token and says `{word}`"))
        }
    }
}

/// Why an ID token is not believed.
pub(super) fn unbelieved(cause: &ClaimsVerificationError) -> Fault {
    use ClaimsVerificationError as Claims;
    match cause {
        Claims::Expired(_) => {
            lie("expired", "the ID token is over, or not yet good; is the clock right?")
        }
        Claims::InvalidAudience(_) => lie("audience", "the ID token is for somebody else"),
        Claims::InvalidIssuer(_) => lie("token-issuer", "the ID token is of another issuer"),
        Claims::InvalidNonce(_) => {
            lie("nonce", "the ID token is of another attempt: its nonce differs")
        }
        Claims::InvalidSubject(_) => {
            lie("userinfo-subject", "the issuer's two answers are about two persons")
        }
        Claims::InvalidAuthTime(_) => {
            lie("auth-time", "the issuer does not say that the person has just signed in there")
        }
        Claims::SignatureVerification(cause) => unsigned(cause),
        _ => lie("claims", "the ID token is not as it must be"),
    }
}

fn unsigned(cause: &SignatureVerificationError) -> Fault {
    use SignatureVerificationError as Signature;
    match cause {
        Signature::NoSignature => lie("unsigned", "the ID token is not signed"),
        Signature::DisallowedAlg(_) | Signature::UnsupportedAlg(_) => lie(
            "algorithm",
            "the ID token is signed by a method that the issuer does not announce or that is not accepted",
        ),
        Signature::NoMatchingKey => lie("key", "the issuer has no key that fits the ID token"),
        Signature::AmbiguousKeyId(_) => {
            lie("key", "the ID token does not say by which of the issuer's keys it is signed")
        }
        _ => lie("signature", "the signature of the ID token is wrong"),
    }
}

/// A word that a stranger wrote, for a log: short, one line, nothing but what such words are made of.
pub(super) fn tidy(text: &str) -> String {
    let fits = |letter: &char| letter.is_ascii_alphanumeric() || "_-.".contains(*letter);
    text.chars().filter(fits).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_word_is_short_and_plain() {
        assert_eq!(tidy("access_denied"), "access_denied");
        assert_eq!(tidy("a\r\nERROR <b>"), "aERRORb");
        assert_eq!(tidy(&"x".repeat(500)).len(), 40);
    }

    #[test]
    fn each_failure_on_the_wire_has_its_code() {
        let failure = |kind| {
            let failure = NetFailure { kind, maybe_sent: false, detail: "x".to_owned() };
            unanswered(&failure).code
        };
        assert_eq!(failure(FailureKind::Certificate), "oidc.certificate");
        assert_eq!(failure(FailureKind::Closed), "oidc.unreachable");
        assert_eq!(failure(FailureKind::TooLarge), "oidc.bad-reply");
    }
}
