//! A certificate chain with its key, read and checked.

use core::fmt;
use jiff::{Timestamp, ToSpan as _};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// A pair that fits together.
pub struct Pair {
    /// For rustls.
    pub key: Arc<CertifiedKey>,
    /// SHA-256 of the leaf, in pairs of digits as browsers show it.
    pub fingerprint: String,
    /// When the leaf begins.
    pub not_before: Timestamp,
    /// When the leaf ends.
    pub not_after: Timestamp,
    /// Its names and addresses.
    pub names: Vec<String>,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair")
            .field("fingerprint", &self.fingerprint)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

impl Pair {
    /// Whether it is for that host, wildcards considered.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        self.names.iter().any(|name| {
            name.eq_ignore_ascii_case(host)
                || name.strip_prefix("*.").is_some_and(|domain| {
                    host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain))
                })
        })
    }

    /// Whether it ends within `days`.
    #[must_use]
    pub fn ends_within(&self, days: i64, now: Timestamp) -> bool {
        now.checked_add((days * 24).hours()).map_or(true, |then| self.not_after <= then)
    }
}

/// Why a pair cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not use the certificate {}: {why}", path.display())]
pub struct BadCertificate {
    /// The file it is about.
    pub path: PathBuf,
    /// What is wrong and what to do.
    pub why: String,
}

impl BadCertificate {
    pub(crate) fn new(path: &Path, why: impl Into<String>) -> Self {
        Self { path: path.to_owned(), why: why.into() }
    }
}

/// Reads PEM files: the chain, leaf first, and the leaf's key.
pub(crate) fn read(certificate: &Path, key: &Path, now: Timestamp) -> Result<Pair, BadCertificate> {
    let text = |path: &Path| {
        std::fs::read(path)
            .map_err(|cause| BadCertificate::new(path, format!("it could not be read: {cause}")))
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text(certificate)?)
        .collect::<Result<_, _>>()
        .map_err(|cause| BadCertificate::new(certificate, format!("it is not PEM: {cause}")))?;
    if chain.is_empty() {
        let why = "it holds no CERTIFICATE block; is it the key, or DER instead of PEM?";
        return Err(BadCertificate::new(certificate, why));
    }
    let private = PrivateKeyDer::from_pem_slice(&text(key)?).map_err(|_cause| {
        let why = "it holds no private key in PEM without a passphrase";
        BadCertificate::new(key, why)
    })?;
    let pair = fit(chain, private).map_err(|why| BadCertificate::new(certificate, why))?;
    if pair.not_after <= now {
        let why = format!("it ended on {}; renew it", pair.not_after);
        return Err(BadCertificate::new(certificate, why));
    }
    if pair.not_before > now {
        let why = format!("it begins only on {}; is this machine's clock right?", pair.not_before);
        return Err(BadCertificate::new(certificate, why));
    }
    Ok(pair)
}

/// Puts a chain and a key together.
pub(crate) fn fit(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Pair, String> {
    let leaf = chain.first().ok_or("it is empty")?.clone();
    let (_, parsed) = X509Certificate::from_der(&leaf)
        .map_err(|cause| format!("its first certificate cannot be read: {cause}"))?;
    let validity = parsed.validity();
    let moment = |seconds: i64| {
        Timestamp::from_second(seconds).map_err(|cause| format!("its dates are odd: {cause}"))
    };
    let not_before = moment(validity.not_before.timestamp())?;
    let not_after = moment(validity.not_after.timestamp())?;
    let names = names(&parsed);
    let key =
        CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(|cause| {
            match cause {
                rustls::Error::InconsistentKeys(_) => {
                    "the key belongs to another certificate; put the matching one beside it"
                        .to_owned()
                }
                other => format!("the key cannot be used: {other}"),
            }
        })?;
    let digest = aws_lc_rs_digest(&leaf);
    Ok(Pair { key: Arc::new(key), fingerprint: digest, not_before, not_after, names })
}

fn aws_lc_rs_digest(leaf: &CertificateDer<'_>) -> String {
    let digest = ::aws_lc_rs::digest::digest(&::aws_lc_rs::digest::SHA256, leaf);
    let pairs: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => {
                <[u8; 4]>::try_from(*bytes).ok().map(|v4| core::net::Ipv4Addr::from(v4).to_string())
            }
            16 => <[u8; 16]>::try_from(*bytes)
                .ok()
                .map(|v6| core::net::Ipv6Addr::from(v6).to_string()),
            _ => None,
        },
        _ => None,
    };
    names.value.general_names.iter().filter_map(name).collect()
}
