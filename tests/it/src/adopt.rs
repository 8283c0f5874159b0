//! Adopting: people who were on the backend before become users here.

use harness::House;
use serde_json::{Map, Value, json};
use standins::jellyfin::Fault;

const PASSWORD: &str = "their old password";
const PATH: &str = "/api/backends/jellyfin/adopt";

async fn adopted(house: &House, body: Value) -> Vec<(String, Value)> {
    let answer = house.admin().await.post(PATH, body).await.expect(200).json();
    let items = answer["items"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    let told = |item: &Value| {
        (item["outcome"].as_str().unwrap_or_default().to_owned(), item["user"].clone())
    };
    items.iter().map(told).collect()
}

fn with(policy: &Value) -> Map<String, Value> {
    policy.as_object().unwrap().clone()
}

#[tokio::test]
async fn who_was_there_before_comes_in_once_adopted_and_not_before() {
    let house = House::new().await;
    let anna = house.jellyfin.add_user("Anna", PASSWORD, &Map::new());
    house.login("Anna", PASSWORD).await.expect(401);
    let before = house.jellyfin.requests().len();
    let body = json!({"accounts": [{"account": anna, "email": "anna@example.org"}]});
    let done = adopted(&house, body.clone()).await;
    assert_eq!(done[0].0, "created");
    let changed = house.jellyfin.requests();
    let changed = changed.iter().skip(before).find(|one| one.method != "GET");
    assert!(changed.is_none(), "the backend is only read: {changed:?}");

    house.login("Anna", PASSWORD).await.expect(200);
    house.login("Anna", "a wrong password").await.expect(401);
    let user = house.user_named("Anna").await;
    assert_eq!((user["id"].clone(), user["role"].clone()), (done[0].1.clone(), json!("user")));
    assert_eq!(adopted(&house, body).await, [("already-linked".to_owned(), done[0].1.clone())]);
}

#[tokio::test]
async fn everybody_is_adopted_as_they_are_there() {
    let house = House::new().await;
    house.jellyfin.add_user("Off", PASSWORD, &with(&json!({"IsDisabled": true})));
    house.jellyfin.add_user("Anna", PASSWORD, &Map::new());
    let taken = house.jellyfin.add_user("Bob", PASSWORD, &Map::new());
    let admin = house.admin().await;
    let body = json!({"username": "bob", "password": "another phrase of words"});
    let bob = admin.post("/api/users", body).await.expect(201).json()["id"].clone();

    let done = adopted(&house, json!({"all": true})).await;
    assert_eq!(done.len(), 3, "not the one whose name is taken: {done:?}");
    assert!(done.iter().all(|(outcome, _)| outcome == "created"), "{done:?}");
    let root = house.user_named(harness::JELLYFIN_ADMIN).await;
    assert_eq!(root["role"], "user", "an administrator there is no admin here");
    let off = house.user_named("Off").await;
    assert_eq!(off["state"], "disabled");
    house.login("Off", PASSWORD).await.expect(401);
    let id = off["id"].as_str().unwrap();
    admin.post(&format!("/api/users/{id}/enable"), json!({})).await.expect(200);
    house.login("Off", PASSWORD).await.expect(200);

    assert_eq!(house.user_named("bob").await["accounts"], json!([]));
    let refused = adopted(&house, json!({"accounts": [{"account": taken}]})).await;
    assert_eq!(refused, [("name-taken".to_owned(), Value::Null)]);
    let said = json!({"accounts": [{"account": taken, "attachTo": bob}]});
    assert_eq!(adopted(&house, said).await, [("attached".to_owned(), bob)]);
    house.login("Bob", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_list_that_is_not_whole_adopts_nobody() {
    let house = House::new().await;
    let anna = house.jellyfin.add_user("Anna", PASSWORD, &Map::new());
    let admin = house.admin().await;
    for fault in [Fault::ErrorBefore, Fault::CutBefore, Fault::Html] {
        // Once more than it is asked again by itself.
        let scripts: Vec<_> = (0..6).map(|_| house.jellyfin.inject("GET /Users", fault)).collect();
        let answer = admin.post(PATH, json!({"accounts": [{"account": anna}]})).await;
        assert!(answer.status >= 500, "{}", answer.text);
        assert_eq!(house.user_named("Anna").await, Value::Null);
        drop(scripts);
    }
}

/// Whoever signs in by an account is whose it is: an admin who could attach one of theirs would be them.
#[tokio::test]
async fn no_admin_attaches_an_account_to_another_admin() {
    let house = House::new().await;
    let mallory = house.jellyfin.add_user("Mallory", PASSWORD, &Map::new());
    let admin = house.admin().await;
    for name in ["second", "third"] {
        let body = json!({"username": name, "password": PASSWORD, "role": "admin"});
        admin.post("/api/users", body).await.expect(201);
    }
    let second = house.signed_in("second", PASSWORD).await;
    for name in [harness::ADMIN, "third"] {
        let user = house.user_named(name).await["id"].clone();
        let wish = json!({"account": mallory, "attachTo": user, "email": "mallory@example.org"});
        let done = second.post(PATH, json!({"accounts": [wish]})).await.expect(200).json();
        assert_eq!(done["items"][0]["outcome"], "other-admin", "{done}");
        let user = house.user_named(name).await;
        assert_eq!((&user["accounts"], &user["email"]), (&json!([]), &Value::Null));
    }
    house.login("Mallory", PASSWORD).await.expect(401);
    let own = house.user_named("second").await["id"].clone();
    let wish = json!({"account": mallory, "attachTo": own});
    let done = second.post(PATH, json!({"accounts": [wish]})).await.expect(200).json();
    assert_eq!(done["items"][0]["outcome"], "attached", "{done}");
}
