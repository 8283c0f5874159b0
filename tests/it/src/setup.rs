//! The first admin: whoever holds the one-time code, once.

use futures_util::future::join_all;
use harness::{ADMIN, ADMIN_PASSWORD, House};
use serde_json::json;

#[tokio::test]
async fn before_setup_every_page_leads_there() {
    let house = House::unset().await;
    for path in ["/", "/login", "/admin", "/admin/invites", "/account"] {
        let answer = house.browser().get(path).await.expect(303);
        assert!(
            answer.header("location").ends_with("/setup"),
            "{path}: {}",
            answer.header("location")
        );
    }
    house.guest().get("/api/invites").await.expect(401);
}

#[tokio::test]
async fn fifty_at_once_with_the_right_code_make_one_admin() {
    let house = House::unset().await;
    let code = house.setup_code();
    let guests: Vec<_> = (0..50).map(|_| house.fresh_guest()).collect();
    let answers = join_all(guests.iter().enumerate().map(|(number, guest)| {
        let name = format!("admin{number}");
        guest
            .post("/api/setup", json!({"code": code, "username": name, "password": ADMIN_PASSWORD}))
    }))
    .await;
    let made = answers.iter().filter(|answer| (200..300).contains(&answer.status)).count();
    assert_eq!(made, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_wrong_code_is_refused_and_the_right_one_works_once() {
    let house = House::unset().await;
    let body = |code: &str| json!({"code": code, "username": ADMIN, "password": ADMIN_PASSWORD});
    let wrong = house.fresh_guest().post("/api/setup", body("00000000000000000000000000")).await;
    assert!(matches!(wrong.status, 401 | 403), "{}", wrong.status);
    let code = house.setup_code();
    let right = house.fresh_guest().post("/api/setup", body(&code)).await;
    assert!((200..300).contains(&right.status), "{}", right.text);
    let again = house.fresh_guest().post("/api/setup", body(&code)).await;
    assert!((400..500).contains(&again.status), "{}", again.text);
    house.login(ADMIN, ADMIN_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn setup_works_as_a_form_in_a_browser_without_script() {
    let house = House::unset().await;
    let browser = house.browser();
    browser.get("/setup").await.expect(200);
    let weak =
        [("code", house.setup_code()), ("username", ADMIN.into()), ("password", "short".into())];
    let weak: Vec<(&str, &str)> =
        weak.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = browser.submit("/setup", &weak).await.expect(422);
    assert!(answer.text.contains(ADMIN), "values are kept");
    let code = house.setup_code();
    let good = [("code", code.as_str()), ("username", ADMIN), ("password", ADMIN_PASSWORD)];
    let answer = browser.submit("/setup", &good).await.expect(303);
    let home = browser.follow(answer).await.expect(200);
    assert!(home.text.contains(ADMIN), "{}", home.text);
}
