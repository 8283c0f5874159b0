//! Access tokens as bytes: made, and taken apart without believing anything.
//!
//! Guarantees: one algorithm (ES256), one key, one type (`at+jwt`, RFC 9068), one issuer, one
//! audience; times are checked against the clock given. Does not: say what a user may do; a token
//! names a session and the session is looked up.

use crate::error::{Result, ServiceError};
use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
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

/// Makes tokens and takes them apart.
pub(crate) struct Signer {
    kid: String,
    issuer: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Signer {
    /// A new key, as PKCS #8 in base64, to be sealed.
    pub(crate) fn fresh_key() -> Result<Secret> {
        use base64::Engine as _;
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(|_unspecified| ServiceError::internal("could not make a signing key"))?;
        Ok(Secret::new(base64::prelude::BASE64_STANDARD.encode(pkcs8.as_ref())))
    }

    /// From the kept key.
    pub(crate) fn new(key: &Secret) -> Result<Self> {
        use base64::Engine as _;
        let broken = || ServiceError::internal("the kept signing key is broken");
        let pkcs8 =
            base64::prelude::BASE64_STANDARD.decode(key.expose()).map_err(|_text| broken())?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8)
            .map_err(|_rejected| broken())?;
        let public = pair.public_key().as_ref();
        let thumbprint = hex::encode(digest::digest(&digest::SHA256, public));
        let kid: String = thumbprint.chars().take(16).collect();
        let issuer = format!("urn:latchkey:{kid}");
        Ok(Self {
            validation: validation(&issuer),
            issuer,
            kid,
            encoding: EncodingKey::from_ec_der(&pkcs8),
            decoding: DecodingKey::from_ec_der(public),
        })
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
        let token = jsonwebtoken::decode::<Claims>(text, &self.decoding, &self.validation).ok()?;
        let header_fits = token.header.typ.as_deref() == Some(TYPE)
            && token.header.kid.as_deref() == Some(self.kid.as_str())
            && token.header.crit.is_none();
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

    fn moment(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
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
        let signer = Signer::new(&Signer::fresh_key().unwrap()).unwrap();
        let (text, user, session) = token(&signer);
        assert_eq!(signer.open(&text, moment(1_000)), Some((user.clone(), session.clone())));
        assert_eq!(signer.open(&text, moment(1_059)), Some((user, session)));
        assert_eq!(signer.open(&text, moment(1_060)), None);
        assert_eq!(signer.open(&text, moment(999)), None);
    }

    #[test]
    fn a_forged_or_foreign_token_opens_nothing() {
        use base64::Engine as _;
        let signer = Signer::new(&Signer::fresh_key().unwrap()).unwrap();
        let other = Signer::new(&Signer::fresh_key().unwrap()).unwrap();
        let (text, ..) = token(&signer);
        assert_eq!(other.open(&text, moment(1_000)), None);
        let (_, rest) = text.split_once('.').unwrap();
        for header in [r#"{"alg":"none","typ":"at+jwt"}"#, r#"{"alg":"HS256","typ":"at+jwt"}"#] {
            let forged =
                format!("{}.{rest}", base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(header));
            assert_eq!(signer.open(&forged, moment(1_000)), None, "{header}");
        }
        for garbage in ["", ".", "..", "a.b.c", &"x".repeat(5_000)] {
            assert_eq!(signer.open(garbage, moment(1_000)), None);
        }
    }

    #[test]
    fn another_type_of_token_opens_nothing() {
        let signer = Signer::new(&Signer::fresh_key().unwrap()).unwrap();
        let (text, ..) = token(&signer);
        let claims: Claims =
            jsonwebtoken::decode(&text, &signer.decoding, &signer.validation).unwrap().claims;
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(signer.kid.clone());
        let plain = jsonwebtoken::encode(&header, &claims, &signer.encoding).unwrap();
        assert_eq!(signer.open(&plain, moment(1_000)), None, "typ JWT");
    }
}
