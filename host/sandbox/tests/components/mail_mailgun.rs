//! The Mailgun component against the stand-in.

use crate::rig::{Hand, backend, config, id, message, options, plugin};
use domain::fault::FaultKind;
use domain::messages::{Address, Fate, Trial};
use domain::plugins::StageOutcome;
use egress::Egress;
use sandbox::{Instance, Options, Sandbox};
use standins::mailgun::{Fault as Trouble, Mailgun, Region};
use std::net::IpAddr;
use std::time::Duration;

const KEY: &str = "key-0123456789abcdef";

struct House {
    server: Mailgun,
    sandbox: Sandbox,
    instance: Instance,
}

async fn house() -> House {
    house_in(Region::Us).await
}

async fn house_in(region: Region) -> House {
    let server = Mailgun::start(region).await.unwrap();
    server.add_key(KEY);
    server.add_domain("mg.example.org", "active");
    let here: IpAddr = [127, 0, 0, 1].into();
    let hosts = [US, EU].map(|name| (name.to_owned(), vec![here])).into();
    let sandbox = Sandbox::open(Options {
        bundled: vec![("mail-mailgun".to_owned(), plugin("mail_mailgun").into())],
        egress: Egress::new(egress::Options { hosts, ..egress::Options::default() }).unwrap(),
        ..options(&Hand::default())
    })
    .unwrap();
    let instance = set_up(&sandbox, &server, "mg.example.org", KEY);
    House { server, sandbox, instance }
}

/// Where the two houses are, as far as the plugin can tell.
const US: &str = "api.mailgun.example";
const EU: &str = "api.eu.mailgun.example";

fn set_up(sandbox: &Sandbox, server: &Mailgun, domain: &str, key: &str) -> Instance {
    let name = if server.region() == Region::Eu { EU } else { US };
    let url = server.url().replace("127.0.0.1", name);
    let settings = [("url", url.as_str()), ("domain", domain)];
    sandbox.configure(config("mail-mailgun", &settings, &[("api_key", key)])).unwrap();
    sandbox.instance(backend("mail-mailgun")).unwrap()
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
    assert!(receipts[0].detail.contains("not a valid address"), "{}", receipts[0].detail);
    house.server.inject(Trouble::SlowDown(30));
    let slow = house.instance.send(&message).await.unwrap_err();
    assert_eq!(slow.kind, FaultKind::RateLimited);
    assert_eq!(slow.retry_after, Some(Duration::from_secs(30)));
    house.server.inject(Trouble::CutAfter);
    let cut = house.instance.send(&message).await.unwrap_err();
    assert_eq!(cut.kind, FaultKind::OutcomeUnknown, "{cut:?}");
    for status in [500, 502] {
        house.server.inject(Trouble::Answer(status, "<h1>Bad Gateway</h1>".to_owned()));
        let broken = house.instance.send(&message).await.unwrap_err();
        assert_eq!(broken.kind, FaultKind::OutcomeUnknown, "{broken:?}");
    }
    house.server.inject(Trouble::Answer(503, "<h1>Away</h1>".to_owned()));
    let away = house.instance.send(&message).await.unwrap_err();
    assert_eq!(away.kind, FaultKind::Unavailable);
    house.server.inject(Trouble::CutBefore);
    let cut = house.instance.send(&message).await.unwrap_err();
    assert_eq!(cut.kind, FaultKind::OutcomeUnknown, "nobody knows what was done: {cut:?}");
    for trouble in [Trouble::Html, Trouble::Answer(200, "Mailgun Magnificent API".to_owned())] {
        house.server.inject(trouble);
        let no = house.instance.send(&message).await.unwrap_err();
        assert_eq!((no.kind, no.field.as_deref()), (FaultKind::BadReply, Some("url")), "{no:?}");
        assert!(no.detail.contains("is not Mailgun"), "{}", no.detail);
    }
    let wrong = set_up(&house.sandbox, &house.server, "mg.example.org", "key-wrong-wrong");
    let fault = wrong.send(&message).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::CredentialRejected);
    let elsewhere = set_up(&house.sandbox, &house.server, "eu.example.org", KEY);
    let fault = elsewhere.send(&message).await.unwrap_err();
    assert_eq!((fault.kind, fault.field.as_deref()), (FaultKind::Misconfigured, Some("domain")));
}

#[tokio::test]
async fn a_domain_of_the_other_region_is_told_where_it_may_be() {
    for (region, other) in
        [(Region::Us, "https://api.eu.mailgun.net"), (Region::Eu, "https://api.mailgun.net")]
    {
        let house = house_in(region).await;
        let receipts = house.instance.send(&message(&["ann@example.org"])).await.unwrap();
        assert_eq!(receipts[0].fate, Fate::Accepted, "{region:?}");
        let report = house.instance.probe().await.outcome.unwrap();
        let features = if region == Region::Eu { ["eu"] } else { ["us"] };
        assert_eq!(report.features, features);
        let elsewhere = set_up(&house.sandbox, &house.server, "elsewhere.example.org", KEY);
        for fault in [
            elsewhere.send(&message(&["ann@example.org"])).await.unwrap_err(),
            elsewhere.probe().await.outcome.unwrap_err(),
        ] {
            assert_eq!(
                (fault.kind, fault.field.as_deref()),
                (FaultKind::Misconfigured, Some("domain"))
            );
            assert!(fault.detail.contains(other), "{}", fault.detail);
        }
    }
}
