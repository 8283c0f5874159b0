//! The edge: whose names are ours, which requests are believed, what is too much.

use harness::{ADMIN, ADMIN_PASSWORD, House};
use serde_json::{Value, json};

#[tokio::test]
async fn another_host_is_told_that_it_is_not_here() {
    let house = House::new().await;
    for host in ["evil.example", "evil.example:443", "192.0.2.7", "home.example.org.evil.example"] {
        let answer = house.guest().with_header("host", host).get("/login").await;
        assert_eq!(answer.status, 421, "{host}: {}", answer.text);
    }
    house.guest().with_header("host", "home.example.org").get("/login").await.expect(200);
    house.guest().with_header("host", "nas.local:8443").get("/login").await.expect(200);
}

#[tokio::test]
async fn a_form_from_another_origin_is_refused() {
    let house = House::new().await;
    let browser = house.admin_browser().await;
    let form = [("label", "x"), ("uses", "1")];
    for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")] {
        browser.with_header(name, value).submit("/admin/invites", &form).await.expect(403);
    }
    let old =
        browser.with_header("sec-fetch-site", "").with_header("origin", "https://evil.example");
    assert_eq!(old.submit("/admin/invites", &form).await.status, 403);
    let listed = house.admin().await.get("/api/invites").await.expect(200).json();
    assert!(listed["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn forwarded_addresses_count_only_from_trusted_proxies() {
    let house = House::configured("").await;
    for number in 0..40 {
        let guest = house.program().with_header("x-forwarded-for", &format!("198.51.100.{number}"));
        if guest.get(&format!("/api/invites/{number:026}/offer")).await.status == 429 {
            return;
        }
    }
    panic!("a header nobody vouches for passed the throttle");
}

#[tokio::test]
async fn bodies_over_the_limit_and_of_the_wrong_kind_are_refused() {
    let house = House::new().await;
    let large = "x".repeat(300 * 1024);
    let answer =
        house.program().post("/api/auth/login", json!({"username": large, "password": "p"})).await;
    assert_eq!(answer.status, 413, "{}", answer.text);
    let answer = house
        .browser()
        .with_header("content-type", "text/plain")
        .post("/api/auth/login", json!({}))
        .await;
    assert_eq!(answer.status, 415, "{}", answer.text);
    let answer = house.program().post("/api/auth/login", json!({"username": 3})).await;
    assert!(matches!(answer.status, 400 | 422), "{}", answer.text);
    assert!(answer.header("content-type").starts_with("application/problem+json"));
    assert!(!answer.json()["reference"].as_str().unwrap_or_default().is_empty(), "{}", answer.text);
}

#[tokio::test]
async fn a_path_in_the_public_url_works_stripped_or_not() {
    let house = House::with_public_url("https://home.example.org/latchkey").await;
    for path in ["/latchkey/login", "/login"] {
        let page =
            house.guest().with_header("host", "home.example.org").get(path).await.expect(200);
        assert!(page.text.contains("latchkey/login\""), "{path}: links keep the path");
    }
    house.guest().get("/healthz").await.expect(200);
    house.guest().get("/latchkey/readyz").await.expect(200);
}

#[tokio::test]
async fn cookies_are_not_taken_beside_a_bearer() {
    let house = House::new().await;
    let login = house.login(ADMIN, ADMIN_PASSWORD).await.expect(200).json();
    let browser = house.admin_browser().await.with_bearer(login["accessToken"].as_str().unwrap());
    let answer = browser.get("/api/auth/me").await;
    assert!(matches!(answer.status, 400 | 401 | 403), "{}", answer.status);
}

#[tokio::test]
async fn methods_and_paths_that_do_not_exist_say_so() {
    let house = House::new().await;
    house.program().get("/api/nothing").await.expect(404);
    let answer = house.program().call("PUT", "/api/auth/login", Value::Null).await.expect(405);
    assert!(answer.header("allow").contains("POST"));
}
