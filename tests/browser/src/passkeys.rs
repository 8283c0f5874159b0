//! Passkeys and codes as a real browser does them, with a virtual authenticator in the place of a thumb.

use crate::chromium::{Chromium, Theme};
use fantoccini::Locator;
use harness::{ADMIN, ADMIN_PASSWORD, House};

async fn type_password(browser: &Chromium) {
    browser.fill("username", ADMIN).await;
    browser.fill("password", ADMIN_PASSWORD).await;
    browser.press("main form[action$=\"/login\"] button.primary").await;
}

async fn sign_out(browser: &Chromium, home: &str) {
    browser.open(&format!("{home}/account")).await;
    browser.press("form[action$=\"/logout\"] button").await;
    browser.arrive("/login").await;
}

/// The button is there once the page's script is.
async fn use_passkey(browser: &Chromium) {
    let button = "form[data-passkey]:not([hidden]) button";
    appears(browser, button).await;
    browser.press(button).await;
}

async fn appears(browser: &Chromium, selector: &str) {
    let found = browser.client.wait().for_element(Locator::Css(selector)).await;
    assert!(found.is_ok(), "no {selector}: {}", browser.text().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_signs_in_alone_and_is_a_second_factor() {
    let Some(browser) = Chromium::start().await else { return };
    let house = House::configured("").await;
    let home = house.url("").replace("127.0.0.1", "localhost");
    browser.authenticator().await;
    browser.screen(390, 844, Theme::Light).await;
    browser.open(&format!("{home}/login?next=/account/security")).await;
    browser.check("login with a passkey's button").await;
    browser.shoot("login-passkey-phone-light").await;
    type_password(&browser).await;
    browser.arrive("/account/security").await;
    browser.check("security, empty").await;
    browser.shoot("security-empty-phone-light").await;
    appears(&browser, "form[data-makes]:not([hidden])").await;
    browser.fill_at("form[data-makes] [name=name]", "My phone").await;
    use_passkey(&browser).await;
    appears(&browser, "ol.codes li").await;
    browser.check("recovery codes").await;
    browser.shoot("recovery-codes-phone-light").await;
    browser.press("main a.button.primary").await;
    appears(&browser, "ul.rows strong").await;
    browser.check("security, with a passkey").await;
    browser.shoot("security-passkey-phone-light").await;

    sign_out(&browser, &home).await;
    use_passkey(&browser).await;
    browser.arrive("/admin").await;

    sign_out(&browser, &home).await;
    type_password(&browser).await;
    browser.arrive("/login/second-factor").await;
    browser.check("second step").await;
    browser.shoot("second-step-phone-light").await;
    use_passkey(&browser).await;
    browser.arrive("/admin").await;

    browser.open(&format!("{home}/account/security")).await;
    browser.press("form[action$=\"/security/app\"] button").await;
    appears(&browser, "svg.qr").await;
    browser.check("an app is set up").await;
    browser.shoot("app-phone-light").await;
    browser.screen(320, 640, Theme::Dark).await;
    browser.check("an app is set up, narrow and dark").await;
    browser.open(&format!("{home}/account/security")).await;
    browser.check("security, narrow and dark").await;
    browser.close().await;
}
