//! Plugins: what runs, what it may do, and files that come and go while the server runs.

use harness::House;
use serde_json::json;

#[tokio::test]
async fn the_bundled_ones_are_listed_with_what_they_can_do() {
    let house = House::new().await;
    let admin = house.admin().await;
    let listed = admin.get("/api/plugins").await.expect(200).json();
    let one =
        listed["items"].as_array().unwrap().iter().find(|one| one["id"] == "jellyfin").unwrap();
    assert_eq!(one["source"], "bundled");
    let can = one["can"].to_string();
    assert!(can.contains("Server address"), "{can}");
    admin.get("/api/plugins/jellyfin/log").await.expect(200);
    admin.get("/api/plugins/nothing/log").await.expect(404);
}

#[tokio::test]
async fn a_file_that_is_no_component_is_listed_in_words_and_harms_nothing() {
    let house = House::new().await;
    let admin = house.admin().await;
    std::fs::write(house.data_dir().join("plugins/broken.wasm"), b"not a component").unwrap();
    house
        .until_async("the file is listed", || async {
            let listed = admin.get("/api/plugins").await.expect(200).json();
            listed["items"].as_array().unwrap().iter().any(|one| {
                one["refused"].as_str().is_some_and(|why| !why.is_empty())
                    && one.to_string().contains("broken.wasm")
            })
        })
        .await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", "a good long phrase").await.expect(201);
}
