//! PINs, tokens, the home, and the account's own word.

use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use standins::plex::{
    Behaviour, Booleans, ExpiredPin, Health, HomeList, Limited, ManagedNames, Origin, Registration,
    Resources, SlowDown, Switching, WrongPin,
};

use crate::house::{CLIENT, House, code, plain};

#[tokio::test]
async fn behaviour_1_a_poll_with_another_client_id_unknown_or_expired_is_1020() {
    let house = House::new().await;
    let pin = house.create_pin().await;
    let gone = (404, json!(1020));
    assert_eq!(house.poll(&pin["id"], CLIENT).await.status, 200);
    assert_eq!(code(&house.poll(&pin["id"], "somebody-else").await), gone);
    assert_eq!(code(&house.poll(&json!(1), CLIENT).await), gone);
    house.pass(1799);
    let left = house.poll(&pin["id"], CLIENT).await.json();
    assert_eq!((&left["expiresIn"], &left["authToken"]), (&json!(1), &Value::Null));
    house.pass(1);
    assert_eq!(code(&house.poll(&pin["id"], CLIENT).await), gone);
    house.plex.set(Behaviour::ExpiredPin(ExpiredPin::NullToken));
    let expired = house.poll(&pin["id"], CLIENT).await;
    assert_eq!((expired.status, &expired.json()["authToken"]), (200, &Value::Null));
}

#[tokio::test]
async fn behaviour_2_pin_ids_are_a_sequence_and_codes_are_not() {
    let house = House::new().await;
    let (first, second) = (house.create_pin().await, house.create_pin().await);
    assert_eq!(first["id"], json!(2_104_417_731_u64));
    assert_eq!(second["id"], json!(2_104_417_732_u64));
    assert_ne!(first["code"], second["code"]);
    assert_eq!(first["code"].as_str().unwrap().len(), 25);
    let weak = house.try_ask("POST /api/v2/pins", None, Some(CLIENT), Value::Null).await.unwrap();
    let weak = weak.json();
    assert_eq!((weak["code"].as_str().unwrap().len(), &weak["expiresIn"]), (4, &json!(900)));
}

#[tokio::test]
async fn behaviour_3_a_pin_is_linked_before_or_after_the_first_poll_by_whoever_comes() {
    let house = House::new().await;
    let before = house.create_pin().await;
    house.plex.authorize(before["code"].as_str().unwrap(), "Olga");
    let token = house.poll(&before["id"], CLIENT).await.json();
    assert_eq!(token["newRegistration"], json!(false));
    let user = house.get("/api/v2/user", token["authToken"].as_str().unwrap()).await.json();
    assert_eq!(user["username"], json!("olga"));

    let after = house.create_pin().await;
    assert_eq!(house.poll(&after["id"], CLIENT).await.json()["authToken"], Value::Null);
    house.plex.deny(after["code"].as_str().unwrap());
    assert_eq!(house.poll(&after["id"], CLIENT).await.json()["authToken"], Value::Null);
    house.plex.set(Behaviour::Registration(Registration::New));
    let address = format!(
        "{}/auth#?clientID={CLIENT}&code={}&forwardUrl=https%3A%2F%2Flatchkey.example%2Fback",
        house.plex.app_url(),
        after["code"].as_str().unwrap()
    );
    let back = house.plex.authorize(&address, "Zed");
    assert_eq!(back.as_deref(), Some("https://latchkey.example/back"));
    let token = house.poll(&after["id"], CLIENT).await.json();
    assert_eq!(token["newRegistration"], json!(true));
    let user = house.get("/api/v2/user", token["authToken"].as_str().unwrap()).await.json();
    assert_eq!(user["id"], json!(1_000_005));
}

#[tokio::test]
async fn behaviour_4_too_many_requests_are_429_with_and_without_retry_after() {
    let house = House::new().await;
    let (pin, owner) = (house.create_pin().await, house.plex.token("Olga", CLIENT));
    let slow = |on, retry_after| SlowDown { on, retry_after, times: 1 };
    house.plex.set(Behaviour::SlowDown(slow(Limited::Poll, Some(5))));
    house.plex.set(Behaviour::SlowDown(slow(Limited::Nonce, None)));
    house.plex.set(Behaviour::SlowDown(slow(Limited::ShareWrites, None)));
    let poll = house.poll(&pin["id"], CLIENT).await;
    assert_eq!((code(&poll), poll.header("retry-after")), ((429, json!(1003)), Some("5")));
    let nonce = house.get("/api/v2/auth/nonce", &owner).await;
    assert_eq!((code(&nonce), nonce.header("retry-after")), ((429, json!(1003)), None));
    let write = house.invite(&owner, 1_000_005, json!([900_101]), json!({})).await;
    assert_eq!((code(&write), write.header("retry-after")), ((429, json!(1003)), None));
    assert_eq!(house.plex.share_of("Zed"), None);
    assert_eq!(house.poll(&pin["id"], CLIENT).await.status, 200);
}

#[tokio::test]
async fn behaviour_6_the_user_answers_500_or_503_or_never_and_the_token_lives() {
    let house = House::new().await;
    let token = house.plex.token("Sam", CLIENT);
    for status in [500, 503] {
        house.plex.set(Behaviour::User(Health::Answers(status)));
        assert_eq!(house.get("/api/v2/user", &token).await.status, status);
    }
    house.plex.set(Behaviour::User(Health::Hangs));
    let never = house.get("/api/v2/user", &token);
    assert!(tokio::time::timeout(Duration::from_millis(50), never).await.is_err());
    house.plex.set(Behaviour::User(Health::Well));
    assert_eq!(house.get("/api/v2/user", &token).await.status, 200);
    assert_eq!(code(&house.get("/api/v2/user", "tok-nobody").await), (401, json!(1001)));
}

#[tokio::test]
async fn behaviour_7_a_switch_wants_the_pin_or_takes_none_but_never_a_wrong_one() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    let mia = house.plex.person("Mia");
    let to = |uuid: &str, pin: &str| format!("POST /api/v2/home/users/{uuid}/switch{pin}");
    let wrong = (403, json!(1041));
    let switch = async |call: String| house.send(&call, &owner, Value::Null).await;
    assert_eq!(code(&switch(to(&mia.uuid, "")).await), wrong);
    assert_eq!(code(&switch(to(&mia.uuid, "?pin=0000")).await), wrong);
    let right = format!("?pin={}", mia.pin.unwrap());
    let switched = switch(to(&mia.uuid, &right)).await;
    assert_eq!((switched.status, &switched.json()["id"]), (201, &json!(1_000_003)));
    assert_eq!(code(&switch(to("nobody", "")).await), (404, json!(1002)));
    let sam = house.plex.token("Sam", CLIENT);
    let foreign = house.send(&to(&mia.uuid, &right), &sam, Value::Null).await;
    assert_eq!(code(&foreign), (403, json!(1043)));

    let v1 = "POST /api/home/users/1000003/switch?pin=0000";
    let refused = switch(v1.to_owned()).await;
    assert_eq!(refused.status, 401);
    assert!(refused.text().contains("status=\"Incorrect PIN\""), "{}", refused.text());
    let right = switch(format!("POST /api/home/users/1000003/switch{right}")).await;
    assert_eq!(right.status, 201);
    assert!(right.text().contains("authenticationToken=\"tok-mia-switch-2-"), "{}", right.text());

    house.plex.set(Behaviour::WrongPin(WrongPin::Unauthorized));
    assert_eq!(code(&switch(to(&mia.uuid, "")).await), (401, json!(1041)));
    house.plex.set(Behaviour::Switch(Switching::Lax));
    assert_eq!(switch(to(&mia.uuid, "")).await.status, 201);
    assert_eq!(switch(to(&mia.uuid, "?pin=0000")).await.status, 401);
}

#[tokio::test]
async fn behaviour_8_a_switched_token_opens_the_server_only_after_a_swap() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    assert_eq!(house.get("/library/sections", &owner).await.status, 200);
    for name in ["Olga", "Mia"] {
        let person = house.plex.person(name);
        let (uuid, pin) = (person.uuid, person.pin.unwrap());
        let call = format!("POST /api/v2/home/users/{uuid}/switch?pin={pin}");
        let switched = house.send(&call, &owner, Value::Null).await.json();
        let switched = switched["authToken"].as_str().unwrap();
        let refused = house.get("/library/sections", switched).await;
        assert_eq!(refused.status, 401);
        assert!(refused.text().starts_with("<html>"));
        let resources = house.get("/api/v2/resources", switched).await.json();
        let swapped = resources[0]["accessToken"].as_str().unwrap();
        assert_eq!(house.get("/library/sections", swapped).await.status, 200);
        assert_eq!(resources[0]["home"], json!(name == "Mia"));
    }
}

#[tokio::test]
async fn behaviour_9_names_are_null_or_empty_booleans_digits_or_words_and_fields_unknown() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    let mia = house.plex.token("Mia", CLIENT);
    let names = async || {
        let list = house.get("/api/v2/home/users", &owner).await.json();
        let user = house.get("/api/v2/user", &mia).await.json();
        assert!(list["users"][2].get("addedLater").is_some() && user.get("addedLater").is_some());
        (list["users"][2]["email"].clone(), user["username"].clone())
    };
    assert_eq!(names().await, (Value::Null, json!("")));
    house.plex.set(Behaviour::ManagedNames(ManagedNames::Null));
    assert_eq!(names().await, (Value::Null, Value::Null));
    house.plex.set(Behaviour::ManagedNames(ManagedNames::Empty));
    assert_eq!(names().await, (json!(""), json!("")));
    let list = house.get("/api/home/users", &owner).await.text();
    assert!(list.contains("protected=\"1\"") && list.contains("addedLater="), "{list}");
    house.plex.set(Behaviour::Booleans(Booleans::Words));
    let list = house.get("/api/home/users", &owner).await.text();
    assert!(list.contains("restricted=\"true\"") && list.contains("guest=\"false\""), "{list}");
}

fn signed(key: &Ed25519KeyPair, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({ "alg": "EdDSA", "kid": "device-1" });
    let text = format!("{}.{}", part(&header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes()));
    format!("{text}.{signature}")
}

#[tokio::test]
async fn behaviour_14_a_jwt_ends_with_498_kills_the_legacy_token_and_opens_no_server() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    let other = house.plex.token("Olga", "another-device");
    let key = Ed25519KeyPair::generate().unwrap();
    let x = URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
    let jwk = json!({ "jwk": {
        "kty": "OKP", "crv": "Ed25519", "x": x, "use": "sig", "alg": "EdDSA", "kid": "device-1",
    } });
    assert_eq!(house.send("POST /api/v2/auth/jwk", &owner, jwk.clone()).await.status, 201);
    assert_eq!(house.send("POST /api/v2/auth/jwk", &owner, jwk).await.status, 422);
    let nonce = house.get("/api/v2/auth/nonce", &owner).await.json()["nonce"].clone();
    let exchange = async |issuer: &str, end: i64| {
        let claims = json!({
            "nonce": nonce, "scope": "username", "aud": "plex.tv", "iss": issuer,
            "iat": house.now(), "exp": end,
        });
        let body = json!({ "jwt": signed(&key, &claims) });
        house.try_ask("POST /api/v2/auth/token", None, Some(CLIENT), body).await.unwrap()
    };
    let later = house.now() + 60;
    assert_eq!(exchange(CLIENT, house.now()).await.status, 498);
    assert_eq!(code(&exchange("another", later).await), (422, json!(1097)));
    let minted = exchange(CLIENT, later).await.json();
    let jwt = minted["auth_token"].as_str().unwrap();
    assert_eq!(exchange(CLIENT, later).await.status, 422, "the nonce was used");
    assert_eq!(house.get("/api/v2/user", &owner).await.status, 401);
    assert_eq!(house.get("/api/v2/user", &other).await.status, 200);
    assert_eq!(house.get("/api/v2/user", jwt).await.status, 200);
    let resources = house.get("/api/v2/resources", jwt).await.json();
    assert_eq!(resources[0]["accessToken"], json!(jwt));
    assert_eq!(house.get("/library/sections", jwt).await.status, 401);
    house.pass(7 * 24 * 3600);
    assert_eq!(house.get("/api/v2/user", jwt).await.status, 498);
}

#[tokio::test]
async fn behaviour_15_resources_redirect_to_another_origin_that_writes_tokens_down() {
    let house = House::new().await;
    let token = house.plex.token("Sam", CLIENT);
    house.plex.set(Behaviour::Resources(Resources::Elsewhere));
    let away = house.get("/api/v2/resources", &token).await;
    assert_eq!(away.status, 307);
    assert!(house.plex.tokens_elsewhere().is_empty());
    let place = away.header("location").unwrap();
    let (url, path) = place.split_at(place.find("/api").unwrap());
    let headers = [("X-Plex-Token".to_owned(), token)];
    crate::client::ask(url, "GET", path, &headers, b"").await.unwrap();
    assert_eq!(house.plex.tokens_elsewhere(), ["sam plex"]);
}

#[tokio::test]
async fn behaviour_16_signing_out_ends_that_token_only() {
    let house = House::new().await;
    let (first, second) = (house.plex.token("Sam", CLIENT), house.plex.token("Sam", CLIENT));
    let out = house.send("DELETE /api/v2/users/signout", &first, Value::Null).await;
    assert_eq!(out.status, 204);
    assert_eq!(house.get("/api/v2/user", &first).await.status, 401);
    assert_eq!(house.get("/api/v2/ping", &second).await.status, 200);
    let live = house.plex.live_tokens();
    assert_eq!(live.len(), 1);
    assert_eq!((live[0].person.as_str(), live[0].origin), ("sam", Origin::Pin));
    house.plex.end_tokens("Sam");
    assert_eq!(house.get("/api/v2/ping", &second).await.status, 401);
}

#[tokio::test]
async fn behaviour_17_the_home_list_fails_or_is_empty_while_the_user_has_a_home() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    house.plex.set(Behaviour::HomeList(HomeList::Fails));
    assert_eq!(house.get("/api/v2/home/users", &owner).await.status, 500);
    house.plex.set(Behaviour::HomeList(HomeList::Empty));
    let list = house.get("/api/v2/home/users", &owner).await;
    assert_eq!((list.status, &list.json()["users"]), (200, &json!([])));
    assert_eq!(house.get("/api/v2/user", &owner).await.json()["home"], json!(true));
    let zed = house.plex.token("Zed", CLIENT);
    assert_eq!(house.get("/api/v2/user", &zed).await.json()["home"], json!(false));
}

#[tokio::test]
async fn the_home_is_told_field_by_field() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    let list = plain(house.get("/api/v2/home/users", &owner).await.json());
    let thumb = format!("{}/users/a0a0a0a0a0a0a0a3/avatar?c=1", house.plex.plex_url());
    assert_eq!(
        list["users"][2],
        json!({
            "id": 1_000_003, "uuid": "a0a0a0a0a0a0a0a3", "title": "Mia", "username": null,
            "email": null, "friendlyName": "Mia", "thumb": thumb, "hasPassword": false,
            "restricted": true, "updatedAt": 1_788_000_000, "restrictionProfile": "older_kid",
            "admin": false, "guest": false, "protected": true,
        })
    );
    let picture = house.get("/users/a0a0a0a0a0a0a0a3/avatar?c=1", &owner).await;
    assert_eq!(picture.header("content-type"), Some("image/png"));
    assert!(picture.body.starts_with(b"\x89PNG"));
}
