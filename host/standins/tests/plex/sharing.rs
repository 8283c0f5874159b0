//! The server, shared: making, changing, accepting, removing, and what each side sees of it.

use serde_json::{Value, json};
use standins::plex::{Behaviour, MACHINE, NewShares, Sections, ShareVisible, ShareWrites};

use crate::house::{CLIENT, House, code, plain};

const ZED: u64 = 1_000_005;

async fn sees_the_server(house: &House, token: &str) -> bool {
    let resources = house.get("/api/v2/resources", token).await.json();
    resources.as_array().unwrap().iter().any(|one| one["clientIdentifier"] == json!(MACHINE))
}

#[tokio::test]
async fn behaviour_10_a_share_waits_is_accepted_once_and_no_libraries_means_all() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    let zed = house.plex.token("Zed", CLIENT);
    let made = house.invite(&owner, ZED, json!([]), json!({})).await;
    let share = made.json();
    assert_eq!(
        (made.status, &share["allLibraries"], &share["numLibraries"]),
        (201, &json!(true), &json!(3))
    );
    assert_eq!(
        (&share["accepted"], &share["invited"]["status"]),
        (&json!(false), &json!("pending"))
    );
    assert!(!sees_the_server(&house, &zed).await);
    assert_eq!(
        code(&house.invite(&owner, ZED, json!([900_101]), json!({})).await),
        (422, json!(1999))
    );
    let body = json!({ "server_id": MACHINE, "shared_server": {
        "library_section_ids": [900_101], "invited_id": ZED,
    } });
    let v1 = house.send(&format!("POST /api/servers/{MACHINE}/shared_servers"), &owner, body).await;
    assert_eq!(v1.status, 400);
    assert!(v1.text().contains("already sharing this server with zed"), "{}", v1.text());

    let received = house.get("/api/v2/shared_servers/invites/received/pending", &zed).await.json();
    assert_eq!(received[0]["sharedServers"][0]["id"], share["id"]);
    let accept = format!("POST /api/v2/shared_servers/{}/accept", share["id"]);
    assert_eq!(house.send(&accept, &owner, Value::Null).await.status, 404);
    let accepted = house.send(&accept, &zed, Value::Null).await.json();
    assert_eq!(
        (&accepted["accepted"], &accepted["invited"]["status"]),
        (&json!(true), &json!("accepted"))
    );
    assert!(sees_the_server(&house, &zed).await);
    let owned = house.get("/api/v2/shared_servers/owned/accepted", &owner).await.json();
    assert_eq!(owned.as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn behaviour_10_a_share_shows_late_v2_is_not_found_and_answers_are_lost() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    let zed = house.plex.token("Zed", CLIENT);
    house.plex.set(Behaviour::NewShares(NewShares::AcceptedAtOnce));
    house.plex.set(Behaviour::ShareVisible(ShareVisible::Later));
    house.plex.set(Behaviour::ShareWrites(ShareWrites::NotFound));
    let missing = house.invite(&owner, ZED, json!([900_101]), json!({})).await;
    assert_eq!(code(&missing), (404, json!(1002)));
    let v1 = json!({
        "server_id": MACHINE,
        "shared_server": { "library_section_ids": [900_101], "invited_id": ZED },
        "sharing_settings": { "allowSync": "1", "filterMovies": "label=a%2Cb" },
    });
    let made = house.send(&format!("POST /api/servers/{MACHINE}/shared_servers"), &owner, v1).await;
    assert_eq!(made.status, 200);
    let share = house.plex.share_of("Zed").unwrap();
    assert_eq!(
        (share.accepted, share.keys, &share.settings["allowSync"]),
        (true, vec![1], &json!(true))
    );
    assert!(!sees_the_server(&house, &zed).await);
    house.plex.let_shares_show();
    assert!(sees_the_server(&house, &zed).await);

    house.plex.set(Behaviour::ShareWrites(ShareWrites::AnswerLost));
    let call = format!("DELETE /api/v2/shared_servers/{}", share.id);
    assert!(house.try_ask(&call, Some(&owner), Some(CLIENT), Value::Null).await.is_err());
    assert_eq!(house.plex.share_of("Zed"), None);
    assert!(!sees_the_server(&house, &zed).await);
}

#[tokio::test]
async fn behaviour_11_filters_are_kept_verbatim_omitted_stay_and_empty_wipes() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    let odd = "contentRating=G%2CPG|label!=a%26b,c+d&contentRating!=R";
    let call = "POST /api/v2/sharing_settings";
    let write = async |person: u64, settings: Value| {
        let body = json!({ "invitedId": person, "settings": settings });
        house.send(call, &owner, body).await.status
    };
    assert_eq!(write(1_000_004, json!({ "filterTelevision": odd })).await, 204);
    let settings = || house.plex.share_of("Sam").unwrap().settings;
    assert_eq!(settings()["filterTelevision"], json!(odd));
    assert_eq!(settings()["filterMovies"], json!("contentRating=G%2CPG"));
    let listed = plain(house.get("/api/v2/shared_servers/owned/accepted", &owner).await.json());
    assert_eq!(listed[2]["sharingSettings"]["filterTelevision"], json!(odd));
    let v1 = house.get("/api/users", &owner).await.text();
    assert!(v1.contains("contentRating=G%2CPG|label!=a%26b,c+d&amp;contentRating!=R"), "{v1}");
    assert_eq!(write(1_000_004, json!({ "filterMovies": "" })).await, 204);
    assert_eq!(settings()["filterMovies"], json!(""));

    assert_eq!(write(1_000_003, json!({ "filterMovies": "" })).await, 422);
    let put = house.send("PUT /api/users/1000003?filterMovies=", &owner, Value::Null).await;
    assert_eq!(put.status, 422);
    assert!(
        put.text().contains("An error occurred updating the settings for Mia."),
        "{}",
        put.text()
    );
    assert_eq!(write(1_000_003, json!({ "allowSync": true })).await, 204);
    house.plex.set_preset("Mia", None);
    assert_eq!(write(1_000_003, json!({ "filterMovies": odd })).await, 204);
}

#[tokio::test]
async fn behaviour_12_removed_endpoints_are_gone() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    for call in ["GET /api/invites/requests", "GET /api/invites/requested", "DELETE /api/friends/7"]
    {
        let gone = house.send(call, &owner, Value::Null).await;
        assert_eq!(gone.status, 410, "{call}");
        assert!(gone.text().contains("deprecated and removed"), "{}", gone.text());
    }
}

#[tokio::test]
async fn behaviour_13_sections_are_empty_for_a_while_and_their_ids_are_no_keys() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    let look = async || {
        let server = house.get(&format!("/api/v2/servers/{MACHINE}"), &owner).await.json();
        plain(server["librarySections"].clone())
    };
    house.plex.set(Behaviour::Sections(Sections::EmptyFor(1)));
    assert_eq!(look().await, json!([]));
    let whole = look().await;
    assert_eq!(whole[1], json!({ "id": 900_102, "key": 2, "title": "Shows", "type": "show" }));
    house.plex.set(Behaviour::Sections(Sections::PartialFor(1)));
    assert_eq!(look().await.as_array().unwrap().len(), 2);
    assert_eq!(look().await, whole);
    let keys = house.invite(&owner, ZED, json!([1, 2]), json!({})).await;
    assert_eq!(keys.status, 422);
    assert_eq!(house.plex.share_of("Zed"), None);
}

#[tokio::test]
async fn a_shared_person_sees_their_libraries_and_nothing_once_the_share_is_gone() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    let sam = house.plex.token("Sam", CLIENT);
    let resources = house.get("/api/v2/resources", &sam).await.json();
    assert_eq!(resources[0]["name"], json!("sams-pi"));
    assert_eq!((&resources[1]["owned"], &resources[1]["home"]), (&json!(false), &json!(false)));
    let access = resources[1]["accessToken"].as_str().unwrap();
    assert_eq!(access, "tok-sam-on-olgas-nas");
    let sections = house.get("/library/sections", access).await.json();
    assert_eq!(sections["MediaContainer"]["size"], json!(2));
    assert_eq!(house.get("/library/sections", &sam).await.status, 401);
    let removed = house.send("DELETE /api/v2/sharings/1000004", &owner, Value::Null).await;
    assert_eq!(removed.status, 204);
    assert_eq!(house.get("/library/sections", access).await.status, 401);
    assert!(!sees_the_server(&house, &sam).await);
}

#[tokio::test]
async fn an_address_that_is_nobodys_waits_until_somebody_registers_with_it() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    let body = json!({
        "machineIdentifier": MACHINE, "invitedEmail": "new@example.net",
        "librarySectionIds": [900_101],
    });
    let made = house.send("POST /api/v2/shared_servers", &owner, body).await.json();
    assert_eq!((&made["invitedId"], &made["invited"]), (&Value::Null, &Value::Null));
    assert_eq!(made["invitedEmail"], json!("new@example.net"));
    let nina = house.plex.register("nina", "new@example.net");
    let token = house.plex.token("nina", CLIENT);
    let received = house.get("/api/v2/shared_servers/invites/received/pending", &token).await;
    assert_eq!(received.json()[0]["sharedServers"][0]["id"], made["id"]);
    house.plex.accept("nina");
    let share = house.plex.share_of("nina").unwrap();
    assert_eq!((share.person.as_deref(), share.keys), (Some(nina.title.as_str()), vec![1]));
}
