//! Connections for other protocols, with real servers on loopback: where they lead, whom they believe, when
//! they go on with TLS, how they fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[path = "certificates/identity.rs"]
mod identity;

use core::time::Duration;
use domain::plugins::StageOutcome;
use egress::{
    Connection, Destination, Dialer, Egress, FailureKind, Fingerprint, NetFailure, Options, Policy,
    Reach, Security, Trust,
};
use identity::identity;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const WAIT: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(50);

struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

/// Serves everybody with this.
async fn serve<F>(each: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Server
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections: Arc<AtomicUsize> = Arc::default();
    let count = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(each(stream));
        }
    });
    Server { port, connections }
}

/// Says this and stays.
async fn says(words: &'static str) -> Server {
    serve(move |mut stream| async move {
        stream.write_all(words.as_bytes()).await.unwrap();
        std::future::pending::<()>().await;
    })
    .await
}

fn with(options: Options, reach: Reach, trust: Trust) -> Dialer {
    Egress::new(options).unwrap().dialer(Policy { reach, trust }).unwrap()
}

fn dialer() -> Dialer {
    with(Options::default(), Reach::AdminTyped, Trust::Authorities)
}

fn hosts(names: &[(&str, &str)]) -> Options {
    let pair = |(name, address): &(&str, &str)| {
        let address: IpAddr = address.parse().unwrap();
        ((*name).to_owned(), vec![address])
    };
    Options { hosts: names.iter().map(pair).collect::<BTreeMap<_, _>>(), ..Options::default() }
}

async fn open(
    dialer: &Dialer,
    host: &str,
    port: u16,
    security: Security,
) -> Result<Connection, NetFailure> {
    dialer.connect(&Destination::parse(host, port).unwrap(), security, WAIT).await
}

fn kind<T: std::fmt::Debug>(result: Result<T, NetFailure>) -> (FailureKind, bool) {
    let failure = result.expect_err("failure");
    (failure.kind, failure.maybe_sent)
}

#[tokio::test]
async fn words_go_both_ways_and_the_end_is_empty() {
    let server = serve(|mut stream| async move {
        stream.write_all(b"220 hello\r\n").await.unwrap();
        let mut four = [0; 4];
        stream.read_exact(&mut four).await.unwrap();
        stream.write_all(&four).await.unwrap();
    })
    .await;
    let mut connection = open(&dialer(), "localhost", server.port, Security::Plain).await.unwrap();
    assert_eq!(connection.read(3, WAIT).await.unwrap(), b"220");
    assert_eq!(connection.read(100, WAIT).await.unwrap(), b" hello\r\n");
    let late = connection.read(100, SHORT).await;
    assert_eq!(kind(late), (FailureKind::TimedOut, false));
    connection.write(b"abcd", WAIT).await.unwrap();
    assert_eq!(connection.read(100, WAIT).await.unwrap(), b"abcd", "usable after a late read");
    assert_eq!(connection.read(100, WAIT).await.unwrap(), b"");
    assert_eq!(connection.server_end_point(), None);
}

#[tokio::test]
async fn forbidden_addresses_are_not_connected_to_by_any_name() {
    let server = says("220 hello\r\n").await;
    let options = hosts(&[("meta.example", "169.254.169.254"), ("home.example", "127.0.0.1")]);
    let typed = with(options.clone(), Reach::AdminTyped, Trust::Authorities);
    for host in
        ["meta.example", "169.254.169.254", "2852039166", "::ffff:169.254.169.254", "fe80::1"]
    {
        let refused = open(&typed, host, server.port, Security::Plain).await;
        assert_eq!(kind(refused), (FailureKind::NotAllowed, false), "{host}");
    }
    let public = with(options, Reach::Public, Trust::Authorities);
    for host in ["home.example", "127.0.0.1", "0x7f.1", "::1"] {
        let refused = open(&public, host, server.port, Security::Plain).await;
        assert_eq!(kind(refused), (FailureKind::NotAllowed, false), "{host}");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
    open(&typed, "home.example", server.port, Security::Plain).await.unwrap();
}

#[tokio::test]
async fn a_closed_port_a_missing_name_and_a_server_without_tls_are_told_apart() {
    let typed = with(
        Options { hosts: BTreeMap::from([("gone.example".into(), vec![])]), ..Options::default() },
        Reach::AdminTyped,
        Trust::Authorities,
    );
    let gone = open(&typed, "gone.example", 25, Security::Plain).await;
    assert_eq!(kind(gone), (FailureKind::NameLookup, false));
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let nobody = open(&typed, "127.0.0.1", port, Security::Plain).await;
    assert_eq!(kind(nobody), (FailureKind::Unreachable, false));
    let plain = says("220 hello\r\n").await;
    let failure = open(&typed, "127.0.0.1", plain.port, Security::Tls).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Protocol);
    assert!(failure.detail.ends_with("answered something that is not TLS"), "{}", failure.detail);
    let closing = serve(|_stream| async {}).await;
    let closed = open(&typed, "127.0.0.1", closing.port, Security::Tls).await;
    assert_eq!(kind(closed), (FailureKind::Closed, false));
    let silent = says("").await;
    let to = Destination::parse("127.0.0.1", silent.port).unwrap();
    let late = typed.connect(&to, Security::Tls, SHORT).await;
    assert_eq!(kind(late), (FailureKind::TimedOut, false));
}

/// Secures the connection, says hello, and stays.
async fn secured(config: &Arc<rustls::ServerConfig>) -> Server {
    let config = config.clone();
    serve(move |stream| {
        let acceptor = tokio_rustls::TlsAcceptor::from(config.clone());
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            stream.write_all(b"220 secured\r\n").await.unwrap();
            std::future::pending::<()>().await;
        }
    })
    .await
}

#[tokio::test]
async fn certificates_are_believed_by_authority_or_by_pin_and_refused_in_words() {
    let good = identity(&["mail.example"], |_| {});
    let server = secured(&good.config).await;
    let mut options = hosts(&[("mail.example", "127.0.0.1"), ("other.example", "127.0.0.1")]);
    options.extra_authorities = Some(good.pem.clone());
    let typed = with(options, Reach::AdminTyped, Trust::Authorities);
    let mut connection = open(&typed, "mail.example.", server.port, Security::Tls).await.unwrap();
    assert_eq!(connection.read(100, WAIT).await.unwrap(), b"220 secured\r\n");
    // The certificate is signed with ECDSA and SHA-256.
    let binding = connection.server_end_point().unwrap();
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &good.der);
    assert_eq!(binding, hash.as_ref());
    let twice = connection.start_tls(WAIT).await;
    assert_eq!(kind(twice), (FailureKind::Protocol, false));

    let other = open(&typed, "other.example", server.port, Security::Tls).await.unwrap_err();
    assert_eq!(other.kind, FailureKind::Certificate);
    assert!(other.detail.contains("is for another name (mail.example)"), "{}", other.detail);
    let refused = open(&dialer(), "127.0.0.1", server.port, Security::Tls).await.unwrap_err();
    let print = Fingerprint::of(&good.der);
    assert_eq!((refused.kind, refused.maybe_sent), (FailureKind::Certificate, false));
    assert!(refused.detail.contains(&print.to_string()), "{}", refused.detail);
    let pinned = with(Options::default(), Reach::AdminTyped, Trust::Pinned(print));
    open(&pinned, "127.0.0.1", server.port, Security::Tls).await.unwrap();
}

#[tokio::test]
async fn a_connection_goes_on_with_tls() {
    let good = identity(&["mail.example"], |_| {});
    let config = good.config.clone();
    let server = serve(move |mut stream| {
        let acceptor = tokio_rustls::TlsAcceptor::from(config.clone());
        async move {
            stream.write_all(b"220 go\r\n").await.unwrap();
            let mut stream = acceptor.accept(stream).await.unwrap();
            let mut four = [0; 4];
            stream.read_exact(&mut four).await.unwrap();
            stream.write_all(&four).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    })
    .await;
    let pinned = Trust::Pinned(Fingerprint::of(&good.der));
    let typed = with(Options::default(), Reach::AdminTyped, pinned);
    let mut connection = open(&typed, "127.0.0.1", server.port, Security::Plain).await.unwrap();
    assert_eq!(connection.read(100, WAIT).await.unwrap(), b"220 go\r\n");
    connection.start_tls(WAIT).await.unwrap();
    connection.write(b"abcd", WAIT).await.unwrap();
    assert_eq!(connection.read(100, WAIT).await.unwrap(), b"abcd");
    assert_eq!(connection.read(100, WAIT).await.unwrap(), b"", "an end that was said");
}

#[tokio::test]
async fn nothing_that_came_in_the_open_is_read_under_tls() {
    // Before the handshake: it waits in the socket.
    let early = says("220 go\r\n250 injected\r\n").await;
    let mut connection = open(&dialer(), "127.0.0.1", early.port, Security::Plain).await.unwrap();
    assert_eq!(connection.read(8, WAIT).await.unwrap(), b"220 go\r\n");
    let refused = connection.start_tls(WAIT).await.unwrap_err();
    assert_eq!((refused.kind, refused.maybe_sent), (FailureKind::Protocol, false));
    assert!(
        refused.detail.ends_with("sent more in the open before TLS began"),
        "{}",
        refused.detail
    );
    assert_eq!(kind(connection.read(100, WAIT).await).0, FailureKind::Closed);
    assert_eq!(kind(connection.write(b"x", WAIT).await), (FailureKind::Closed, false));

    // Into the handshake: it is no TLS.
    let late = serve(|mut stream| async move {
        stream.write_all(b"220 go\r\n").await.unwrap();
        let mut hello = [0; 5];
        stream.read_exact(&mut hello).await.unwrap();
        stream.write_all(b"250 injected\r\n").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let mut connection = open(&dialer(), "127.0.0.1", late.port, Security::Plain).await.unwrap();
    assert_eq!(connection.read(100, WAIT).await.unwrap(), b"220 go\r\n");
    let broken = connection.start_tls(WAIT).await;
    assert_eq!(kind(broken), (FailureKind::Protocol, false));
    assert_eq!(kind(connection.read(100, WAIT).await).0, FailureKind::Closed);
}

#[tokio::test]
async fn a_cut_under_tls_is_no_end() {
    let good = identity(&["mail.example"], |_| {});
    let config = good.config.clone();
    let server = serve(move |stream| {
        let acceptor = tokio_rustls::TlsAcceptor::from(config.clone());
        async move {
            let mut stream = acceptor.accept(stream).await.unwrap();
            stream.write_all(b"250 o").await.unwrap();
            stream.flush().await.unwrap();
        }
    })
    .await;
    let pinned = Trust::Pinned(Fingerprint::of(&good.der));
    let typed = with(Options::default(), Reach::AdminTyped, pinned);
    let mut connection = open(&typed, "127.0.0.1", server.port, Security::Tls).await.unwrap();
    assert_eq!(connection.read(100, WAIT).await.unwrap(), b"250 o");
    assert_eq!(kind(connection.read(100, WAIT).await), (FailureKind::Closed, false));
}

#[tokio::test]
async fn a_server_that_does_not_read_is_late_and_may_have_seen_some() {
    let server = says("").await;
    let mut connection = open(&dialer(), "127.0.0.1", server.port, Security::Plain).await.unwrap();
    let stuck = connection.write(&vec![b'x'; 32 << 20], SHORT).await;
    assert_eq!(kind(stuck), (FailureKind::TimedOut, true));
    let after = connection.write(b"x", SHORT).await;
    assert_eq!(kind(after), (FailureKind::Closed, false), "a broken conversation is over");
}

#[tokio::test]
async fn the_last_words_of_a_server_that_hung_up_are_read_after_a_failed_write() {
    let server = serve(|mut stream| async move {
        stream.readable().await.unwrap();
        stream.write_all(b"552 too large\r\n").await.unwrap();
    })
    .await;
    let mut connection = open(&dialer(), "127.0.0.1", server.port, Security::Plain).await.unwrap();
    let cut = connection.write(&vec![b'x'; 32 << 20], WAIT).await;
    assert_eq!(kind(cut), (FailureKind::Closed, true));
    assert_eq!(kind(connection.write(b"x", WAIT).await), (FailureKind::Closed, false));
    assert_eq!(kind(connection.start_tls(WAIT).await), (FailureKind::Closed, false));
    assert_eq!(connection.read(100, WAIT).await.unwrap(), b"552 too large\r\n");
}

#[tokio::test]
async fn a_destination_is_tried_step_by_step() {
    let server = says("220 hello\r\n").await;
    let report = dialer().stages(&Destination::parse("127.0.0.1", server.port).unwrap()).await;
    let seen: Vec<(&str, StageOutcome)> =
        report.stages.iter().map(|stage| (stage.name.as_str(), stage.outcome)).collect();
    assert_eq!(seen, [("resolve", StageOutcome::Passed), ("connect", StageOutcome::Passed)]);
    assert_eq!(report.failure, None);
    let typed =
        with(hosts(&[("meta.example", "169.254.169.254")]), Reach::AdminTyped, Trust::Authorities);
    let report = typed.stages(&Destination::parse("meta.example", 25).unwrap()).await;
    let outcomes: Vec<StageOutcome> = report.stages.iter().map(|stage| stage.outcome).collect();
    assert_eq!(outcomes, [StageOutcome::Failed, StageOutcome::Skipped]);
    assert_eq!(report.failure.map(|failure| failure.kind), Some(FailureKind::NotAllowed));
}
