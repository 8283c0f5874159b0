//! Backends: added with a key or by a one-time sign-in, probed in stages, secrets never shown again.

use harness::{House, JELLYFIN_ADMIN, JELLYFIN_ADMIN_PASSWORD};
use serde_json::{Value, json};
use standins::jellyfin::{Phase, Release};

#[tokio::test]
async fn a_one_time_sign_in_makes_a_key_and_leaves_no_session() {
    let house = House::without_backend(Release::V12).await;
    let admin = house.admin().await;
    let before = house.jellyfin.keys().len();
    let body = json!({
        "id": "films", "plugin": "jellyfin", "label": "Films",
        "settings": {"url": house.jellyfin.url(), "admin_user": JELLYFIN_ADMIN, "admin_password": JELLYFIN_ADMIN_PASSWORD},
    });
    let made = admin.post("/api/backends", body).await.expect(201);
    assert!(!made.text.contains(JELLYFIN_ADMIN_PASSWORD));
    assert_eq!(house.jellyfin.keys().len(), before + 1);
    assert!(house.jellyfin.sessions().is_empty(), "{:?}", house.jellyfin.sessions());
    for path in ["/api/backends", "/api/backends/films", "/api/settings", "/api/activity"] {
        let text = admin.get(path).await.expect(200).text;
        let leaks = house.jellyfin.keys().iter().any(|key| text.contains(key.as_str()));
        assert!(!leaks && !text.contains(JELLYFIN_ADMIN_PASSWORD), "{path}");
    }
    let accounts = admin.get("/api/backends/films/accounts").await.expect(200).json();
    assert_eq!(accounts["items"][0]["loginName"], JELLYFIN_ADMIN);
    let libraries = admin.get("/api/backends/films/libraries").await.expect(200);
    assert!(libraries.json()["items"].is_array(), "{}", libraries.text);
}

#[tokio::test]
async fn wrong_admin_passwords_and_plain_users_are_refused_in_words_and_leave_nothing() {
    let house = House::without_backend(Release::V12).await;
    house.jellyfin.add_user("Plain", "plain", &serde_json::Map::new());
    let admin = house.admin().await;
    let before = house.jellyfin.keys().len();
    for (user, password) in [(JELLYFIN_ADMIN, "wrong"), ("Plain", "plain")] {
        let body = json!({
            "id": "films", "plugin": "jellyfin",
            "settings": {"url": house.jellyfin.url(), "admin_user": user, "admin_password": password},
        });
        let answer = admin.post("/api/backends", body).await;
        assert!((400..500).contains(&answer.status), "{}", answer.text);
        assert!(!answer.json()["detail"].as_str().unwrap_or_default().is_empty());
    }
    assert_eq!(house.jellyfin.keys().len(), before);
    assert!(house.jellyfin.sessions().is_empty());
}

#[tokio::test]
async fn the_staged_probe_says_how_far_it_came() {
    let house = House::new().await;
    let admin = house.admin().await;
    let stages = |answer: Value| -> Vec<(String, String)> {
        let rows = answer["stages"].as_array().cloned().unwrap_or_default();
        let word = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        rows.iter().map(|row| (word(row, "name"), word(row, "outcome"))).collect()
    };
    let good = admin.post("/api/backends/jellyfin/test", json!({})).await.expect(200).json();
    assert!(
        stages(good.clone()).iter().all(|(_, outcome)| outcome == "passed" || outcome == "skipped"),
        "{good}"
    );
    house.jellyfin.set_phase(Phase::Starting);
    let starting = admin.post("/api/backends/jellyfin/test", json!({})).await.expect(200).json();
    assert!(stages(starting.clone()).iter().any(|(_, outcome)| outcome == "failed"), "{starting}");
    assert!(starting.to_string().contains("starting"), "{starting}");
}

#[tokio::test]
async fn a_wrong_key_is_named_as_such() {
    let house = House::without_backend(Release::V10_11).await;
    let admin = house.admin().await;
    let body = json!({
        "id": "films", "plugin": "jellyfin",
        "settings": {"url": house.jellyfin.url(), "api_key": "0123456789abcdef0123456789abcdef"},
    });
    let answer = admin.post("/api/backends", body).await;
    let text = if answer.status == 201 {
        admin.post("/api/backends/films/test", json!({})).await.expect(200).text
    } else {
        answer.text
    };
    assert!(text.contains("key"), "{text}");
}

#[tokio::test]
async fn settings_that_cannot_be_are_named_by_field() {
    let house = House::without_backend(Release::V12).await;
    let admin = house.admin().await;
    for (settings, field) in [
        (json!({"url": "not a url", "api_key": "k"}), "url"),
        (json!({"url": "ftp://127.0.0.1/", "api_key": "k"}), "url"),
        (json!({"api_key": "k"}), "url"),
        (json!({"url": house.jellyfin.url(), "api_key": "k", "colour": "red"}), "colour"),
    ] {
        let body = json!({"id": "films", "plugin": "jellyfin", "settings": settings});
        let answer = admin.post("/api/backends", body).await.expect(422);
        let fields = answer.json()["fields"].clone();
        let named = fields.as_object().unwrap().keys().any(|key| key.ends_with(field));
        assert!(named, "{field}: {}", answer.text);
    }
    let body = json!({"id": "films", "plugin": "nothing", "settings": {}});
    admin.post("/api/backends", body).await.expect(422);
}
