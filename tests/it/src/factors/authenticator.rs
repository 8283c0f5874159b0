//! A passkey device in a few lines: makes credentials and signs challenges as W3C Web Authentication
//! level 3 says, sections 6.1, 6.5 and 7.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

/// Somebody is there, and has shown who they are.
const VERIFIED: u8 = 0b0000_0101;
/// Somebody is there.
pub(crate) const PRESENT: u8 = 0b0000_0001;
const WITH_KEY: u8 = 0b0100_0000;

/// A device with one passkey.
pub(crate) struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    user: Vec<u8>,
    pub(crate) origin: String,
    pub(crate) counter: u32,
    pub(crate) flags: u8,
}

impl Authenticator {
    pub(crate) fn new(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let id = digest(&SHA256, key.public_key().as_ref()).as_ref().to_vec();
        let origin = origin.to_owned();
        Self { key, id, user: Vec::new(), origin, counter: 0, flags: VERIFIED }
    }

    pub(crate) fn id(&self) -> String {
        BASE64.encode(&self.id)
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["publicKey"]["challenge"];
        let data = json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false});
        data.to_string().into_bytes()
    }

    fn data(&self, site: &str, flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, site.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// What `navigator.credentials.create` gives.
    pub(crate) fn create(&mut self, options: &Value) -> Value {
        let wishes = &options["publicKey"];
        self.user = BASE64.decode(wishes["user"]["id"].as_str().unwrap()).unwrap();
        let mut data = self.data(wishes["rp"]["id"].as_str().unwrap(), self.flags | WITH_KEY);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.public_key());
        let mut object = vec![0xa3];
        object.extend(
            [text("fmt"), text("none"), text("attStmt"), vec![0xa0], text("authData")].concat(),
        );
        object.extend(bytes(&data));
        json!({
            "id": self.id(), "rawId": self.id(), "type": "public-key",
            "response": {
                "clientDataJSON": BASE64.encode(self.client_data("webauthn.create", options)),
                "attestationObject": BASE64.encode(object),
            },
        })
    }

    /// COSE: an elliptic curve, ES256, P-256, x and y.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let (x, y) = (bytes(&point[1..33]), bytes(&point[33..65]));
        [&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21], x.as_slice(), &[0x22], y.as_slice()]
            .concat()
    }

    /// What `navigator.credentials.get` gives.
    pub(crate) fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let site = options["publicKey"]["rpId"].as_str().unwrap();
        let data = self.data(site, self.flags);
        let client = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": self.id(), "rawId": self.id(), "type": "public-key",
            "response": {
                "clientDataJSON": BASE64.encode(client),
                "authenticatorData": BASE64.encode(data),
                "signature": BASE64.encode(signature),
                "userHandle": BASE64.encode(&self.user),
            },
        })
    }
}

fn text(text: &str) -> Vec<u8> {
    let head = 0x60 | u8::try_from(text.len()).unwrap();
    [&[head], text.as_bytes()].concat()
}

fn bytes(bytes: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    [&[0x59, high, low], bytes].concat()
}
