//! Forgotten passwords on our own road: asked for, mailed, set, over.

use crate::mailroom::{self, ADDRESS, Mailed, OLD, link, person};
use harness::Visitor;
use jiff::SignedDuration;
use serde_json::{Value, json};
use standins::jellyfin::Phase;

const NEW: &str = "an even better phrase";

async fn reset(visitor: &Visitor, token: &str, password: &str) -> harness::Answer {
    let body = json!({"token": token, "password": password});
    visitor.post("/api/password/reset", body).await
}

/// Asks for a link and gives its path as the mail has it.
async fn asked(house: &Mailed, login: &str) -> String {
    let before = house.taken().len();
    let guest = house.fresh_guest();
    guest.post("/api/password/forgot", json!({"login": login})).await.expect(202);
    house.until("the mail is there", || house.taken().len() > before).await;
    link(&house.last(), "/reset/")
}

fn token(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_a_link_that_works_once() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let program = house.signed_in("Ada", OLD).await;
    let path = asked(&house, "ada").await;
    let mail = house.last();
    assert_eq!(mail.recipients, [ADDRESS]);
    assert!(!mail.subject().contains(token(&path)));

    let guest = house.fresh_guest();
    let weak = reset(&guest, token(&path), "ada").await.expect(422);
    assert!(weak.json()["fields"]["password"].is_string(), "{}", weak.text);
    let done = reset(&guest, token(&path), NEW).await.expect(200).json();
    assert_eq!(done["results"][0]["backend"], "jellyfin", "{done}");
    assert_eq!(done["results"][0]["state"], "changed", "{done}");
    assert!(house.jellyfin.accepts("Ada", NEW));
    program.get("/api/auth/me").await.expect(401);
    house.login("Ada", OLD).await.expect(401);
    house.login("Ada", NEW).await.expect(200);
    house.until("the notice is there", || house.taken().len() == 2).await;

    let used = reset(&guest, token(&path), NEW).await.expect(410);
    let wrong = reset(&guest, &"a".repeat(token(&path).len()), NEW).await.expect(410);
    let (mut used, mut wrong) = (used.json(), wrong.json());
    for body in [&mut used, &mut wrong] {
        body.as_object_mut().unwrap().remove("reference");
    }
    assert_eq!(used, wrong);
}

#[tokio::test]
async fn a_link_expires_when_it_is_used_late() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let path = asked(&house, "Ada").await;
    house.clock.advance(SignedDuration::from_mins(61));
    let guest = house.fresh_guest();
    reset(&guest, token(&path), NEW).await.expect(410);
    guest.get(&path).await.expect(410);
    assert!(house.jellyfin.accepts("Ada", OLD));
}

#[tokio::test]
async fn a_scanner_that_opens_every_link_changes_nothing() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let path = asked(&house, "Ada").await;
    let scanner = house.fresh_guest();
    for _again in 0..5 {
        for method in ["GET", "HEAD"] {
            let seen = scanner.call(method, &path, Value::Null).await.expect(200);
            assert_eq!(seen.header("referrer-policy"), "no-referrer");
            assert!(seen.header("cache-control").contains("no-store"));
        }
    }
    assert!(house.jellyfin.accepts("Ada", OLD));
    reset(&house.fresh_guest(), token(&path), NEW).await.expect(200);
    assert!(house.jellyfin.accepts("Ada", NEW));
}

#[tokio::test]
async fn nobody_learns_from_the_answer_who_is_known_here() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Without", OLD).await.expect(201);
    let mut answers = Vec::new();
    for login in ["Ada", "ada@example.org", "Without", "nobody", "nobody@example.org", "", "\u{0}"]
    {
        let body = json!({"login": login});
        let answer = house.fresh_guest().post("/api/password/forgot", body).await;
        answers.push((answer.status, answer.text));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0].0, 202);
}

#[tokio::test]
async fn asking_again_and_again_does_not_fill_a_mailbox() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    for _again in 0..30 {
        let body = json!({"login": "Ada"});
        house.fresh_guest().post("/api/password/forgot", body).await.expect(202);
    }
    house.until("there is mail", || !house.taken().is_empty()).await;
    mailroom::until_quiet(&house).await;
    let count = house.taken().len();
    assert!((1..=5).contains(&count), "{count} mails");
}

#[tokio::test]
async fn a_backend_that_is_down_does_not_cost_the_link() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let path = asked(&house, "Ada").await;
    house.jellyfin.set_phase(Phase::Starting);
    let guest = house.fresh_guest();
    let told = reset(&guest, token(&path), NEW).await;
    let failed = told.status >= 500 || told.json()["results"][0]["state"] == "failed";
    assert!(failed, "{} {}", told.status, told.text);
    house.jellyfin.set_phase(Phase::Healthy);
    assert!(house.jellyfin.accepts("Ada", OLD));
    let done = reset(&guest, token(&path), NEW).await.expect(200);
    assert_eq!(done.json()["results"][0]["state"], "changed", "{}", done.text);
    assert!(house.jellyfin.accepts("Ada", NEW));
}

#[tokio::test]
async fn of_two_who_use_one_link_at_once_one_wins() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let path = asked(&house, "Ada").await;
    let (one, two) = (house.fresh_guest(), house.fresh_guest());
    let (first, second) = tokio::join!(
        reset(&one, token(&path), "the first new phrase"),
        reset(&two, token(&path), "the second new phrase"),
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "{} {}", first.text, second.text);
    assert!(matches!(statuses[1], 409 | 410), "{} {}", first.text, second.text);
    let winner = if first.status == 200 { "the first new phrase" } else { "the second new phrase" };
    assert!(house.jellyfin.accepts("Ada", winner));
}

#[tokio::test]
async fn an_unconfirmed_address_gets_its_confirmation_and_nothing_else() {
    let house = mailroom::house().await;
    let code = house.invite(json!({"uses": 1, "askEmail": "required"})).await;
    let body = json!({"username": "Ada", "password": OLD, "email": ADDRESS});
    let guest = house.fresh_guest();
    guest.post(&format!("/api/invites/{code}/accept"), body).await.expect(201);
    house.until("the question is there", || !house.taken().is_empty()).await;
    let confirm = link(&house.last(), "/confirm/");
    guest.post("/api/password/forgot", json!({"login": "Ada"})).await.expect(202);
    mailroom::until_quiet(&house).await;
    assert_eq!(house.taken().len(), 1);

    for method in ["GET", "HEAD"] {
        house.fresh_guest().call(method, &confirm, Value::Null).await.expect(200);
    }
    assert_eq!(house.user_named("Ada").await["emailConfirmed"], false);
    let body = json!({"token": token(&confirm)});
    let path = "/api/account/confirm-email";
    house.fresh_guest().post(path, body.clone()).await.expect(204);
    assert_eq!(house.user_named("Ada").await["emailConfirmed"], true);
    house.fresh_guest().post(path, body).await.expect(410);
    house.until("the welcome is there", || house.taken().len() == 2).await;
    let _path = asked(&house, ADDRESS).await;
}

#[tokio::test]
async fn an_admin_makes_a_link_for_somebody_without_an_address() {
    let house = mailroom::house().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", OLD).await.expect(201);
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let admin = house.admin().await;
    let made =
        admin.post(&format!("/api/users/{id}/reset-link"), json!({})).await.expect(201).json();
    let url = made["url"].as_str().unwrap();
    assert!(url.starts_with("https://home.example.org/reset/"), "{url}");
    reset(&house.fresh_guest(), token(url), NEW).await.expect(200);
    assert!(house.jellyfin.accepts("Ada", NEW));
    mailroom::until_quiet(&house).await;
    assert!(house.taken().is_empty());
}

#[tokio::test]
async fn who_is_shut_out_gets_no_way_in() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let path = asked(&house, "Ada").await;
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let admin = house.admin().await;
    admin.post(&format!("/api/users/{id}/disable"), json!({})).await.expect(200);
    reset(&house.fresh_guest(), token(&path), NEW).await.expect(410);
    house.fresh_guest().post("/api/password/forgot", json!({"login": "Ada"})).await.expect(202);
    mailroom::until_quiet(&house).await;
    assert_eq!(house.taken().len(), 1);
}

#[tokio::test]
async fn devices_that_signed_in_beside_the_change_are_ended() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let path = asked(&house, "Ada").await;
    house.jellyfin.sign_ins_beside_the_next_change(3);
    reset(&house.fresh_guest(), token(&path), NEW).await.expect(200);
    let ada = house.jellyfin.user("Ada").unwrap().id;
    let left: Vec<_> =
        house.jellyfin.sessions().into_iter().filter(|session| session.user == ada).collect();
    assert!(left.is_empty(), "{left:?}");
}
