//! The Jellyfin component against the stand-in, typed call by typed call.

use crate::rig::{Hand, backend, changed, config, id, options, plugin, sandbox};
use domain::accounts::{Attempt, Condition, NewAccount};
use domain::fault::FaultKind;
use domain::identity::Verdict;
use domain::plugins::StageOutcome;
use domain::secret::Secret;
use sandbox::{Instance, Options as SandboxOptions, Sandbox};
use standins::Jellyfin;
use standins::jellyfin::{Fault, Options, Release};
use std::time::Duration;

struct House {
    server: Jellyfin,
    sandbox: Sandbox,
    instance: Instance,
}

async fn house(release: Release) -> House {
    let hand = Hand::default();
    let server = Jellyfin::start(release, Options::strict(hand.now())).await.unwrap();
    server.finish_wizard("root", "root-password");
    let key = server.add_key("Latchkey");
    let sandbox = sandbox(&[("jellyfin", plugin("jellyfin"))], &hand);
    sandbox.configure(config("jellyfin", &[("url", &server.url())], &[("api_key", &key)])).unwrap();
    let instance = sandbox.instance(backend("jellyfin")).unwrap();
    House { server, sandbox, instance }
}

fn ann() -> NewAccount {
    NewAccount {
        login_name: "Ann".to_owned(),
        password: Some(Secret::from("correct horse")),
        email: None,
        display_name: None,
        subject: None,
        grant: None,
        profile: None,
    }
}

#[tokio::test]
async fn a_probe_goes_through_its_stages_on_every_release() {
    for release in Release::ALL {
        let house = house(release).await;
        assert_eq!(house.instance.check_settings().await, []);
        let probe = house.instance.probe().await;
        let report = probe.outcome.unwrap();
        assert_eq!(report.version, release.version());
        assert_eq!(report.server_id, Some(house.server.server_id()));
        let names: Vec<&str> = probe.stages.iter().map(|stage| stage.name.as_str()).collect();
        assert_eq!(names[..3], ["resolve", "connect", "certificate"]);
        assert!(probe.stages.iter().all(|stage| stage.outcome != StageOutcome::Failed));
        assert!(house.instance.offer().await.unwrap().abilities.create);
    }
}

#[tokio::test]
async fn an_account_is_made_found_switched_and_deleted() {
    let house = house(Release::V10_11).await;
    let made = house.instance.create(&ann(), Attempt::First).await.unwrap();
    assert_eq!((made.login_name.as_str(), made.condition), ("Ann", Condition::Active));
    assert!(house.server.accepts("Ann", "correct horse"));
    let taken = house.instance.create(&ann(), Attempt::First).await.unwrap_err();
    assert_eq!(taken.kind, FaultKind::Conflict);

    let all = house.instance.list_accounts().await.unwrap();
    let names: Vec<&str> = all.iter().map(|account| account.login_name.as_str()).collect();
    assert!(names.contains(&"root") && names.contains(&"Ann"), "{names:?}");
    assert_eq!(house.instance.find("ann").await.unwrap().unwrap().id, made.id);
    assert_eq!(house.instance.find("nobody").await.unwrap(), None);
    assert_eq!(house.instance.account(&made.id).await.unwrap().login_name, "Ann");

    let off = house.instance.disable(&made.id).await.unwrap();
    assert_eq!(off.condition, Condition::Disabled);
    assert_eq!(house.instance.enable(&made.id).await.unwrap().condition, Condition::Active);
    assert_eq!(house.instance.rename(&made.id, "Anna").await.unwrap().login_name, "Anna");
    house.instance.delete(&made.id).await.unwrap();
    assert_eq!(house.instance.account(&made.id).await.unwrap_err().kind, FaultKind::NotFound);
}

#[tokio::test]
async fn passwords_are_set_changed_and_checked() {
    let house = house(Release::V10_11).await;
    let made = house.instance.create(&ann(), Attempt::First).await.unwrap();
    let check = async |password: &str| {
        let password = Secret::from(password);
        house.instance.check_password("Ann", Some(&made.id), &password).await.unwrap()
    };
    assert!(
        matches!(check("correct horse").await, Verdict::Accepted(person) if person.subject == made.id)
    );
    assert!(matches!(check("wrong").await, Verdict::Rejected { .. }));
    house.instance.set_password(&made.id, &"battery staple".into()).await.unwrap();
    assert!(matches!(check("battery staple").await, Verdict::Accepted(_)));
    let (old, new) = (Secret::from("battery staple"), Secret::from("third of them"));
    house.instance.change_password(&made.id, &old, &new).await.unwrap();
    assert!(matches!(check("third of them").await, Verdict::Accepted(_)));
    let again = house.instance.change_password(&made.id, &old, &new).await.unwrap_err();
    assert_eq!(again.kind, FaultKind::WrongCredential);
}

#[tokio::test]
async fn no_sign_in_with_the_old_password_outlives_a_reset() {
    for release in Release::ALL {
        let house = house(release).await;
        let made = house.instance.create(&ann(), Attempt::First).await.unwrap();
        house.server.sign_ins_beside_the_next_change(10);
        house.instance.set_password(&made.id, &"battery staple".into()).await.unwrap();
        let left: Vec<_> = house.server.sessions().into_iter().map(|one| one.user).collect();
        assert_eq!(left, [""; 0], "{release:?}");
    }
}

#[tokio::test]
async fn profiles_are_captured_described_and_applied() {
    let house = house(Release::V10_11).await;
    house.server.add_library("Films", Some("movies"));
    assert_eq!(house.instance.libraries().await.unwrap()[0].name, "Films");
    let model = house.instance.create(&ann(), Attempt::First).await.unwrap();
    let document = house.instance.capture_profile(&model.id).await.unwrap();
    assert!(!house.instance.describe_profile(&document).await.unwrap().is_empty());
    let wrong = house.instance.describe_profile("[]").await.unwrap_err();
    assert_eq!(wrong.kind, FaultKind::InvalidInput);
    let other = NewAccount { login_name: "Ben".to_owned(), ..ann() };
    let other = house.instance.create(&other, Attempt::First).await.unwrap();
    let applied = house.instance.apply_profile(&other.id, &document).await.unwrap();
    assert_eq!(applied.login_name, "Ben");
}

#[tokio::test]
async fn an_admin_signs_in_once_and_a_key_stays() {
    let hand = Hand::default();
    let server = Jellyfin::start(Release::V10_11, Options::strict(hand.now())).await.unwrap();
    server.finish_wizard("root", "root-password");
    let sandbox = sandbox(&[("jellyfin", plugin("jellyfin"))], &hand);
    let url = server.url();
    let trial = sandbox.trial(config("jellyfin", &[("url", &url)], &[])).unwrap();
    let typed = |password: &str| {
        vec![
            ("admin_user".to_owned(), Secret::from("root")),
            ("admin_password".to_owned(), Secret::from(password)),
        ]
    };
    let wrong = trial.connect(typed("another-password")).await.unwrap_err();
    assert_eq!(wrong.kind, FaultKind::WrongCredential);
    assert!(!wrong.detail.contains("another-password"));
    let minted = trial.connect(typed("root-password")).await.unwrap();
    let key = minted["api_key"].expose().clone();
    assert_eq!(server.keys().len(), 1);
    assert!(sandbox.instance(backend("jellyfin")).is_none(), "a trial is not registered");
    sandbox.configure(config("jellyfin", &[("url", &url)], &[("api_key", &key)])).unwrap();
    let probe = sandbox.instance(backend("jellyfin")).unwrap().probe().await;
    probe.outcome.unwrap();
}

#[tokio::test]
async fn a_server_that_is_down_is_told_by_the_hosts_own_stages() {
    let mut house = house(Release::V10_11).await;
    house.server.stop_listening().await;
    let probe = house.instance.probe().await;
    let outcomes: Vec<StageOutcome> = probe.stages.iter().map(|stage| stage.outcome).collect();
    use StageOutcome::{Failed, Passed, Skipped};
    assert_eq!(outcomes, [Passed, Failed, Skipped]);
    let fault = probe.outcome.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Unavailable, "net.unreachable"));
    let fault = house.instance.create(&ann(), Attempt::First).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable);
}

#[tokio::test]
async fn a_write_that_is_not_answered_in_time_is_unclear_and_the_next_attempt_looks() {
    let house = house(Release::V10_11).await;
    let held = house.server.inject("POST /Users/New", Fault::HoldAfter);
    let instance = house.instance.clone();
    let asked = tokio::spawn(async move { instance.create(&ann(), Attempt::First).await });
    held.arrived().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    let fault = asked.await.unwrap().unwrap_err();
    tokio::time::resume();
    assert_eq!(fault.kind, FaultKind::OutcomeUnknown, "{fault:?}");
    held.release();
    let made = house.instance.create(&ann(), Attempt::AfterDoubt).await.unwrap();
    assert_eq!(made.login_name, "Ann");
}

#[tokio::test]
async fn a_dropped_call_costs_nothing_but_itself() {
    let house = house(Release::V10_11).await;
    let held = house.server.inject("GET /Users", Fault::HoldBefore);
    let instance = house.instance.clone();
    let asked = tokio::spawn(async move { instance.list_accounts().await });
    held.arrived().await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    assert_eq!(house.instance.list_accounts().await.unwrap().len(), 1);
}

#[tokio::test]
async fn no_secret_is_in_the_log_or_in_a_status() {
    let house = house(Release::V10_11).await;
    let made = house.instance.create(&ann(), Attempt::First).await.unwrap();
    house.instance.check_password("Ann", None, &"a wrong password".into()).await.unwrap();
    house.server.inject("GET /Users/{userId}", Fault::ErrorBefore);
    house.instance.account(&made.id).await.unwrap_err();
    let words = format!("{:?} {:?}", house.sandbox.log(&id("jellyfin")), house.sandbox.plugins());
    let key = &house.server.keys()[0];
    for secret in ["correct horse", "a wrong password", key.as_str()] {
        assert!(!words.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_swap_loses_no_call_under_way() {
    let hand = Hand::default();
    let folder = tempfile::tempdir().unwrap();
    let server = Jellyfin::start(Release::V10_11, Options::strict(hand.now())).await.unwrap();
    server.finish_wizard("root", "root-password");
    let key = server.add_key("Latchkey");
    let sandbox = Sandbox::open(SandboxOptions {
        bundled: vec![("jellyfin".to_owned(), plugin("jellyfin").into())],
        plugins_dir: Some(folder.path().to_owned()),
        ..options(&hand)
    })
    .unwrap();
    sandbox.configure(config("jellyfin", &[("url", &server.url())], &[("api_key", &key)])).unwrap();
    let instance = sandbox.instance(backend("jellyfin")).unwrap();

    let held = server.inject("GET /Users", Fault::HoldBefore);
    let under_way = {
        let instance = instance.clone();
        tokio::spawn(async move { instance.list_accounts().await })
    };
    held.arrived().await;
    let newer = changed(&plugin("jellyfin"), "version = \"0.1.0\"", "version = \"0.2.0\"");
    std::fs::write(folder.path().join("newer.wasm"), newer).unwrap();
    sandbox.rescan();
    let waiting = sandbox.plugins().into_iter().find(|one| one.refused.is_some()).unwrap();
    sandbox.consent(&id("jellyfin"), &waiting.inspection.unwrap().sha256);
    assert_eq!(sandbox.manifest(&id("jellyfin")).unwrap().version, "0.2.0");
    held.release();
    assert_eq!(under_way.await.unwrap().unwrap().len(), 1);
    assert_eq!(instance.list_accounts().await.unwrap().len(), 1);
}

#[tokio::test]
async fn calls_wait_for_a_place_and_too_many_are_turned_away() {
    let house = house(Release::V10_11).await;
    let ask = || {
        let instance = house.instance.clone();
        tokio::spawn(async move { instance.list_accounts().await })
    };
    let held: Vec<_> =
        (0..12).map(|_| house.server.inject("GET /Users", Fault::HoldBefore)).collect();
    let mut asked: Vec<_> = (0..12).map(|_| ask()).collect();
    for one in &held {
        one.arrived().await;
    }
    asked.extend((0..64).map(|_| ask()));
    // One thread: each of them has come as far as it can after a few turns.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let fault = house.instance.list_accounts().await.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Unavailable, "sandbox.busy"));
    for one in &held {
        one.release();
    }
    for one in asked {
        assert_eq!(one.await.unwrap().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_leaves_places_for_the_others_of_its_plugin() {
    let house = house(Release::V10_11).await;
    let other =
        Jellyfin::start(Release::V10_11, Options::strict(Hand::default().now())).await.unwrap();
    other.finish_wizard("root", "root-password");
    let key = other.add_key("Latchkey");
    let mut config = config("jellyfin", &[("url", &other.url())], &[("api_key", &key)]);
    config.instance = backend("attic").into();
    house.sandbox.configure(config).unwrap();
    let attic = house.sandbox.instance(backend("attic")).unwrap();

    let held: Vec<_> =
        (0..12).map(|_| house.server.inject("GET /Users", Fault::HoldBefore)).collect();
    let asked: Vec<_> = (0..40)
        .map(|_| {
            let instance = house.instance.clone();
            tokio::spawn(async move { instance.list_accounts().await })
        })
        .collect();
    for one in &held {
        one.arrived().await;
    }
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(attic.list_accounts().await.unwrap().len(), 1);
    for one in &held {
        one.release();
    }
    for one in asked {
        assert_eq!(one.await.unwrap().unwrap().len(), 1);
    }
}
