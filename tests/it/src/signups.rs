//! Sign-ups: one use, one account, nothing lost, nothing doubled, nobody unknown.

use futures_util::future::join_all;
use harness::{House, KILL_POINTS};
use serde_json::{Map, json};
use standins::jellyfin::{Fault, Phase, Release};

const PHRASE: &str = "a good long phrase";

#[tokio::test]
async fn a_guest_signs_up_and_can_sign_in_there_and_here() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    let answer = house.sign_up(&code, "Ada", PHRASE).await.expect(201).json();
    assert_eq!(answer["signup"]["state"], "complete");
    assert_eq!(answer["signup"]["accounts"][0]["state"], "done");
    assert!(house.jellyfin.accepts("Ada", PHRASE));
    house.login("Ada", PHRASE).await.expect(200);
    house.login("ada", PHRASE).await.expect(200);
    let user = house.user_named("Ada").await;
    assert_eq!(user["accounts"][0]["backend"], "jellyfin");
}

#[tokio::test]
async fn two_hundred_at_once_on_a_single_use_invite_make_one_account() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    let before = house.jellyfin.users().len();
    let names: Vec<String> = (0..200).map(|number| format!("guest {number}")).collect();
    // Each from an address of their own: the race is the point, not the throttle.
    let answers = join_all(names.iter().map(|name| house.sign_up(&code, name, PHRASE))).await;
    let made: Vec<_> = answers.iter().filter(|answer| matches!(answer.status, 201 | 202)).collect();
    let refused = answers.iter().filter(|answer| answer.status == 410).count();
    assert_eq!((made.len(), refused), (1, 199));
    assert_eq!(house.jellyfin.users().len(), before + 1);
    let users = house.admin().await.get("/api/users?limit=200").await.expect(200).json();
    assert_eq!(users["items"].as_array().unwrap().len(), 2, "the admin and one guest");
}

#[tokio::test]
async fn a_kill_after_any_step_loses_nothing_and_doubles_nothing() {
    for point in KILL_POINTS {
        let mut house = House::new().await;
        let model = house.jellyfin.add_user("Model", "m", &Map::new());
        let body = json!({"backend": "jellyfin", "account": model, "name": "Family"});
        house.admin().await.post("/api/profiles/capture", body).await.expect(201);
        let before = house.jellyfin.users().len();
        let code = house.invite(json!({"uses": 1, "profile": "Family"})).await;
        house.kill_at(point).await;
        house.sign_up_until_killed(&code, "Ada", PHRASE).await;
        house.kill_and_restart().await;
        house.until_settled(&code).await;
        assert_eq!(house.jellyfin.users().len(), before + 1, "killed at {point}");
        assert!(house.jellyfin.accepts("Ada", PHRASE), "killed at {point}");
        house.login("Ada", PHRASE).await.expect(200);
        house.guest().get(&format!("/api/invites/{code}/offer")).await.expect(410);
        let user = house.user_named("Ada").await;
        assert_eq!(user["accounts"].as_array().unwrap().len(), 1, "killed at {point}");
    }
}

#[tokio::test]
async fn an_unclear_answer_is_looked_into_before_anything_is_tried_again() {
    for fault in
        [Fault::ErrorAfter, Fault::CutAfter, Fault::ErrorBefore, Fault::CutBefore, Fault::Html]
    {
        let house = House::new().await;
        let before = house.jellyfin.users().len();
        let code = house.invite(json!({"uses": 1})).await;
        let _script = house.jellyfin.inject("POST /Users/New", fault);
        let answer = house.sign_up(&code, "Ada", PHRASE).await;
        assert!(matches!(answer.status, 201 | 202), "{fault:?}: {}", answer.text);
        house.until_settled(&code).await;
        assert_eq!(house.jellyfin.users().len(), before + 1, "{fault:?}");
        assert!(house.jellyfin.accepts("Ada", PHRASE), "{fault:?}");
        house.login("Ada", PHRASE).await.expect(200);
    }
}

#[tokio::test]
async fn a_name_that_is_taken_there_is_said_and_the_use_is_not_spent() {
    let house = House::new().await;
    house.jellyfin.add_user("Ada", "somebody else's", &Map::new());
    let code = house.invite(json!({"uses": 1})).await;
    let refused = house.sign_up(&code, "ada", PHRASE).await.expect(409);
    assert_eq!(refused.code(), "name-taken");
    assert!(house.jellyfin.accepts("Ada", "somebody else's"));
    house.sign_up(&code, "Ada Two", PHRASE).await.expect(201);
}

#[tokio::test]
async fn a_name_that_is_taken_here_is_said_whatever_its_case() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 2})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let refused = house.sign_up(&code, "ADA", PHRASE).await.expect(409);
    assert_eq!(refused.code(), "name-taken");
}

#[tokio::test]
async fn wrong_fields_are_named_and_cost_no_use() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1, "askEmail": "required"})).await;
    for (body, field) in [
        (json!({"username": "", "password": PHRASE, "email": "a@example.org"}), "username"),
        (json!({"username": "a/b", "password": PHRASE, "email": "a@example.org"}), "username"),
        (json!({"username": "Ada", "password": "short", "email": "a@example.org"}), "password"),
        (json!({"username": "Ada", "password": "password1", "email": "a@example.org"}), "password"),
        (
            json!({"username": "Lovelace", "password": "lovelace", "email": "a@example.org"}),
            "password",
        ),
        (json!({"username": "Ada", "password": PHRASE}), "email"),
        (json!({"username": "Ada", "password": PHRASE, "email": "nowhere"}), "email"),
    ] {
        let path = format!("/api/invites/{code}/accept");
        let answer = house.fresh_guest().post(&path, body.clone()).await.expect(422);
        assert!(answer.json()["fields"].get(field).is_some(), "{body}: {}", answer.text);
    }
    let body = json!({"username": "Ada", "password": PHRASE, "email": "a@example.org"});
    house.fresh_guest().post(&format!("/api/invites/{code}/accept"), body).await.expect(201);
}

#[tokio::test]
async fn while_the_backend_is_down_a_sign_up_waits_and_then_finishes() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.jellyfin.set_phase(Phase::Starting);
    let answer = house.sign_up(&code, "Ada", PHRASE).await;
    assert!(matches!(answer.status, 202 | 503), "{}", answer.text);
    house.jellyfin.set_phase(Phase::Healthy);
    if answer.status == 503 {
        house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    } else {
        house.until_settled(&code).await;
    }
    house.login("Ada", PHRASE).await.expect(200);
}

#[tokio::test]
async fn a_waiting_password_is_nowhere_in_the_data_folder() {
    let mut house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.kill_at("reserved").await;
    let phrase = "quite-unmistakable-42-phrase";
    house.sign_up_until_killed(&code, "Ada", phrase).await;
    house.kill().await;
    for file in house.data_files() {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes.windows(phrase.len()).any(|window| window == phrase.as_bytes());
        assert!(!found, "{}", file.display());
    }
}

#[tokio::test]
async fn progress_is_for_the_browser_that_signed_up_and_for_admins() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    let guest = house.fresh_guest();
    let body = json!({"username": "Ada", "password": PHRASE});
    let answer = guest.post(&format!("/api/invites/{code}/accept"), body).await.expect(201).json();
    let path = format!("/api/signups/{}", answer["signup"]["id"].as_str().unwrap());
    assert_eq!(guest.get(&path).await.expect(200).json()["state"], "complete");
    house.admin().await.get(&path).await.expect(200);
    let stranger = house.fresh_guest().get(&path).await;
    assert!(matches!(stranger.status, 401 | 403 | 404), "{}", stranger.status);
}

#[tokio::test]
async fn every_release_line_takes_a_sign_up() {
    for release in Release::ALL {
        let house = House::with(release).await;
        let code = house.invite(json!({"uses": 1})).await;
        house.sign_up(&code, "Zoë O'Neil", PHRASE).await.expect(201);
        assert!(house.jellyfin.accepts("Zoë O'Neil", PHRASE), "{release:?}");
    }
}
