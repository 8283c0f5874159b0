//! Profiles: raw documents, captured from a model account and applied unchanged.

use harness::House;
use serde_json::{Map, Value, json};
use standins::jellyfin::Release;

fn model_policy() -> Map<String, Value> {
    json!({
        "IsHidden": true,
        "MaxParentalRating": 0,
        "BlockedTags": ["scary"],
        "EnableAllFolders": false,
        "EnableContentDownloading": false,
        "MaxActiveSessions": 2,
        // A field of a later server: nobody here knows it.
        "FutureParentalFence": {"Depth": 3, "Words": ["a", "b"]},
    })
    .as_object()
    .cloned()
    .unwrap()
}

#[tokio::test]
async fn a_profile_with_unknown_fields_and_a_rating_of_zero_comes_back_unchanged() {
    for release in Release::ALL {
        let house = House::with(release).await;
        let model = house.jellyfin.add_user("Model child", "m", &model_policy());
        house
            .jellyfin
            .set_home_screen("Model child", json!({"homesection0": "resume"}).as_object().unwrap());
        let admin = house.admin().await;
        let body = json!({"backend": "jellyfin", "account": model, "name": "Children"});
        admin.post("/api/profiles/capture", body).await.expect(201);
        let code = house.invite(json!({"uses": 1, "profile": "Children"})).await;
        house.sign_up(&code, "Tim", "a good long phrase").await.expect(201);

        let made = house.jellyfin.user("Tim").unwrap();
        let template = house.jellyfin.user("Model child").unwrap();
        for field in model_policy().keys() {
            assert_eq!(made.policy.get(field), template.policy.get(field), "{release:?}: {field}");
        }
        assert_eq!(made.policy["MaxParentalRating"], 0, "{release:?}");
        assert_eq!(made.policy["IsAdministrator"], false);
        let screen = house.jellyfin.home_screen("Tim").unwrap();
        assert_eq!(screen["CustomPrefs"]["homesection0"], "resume", "{release:?}");
    }
}

#[tokio::test]
async fn a_profile_taken_from_an_administrator_makes_no_administrators() {
    let house = House::new().await;
    let root = house.jellyfin.user(harness::JELLYFIN_ADMIN).unwrap().id;
    let admin = house.admin().await;
    let body = json!({"backend": "jellyfin", "account": root, "name": "All"});
    admin.post("/api/profiles/capture", body).await.expect(201);
    let code = house.invite(json!({"uses": 1, "profile": "All"})).await;
    house.sign_up(&code, "Tim", "a good long phrase").await.expect(201);
    assert_eq!(house.jellyfin.user("Tim").unwrap().policy["IsAdministrator"], false);
}

#[tokio::test]
async fn a_profile_is_listed_shown_edited_and_deleted() {
    let house = House::new().await;
    let model = house.jellyfin.add_user("Model", "m", &model_policy());
    let admin = house.admin().await;
    let body = json!({"backend": "jellyfin", "account": model, "name": "Family"});
    admin.post("/api/profiles/capture", body.clone()).await.expect(201);
    let listed = admin.get("/api/profiles").await.expect(200).json();
    assert_eq!(listed["items"][0]["name"], "Family");
    let shown = admin.get("/api/profiles/Family").await.expect(200);
    assert!(shown.text.contains("FutureParentalFence"), "{}", shown.text);

    let code = house.invite(json!({"uses": 1, "profile": "Family"})).await;
    let refused = admin.call("DELETE", "/api/profiles/Family", Value::Null).await.expect(409);
    assert!(
        code.get(..6).is_some_and(|hint| refused.text.contains(hint)),
        "names the invite: {}",
        refused.text
    );
    admin.call("DELETE", &format!("/api/invites/{code}"), Value::Null).await.expect(204);
    admin.call("DELETE", "/api/profiles/Family", Value::Null).await.expect(204);
    admin.get("/api/profiles/Family").await.expect(404);
}

#[tokio::test]
async fn applying_a_profile_to_somebody_changes_their_account() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Tim", "a good long phrase").await.expect(201);
    let model = house.jellyfin.add_user("Model", "m", &model_policy());
    let admin = house.admin().await;
    let body = json!({"backend": "jellyfin", "account": model, "name": "Family"});
    admin.post("/api/profiles/capture", body).await.expect(201);
    let tim = house.user_named("Tim").await["id"].as_str().unwrap().to_owned();
    admin.post("/api/profiles/Family/apply", json!({"user": tim})).await.expect(200);
    assert_eq!(house.jellyfin.user("Tim").unwrap().policy["MaxParentalRating"], 0);
    house.login("Tim", "a good long phrase").await.expect(200);
}
