//! Password changes: here for local users, on every linked backend for the others.

use harness::{ADMIN, ADMIN_PASSWORD, House};
use serde_json::json;
use standins::jellyfin::Phase;

const OLD: &str = "a good long phrase";
const NEW: &str = "an even better phrase";

#[tokio::test]
async fn a_user_of_a_backend_changes_the_password_there() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", OLD).await.expect(201);
    let ada = house.signed_in("Ada", OLD).await;
    let path = "/api/auth/change-password";

    let wrong = ada.post(path, json!({"current": "not it at all", "new": NEW})).await;
    assert!(matches!(wrong.status, 401 | 403 | 422), "{}: {}", wrong.status, wrong.text);
    assert!(house.jellyfin.accepts("Ada", OLD));

    let weak = ada.post(path, json!({"current": OLD, "new": "ada"})).await.expect(422);
    assert!(weak.json()["fields"]["new"].is_string(), "{}", weak.text);

    let done = ada.post(path, json!({"current": OLD, "new": NEW})).await.expect(200).json();
    assert_eq!(done["results"][0]["backend"], "jellyfin");
    assert_eq!(done["results"][0]["state"], "changed");
    assert!(house.jellyfin.accepts("Ada", NEW));
    house.login("Ada", OLD).await.expect(401);
    house.login("Ada", NEW).await.expect(200);
}

#[tokio::test]
async fn a_local_user_changes_it_here_and_other_sessions_end() {
    let house = House::new().await;
    let other = house.signed_in(ADMIN, ADMIN_PASSWORD).await;
    let admin = house.signed_in(ADMIN, ADMIN_PASSWORD).await;
    let body = json!({"current": ADMIN_PASSWORD, "new": NEW});
    admin.post("/api/auth/change-password", body).await.expect(200);
    admin.get("/api/auth/me").await.expect(200);
    other.get("/api/auth/me").await.expect(401);
    house.login(ADMIN, ADMIN_PASSWORD).await.expect(401);
    house.login(ADMIN, NEW).await.expect(200);
}

#[tokio::test]
async fn while_the_backend_is_down_nothing_is_half_changed() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", OLD).await.expect(201);
    let ada = house.signed_in("Ada", OLD).await;
    house.jellyfin.set_phase(Phase::Starting);
    let body = json!({"current": OLD, "new": NEW});
    let answer = ada.post("/api/auth/change-password", body.clone()).await;
    let said = answer.status == 503 || answer.json()["results"][0]["state"] != "changed";
    assert!(said, "{}", answer.text);
    house.jellyfin.set_phase(Phase::Healthy);
    assert!(house.jellyfin.accepts("Ada", OLD));
    ada.post("/api/auth/change-password", body).await.expect(200);
    assert!(house.jellyfin.accepts("Ada", NEW));
}
