//! People who were given the right to invite others.

use futures_util::future::join_all;
use harness::House;
use serde_json::{Value, json};

const PHRASE: &str = "a good long phrase";

/// Somebody who signed up; their id here.
async fn somebody(house: &House, name: &str) -> String {
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, name, PHRASE).await.expect(201);
    house.user_named(name).await["id"].as_str().unwrap().to_owned()
}

async fn may_invite(house: &House, id: &str, right: Value) -> harness::Answer {
    let patch = json!({ "inviteRight": right });
    house.admin().await.call("PATCH", &format!("/api/users/{id}"), patch).await
}

#[tokio::test]
async fn whoever_was_given_the_right_invites_as_far_as_it_goes() {
    let house = House::new().await;
    let id = somebody(&house, "Ada").await;
    let ada = house.signed_in("Ada", PHRASE).await;
    for (method, path) in [("GET", "/api/account/invites"), ("POST", "/api/account/invites")] {
        let body = if method == "GET" { Value::Null } else { json!({}) };
        ada.call(method, path, body).await.expect(403);
    }
    let right = json!({"quota": 3, "profile": null, "backends": ["jellyfin"]});
    let given = may_invite(&house, &id, right.clone()).await.expect(200).json();
    assert_eq!(given["inviteRight"], right);
    let ada = house.signed_in("Ada", PHRASE).await;
    let sent = json!({
        "label": "My sister", "uses": 2, "backends": ["other"], "profile": "Admins",
        "accountLifetime": "P1D", "requireApproval": false,
    });
    let made = ada.post("/api/account/invites", sent).await.expect(201).json();
    assert_eq!((made["uses"].as_u64(), made["backends"].clone()), (Some(2), json!(["jellyfin"])));
    let code = made["code"].as_str().unwrap().to_owned();
    let mine = ada.get("/api/account/invites").await.expect(200).json();
    assert_eq!((mine["left"].as_u64(), mine["quota"].as_u64()), (Some(1), Some(3)));
    let over = ada.post("/api/account/invites", json!({"uses": 2})).await.expect(422);
    assert!(over.json()["fields"]["uses"].is_string(), "{}", over.text);
    for life in ["P31D", "PT0S"] {
        let long = ada.post("/api/account/invites", json!({"expiresIn": life})).await.expect(422);
        assert!(long.json()["fields"]["expiresIn"].is_string(), "{}", long.text);
    }
    let offer = house.guest().get(&format!("/api/invites/{code}/offer")).await.expect(200).json();
    assert_eq!(offer["invitedBy"], "Ada");
    house.sign_up(&code, "Bea", PHRASE).await.expect(201);
    let seen = house.admin().await.get(&format!("/api/invites/{code}")).await.expect(200).json();
    assert_eq!((seen["createdBy"].as_str(), seen["used"].as_u64()), (Some("Ada"), Some(1)));
    let bea = house.user_named("Bea").await["id"].as_str().unwrap().to_owned();
    let page = house.admin_browser().await.get(&format!("/admin/people/{bea}")).await.expect(200);
    assert!(page.text.contains(&format!("/admin/invites/{code}")), "who invited whom");
    ada.call("DELETE", &format!("/api/account/invites/{code}"), Value::Null).await.expect(204);
    house.guest().get(&format!("/api/invites/{code}/offer")).await.expect(410);
    let mine = ada.get("/api/account/invites").await.expect(200).json();
    assert_eq!(mine["left"].as_u64(), Some(2), "who came counts, who can come no more does not");
}

#[tokio::test]
async fn parallel_posts_do_not_exceed_the_quota() {
    let house = House::new().await;
    let id = somebody(&house, "Ada").await;
    may_invite(&house, &id, json!({"quota": 5, "backends": ["jellyfin"]})).await.expect(200);
    let ada = house.signed_in("Ada", PHRASE).await;
    let posts = (0..30).map(|_| ada.post("/api/account/invites", json!({"uses": 1})));
    let answers = join_all(posts).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((made, answers.iter().filter(|one| one.status == 422).count()), (5, 25));
}

#[tokio::test]
async fn open_invites_end_with_the_right_of_whoever_made_them() {
    for how in ["right", "disable", "delete"] {
        let mut house = House::new().await;
        let id = somebody(&house, "Ada").await;
        may_invite(&house, &id, json!({"quota": 5, "backends": ["jellyfin"]})).await.expect(200);
        let ada = house.signed_in("Ada", PHRASE).await;
        let made = ada.post("/api/account/invites", json!({"uses": 2})).await.expect(201).json();
        let code = made["code"].as_str().unwrap().to_owned();
        let offer = format!("/api/invites/{code}/offer");
        house.guest().get(&offer).await.expect(200);
        let admin = house.admin().await;
        match how {
            "right" => may_invite(&house, &id, Value::Null).await,
            "disable" => admin.post(&format!("/api/users/{id}/disable"), json!({})).await,
            _ => admin.call("DELETE", &format!("/api/users/{id}"), Value::Null).await,
        };
        house.guest().get(&offer).await.expect(410);
        house.sign_up(&code, "Bea", PHRASE).await.expect(410);
        let refused = ada.post("/api/account/invites", json!({"uses": 1})).await;
        assert!(matches!(refused.status, 401 | 403), "{how}: {}", refused.text);
        house.restart().await;
        house.guest().get(&offer).await.expect(410);
    }
}

#[tokio::test]
async fn one_sees_ones_own_invites_only() {
    let house = House::new().await;
    let (ada, bea) = (somebody(&house, "Ada").await, somebody(&house, "Bea").await);
    for id in [&ada, &bea] {
        may_invite(&house, id, json!({"quota": 5, "backends": ["jellyfin"]})).await.expect(200);
    }
    let (ada, bea) = (house.signed_in("Ada", PHRASE).await, house.signed_in("Bea", PHRASE).await);
    let made = ada.post("/api/account/invites", json!({})).await.expect(201).json();
    let code = made["code"].as_str().unwrap();
    let path = format!("/api/account/invites/{code}");
    bea.call("DELETE", &path, Value::Null).await.expect(404);
    let listed = bea.get("/api/account/invites").await.expect(200);
    assert!(!listed.text.contains(code));
    bea.get("/api/invites").await.expect(403);
    bea.get(&format!("/api/invites/{code}")).await.expect(403);
    let by_admin = house.invite(json!({"uses": 1})).await;
    let path = format!("/api/account/invites/{by_admin}");
    bea.call("DELETE", &path, Value::Null).await.expect(404);
}

#[tokio::test]
async fn the_pages_do_what_the_api_does() {
    let house = House::new().await;
    let id = somebody(&house, "Ada").await;
    let admin = house.admin_browser().await;
    let page = admin.get(&format!("/admin/people/{id}")).await.expect(200);
    assert!(page.text.contains("invite-right"), "{}", page.text);
    let path = format!("/admin/people/{id}/invite-right");
    let wrong = [("quota", "x"), ("right_backends", "jellyfin"), ("right_profile", "")];
    let wrong = admin.submit(&path, &wrong).await.expect(422);
    assert!(wrong.text.contains("id=\"f-quota-problem\""), "{}", wrong.text);
    let form = [("quota", "2"), ("right_backends", "jellyfin"), ("right_profile", "")];
    admin.submit(&path, &form).await.expect(303);
    let browser = house.browser();
    let typed = [("username", "Ada"), ("password", PHRASE)];
    browser.submit("/login", &typed).await.expect(303);
    let account = browser.get("/account").await.expect(200);
    assert!(account.text.contains("/account/invites\""), "{}", account.text);
    browser.get("/account/invites").await.expect(200);
    let form = [("label", "Sister"), ("uses", "1"), ("valid_days", "14"), ("ask_email", "on")];
    let made = browser.submit("/account/invites", &form).await.expect(303);
    let page = browser.follow(made).await.expect(200);
    assert!(page.text.contains("Sister") && page.text.contains("class=\"qr\""), "{}", page.text);
    let form = [("label", ""), ("uses", "2"), ("valid_days", "31")];
    let refused = browser.submit("/account/invites", &form).await.expect(422);
    assert!(refused.text.contains("id=\"f-uses-problem\""), "{}", refused.text);
    let mine = house.signed_in("Ada", PHRASE).await;
    let mine = mine.get("/api/account/invites").await.expect(200).json();
    let code = mine["items"][0]["code"].as_str().unwrap();
    assert_eq!(mine["items"][0]["askEmail"], "required");
    browser.submit(&format!("/account/invites/{code}/withdraw"), &[]).await.expect(303);
    house.guest().get(&format!("/api/invites/{code}/offer")).await.expect(410);
    admin.submit(&path, &[("quota", "")]).await.expect(303);
    browser.get("/account/invites").await.expect(403);
}
