//! Certificates made for a test.

use rcgen::{CertificateParams, KeyPair};
use std::sync::Arc;

/// A certificate for some names, and a server that has it.
pub(crate) struct Identity {
    pub(crate) der: Vec<u8>,
    pub(crate) pem: String,
    pub(crate) config: Arc<rustls::ServerConfig>,
}

/// A self-signed one; `change` has the last word on what it says.
pub(crate) fn identity(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    Identity { der: certificate.der().to_vec(), pem: certificate.pem(), config: Arc::new(config) }
}
