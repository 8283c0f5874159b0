//! Every page in four widths and both themes: slow, so `cargo xtask soak` only.

use crate::chromium::{Chromium, Theme};
use crate::mails;
use harness::{ADMIN, ADMIN_PASSWORD, House};
use serde_json::json;

const PHRASE: &str = "a good long phrase";
const SIZES: [(u32, Theme); 8] = [
    (320, Theme::Light),
    (320, Theme::Dark),
    (390, Theme::Light),
    (390, Theme::Dark),
    (768, Theme::Light),
    (768, Theme::Dark),
    (1440, Theme::Light),
    (1440, Theme::Dark),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_page_in_every_width_and_theme() {
    let Some(browser) = Chromium::start().await else { return };
    let house = House::lived_in().await;
    let code = house.invite(json!({"uses": 5, "expiresIn": "P7D"})).await;
    let person = house.user_named("Ada").await["id"].as_str().unwrap_or_default().to_owned();
    let guest = [
        format!("/invite/{code}"),
        "/invite/00000000000000000000000000".to_owned(),
        "/login".to_owned(),
        "/login?again=on".to_owned(),
        "/login/home-user".to_owned(),
        "/login/second-factor".to_owned(),
        "/register".to_owned(),
        "/pending".to_owned(),
        "/account".to_owned(),
    ];
    let admin = [
        "/admin",
        "/admin/invites",
        "/admin/invites/new",
        "/admin/people",
        "/admin/profiles",
        "/admin/profiles/capture",
        "/admin/profiles/Family",
        "/admin/backends",
        "/admin/backends/new",
        "/admin/backends/new/jellyfin",
        "/admin/backends/jellyfin",
        "/admin/backends/jellyfin/adopt",
        "/admin/mail",
        "/admin/mail/new",
        "/admin/mail/new/mail-smtp",
        "/admin/mail/outbox",
        "/admin/mail/templates",
        "/admin/mail/templates/reset",
        "/admin/resets",
        "/admin/resets/jellyfin",
        "/admin/plugins",
        "/admin/plugins/jellyfin",
        "/admin/activity",
        "/admin/settings",
        "/admin/approvals",
        "/admin/signin",
        "/admin/signin/new",
        "/account",
        "/account/identities",
        "/account/invites",
        "/account/security",
        "/account/tokens",
        "/nothing-here",
    ];
    walk(&browser, &house.url(""), &guest, &SIZES).await;
    browser.open(&house.url("/login")).await;
    browser.fill("username", ADMIN).await;
    browser.fill("password", ADMIN_PASSWORD).await;
    browser.press("main form button.primary").await;
    browser.arrive("/admin").await;
    let mut pages: Vec<String> = admin.iter().map(|path| (*path).to_owned()).collect();
    for part in ["", "/sessions", "/login-token", "/second-factor", "/reset-link"] {
        pages.push(format!("/admin/people/{person}{part}"));
    }
    pages.push(format!("/admin/invites/{code}"));
    walk(&browser, &house.url(""), &pages, &SIZES).await;
    browser.close().await;
}

/// Pages that a mail leads to, and those that send one.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_about_a_password_or_an_address_in_every_width_and_theme() {
    let Some(browser) = Chromium::start().await else { return };
    let demo = mails::demo().await;
    let told = demo.told().clone();
    browser.open(&format!("{}/join", told.invite)).await;
    browser.fill("username", "Sam").await;
    browser.fill("email", "sam@example.org").await;
    browser.fill("password", PHRASE).await;
    browser.press("main form button.primary").await;
    browser.arrive("/signup/").await;
    let confirm = mails::link(&demo, 1, "/confirm/").await;
    let signed_up = browser.client.current_url().await.expect("an address");
    walk(&browser, "", &[signed_up.to_string(), confirm], &SIZES).await;
    walk(&browser, &told.url, &["/account".to_owned()], &SIZES).await;
    browser.client.delete_all_cookies().await.expect("nobody is signed in");

    browser.open(&format!("{}/forgot", told.url)).await;
    browser.fill("login", &told.member).await;
    browser.press("main form button.primary").await;
    let reset = mails::link(&demo, 2, "/reset/").await;
    let wrong = ["/forgot", "/reset/wrong", "/confirm/wrong"].map(str::to_owned);
    walk(&browser, "", &[reset], &SIZES).await;
    walk(&browser, &told.url, &wrong, &SIZES).await;

    mails::sign_in(&browser, &demo, &told.username, &told.password).await;
    browser.arrive("/admin").await;
    browser.open(&format!("{}/admin/people?q={}", told.url, told.member)).await;
    browser.press("main a[href*=\"/admin/people/\"]").await;
    browser.arrive("/admin/people/").await;
    let person = browser.client.current_url().await.expect("an address");
    let pages = [person.to_string(), format!("{person}/reset-link")];
    walk(&browser, "", &pages, &SIZES).await;
    browser.close().await;
    demo.stop().await;
}

async fn walk(browser: &Chromium, base: &str, pages: &[String], sizes: &[(u32, Theme)]) {
    for path in pages {
        for (width, theme) in sizes {
            browser.screen(*width, 900, *theme).await;
            browser.open(&format!("{base}{path}")).await;
            browser.check(&format!("{path} {width} {theme:?}")).await;
        }
    }
}
