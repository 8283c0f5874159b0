//! Which certificates are taken: those of known authorities, or exactly one by its fingerprint.

use crate::failure::{FailureKind, NetFailure};
use core::fmt;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
};
use std::sync::{Arc, OnceLock};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};
use x509_parser::signature_algorithm::SignatureAlgorithm;

/// The SHA-256 of a certificate, as an admin compares it: `sha256:` and 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a certificate in DER.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }

    /// Reads what an admin pasted: with or without `sha256:` in front, colons and blanks as they like.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let digits = text.strip_prefix("sha256:").or(text.strip_prefix("sha256=")).unwrap_or(&text);
        let digits: String = digits.chars().filter(|c| *c != ':' && !c.is_whitespace()).collect();
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex::encode(self.0))
    }
}

/// Whom a client believes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trust {
    /// The machine's authorities, Mozilla's, and the extra ones.
    Authorities,
    /// One certificate, whatever it says about names and dates.
    Pinned(Fingerprint),
    /// No certificate at all: for plain http, which then need not read any authority.
    Nobody,
}

/// Why a certificate was not taken, kept whole inside the TLS library's error.
#[derive(Debug)]
pub(crate) struct Untrusted {
    host: String,
    why: String,
    presented: Fingerprint,
}

impl Untrusted {
    /// A sentence with the fingerprint, so that an admin can compare and pin it.
    pub(crate) fn words(&self) -> String {
        let Self { host, why, presented } = self;
        format!("the certificate of {host} {why}; its fingerprint is {presented}")
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

impl std::error::Error for Untrusted {}

/// The authorities of this process, read from disk when the first https client is made.
pub(crate) struct Authorities {
    extra: Vec<CertificateDer<'static>>,
    roots: OnceLock<Arc<RootCertStore>>,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorities").field("extra", &self.extra.len()).finish_non_exhaustive()
    }
}

impl Authorities {
    pub(crate) fn new(extra: Option<&str>) -> Result<Self, NetFailure> {
        let extra = extra.map_or(Ok(Vec::new()), |pem| {
            CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>()
        });
        let extra = extra.map_err(|_cause| {
            NetFailure::unsent(
                FailureKind::Certificate,
                "the extra authorities are not certificates in PEM",
            )
        })?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        Ok(Self { extra, roots: OnceLock::new(), provider })
    }

    /// A TLS configuration for clients, HTTP/1.1 only.
    pub(crate) fn tls(&self, trust: Trust) -> Result<ClientConfig, NetFailure> {
        let broken = |what: &str| {
            NetFailure::unsent(FailureKind::Certificate, format!("TLS cannot be set up: {what}"))
        };
        let verifier = match trust {
            Trust::Pinned(pin) => {
                Verifier { pin: Some(pin), by: None, provider: self.provider.clone() }
            }
            Trust::Nobody => Verifier { pin: None, by: None, provider: self.provider.clone() },
            Trust::Authorities => {
                let by = WebPkiServerVerifier::builder_with_provider(
                    self.roots(),
                    self.provider.clone(),
                )
                .build()
                .map_err(|_cause| broken("no certificate authority is known"))?;
                Verifier { pin: None, by: Some(by), provider: self.provider.clone() }
            }
        };
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|_cause| broken("no protocol version is left"))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let load = || {
            let mut roots = RootCertStore::empty();
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            let native = rustls_native_certs::load_native_certs();
            for cause in &native.errors {
                tracing::debug!(cause = %cause, "some of the machine's certificates were not read");
            }
            let (_added, ignored) = roots.add_parsable_certificates(native.certs);
            if ignored > 0 {
                tracing::debug!(ignored, "some of the machine's certificates are not usable");
            }
            roots.add_parsable_certificates(self.extra.iter().cloned());
            Arc::new(roots)
        };
        self.roots.get_or_init(load).clone()
    }
}

/// Checks by authorities (`by`) or by the pin, and says in words why not.
#[derive(Debug)]
struct Verifier {
    pin: Option<Fingerprint>,
    by: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let presented = Fingerprint::of(end_entity);
        let why = match (&self.by, self.pin) {
            (None, Some(pin)) if presented == pin => return Ok(ServerCertVerified::assertion()),
            (None, Some(pin)) => format!("is not the pinned one, which is {pin}"),
            (None, None) => "is not asked for".to_owned(),
            (Some(by), _) => {
                let checked = by.verify_server_cert(
                    end_entity,
                    intermediates,
                    server_name,
                    ocsp_response,
                    now,
                );
                match checked {
                    Ok(good) => return Ok(good),
                    Err(rustls::Error::InvalidCertificate(cause)) => words(&cause, end_entity),
                    Err(other) => return Err(other),
                }
            }
        };
        let untrusted = Untrusted { host: server_name.to_str().into_owned(), why, presented };
        let other = CertificateError::Other(OtherError(Arc::new(untrusted)));
        Err(rustls::Error::InvalidCertificate(other))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Completes "the certificate of HOST ...".
fn words(cause: &CertificateError, certificate: &[u8]) -> String {
    let parsed = X509Certificate::from_der(certificate).ok().map(|(_rest, parsed)| parsed);
    let self_signed = parsed.as_ref().is_some_and(|parsed| parsed.issuer() == parsed.subject());
    match cause {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => parsed.map_or_else(
            || "has expired".to_owned(),
            |parsed| format!("expired on {}", day(parsed.validity().not_after)),
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not good yet; is the clock right?".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let names = parsed.as_ref().map(names_of).unwrap_or_default();
            match names.as_slice() {
                [] => "is for no name at all".to_owned(),
                names => format!("is for another name ({})", tidy(&names.join(", "))),
            }
        }
        CertificateError::Revoked => "was revoked".to_owned(),
        _ if self_signed => "is self-signed".to_owned(),
        CertificateError::UnknownIssuer => {
            "is from an authority that this machine does not know".to_owned()
        }
        _ => "is not valid for a server".to_owned(),
    }
}

/// The hash of a certificate for the channel binding `tls-server-end-point` (RFC 5929, 4.1): with the hash of
/// its own signature, where that is not one of the broken ones.
pub(crate) fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
    let (_rest, parsed) = X509Certificate::from_der(certificate).ok()?;
    let signed = &parsed.signature_algorithm;
    let signature = signed.algorithm.to_id_string();
    let hash = match SignatureAlgorithm::try_from(signed) {
        Ok(SignatureAlgorithm::RSASSA_PSS(how)) => how.hash_algorithm_oid().to_id_string(),
        _ => signature,
    };
    let algorithm = match hash.as_str() {
        // MD5 and SHA-1, of RSA and ECDSA, count as SHA-256.
        "1.2.840.113549.1.1.4" | "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" | "1.3.14.3.2.26" => {
            &SHA256
        }
        "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" | "2.16.840.1.101.3.4.2.1" => &SHA256,
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" | "2.16.840.1.101.3.4.2.2" => &SHA384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" | "2.16.840.1.101.3.4.2.3" => &SHA512,
        _ => return None,
    };
    Some(digest(algorithm, certificate).as_ref().to_vec())
}

fn names_of(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let words = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(v4) => Some(std::net::Ipv4Addr::from(v4).to_string()),
            Err(_) => {
                <[u8; 16]>::try_from(*bytes).ok().map(|v6| std::net::Ipv6Addr::from(v6).to_string())
            }
        },
        _ => None,
    });
    words.take(4).collect()
}

/// What a certificate says of itself, cut and in one line: anybody may have written it.
pub(crate) fn tidy(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

/// `2027-03-01`.
pub(crate) fn day(time: x509_parser::time::ASN1Time) -> String {
    jiff::Timestamp::from_second(time.timestamp()).map_or_else(
        |_cause| "an unreadable day".to_owned(),
        |moment| moment.strftime("%Y-%m-%d").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_certificate_says_of_itself_is_one_short_line() {
        assert_eq!(tidy("Home\r\nERROR all is lost\u{1b}[31m"), "HomeERROR all is lost[31m");
        assert_eq!(tidy(&"x".repeat(60_000)).len(), 200);
    }

    #[test]
    fn a_fingerprint_is_read_as_people_paste_it() {
        let print = Fingerprint::of(b"certificate");
        let plain = print.to_string();
        let digits = plain.strip_prefix("sha256:").expect("prefix");
        let pairs: Vec<&str> =
            digits.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).expect("hex")).collect();
        for text in [plain.clone(), digits.to_uppercase(), pairs.join(":"), format!(" {plain} ")] {
            assert_eq!(Fingerprint::parse(&text), Some(print), "{text}");
        }
        assert_eq!(Fingerprint::parse("sha256:1234"), None);
        assert_eq!(Fingerprint::parse(""), None);
    }
}
