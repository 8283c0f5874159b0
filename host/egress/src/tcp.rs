//! Connections for protocols other than HTTP: plain, TLS from the first byte, or TLS from some point on.
//!
//! A name is looked up once and the connection goes to a checked address. No byte that came in the open
//! is ever taken for one that came under TLS. Every operation has an end. What the bytes mean is the
//! caller's.

use crate::diagnosis::{handshake_failure, stream_failure, timed_out_words};
use crate::dial;
use crate::failure::{FailureKind, NetFailure};
use crate::names::Names;
use crate::policy::{HANDSHAKE, Policy};
use crate::trust::{Authorities, end_point};
use core::fmt;
use core::mem::{MaybeUninit, replace};
use core::time::Duration;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

/// Bytes of one read at most.
const CHUNK: usize = 64 << 10;

/// A host and a port, as an admin types them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    host: Host<String>,
    port: u16,
}

impl Destination {
    /// A name or an address in any notation, IPv6 with or without brackets, and a port above 0.
    #[must_use]
    pub fn parse(host: &str, port: u16) -> Option<Self> {
        let host = host.trim();
        let bare_v6 = host.matches(':').count() > 1 && !host.starts_with('[');
        let parsed = if bare_v6 { Host::parse(&format!("[{host}]")) } else { Host::parse(host) };
        parsed.ok().filter(|_| port > 0).map(|host| Self { host, port })
    }

    /// The address, where it is one.
    #[must_use]
    pub fn literal(&self) -> Option<IpAddr> {
        match self.host {
            Host::Ipv4(v4) => Some(v4.into()),
            Host::Ipv6(v6) => Some(v6.into()),
            Host::Domain(_) => None,
        }
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What is looked up, and what a certificate must be for.
    pub(crate) fn name(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.trim_end_matches('.').to_owned(),
            Host::Ipv4(v4) => v4.to_string(),
            Host::Ipv6(v6) => v6.to_string(),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// How a connection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// In the open.
    Plain,
    /// With TLS.
    Tls,
}

/// Makes connections within one policy. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Dialer {
    pub(crate) names: Arc<Names>,
    pub(crate) policy: Policy,
    tls: Arc<ClientConfig>,
}

impl Dialer {
    pub(crate) fn new(
        names: Arc<Names>,
        authorities: &Authorities,
        policy: Policy,
    ) -> Result<Self, NetFailure> {
        let mut tls = authorities.tls(policy.trust)?;
        // Which protocol it is is not ours to say.
        tls.alpn_protocols.clear();
        Ok(Self { names, policy, tls: Arc::new(tls) })
    }

    /// Connects, and with [`Security::Tls`] checks who answers.
    ///
    /// # Errors
    /// [`NetFailure`]; `protocol` where something answers that is not TLS. Nothing of the caller's was
    /// sent.
    pub async fn connect(
        &self,
        to: &Destination,
        security: Security,
        within: Duration,
    ) -> Result<Connection, NetFailure> {
        let host = to.to_string();
        let standing = async {
            let name = to.name();
            let addresses = dial::resolve(&self.names, &name, self.policy.reach).await?;
            let (stream, _address) = dial::connect(&addresses, to.port, &host).await?;
            Ok(Connection {
                host: host.clone(),
                name,
                tls: self.tls.clone(),
                stream: Stream::Plain(stream),
                written: false,
                unwritable: false,
            })
        };
        let deadline = Instant::now() + within;
        let late = || NetFailure::unsent(FailureKind::TimedOut, timed_out_words(&host));
        let mut connection = timeout_at(deadline, standing).await.map_err(|_elapsed| late())??;
        if security == Security::Tls {
            let left = deadline.saturating_duration_since(Instant::now());
            connection.secure(left).await?;
        }
        Ok(connection)
    }
}

enum Stream {
    Plain(TcpStream),
    Secured(Box<TlsStream<TcpStream>>),
    /// After a failed handshake: what was said by then nobody knows.
    Broken,
}

/// One connection. Dropping it closes it.
pub struct Connection {
    /// For the words.
    host: String,
    /// For the certificate.
    name: String,
    tls: Arc<ClientConfig>,
    stream: Stream,
    /// Whether the other side may have seen anything of the caller's.
    written: bool,
    /// After a failed write: how much of it was taken nobody knows, so nothing may follow it.
    unwritable: bool,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Connection {
    /// Waits for at least one byte and takes at most `max` (and 64 KiB); empty at the end of the stream.
    ///
    /// Cancel safety: nothing that was read is lost.
    ///
    /// # Errors
    /// `timed-out` leaves the connection as it was. A TLS stream that was cut without a word is `closed`,
    /// not an end.
    pub async fn read(&mut self, max: usize, within: Duration) -> Result<Vec<u8>, NetFailure> {
        let mut bytes = vec![0; max.clamp(1, CHUNK)];
        let reading = async {
            match &mut self.stream {
                Stream::Plain(stream) => stream.read(&mut bytes).await,
                Stream::Secured(stream) => stream.read(&mut bytes).await,
                Stream::Broken => Err(io::ErrorKind::NotConnected.into()),
            }
        };
        match timeout(within, reading).await {
            Ok(Ok(count)) => {
                bytes.truncate(count);
                Ok(bytes)
            }
            Ok(Err(cause)) => Err(stream_failure(&cause, &self.host, self.written)),
            Err(_elapsed) => {
                let detail = format!("{} did not answer in time", self.host);
                Err(NetFailure::sent(FailureKind::TimedOut, self.written, detail))
            }
        }
    }

    /// Writes all of it. After a failure nothing more is written, but what the other side said before it
    /// hung up can still be read.
    ///
    /// # Errors
    /// `maybe_sent` is false only where nothing of these bytes can have left.
    pub async fn write(&mut self, bytes: &[u8], within: Duration) -> Result<(), NetFailure> {
        if self.unwritable {
            return Err(self.over());
        }
        let mut left = false;
        let writing = async {
            match &mut self.stream {
                Stream::Plain(stream) => write_plain(stream, bytes, &mut left).await,
                Stream::Secured(stream) => {
                    // A record may go out although the call that filled it failed.
                    left = !bytes.is_empty();
                    stream.write_all(bytes).await?;
                    stream.flush().await
                }
                Stream::Broken => Err(io::ErrorKind::NotConnected.into()),
            }
        };
        let failure = match timeout(within, writing).await {
            Ok(Ok(())) => {
                self.written |= !bytes.is_empty();
                return Ok(());
            }
            Ok(Err(cause)) => stream_failure(&cause, &self.host, left),
            Err(_elapsed) => {
                let detail = format!("{} did not take what it was sent in time", self.host);
                NetFailure::sent(FailureKind::TimedOut, left, detail)
            }
        };
        self.written |= left;
        self.unwritable = true;
        Err(failure)
    }

    /// Goes on with TLS and checks who answers.
    ///
    /// # Errors
    /// `protocol` where bytes of the open part wait to be read: somebody in between may have put them
    /// there to be taken for secured ones (CVE-2011-0411 and its like); also where it is secured already,
    /// or where something answers that is not TLS. Nothing of the caller's was sent.
    pub async fn start_tls(&mut self, within: Duration) -> Result<(), NetFailure> {
        if self.unwritable {
            return Err(self.over());
        }
        let refuse = |why: String| Err(NetFailure::unsent(FailureKind::Protocol, why));
        match &self.stream {
            Stream::Plain(stream) => match waiting(stream) {
                Ok(false) => self.secure(within).await,
                Ok(true) => {
                    self.stream = Stream::Broken;
                    refuse(format!("{} sent more in the open before TLS began", self.host))
                }
                Err(cause) => {
                    let failure = stream_failure(&cause, &self.host, false);
                    self.stream = Stream::Broken;
                    Err(failure)
                }
            },
            Stream::Secured(_) => {
                refuse(format!("the connection to {} has TLS already", self.host))
            }
            Stream::Broken => Err(self.over()),
        }
    }

    /// The channel binding `tls-server-end-point` of RFC 5929; none on a plain connection, and where the
    /// certificate's signature has no hash of its own.
    #[must_use]
    pub fn server_end_point(&self) -> Option<Vec<u8>> {
        let Stream::Secured(stream) = &self.stream else { return None };
        let (_stream, session) = stream.get_ref();
        end_point(session.peer_certificates()?.first()?)
    }

    /// Nothing of what was to come is sent.
    fn over(&self) -> NetFailure {
        stream_failure(&io::ErrorKind::NotConnected.into(), &self.host, false)
    }

    async fn secure(&mut self, within: Duration) -> Result<(), NetFailure> {
        let host = self.host.clone();
        let name = ServerName::try_from(self.name.clone()).map_err(|_cause| {
            let detail = format!("{host} is no name a certificate could have");
            NetFailure::unsent(FailureKind::Certificate, detail)
        })?;
        let Stream::Plain(stream) = replace(&mut self.stream, Stream::Broken) else {
            let detail = format!("the connection to {host} cannot begin TLS any more");
            return Err(NetFailure::unsent(FailureKind::Protocol, detail));
        };
        let handshake = TlsConnector::from(self.tls.clone()).connect(name, stream);
        match timeout(within.min(HANDSHAKE), handshake).await {
            Ok(Ok(secured)) => {
                self.stream = Stream::Secured(Box::new(secured));
                Ok(())
            }
            Ok(Err(cause)) => Err(handshake_failure(&cause, &host)),
            Err(_elapsed) => {
                let detail = format!("{host} did not begin TLS in time");
                Err(NetFailure::unsent(FailureKind::TimedOut, detail))
            }
        }
    }
}

async fn write_plain(stream: &mut TcpStream, mut bytes: &[u8], left: &mut bool) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = stream.write(bytes).await?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        *left = true;
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(())
}

/// Whether bytes wait to be read. Asked of the system itself: what the runtime knows may be a moment old.
fn waiting(stream: &TcpStream) -> io::Result<bool> {
    let mut one = [MaybeUninit::uninit(); 1];
    match socket2::SockRef::from(stream).peek(&mut one) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(_) => Ok(true),
        Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(cause) => Err(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_read_in_every_notation_of_its_address() {
        for (host, words, is_address) in [
            ("smtp.example.org", "smtp.example.org:587", false),
            (" SMTP.Example.org. ", "smtp.example.org.:587", false),
            ("127.0.0.1", "127.0.0.1:587", true),
            ("0x7f.1", "127.0.0.1:587", true),
            ("2852039166", "169.254.169.254:587", true),
            ("::1", "[::1]:587", true),
            ("[::1]", "[::1]:587", true),
        ] {
            let found = Destination::parse(host, 587).expect(host);
            assert_eq!(
                (found.to_string().as_str(), found.literal().is_some()),
                (words, is_address)
            );
        }
        for host in ["", "a b", "a/b", "user@a", "smtp://a", "a:25", "a?b", "a#b", "[::1]:25"] {
            assert_eq!(Destination::parse(host, 587), None, "{host}");
        }
        assert_eq!(Destination::parse("a.example", 0), None);
    }
}
