//! The doors on loopback: TLS versions, both HTTP versions, limits, deadlines, opening and closing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use bytes::Bytes;
use core::net::SocketAddr;
use core::time::Duration;
use domain::settings::Tls;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use jiff::Timestamp;
use latchkey::listener::certificate::{Certificates, Sources};
use latchkey::listener::{Answer, Body, Door, Doors, Limits, Speaks, Visit, redirect};
use rustls::pki_types::{CertificateDer, ServerName};
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

fn now() -> Timestamp {
    // Certificates are judged by the client too, which asks the machine.
    Timestamp::try_from(std::time::UNIX_EPOCH + age()).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the client's TLS library asks the machine too")]
fn age() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap()
}

struct House {
    doors: Arc<Doors>,
    certificates: Arc<Certificates>,
    folder: tempfile::TempDir,
    arrived: Arc<Notify>,
    go_on: Arc<Notify>,
}

fn words(text: String) -> http::Response<Body> {
    let body = Full::new(Bytes::from(text));
    http::Response::new(body.boxed_unsync())
}

impl House {
    fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificates = Arc::new(Certificates::default());
        certificates.refresh(&own(folder.path()), now()).unwrap();
        let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (came, may_go) = (Arc::clone(&arrived), Arc::clone(&go_on));
        let answer: Answer = Arc::new(move |request, visit: Visit| {
            let (came, may_go) = (Arc::clone(&came), Arc::clone(&may_go));
            Box::pin(async move {
                if request.uri().path() == "/wait" {
                    came.notify_one();
                    may_go.notified().await;
                }
                words(format!("{:?} tls={}", request.version(), visit.tls))
            })
        });
        let redirect = redirect(Arc::new(|_host| None));
        let doors = Doors::new(answer, redirect, Arc::clone(&certificates), limits).unwrap();
        Self { doors: Arc::new(doors), certificates, folder, arrived, go_on }
    }

    async fn open(&self, speaks: Speaks) -> SocketAddr {
        let door = Door { address: "127.0.0.1:0".parse().unwrap(), speaks };
        let failed = self.doors.set(&[door]).await;
        assert!(failed.is_empty(), "{}", failed[0]);
        self.doors.opened().await[0].bound
    }

    fn leaf(&self) -> CertificateDer<'static> {
        self.certificates.current().unwrap().key.cert[0].clone()
    }
}

fn own(folder: &Path) -> Sources {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    Sources { tls: Tls::SelfSigned, folder: folder.join("tls"), names, also: Vec::new() }
}

async fn tls(
    address: SocketAddr,
    leaf: CertificateDer<'static>,
    versions: &[&'static rustls::SupportedProtocolVersion],
    alpn: &[&[u8]],
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(leaf).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Sends bytes and reads until the other end closes.
async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is an end, too.
    let _ended = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn both_http_versions_are_spoken_over_both_tls_versions() {
    let house = House::with(Limits::default());
    let address = house.open(Speaks::Https).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut stream = tls(address, house.leaf(), &[version], &[]).await.unwrap();
        stream.write_all(GET).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("HTTP/1.1 tls=true"), "{text}");

        let stream = tls(address, house.leaf(), &[version], &[b"h2"]).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        let request = http::Request::get("https://localhost/").body(Empty::<Bytes>::new()).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "HTTP/2.0 tls=true");
    }
}

#[tokio::test]
async fn tls_1_1_is_refused() {
    let house = House::with(Limits::default());
    let address = house.open(Speaks::Https).await;
    // A greeting as RFC 4346 has it: TLS 1.1, one suite with forward secrecy, no extensions.
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x13, 1, 0]);
    let mut record = vec![22, 3, 1, 0, u8::try_from(hello.len() + 4).unwrap(), 1, 0, 0];
    record.push(u8::try_from(hello.len()).unwrap());
    record.extend(hello);
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&record).await.unwrap();
    let mut answer = Vec::new();
    let _ended = stream.read_to_end(&mut answer).await;
    assert_eq!(answer.first(), Some(&21), "an alert");
    assert!([Some(&70), Some(&40)].contains(&answer.last()), "protocol version: {answer:?}");
}

#[tokio::test]
async fn http_on_a_tls_port_is_told_what_to_do() {
    let house = House::with(Limits::default());
    let address = house.open(Speaks::Https).await;
    let answer = raw(address, GET).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("https://"), "{answer}");
}

#[tokio::test]
async fn whoever_dribbles_is_cut_off() {
    let short = Duration::from_millis(50);
    let house = House::with(Limits { head: short, handshake: short, ..Limits::default() });
    let plain = house.open(Speaks::Http).await;
    assert_eq!(raw(plain, b"GET / HTTP/1.1\r\nhost: local").await, "", "half a head");
    let tls_door = house.open(Speaks::Https).await;
    assert_eq!(raw(tls_door, &[22, 3, 1]).await, "", "half a handshake");
    assert_eq!(raw(tls_door, b"").await, "", "nothing at all");
}

#[tokio::test]
async fn a_silent_http_2_connection_ends() {
    let limits = Limits { head: Duration::from_millis(50), ..Limits::default() };
    let house = House::with(limits);
    let address = house.open(Speaks::Https).await;
    let tls13 = [&rustls::version::TLS13];
    let mut silent = tls(address, house.leaf(), &tls13, &[b"h2"]).await.unwrap();
    let mut bytes = Vec::new();
    let _ended = silent.read_to_end(&mut bytes).await;
    let mut greeted = tls(address, house.leaf(), &tls13, &[b"h2"]).await.unwrap();
    greeted.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let _ended = greeted.read_to_end(&mut bytes).await;
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let house = House::with(Limits::default());
    let address = house.open(Speaks::Http).await;
    let many: String = (0..101).map(|number| format!("x-{number}: 1\r\n")).collect();
    let large = format!("x: {}\r\n", "a".repeat(17 * 1024));
    for fields in [many, large] {
        let request = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n");
        let answer = raw(address, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer:?}");
    }
    assert!(raw(address, GET).await.ends_with("HTTP/1.1 tls=false"));
}

#[tokio::test]
async fn a_port_in_use_is_named_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let house = House::with(Limits::default());
    let failed = house.doors.set(&[Door { address, speaks: Speaks::Https }]).await;
    assert_eq!(
        failed[0].to_string(),
        format!(
            "could not listen on {address}: another program uses this port; stop it, or choose \
             another address with server.listen or --listen"
        )
    );
    let nowhere = "192.0.2.1:0".parse().unwrap();
    let failed = house.doors.set(&[Door { address: nowhere, speaks: Speaks::Redirect }]).await;
    assert!(failed[0].to_string().ends_with("no such address; correct server.listen_http"));
}

#[tokio::test]
async fn an_ipv6_door_leaves_ipv4_alone() {
    let house = House::with(Limits::default());
    let four = house.open(Speaks::Http).await;
    let six = SocketAddr::new("::".parse().unwrap(), four.port());
    let doors = [
        Door { address: "127.0.0.1:0".parse().unwrap(), speaks: Speaks::Http },
        Door { address: six, speaks: Speaks::Http },
    ];
    match house.doors.set(&doors).await.first() {
        None => assert_eq!(house.doors.opened().await.len(), 2),
        // A machine without IPv6 has nothing to show here.
        Some(not) => assert_ne!(not.cause.kind(), std::io::ErrorKind::AddrInUse, "{not}"),
    }
}

#[tokio::test]
async fn doors_are_moved_while_requests_under_way_are_finished() {
    let house = House::with(Limits::default());
    let old = house.open(Speaks::Http).await;
    let request = b"GET /wait HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let waiting = tokio::spawn(async move { raw(old, request).await });
    house.arrived.notified().await;
    let new = house.open(Speaks::Https).await;
    assert!(TcpStream::connect(old).await.is_err(), "the old door is closed");
    // The same port, spoken otherwise.
    let door = Door { address: new, speaks: Speaks::Http };
    assert!(house.doors.set(&[door]).await.is_empty());
    assert!(raw(new, GET).await.ends_with("HTTP/1.1 tls=false"));
    let doors = Arc::clone(&house.doors);
    let closing = tokio::spawn(async move { doors.close().await });
    house.go_on.notify_one();
    assert!(waiting.await.unwrap().ends_with("HTTP/1.1 tls=false"));
    closing.await.unwrap();
}

#[tokio::test]
async fn what_does_not_end_in_time_is_dropped() {
    let house = House::with(Limits { close: Duration::from_millis(50), ..Limits::default() });
    let address = house.open(Speaks::Http).await;
    let waiting =
        tokio::spawn(async move { raw(address, b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n").await });
    house.arrived.notified().await;
    house.doors.close().await;
    assert_eq!(waiting.await.unwrap(), "");
}

#[tokio::test]
async fn certificates_are_swapped_without_a_restart_and_bad_ones_are_not() {
    let house = House::with(Limits::default());
    let address = house.open(Speaks::Https).await;
    let first = house.certificates.current().unwrap();
    house.certificates.refresh(&own(house.folder.path()), now()).unwrap();
    assert_eq!(house.certificates.current().unwrap().fingerprint, first.fingerprint, "kept");

    let other = tempfile::tempdir().unwrap();
    let theirs = Certificates::default();
    theirs.refresh(&own(other.path()), now()).unwrap();
    let path = |folder: &Path, name: &str| folder.join("tls").join(name);
    let files = |key_folder: &Path| Sources {
        tls: Tls::Files {
            certificate: path(other.path(), "self-signed.pem"),
            key: path(key_folder, "self-signed.key"),
        },
        ..own(house.folder.path())
    };
    let bad = house.certificates.refresh(&files(house.folder.path()), now()).unwrap_err();
    assert!(bad.to_string().contains("the key belongs to another certificate"), "{bad}");
    assert_eq!(house.certificates.current().unwrap().fingerprint, first.fingerprint);

    house.certificates.refresh(&files(other.path()), now()).unwrap();
    let leaf = house.leaf();
    assert_ne!(house.certificates.current().unwrap().fingerprint, first.fingerprint);
    let stream = tls(address, leaf.clone(), &[&rustls::version::TLS13], &[]).await.unwrap();
    assert_eq!(stream.get_ref().1.peer_certificates().unwrap()[0], leaf);

    let over =
        house.certificates.refresh(&files(other.path()), "2099-01-01T00:00:00Z".parse().unwrap());
    assert!(over.unwrap_err().why.contains("renew it"));
}

#[test]
fn our_own_certificate_is_made_again_in_time_and_for_new_names() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::default();
    let mut sources = own(folder.path());
    let begin: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let print = |certificates: &Certificates| certificates.current().unwrap().fingerprint.clone();
    certificates.refresh(&sources, begin).unwrap();
    let first = print(&certificates);
    let mode = folder.path().join("tls/self-signed.key").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    certificates.refresh(&sources, "2027-02-01T12:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(print(&certificates), first);
    certificates.refresh(&sources, "2027-03-15T12:00:00Z".parse().unwrap()).unwrap();
    let second = print(&certificates);
    assert_ne!(second, first, "30 days before its end");
    sources.names.push("home.example.org".into());
    certificates.refresh(&sources, "2027-03-16T12:00:00Z".parse().unwrap()).unwrap();
    assert_ne!(print(&certificates), second, "for a new name");
    assert!(certificates.current().unwrap().covers("home.example.org"));
}
