//! Journeys through the mail, in the demo: a password forgotten at the server's own page and set anew
//! by the link of the mail, and an admin who tries out what sends and what watches.
//!
//! The demo is what people try first; what it prints as steps is walked here.

use crate::chromium::{Chromium, Theme};
use fantoccini::Locator;
use latchkey::demo::{Demo, Wanted, start};

const NEW_PHRASE: &str = "an even better phrase";
/// The demo's mail method.
const METHOD: &str = "catcher";

/// The whole product with a catcher of its mails.
pub(crate) async fn demo() -> Demo {
    let wanted = Wanted { listen: "127.0.0.1:0".parse().unwrap(), tls: false };
    start(wanted, bundle::components(), Vec::new()).await.expect("a demo")
}

/// The address in the mail with that number, counted from one, that has `beginning` in its path.
pub(crate) async fn link(demo: &Demo, number: usize, beginning: &str) -> String {
    let mail = demo.catcher().wait_for(number).await.remove(number - 1);
    let text = mail.text().expect("a text part");
    let link = text.split_whitespace().find(|word| word.contains(beginning));
    link.unwrap_or_else(|| panic!("no {beginning} in {text}")).to_owned()
}

/// Signs in at Latchkey.
pub(crate) async fn sign_in(browser: &Chromium, demo: &Demo, name: &str, password: &str) {
    browser.open(&format!("{}/login", demo.told().url)).await;
    browser.fill("username", name).await;
    browser.fill("password", password).await;
    browser.press("main form button.primary").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_forgotten_at_the_server_is_set_anew_through_the_mail() {
    let Some(browser) = Chromium::start().await else { return };
    let demo = demo().await;
    let told = demo.told().clone();
    browser.screen(390, 844, Theme::Light).await;
    browser.open(&format!("{}/web/", told.standin)).await;
    browser.check("the stand-in's page").await;
    browser.fill_at("form[action$=forgot] [name=name]", &told.member).await;
    browser.press("form[action$=forgot] button").await;
    browser.arrive("/web/forgot").await;
    browser.check("the stand-in's page, asked").await;

    let link = link(&demo, 1, "/reset/").await;
    browser.open(&told.mails).await;
    browser.check("the catcher").await;
    browser.press("ol a").await;
    browser.arrive("/mail/1").await;
    let there = browser.client.find(Locator::Css("pre a[href*=\"/reset/\"]")).await;
    let there = there.expect("a link in the mail").attr("href").await.expect("its address");
    assert_eq!(there.as_deref(), Some(link.as_str()));
    for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        browser.screen(390, 844, theme).await;
        browser.open(&format!("{}/mail/1/html", told.mails)).await;
        browser.shoot(&format!("reset-phone-{word}")).await;
    }

    browser.screen(390, 844, Theme::Light).await;
    browser.open(&link).await;
    browser.check("a new password").await;
    browser.shoot("reset-page-phone-light").await;
    browser.without_script(true).await;
    browser.open(&link).await;
    browser.fill("password", NEW_PHRASE).await;
    browser.press("main form button.primary").await;
    let done = browser.client.wait().for_element(Locator::Css("main a[href$=\"/login\"]")).await;
    assert!(done.is_ok(), "{}", browser.text().await);
    browser.without_script(false).await;
    assert!(demo.standin().accepts(&told.member, NEW_PHRASE), "it holds there");

    browser.open(&link).await;
    browser.check("a link that was used").await;
    assert!(browser.client.find(Locator::Css("[name=password]")).await.is_err(), "it is over");
    sign_in(&browser, &demo, &told.member, NEW_PHRASE).await;
    browser.arrive("/account").await;
    browser.check("account, after a reset").await;
    browser.close().await;
    demo.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_tries_out_what_sends_and_what_watches() {
    let Some(browser) = Chromium::start().await else { return };
    let demo = demo().await;
    let told = demo.told().clone();
    browser.screen(1280, 900, Theme::Light).await;
    sign_in(&browser, &demo, &told.username, &told.password).await;
    browser.arrive("/admin").await;
    browser.open(&format!("{}/admin/mail/{METHOD}", told.url)).await;
    browser.check("a way to send").await;
    browser.fill("to", "me@example.org").await;
    browser.press("form[action$=test] button").await;
    browser.arrive("/test").await;
    browser.check("a way to send, tried").await;
    browser.shoot("mail-test-desk-light").await;
    assert_eq!(demo.catcher().wait_for(1).await[0].recipients, ["me@example.org"]);

    browser.open(&format!("{}/admin/resets/jellyfin", told.url)).await;
    browser.press("form[action$=try] button").await;
    browser.arrive("/try").await;
    browser.check("a watched folder, tried").await;
    browser.shoot("resets-tried-desk-light").await;
    assert_eq!(demo.catcher().mails().len(), 1, "a trial sends nothing");
    for (path, name) in [
        ("/admin/mail", "mail"),
        ("/admin/mail/outbox", "outbox"),
        ("/admin/mail/templates/reset", "template"),
        ("/admin/resets", "resets"),
        ("/admin/backends/jellyfin/adopt", "adopt"),
    ] {
        for (width, theme, word) in
            [(1280, Theme::Light, "desk-light"), (320, Theme::Dark, "narrow-dark")]
        {
            browser.screen(width, 900, theme).await;
            browser.open(&format!("{}{path}", told.url)).await;
            browser.check(&format!("{name} {word}")).await;
            browser.shoot(&format!("{name}-{word}")).await;
        }
    }
    browser.close().await;
    demo.stop().await;
}
