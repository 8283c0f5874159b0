//! A component that misuses connections gets failures for it and nothing else: no trap of the host, no
//! connection it was not granted, none that outlives its call.

use crate::front::{Front, Way};
use crate::rig::{Hand, backend, config, guest, options};
use domain::fault::FaultKind;
use domain::plugins::{PluginHealth, Probe, StageOutcome};
use egress::Egress;
use sandbox::{Options, Sandbox};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

const NAME: &str = "dial.home.example";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Takes what comes.
    Listens,
    /// Speaks without an end.
    Floods,
    /// Neither reads nor speaks.
    Deaf,
}

/// A server that counts who came and who is there.
struct Peer {
    port: u16,
    came: watch::Receiver<usize>,
    there: watch::Receiver<usize>,
}

impl Peer {
    async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (came, came_here) = watch::channel(0);
        let (there, there_here) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                came.send_modify(|count| *count += 1);
                there.send_modify(|count| *count += 1);
                let there = there.clone();
                tokio::spawn(async move {
                    let mut chunk = [0; 4096];
                    match manner {
                        Manner::Listens => {
                            while stream.read(&mut chunk).await.is_ok_and(|count| count > 0) {}
                        }
                        Manner::Floods => while stream.write_all(&[b'2'; 4096]).await.is_ok() {},
                        Manner::Deaf => std::future::pending().await,
                    }
                    there.send_modify(|count| *count -= 1);
                });
            }
        });
        Self { port, came: came_here, there: there_here }
    }

    /// Waits until so many have come and all have gone; the first is the host's own stage.
    async fn all_have_gone(&self, count: usize) {
        let (mut came, mut there) = (self.came.clone(), self.there.clone());
        let gone = async {
            came.wait_for(|came| *came >= count).await.unwrap();
            there.wait_for(|there| *there == 0).await.unwrap();
        };
        tokio::time::timeout(Duration::from_secs(10), gone).await.expect("all have gone");
        assert_eq!(*self.came.borrow(), count);
    }
}

struct Dialled {
    probe: Probe,
    sandbox: Sandbox,
    took: Duration,
}

impl Dialled {
    /// The guest's own stages, by name.
    fn got(&self, name: &str) -> (StageOutcome, &str) {
        let found = self.probe.stages.iter().rfind(|stage| stage.name == name);
        let found = found.unwrap_or_else(|| panic!("{name} is missing: {:?}", self.probe));
        (found.outcome, found.detail.as_str())
    }

    fn passed(&self) -> Vec<&str> {
        let own = |name: &str| !["resolve", "connect", "certificate"].contains(&name);
        let passed = self.probe.stages.iter().filter(|one| one.outcome == StageOutcome::Passed);
        passed.map(|stage| stage.name.as_str()).filter(|name| own(name)).collect()
    }

    async fn goes_on(&self) {
        let instance = self.sandbox.instance(backend("dialler")).unwrap();
        assert_eq!(instance.check_settings().await, []);
        let status = &self.sandbox.plugins()[0];
        assert_eq!((status.traps, status.health.clone()), (0, PluginHealth::Well));
    }
}

async fn dial(mode: &str, port: u16, more: &[(&str, &str)], authority: Option<&str>) -> Dialled {
    let hand = Hand::default();
    let here: IpAddr = [127, 0, 0, 1].into();
    let egress = egress::Options {
        hosts: [(NAME.to_owned(), vec![here])].into(),
        extra_authorities: authority.map(str::to_owned),
    };
    let sandbox = Sandbox::open(Options {
        bundled: vec![("dialler".to_owned(), guest("dialler").into())],
        egress: Egress::new(egress).unwrap(),
        ..options(&hand)
    })
    .unwrap();
    let port = port.to_string();
    let mut settings = vec![("host", NAME), ("port", port.as_str()), ("mode", mode)];
    settings.extend(more);
    sandbox.configure(config("dialler", &settings, &[])).unwrap();
    let began = Instant::now();
    let probe = sandbox.instance(backend("dialler")).unwrap().probe().await;
    Dialled { probe, sandbox, took: began.elapsed() }
}

#[tokio::test]
async fn nobody_but_the_granted_server_is_connected_to() {
    let server = Peer::start(Manner::Listens).await;
    let other = Peer::start(Manner::Listens).await;
    let (origin, web) =
        (format!("127.0.0.1:{}", other.port), format!("http://127.0.0.1:{}", other.port));
    let more = [("other", origin.as_str()), ("web_url", web.as_str())];
    let dialled = dial("reach", server.port, &more, None).await;
    assert_eq!(dialled.passed(), ["connect server"]);
    let refused = dialled.probe.stages.iter().filter(|one| one.outcome == StageOutcome::Failed);
    let refused: Vec<&str> = refused.map(|stage| stage.detail.as_str()).collect();
    assert_eq!(refused.len(), 28);
    assert!(refused.iter().all(|why| *why == "FailureKind::NotAllowed false"), "{refused:?}");
    // The host's own stages look whether the server for requests is there.
    assert!(*other.came.borrow() <= 2, "{}", *other.came.borrow());
    server.all_have_gone(2).await;
    dialled.goes_on().await;
}

#[tokio::test]
async fn a_call_has_four_connections_and_closing_one_makes_no_room() {
    let server = Peer::start(Manner::Listens).await;
    let dialled = dial("many", server.port, &[], None).await;
    assert_eq!(dialled.passed(), ["held 0", "held 1", "held 2", "held 3"]);
    assert_eq!(dialled.got("held 4").1, "FailureKind::NotAllowed false");
    assert_eq!(dialled.got("after").0, StageOutcome::Failed);
    server.all_have_gone(5).await;
    dialled.goes_on().await;
}

#[tokio::test]
async fn what_a_call_leaves_open_is_closed_with_it() {
    let server = Peer::start(Manner::Listens).await;
    let dialled = dial("leave", server.port, &[], None).await;
    assert_eq!(dialled.passed().len(), 4);
    server.all_have_gone(5).await;
    dialled.goes_on().await;
}

#[tokio::test]
async fn a_second_upgrade_is_refused_with_and_without_tls_before_it() {
    let plain = Peer::start(Manner::Floods).await;
    let dialled = dial("upgrade", plain.port, &[], None).await;
    for (name, kind) in [("plain", "Protocol"), ("again", "Closed"), ("read", "Closed")] {
        let (outcome, detail) = dialled.got(name);
        assert_eq!(outcome, StageOutcome::Failed, "{name}");
        assert!(detail.starts_with(&format!("FailureKind::{kind}")), "{name}: {detail}");
    }
    assert_eq!(dialled.got("write").0, StageOutcome::Failed);
    assert_eq!(dialled.got("binding").1, "none");
    assert!(dialled.got("tls").1.contains("Protocol"));
    plain.all_have_gone(3).await;
    dialled.goes_on().await;

    let behind = Peer::start(Manner::Listens).await;
    let front = Front::start(Way::Implicit, NAME, behind.port).await;
    let dialled = dial("upgrade", front.port, &[], Some(&front.pem)).await;
    assert_eq!(dialled.got("plain").0, StageOutcome::Passed);
    assert_eq!(dialled.got("again").1, "FailureKind::Protocol false", "it has TLS already");
    assert_eq!(dialled.got("tls").0, StageOutcome::Passed);
    assert_eq!(dialled.got("tls-twice").1, "FailureKind::Protocol false");
    assert_eq!(dialled.got("tls-goes-on").0, StageOutcome::Passed);
    behind.all_have_gone(2).await;
    dialled.goes_on().await;
}

#[tokio::test]
async fn a_guest_that_never_reads_and_a_server_that_never_does_cost_one_call() {
    let loud = Peer::start(Manner::Floods).await;
    let dialled = dial("flood", loud.port, &[], None).await;
    assert_eq!(dialled.passed(), ["flood"]);
    loud.all_have_gone(2).await;
    dialled.goes_on().await;

    let deaf = Peer::start(Manner::Deaf).await;
    let dialled = dial("deaf", deaf.port, &[], None).await;
    assert_eq!(dialled.got("deaf").1, "FailureKind::TimedOut true");
    assert_eq!(dialled.got("deaf-again").0, StageOutcome::Failed);
    assert!(dialled.took < Duration::from_secs(6), "{:?}", dialled.took);
    dialled.goes_on().await;
}

#[tokio::test]
async fn a_guest_that_waits_for_ever_is_ended() {
    let server = Peer::start(Manner::Listens).await;
    let dialled = dial("stuck", server.port, &[], None).await;
    let fault = dialled.probe.outcome.as_ref().unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::TimedOut, "sandbox.deadline"));
    assert!(dialled.took < Duration::from_secs(6), "{:?}", dialled.took);
    server.all_have_gone(2).await;
    assert_eq!(
        dialled.sandbox.instance(backend("dialler")).unwrap().check_settings().await,
        [],
        "the next call is a new instance"
    );
}
