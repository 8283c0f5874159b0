//! The SMTP component against the stand-in, over real connections of the sandbox.

use crate::rig::{Hand, backend, changed, config, id, message, plugin, sandbox};
use domain::fault::{Fault, FaultKind};
use domain::messages::{Address, Fate, Step, Trial};
use domain::plugins::StageOutcome;
use sandbox::{Instance, Sandbox};
use standins::smtp::{At, Fault as Trouble, Options, Smtp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const PASSWORD: &str = "correct-horse-battery";

struct House {
    server: Smtp,
    sandbox: Sandbox,
    instance: Instance,
}

/// In the open and with a sign-in, as on one's own machine.
async fn house() -> House {
    let mut options = Options::strict();
    options.accounts = vec![("home".to_owned(), PASSWORD.to_owned())];
    let server = Smtp::start(options).await.unwrap();
    let sandbox = sandbox(&[("mail-smtp", plugin("mail_smtp"))], &Hand::default());
    let instance = set_up(&sandbox, "127.0.0.1", server.port(), "none", PASSWORD);
    House { server, sandbox, instance }
}

fn set_up(sandbox: &Sandbox, host: &str, port: u16, security: &str, password: &str) -> Instance {
    let port = port.to_string();
    let settings =
        [("host", host), ("port", port.as_str()), ("security", security), ("username", "home")];
    sandbox.configure(config("mail-smtp", &settings, &[("password", password)])).unwrap();
    sandbox.instance(backend("mail-smtp")).unwrap()
}

fn trial() -> Trial {
    let address = |email: &str| Address { name: None, email: email.to_owned() };
    Trial { sender: address("home@home.example"), recipient: address("ann@example.org") }
}

fn outcomes(steps: &[Step]) -> Vec<(&str, StageOutcome)> {
    steps.iter().map(|step| (step.name.as_str(), step.outcome)).collect()
}

#[tokio::test]
async fn a_message_is_handed_over_and_each_recipient_has_a_receipt() {
    let house = house().await;
    house.server.inject(At::Recipient, Trouble::Answer("451 4.7.1 greylisted".to_owned()));
    let message = message(&["ann@example.org", "ben@example.org"]);
    let receipts = house.instance.send(&message).await.unwrap();
    assert_eq!((receipts[0].fate, receipts[1].fate), (Fate::Deferred, Fate::Accepted));
    assert!(receipts[0].detail.contains("greylisted"), "{}", receipts[0].detail);
    let mails = house.server.wait_for(1).await;
    assert_eq!(mails[0].recipients, ["ben@example.org"]);
    assert_eq!(mails[0].header("message-id").as_deref(), Some("<1@home.example>"));
    assert!(mails[0].text().unwrap().starts_with("Your PIN is 12-34-AB-CD.\r\n.\r\n"));
    let words = format!("{:?} {:?}", house.sandbox.log(&id("mail-smtp")), house.sandbox.plugins());
    assert!(!words.contains("12-34-AB-CD") && !words.contains(PASSWORD), "{words}");
}

#[tokio::test]
async fn a_probe_and_a_rehearsal_go_through_their_steps_and_send_nothing() {
    let house = house().await;
    assert_eq!(house.instance.check_settings().await, []);
    let probe = house.instance.probe().await;
    assert_eq!(probe.outcome.unwrap().product, "SMTP server");
    let names: Vec<&str> = probe.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["resolve", "connect", "connect", "banner", "hello", "sign-in"]);
    let steps = house.instance.rehearse(Some(&trial())).await.unwrap();
    use StageOutcome::Passed;
    let expected = ["connect", "banner", "hello", "sign-in", "sender", "recipient"];
    assert_eq!(outcomes(&steps), expected.map(|name| (name, Passed)));
    let said = steps.iter().flat_map(|step| step.dialogue.clone()).collect::<Vec<_>>().join("\n");
    assert!(said.contains("C: EHLO home.example") && said.contains("S: 235"), "{said}");
    assert!(!said.contains(PASSWORD) && !said.contains("aG9tZQBjb3J"), "{said}");
    assert_eq!(house.server.mails(), []);
}

#[tokio::test]
async fn what_goes_wrong_is_told_by_what_is_to_be_done() {
    let house = house().await;
    let message = message(&["ann@example.org"]);
    for (at, trouble, kind) in [
        (At::Banner, Trouble::Answer("421 4.3.2 full".to_owned()), FaultKind::Unavailable),
        (At::SignIn, Trouble::Answer("535 5.7.8 no".to_owned()), FaultKind::CredentialRejected),
        (At::Data, Trouble::CutBefore, FaultKind::Unavailable),
        (At::Dot, Trouble::CutBefore, FaultKind::OutcomeUnknown),
        (At::Dot, Trouble::CutAfter, FaultKind::OutcomeUnknown),
    ] {
        house.server.inject(at, trouble.clone());
        let fault: Fault = house.instance.send(&message).await.unwrap_err();
        assert_eq!(fault.kind, kind, "{at:?} {trouble:?}: {fault:?}");
    }
    house.server.inject(At::Dot, Trouble::Answer("554 5.7.1 spam".to_owned()));
    let receipts = house.instance.send(&message).await.unwrap();
    assert_eq!(receipts[0].fate, Fate::Refused);
    let wrong = set_up(&house.sandbox, "127.0.0.1", house.server.port(), "none", "another-one");
    let fault = wrong.send(&message).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::CredentialRejected);
    assert!(!fault.detail.contains("another-one"), "{fault:?}");
}

#[tokio::test]
async fn later_is_deferred_and_never_is_refused_wherever_it_is_said() {
    let house = house().await;
    let message = message(&["ann@example.org"]);
    for at in [At::Sender, At::Recipient, At::Data, At::Dot] {
        for (answer, fate) in [
            ("451 4.3.0 come back later", Fate::Deferred),
            ("452 4.2.2 mailbox full", Fate::Deferred),
            ("550 5.1.1 nobody here", Fate::Refused),
            ("552 5.3.4 too large", Fate::Refused),
        ] {
            house.server.inject(at, Trouble::Answer(answer.to_owned()));
            let receipts = house.instance.send(&message).await.unwrap();
            assert_eq!((receipts.len(), receipts[0].fate), (1, fate), "{at:?} {answer}");
            assert!(receipts[0].detail.contains(answer), "{}", receipts[0].detail);
        }
    }
    assert_eq!(house.server.mails(), []);
    let receipts = house.instance.send(&message).await.unwrap();
    assert_eq!(receipts[0].fate, Fate::Accepted, "a deferred message goes through in the end");
}

#[tokio::test]
async fn a_server_that_has_only_login_gets_that() {
    for (ways, said) in [(&["LOGIN"][..], "(LOGIN)"), (&["LOGIN", "PLAIN"], "(PLAIN)")] {
        let mut options = Options::strict();
        options.accounts = vec![("home".to_owned(), PASSWORD.to_owned())];
        options.ways = ways.iter().map(|way| (*way).to_owned()).collect();
        let server = Smtp::start(options).await.unwrap();
        let sandbox = sandbox(&[("mail-smtp", plugin("mail_smtp"))], &Hand::default());
        let instance = set_up(&sandbox, "127.0.0.1", server.port(), "none", PASSWORD);
        let receipts = instance.send(&message(&["ann@example.org"])).await.unwrap();
        assert_eq!(receipts[0].fate, Fate::Accepted);
        let steps = instance.rehearse(None).await.unwrap();
        let signed_in = steps.iter().find(|step| step.name == "sign-in").unwrap();
        assert!(signed_in.detail.ends_with(said), "{}", signed_in.detail);
    }
}

#[tokio::test]
async fn encryption_is_demanded_and_swapped_ports_are_told() {
    let house = house().await;
    let port = house.server.port();
    let starttls = set_up(&house.sandbox, "127.0.0.1", port, "starttls", PASSWORD);
    let fault = starttls.send(&message(&["ann@example.org"])).await.unwrap_err();
    assert_eq!(
        (fault.kind, fault.code.as_str()),
        (FaultKind::Misconfigured, "mail-smtp.no-starttls")
    );
    let tls = set_up(&house.sandbox, "127.0.0.1", port, "tls", PASSWORD);
    let fault = tls.send(&message(&["ann@example.org"])).await.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Misconfigured, "mail-smtp.not-tls"));
    let steps = tls.rehearse(None).await.unwrap();
    assert_eq!(steps[0].outcome, StageOutcome::Failed);
    assert!(steps[1..].iter().all(|step| step.outcome == StageOutcome::Skipped), "{steps:?}");
    assert!(
        house
            .server
            .transcript()
            .iter()
            .all(|line| !line.contains("AUTH LOGIN") || !line.starts_with("C: "))
    );
    // It was greeted with a handshake.
    let _meant = house.server.take_violations();
}

/// A server that says these lines, each after something was heard, the first at once.
async fn talks(lines: &'static [&'static str]) -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let talk = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = String::new();
        let mut chunk = [0; 4096];
        for line in lines {
            stream.write_all(line.as_bytes()).await.ok();
            match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return heard,
                Ok(read) => heard.push_str(&String::from_utf8_lossy(&chunk[..read])),
            }
        }
        heard
    });
    (port, talk)
}

#[tokio::test]
async fn what_is_slipped_in_before_tls_is_never_believed() {
    let (port, talk) = talks(&[
        "220 mail.example ESMTP\r\n",
        "250-mail.example\r\n250 STARTTLS\r\n",
        "220 go\r\n250-mail.example\r\n250 AUTH PLAIN\r\n",
    ])
    .await;
    let sandbox = sandbox(&[("mail-smtp", plugin("mail_smtp"))], &Hand::default());
    let instance = set_up(&sandbox, "127.0.0.1", port, "starttls", PASSWORD);
    let fault = instance.send(&message(&["ann@example.org"])).await.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::BadReply, "mail-smtp.handshake"));
    let heard = talk.await.unwrap();
    assert!(heard.contains("STARTTLS\r\n") && !heard.contains("AUTH"), "{heard}");
}

#[tokio::test]
async fn a_banner_without_an_end_costs_one_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            while stream.write_all(&[b'2'; 4096]).await.is_ok() {}
        }
    });
    let sandbox = sandbox(&[("mail-smtp", plugin("mail_smtp"))], &Hand::default());
    let instance = set_up(&sandbox, "127.0.0.1", port, "none", PASSWORD);
    let fault = instance.send(&message(&["ann@example.org"])).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::BadReply, "{fault:?}");
    assert_eq!(instance.check_settings().await, []);
}

#[test]
fn connections_need_an_endpoint_in_the_manifest() {
    let component = plugin("mail_smtp");
    let found = Sandbox::inspect(&component).unwrap();
    let sentence =
        "may connect to what you enter as \"Mail server\" and \"Port\" and say anything there";
    assert!(found.can.iter().any(|one| one == sentence), "{:#?}", found.can);
    assert!(found.can.iter().any(|one| one == "may see the secret \"Password\" itself"));
    let without = changed(
        &component,
        "[endpoint.server]\nhost = \"host\"\nport = \"port\"\n",
        "#endpoint.server]\n#ost = \"host\"\n#ort = \"port\"\n",
    );
    let refusal = Sandbox::inspect(&without).unwrap_err();
    let words = "its manifest has no endpoint with a host and a port";
    assert!(refusal.why.contains(words), "{}", refusal.why);
}
