//! Keys, and signatures with any header one likes.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::OnceLock;

/// A key with its name.
pub(super) struct Key {
    pub(super) kid: String,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

impl Key {
    /// RS256, 2048 bits. Made once a process for each `number`, since that takes a while.
    pub(super) fn rsa(kid: &str, number: usize) -> Option<Self> {
        static MADE: [OnceLock<Option<Vec<u8>>>; 3] = [const { OnceLock::new() }; 3];
        let made = MADE.get(number)?.get_or_init(|| {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
            let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().ok()?;
            Some(der.as_ref().to_vec())
        });
        let pair = RsaKeyPair::from_pkcs8(made.as_ref()?).ok()?;
        Some(Self { kid: kid.to_owned(), pair: Pair::Rsa(Box::new(pair)) })
    }

    /// ES256.
    pub(super) fn ec(kid: &str) -> Option<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
        Some(Self { kid: kid.to_owned(), pair: Pair::Ec(Box::new(pair)) })
    }

    /// Its method's name.
    pub(super) fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
        }
    }

    /// As it is published.
    pub(super) fn public(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => {
                let (modulus, exponent) = numbers(pair.public_key().as_ref());
                json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
                       "n": text(modulus), "e": text(exponent)})
            }
            Pair::Ec(pair) => {
                // 0x04, x, y.
                let point = pair.public_key().as_ref();
                let (x, y) = point.get(1..).unwrap_or_default().split_at(32);
                json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
                       "x": text(x), "y": text(y)})
            }
        }
    }

    /// A token with that header.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let made =
                    pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature);
                // A signature that could not be made is a wrong one.
                if made.is_ok() { signature } else { Vec::new() }
            }
            Pair::Ec(pair) => pair
                .sign(&random, message.as_bytes())
                .map_or_else(|_unmade| Vec::new(), |made| made.as_ref().to_vec()),
        };
        format!("{message}.{}", text(&signature))
    }
}

/// A token with HS256.
pub(super) fn sign_with_secret(secret: &[u8], claims: &Value) -> String {
    let message = message(&json!({"alg": "HS256", "typ": "JWT"}), claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    format!("{message}.{}", text(hmac::sign(&key, message.as_bytes()).as_ref()))
}

/// A token without a signature.
pub(super) fn unsigned(claims: &Value) -> String {
    format!("{}.", message(&json!({"alg": "none", "typ": "JWT"}), claims))
}

/// The first half of a digest, as `at_hash` has it.
pub(super) fn half_hash(of: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, of.as_bytes());
    text(digest.as_ref().get(..16).unwrap_or_default())
}

/// What a PKCE verifier was announced as.
pub(super) fn challenge(verifier: &str) -> String {
    text(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes()).as_ref())
}

/// A fresh name for something.
pub(super) fn fresh() -> String {
    let mut bytes = [0; 16];
    // A client must not take what anybody can guess.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() { String::new() } else { text(&bytes) }
}

fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()))
}

pub(super) fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Modulus and exponent of a PKCS#1 public key (RFC 8017, A.1.1) of 2048 bits: a sequence, an integer with
/// a zero in front, an integer.
fn numbers(der: &[u8]) -> (&[u8], &[u8]) {
    let modulus = der.get(9..265).unwrap_or_default();
    let exponent = der.get(267..).unwrap_or_default();
    (modulus, exponent)
}

/// A part of a token as JSON.
pub(super) fn json(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
