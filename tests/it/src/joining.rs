//! Signing up where a backend invites people: signed in there first, or by an address.

use crate::membership::address;
use crate::plex_house::{KNOWN, PlexHouse};
use harness::{Answer, Visitor};
use jiff::SignedDuration;
use serde_json::{Value, json};
use standins::plex::{Behaviour, Limited, SlowDown};

const PHRASE: &str = "a good long phrase";

impl PlexHouse {
    /// A house whose invites open Olga's libraries as Sam has them.
    async fn inviting() -> Self {
        let at = Self::with(KNOWN, true, "").await;
        let sam = at.plex.person("sam").id.to_string();
        let body = json!({"backend": "plex", "account": sam, "name": "Friends"});
        at.house.admin().await.post("/api/profiles/capture", body).await.expect(201);
        at
    }

    async fn friendly_invite(&self) -> String {
        let draft =
            json!({"uses": 1, "backends": ["plex"], "profile": "Friends", "askEmail": "none"});
        self.house.invite(draft).await
    }

    /// There and back, to sign up by that invite.
    async fn prove(&self, browser: &Visitor, code: &str, name: &str) -> Answer {
        let away = browser.submit(&format!("/invite/{code}/with/plex"), &[]).await.expect(200);
        let url = address(&away.text, &self.plex.app_url());
        self.back(browser, &url, name).await
    }

    async fn only_account(&self, name: &str) -> Value {
        let user = self.house.user_named(name).await;
        user["accounts"].as_array().and_then(|all| all.first()).cloned().unwrap_or_default()
    }
}

fn form(code: &str) -> String {
    format!("/invite/{code}/join")
}

const PASSWORD: &str = "name=\"password\"";

#[tokio::test]
async fn who_signs_in_there_first_needs_no_password_and_has_everything_at_once() {
    let at = PlexHouse::inviting().await;
    let code = at.friendly_invite().await;
    let browser = at.house.browser();
    let page = browser.get(&format!("/invite/{code}")).await.expect(200);
    assert!(page.text.contains("/with/plex"), "{}", page.text);
    let page = browser.get(&form(&code)).await.expect(200);
    assert!(page.text.contains(PASSWORD) && page.text.contains("name=\"email\""));

    let back = at.prove(&browser, &code, "zed").await.expect(303);
    assert_eq!(back.header("location"), form(&code));
    let page = browser.get(&form(&code)).await.expect(200);
    assert!(page.text.contains("zed") && !page.text.contains(PASSWORD), "{}", page.text);
    assert!(!page.text.contains("/with/plex") && !page.text.contains("name=\"email\""));
    assert!(at.plex.share_of("zed").is_none(), "nothing is given before the form is sent");

    let sent = browser.submit(&form(&code), &[("username", "zed")]).await.expect(303);
    browser.follow(sent).await.expect(200);
    at.house.until_settled(&code).await;
    assert!(at.plex.share_of("zed").expect("a share").accepted);
    let account = at.only_account("zed").await;
    assert_eq!(account["state"], "active", "{account}");
    assert_eq!(at.me(&browser).await["user"]["username"], "zed");

    // From now on they come in by it, without a password.
    at.plex.let_shares_show();
    let again = at.signed_in("zed").await;
    assert_eq!(at.me(&again).await["user"]["username"], "zed");
    assert_eq!(at.users().await, 2, "the admin and them");
    let mine = again.get("/api/account/identities").await.expect(200).json();
    assert_eq!(mine["items"][0]["loginName"], "zed", "{mine}");
}

#[tokio::test]
async fn who_gives_an_address_is_invited_and_their_account_becomes_theirs_once_they_accept() {
    let at = PlexHouse::inviting().await;
    let code = at.friendly_invite().await;
    let browser = at.house.browser();
    let fields = [("username", "Nora"), ("password", PHRASE), ("email", "nora@example.org")];
    let sent = browser.submit(&form(&code), &fields).await.expect(303);
    let done = browser.follow(sent).await.expect(200);
    at.house.until_settled(&code).await;
    let account = at.only_account("Nora").await;
    assert_eq!(account["state"], "invited", "{account} {}", done.text);
    let before = account["id"].as_str().unwrap_or_default().to_owned();
    assert!(before.starts_with("share-"), "{account}");
    let mine = browser.get("/account").await.expect(200);
    assert!(mine.text.contains("Accept the invitation"), "{}", mine.text);

    // Looked at while they have not: nothing changes.
    at.house.clock.advance(SignedDuration::from_mins(6));
    at.plex.register("nora", "nora@example.org");
    at.plex.accept("nora");
    let is_active = || async {
        at.house.clock.advance(SignedDuration::from_mins(6));
        at.only_account("Nora").await["state"] == "active"
    };
    at.house.until_async("the account is theirs", is_active).await;
    let account = at.only_account("Nora").await;
    assert_eq!(account["id"], at.plex.person("nora").id.to_string(), "{account}");

    at.plex.let_shares_show();
    let again = at.signed_in("nora").await;
    assert_eq!(at.me(&again).await["user"]["username"], "Nora");
}

#[tokio::test]
async fn who_had_a_share_keeps_it_when_the_sign_up_is_undone() {
    let at = PlexHouse::inviting().await;
    let code = at.friendly_invite().await;
    // Now it differs from what the invite gives, and Plex takes no change for more than a day.
    at.plex.set_sharing("sam", "allowSync", true);
    let slow = SlowDown { on: Limited::ShareWrites, retry_after: Some(3_600), times: 10_000 };
    at.plex.set(Behaviour::SlowDown(slow));
    let before = at.plex.share_of("sam").expect("a share");

    let browser = at.house.browser();
    at.prove(&browser, &code, "sam").await.expect(303);
    let post = async { browser.submit(&form(&code), &[("username", "sam")]).await };
    let driving = async {
        loop {
            at.house.clock.advance(SignedDuration::from_secs(1));
            at.house.guest().get("/healthz").await;
        }
    };
    let sent = tokio::select! {
        sent = post => sent,
        _ = driving => unreachable!("it goes on"),
    };
    assert_eq!(sent.status, 303, "{}", sent.text);
    for _hour in 0..26 {
        at.house.clock.advance(SignedDuration::from_hours(1));
        at.house.guest().get("/healthz").await;
    }
    at.house.until_settled(&code).await;
    assert_eq!(at.house.user_named("sam").await, Value::Null, "nothing came of it");
    assert_eq!(at.plex.share_of("sam"), Some(before));
    at.house.guest().get(&format!("/api/invites/{code}/offer")).await.expect(200);
}

#[tokio::test]
async fn a_replayed_or_foreign_flow_proves_nothing() {
    let at = PlexHouse::inviting().await;
    let (code, other) = (at.friendly_invite().await, at.friendly_invite().await);
    let browser = at.house.browser();
    at.prove(&browser, &code, "zed").await.expect(303);
    let kept = browser.cookies();

    // Of another invite.
    let page = browser.get(&form(&other)).await.expect(200);
    assert!(page.text.contains(PASSWORD), "{}", page.text);
    browser.submit(&form(&other), &[("username", "zed")]).await.expect(422);
    // Of another browser.
    let stranger = at.house.browser();
    stranger.submit(&form(&code), &[("username", "zed")]).await.expect(422);

    browser.submit(&form(&code), &[("username", "zed")]).await.expect(303);
    at.house.until_settled(&code).await;
    // Once used, for whatever invite.
    let thief = at.house.browser();
    thief.set_cookies(kept.into_iter().filter(|(name, _)| name.contains("flow")).collect());
    let page = thief.get(&form(&other)).await.expect(200);
    assert!(page.text.contains(PASSWORD), "{}", page.text);
    thief.submit(&form(&other), &[("username", "mallory")]).await.expect(422);
    assert_eq!(at.users().await, 2);
    // Who is somebody here is told to sign in instead.
    at.plex.let_shares_show();
    let told = at.prove(&thief, &other, "zed").await.expect(409);
    assert!(told.text.contains("/login"), "{}", told.text);
}
