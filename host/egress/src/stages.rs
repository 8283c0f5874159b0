//! A destination tried step by step, in words for the person who typed it: name, connection, certificate.

use crate::client::{Client, host_words};
use crate::diagnosis::{connect_failure, timed_out_words};
use crate::dial;
use crate::failure::{FailureKind, NetFailure};
use crate::policy::CONNECT;
use crate::tcp::{Destination, Dialer};
use crate::trust::{Fingerprint, Trust, day, tidy};
use domain::plugins::{Stage, StageOutcome};
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use url::Url;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// From here on a certificate that ends soon is worth a warning.
const ENDS_SOON_DAYS: i64 = 14;

/// The stages, in order; after one that failed the rest is skipped. With the failure, where there was one.
#[derive(Debug, Clone)]
pub struct Stages {
    /// `resolve`, `connect`, and where it is HTTP `certificate`.
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
        skip_rest(&["resolve", "connect", "certificate"], &mut report.stages);
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
            Some(url::Host::Domain(name)) => named(name, found),
            _ => (StageOutcome::Passed, format!("{host} is an address")),
        };
        let addresses = noted(stages, "resolve", started, found, words)?;

        let port = url.port_or_known_default().unwrap_or(443);
        let started = Instant::now();
        let connected = dial::connect(&addresses, port, &host).await;
        let (stream, address) = noted(stages, "connect", started, connected, answers)?;

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
        dial::resolve(&self.names, url.host_str().unwrap_or_default(), self.policy.reach).await
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

impl Dialer {
    /// Tries a destination step by step and sends nothing: name and connection. Whether TLS comes, and
    /// when, is the protocol's.
    pub async fn stages(&self, to: &Destination) -> Stages {
        let mut report = Stages { stages: Vec::new(), failure: None };
        if let Err(failure) = self.try_stages(to, &mut report.stages).await {
            report.failure = Some(failure);
        }
        skip_rest(&["resolve", "connect"], &mut report.stages);
        report
    }

    async fn try_stages(
        &self,
        to: &Destination,
        stages: &mut Vec<Stage>,
    ) -> Result<(), NetFailure> {
        let (host, name) = (to.to_string(), to.name());
        let started = Instant::now();
        let found = dial::resolve(&self.names, &name, self.policy.reach).await;
        let words = |found: &Vec<IpAddr>| match to.literal() {
            None => named(&name, found),
            Some(_) => (StageOutcome::Passed, format!("{name} is an address")),
        };
        let addresses = noted(stages, "resolve", started, found, words)?;
        let started = Instant::now();
        let connected = dial::connect(&addresses, to.port(), &host).await;
        noted(stages, "connect", started, connected, answers)?;
        Ok(())
    }
}

fn named(name: &str, found: &[IpAddr]) -> (StageOutcome, String) {
    let list: Vec<String> = found.iter().map(ToString::to_string).collect();
    (StageOutcome::Passed, format!("{name} is {}", list.join(", ")))
}

fn answers((_, address): &(TcpStream, SocketAddr)) -> (StageOutcome, String) {
    (StageOutcome::Passed, format!("{address} answers"))
}

fn skip_rest(names: &[&str], stages: &mut Vec<Stage>) {
    for name in names.iter().skip(stages.len()) {
        stages.push(Stage {
            name: (*name).to_owned(),
            outcome: StageOutcome::Skipped,
            detail: "not tried".to_owned(),
            took_ms: 0,
        });
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
