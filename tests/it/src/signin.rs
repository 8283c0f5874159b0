//! Sign-in: one form for everybody, tokens for programs, throttles that trip before a backend's own.

use harness::{ADMIN, ADMIN_PASSWORD, House};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use standins::jellyfin::{Fault, Phase};

const PHRASE: &str = "a good long phrase";

#[tokio::test]
async fn unknown_and_wrong_are_the_same_answer() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let strip = |answer: harness::Answer| {
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("reference");
        (answer.status, body)
    };
    let unknown = strip(house.login("Nobody", "whatever phrase").await);
    let wrong = strip(house.login("Ada", "whatever phrase").await);
    let admin = strip(house.login(ADMIN, "whatever phrase").await);
    assert_eq!(unknown.0, 401);
    assert_eq!(unknown, wrong);
    assert_eq!(unknown, admin);
}

#[tokio::test]
async fn unknown_and_wrong_are_the_same_answer_while_a_backend_is_down() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    house.jellyfin.set_phase(Phase::Closing);
    let strip = |answer: harness::Answer| {
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("reference");
        (answer.status, answer.header("retry-after").to_owned(), body)
    };
    let unknown = strip(house.login("Nobody", "whatever phrase").await);
    assert_eq!(unknown.0, 503);
    assert_eq!(unknown, strip(house.login("Ada", "whatever phrase").await));
    assert_eq!(unknown, strip(house.login(ADMIN, "whatever phrase").await));
    house.login(ADMIN, ADMIN_PASSWORD).await.expect(200);
    house.jellyfin.set_phase(Phase::Healthy);
    house.login("Ada", "whatever phrase").await.expect(401);
    house.login(ADMIN, "whatever phrase").await.expect(401);
}

#[tokio::test]
async fn somebody_the_backend_knows_but_we_do_not_stays_out() {
    let house = House::new().await;
    house.jellyfin.add_user("Stranger", PHRASE, &Map::new());
    house.login("Stranger", PHRASE).await.expect(401);
    // An administrator there is no admin here.
    house.login(harness::JELLYFIN_ADMIN, harness::JELLYFIN_ADMIN_PASSWORD).await.expect(401);
}

#[tokio::test]
async fn a_program_gets_tokens_refreshes_them_once_and_loses_them_all_on_reuse() {
    let house = House::new().await;
    let signed_in = house.login(ADMIN, ADMIN_PASSWORD).await.expect(200).json();
    let first = signed_in["refreshToken"].as_str().unwrap().to_owned();
    let access = signed_in["accessToken"].as_str().unwrap().to_owned();
    let me = house.program().with_bearer(&access).get("/api/auth/me").await.expect(200).json();
    assert_eq!(me["user"]["role"], "admin");
    assert_eq!(me["user"]["setupAdmin"], true);
    assert_eq!(me["provider"]["id"], "local");

    let refresh = |token: String| {
        let program = house.program();
        async move { program.post("/api/auth/refresh", json!({"refreshToken": token})).await }
    };
    let second = refresh(first.clone()).await.expect(200).json();
    let second_token = second["refreshToken"].as_str().unwrap().to_owned();
    // Two tabs at once: within seconds the same successor comes again.
    let twin = refresh(first.clone()).await.expect(200).json();
    assert_eq!(twin["refreshToken"], second["refreshToken"]);
    house.clock.advance(SignedDuration::from_secs(60));
    refresh(first).await.expect(401);
    refresh(second_token).await.expect(401);
    house.program().with_bearer(&access).get("/api/auth/me").await.expect(401);
}

#[tokio::test]
async fn an_access_token_ends_with_its_session_and_with_its_hour() {
    let house = House::new().await;
    let token = |answer: Value| answer["accessToken"].as_str().unwrap().to_owned();
    let short = token(house.login(ADMIN, ADMIN_PASSWORD).await.expect(200).json());
    let program = house.program().with_bearer(&short);
    program.post("/api/auth/logout", json!({})).await.expect(204);
    program.get("/api/auth/me").await.expect(401);

    let long = token(house.login(ADMIN, ADMIN_PASSWORD).await.expect(200).json());
    house.program().with_bearer(&long).get("/api/auth/me").await.expect(200);
    house.clock.advance(SignedDuration::from_mins(61));
    house.program().with_bearer(&long).get("/api/auth/me").await.expect(401);
}

#[tokio::test]
async fn a_disabled_user_is_out_at_the_next_request() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let token = house.login("Ada", PHRASE).await.expect(200).json();
    let ada = house.program().with_bearer(token["accessToken"].as_str().unwrap());
    ada.get("/api/auth/me").await.expect(200);
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let admin = house.admin().await;
    admin.post(&format!("/api/users/{id}/disable"), json!({})).await.expect(200);
    ada.get("/api/auth/me").await.expect(401);
    assert!(!house.jellyfin.user("Ada").unwrap().is_enabled());
    admin.post(&format!("/api/users/{id}/enable"), json!({})).await.expect(200);
    assert!(house.jellyfin.user("Ada").unwrap().is_enabled());
    house.login("Ada", PHRASE).await.expect(200);
}

#[tokio::test]
async fn guessing_never_locks_the_account_on_the_backend() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let policy = json!({"LoginAttemptsBeforeLockout": 3});
    assert!(house.jellyfin.change_policy("Ada", policy.as_object().unwrap()));
    let mut throttled = 0;
    for number in 0..60_u32 {
        let from = format!("203.0.113.{number}");
        let guess = json!({"username": "Ada", "password": format!("guess number {number}")});
        let answer = house.program_from(&from).post("/api/auth/login", guess).await;
        assert!(matches!(answer.status, 401 | 429), "{}", answer.text);
        throttled += u32::from(answer.status == 429);
        house.clock.advance(SignedDuration::from_secs(20));
    }
    assert!(house.jellyfin.user("Ada").unwrap().is_enabled(), "the account was locked");
    assert!(throttled > 0);
}

#[tokio::test]
async fn a_backend_that_is_down_is_said_and_is_no_wrong_password() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let _script = house.jellyfin.inject("POST /Users/AuthenticateByName", Fault::Html);
    let answer = house.login("Ada", PHRASE).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    house.login("Ada", PHRASE).await.expect(200);
    // The admin's own password is local: it works whatever the backends do.
    house.login(ADMIN, ADMIN_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn checking_a_password_leaves_no_session_on_the_backend() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    house.login("Ada", PHRASE).await.expect(200);
    assert!(house.jellyfin.sessions().is_empty(), "{:?}", house.jellyfin.sessions());
}

/// An answer without what may differ: the moment it was sent at.
fn told(answer: &harness::Answer) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| name.as_str() != "date");
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    (answer.status, headers, answer.text.clone())
}

#[tokio::test]
async fn unknown_and_wrong_cannot_be_told_apart_by_body_headers_or_time() {
    const CHECK: &str = "POST /Users/AuthenticateByName";
    let house = House::new().await;
    let code = house.invite(json!({"uses": null})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    // The plugin is asked once for each: it looks for the account first, and shows the password to it if there
    // is one.
    let asked = || {
        let requests = house.jellyfin.requests();
        requests.iter().filter(|one| one.method == "GET" && one.path.starts_with("/Users")).count()
    };
    let mut answers = Vec::new();
    for (name, slow) in [("Nobody", false), ("Ada", true), ("Stranger", false), ("Ada", true)] {
        let (began, before) = (house.clock.now(), asked());
        // The double answers an unknown name at once and a known one 100 ms later, by our clock.
        let answer = if slow {
            let held = house.jellyfin.inject(CHECK, Fault::HoldBefore);
            let meanwhile = async {
                held.arrived().await;
                house.clock.advance(SignedDuration::from_millis(100));
                held.release();
            };
            tokio::join!(house.login(name, "whatever phrase"), meanwhile).0
        } else {
            house.login(name, "whatever phrase").await
        };
        let took = house.clock.now().duration_since(began);
        assert_eq!(took, SignedDuration::from_millis(250), "{name}: released by the clock");
        assert_eq!(asked() - before, 1, "{name}: asked as often");
        answers.push(told(&answer));
    }
    assert_eq!(answers[0].0, 401);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}
