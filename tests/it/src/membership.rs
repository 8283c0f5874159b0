//! Whether those who came in by a backend still belong to it: asked again and again, over HTTP and with the
//! house's own clock.

use crate::plex_house::{OPEN, PlexHouse};
use harness::Visitor;
use jiff::SignedDuration;
use serde_json::Value;
use standins::plex::Service;

/// A little more than the pause between two rounds.
const ROUND: SignedDuration = SignedDuration::from_secs(15 * 60 + 1);
/// A little more than the pause after a doubt.
const DOUBT: SignedDuration = SignedDuration::from_secs(5 * 60 + 1);

impl PlexHouse {
    /// Somebody who stays signed in when the browser is closed.
    async fn kept_in(&self, name: &str) -> Visitor {
        let browser = self.house.browser();
        let away = self.away(&browser, "?keep=on").await;
        self.back(&browser, &away, name).await.expect(303);
        assert!(self.is_in(&browser).await);
        browser
    }

    /// How often anybody's standing was asked about.
    fn asked(&self) -> usize {
        let about = |line: &str| line.contains("shared_servers") || line.contains("resources");
        self.plex.requests().iter().filter(|one| about(&one.path)).count()
    }

    /// Lets so much time pass, and the round that is due come to its end.
    async fn round(&self, passes: SignedDuration) {
        let before = self.asked();
        self.house.clock.advance(passes);
        self.house.until("plex was asked", || self.asked() > before).await;
        // The round's last write comes after its last question.
        self.until_checked().await;
    }

    async fn account_of(&self, name: &str) -> Value {
        let user = self.house.user_named(name).await;
        let id = user["id"].as_str().unwrap_or_default().to_owned();
        self.house.admin().await.get(&format!("/api/users/{id}")).await.expect(200).json()
    }
}

#[tokio::test]
async fn one_no_is_a_doubt_and_two_end_the_sessions() {
    let at = PlexHouse::open().await;
    let browser = at.kept_in("sam").await;
    at.round(ROUND).await;
    assert!(at.is_in(&browser).await, "a member stays");
    at.plex.unshare("sam");
    at.round(ROUND).await;
    assert!(at.is_in(&browser).await, "one answer shuts nobody out");
    at.round(DOUBT).await;
    assert!(!at.is_in(&browser).await);
    let sam = at.account_of("sam").await;
    assert_eq!(sam["state"], "active", "the user is not disabled: {sam}");
    let (other, answer) = at.sign_in("sam").await;
    answer.expect(403);
    assert!(!at.is_in(&other).await);
    // Shared with again: the same user comes back.
    at.plex.invite("sam", &[]);
    at.plex.accept("sam");
    let back = at.kept_in("sam").await;
    assert_eq!(at.me(&back).await["user"]["id"], sam["id"]);
    // Nobody is in doubt any more, so the next look is a whole round away.
    at.round(ROUND).await;
    at.round(ROUND).await;
    assert!(at.is_in(&back).await);
    let account = &at.account_of("sam").await["accounts"][0];
    assert_eq!(account["state"], "active", "{account}");
}

#[tokio::test]
async fn a_doubt_that_goes_away_ends_nothing() {
    let at = PlexHouse::open().await;
    let browser = at.kept_in("sam").await;
    at.plex.unshare("sam");
    at.round(ROUND).await;
    at.plex.invite("sam", &[]);
    at.plex.accept("sam");
    at.round(DOUBT).await;
    at.plex.unshare("sam");
    at.round(ROUND).await;
    assert!(at.is_in(&browser).await, "the first doubt is forgotten");
}

#[tokio::test]
async fn a_session_begun_another_way_is_none_of_it() {
    let at = PlexHouse::open().await;
    let code = at.house.invite(serde_json::json!({"uses": 1, "backends": ["jellyfin"]})).await;
    at.house.sign_up(&code, "ada", "a good long phrase").await.expect(201);
    let form = [("username", "ada"), ("password", "a good long phrase")];
    let ada = at.house.browser();
    ada.submit("/login", &form).await.expect(303);
    // Ada links Sam's account, and it is taken away from her.
    let away = ada.submit("/account/identities/link/plex", &[]).await.expect(200);
    let url = address(&away.text, &at.plex.app_url());
    let linked = at.back(&ada, &url, "sam").await.expect(303);
    assert!(linked.header("location").starts_with("/account/identities"));
    assert_eq!(at.house.user_named("sam").await, Value::Null);
    let also = at.kept_in("sam").await;
    assert_eq!(at.me(&also).await["user"]["username"], "ada");
    at.plex.unshare("sam");
    at.round(ROUND).await;
    at.round(DOUBT).await;
    assert!(!at.is_in(&also).await);
    assert!(at.is_in(&ada).await);
}

/// The address on a page that leads there.
pub(crate) fn address(page: &str, origin: &str) -> String {
    let at = page.find(&format!("\"{origin}")).unwrap_or_else(|| panic!("no {origin} in {page}"));
    let rest = &page[at + 1..];
    let end = rest.find('"').expect("a quote");
    rest[..end].replace("&amp;", "&").replace("&#x2f;", "/").replace("&#61;", "=")
}

#[tokio::test]
async fn a_plex_that_is_away_shuts_nobody_out_for_a_week_and_nobody_in_for_ever() {
    let mut at = PlexHouse::open().await;
    let browser = at.kept_in("sam").await;
    at.round(ROUND).await;
    at.plex.stop_listening(Service::PlexTv).await;
    at.plex.stop_listening(Service::Clients).await;
    // The week begins with the first question that is not answered.
    for _day in 0..7 {
        at.house.clock.advance(SignedDuration::from_hours(24));
        at.until_checked().await;
        assert!(at.is_in(&browser).await);
    }
    at.house.clock.advance(SignedDuration::from_hours(25));
    at.until_checked().await;
    assert!(!at.is_in(&browser).await);
    let sam = at.account_of("sam").await;
    assert_eq!((&sam["state"], &sam["accounts"][0]["state"]), (&"active".into(), &"active".into()));
    // Once it is there again, so are they.
    at.plex.listen_again(Service::PlexTv).await.unwrap();
    at.plex.listen_again(Service::Clients).await.unwrap();
    at.house.clock.advance(SignedDuration::from_mins(5));
    let back = at.signed_in("sam").await;
    assert_eq!(at.me(&back).await["user"]["id"], sam["id"]);
}

impl PlexHouse {
    /// Until no round is due.
    async fn until_checked(&self) {
        let (service, now) = (self.house.service(), self.house.clock.now());
        let due = move || {
            let service = service.clone();
            async move {
                let row = service
                    .read(|tx| Ok(tx.schedule().get(&domain::schedule::Task::CheckMembership)?));
                row.await.unwrap().is_some_and(|at| at > now)
            }
        };
        self.house.until_async("the round is over", due).await;
    }
}

/// Tautulli, Overseerr: the owner's token died and everybody was taken for gone.
#[tokio::test]
async fn an_owner_who_is_signed_out_there_disables_nobody() {
    for connected in [true, false] {
        let at = PlexHouse::with(OPEN, connected, "").await;
        let browser = at.kept_in("sam").await;
        at.plex.end_tokens("olga");
        at.plex.end_tokens("sam");
        for _round in 0..6 {
            at.house.clock.advance(ROUND);
            at.until_checked().await;
        }
        assert!(at.is_in(&browser).await, "connected: {connected}");
        let sam = at.account_of("sam").await;
        assert_eq!(sam["state"], "active", "{sam}");
        assert_ne!(sam["accounts"][0]["state"], "gone", "{sam}");
        // Nor does it let in somebody who does not belong.
        let (zed, answer) = at.sign_in("zed").await;
        assert!(answer.status >= 400, "{}", answer.text);
        assert!(!at.is_in(&zed).await);
    }
}
