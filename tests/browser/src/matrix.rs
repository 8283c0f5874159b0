//! Every page in four widths and both themes: slow, so `cargo xtask soak` only.

use crate::chromium::{Chromium, Theme};
use harness::{ADMIN, ADMIN_PASSWORD, House};
use serde_json::json;

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
        "/account",
        "/nothing-here",
    ];
    let sized = |width: u32, theme: Theme| (width, theme);
    let sizes = [320, 390, 768, 1440]
        .into_iter()
        .flat_map(|width| [sized(width, Theme::Light), sized(width, Theme::Dark)]);
    let sizes: Vec<(u32, Theme)> = sizes.collect();
    walk(&browser, &house, &guest, &sizes).await;
    browser.open(&house.url("/login")).await;
    browser.fill("username", ADMIN).await;
    browser.fill("password", ADMIN_PASSWORD).await;
    browser.press("main form button.primary").await;
    browser.arrive("/admin").await;
    let mut pages: Vec<String> = admin.iter().map(|path| (*path).to_owned()).collect();
    pages.push(format!("/admin/people/{person}"));
    pages.push(format!("/admin/invites/{code}"));
    walk(&browser, &house, &pages, &sizes).await;
    browser.close().await;
}

async fn walk(browser: &Chromium, house: &House, pages: &[String], sizes: &[(u32, Theme)]) {
    for path in pages {
        for (width, theme) in sizes {
            browser.screen(*width, 900, *theme).await;
            browser.open(&house.url(path)).await;
            browser.check(&format!("{path} {width} {theme:?}")).await;
        }
    }
}
