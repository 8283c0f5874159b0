//! What a client does with real servers on loopback: where it connects, whom it believes, how it fails.
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
    Client, Egress, FailureKind, Fingerprint, NetFailure, Options, Policy, Reach, Request, Trust,
};
use http::Method;
use identity::identity;
use rcgen::date_time_ymd;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

/// What a server does with each request on a connection.
#[derive(Clone, Copy)]
enum Behaviour {
    /// Sends these bytes and waits for the next request.
    Say(&'static [u8]),
    /// Sends these bytes and closes.
    SayAndClose(&'static [u8]),
    /// Never answers.
    Silence,
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello";

struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<std::sync::Mutex<Vec<String>>>,
}

impl Server {
    async fn start(behaviour: Behaviour, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (server.connections.clone(), server.requests.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (requests, tls) = (requests.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, behaviour, &requests).await,
                        Some(config) => {
                            let accepted = tokio_rustls::TlsAcceptor::from(config).accept(stream);
                            if let Ok(stream) = accepted.await {
                                serve(stream, behaviour, &requests).await;
                            }
                        }
                    }
                });
            }
        });
        server
    }

    fn url(&self, rest: &str) -> Url {
        format!("http://{}{rest}", self.address).parse().unwrap()
    }

    fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    behaviour: Behaviour,
    requests: &std::sync::Mutex<Vec<String>>,
) {
    let mut seen = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        while !seen.windows(4).any(|four| four == b"\r\n\r\n") {
            match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return,
                Ok(read) => seen.extend_from_slice(&chunk[..read]),
            }
        }
        requests.lock().unwrap().push(String::from_utf8_lossy(&seen).into_owned());
        seen.clear();
        match behaviour {
            Behaviour::Say(bytes) => stream.write_all(bytes).await.unwrap(),
            Behaviour::SayAndClose(bytes) => {
                stream.write_all(bytes).await.unwrap();
                stream.shutdown().await.ok();
                return;
            }
            Behaviour::Silence => {}
        }
    }
}

fn client_with(options: Options, reach: Reach, trust: Trust) -> Client {
    Egress::new(options).unwrap().client(Policy { reach, trust }).unwrap()
}

fn client(reach: Reach) -> Client {
    client_with(Options::default(), reach, Trust::Authorities)
}

fn hosts(name: &str, addresses: &[&str]) -> Options {
    let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    Options { hosts: BTreeMap::from([(name.to_owned(), addresses)]), ..Options::default() }
}

async fn failure(client: &Client, url: &str) -> NetFailure {
    client.send(Request::get(url.parse().unwrap())).await.expect_err(url)
}

#[tokio::test]
async fn an_answer_comes_back_whole() {
    let server = Server::start(Behaviour::Say(OK), None).await;
    let client = client(Reach::AdminTyped);
    let answer = client.send(Request::get(server.url("/a?b=c"))).await.unwrap();
    assert_eq!((answer.status, answer.body.as_ref()), (200, b"hello".as_slice()));
    assert_eq!(answer.headers["x-one"], "1");
    let asked = server.requests.lock().unwrap()[0].clone();
    assert!(asked.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_lowercase().contains(&format!("host: {}", server.address)), "{asked}");
    assert!(!asked.to_lowercase().contains("accept-encoding"), "{asked}");
}

#[tokio::test]
async fn connections_are_kept_and_belong_to_one_client() {
    let server = Server::start(Behaviour::Say(OK), None).await;
    let one = client(Reach::AdminTyped);
    for _ in 0..3 {
        one.send(Request::get(server.url("/"))).await.unwrap();
    }
    assert_eq!(server.count(), 1);
    client(Reach::AdminTyped).send(Request::get(server.url("/"))).await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let other = Server::start(Behaviour::Say(OK), None).await;
    let target: &'static str = Box::leak(
        format!(
            "HTTP/1.1 302 Found\r\nLocation: http://{}/\r\nContent-Length: 0\r\n\r\n",
            other.address
        )
        .into_boxed_str(),
    );
    let server = Server::start(Behaviour::Say(target.as_bytes()), None).await;
    let answer = client(Reach::AdminTyped).send(Request::get(server.url("/"))).await.unwrap();
    assert_eq!(answer.status, 302);
    assert_eq!(other.count(), 0);
}

#[tokio::test]
async fn a_literal_address_is_judged_in_any_notation() {
    let server = Server::start(Behaviour::Say(OK), None).await;
    let port = server.address.port();
    for host in ["127.0.0.1", "2130706433", "0177.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]"] {
        let failure = failure(&client(Reach::Public), &format!("http://{host}:{port}/")).await;
        assert_eq!(failure.kind, FailureKind::NotAllowed, "{host}");
        assert!(!failure.maybe_sent);
    }
    assert_eq!(server.count(), 0);
    for host in ["2130706433", "0177.0.0.1"] {
        let url = format!("http://{host}:{port}/").parse().unwrap();
        client(Reach::AdminTyped).send(Request::get(url)).await.unwrap();
    }
    for host in ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "2852039166"] {
        let failure = failure(&client(Reach::AdminTyped), &format!("http://{host}/")).await;
        assert_eq!(failure.kind, FailureKind::NotAllowed, "{host}");
    }
}

#[tokio::test]
async fn a_public_name_that_leads_home_is_refused() {
    let server = Server::start(Behaviour::Say(OK), None).await;
    let options = hosts("evil.example", &["127.0.0.1"]);
    let client = client_with(options, Reach::Public, Trust::Authorities);
    let url = format!("http://evil.example:{}/", server.address.port());
    let failure = failure(&client, &url).await;
    assert_eq!(failure.kind, FailureKind::NotAllowed);
    assert_eq!(
        failure.detail,
        "evil.example is a loopback address, which must not be connected to"
    );
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_forbidden_address_among_good_ones_is_left_out() {
    let server = Server::start(Behaviour::Say(OK), None).await;
    let options = hosts("nas.example", &["fe80::1", "127.0.0.1"]);
    let client = client_with(options, Reach::AdminTyped, Trust::Authorities);
    let url = format!("http://nas.example:{}/", server.address.port()).parse().unwrap();
    client.send(Request::get(url)).await.unwrap();
    let options = hosts("meta.example", &["169.254.169.254"]);
    let client = client_with(options, Reach::AdminTyped, Trust::Authorities);
    assert_eq!(failure(&client, "http://meta.example/").await.kind, FailureKind::NotAllowed);
}

#[tokio::test]
async fn a_name_without_an_address_says_so() {
    let client = client_with(hosts("gone.example", &[]), Reach::AdminTyped, Trust::Authorities);
    let failure = failure(&client, "http://gone.example/").await;
    assert_eq!((failure.kind, failure.maybe_sent), (FailureKind::NameLookup, false));
    assert_eq!(failure.detail, "the name gone.example was not found");
}

#[tokio::test]
async fn a_closed_port_is_told_from_a_silent_server() {
    let port = {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        gone.local_addr().unwrap().port()
    };
    let refused = failure(&client(Reach::AdminTyped), &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!((refused.kind, refused.maybe_sent), (FailureKind::Unreachable, false));
    assert!(refused.detail.contains("refused the connection"), "{}", refused.detail);

    let silent = Server::start(Behaviour::Silence, None).await;
    let mut request = Request::get(silent.url("/"));
    request.method = Method::POST;
    request.body = "hello".into();
    request.timeout = Duration::from_millis(100);
    let late = client(Reach::AdminTyped).send(request).await.unwrap_err();
    assert_eq!((late.kind, late.maybe_sent), (FailureKind::TimedOut, true));
}

#[tokio::test]
async fn a_cut_answer_and_nonsense_are_told_apart() {
    let cut = Server::start(Behaviour::SayAndClose(b""), None).await;
    let closed = failure(&client(Reach::AdminTyped), cut.url("/").as_str()).await;
    assert_eq!((closed.kind, closed.maybe_sent), (FailureKind::Closed, true));

    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf";
    let half = Server::start(Behaviour::SayAndClose(half), None).await;
    let closed = failure(&client(Reach::AdminTyped), half.url("/").as_str()).await;
    assert_eq!((closed.kind, closed.maybe_sent), (FailureKind::Closed, true));

    let odd = Server::start(Behaviour::SayAndClose(b"220 mail.example ESMTP\r\n"), None).await;
    let odd = failure(&client(Reach::AdminTyped), odd.url("/").as_str()).await;
    assert_eq!(odd.kind, FailureKind::Protocol, "{}", odd.detail);
}

#[tokio::test]
async fn an_answer_is_cut_at_the_size_asked_for() {
    let announced = Server::start(Behaviour::Say(OK), None).await;
    let streamed = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nmore than four bytes";
    let streamed = Server::start(Behaviour::SayAndClose(streamed), None).await;
    for server in [announced, streamed] {
        let mut request = Request::get(server.url("/"));
        request.max_body = 4;
        let failure = client(Reach::AdminTyped).send(request).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooLarge);
    }
}

#[tokio::test]
async fn a_body_has_a_length_and_an_empty_post_says_zero() {
    let server = Server::start(Behaviour::Say(OK), None).await;
    let client = client(Reach::AdminTyped);
    for body in ["", "abc"] {
        let mut request = Request::get(server.url("/"));
        request.method = Method::POST;
        request.body = body.into();
        request.headers.insert("transfer-encoding", "chunked".parse().unwrap());
        client.send(request).await.unwrap();
    }
    let seen = server.requests.lock().unwrap().join("").to_lowercase();
    assert!(
        seen.contains("content-length: 0\r\n") && seen.contains("content-length: 3\r\n"),
        "{seen}"
    );
    assert!(!seen.contains("chunked"), "{seen}");
}

#[tokio::test]
async fn only_http_without_a_user_name_is_asked() {
    for url in ["ftp://127.0.0.1/", "http://user@127.0.0.1/", "http://u:p@127.0.0.1/", "data:,x"] {
        let failure = failure(&client(Reach::AdminTyped), url).await;
        assert_eq!(failure.kind, FailureKind::NotAllowed, "{url}");
        assert!(!failure.detail.contains("u:p"));
    }
}

#[tokio::test]
async fn an_address_no_server_takes_is_refused_before_anything_is_sent() {
    let server = Server::start(Behaviour::Say(OK), None).await;
    let mut request = Request::get(server.url(&format!("/?{}", "a".repeat(70_000))));
    request.method = Method::DELETE;
    let failure = client(Reach::AdminTyped).send(request).await.unwrap_err();
    assert_eq!((failure.kind, failure.maybe_sent), (FailureKind::NotAllowed, false));
    assert!(failure.detail.len() < 200, "{}", failure.detail);
    assert_eq!(server.count(), 0);
}

/// Says the same forever, as fast as it is read.
async fn endless(head: &'static [u8], again: &'static [u8]) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 1024];
                drop(stream.read(&mut asked).await);
                drop(stream.write_all(head).await);
                while stream.write_all(again).await.is_ok() {}
            });
        }
    });
    url.parse().unwrap()
}

#[tokio::test]
async fn an_answer_without_an_end_ends_at_a_limit() {
    for (head, again, kind) in [
        // Header after header, one header without an end, a status line without an end.
        (&b"HTTP/1.1 200 OK\r\n"[..], &b"X-Bomb: 0123456789abcdef\r\n"[..], FailureKind::Protocol),
        (b"HTTP/1.1 200 OK\r\nX-Bomb: ", b"0123456789abcdef", FailureKind::Protocol),
        (b"HTTP/1.1 200 ", b"0123456789abcdef", FailureKind::Protocol),
        // Chunk after chunk, a body until the end of the connection.
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"10\r\n0123456789abcdef\r\n",
            FailureKind::TooLarge,
        ),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"0123456789abcdef", FailureKind::TooLarge),
    ] {
        let mut request = Request::get(endless(head, again).await);
        request.max_body = 1 << 20;
        let failure = client(Reach::AdminTyped).send(request).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{}: {}", String::from_utf8_lossy(head), failure.detail);
        assert!(failure.maybe_sent);
    }
}

#[tokio::test]
async fn chunks_that_are_none_are_told_as_nonsense() {
    for body in
        ["-1\r\n", "xyz\r\n", "FFFFFFFFFFFFFFFFF\r\nabc\r\n", "5\r\nhelloworld\r\n0\r\n\r\n"]
    {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let said: &'static [u8] = Box::leak(format!("{head}{body}").into_boxed_str()).as_bytes();
        let server = Server::start(Behaviour::SayAndClose(said), None).await;
        let failure = failure(&client(Reach::AdminTyped), server.url("/").as_str()).await;
        let told = [FailureKind::Protocol, FailureKind::Closed].contains(&failure.kind);
        assert!(told, "{body:?}: {failure:?}");
    }
}

#[tokio::test]
async fn an_answer_that_drips_ends_at_the_deadline_as_a_whole() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 1024];
        drop(stream.read(&mut asked).await);
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").await);
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    });
    tokio::time::pause();
    let mut request = Request::get(url.parse().unwrap());
    request.timeout = Duration::from_secs(5);
    let began = tokio::time::Instant::now();
    let failure = client(Reach::AdminTyped).send(request).await.unwrap_err();
    assert_eq!((failure.kind, failure.maybe_sent), (FailureKind::TimedOut, true));
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn what_is_packed_is_handed_on_as_it_came() {
    let said =
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00";
    let server = Server::start(Behaviour::Say(said), None).await;
    let answer = client(Reach::AdminTyped).send(Request::get(server.url("/"))).await.unwrap();
    assert_eq!(answer.body.as_ref(), b"\x1f\x8b\x08\x00");
}

fn https(server: &Server, host: &str) -> Url {
    format!("https://{host}:{}/", server.address.port()).parse().unwrap()
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused_with_its_fingerprint_until_it_is_pinned() {
    let identity = identity(&["localhost"], |_| {});
    let server = Server::start(Behaviour::Say(OK), Some(identity.config.clone())).await;
    let url = https(&server, "127.0.0.1");
    let print = Fingerprint::of(&identity.der);

    let refused = failure(&client(Reach::AdminTyped), url.as_str()).await;
    assert_eq!((refused.kind, refused.maybe_sent), (FailureKind::Certificate, false));
    assert!(refused.detail.contains("is self-signed"), "{}", refused.detail);
    assert!(refused.detail.contains(&print.to_string()), "{}", refused.detail);

    let pinned = Trust::Pinned(print);
    let good = client_with(Options::default(), Reach::AdminTyped, pinned);
    good.send(Request::get(url.clone())).await.unwrap();

    let other = Trust::Pinned(Fingerprint::of(b"another"));
    let client = client_with(Options::default(), Reach::AdminTyped, other);
    let refused = failure(&client, url.as_str()).await;
    assert_eq!(refused.kind, FailureKind::Certificate);
    assert!(refused.detail.contains("is not the pinned one"), "{}", refused.detail);
    assert!(server.requests.lock().unwrap().len() == 1);
}

#[tokio::test]
async fn an_extra_authority_is_believed_for_its_names_and_days_only() {
    let good = identity(&["nas.example"], |_| {});
    let expired = identity(&["nas.example"], |params| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 2, 3);
    });
    let mut options = hosts("nas.example", &["127.0.0.1"]);
    options.hosts.insert("other.example".into(), vec!["127.0.0.1".parse().unwrap()]);
    options.extra_authorities = Some(format!("{}{}", good.pem, expired.pem));
    let client = client_with(options, Reach::AdminTyped, Trust::Authorities);

    let server = Server::start(Behaviour::Say(OK), Some(good.config)).await;
    client.send(Request::get(https(&server, "nas.example"))).await.unwrap();
    let wrong = failure(&client, https(&server, "other.example").as_str()).await;
    assert_eq!(wrong.kind, FailureKind::Certificate);
    assert!(wrong.detail.contains("is for another name (nas.example)"), "{}", wrong.detail);

    let server = Server::start(Behaviour::Say(OK), Some(expired.config)).await;
    let over = failure(&client, https(&server, "nas.example").as_str()).await;
    assert_eq!(over.kind, FailureKind::Certificate);
    assert!(over.detail.contains("expired on 2002-02-03"), "{}", over.detail);
}

#[tokio::test]
async fn https_to_a_plain_port_says_what_is_wrong() {
    let bad = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let server = Server::start(Behaviour::SayAndClose(bad), None).await;
    // The stand-in answers once it has seen an empty line, which a TLS hello hardly contains: a real
    // server answers at once.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(bad).await.ok();
        }
    });
    drop(server);
    let failure = failure(&client(Reach::AdminTyped), &format!("https://{address}/")).await;
    assert_eq!((failure.kind, failure.maybe_sent), (FailureKind::Protocol, false));
    assert!(failure.detail.contains("http instead of https"), "{}", failure.detail);
}

#[tokio::test]
async fn stages_stop_where_it_stops() {
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let outcomes = |stages: &egress::stages::Stages| -> Vec<StageOutcome> {
        stages.stages.iter().map(|stage| stage.outcome).collect()
    };
    let identity = identity(&["nas.example"], |params| {
        params.not_after = date_time_ymd(2026, 1, 9);
    });
    let server = Server::start(Behaviour::Say(OK), Some(identity.config.clone())).await;
    let options = hosts("nas.example", &["127.0.0.1"]);
    let url = https(&server, "nas.example");

    let strict = client_with(options.clone(), Reach::AdminTyped, Trust::Authorities);
    let report = strict.stages(&url, now).await;
    use StageOutcome::{Failed, Passed, Skipped};
    assert_eq!(outcomes(&report), [Passed, Passed, Failed]);
    assert_eq!(report.failure.unwrap().kind, FailureKind::Certificate);
    assert_eq!(report.stages[0].detail, "nas.example is 127.0.0.1");

    let pinned = Trust::Pinned(Fingerprint::of(&identity.der));
    let report = client_with(options.clone(), Reach::AdminTyped, pinned).stages(&url, now).await;
    assert_eq!(outcomes(&report), [Passed, Passed, Passed]);

    let unknown = client_with(hosts("nas.example", &[]), Reach::AdminTyped, pinned);
    let report = unknown.stages(&url, now).await;
    assert_eq!(outcomes(&report), [Failed, Skipped, Skipped]);
    assert_eq!(report.failure.unwrap().kind, FailureKind::NameLookup);

    let plain = client(Reach::AdminTyped).stages(&server.url("/"), now).await;
    assert_eq!(outcomes(&plain), [Passed, Passed, Skipped]);
}
