//! A backend that is down, slow, lying or half-finished loses nothing, and says what to do.

use harness::House;
use serde_json::json;
use standins::jellyfin::{Fault, Phase};

const PHRASE: &str = "a good long phrase";

#[tokio::test]
async fn an_html_answer_to_a_list_changes_nobody() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let admin = house.admin().await;
    for fault in [Fault::Html, Fault::ErrorBefore, Fault::CutBefore] {
        let _script = house.jellyfin.inject("GET /Users", fault);
        let answer = admin.get("/api/backends/jellyfin/accounts").await;
        assert!(matches!(answer.status, 200 | 502 | 503), "{fault:?}: {}", answer.text);
        if answer.status != 200 {
            assert!(
                answer.json()["detail"].as_str().unwrap_or_default().len() > 10,
                "{}",
                answer.text
            );
        }
    }
    let ada = house.user_named("Ada").await;
    assert_eq!(ada["state"], "active");
    assert_eq!(ada["accounts"][0]["state"], "active");
    house.login("Ada", PHRASE).await.expect(200);
}

#[tokio::test]
async fn deleting_somebody_while_the_backend_is_down_forgets_no_account() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    house.jellyfin.set_phase(Phase::Starting);
    let admin = house.admin().await;
    let answer = admin
        .call("DELETE", &format!("/api/users/{id}?accounts=delete"), serde_json::Value::Null)
        .await;
    house.jellyfin.set_phase(Phase::Healthy);
    if answer.status >= 400 {
        // Refused: the person and the account are both still known.
        assert_eq!(house.user_named("Ada").await["accounts"].as_array().unwrap().len(), 1);
        admin
            .call("DELETE", &format!("/api/users/{id}?accounts=delete"), serde_json::Value::Null)
            .await
            .expect(204);
    }
    for _hour in 0..6 {
        house.clock.advance(jiff::SignedDuration::from_hours(1));
    }
    house.until("the account is gone there", || house.jellyfin.user("Ada").is_none()).await;
}

#[tokio::test]
async fn the_server_starts_and_serves_while_the_backend_is_down() {
    let mut house = House::new().await;
    house.jellyfin.set_phase(Phase::Starting);
    house.restart().await;
    house.guest().get("/readyz").await.expect(200);
    let admin = house.admin().await;
    admin.get("/api/invites").await.expect(200);
    let shown = admin.get("/api/backends/jellyfin").await.expect(200);
    assert!(shown.text.contains("jellyfin"), "{}", shown.text);
}
