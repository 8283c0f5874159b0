//! Strangers who make a local account: off, by approval, open.

use harness::House;
use serde_json::json;

const PHRASE: &str = "a good long phrase";

async fn house(mode: &str) -> House {
    House::with_more(&format!("[signin]\nregistration = \"{mode}\"\n")).await
}

fn form(name: &str) -> [(&str, &str); 3] {
    [("username", name), ("password", PHRASE), ("email", "")]
}

#[tokio::test]
async fn off_is_off_everywhere() {
    let house = House::new().await;
    let body = json!({"username": "Ada", "password": PHRASE});
    house.program().post("/api/auth/register", body).await.expect(404);
    house.browser().get("/register").await.expect(404);
    house.browser().submit("/register", &form("Ada")).await.expect(404);
    let told = house.guest().get("/api/auth/providers").await.expect(200).json();
    assert_eq!(told["registrationEnabled"], false);
    let login = house.browser().get("/login").await.expect(200);
    assert!(!login.text.contains("/register\""), "{}", login.text);
}

#[tokio::test]
async fn where_it_is_open_the_form_signs_in() {
    let house = house("open").await;
    let told = house.guest().get("/api/auth/providers").await.expect(200).json();
    assert_eq!(told["registrationEnabled"], true);
    let browser = house.browser();
    let login = browser.get("/login").await.expect(200);
    assert!(login.text.contains("/register\""), "{}", login.text);
    browser.get("/register").await.expect(200);
    let wrong = [("username", "a/b"), ("password", "short"), ("email", "nowhere")];
    let page = browser.submit("/register", &wrong).await.expect(422);
    for field in ["username", "password", "email"] {
        assert!(page.text.contains(&format!("id=\"f-{field}-problem\"")), "{field}: {}", page.text);
    }
    assert!(!page.text.contains("value=\"short\""));
    let answer = browser.submit("/register", &form("Ada")).await.expect(303);
    assert_eq!(answer.header("location"), "/account");
    browser.get("/account").await.expect(200);
    browser.get("/admin").await.expect(403);
    let taken = house.browser().submit("/register", &form("ADA")).await.expect(422);
    assert!(taken.text.contains("id=\"f-username-problem\""), "{}", taken.text);
    let body =
        json!({"username": "Grace", "password": PHRASE, "role": "admin", "setupAdmin": true});
    let made = house.program().post("/api/auth/register", body).await.expect(201).json();
    assert_eq!(
        (made["user"]["role"].as_str(), made["user"]["state"].as_str()),
        (Some("user"), Some("active"))
    );
    let body = json!({"username": "grace", "password": PHRASE});
    let taken = house.program().post("/api/auth/register", body).await.expect(409);
    assert_eq!(taken.code(), "name-taken");
    house.login("Grace", PHRASE).await.expect(200);
    assert!(house.jellyfin.user("Grace").is_none(), "no account is made anywhere");
}

#[tokio::test]
async fn who_waits_sees_where_they_stand_until_they_are_let_in() {
    let mut house = house("approval").await;
    let browser = house.browser();
    let answer = browser.submit("/register", &form("Ada")).await.expect(303);
    assert_eq!(answer.header("location"), "/pending");
    let page = browser.get("/pending").await.expect(200);
    assert!(page.text.contains("data-refresh") && page.text.contains("Ada"), "{}", page.text);
    assert!(!browser.cookies().keys().any(|name| name.ends_with("latchkey")), "no session yet");
    browser.get("/account").await.expect(303);
    // Twice the same form is the same question.
    browser.submit("/register", &form("Ada")).await.expect(303);
    let listed = house.admin().await.get("/api/approvals").await.expect(200).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));

    let program = house.login("Ada", PHRASE).await.expect(403);
    assert_eq!(program.code(), "pending");
    house.login("Ada", "not her phrase").await.expect(401);
    let stranger = house.browser().get("/pending").await.expect(303);
    assert_eq!(stranger.header("location"), "/login");
    let elsewhere = house.browser();
    let form = [("username", "Ada"), ("password", PHRASE)];
    let answer = elsewhere.submit("/login", &form).await.expect(303);
    assert_eq!(answer.header("location"), "/pending", "signing in is asking again");
    elsewhere.get("/pending").await.expect(200);

    house.restart().await;
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let admin = house.admin().await;
    let refused = json!({"word": "Ask me in person."});
    admin.post(&format!("/api/users/{id}/reject"), refused).await.expect(200);
    let visitor = house.browser();
    visitor.set_cookies(browser.cookies());
    let page = visitor.get("/pending").await.expect(200);
    assert!(page.text.contains("Ask me in person.") && !page.text.contains("data-refresh"));
    let program = house.login("Ada", PHRASE).await.expect(403);
    assert_eq!(program.code(), "refused");
    assert!(program.text.contains("Ask me in person."), "{}", program.text);
    admin.post(&format!("/api/users/{id}/approve"), json!({})).await.expect(409);
    admin.post(&format!("/api/approvals/{id}/reopen"), json!({})).await.expect(200);
    admin.post(&format!("/api/users/{id}/approve"), json!({})).await.expect(200);
    let page = visitor.get("/pending").await.expect(200);
    assert!(page.text.contains("/login\"") && !page.text.contains("data-refresh"), "{}", page.text);
    house.login("Ada", PHRASE).await.expect(200);
}

#[tokio::test]
async fn a_flood_from_one_network_is_stopped_and_nobody_elses_name_is_told_forever() {
    let house = house("open").await;
    let flood = house.program_from("203.0.113.9");
    let mut made = 0;
    for number in 0..12 {
        let body = json!({"username": format!("guest {number}"), "password": PHRASE});
        let answer = flood.post("/api/auth/register", body).await;
        assert!(matches!(answer.status, 201 | 429), "{}", answer.text);
        made += u32::from(answer.status == 201);
    }
    assert_eq!(made, 5);
    let mut told = 0;
    for _ in 0..40 {
        let body = json!({"username": harness::ADMIN, "password": PHRASE});
        told += u32::from(flood.post("/api/auth/register", body).await.status == 409);
    }
    assert!(told < 30, "{told}");
}

#[tokio::test]
async fn a_form_of_another_site_registers_nobody() {
    let house = house("open").await;
    let foreign = house.browser().with_header("sec-fetch-site", "cross-site");
    foreign.submit("/register", &form("Ada")).await.expect(403);
    assert!(house.user_named("Ada").await.is_null());
}
