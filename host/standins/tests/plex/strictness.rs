//! What the double will not have, and the auth page as a browser uses it.

use serde_json::{Value, json};
use standins::Plex;
use standins::plex::{Behaviour, Fault, Service, Tokens};

use crate::client::ask;
use crate::house::{CLIENT, House, code};

#[tokio::test]
async fn behaviour_5_a_token_in_a_url_is_refused_and_written_down() {
    let house = House::new().await;
    let token = house.plex.token("Sam", CLIENT);
    let call = format!("GET /api/v2/user?X-Plex-Token={token}");
    let ask = async || house.try_ask(&call, None, Some(CLIENT), Value::Null).await.unwrap().status;
    assert_eq!(ask().await, 401);
    assert_eq!(
        house.plex.take_violations(),
        ["the token of sam plex in the query of GET /api/v2/user"]
    );
    house.plex.set(Behaviour::Tokens(Tokens::HeaderOrUrl));
    assert_eq!(ask().await, 200);
    assert_eq!(house.plex.tokens_in_urls().len(), 2);
    assert!(house.plex.violations().is_empty());
    let log = format!("{:?}", house.plex.requests());
    assert!(!log.contains(&token) && log.contains("***"), "{log}");
}

#[tokio::test]
async fn behaviour_5_a_profiles_pin_belongs_into_a_switch_and_nowhere_else() {
    let house = House::new().await;
    let owner = house.plex.token("Olga", CLIENT);
    let mia = house.plex.person("Mia");
    let (uuid, pin) = (mia.uuid, mia.pin.unwrap());
    let call = format!("POST /api/v2/home/users/{uuid}/switch?pin={pin}");
    assert_eq!(house.send(&call, &owner, Value::Null).await.status, 201);
    assert!(house.plex.tokens_in_urls().is_empty());
    house.get(&format!("/api/v2/user?pin={pin}"), &owner).await;
    let code = house.create_pin().await["code"].as_str().unwrap().to_owned();
    house.get(&format!("/api/v2/user?code={code}"), &owner).await;
    assert_eq!(house.plex.take_violations().len(), 2);
}

#[tokio::test]
async fn every_v2_call_names_its_client_and_asks_for_json() {
    let house = House::new().await;
    let nameless = house.try_ask("POST /api/v2/pins", None, None, Value::Null).await.unwrap();
    assert_eq!(code(&nameless), (400, json!(1000)));
    let headers = [("X-Plex-Client-Identifier".to_owned(), CLIENT.to_owned())];
    let pin = ask(&house.plex.plex_url(), "POST", "/api/v2/pins", &headers, b"").await.unwrap();
    assert!(pin.text().contains("<pin id=\"2104417731\""), "{}", pin.text());
    let identity = ask(&house.plex.server_url(), "GET", "/identity", &[], b"").await.unwrap();
    assert!(identity.text().contains("<MediaContainer size=\"0\""), "{}", identity.text());
}

#[tokio::test]
async fn what_no_plex_has_is_a_violation_and_what_another_server_has_as_well() {
    let house = House::new().await;
    let token = house.plex.token("Olga", CLIENT);
    assert_eq!(house.get("/api/v2/invented", &token).await.status, 404);
    let v1 = ask(&house.plex.clients_url(), "GET", "/api/users", &[], b"").await.unwrap();
    assert_eq!(v1.status, 404);
    assert_eq!(
        house.plex.take_violations(),
        ["PlexTv: GET /api/v2/invented", "Clients: GET /api/users"]
    );
}

#[tokio::test]
#[should_panic(expected = "GET /api/v2/invented")]
async fn a_double_that_was_asked_for_what_it_does_not_have_cannot_be_dropped_in_peace() {
    let plex = Plex::start().await.unwrap();
    ask(&plex.plex_url(), "GET", "/api/v2/invented", &[], b"").await.unwrap();
}

#[tokio::test]
async fn a_scripted_fault_befalls_one_answer_and_a_closed_port_all() {
    let mut house = House::new().await;
    let token = house.plex.token("Sam", CLIENT);
    let met = house.plex.inject("GET /api/v2/resources", Fault::ErrorBefore);
    assert_eq!(house.get("/api/v2/resources", &token).await.status, 500);
    assert!(met.used());
    assert_eq!(house.get("/api/v2/resources", &token).await.status, 200);
    house.plex.stop_listening(Service::PlexTv).await;
    let call = "GET /api/v2/resources";
    assert!(house.try_ask(call, Some(&token), Some(CLIENT), Value::Null).await.is_err());
    assert_eq!(house.get("/identity", &token).await.status, 200);
    house.plex.listen_again(Service::PlexTv).await.unwrap();
    assert_eq!(house.get("/api/v2/resources", &token).await.status, 200);
}

async fn press(house: &House, fields: &[(&str, &str)]) -> crate::client::Reply {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    let media = "application/x-www-form-urlencoded".to_owned();
    let headers = [("Content-Type".to_owned(), media)];
    ask(&house.plex.app_url(), "POST", "/auth", &headers, form.finish().as_bytes()).await.unwrap()
}

#[tokio::test]
async fn the_auth_page_sends_back_whoever_approves_and_keeps_whoever_cancels() {
    let house = House::new().await;
    let page = ask(&house.plex.app_url(), "GET", "/auth", &[], b"").await.unwrap().text();
    assert!(page.contains("Sign in as sam") && !page.contains("Sign in as Mia"), "{page}");
    assert!(!page.contains("2002"), "PINs are for the demo");
    let pin = house.create_pin().await;
    let code = pin["code"].as_str().unwrap();
    let fields = |client, person| {
        [
            ("clientID", client),
            ("code", code),
            ("forwardUrl", "https://l.example/b"),
            ("person", person),
        ]
    };
    assert_eq!(press(&house, &fields("another", "sam")).await.status, 404);
    assert_eq!(press(&house, &fields(CLIENT, "")).await.status, 200);
    assert_eq!(house.poll(&pin["id"], CLIENT).await.json()["authToken"], Value::Null);
    let back = press(&house, &fields(CLIENT, "sam")).await;
    assert_eq!((back.status, back.header("location")), (303, Some("https://l.example/b")));
    assert_ne!(house.poll(&pin["id"], CLIENT).await.json()["authToken"], Value::Null);
    assert_eq!(press(&house, &fields(CLIENT, "zed")).await.status, 404, "a PIN is linked once");
}

#[tokio::test]
async fn whoever_is_invited_can_accept_in_plexs_own_app() {
    let house = House::new().await;
    house.plex.invite("zed", &[1]);
    let page = ask(&house.plex.app_url(), "GET", "/", &[], b"").await.unwrap().text();
    assert!(page.contains("Accept the invitation as zed"), "{page}");
    let media = "application/x-www-form-urlencoded".to_owned();
    let headers = [("Content-Type".to_owned(), media)];
    let url = house.plex.app_url();
    let done = ask(&url, "POST", "/accept", &headers, b"person=zed").await.unwrap();
    assert_eq!((done.status, done.header("location")), (303, Some("/")));
    assert!(house.plex.share_of("zed").unwrap().accepted);
}
