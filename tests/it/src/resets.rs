//! Forgotten passwords on our own road: asked for, mailed, set, over.

use crate::mailroom::{self, ADDRESS, Mailed, OLD, link, person};
use harness::Visitor;
use jiff::SignedDuration;
use serde_json::{Value, json};
use standins::jellyfin::{Fault, Phase, Release};

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
async fn a_page_does_not_say_no_where_nobody_knows() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let path = asked(&house, "Ada").await;
    let lost = house.jellyfin.inject("POST /Users/Password", Fault::CutAfter);
    let page = house.browser().submit(&path, &[("password", NEW)]).await.expect(200).text;
    assert!(lost.used());
    assert!(house.jellyfin.accepts("Ada", NEW), "it was saved before the answer got lost");
    assert!(page.contains("We do not know whether it was saved"), "{page}");
    assert!(!page.contains("stays the old one"), "{page}");
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
    let house = mailroom::house_with(Release::V10_11).await;
    person(&house, "Ada").await;
    let path = asked(&house, "Ada").await;
    house.jellyfin.sign_ins_beside_the_next_change(3);
    reset(&house.fresh_guest(), token(&path), NEW).await.expect(200);
    let left: Vec<_> =
        house.jellyfin.sessions().into_iter().filter(|session| session.user == "Ada").collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Makes another admin, and gives the id and what signs in as them.
async fn second_admin(house: &Mailed) -> (String, Visitor) {
    let body = json!({"username": "Second", "password": OLD, "role": "admin"});
    let made = house.admin().await.post("/api/users", body).await.expect(201).json();
    let second = house.signed_in("Second", OLD).await;
    (made["id"].as_str().unwrap().to_owned(), second)
}

#[tokio::test]
async fn no_admin_leads_another_ones_mail_astray() {
    let house = mailroom::house().await;
    let (id, second) = second_admin(&house).await;
    let first = house.user_named(harness::ADMIN).await["id"].as_str().unwrap().to_owned();
    let body = json!({"username": "Third", "password": OLD, "role": "admin"});
    let third = house.admin().await.post("/api/users", body).await.expect(201).json();
    let third = third["id"].as_str().unwrap();
    let astray = json!({"email": "mallory@example.org"});
    for (whose, code) in [(first.as_str(), "setup-admin"), (third, "other-admin")] {
        let path = format!("/api/users/{whose}");
        for body in [
            astray.clone(),
            json!({"email": null}),
            json!({"email": "x@example.org", "role": "user"}),
        ] {
            let removes_nothing = body["email"].is_null();
            let answer = second.call("PATCH", &path, body).await;
            match removes_nothing {
                // They have none: nothing is changed.
                true => assert_eq!(answer.status, 200, "{}", answer.text),
                false => assert_eq!((answer.status, answer.code()), (403, code.to_owned())),
            }
        }
        assert_eq!(second.get(&path).await.expect(200).json()["email"], Value::Null);
    }
    let browser = house.browser();
    let form = [("username", "Second"), ("password", OLD)];
    browser.submit("/login", &form).await.expect(303);
    let typed = [("address", "mallory@example.org")];
    browser.submit(&format!("/admin/people/{third}/email"), &typed).await.expect(403);

    second.call("PATCH", &format!("/api/users/{id}"), astray.clone()).await.expect(200);
    house.admin().await.call("PATCH", &format!("/api/users/{third}"), astray).await.expect(200);
}

#[tokio::test]
async fn an_address_is_changed_by_whoever_proved_lately_who_they_are() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let ada = house.signed_in("Ada", OLD).await;
    let browser = house.browser();
    let form = [("username", "Ada"), ("password", OLD), ("keep", "on")];
    browser.submit("/login", &form).await.expect(303);
    house.clock.advance(SignedDuration::from_mins(11));
    for email in [json!("mallory@example.org"), Value::Null] {
        let answer = ada.call("PATCH", "/api/account", json!({"email": email})).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "stale-sign-in"));
    }
    let page = browser.get("/account").await.expect(200).text;
    assert!(page.contains("/login?again=on"), "{page}");
    for typed in [("email", "mallory@example.org"), ("remove", "on")] {
        let answer = browser.submit("/account/email", &[typed]).await.expect(303);
        assert_eq!(answer.header("location"), "/login?again=on&next=%2Faccount");
    }
    assert_eq!(house.user_named("Ada").await["email"], ADDRESS);
    browser.submit("/login", &form).await.expect(303);
    browser.submit("/account/email", &[("email", "ada@new.example")]).await.expect(303);

    let admin = house.admin_browser().await;
    let id = house.user_named(harness::ADMIN).await["id"].as_str().unwrap().to_owned();
    house.clock.advance(SignedDuration::from_mins(11));
    let mine = format!("/admin/people/{id}");
    let typed = [("address", "mallory@example.org")];
    for form in ["email", "reset-link"] {
        let answer = admin.submit(&format!("{mine}/{form}"), &typed).await.expect(303);
        assert!(answer.header("location").starts_with("/login?again=on&next="), "{form}");
    }
}

#[tokio::test]
async fn the_old_address_hears_that_it_is_the_old_one() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let ada = house.signed_in("Ada", OLD).await;
    let body = json!({"email": "ada@new.example"});
    ada.call("PATCH", "/api/account", body).await.expect(200);
    house.until("the question is there", || !house.taken().is_empty()).await;
    let confirm = link(&house.last(), "/confirm/");
    mailroom::until_quiet(&house).await;
    assert_eq!(house.taken().len(), 1, "nothing has changed yet");
    let body = json!({"token": token(&confirm)});
    house.fresh_guest().post("/api/account/confirm-email", body).await.expect(204);
    house.until("the notice is there", || house.taken().len() == 2).await;
    let notice = house.last();
    assert_eq!(notice.recipients, [ADDRESS]);
    assert!(!notice.text().unwrap().contains("new.example"), "{:?}", notice.text());
    ada.call("PATCH", "/api/account", json!({"email": null})).await.expect(200);
    house.until("the notice is there", || house.taken().len() == 3).await;
    assert_eq!(house.last().recipients, ["ada@new.example"]);
}

#[tokio::test]
async fn a_second_click_shows_what_the_first_one_did() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let path = asked(&house, "Ada").await;
    let guest = house.fresh_guest();
    let (first, second) =
        tokio::join!(reset(&guest, token(&path), NEW), reset(&guest, token(&path), NEW));
    let (first, second) = (first.expect(200), second.expect(200));
    assert_eq!(first.text, second.text);
    reset(&guest, token(&path), NEW).await.expect(410);
}

/// Everything of an answer but what differs each time by itself.
fn all_of(answer: &harness::Answer) -> (u16, String, Vec<String>) {
    let own = ["date", "x-request-id", "content-security-policy"];
    let headers = answer.headers.iter();
    let headers = headers
        .filter(|(name, _value)| !own.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value:?}"));
    (answer.status, answer.text.clone(), headers.collect())
}

#[tokio::test]
async fn no_token_does_what_another_kind_is_for_and_all_bad_ones_are_alike() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let reset_path = asked(&house, "Ada").await;
    let reset_token = token(&reset_path).to_owned();
    let ada = house.signed_in("Ada", OLD).await;
    ada.call("PATCH", "/api/account", json!({"email": "ada@new.example"})).await.expect(200);
    house.until("the question is there", || house.taken().len() == 2).await;
    let confirm_token = token(&link(&house.last(), "/confirm/")).to_owned();
    let unknown = "a".repeat(reset_token.len());
    let mut refused = Vec::new();
    for wrong in [confirm_token.as_str(), &unknown, "", "\u{0}", "lkr_ö"] {
        let body = json!({"token": wrong, "password": NEW});
        let answer = house.fresh_guest().post("/api/password/reset", body).await;
        if answer.status != 422 {
            refused.push(all_of(&answer));
        }
    }
    for wrong in [reset_token.as_str(), &unknown] {
        let body = json!({"token": wrong});
        refused.push(all_of(&house.fresh_guest().post("/api/account/confirm-email", body).await));
    }
    // Good, but not for who is shut out.
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let admin = house.admin().await;
    admin.post(&format!("/api/users/{id}/disable"), json!({})).await.expect(200);
    refused.push(all_of(&reset(&house.fresh_guest(), &reset_token, NEW).await));
    let body = json!({"token": confirm_token});
    refused.push(all_of(&house.fresh_guest().post("/api/account/confirm-email", body).await));
    refused.dedup();
    assert_eq!(refused.len(), 1, "{refused:#?}");
    assert_eq!(refused[0].0, 410);
    for page in ["reset", "confirm", "login/token"] {
        for wrong in [&confirm_token, &unknown, &reset_token] {
            house.fresh_guest().get(&format!("/{page}/{wrong}")).await.expect(410);
            house.browser().submit(&format!("/{page}/{wrong}"), &[]).await.expect(410);
        }
    }
}

#[tokio::test]
async fn the_page_tells_nobody_apart_and_no_other_site_presses_its_buttons() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let mut pages = Vec::new();
    for login in ["Ada", ADDRESS, "nobody", "nobody@example.org", "\u{0}", &"x".repeat(5_000)] {
        pages.push(all_of(&house.browser().submit("/forgot", &[("login", login)]).await));
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:#?}");
    mailroom::until_quiet(&house).await;
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let path = link(&house.last(), "/reset/");
    let admin = house.admin_browser().await;
    for (path, field) in [
        ("/forgot", ("login", "Ada")),
        (path.as_str(), ("password", NEW)),
        ("/confirm/x", ("x", "y")),
        ("/account/email", ("email", "x@example.org")),
        ("/account/email/resend", ("x", "y")),
        (&format!("/admin/people/{id}/email"), ("address", "x@example.org")),
        (&format!("/admin/people/{id}/reset-link"), ("mail", "on")),
        ("/admin/backends/jellyfin/adopt", ("which", "all")),
    ] {
        let foreign = admin.with_header("sec-fetch-site", "cross-site");
        assert_eq!(foreign.submit(path, &[field]).await.status, 403, "{path}");
    }
    assert!(house.jellyfin.accepts("Ada", OLD));
}

#[tokio::test]
async fn the_first_admin_keeps_the_name_they_sign_in_with() {
    let house = mailroom::house().await;
    let (_id, second) = second_admin(&house).await;
    let first = house.user_named(harness::ADMIN).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/users/{first}");
    let answer = second.call("PATCH", &path, json!({"username": "somebody"})).await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "setup-admin"));
    let own = house.admin().await;
    own.call("PATCH", &path, json!({"username": "somebody"})).await.expect(200);
}
