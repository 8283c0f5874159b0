//! Sign-ups through every mishap a backend can have: each call of a sign-up times each fault.

use harness::House;
use jiff::SignedDuration;
use serde_json::{Value, json};
use standins::jellyfin::{Fault, Phase};
use std::time::Duration;

const PHRASE: &str = "a good long phrase";

/// What a sign-up with a profile asks of Jellyfin, in order.
const CALLS: [&str; 7] = [
    "GET /System/Info/Public",
    "GET /Users",
    "POST /Users/New",
    "GET /Users/{userId}",
    "POST /Users/{userId}/Policy",
    "POST /Users/Configuration",
    "POST /DisplayPreferences/{id}",
];

/// Captures a profile that takes something away.
async fn family(house: &House) {
    let policy = json!({"MaxParentalRating": 0, "EnableContentDownloading": false});
    let model = house.jellyfin.add_user("Model", "m", policy.as_object().unwrap());
    let screen = json!({"homesection0": "resume"});
    house.jellyfin.set_home_screen("Model", screen.as_object().unwrap());
    let body = json!({"backend": "jellyfin", "account": model, "name": "Family"});
    house.admin().await.post("/api/profiles/capture", body).await.expect(201);
}

/// One person, one account, as the profile says, and the use is spent once.
async fn exactly_one(house: &House, code: &str, name: &str, case: &str) {
    let there: Vec<_> =
        house.jellyfin.users().into_iter().filter(|user| user.name == name).collect();
    assert_eq!(there.len(), 1, "{case}");
    assert_eq!(there[0].policy["MaxParentalRating"], 0, "{case}");
    assert_eq!(there[0].policy["EnableContentDownloading"], false, "{case}");
    let screen = house.jellyfin.home_screen(name).unwrap();
    assert_eq!(screen["CustomPrefs"]["homesection0"], "resume", "{case}");
    assert!(house.jellyfin.accepts(name, PHRASE), "{case}");
    let user = house.user_named(name).await;
    assert_eq!(user["accounts"].as_array().map(Vec::len), Some(1), "{case}: {user}");
    assert_eq!(user["accounts"][0]["id"], there[0].id, "{case}");
    house.login(name, PHRASE).await.expect(200);
    house.fresh_guest().get(&format!("/api/invites/{code}/offer")).await.expect(410);
}

#[tokio::test]
async fn whatever_call_goes_wrong_there_is_one_account_as_the_profile_says() {
    let house = House::new().await;
    family(&house).await;
    let faults = [
        Fault::ErrorBefore,
        Fault::ErrorAfter,
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::Html,
        Fault::Slow(Duration::from_micros(50)),
    ];
    let mut number = 0;
    for call in CALLS {
        for fault in faults {
            number += 1;
            let (name, case) = (format!("Guest {number}"), format!("{call}: {fault:?}"));
            let code = house.invite(json!({"uses": 1, "profile": "Family"})).await;
            let script = house.jellyfin.inject(call, fault);
            let answer = house.sign_up(&code, &name, PHRASE).await;
            assert!(matches!(answer.status, 201 | 202), "{case}: {}", answer.text);
            house.until_settled(&code).await;
            assert!(script.used(), "{case}");
            exactly_one(&house, &code, &name, &case).await;
        }
    }
}

#[tokio::test]
async fn a_kill_while_an_answer_is_on_its_way_is_looked_into_at_the_next_start() {
    let mut house = House::new().await;
    family(&house).await;
    let mut number = 0;
    for call in CALLS {
        for fault in [Fault::HoldBefore, Fault::HoldAfter] {
            number += 1;
            let (name, case) = (format!("Guest {number}"), format!("{call}: {fault:?}"));
            let code = house.invite(json!({"uses": 1, "profile": "Family"})).await;
            let held = house.jellyfin.inject(call, fault);
            tokio::select! {
                answer = house.sign_up(&code, &name, PHRASE) => panic!("{case}: {}", answer.text),
                () = held.arrived() => {}
            }
            house.kill().await;
            // What was held is not carried out: whoever asked is gone.
            drop(held);
            house.kill_and_restart().await;
            house.until_settled(&code).await;
            exactly_one(&house, &code, &name, &case).await;
        }
    }
}

#[tokio::test]
async fn both_answers_of_a_doubtful_create_may_be_lost() {
    let house = House::new().await;
    family(&house).await;
    for (number, call) in
        ["GET /Users", "POST /Users/AuthenticateByName", "POST /Sessions/Logout"].iter().enumerate()
    {
        for (other, fault) in [Fault::ErrorAfter, Fault::CutBefore, Fault::CutAfter, Fault::Html]
            .into_iter()
            .enumerate()
        {
            let (name, case) = (format!("Guest {number}{other}"), format!("{call}: {fault:?}"));
            let code = house.invite(json!({"uses": 1, "profile": "Family"})).await;
            let lost = house.jellyfin.inject("POST /Users/New", Fault::CutAfter);
            // The look before the create is held, so that the second fault meets what comes after it.
            let first_look = house.jellyfin.inject("GET /Users", Fault::HoldAfter);
            let began = tokio::spawn({
                let (guest, path) = (house.fresh_guest(), format!("/api/invites/{code}/accept"));
                let body = json!({"username": name, "password": PHRASE});
                async move { guest.post(&path, body).await }
            });
            first_look.arrived().await;
            let script = house.jellyfin.inject(call, fault);
            assert!(!lost.used(), "{case}: made before it was looked");
            first_look.release();
            let answer = began.await.unwrap();
            assert!(matches!(answer.status, 201 | 202), "{case}: {}", answer.text);
            house.until_settled(&code).await;
            assert!(lost.used(), "{case}");
            assert!(script.used(), "{case}");
            exactly_one(&house, &code, &name, &case).await;
        }
    }
}

#[tokio::test]
async fn an_unused_account_without_a_password_is_never_taken_for_ours() {
    let house = House::new().await;
    for (number, call) in ["GET /Users", "GET /System/Info/Public"].into_iter().enumerate() {
        for (other, fault) in
            [Fault::ErrorBefore, Fault::Html, Fault::CutAfter].into_iter().enumerate()
        {
            let name = format!("Kid {number}{other}");
            house.jellyfin.add_user(&name, "", &serde_json::Map::new());
            let code = house.invite(json!({"uses": 1})).await;
            let _script = house.jellyfin.inject(call, fault);
            let _answer = house.sign_up(&code, &name, PHRASE).await;
            house.until_settled(&code).await;
            assert!(house.jellyfin.accepts(&name, ""), "{call}: {fault:?}");
            assert!(house.user_named(&name).await.is_null(), "{call}: {fault:?}");
            house.fresh_guest().get(&format!("/api/invites/{code}/offer")).await.expect(200);
        }
    }
}

#[tokio::test]
async fn somebody_who_takes_the_name_there_meanwhile_keeps_their_account() {
    for fault in [Fault::HoldAfter, Fault::HoldBefore] {
        let house = House::new().await;
        let code = house.invite(json!({"uses": 1})).await;
        let call = if fault == Fault::HoldAfter { "GET /Users" } else { "POST /Users/New" };
        let held = house.jellyfin.inject(call, fault);
        let meanwhile = async {
            held.arrived().await;
            house.jellyfin.add_user("Ada", "the admin's choice", &serde_json::Map::new());
            held.release();
        };
        let (answer, ()) = tokio::join!(house.sign_up(&code, "Ada", PHRASE), meanwhile);
        assert_eq!(answer.expect(409).code(), "name-taken");
        assert!(house.jellyfin.accepts("Ada", "the admin's choice"));
        assert!(house.user_named("Ada").await.is_null());
        house.sign_up(&code, "Ada Two", PHRASE).await.expect(201);
    }
}

#[tokio::test]
async fn somebody_who_takes_the_name_there_while_we_are_in_doubt_keeps_their_account() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    let cut = house.jellyfin.inject("POST /Users/New", Fault::CutBefore);
    // The look after the cut fails too, so that the doubt lasts.
    let meanwhile = async {
        cut.arrived().await;
        house.jellyfin.set_phase(Phase::Starting);
        house.jellyfin.add_user("Ada", "the admin's choice", &serde_json::Map::new());
    };
    let (_answer, ()) = tokio::join!(house.sign_up(&code, "Ada", PHRASE), meanwhile);
    house.jellyfin.set_phase(Phase::Healthy);
    house.until_settled(&code).await;
    assert!(house.jellyfin.accepts("Ada", "the admin's choice"));
    assert!(house.user_named("Ada").await.is_null());
    house.sign_up(&code, "Ada Two", PHRASE).await.expect(201);
}

#[tokio::test]
async fn an_invite_that_goes_while_a_sign_up_is_under_way_does_not_stop_it() {
    for (number, revoke) in [true, false].into_iter().enumerate() {
        let house = House::new().await;
        let code = house.invite(json!({"uses": 1})).await;
        let admin = house.admin().await;
        let path = format!("/api/invites/{code}");
        let held = house.jellyfin.inject("POST /Users/New", Fault::HoldAfter);
        let meanwhile = async {
            held.arrived().await;
            if revoke {
                let browser = house.admin_browser().await;
                let answer = browser.submit(&format!("/admin/invites/{code}/revoke"), &[]).await;
                assert!(answer.status < 400, "{}", answer.text);
            } else {
                admin.call("DELETE", &path, Value::Null).await.expect(204);
            }
            held.release();
        };
        let name = format!("Ada {number}");
        let (answer, ()) = tokio::join!(house.sign_up(&code, &name, PHRASE), meanwhile);
        answer.expect(201);
        house.login(&name, PHRASE).await.expect(200);
        assert!(house.jellyfin.accepts(&name, PHRASE));
        let late = house.fresh_guest().get(&format!("{path}/offer")).await;
        assert_eq!(late.status, 410, "{}", late.text);
    }
}

#[tokio::test]
async fn a_deleted_invite_does_not_come_back_when_its_use_is_given_back() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    let admin = house.admin().await;
    let path = format!("/api/invites/{code}");
    let held = house.jellyfin.inject("GET /Users", Fault::HoldAfter);
    let meanwhile = async {
        held.arrived().await;
        house.jellyfin.add_user("Ada", "the admin's choice", &serde_json::Map::new());
        admin.call("DELETE", &path, Value::Null).await.expect(204);
        held.release();
    };
    let (answer, ()) = tokio::join!(house.sign_up(&code, "Ada", PHRASE), meanwhile);
    answer.expect(409);
    admin.get(&path).await.expect(404);
    house.fresh_guest().get(&format!("{path}/offer")).await.expect(410);
}

#[tokio::test]
async fn of_two_who_want_one_name_at_once_one_gets_it() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 2})).await;
    let before = house.jellyfin.users().len();
    let (one, other) =
        tokio::join!(house.sign_up(&code, "Ada", PHRASE), house.sign_up(&code, "ADA", PHRASE));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", one.text, other.text);
    assert_eq!(house.jellyfin.users().len(), before + 1);
    house.sign_up(&code, "Bob", PHRASE).await.expect(201);
}

#[tokio::test]
async fn a_restart_during_an_outage_forgets_nobody() {
    let mut house = House::new().await;
    family(&house).await;
    let code = house.invite(json!({"uses": 1, "profile": "Family"})).await;
    let cut = house.jellyfin.inject("POST /Users/{userId}/Policy", Fault::CutBefore);
    let meanwhile = async {
        cut.arrived().await;
        house.jellyfin.set_phase(Phase::Starting);
    };
    let (_answer, ()) = tokio::join!(house.sign_up(&code, "Ada", PHRASE), meanwhile);
    house.restart().await;
    house.kill_and_restart().await;
    house.guest().get("/readyz").await.expect(200);
    house.clock.advance(SignedDuration::from_hours(2));
    house.jellyfin.set_phase(Phase::Healthy);
    house.until_settled(&code).await;
    exactly_one(&house, &code, "Ada", "after the outage").await;
}

#[tokio::test]
async fn after_a_day_it_is_given_up_and_nothing_is_left() {
    let house = House::new().await;
    family(&house).await;
    let before = house.jellyfin.users().len();
    let code = house.invite(json!({"uses": 1, "profile": "Family"})).await;
    // Made, never restricted, and then gone for more than a day.
    let cut = house.jellyfin.inject("POST /Users/{userId}/Policy", Fault::CutBefore);
    let meanwhile = async {
        cut.arrived().await;
        house.jellyfin.set_phase(Phase::Starting);
    };
    let (_answer, ()) = tokio::join!(house.sign_up(&code, "Ada", PHRASE), meanwhile);
    assert!(house.jellyfin.user("Ada").is_some());
    house.clock.advance(SignedDuration::from_hours(25));
    // One line for the first trouble with a step, the next one only when it is given up.
    let admin = house.admin().await;
    house
        .until_async("it is given up", || async {
            let log = admin.get("/api/activity?limit=100").await.expect(200).json();
            let lines = log["items"].as_array().unwrap();
            lines.iter().filter(|line| line["kind"] == "signup-step-failed").count() > 1
        })
        .await;
    // Given up is not forgotten: the account is still there and still ours to take away.
    assert!(house.jellyfin.user("Ada").is_some());
    let asked = house.jellyfin.requests().len();
    house.jellyfin.set_phase(Phase::Healthy);
    house.until_settled(&code).await;
    assert!(house.jellyfin.requests().len() > asked, "nobody was asked to take it away");
    assert_eq!(house.jellyfin.users().len(), before, "an unrestricted account stays");
    assert!(house.jellyfin.user("Ada").is_none());
    assert!(house.user_named("Ada").await.is_null());
    house.fresh_guest().get(&format!("/api/invites/{code}/offer")).await.expect(200);
}

#[tokio::test]
async fn what_was_never_made_is_undone_after_a_day_and_the_use_is_free() {
    let house = House::new().await;
    let before = house.jellyfin.users().len();
    let code = house.invite(json!({"uses": 1})).await;
    house.jellyfin.set_phase(Phase::Starting);
    house.sign_up(&code, "Ada", PHRASE).await.expect(202);
    house.clock.advance(SignedDuration::from_hours(25));
    house.until_settled(&code).await;
    house.jellyfin.set_phase(Phase::Healthy);
    assert_eq!(house.jellyfin.users().len(), before);
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
}

#[tokio::test]
async fn an_account_in_doubt_after_a_day_is_shown_to_the_admin_and_left_alone() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    let lost = house.jellyfin.inject("POST /Users/New", Fault::CutAfter);
    let meanwhile = async {
        lost.arrived().await;
        house.jellyfin.set_phase(Phase::Starting);
    };
    let (_answer, ()) = tokio::join!(house.sign_up(&code, "Ada", PHRASE), meanwhile);
    house.clock.advance(SignedDuration::from_hours(25));
    let asked = house.jellyfin.requests().len();
    house.until("somebody looks", || house.jellyfin.requests().len() > asked).await;
    house.jellyfin.set_phase(Phase::Healthy);
    house.until_settled(&code).await;
    assert!(house.jellyfin.user("Ada").is_some(), "nobody can tell whose it is");
    let log = house.admin().await.get("/api/activity?limit=100").await.expect(200).text;
    assert!(log.contains("nobody can tell"), "{log}");
    house.fresh_guest().get(&format!("/api/invites/{code}/offer")).await.expect(200);
}

#[tokio::test]
async fn a_clock_that_jumps_loses_nobody() {
    let house = House::new().await;
    let code =
        house.invite(json!({"uses": 3, "expiresIn": "P14D", "accountLifetime": "P30D"})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    // Back: what was is in the future now.
    house.clock.advance(SignedDuration::from_hours(-24 * 400));
    house.sign_up(&code, "Bob", PHRASE).await.expect(201);
    house.login("Ada", PHRASE).await.expect(200);
    // Far ahead, and right again: everybody is expired and nobody is gone.
    house.clock.advance(SignedDuration::from_hours(24 * 800));
    for name in ["Ada", "Bob"] {
        house
            .until("they are switched off", || !house.jellyfin.user(name).unwrap().is_enabled())
            .await;
    }
    house.clock.advance(SignedDuration::from_hours(-24 * 400));
    let admin = house.admin().await;
    for name in ["Ada", "Bob"] {
        let id = house.user_named(name).await["id"].as_str().unwrap().to_owned();
        let until = json!({"until": "2027-06-01T00:00:00Z"});
        admin.post(&format!("/api/users/{id}/extend"), until).await.expect(200);
        house.login(name, PHRASE).await.expect(200);
        assert!(house.jellyfin.user(name).unwrap().is_enabled());
    }
    house.sign_up(&code, "Cleo", PHRASE).await.expect(201);
}
