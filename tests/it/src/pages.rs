//! Pages as a browser without script meets them.

use harness::{ADMIN, ADMIN_PASSWORD, House};
use serde_json::json;

const PHRASE: &str = "a good long phrase";

#[tokio::test]
async fn a_guest_signs_up_with_forms_alone() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1, "label": "Ada"})).await;
    let guest = house.browser();
    let short = guest.get(&format!("/j/{code}")).await;
    let invite = guest.follow(short).await.expect(200);
    assert!(invite.text.contains("Films and series"));
    assert!(invite.text.contains(&format!("/invite/{code}/join")));
    let page = guest.get(&format!("/invite/{code}/join")).await.expect(200);
    let form = harness::form(&page.text);
    let answer =
        guest.submit(&form.action, &[("username", "Ada"), ("password", "short")]).await.expect(422);
    assert!(answer.text.contains("value=\"Ada\""), "what was typed is kept");
    let answer =
        guest.submit(&form.action, &[("username", "Ada"), ("password", PHRASE)]).await.expect(303);
    let mut page = guest.follow(answer).await.expect(200);
    house.until_settled(&code).await;
    if !page.text.contains("media.example.org") {
        page = guest.get(&house.signup_page(&code).await).await.expect(200);
    }
    assert!(
        page.text.contains("https://media.example.org"),
        "the way to the backend: {}",
        page.text
    );
}

#[tokio::test]
async fn a_double_click_on_the_first_form_is_one_sign_up() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    let guest = house.browser();
    let path = format!("/invite/{code}/join");
    guest.get(&path).await.expect(200);
    let form = [("username", "Ada"), ("password", PHRASE)];
    let (one, other) = tokio::join!(guest.submit(&path, &form), guest.submit(&path, &form));
    let (one, other) = (one.expect(303), other.expect(303));
    assert_eq!(one.header("location"), other.header("location"));
    guest.follow(other).await.expect(200);
}

#[tokio::test]
async fn opening_links_with_codes_changes_nothing() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    for _scanner in 0..3 {
        house.browser().get(&format!("/invite/{code}")).await.expect(200);
        house
            .guest()
            .call("HEAD", &format!("/invite/{code}"), serde_json::Value::Null)
            .await
            .expect(200);
    }
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
}

#[tokio::test]
async fn an_admin_signs_in_makes_an_invite_and_signs_out() {
    let house = House::new().await;
    let browser = house.browser();
    let answer =
        browser.submit("/login", &[("username", ADMIN), ("password", "wrong phrase here")]).await;
    assert!(matches!(answer.status, 401 | 422), "{}", answer.status);
    let answer = browser
        .submit("/login", &[("username", ADMIN), ("password", ADMIN_PASSWORD)])
        .await
        .expect(303);
    let home = browser.follow(answer).await.expect(200);
    assert!(home.text.contains(ADMIN));
    for path in [
        "/admin",
        "/admin/invites",
        "/admin/invites/new",
        "/admin/people",
        "/admin/profiles",
        "/admin/profiles/capture",
        "/admin/backends",
        "/admin/backends/new",
        "/admin/backends/new/jellyfin",
        "/admin/backends/jellyfin",
        "/admin/plugins",
        "/admin/plugins/jellyfin",
        "/admin/activity",
        "/admin/settings",
        "/account",
    ] {
        let page = browser.get(path).await;
        let page = browser.follow(page).await.expect(200);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(page.text.contains("</html>"), "{path}");
    }
    let form = [
        ("label", "Aunt"),
        ("uses", "1"),
        ("valid_days", "7"),
        ("ask_email", "optional"),
        ("backends", "jellyfin"),
    ];
    let answer = browser.submit("/admin/invites", &form).await;
    let shared = browser.follow(answer).await.expect(200);
    assert!(shared.text.contains("https://home.example.org/invite/"), "{}", shared.text);
    assert!(shared.text.contains("<path") && shared.text.contains("qr.svg"), "a QR code");
    let answer = browser.submit("/logout", &[]).await;
    browser.follow(answer).await.expect(200);
    let away = browser.get("/admin").await.expect(303);
    assert!(away.header("location").contains("/login"));
}

#[tokio::test]
async fn every_page_carries_the_strict_headers() {
    let house = House::new().await;
    let browser = house.browser();
    for path in [
        "/login",
        "/admin",
        "/nothing-here",
        "/healthz",
        "/api/openapi.json",
        "/invite/00000000000000000000000000",
    ] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{path}: {policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
}

#[tokio::test]
async fn texts_and_dates_stand_where_they_belong() {
    let house = House::configured(
        "[texts]\ncontact = \"Ring the bell\"\nhelp = \"Pick a name you like\"\nsuccess = \"Welcome aboard\"\n\
         [dates]\nformat = \"%Y_%m_%d\"\n",
    )
    .await;
    let code = house.invite(json!({"uses": 1, "expiresIn": "P7D"})).await;
    let guest = house.browser();
    let page = guest.get(&format!("/invite/{code}")).await.expect(200);
    assert!(page.text.contains("Ring the bell"));
    let page = guest.get(&format!("/invite/{code}/join")).await.expect(200);
    assert!(page.text.contains("Pick a name you like"), "{}", page.text);
    let form = harness::form(&page.text);
    let answer = guest.submit(&form.action, &[("username", "Ada"), ("password", PHRASE)]).await;
    house.until_settled(&code).await;
    let page = guest.follow(answer).await.expect(200);
    assert!(page.text.contains("Welcome aboard"), "{}", page.text);
    let list = house.admin_browser().await.get("/admin/people").await.expect(200);
    assert!(!list.text.contains("Ring the bell"), "admins are not told to ask");
}
