//! Access tokens as bytes: made, and taken apart without believing anything.
//!
//! Guarantees: one algorithm (ES256), one type (`at+jwt`, RFC 9068), one audience, one issuer that stays
//! the same when keys change; one key signs, earlier ones only verify, each until its own end; times are
//! checked against the clock given. Does not: say what a user may do; a token names a session and the
//! session is looked up. Nor keep keys; [`crate::key_ring`] does.

use crate::error::{Result, ServiceError};
use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::ids::{SessionId, UserId};
use domain::secret::Secret;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

/// What our tokens are for; no other kind of token has it.
const AUDIENCE: &str = "urn:latchkey:api";
const TYPE: &str = "at+jwt";
/// The layout of the claims.
const VERSION: u32 = 1;
/// No token of ours is longer.
const LONGEST: usize = 2_048;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    jti: String,
    iat: i64,
    exp: i64,
    auth_time: i64,
    ver: u32,
}

/// A token to make.
pub(crate) struct AccessToken<'a> {
    pub(crate) user: &'a UserId,
    pub(crate) session: &'a SessionId,
    pub(crate) id: [u8; 16],
    pub(crate) proved_at: Timestamp,
    pub(crate) now: Timestamp,
    pub(crate) until: Timestamp,
}

/// The key that signs, as it is sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SigningKey {
    /// PKCS #8, base64.
    pkcs8: String,
    /// Since when it signs.
    pub(crate) made_at: Timestamp,
}

/// A key that signed before: what is left of it can only verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FormerKey {
    /// The public point, base64.
    public: String,
    /// From then on it verifies nothing.
    pub(crate) until: Timestamp,
}

impl SigningKey {
    /// A new one.
    pub(crate) fn fresh(now: Timestamp) -> Result<Self> {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(|_unspecified| ServiceError::internal("could not make a signing key"))?;
        Ok(Self { pkcs8: BASE64_STANDARD.encode(pkcs8.as_ref()), made_at: now })
    }

    /// One that was sealed alone, before there were several.
    pub(crate) fn alone(pkcs8: &Secret, now: Timestamp) -> Self {
        Self { pkcs8: pkcs8.expose().clone(), made_at: now }
    }

    /// What stays of it when another one signs.
    pub(crate) fn former(&self, until: Timestamp) -> Result<FormerKey> {
        Ok(FormerKey { public: BASE64_STANDARD.encode(self.pair()?.1), until })
    }

    /// The issuer that a household has whose first key this is.
    pub(crate) fn issuer(&self) -> Result<String> {
        Ok(format!("urn:latchkey:{}", kid(&self.pair()?.1)))
    }

    /// The private key's bytes and the public ones.
    fn pair(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        let broken = || ServiceError::internal("the kept signing key is broken");
        let pkcs8 = BASE64_STANDARD.decode(&self.pkcs8).map_err(|_text| broken())?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8)
            .map_err(|_rejected| broken())?;
        Ok((pkcs8, pair.public_key().as_ref().to_vec()))
    }
}

/// A key's name in the header of what it signed.
fn kid(public: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, public)).chars().take(16).collect()
}

/// A key that verifies.
struct Verifier {
    kid: String,
    key: DecodingKey,
    /// None: it signs.
    until: Option<Timestamp>,
}

/// Makes tokens and takes them apart.
pub(crate) struct Signer {
    issuer: String,
    kid: String,
    encoding: EncodingKey,
    verifiers: Vec<Verifier>,
    validation: Validation,
}

impl Signer {
    /// From kept keys.
    pub(crate) fn new(issuer: &str, key: &SigningKey, former: &[FormerKey]) -> Result<Self> {
        let (pkcs8, public) = key.pair()?;
        let signs =
            Verifier { kid: kid(&public), key: DecodingKey::from_ec_der(&public), until: None };
        let mut verifiers = vec![signs];
        for old in former {
            let broken = |_text| ServiceError::internal("a kept former key is broken");
            let public = BASE64_STANDARD.decode(&old.public).map_err(broken)?;
            let key = DecodingKey::from_ec_der(&public);
            verifiers.push(Verifier { kid: kid(&public), key, until: Some(old.until) });
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            kid: kid(&public),
            encoding: EncodingKey::from_ec_der(&pkcs8),
            verifiers,
            validation: validation(issuer),
        })
    }

    /// The name of the key that signs.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// Signs.
    pub(crate) fn issue(&self, token: &AccessToken<'_>) -> Result<Secret> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.kid.clone());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: token.user.to_string(),
            sid: token.session.to_string(),
            jti: domain::ids::encode(token.id),
            iat: token.now.as_second(),
            exp: token.until.as_second(),
            auth_time: token.proved_at.as_second(),
            ver: VERSION,
        };
        let text = jsonwebtoken::encode(&header, &claims, &self.encoding)
            .map_err(ServiceError::internal)?;
        Ok(Secret::new(text))
    }

    /// Whose session it names, if everything about it is as we make it. Any defect looks alike.
    pub(crate) fn open(&self, text: &str, now: Timestamp) -> Option<(UserId, SessionId)> {
        if text.len() > LONGEST {
            return None;
        }
        // The header only chooses among our own keys; the signature covers it.
        let named = jsonwebtoken::decode_header(text).ok()?.kid?;
        let verifier = self.verifiers.iter().find(|verifier| verifier.kid == named)?;
        if verifier.until.is_some_and(|until| until <= now) {
            return None;
        }
        let token = jsonwebtoken::decode::<Claims>(text, &verifier.key, &self.validation).ok()?;
        let header_fits = token.header.typ.as_deref() == Some(TYPE) && token.header.crit.is_none();
        let claims = token.claims;
        let second = now.as_second();
        let holds = claims.ver == VERSION && claims.iat <= second && second < claims.exp;
        if !header_fits || !holds {
            return None;
        }
        Some((UserId::parse(&claims.sub)?, SessionId::parse(&claims.sid)?))
    }
}

/// Times are not the library's business: it would ask the machine's clock and allow a minute.
fn validation(issuer: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.leeway = 0;
    validation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use core::time::Duration;

    const ISSUER: &str = "urn:latchkey:house";

    fn moment(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn alone() -> Signer {
        Signer::new(ISSUER, &SigningKey::fresh(moment(0)).unwrap(), &[]).unwrap()
    }

    fn token(signer: &Signer) -> (String, UserId, SessionId) {
        let user = UserId::from_random([1; 16]);
        let session = SessionId::from_random([2; 16]);
        let text = signer
            .issue(&AccessToken {
                user: &user,
                session: &session,
                id: Random::system().bytes(),
                proved_at: moment(1_000),
                now: moment(1_000),
                until: crate::clock::later(moment(1_000), Duration::from_secs(60)),
            })
            .unwrap();
        (text.expose().clone(), user, session)
    }

    #[test]
    fn a_token_opens_until_its_end_and_not_before_its_beginning() {
        let signer = alone();
        let (text, user, session) = token(&signer);
        assert_eq!(signer.open(&text, moment(1_000)), Some((user.clone(), session.clone())));
        assert_eq!(signer.open(&text, moment(1_059)), Some((user, session)));
        assert_eq!(signer.open(&text, moment(1_060)), None);
        assert_eq!(signer.open(&text, moment(999)), None);
    }

    #[test]
    fn a_former_key_verifies_until_its_end_and_signs_no_more() {
        let (old, new) =
            (SigningKey::fresh(moment(0)).unwrap(), SigningKey::fresh(moment(9)).unwrap());
        let (text, ..) = token(&Signer::new(ISSUER, &old, &[]).unwrap());
        let former = old.former(moment(1_030)).unwrap();
        assert!(!serde_json::to_string(&former).unwrap().contains(&old.pkcs8));
        let ring = Signer::new(ISSUER, &new, &[former]).unwrap();
        assert!(ring.open(&text, moment(1_029)).is_some());
        assert!(ring.open(&text, moment(1_030)).is_none(), "its time is over");
        let (fresh, ..) = token(&ring);
        let named = jsonwebtoken::decode_header(&fresh).unwrap().kid;
        assert_eq!(named.as_deref(), Some(ring.kid()));
        assert_ne!(named, jsonwebtoken::decode_header(&text).unwrap().kid);
        assert!(Signer::new(ISSUER, &new, &[]).unwrap().open(&text, moment(1_000)).is_none());
    }

    #[test]
    fn a_forged_or_foreign_token_opens_nothing() {
        let (signer, other) = (alone(), alone());
        let (text, ..) = token(&signer);
        assert_eq!(other.open(&text, moment(1_000)), None, "the key is unknown");
        let (head, rest) = text.split_once('.').unwrap();
        let header = |kid: &str, alg: &str| {
            let header = format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"{kid}"}}"#);
            base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(header)
        };
        for forged in [header(&signer.kid, "none"), header(&signer.kid, "HS256")] {
            assert_eq!(signer.open(&format!("{forged}.{rest}"), moment(1_000)), None);
        }
        // A token of another key that names one of ours.
        let (foreign, ..) = token(&other);
        let (_, rest) = foreign.split_once('.').unwrap();
        for named in [header(&signer.kid, "ES256"), head.to_owned()] {
            assert_eq!(signer.open(&format!("{named}.{rest}"), moment(1_000)), None);
        }
        for garbage in ["", ".", "..", "a.b.c", &"x".repeat(5_000)] {
            assert_eq!(signer.open(garbage, moment(1_000)), None);
        }
    }

    #[test]
    fn another_type_issuer_or_no_key_opens_nothing() {
        let key = SigningKey::fresh(moment(0)).unwrap();
        let signer = Signer::new(ISSUER, &key, &[]).unwrap();
        let (text, ..) = token(&signer);
        let verifier = signer.verifiers.first().unwrap();
        let claims: Claims =
            jsonwebtoken::decode(&text, &verifier.key, &signer.validation).unwrap().claims;
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(signer.kid.clone());
        let plain = jsonwebtoken::encode(&header, &claims, &signer.encoding).unwrap();
        assert_eq!(signer.open(&plain, moment(1_000)), None, "typ JWT");
        (header.typ, header.kid) = (Some(TYPE.to_owned()), None);
        let nameless = jsonwebtoken::encode(&header, &claims, &signer.encoding).unwrap();
        assert_eq!(signer.open(&nameless, moment(1_000)), None, "no kid");
        let elsewhere = Signer::new("urn:latchkey:elsewhere", &key, &[]).unwrap();
        assert_eq!(elsewhere.open(&text, moment(1_000)), None, "another issuer");
    }
}
