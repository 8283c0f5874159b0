//! A destination tried step by step, in words for the person who typed it: name, connection, certificate.

use crate::client::{Client, host_words};
use crate::diagnosis::{connect_failure, timed_out_words};
use crate::failure::{FailureKind, NetFailure};
use crate::policy::CONNECT;
use crate::trust::{Fingerprint, Trust, day, tidy};
use domain::plugins::{Stage, StageOutcome};
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use url::Url;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// From here on a certificate that ends soon is worth a warning.
const ENDS_SOON_DAYS: i64 = 14;

/// The three stages, in order; after one that failed the rest is skipped. With the failure, where there
/// was one.
#[derive(Debug, Clone)]
pub struct Stages {
    /// `resolve`, `connect`, `certificate`.
    pub stages: Vec<Stage>,
    /// Why it stopped.
    pub failure: Option<NetFailure>,
}

impl Client {
    /// Tries a destination step by step and sends nothing through it. `now` is what the certificate's
    /// end is compared with.
    pub async fn stages(&self, url: &Url, now: Timestamp) -> Stages {
        let mut report = Stages { stages: Vec::new(), failure: None };
        if let Err(failure) = self.try_stages(url, now, &mut report.stages).await {
            report.failure = Some(failure);
        }
        for name in ["resolve", "connect", "certificate"].iter().skip(report.stages.len()) {
            report.stages.push(Stage {
                name: (*name).to_owned(),
                outcome: StageOutcome::Skipped,
                detail: "not tried".to_owned(),
                took_ms: 0,
            });
        }
        report
    }

    async fn try_stages(
        &self,
        url: &Url,
        now: Timestamp,
        stages: &mut Vec<Stage>,
    ) -> Result<(), NetFailure> {
        let host = host_words(url);
        let started = Instant::now();
        let found = self.resolve(url, &host).await;
        let words = |found: &Vec<IpAddr>| match url.host() {
            Some(url::Host::Domain(name)) => {
                let list: Vec<String> = found.iter().map(ToString::to_string).collect();
                (StageOutcome::Passed, format!("{name} is {}", list.join(", ")))
            }
            _ => (StageOutcome::Passed, format!("{host} is an address")),
        };
        let addresses = noted(stages, "resolve", started, found, words)?;

        let port = url.port_or_known_default().unwrap_or(443);
        let started = Instant::now();
        let connected = connect(&addresses, port, &host).await;
        let words = |(_, address): &(TcpStream, SocketAddr)| {
            (StageOutcome::Passed, format!("{address} answers"))
        };
        let (stream, address) = noted(stages, "connect", started, connected, words)?;

        if url.scheme() != "https" {
            stages.push(without_tls(address.ip()));
            return Ok(());
        }
        let started = Instant::now();
        let certificate = self.handshake(url, stream, &host).await;
        let words = |der: &Vec<u8>| self.certificate_words(der, now);
        noted(stages, "certificate", started, certificate, words)?;
        Ok(())
    }

    async fn resolve(&self, url: &Url, host: &str) -> Result<Vec<IpAddr>, NetFailure> {
        self.check(url, host)?;
        let name = url.host_str().unwrap_or_default();
        let looking = self.names.lookup(name, self.policy.reach);
        match timeout(CONNECT, looking).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(cause)) => Err(connect_failure(&io::Error::other(cause), host)),
            Err(_elapsed) => Err(NetFailure::unsent(
                FailureKind::NameLookup,
                format!("the name {name} could not be looked up in time"),
            )),
        }
    }

    /// The end-entity certificate, once the handshake stands.
    async fn handshake(
        &self,
        url: &Url,
        stream: TcpStream,
        host: &str,
    ) -> Result<Vec<u8>, NetFailure> {
        let bare = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(bare).map_err(|_cause| {
            let detail = format!("{host} is no name a certificate could have");
            NetFailure::unsent(FailureKind::Certificate, detail)
        })?;
        let connector = tokio_rustls::TlsConnector::from(Arc::clone(&self.tls));
        match timeout(CONNECT, connector.connect(name, stream)).await {
            Ok(Ok(secured)) => {
                let (_stream, session) = secured.get_ref();
                let first = session.peer_certificates().and_then(|chain| chain.first());
                Ok(first.map(|der| der.to_vec()).unwrap_or_default())
            }
            Ok(Err(cause)) => Err(connect_failure(&cause, host)),
            Err(_elapsed) => {
                let detail = timed_out_words(host);
                Err(NetFailure::unsent(FailureKind::TimedOut, detail))
            }
        }
    }

    fn certificate_words(&self, der: &[u8], now: Timestamp) -> (StageOutcome, String) {
        let print = Fingerprint::of(der);
        let Ok((_rest, certificate)) = X509Certificate::from_der(der) else {
            return (StageOutcome::Passed, format!("pinned, {print}"));
        };
        let end = certificate.validity().not_after;
        let until = day(end);
        if matches!(self.policy.trust, Trust::Pinned(_)) {
            return (StageOutcome::Passed, format!("the pinned one, good until {until}"));
        }
        let issuer = certificate.issuer();
        let by = issuer
            .iter_organization()
            .chain(issuer.iter_common_name())
            .find_map(|attribute| attribute.as_str().ok())
            .map_or_else(|| "an unnamed authority".to_owned(), tidy);
        let left = (end.timestamp() - now.as_second()) / 86_400;
        if left < ENDS_SOON_DAYS {
            let words = format!("from {by}, ends on {until}, in {left} days");
            return (StageOutcome::Warned, words);
        }
        (StageOutcome::Passed, format!("from {by}, good until {until}"))
    }
}

/// Notes how a stage went and hands its value on.
fn noted<T>(
    stages: &mut Vec<Stage>,
    name: &str,
    started: Instant,
    result: Result<T, NetFailure>,
    words: impl FnOnce(&T) -> (StageOutcome, String),
) -> Result<T, NetFailure> {
    let (outcome, detail) = match &result {
        Ok(value) => words(value),
        Err(failure) => (StageOutcome::Failed, failure.detail.clone()),
    };
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    stages.push(Stage { name: name.to_owned(), outcome, detail, took_ms });
    result
}

fn without_tls(address: IpAddr) -> Stage {
    let (outcome, detail) = if address.is_loopback() {
        (StageOutcome::Skipped, "plain http on this machine: there is no certificate")
    } else {
        (StageOutcome::Warned, "plain http: whoever is on the way can read passwords")
    };
    Stage { name: "certificate".to_owned(), outcome, detail: detail.to_owned(), took_ms: 0 }
}

async fn connect(
    addresses: &[IpAddr],
    port: u16,
    host: &str,
) -> Result<(TcpStream, SocketAddr), NetFailure> {
    let mut last = None;
    for address in addresses.iter().take(4) {
        let address = SocketAddr::new(*address, port);
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, address)),
            Ok(Err(cause)) => last = Some(cause),
            Err(_elapsed) => last = Some(io::ErrorKind::TimedOut.into()),
        }
    }
    let cause = last.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into());
    Err(connect_failure(&cause, host))
}
