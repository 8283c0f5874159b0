//! Signing in at a backend, in a real browser: its page, the way back, who of a home it is, the PIN.

use crate::chromium::{Chromium, Theme};
use harness::House;
use standins::Plex;

#[tokio::test(flavor = "multi_thread")]
async fn a_child_comes_in_by_the_home_of_somebody_else() {
    let Some(browser) = Chromium::start().await else { return };
    let plex = Plex::start().await.unwrap();
    let house = House::with_more(&settings(&plex)).await;
    browser.screen(390, 844, Theme::Light).await;
    browser.open(&house.url("/login")).await;
    browser.check("login with a redirect").await;
    browser.shoot("login-redirect-phone-light").await;
    browser.press("button[formaction*='/api/auth/plex/login']").await;
    browser.arrive(&plex.app_url()).await;
    browser.press("button[name=person][value=olga]").await;
    browser.arrive("/login/home-user").await;
    browser.check("who of a home").await;
    browser.shoot("home-user-phone-light").await;
    let mia = format!("form:has(input[value='{}'])", plex.person("mia").uuid);
    browser.fill_at(&format!("{mia} input[name=pin]"), "0000").await;
    browser.press(&format!("{mia} button")).await;
    let told = async || browser.text().await.contains("The PIN is wrong");
    let mut looks = 0;
    while !told().await {
        looks += 1;
        assert!(looks < 200, "{}", browser.text().await);
    }
    browser.check("who of a home, a wrong PIN").await;
    browser.fill_at(&format!("{mia} input[name=pin]"), "3003").await;
    browser.press(&format!("{mia} button")).await;
    browser.arrive("/account").await;
    let text = browser.text().await;
    assert!(text.contains("Mia"), "{text}");
    browser.check("account without a password").await;
    browser.shoot("account-redirect-phone-light").await;
    browser.close().await;
}

fn settings(plex: &Plex) -> String {
    format!(
        "[[backend]]\nid = \"plex\"\nplugin = \"plex\"\nlabel = \"Plex\"\nsettings = {{ url = \"{}\", \
         plex_tv = \"{}\", clients = \"{}\", app = \"{}\" }}\n\
         [[provider]]\nid = \"plex\"\nkind = \"backend\"\nbackend = \"plex\"\naccess = {{ rule = \"open\" }}\n",
        plex.server_url(),
        plex.plex_url(),
        plex.clients_url(),
        plex.app_url()
    )
}
