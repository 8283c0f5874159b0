//! A component reaches nothing it was not granted, however it asks.

use crate::rig::{Hand, Server, backend, config, guest, options};
use domain::plugins::{Stage, StageOutcome};
use egress::Egress;
use sandbox::{MemoryState, Options, Sandbox, StateStore as _};
use std::net::IpAddr;
use std::sync::Arc;

/// A name that the manifest lists, one that it does not; both lead to this machine.
const LISTED: &str = "home.public.example";
const UNLISTED: &str = "home.other.example";

/// Everything the component tried, and what three servers saw of it.
struct Tried {
    tries: Vec<Stage>,
    /// Its first endpoint, below `/base`.
    home: Server,
    /// Its second endpoint.
    second: Server,
    /// An origin nobody granted, on another port of the same host.
    other: Server,
    sandbox: Sandbox,
}

/// `other` makes the ungranted origin out of the third server's port.
async fn try_everything(other_url: impl FnOnce(&str) -> String) -> Tried {
    let other = Server::start("http://127.0.0.1:9").await;
    let home = Server::start(&other.url).await;
    let second = Server::start(&other.url).await;
    let hand = Hand::default();
    let loopback: IpAddr = [127, 0, 0, 1].into();
    let hosts = [LISTED, UNLISTED].map(|name| (name.to_owned(), vec![loopback])).into();
    let state = MemoryState::new(hand.now());
    for (instance, key) in
        [("other", "key"), ("other", "other/key"), ("reacher", "other/key"), ("reacher", "PATH")]
    {
        state.put(instance, key, b"somebody else's".to_vec(), None).unwrap();
    }
    let sandbox = Sandbox::open(Options {
        bundled: vec![("reacher".to_owned(), guest("reacher").into())],
        egress: Egress::new(egress::Options { hosts, ..egress::Options::default() }).unwrap(),
        state: Arc::new(state),
        ..options(&hand)
    })
    .unwrap();
    let port = other.url.rsplit(':').next().unwrap();
    let (base, other_url) = (format!("{}/base", home.url), other_url(port));
    let settings = [("url", base.as_str()), ("second_url", &second.url), ("other_url", &other_url)];
    let secrets = [("first", "key-of-first"), ("second", "key-of-second")];
    sandbox.configure(config("reacher", &settings, &secrets)).unwrap();
    let probe = sandbox.instance(backend("reacher")).unwrap().probe().await;
    probe.outcome.unwrap();
    let own = |stage: &Stage| !["resolve", "connect", "certificate"].contains(&stage.name.as_str());
    let tries = probe.stages.into_iter().filter(own).collect();
    Tried { tries, home, second, other, sandbox }
}

impl Tried {
    fn refused(&self, name: &str) {
        let found = self.stage(name);
        assert_eq!(found.outcome, StageOutcome::Failed, "{name}: {}", found.detail);
    }

    fn stage(&self, name: &str) -> &Stage {
        let found = self.tries.iter().find(|stage| stage.name == name);
        found.unwrap_or_else(|| panic!("{name} is missing"))
    }
}

fn same_host(port: &str) -> String {
    format!("http://127.0.0.1:{port}")
}

#[tokio::test]
async fn nothing_passes_but_a_redirect_and_a_secret_at_home() {
    let tried = try_everything(same_host).await;
    let passed = tried.tries.iter().filter(|stage| stage.outcome == StageOutcome::Passed);
    let passed: Vec<&str> = passed.map(|stage| stage.name.as_str()).collect();
    assert_eq!(passed, ["redirect", "secret-at-home"]);
    assert!(tried.tries.len() >= 27, "{}", tried.tries.len());
    let seen = tried.home.seen();
    assert!(seen.iter().all(|request| request.starts_with("GET /base/")), "{seen:?}");
    assert!(!seen.concat().to_lowercase().contains("x-forged"));
}

#[tokio::test]
async fn another_origin_is_not_reached() {
    let tried = try_everything(|port| format!("http://{UNLISTED}:{port}")).await;
    for name in
        ["url-other", "url-second", "url-file", "endpoint-unknown", "path http://OTHER/path"]
    {
        tried.refused(name);
    }
    assert_eq!(tried.other.seen(), [] as [&str; 0]);
}

#[tokio::test]
async fn another_port_of_a_granted_host_is_not_reached() {
    let tried = try_everything(same_host).await;
    let paths = tried.tries.iter().filter(|stage| stage.name.starts_with("path "));
    let names: Vec<String> = paths.map(|stage| stage.name.clone()).collect();
    assert_eq!(names.len(), 9);
    for name in names.iter().map(String::as_str).chain(["url-other", "header Host"]) {
        tried.refused(name);
    }
    assert_eq!(tried.other.seen(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_an_answer_and_is_not_followed() {
    let tried = try_everything(same_host).await;
    assert!(tried.stage("redirect").detail.starts_with("302"));
    assert_eq!(tried.other.seen(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_listed_name_that_leads_to_this_machine_is_not_reached() {
    let tried = try_everything(|port| format!("http://{LISTED}:{port}")).await;
    tried.refused("url-other");
    assert_eq!(tried.other.seen(), [] as [&str; 0]);
}

#[tokio::test]
async fn the_settings_and_state_of_others_are_not_seen() {
    let tried = try_everything(same_host).await;
    for (name, detail) in [
        ("setting first", "none"),
        ("setting second", "none"),
        ("setting third", "none"),
        ("reveal first", "not-granted"),
        ("reveal second", "not-granted"),
        ("reveal third", "unknown"),
        ("state ../other/key", "none"),
        ("state other/key", "none"),
        ("state PATH", "none"),
        ("state-large", "too-large"),
    ] {
        let found = &tried.stage(name).detail;
        assert!(found.to_lowercase().replace(' ', "-").contains(detail), "{name}: {found}");
    }
    // A second instance of the same plugin, elsewhere and with keys of its own.
    let neighbour = Server::start(&tried.other.url).await;
    let settings = ["url", "second_url", "other_url"].map(|key| (key, neighbour.url.as_str()));
    let secrets = [("first", "key-next-door"), ("second", "key-next-door")];
    let mut next_door = config("reacher", &settings, &secrets);
    next_door.instance = backend("neighbour").into();
    tried.sandbox.configure(next_door).unwrap();
    tried.sandbox.instance(backend("reacher")).unwrap().probe().await.outcome.unwrap();
    assert_eq!(neighbour.seen(), [] as [&str; 0]);
    assert!(!tried.home.seen().concat().contains("key-next-door"));
}

#[tokio::test]
async fn a_secret_is_not_sent_to_an_endpoint_it_is_not_for() {
    let tried = try_everything(same_host).await;
    for name in ["secret-elsewhere", "secret-of-second", "secret-unknown"] {
        tried.refused(name);
    }
    assert_eq!(tried.second.seen(), [] as [&str; 0], "it was on its way to the wrong endpoint");
    let seen = tried.home.seen();
    let with_secret: Vec<&String> =
        seen.iter().filter(|request| request.contains("key-of-first")).collect();
    assert_eq!(with_secret.len(), 1);
    assert!(with_secret[0].contains("x-key: key=key-of-first\r\n"), "{}", with_secret[0]);
    assert!(!seen.concat().contains("key-of-second"));
}

#[test]
fn an_import_that_is_not_lent_is_refused_by_its_name() {
    for (name, words) in [
        ("stranger", "it imports stranger:things/shell@0.1.0, which is not lent to anybody"),
        ("wasi", "it imports wasi:config/runtime"),
    ] {
        let refusal = Sandbox::inspect(&guest(name)).unwrap_err();
        assert!(refusal.why.contains(words), "{name}: {}", refusal.why);
    }
}

#[test]
fn an_inspection_says_it_in_sentences() {
    let found = Sandbox::inspect(&guest("reacher")).unwrap();
    for sentence in [
        "may reach the address you enter as \"Its own server\" over https or http",
        "may reach http://*.public.example:* on the public internet",
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
