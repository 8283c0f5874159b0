//! Accounts with a lifetime: disabled on time, never deleted, whatever the backend does meanwhile.

use harness::House;
use jiff::SignedDuration;
use serde_json::json;
use standins::jellyfin::Phase;

const PHRASE: &str = "a good long phrase";

#[tokio::test]
async fn an_account_with_a_lifetime_is_disabled_when_it_ends() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1, "accountLifetime": "P30D"})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    house.clock.advance(SignedDuration::from_hours(29 * 24));
    house.login("Ada", PHRASE).await.expect(200);
    house.clock.advance(SignedDuration::from_hours(25));
    house
        .until("Ada is disabled there", || !house.jellyfin.user("Ada").unwrap().is_enabled())
        .await;
    let refused = house.login("Ada", PHRASE).await;
    assert!(matches!(refused.status, 401 | 403), "{}", refused.text);
    assert_eq!(house.user_named("Ada").await["state"], "expired");

    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let admin = house.admin().await;
    admin.post(&format!("/api/users/{id}/extend"), json!({"by": "P30D"})).await.expect(200);
    house.until("Ada is enabled again", || house.jellyfin.user("Ada").unwrap().is_enabled()).await;
    house.login("Ada", PHRASE).await.expect(200);
}

#[tokio::test]
async fn a_backend_that_is_down_at_the_hour_is_asked_again() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1, "accountLifetime": "P1D"})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    house.jellyfin.set_phase(Phase::Starting);
    house.clock.advance(SignedDuration::from_hours(25));
    house
        .until_async("it is owed", || async { house.user_named("Ada").await["state"] == "expired" })
        .await;
    assert!(house.jellyfin.user("Ada").unwrap().is_enabled());
    house.jellyfin.set_phase(Phase::Healthy);
    for _hour in 0..6 {
        house.clock.advance(SignedDuration::from_hours(1));
    }
    house
        .until("Ada is disabled there", || !house.jellyfin.user("Ada").unwrap().is_enabled())
        .await;
}

#[tokio::test]
async fn an_account_that_ends_while_we_are_off_is_disabled_at_start() {
    let mut house = House::new().await;
    let code = house.invite(json!({"uses": 1, "accountLifetime": "P1D"})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    house.stop().await;
    house.clock.advance(SignedDuration::from_hours(48));
    house.restart().await;
    house
        .until("Ada is disabled there", || !house.jellyfin.user("Ada").unwrap().is_enabled())
        .await;
}
