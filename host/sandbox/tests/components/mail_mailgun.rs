//! The Mailgun component against the stand-in.

use crate::rig::{Hand, backend, config, id, message, plugin, sandbox};
use domain::fault::FaultKind;
use domain::messages::{Address, Fate, Trial};
use domain::plugins::StageOutcome;
use sandbox::{Instance, Sandbox};
use standins::mailgun::{Fault as Trouble, Mailgun, Region};
use std::time::Duration;

const KEY: &str = "key-0123456789abcdef";

struct House {
    server: Mailgun,
    sandbox: Sandbox,
    instance: Instance,
}

async fn house() -> House {
    let server = Mailgun::start(Region::Us).await.unwrap();
    server.add_key(KEY);
    server.add_domain("mg.example.org", "active");
    let sandbox = sandbox(&[("mail-mailgun", plugin("mail_mailgun"))], &Hand::default());
    let instance = set_up(&sandbox, &server, "mg.example.org", KEY);
    House { server, sandbox, instance }
}

fn set_up(sandbox: &Sandbox, server: &Mailgun, domain: &str, key: &str) -> Instance {
    let url = server.url();
    let settings = [("url", url.as_str()), ("domain", domain)];
    sandbox.configure(config("mail-mailgun", &settings, &[("api_key", key)])).unwrap();
    sandbox.instance(&backend("mail-mailgun")).unwrap()
}

#[tokio::test]
async fn the_key_stands_behind_its_prefix_and_the_message_is_queued() {
    let house = house().await;
    let probe = house.instance.probe().await;
    probe.outcome.unwrap();
    let names: Vec<&str> = probe.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["resolve", "connect", "certificate", "domain"]);
    let message = message(&["ann@example.org", "ben@example.org"]);
    let receipts = house.instance.send(&message).await.unwrap();
    assert!(receipts.iter().all(|receipt| receipt.fate == Fate::Accepted), "{receipts:?}");
    let mails = house.server.wait_for(1).await;
    assert_eq!(mails[0].bytes, *message.mime.expose());
    assert_eq!(mails[0].recipients, ["ann@example.org", "ben@example.org"]);
    let words = format!("{:?}", house.sandbox.log(&id("mail-mailgun")));
    assert!(!words.contains(KEY), "{words}");
}

#[tokio::test]
async fn a_rehearsal_sends_nothing_to_anybody() {
    let house = house().await;
    let address = |email: &str| Address { name: None, email: email.to_owned() };
    let trial =
        Trial { sender: address("home@mg.example.org"), recipient: address("ann@example.org") };
    let steps = house.instance.rehearse(Some(&trial)).await.unwrap();
    let seen: Vec<(&str, StageOutcome)> =
        steps.iter().map(|step| (step.name.as_str(), step.outcome)).collect();
    assert_eq!(seen, [("domain", StageOutcome::Passed), ("message", StageOutcome::Passed)]);
    assert!(house.server.mails().iter().all(|mail| mail.rehearsal));
}

#[tokio::test]
async fn what_goes_wrong_is_told_by_what_is_to_be_done() {
    let house = house().await;
    let message = message(&["ann@example.org"]);
    let refused = r#"{"message":"'from' parameter is not a valid address"}"#;
    house.server.inject(Trouble::Answer(400, refused.to_owned()));
    let receipts = house.instance.send(&message).await.unwrap();
    assert_eq!(receipts[0].fate, Fate::Refused);
    house.server.inject(Trouble::SlowDown(30));
    let slow = house.instance.send(&message).await.unwrap_err();
    assert_eq!(slow.kind, FaultKind::RateLimited);
    assert_eq!(slow.retry_after, Some(Duration::from_secs(30)));
    house.server.inject(Trouble::CutAfter);
    let cut = house.instance.send(&message).await.unwrap_err();
    assert_eq!(cut.kind, FaultKind::OutcomeUnknown, "{cut:?}");
    house.server.inject(Trouble::Html);
    assert!(house.instance.send(&message).await.is_err());
    let wrong = set_up(&house.sandbox, &house.server, "mg.example.org", "key-wrong-wrong");
    let fault = wrong.send(&message).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::CredentialRejected);
    let elsewhere = set_up(&house.sandbox, &house.server, "eu.example.org", KEY);
    let fault = elsewhere.send(&message).await.unwrap_err();
    assert_eq!((fault.kind, fault.field.as_deref()), (FaultKind::Misconfigured, Some("domain")));
}
