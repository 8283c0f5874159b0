//! Switching, deleting and profiles through every mishap, and two admins who want different things.

use harness::House;
use jiff::SignedDuration;
use serde_json::{Value, json};
use standins::jellyfin::{Fault, Jellyfin, Options, Phase, Release};
use std::sync::Arc;

const PHRASE: &str = "a good long phrase";
const POLICY: &str = "POST /Users/{userId}/Policy";
const FAULTS: [Fault; 5] =
    [Fault::ErrorBefore, Fault::ErrorAfter, Fault::CutBefore, Fault::CutAfter, Fault::Html];

/// Somebody who signed up; their id here.
async fn somebody(house: &House, name: &str) -> String {
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, name, PHRASE).await.expect(201);
    house.user_named(name).await["id"].as_str().unwrap().to_owned()
}

/// Lets what is owed come true.
async fn until_enabled_is(house: &House, name: &str, wanted: bool) {
    let mut looks = 0_u32;
    let told = if wanted { "active" } else { "disabled" };
    house
        .until_async("the account is as wished", || {
            looks += 1;
            if looks.is_multiple_of(5) {
                house.clock.advance(SignedDuration::from_mins(2));
            }
            async {
                let user = house.user_named(name).await;
                house.jellyfin.user(name).unwrap().is_enabled() == wanted
                    && user["accounts"][0]["state"] == told
            }
        })
        .await;
}

#[tokio::test]
async fn disabling_and_enabling_come_true_whatever_call_goes_wrong() {
    let house = House::new().await;
    let admin = house.admin().await;
    let id = somebody(&house, "Ada").await;
    for fault in FAULTS {
        for call in ["GET /Users/{userId}", POLICY, "GET /Devices"] {
            for (word, wanted) in [("disable", false), ("enable", true)] {
                // Nobody's devices are asked for when somebody is switched off.
                let asked = wanted || call != "GET /Devices";
                let script = asked.then(|| house.jellyfin.inject(call, fault));
                let answer = admin.post(&format!("/api/users/{id}/{word}"), json!({})).await;
                assert!(answer.status < 300, "{word} {call} {fault:?}: {}", answer.text);
                until_enabled_is(&house, "Ada", wanted).await;
                assert!(script.is_none_or(|script| script.used()), "{word} {call} {fault:?}");
            }
        }
    }
    house.login("Ada", PHRASE).await.expect(200);
}

#[tokio::test]
async fn the_newer_of_two_wishes_wins_also_where_the_older_arrives_later() {
    for (first, then, wanted) in [("disable", "enable", true), ("enable", "disable", false)] {
        let house = House::new().await;
        let admin = house.admin().await;
        let id = somebody(&house, "Ada").await;
        if first == "enable" {
            admin.post(&format!("/api/users/{id}/disable"), json!({})).await.expect(200);
        }
        let (first, then) = (format!("/api/users/{id}/{first}"), format!("/api/users/{id}/{then}"));
        let held = house.jellyfin.inject(POLICY, Fault::HoldBefore);
        let meanwhile = async {
            held.arrived().await;
            admin.post(&then, json!({})).await.expect(200);
            held.release();
        };
        let (answer, ()) = tokio::join!(admin.post(&first, json!({})), meanwhile);
        answer.expect(200);
        until_enabled_is(&house, "Ada", wanted).await;
    }
}

#[tokio::test]
async fn an_expiry_that_is_held_up_does_not_undo_a_later_extension() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1, "accountLifetime": "P1D"})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let admin = house.admin().await;
    let held = house.jellyfin.inject(POLICY, Fault::HoldBefore);
    house.clock.advance(SignedDuration::from_hours(25));
    held.arrived().await;
    let admin_again = house.admin().await;
    let extended =
        admin_again.post(&format!("/api/users/{id}/extend"), json!({"by": "P30D"})).await;
    assert_eq!(extended.status, 200, "{}", extended.text);
    held.release();
    until_enabled_is(&house, "Ada", true).await;
    house.login("Ada", PHRASE).await.expect(200);
    drop(admin);
}

#[tokio::test]
async fn after_a_short_outage_what_is_owed_comes_true_within_minutes() {
    let house = House::new().await;
    let id = somebody(&house, "Ada").await;
    // The account has not been touched for a month: that is no reason to wait for an hour.
    house.clock.advance(SignedDuration::from_hours(24 * 30));
    let admin = house.admin().await;
    house.jellyfin.set_phase(Phase::Starting);
    admin.post(&format!("/api/users/{id}/disable"), json!({})).await.expect(200);
    house.jellyfin.set_phase(Phase::Healthy);
    house.clock.advance(SignedDuration::from_secs(90));
    house
        .until("Ada is disabled there", || !house.jellyfin.user("Ada").unwrap().is_enabled())
        .await;
}

#[tokio::test]
async fn deleting_comes_true_whatever_call_goes_wrong_and_forgets_no_account() {
    let house = House::new().await;
    for (number, fault) in FAULTS.into_iter().enumerate() {
        let name = format!("Guest {number}");
        // To delete somebody asks for a sign-in of the last minutes.
        let admin = house.admin().await;
        let id = somebody(&house, &name).await;
        let _script = house.jellyfin.inject("DELETE /Users/{userId}", fault);
        let path = format!("/api/users/{id}?accounts=delete");
        let answer = admin.call("DELETE", &path, Value::Null).await;
        assert!(answer.status < 300, "{fault:?}: {}", answer.text);
        let mut looks = 0_u32;
        house
            .until_async("both are gone", || {
                looks += 1;
                if looks.is_multiple_of(10) {
                    house.clock.advance(SignedDuration::from_mins(11));
                }
                async {
                    let known = house.user_named(&name).await;
                    let there = house.jellyfin.user(&name).is_some();
                    assert!(there || known.is_null() || known["state"] == "disabled", "{fault:?}");
                    assert!(!(there && known.is_null()), "{fault:?}: nobody knows the account");
                    known.is_null() && !there
                }
            })
            .await;
    }
}

#[tokio::test]
async fn applying_a_profile_again_heals_what_went_wrong() {
    let house = House::new().await;
    let policy = json!({"MaxParentalRating": 0, "EnableContentDownloading": false});
    let model = house.jellyfin.add_user("Model", "m", policy.as_object().unwrap());
    let admin = house.admin().await;
    let body = json!({"backend": "jellyfin", "account": model, "name": "Family"});
    admin.post("/api/profiles/capture", body).await.expect(201);
    let id = somebody(&house, "Ada").await;
    for call in [POLICY, "POST /Users/Configuration", "POST /DisplayPreferences/{id}"] {
        for fault in FAULTS {
            let _script = house.jellyfin.inject(call, fault);
            let path = "/api/profiles/Family/apply";
            let answer = admin.post(path, json!({"user": id})).await;
            assert!(
                answer.status < 300 || answer.status == 502,
                "{call} {fault:?}: {}",
                answer.text
            );
            assert!(answer.text.contains("failed"), "{call} {fault:?}: {}", answer.text);
            let again = admin.post(path, json!({"user": id})).await.expect(200);
            assert!(again.text.contains("done"), "{}", again.text);
            let ada = house.jellyfin.user("Ada").unwrap();
            assert_eq!(ada.policy["MaxParentalRating"], 0, "{call} {fault:?}");
            assert!(ada.is_enabled() && !ada.is_administrator(), "{call} {fault:?}");
        }
    }
    house.login("Ada", PHRASE).await.expect(200);
}

#[tokio::test]
async fn another_server_at_the_address_is_a_warning_and_changes_nobody() {
    let mut house = House::new().await;
    let id = somebody(&house, "Ada").await;
    let gone = somebody(&house, "Bob").await;
    let admin = house.admin().await;
    let port: u16 = house.jellyfin.url().rsplit(':').next().unwrap().parse().unwrap();
    house.jellyfin.stop_listening().await;
    let clock = house.clock.clone();
    let options = Options { port, ..Options::strict(Arc::new(move || clock.now())) };
    let mut other = Jellyfin::start(Release::V12, options).await.unwrap();
    other.finish_wizard("stranger", "stranger's");
    let probe = admin.post("/api/backends/jellyfin/test", json!({})).await.expect(200);
    assert!(probe.text.contains("failed"), "{}", probe.text);
    admin.post(&format!("/api/users/{id}/disable"), json!({})).await.expect(200);
    let path = format!("/api/users/{gone}?accounts=delete");
    let answer = admin.call("DELETE", &path, Value::Null).await;
    assert!(answer.status < 500, "{}", answer.text);
    for _hour in 0..3 {
        house.clock.advance(SignedDuration::from_hours(1));
        let _turn = house.guest().get("/healthz").await;
    }
    assert_eq!(house.user_named("Ada").await["accounts"][0]["state"], "owed");
    assert_eq!(house.user_named("Bob").await["accounts"].as_array().map(Vec::len), Some(1));
    assert_eq!(other.users().len(), 1);
    other.stop_listening().await;
    house.jellyfin.listen_again().await.unwrap();
    // What has been owed for hours is tried every hour.
    house.clock.advance(SignedDuration::from_hours(1));
    until_enabled_is(&house, "Ada", false).await;
    house.until("Bob goes where he is", || house.jellyfin.user("Bob").is_none()).await;
}
