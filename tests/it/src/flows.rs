//! Signing in at a backend by redirect, over HTTP: there, back, who of a home it is, and all that must not
//! let anybody in.

use crate::plex_house::{KNOWN, PlexHouse};
use harness::{ADMIN, ADMIN_PASSWORD};
use jiff::SignedDuration;
use serde_json::{Value, json};
use standins::plex::{Behaviour, Health, HomeList, Service, Switching, WrongPin};

const PETE: &str = "2002";
const MIA: &str = "3003";

#[tokio::test]
async fn somebody_shared_with_comes_straight_in_and_goes_where_they_wanted() {
    let at = PlexHouse::open().await;
    let browser = at.house.browser();
    let away = at.away(&browser, "?next=/account/sessions").await;
    let answer = at.back(&browser, &away, "sam").await.expect(303);
    assert_eq!(answer.header("location"), "/account/sessions");
    let me = at.me(&browser).await;
    assert_eq!((&me["user"]["username"], &me["user"]["role"]), (&json!("sam"), &json!("user")));
    assert_eq!(me["provider"]["id"], "plex");
    // By their own account there, not as a stranger: the same user again.
    let again = at.signed_in("sam").await;
    assert_eq!(at.me(&again).await["user"]["id"], me["user"]["id"]);
    assert_eq!(at.users().await, 2);
    assert_eq!(at.plex.tokens_in_urls(), [] as [String; 0]);
}

#[tokio::test]
async fn who_of_a_home_it_is_takes_their_own_pin_and_makes_them_themselves() {
    let at = PlexHouse::open().await;
    let pete = at.chooser().await;
    assert!(!at.is_in(&pete).await, "nobody is in before they chose");
    let page = pete.get("/login/home-user").await.expect(200);
    for name in ["olga", "Pete", "Mia"] {
        assert!(page.text.contains(name), "{name} {}", page.text);
    }
    at.pick(&pete, "pete", None).await.expect(422);
    at.pick(&pete, "pete", Some(PETE)).await.expect(303);
    let first = at.me(&pete).await;
    assert!(first["user"]["id"].is_string(), "{first}");
    // Mia, by the API.
    let mia = at.chooser().await;
    let all = mia.get("/api/auth/plex/home-users").await.expect(200).json();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(3), "{all}");
    assert!(!all.to_string().contains(PETE) && !all.to_string().contains("tok-"));
    at.switch(&mia, "mia", None).await.expect(422);
    let wrong = at.switch(&mia, "mia", Some("0000")).await.expect(403);
    assert_eq!(wrong.code(), "wrong-pin");
    let right = at.switch(&mia, "mia", Some(MIA)).await.expect(200);
    assert_eq!(right.json()["state"], "signed-in");
    let second = at.me(&mia).await;
    // And Olga herself, with her own PIN.
    let olga = at.chooser().await;
    at.pick(&olga, "olga", Some(PETE)).await.expect(403);
    at.pick(&olga, "olga", Some("1001")).await.expect(303);
    let third = at.me(&olga).await;
    let ids = [&first, &second, &third].map(|me| me["user"]["id"].as_str().unwrap().to_owned());
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
    assert_eq!(at.users().await, 4);
    // Whoever owns the server there is no admin here.
    assert_eq!(third["user"]["role"], "user");
    assert_eq!(at.plex.tokens_in_urls(), [] as [String; 0]);
}

#[tokio::test]
async fn a_pin_that_plex_would_not_ask_for_is_asked_for_here() {
    let at = PlexHouse::open().await;
    at.plex.set(Behaviour::Switch(Switching::Lax));
    let browser = at.chooser().await;
    for empty in [None, Some(""), Some("   ")] {
        at.pick(&browser, "mia", empty).await.expect(422);
        at.switch(&browser, "mia", empty).await.expect(422);
    }
    assert!(!at.is_in(&browser).await);
    let switched = at.plex.requests().iter().any(|one| one.path.ends_with("/switch"));
    assert!(!switched, "plex was not even asked");
}

#[tokio::test]
async fn a_home_that_cannot_be_looked_at_lets_its_owner_in_for_nobody() {
    let at = PlexHouse::open().await;
    for how in [HomeList::Fails, HomeList::Empty] {
        at.plex.set(Behaviour::HomeList(how));
        for name in ["olga", "pete"] {
            let (browser, answer) = at.sign_in(name).await;
            assert!(answer.status >= 500, "{how:?} {name}: {} {}", answer.status, answer.text);
            assert!(!at.is_in(&browser).await);
            // Nor by asking for the next step without the list.
            let page = browser.get("/login/home-user").await;
            assert_ne!(page.status, 200, "{}", page.text);
            assert_ne!(at.switch(&browser, "olga", Some("1001")).await.status, 200);
            assert!(!at.is_in(&browser).await);
        }
    }
    assert_eq!(at.users().await, 1);
    // Once it can be looked at again the same browser goes on.
    let (browser, answer) = at.sign_in("pete").await;
    assert!(answer.status >= 500);
    at.plex.set(Behaviour::HomeList(HomeList::Whole));
    at.house.clock.advance(SignedDuration::from_secs(5));
    let on = browser.get("/api/auth/plex/callback").await.expect(303);
    assert_eq!(on.header("location"), "/login/home-user");
}

#[tokio::test]
async fn who_does_not_belong_to_the_server_is_told_no() {
    let at = PlexHouse::open().await;
    let (browser, answer) = at.sign_in("zed").await;
    let answer = answer.expect(403);
    assert!(answer.text.contains("That was not allowed"), "{}", answer.text);
    assert!(!at.is_in(&browser).await);
    assert_eq!(at.users().await, 1);
    let kept = at.plex.live_tokens().into_iter().any(|token| token.person == "zed");
    assert!(!kept, "their token is signed out");
}

#[tokio::test]
async fn an_invitation_that_waits_has_its_own_words() {
    let at = PlexHouse::open().await;
    at.plex.invite("zed", &[]);
    let (browser, answer) = at.sign_in("zed").await;
    let answer = answer.expect(403);
    assert!(answer.text.contains("Your invitation is waiting"), "{}", answer.text);
    assert!(!at.is_in(&browser).await);
    at.plex.accept("zed");
    at.signed_in("zed").await;
}

#[tokio::test]
async fn while_plex_is_away_nothing_is_lost() {
    let mut at = PlexHouse::open().await;
    let browser = at.house.browser();
    let away = at.away(&browser, "").await;
    at.plex.authorize(&away, "sam");
    at.plex.stop_listening(Service::PlexTv).await;
    let answer = browser.get("/api/auth/plex/callback").await;
    assert!(matches!(answer.status, 200 | 502 | 503), "{} {}", answer.status, answer.text);
    assert!(!at.is_in(&browser).await);
    // Who begins now is told why it does not go on.
    let other = at.house.browser();
    let begun = other.get("/api/auth/plex/login").await.expect(503);
    assert!(begun.text.contains("does not answer"), "{}", begun.text);
    // A local password is none of its business.
    let form = [("username", ADMIN), ("password", ADMIN_PASSWORD)];
    at.house.browser().submit("/login", &form).await.expect(303);
    at.plex.listen_again(Service::PlexTv).await.unwrap();
    at.house.clock.advance(SignedDuration::from_secs(90));
    browser.get("/api/auth/plex/callback").await.expect(303);
    assert!(at.is_in(&browser).await);
}

#[tokio::test]
async fn an_account_that_cannot_be_read_is_not_now() {
    let at = PlexHouse::open().await;
    at.plex.set(Behaviour::User(Health::Answers(503)));
    let (browser, answer) = at.sign_in("sam").await;
    assert!(answer.status >= 500, "{} {}", answer.status, answer.text);
    assert!(!at.is_in(&browser).await);
    at.plex.set(Behaviour::User(Health::Well));
    at.house.clock.advance(SignedDuration::from_secs(5));
    browser.get("/api/auth/plex/callback").await.expect(303);
    assert!(at.is_in(&browser).await);
}

#[tokio::test]
async fn the_way_back_waits_until_the_person_has_agreed() {
    let at = PlexHouse::open().await;
    let browser = at.house.browser();
    let away = at.away(&browser, "").await;
    for _look in 0..3 {
        let page = browser.get("/api/auth/plex/callback").await.expect(200);
        assert!(page.text.contains("One moment"), "{}", page.text);
        assert!(page.text.contains("refresh"), "{}", page.text);
        at.house.clock.advance(SignedDuration::from_secs(2));
    }
    // Pressing cancel there is not heard of here.
    at.plex.deny(&away);
    browser.get("/api/auth/plex/callback").await.expect(200);
    at.house.clock.advance(SignedDuration::from_secs(2));
    at.back(&browser, &away, "sam").await.expect(303);
    assert!(at.is_in(&browser).await);
}

#[tokio::test]
async fn a_flow_is_of_one_browser_and_good_once() {
    let at = PlexHouse::open().await;
    let (mine, theirs) = (at.house.browser(), at.house.browser());
    let away = at.away(&mine, "").await;
    let forward = at.ours(&at.plex.authorize(&away, "sam").unwrap());
    // Another browser, without a flow and with its own.
    let answer = theirs.get(&forward).await.expect(410);
    assert!(answer.text.contains("This sign-in is over"));
    let _own = at.away(&theirs, "").await;
    theirs.get(&forward).await.expect(200);
    assert!(!at.is_in(&theirs).await);
    let cookies = mine.cookies();
    mine.get(&forward).await.expect(303);
    assert!(at.is_in(&mine).await);
    let replay = at.house.browser();
    replay.set_cookies(cookies);
    replay.get(&forward).await.expect(410);
    assert!(!at.is_in(&replay).await);
}

#[tokio::test]
async fn a_flow_is_over_after_ten_minutes() {
    let at = PlexHouse::open().await;
    let browser = at.house.browser();
    let away = at.away(&browser, "").await;
    let cookies = browser.cookies();
    at.house.clock.advance(SignedDuration::from_mins(11));
    browser.set_cookies(cookies);
    at.back(&browser, &away, "sam").await.expect(410);
    // And one at the choice.
    let chooser = at.chooser().await;
    at.house.clock.advance(SignedDuration::from_mins(11));
    at.pick(&chooser, "pete", Some(PETE)).await;
    at.switch(&chooser, "pete", Some(PETE)).await.expect(410);
    assert!(!at.is_in(&chooser).await && !at.is_in(&browser).await);
}

#[tokio::test]
async fn a_flow_is_of_one_provider() {
    let more = "[[provider]]\nid = \"other\"\nkind = \"oidc\"\nlabel = \"Other\"\n\
                issuer = \"http://127.0.0.1:9\"\nclient_id = \"x\"\nclient_secret = \"y\"\n\
                access = { rule = \"open\" }\n";
    let at = PlexHouse::with(crate::plex_house::OPEN, true, more).await;
    let browser = at.house.browser();
    let away = at.away(&browser, "").await;
    at.plex.authorize(&away, "sam");
    browser.get("/api/auth/other/callback?code=x&state=y").await.expect(410);
    assert!(!at.is_in(&browser).await);
}

#[tokio::test]
async fn the_fifth_wrong_pin_ends_it() {
    let at = PlexHouse::open().await;
    at.plex.set(Behaviour::WrongPin(WrongPin::Unauthorized));
    let browser = at.chooser().await;
    let mut last = Value::Null;
    for guess in 0..5 {
        let answer = at.switch(&browser, "mia", Some(&format!("000{guess}"))).await;
        last = json!([answer.status, answer.code()]);
        if guess < 4 {
            assert_eq!(last, json!([403, "wrong-pin"]), "guess {guess}");
        }
    }
    assert_eq!(last, json!([410, "gone"]));
    at.switch(&browser, "mia", Some(MIA)).await.expect(410);
    assert!(!at.is_in(&browser).await);
}

#[tokio::test]
async fn by_default_only_who_is_known_comes_in() {
    let at = PlexHouse::with(KNOWN, true, "").await;
    let (browser, answer) = at.sign_in("sam").await;
    let answer = answer.expect(403);
    assert!(answer.text.contains("You are not known here"), "{}", answer.text);
    assert!(!at.is_in(&browser).await);
    assert_eq!(at.users().await, 1);
    // The owner neither.
    let olga = at.chooser().await;
    at.pick(&olga, "olga", Some("1001")).await.expect(403);
    assert!(!at.is_in(&olga).await);
    // Whom an admin has adopted does.
    let sam = at.plex.person("sam").id.to_string();
    let admin = at.house.admin().await;
    let body = json!({ "accounts": [{ "account": sam, "username": "samuel" }] });
    let adopted = admin.post("/api/backends/plex/adopt", body).await;
    assert!((200..300).contains(&adopted.status), "{} {}", adopted.status, adopted.text);
    let browser = at.signed_in("sam").await;
    assert_eq!(at.me(&browser).await["user"]["username"], "samuel");
}
