//! Sessions: seen, ended, and ended by whatever must end them; keys that change while tokens live.

use harness::{ADMIN, ADMIN_PASSWORD, House, Visitor};
use jiff::SignedDuration;
use serde_json::{Value, json};

const PHRASE: &str = "a good long phrase";
const OTHER: &str = "another rather long phrase";

async fn program(house: &House, name: &str, password: &str) -> (Visitor, Value) {
    let tokens = house.login(name, password).await.expect(200).json();
    (house.program().with_bearer(tokens["accessToken"].as_str().unwrap()), tokens)
}

/// Somebody with a local password; their id.
async fn local(house: &House, name: &str, role: &str) -> String {
    let draft = json!({"username": name, "password": PHRASE, "role": role});
    let admin = house.admin().await;
    admin.post("/api/users", draft).await.expect(201).json()["id"].as_str().unwrap().to_owned()
}

fn items(list: &Value) -> &Vec<Value> {
    list["items"].as_array().unwrap()
}

#[tokio::test]
async fn one_sees_where_one_is_signed_in_and_ends_one_or_all_others() {
    let house = House::new().await;
    let firefox = "Mozilla/5.0 (Windows NT 10.0; rv:145.0) Gecko/20100101 Firefox/145.0";
    let there = house.program().with_header("user-agent", firefox);
    let typed = json!({"username": ADMIN, "password": ADMIN_PASSWORD});
    let there = there.post("/api/auth/login", typed).await.expect(200).json();
    let there = house.program().with_bearer(there["accessToken"].as_str().unwrap());
    let (here, _) = program(&house, ADMIN, ADMIN_PASSWORD).await;
    let list = here.get("/api/auth/sessions").await.expect(200).json();
    let other = items(&list).iter().find(|one| one["device"] == "Firefox on Windows").unwrap();
    assert_eq!(other["current"], false);
    assert_eq!(items(&list).iter().filter(|one| one["current"] == true).count(), 1);
    let path = format!("/api/auth/sessions/{}", other["id"].as_str().unwrap());
    here.call("DELETE", &path, Value::Null).await.expect(204);
    here.call("DELETE", &path, Value::Null).await.expect(404);
    there.get("/api/auth/me").await.expect(401);

    let browser = house.admin_browser().await;
    let page = browser.get("/account").await.expect(200).text;
    assert!(page.contains("/account/sessions/") && page.contains("This one"));
    browser.submit("/account/sign-out-others", &[]).await.expect(303);
    here.get("/api/auth/me").await.expect(401);
    let page = browser.get("/account").await.expect(200).text;
    assert!(!page.contains("/account/sessions/"), "nothing is left to end");
}

#[tokio::test]
async fn nobody_sees_or_ends_what_is_anothers_but_an_admin() {
    let house = House::new().await;
    let ada = local(&house, "Ada", "user").await;
    let ben = local(&house, "Ben", "user").await;
    let (of_ada, _) = program(&house, "Ada", PHRASE).await;
    let (of_ben, _) = program(&house, "Ben", PHRASE).await;
    let admin = house.admin().await;
    let list = admin.get(&format!("/api/users/{ada}/sessions")).await.expect(200).json();
    let id = items(&list)[0]["id"].as_str().unwrap().to_owned();
    assert!(!list.to_string().contains("refresh"), "{list}");
    let own = format!("/api/auth/sessions/{id}");
    of_ben.call("DELETE", &own, Value::Null).await.expect(404);
    let by_ben = format!("/api/users/{ada}/sessions/{id}");
    of_ben.call("DELETE", &by_ben, Value::Null).await.expect(403);
    let wrong_person = format!("/api/users/{ben}/sessions/{id}");
    admin.call("DELETE", &wrong_person, Value::Null).await.expect(404);
    of_ada.get("/api/auth/me").await.expect(200);

    let browser = house.admin_browser().await;
    let page = format!("/admin/people/{ada}/sessions");
    let action = format!("{page}/{id}/end");
    assert!(browser.get(&page).await.expect(200).text.contains(&action));
    browser.submit(&action, &[]).await.expect(303);
    of_ada.get("/api/auth/me").await.expect(401);
}

/// What somebody may be in by, or be about to come in by.
struct Ways {
    browser: Visitor,
    program: Visitor,
    refresh: String,
    login_token: String,
}

impl Ways {
    async fn of(house: &House, id: &str) -> Self {
        let browser = house.browser();
        let form = [("username", "Ada"), ("password", PHRASE), ("keep", "on")];
        browser.submit("/login", &form).await.expect(303);
        let (program, tokens) = program(house, "Ada", PHRASE).await;
        let admin = house.admin().await;
        let path = format!("/api/users/{id}/login-token");
        let made = admin.post(&path, json!({"once": false})).await.expect(201).json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            browser,
            program,
            refresh: text(&tokens["refreshToken"]),
            login_token: text(&made["token"]),
        }
    }

    async fn all_are(&self, house: &House, open: bool, after: &str) {
        let (good, page, link) = if open { (200, 200, 200) } else { (401, 303, 410) };
        assert_eq!(self.program.get("/api/auth/me").await.status, good, "access, {after}");
        assert_eq!(self.browser.get("/account").await.status, page, "cookie, {after}");
        let token = json!({"token": self.login_token});
        let by_link = house.program().post("/api/auth/token/login", token).await;
        assert!(by_link.status == link || (!open && by_link.status == 429), "link, {after}");
        let refresh = json!({"refreshToken": self.refresh});
        let refreshed = house.program().post("/api/auth/refresh", refresh).await;
        assert_eq!(refreshed.status, good, "refresh, {after}");
    }
}

#[tokio::test]
async fn what_must_end_a_session_ends_every_kind_of_it() {
    let ends: [(&str, &str, Value, u16); 7] = [
        ("POST", "/api/users/{id}/sign-out", json!({}), 200),
        ("POST", "/api/users/{id}/disable", json!({}), 200),
        ("PATCH", "/api/users/{id}", json!({"state": "disabled"}), 200),
        ("PATCH", "/api/users/{id}", json!({"role": "admin"}), 200),
        ("PATCH", "/api/users/{id}", json!({"role": "user"}), 200),
        ("DELETE", "/api/users/{id}", Value::Null, 204),
        ("", "time", Value::Null, 0),
    ];
    for (method, path, body, status) in ends {
        let house = House::new().await;
        let demoted = body["role"] == "user";
        let id = local(&house, "Ada", "user").await;
        let admin = house.admin().await;
        let end = house.clock.now() + SignedDuration::from_mins(5);
        if path == "time" {
            let patch = json!({"expiresAt": end.to_string()});
            admin.call("PATCH", &format!("/api/users/{id}"), patch).await.expect(200);
        }
        let ways = Ways::of(&house, &id).await;
        ways.all_are(&house, true, "before").await;
        let ways = if demoted {
            let patch = json!({"role": "admin"});
            admin.call("PATCH", &format!("/api/users/{id}"), patch).await.expect(200);
            // An admin's link is made by themselves only; the rest is as before.
            let (program, tokens) = program(&house, "Ada", PHRASE).await;
            let browser = house.browser();
            browser
                .submit("/login", &[("username", "Ada"), ("password", PHRASE)])
                .await
                .expect(303);
            let own = format!("/api/users/{id}/login-token");
            let made = program.post(&own, json!({"once": false})).await.expect(201).json();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let (refresh, login_token) = (text(&tokens["refreshToken"]), text(&made["token"]));
            Ways { browser, program, refresh, login_token }
        } else {
            Ways::of(&house, &id).await
        };
        let what = format!("{method} {path} {body}");
        if path == "time" {
            house.clock.advance(SignedDuration::from_mins(5));
        } else {
            admin.call(method, &path.replace("{id}", &id), body).await.expect(status);
        }
        ways.all_are(&house, false, &what).await;
    }
}

#[tokio::test]
async fn a_new_password_ends_all_sessions_but_the_one_it_was_set_in() {
    let house = House::new().await;
    let id = local(&house, "Ada", "user").await;
    let ways = Ways::of(&house, &id).await;
    let (here, _) = program(&house, "Ada", PHRASE).await;
    let change = json!({"current": PHRASE, "new": OTHER});
    here.post("/api/auth/change-password", change).await.expect(200);
    here.get("/api/auth/me").await.expect(200);
    ways.all_are(&house, false, "a changed password").await;
}

#[tokio::test]
async fn a_reset_password_ends_all_sessions() {
    let house = House::new().await;
    let id = local(&house, "Ada", "user").await;
    let ways = Ways::of(&house, &id).await;
    let admin = house.admin().await;
    let link = admin.post(&format!("/api/users/{id}/reset-link"), json!({})).await.expect(201);
    let url = link.json()["url"].as_str().unwrap().to_owned();
    let reset = json!({"token": url.rsplit('/').next().unwrap(), "password": OTHER});
    house.program().post("/api/password/reset", reset).await.expect(200);
    ways.all_are(&house, false, "a reset password").await;
}

#[tokio::test]
async fn keys_change_while_tokens_live_and_across_a_restart() {
    let mut house = House::new().await;
    let (before, tokens) = program(&house, ADMIN, ADMIN_PASSWORD).await;
    let rotated = before.post("/api/keys/rotate", json!({})).await.expect(200).json();
    assert!(!rotated["kid"].as_str().unwrap().is_empty());
    before.get("/api/auth/me").await.expect(200);
    let (after, _) = program(&house, ADMIN, ADMIN_PASSWORD).await;
    let (old, new) = (bearer(&tokens), after);
    new.get("/api/auth/me").await.expect(200);
    house.restart().await;
    let again = house.program().with_bearer(&old);
    again.get("/api/auth/me").await.expect(200);
    let lines = again.get("/api/activity?kind=signing-key-rotated").await.expect(200).json();
    assert_eq!(items(&lines).len(), 1, "{lines}");
    again.post("/api/keys/rotate", json!({"refuseFormer": true})).await.expect(200);
    again.get("/api/auth/me").await.expect(401);
    let refresh = json!({"refreshToken": tokens["refreshToken"]});
    let next = house.program().post("/api/auth/refresh", refresh).await.expect(200).json();
    let next = house.program().with_bearer(&bearer(&next));
    next.get("/api/auth/me").await.expect(200);
    house.clock.advance(SignedDuration::from_mins(11));
    assert_eq!(next.post("/api/keys/rotate", json!({})).await.expect(403).code(), "stale-sign-in");
}

fn bearer(tokens: &Value) -> String {
    tokens["accessToken"].as_str().unwrap().to_owned()
}
