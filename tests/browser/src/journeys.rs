//! Whole journeys on a phone and at a desk: set-up, an invite, a sign-up without script, a new password.

use crate::chromium::{Chromium, Theme};
use harness::{ADMIN, ADMIN_PASSWORD, House};
use serde_json::json;

const PHRASE: &str = "a good long phrase";
const NEW_PHRASE: &str = "an even better phrase";
/// Several ways to sign in; nobody asks these issuers anything before a button is pressed.
const WAYS: &str = r#"
[signin]
registration = "approval"

[[provider]]
id = "google"
kind = "oidc"
label = "Google"
issuer = "https://accounts.google.com"
client_id = "latchkey"
access = { rule = "approval" }

[[provider]]
id = "work"
kind = "oidc"
label = "Family cloud"
issuer = "https://auth.example.org"
client_id = "latchkey"
access = { rule = "group", claim = "groups", value = "family" }
admin = { claim = "groups", value = "admins" }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_sets_up_on_a_phone_with_the_code() {
    let Some(browser) = Chromium::start().await else { return };
    let house = House::unset().await;
    browser.screen(390, 844, Theme::Light).await;
    browser.open(&house.url("/")).await;
    browser.arrive("/setup").await;
    browser.check("set-up").await;
    browser.shoot("setup-phone-light").await;
    browser.fill("code", &house.setup_code()).await;
    browser.fill("username", ADMIN).await;
    browser.fill("password", ADMIN_PASSWORD).await;
    browser.press("main form button.primary").await;
    browser.arrive("/admin").await;
    browser.check("home, empty").await;
    browser.shoot("home-empty-phone-light").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_signs_up_on_a_phone_without_script() {
    let Some(browser) = Chromium::start().await else { return };
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1, "label": "Ada", "expiresIn": "P7D"})).await;
    browser.screen(390, 844, Theme::Light).await;
    browser.open(&house.url(&format!("/invite/{code}"))).await;
    browser.check("invite").await;
    browser.shoot("invite-phone-light").await;
    browser.screen(320, 640, Theme::Dark).await;
    browser.check("invite, narrow and dark").await;
    browser.press("a[href$=join]").await;
    browser.arrive("/join").await;
    browser.check("sign-up, narrow and dark").await;
    browser.shoot("signup-narrow-dark").await;
    browser.without_script(true).await;
    browser.open(&house.url(&format!("/invite/{code}/join"))).await;
    browser.fill("username", "Ada").await;
    browser.fill("password", PHRASE).await;
    browser.press("main form button.primary").await;
    browser.arrive("/signup/").await;
    house.until_settled(&code).await;
    browser.client.refresh().await.expect("a page");
    for there in [
        "main a.button[href^=\"https://media.example.org\"]",
        "main input[readonly][value^=\"https://media.example.org\"]",
    ] {
        let found = browser.client.find(fantoccini::Locator::Css(there)).await;
        assert!(found.is_ok(), "{there}: {}", browser.text().await);
    }
    browser.without_script(false).await;
    browser.client.refresh().await.expect("a page");
    browser.check("success").await;
    browser.shoot("success-phone-dark").await;
    browser.screen(390, 844, Theme::Light).await;
    browser.check("success, light").await;
    browser.shoot("success-phone-light").await;
    assert!(house.jellyfin.accepts("Ada", PHRASE));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_changes_the_password() {
    let Some(browser) = Chromium::start().await else { return };
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    let _signed_up = house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    browser.screen(1280, 900, Theme::Light).await;
    browser.open(&house.url("/login")).await;
    browser.check("login").await;
    browser.shoot("login-desk-light").await;
    browser.fill("username", "Ada").await;
    browser.fill("password", PHRASE).await;
    browser.press("main form button.primary").await;
    browser.arrive("/account").await;
    browser.check("account").await;
    browser.shoot("account-desk-light").await;
    browser.fill("current", PHRASE).await;
    browser.fill("new", NEW_PHRASE).await;
    browser.press("form[action$=password] button.primary").await;
    browser.arrive("/account").await;
    browser.check("account, changed").await;
    house.until("the new password works there", || house.jellyfin.accepts("Ada", NEW_PHRASE)).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_makes_an_invite_and_walks_through_every_page() {
    let Some(browser) = Chromium::start().await else { return };
    let house = House::lived_in().await;
    browser.screen(1280, 900, Theme::Light).await;
    browser.open(&house.url("/login")).await;
    browser.fill("username", ADMIN).await;
    browser.fill("password", ADMIN_PASSWORD).await;
    browser.press("main form button.primary").await;
    browser.arrive("/admin").await;
    browser.open(&house.url("/admin/invites/new")).await;
    browser.check("new invite").await;
    browser.shoot("invite-new-desk-light").await;
    browser.fill("label", "Aunt Ada").await;
    browser.press("main form button.primary").await;
    browser
        .client
        .wait()
        .for_element(fantoccini::Locator::Css("svg.qr, .qr svg"))
        .await
        .expect("a QR code");
    browser.check("shared invite").await;
    browser.shoot("invite-shared-desk-light").await;
    for (path, name) in [
        ("/admin", "home"),
        ("/admin/invites", "invites"),
        ("/admin/people", "people"),
        ("/admin/profiles", "profiles"),
        ("/admin/backends", "backends"),
        ("/admin/backends/new/jellyfin", "backend-new"),
        ("/admin/backends/jellyfin", "backend"),
        ("/admin/backends/jellyfin?probe=now", "probe"),
        ("/admin/profiles/Family", "profile"),
        ("/admin/plugins", "plugins"),
        ("/admin/activity", "activity"),
        ("/admin/settings", "settings"),
        ("/admin/signin", "signin"),
        ("/admin/signin/new", "signin-new"),
        ("/admin/signin/jellyfin", "signin-backend"),
        ("/admin/approvals", "approvals"),
        ("/account/identities", "identities"),
        ("/account/tokens", "tokens"),
    ] {
        for (width, theme, word) in
            [(1280, Theme::Light, "desk-light"), (320, Theme::Dark, "narrow-dark")]
        {
            browser.screen(width, 900, theme).await;
            browser.open(&house.url(path)).await;
            browser.check(&format!("{name} {word}")).await;
            browser.shoot(&format!("{name}-{word}")).await;
        }
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_in_is_on_one_page_and_an_admin_sets_them() {
    let Some(browser) = Chromium::start().await else { return };
    let house = House::configured(WAYS).await;
    let home = house.url("").replace("127.0.0.1", "localhost");
    let sizes = [
        (1280, Theme::Light, "desk-light"),
        (320, Theme::Dark, "narrow-dark"),
        (390, Theme::Light, "phone-light"),
    ];
    for (path, name) in
        [("/login", "login-ways"), ("/register", "register"), ("/pending", "pending")]
    {
        for (width, theme, word) in sizes {
            browser.screen(width, 900, theme).await;
            browser.open(&format!("{home}{path}")).await;
            browser.check(&format!("{name} {word}")).await;
            browser.shoot(&format!("{name}-{word}")).await;
        }
    }
    browser.open(&format!("{home}/login")).await;
    browser.fill("username", ADMIN).await;
    browser.fill("password", ADMIN_PASSWORD).await;
    browser.press("main form[action$=\"/login\"] button.primary").await;
    browser.arrive("/admin").await;
    for (path, name) in [
        ("/admin/signin", "signin-ways"),
        ("/admin/signin/work", "signin-issuer"),
        ("/account", "account"),
        ("/account/identities", "identities-ways"),
    ] {
        for (width, theme, word) in sizes {
            browser.screen(width, 900, theme).await;
            browser.open(&format!("{home}{path}")).await;
            browser.check(&format!("{name} {word}")).await;
            browser.shoot(&format!("{name}-{word}")).await;
        }
    }
    browser.close().await;
}
