//! The SMTP component over TLS: whom it believes, what it says in the open, and what swapped ports and wrong
//! certificates are told as.

use crate::front::{Front, Way};
use crate::rig::{Hand, backend, config, message, options, plugin};
use domain::fault::{Fault, FaultKind};
use domain::messages::{Address, Fate, Trial};
use domain::plugins::StageOutcome;
use egress::Egress;
use sandbox::{Instance, Options as SandboxOptions, Sandbox};
use standins::smtp::{Options, Smtp};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const PASSWORD: &str = "correct-horse-battery";
const NAME: &str = "mail.home.example";

async fn server() -> Smtp {
    let mut options = Options::strict();
    options.accounts = vec![("home".to_owned(), PASSWORD.to_owned())];
    Smtp::start(options).await.unwrap()
}

/// Knows the name of the server, and the authorities the admin gave.
fn sandbox(authorities: Option<&str>) -> Sandbox {
    let hand = Hand::default();
    let here: IpAddr = [127, 0, 0, 1].into();
    let egress = egress::Options {
        hosts: [(NAME.to_owned(), vec![here])].into(),
        extra_authorities: authorities.map(str::to_owned),
    };
    Sandbox::open(SandboxOptions {
        bundled: vec![("mail-smtp".to_owned(), plugin("mail_smtp").into())],
        egress: Egress::new(egress).unwrap(),
        ..options(&hand)
    })
    .unwrap()
}

fn set_up(sandbox: &Sandbox, port: u16, security: &str, more: &[(&str, &str)]) -> Instance {
    let port = port.to_string();
    let mut settings =
        vec![("host", NAME), ("port", &port), ("security", security), ("username", "home")];
    settings.extend(more);
    sandbox.configure(config("mail-smtp", &settings, &[("password", PASSWORD)])).unwrap();
    sandbox.instance(backend("mail-smtp")).unwrap()
}

fn trial() -> Trial {
    let address = |email: &str| Address { name: None, email: email.to_owned() };
    Trial { sender: address("home@home.example"), recipient: address("ann@example.org") }
}

async fn fault_of(instance: &Instance) -> Fault {
    instance.send(&message(&["ann@example.org"])).await.unwrap_err()
}

#[tokio::test]
async fn tls_from_the_first_byte_and_starttls_with_an_authority_of_ones_own_or_a_pin() {
    let server = server().await;
    for (way, security) in [(Way::Implicit, "tls"), (Way::StartTls, "starttls")] {
        let front = Front::start(way, NAME, server.port()).await;
        let by_authority = set_up(
            &sandbox(Some(&front.pem)),
            front.port,
            security,
            &[("helo", "box.home.example")],
        );
        let pin = [("fingerprint", front.fingerprint.as_str())];
        let by_pin = set_up(&sandbox(None), front.port, security, &pin);
        for instance in [&by_authority, &by_pin] {
            assert_eq!(instance.check_settings().await, []);
            let probe = instance.probe().await;
            probe.outcome.unwrap();
            let receipts = instance.send(&message(&["ann@example.org"])).await.unwrap();
            assert_eq!(receipts[0].fate, Fate::Accepted, "{security}: {receipts:?}");
            let steps = instance.rehearse(Some(&trial())).await.unwrap();
            assert!(steps.iter().all(|step| step.outcome == StageOutcome::Passed), "{steps:?}");
        }
        let heard = front.heard();
        assert!(!heard.contains("AUTH") && !heard.contains("MAIL"), "{heard}");
        assert_eq!(heard.contains("EHLO box.home.example\r\n"), way == Way::StartTls);
    }
    let mails = server.wait_for(4).await;
    assert_eq!(mails.len(), 4, "rehearsals and probes send nothing");
    let greeted =
        |name: &str| server.transcript().iter().any(|line| line == &format!("C: EHLO {name}"));
    assert!(greeted("box.home.example") && greeted("home.example"));
}

#[tokio::test]
async fn a_certificate_for_another_name_or_by_nobody_ends_it_in_words() {
    let server = server().await;
    for (way, security, step) in
        [(Way::Implicit, "tls", "connect"), (Way::StartTls, "starttls", "certificate")]
    {
        let other = Front::start(way, "mail.other.example", server.port()).await;
        let unknown = Front::start(way, NAME, server.port()).await;
        for (instance, word) in [
            (set_up(&sandbox(Some(&other.pem)), other.port, security, &[]), "mail.other.example"),
            (set_up(&sandbox(None), unknown.port, security, &[]), unknown.fingerprint.as_str()),
        ] {
            let fault = fault_of(&instance).await;
            assert_eq!(
                (fault.kind, fault.code.as_str(), fault.field.as_deref()),
                (FaultKind::Misconfigured, "net.certificate", Some("host"))
            );
            assert!(fault.detail.contains(word), "{}", fault.detail);
            let steps = instance.rehearse(None).await.unwrap();
            let failed: Vec<&str> = steps
                .iter()
                .filter(|step| step.outcome == StageOutcome::Failed)
                .map(|step| step.name.as_str())
                .collect();
            assert_eq!(failed, [step]);
            let pin = Front::start(way, "mail.other.example", server.port()).await;
            let wrong = [("fingerprint", pin.fingerprint.as_str())];
            let pinned_elsewhere = set_up(&sandbox(None), other.port, security, &wrong);
            assert_eq!(fault_of(&pinned_elsewhere).await.code, "net.certificate");
        }
    }
    assert_eq!(server.mails(), []);
    let transcript = server.transcript();
    assert!(!transcript.iter().any(|line| line.contains("AUTH PLAIN")), "{transcript:?}");
}

/// Takes connections and neither speaks nor closes.
async fn silent() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    port
}

#[tokio::test]
async fn swapped_ports_are_explained_while_somebody_still_looks_at_the_page() {
    let server = server().await;
    let front = Front::start(Way::Implicit, NAME, server.port()).await;
    let waits = set_up(&sandbox(None), front.port, "starttls", &[]);
    let open = set_up(&sandbox(None), server.port(), "tls", &[]);
    let mute = set_up(&sandbox(None), silent().await, "tls", &[]);
    let began = Instant::now();
    let (waits, open, mute) = tokio::join!(fault_of(&waits), fault_of(&open), fault_of(&mute));
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    for (fault, code, words) in [
        (waits, "mail-smtp.waits-for-tls", "port 465 goes with tls"),
        (open, "mail-smtp.not-tls", "starttls with 587"),
        (mute, "mail-smtp.not-tls", "starttls with 587"),
    ] {
        assert_eq!(
            (fault.kind, fault.code.as_str(), fault.field.as_deref()),
            (FaultKind::Misconfigured, code, Some("security")),
            "{fault:?}"
        );
        assert!(fault.detail.contains(words), "{}", fault.detail);
    }
    // It was greeted with a handshake.
    let _meant = server.take_violations();
}

#[tokio::test]
async fn the_open_road_is_taken_where_the_admin_trusts_it_and_never_without_a_warning() {
    let server = server().await;
    let refused = set_up(&sandbox(None), server.port(), "none", &[]);
    let faults = refused.check_settings().await;
    assert_eq!(faults[0].field.as_deref(), Some("plain_password"));
    assert_eq!(fault_of(&refused).await.code, "mail-smtp.plain_password");
    let trusted = set_up(&sandbox(None), server.port(), "none", &[("plain_password", "true")]);
    let report = trusted.probe().await.outcome.unwrap();
    assert_eq!(report.notices[0].1, "mail-smtp.plain");
    let steps = trusted.rehearse(Some(&trial())).await.unwrap();
    let warned: Vec<&str> = steps
        .iter()
        .filter(|step| step.outcome == StageOutcome::Warned)
        .map(|step| step.name.as_str())
        .collect();
    assert_eq!(warned, ["connect"]);
    let receipts = trusted.send(&message(&["ann@example.org"])).await.unwrap();
    assert_eq!(receipts[0].fate, Fate::Accepted);
}
