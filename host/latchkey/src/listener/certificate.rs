//! The certificate that TLS shows: our own, or files of the admin's; swapped without a restart.
//!
//! A pair that cannot be used never replaces one that can. Our own is made once, kept in the data
//! folder, and made again before it ends or when it lacks a name of ours.

mod own;
mod pair;

pub use pair::{BadCertificate, Pair};

use domain::settings::Tls;
use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// What TLS shows at the moment.
#[derive(Debug, Default)]
pub struct Certificates {
    current: RwLock<Option<Arc<Pair>>>,
}

/// Where certificates come from and what they must cover.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The mode.
    pub tls: Tls,
    /// The folder of our own pair.
    pub folder: PathBuf,
    /// Names and addresses our own certificate must be for: it is made again where it lacks one.
    pub names: Vec<String>,
    /// Further ones to name whenever it is made: they come and go, and a new certificate for each
    /// would be a new warning in every browser.
    pub also: Vec<String>,
}

impl Certificates {
    /// The pair that is shown.
    #[must_use]
    pub fn current(&self) -> Option<Arc<Pair>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads or makes the pair that the mode asks for and shows it from the next handshake on.
    /// Where files cannot be used the old pair stays; where there is none yet, our own is shown.
    ///
    /// # Errors
    /// [`BadCertificate`], in words; something is shown all the same wherever possible.
    pub fn refresh(&self, sources: &Sources, now: Timestamp) -> Result<(), BadCertificate> {
        match &sources.tls {
            Tls::Off => Ok(()),
            Tls::SelfSigned => {
                let pair =
                    own::read_or_make(&sources.folder, (&sources.names, &sources.also), now)?;
                self.show(pair);
                Ok(())
            }
            Tls::Files { certificate, key } => match pair::read(certificate, key, now) {
                Ok(pair) => {
                    self.show(pair);
                    Ok(())
                }
                Err(bad) => {
                    if self.current().is_none() {
                        let pair = own::read_or_make(
                            &sources.folder,
                            (&sources.names, &sources.also),
                            now,
                        )?;
                        self.show(pair);
                    }
                    Err(bad)
                }
            },
        }
    }

    fn show(&self, pair: Pair) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(pair));
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current().map(|pair| Arc::clone(&pair.key))
    }
}

/// TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers only, HTTP/2 before HTTP/1.1.
pub(crate) fn server_config(
    certificates: Arc<Certificates>,
) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = aws_lc_rs::Ticketer::new()?;
    Ok(config)
}

/// Names and addresses by which this machine is reached, as far as it knows them: `localhost`,
/// loopback, its host name, and the addresses it would send from. Nothing is sent to find out.
#[must_use]
pub fn machine_names() -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if let Ok(name) = std::fs::read_to_string(Path::new("/proc/sys/kernel/hostname")) {
        let name = name.trim().to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if !name.is_empty() && name.chars().all(plain) && !names.contains(&name) {
            names.push(name);
        }
    }
    names.extend(lan_addresses().iter().map(ToString::to_string));
    names
}

/// The addresses this machine would send from, loopback aside.
#[must_use]
pub fn lan_addresses() -> Vec<core::net::IpAddr> {
    // Addresses for documentation (RFC 5737, RFC 3849): connecting a datagram socket only asks for
    // the route.
    [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")]
        .into_iter()
        .filter_map(|(from, to)| {
            let socket = std::net::UdpSocket::bind(from).ok()?;
            socket.connect(to).ok()?;
            Some(socket.local_addr().ok()?.ip())
        })
        .filter(|address| !address.is_loopback() && !address.is_unspecified())
        .collect()
}
