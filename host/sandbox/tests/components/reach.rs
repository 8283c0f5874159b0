//! A component reaches nothing it was not granted, however it asks.

use crate::rig::{Hand, Server, backend, config, guest, sandbox};
use domain::plugins::{Stage, StageOutcome};
use sandbox::Sandbox;

fn stage<'a>(stages: &'a [Stage], name: &str) -> &'a Stage {
    stages.iter().find(|stage| stage.name == name).unwrap_or_else(|| panic!("{name} is missing"))
}

#[tokio::test]
async fn nothing_that_was_not_granted_is_reached() {
    let other = Server::start("http://127.0.0.1:9").await;
    let home = Server::start(&other.url).await;
    let second = Server::start(&other.url).await;
    let sandbox = sandbox(&[("reacher", guest("reacher"))], &Hand::default());
    let base = format!("{}/base", home.url);
    let settings = [("url", base.as_str()), ("second_url", &second.url), ("other_url", &other.url)];
    let secrets = [("first", "key-of-first"), ("second", "key-of-second")];
    sandbox.configure(config("reacher", &settings, &secrets)).unwrap();
    let probe = sandbox.instance(&backend("reacher")).unwrap().probe().await;
    probe.outcome.unwrap();

    let own =
        |stage: &&Stage| !["resolve", "connect", "certificate"].contains(&stage.name.as_str());
    let tries: Vec<Stage> = probe.stages.iter().filter(own).cloned().collect();
    let (passed, refused): (Vec<&Stage>, Vec<&Stage>) =
        tries.iter().partition(|stage| stage.outcome == StageOutcome::Passed);
    let passed: Vec<&str> = passed.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(passed, ["redirect", "secret-at-home"]);
    assert!(refused.len() >= 25, "{}", refused.len());
    assert!(stage(&tries, "redirect").detail.starts_with("302"));
    for (name, detail) in [
        ("reveal first", "not-granted"),
        ("reveal second", "not-granted"),
        ("reveal third", "unknown"),
        ("setting first", "none"),
        ("state other/key", "none"),
        ("state-large", "too-large"),
    ] {
        assert!(
            stage(&tries, name).detail.contains(detail),
            "{name}: {}",
            stage(&tries, name).detail
        );
    }

    assert_eq!(other.seen(), [] as [&str; 0], "a destination nobody granted was asked");
    assert_eq!(second.seen(), [] as [&str; 0], "a secret was on its way to the wrong endpoint");
    let seen = home.seen();
    assert!(seen.iter().all(|request| request.starts_with("GET /base/")), "{seen:?}");
    let with_secret: Vec<&String> =
        seen.iter().filter(|request| request.contains("key-of-first")).collect();
    assert_eq!(with_secret.len(), 1);
    assert!(with_secret[0].contains("x-key: key=key-of-first\r\n"), "{}", with_secret[0]);
    assert!(!seen.concat().contains("key-of-second"));
    assert!(!seen.concat().to_lowercase().contains("x-forged"));
}

#[test]
fn an_inspection_says_it_in_sentences() {
    let found = Sandbox::inspect(&guest("reacher")).unwrap();
    for sentence in [
        "may reach the address you enter as \"Its own server\" over https or http",
        "may have the secret \"Only for the first server\" sent to \"Its own server\", and nowhere else",
    ] {
        assert!(found.can.iter().any(|one| one == sentence), "{:#?}", found.can);
    }
    for sentence in [
        "may not reach any other address, and redirects are not followed",
        "may not see the secret \"Only for the first server\": it is put in while sending",
    ] {
        assert!(found.cannot.iter().any(|one| one == sentence), "{:#?}", found.cannot);
    }
    let found = Sandbox::inspect(&guest("spinner")).unwrap();
    assert!(found.cannot.iter().any(|one| one == "may not reach the network at all"));
}
