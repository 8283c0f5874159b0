//! Signing in at a backend by redirect, over HTTP: there, back, who of a home it is, and all that must not
//! let anybody in.

use crate::membership::address;
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

#[tokio::test]
async fn an_identity_is_linked_by_whoever_is_signed_in_as_both_and_goes_again() {
    let at = PlexHouse::open().await;
    let keeper = at.house.admin_browser().await;
    let begin = async |browser: &harness::Visitor| {
        let page = browser.submit("/account/identities/link/plex", &[]).await.expect(200);
        address(&page.text, &at.plex.app_url())
    };
    let away = begin(&keeper).await;
    at.back(&keeper, &away, "sam").await.expect(303);
    let mine = keeper.get("/api/account/identities").await.expect(200).json();
    assert_eq!(mine["items"][0]["loginName"], "sam", "{mine}");
    let page = keeper.get("/account/identities").await.expect(200);
    assert!(page.text.contains("sam"), "{}", page.text);
    // It opens that user, who is an admin by their own role.
    let sam = at.signed_in("sam").await;
    assert_eq!(at.me(&sam).await["user"]["username"], ADMIN);
    // Somebody else cannot have it too.
    let code = at.house.invite(json!({"uses": 1, "backends": ["jellyfin"]})).await;
    at.house.sign_up(&code, "ada", "a good long phrase").await.expect(201);
    let ada = at.house.browser();
    ada.submit("/login", &[("username", "ada"), ("password", "a good long phrase")])
        .await
        .expect(303);
    let away = begin(&ada).await;
    let taken = at.back(&ada, &away, "sam").await.expect(409);
    assert!(taken.text.contains("Somebody has this already"), "{}", taken.text);
    // A session that ended meanwhile links nothing.
    let away = begin(&ada).await;
    let cookies = ada.cookies();
    ada.submit("/logout", &[]).await;
    ada.set_cookies(cookies);
    at.plex.invite("zed", &[]);
    at.plex.accept("zed");
    at.back(&ada, &away, "zed").await.expect(401);
    assert_eq!(at.house.user_named("zed").await, Value::Null);
    // And it is taken away.
    let id = at.plex.person("sam").id.to_string();
    let fields = [("provider", "plex"), ("issuer", "plex"), ("subject", id.as_str())];
    keeper.submit("/account/identities/unlink", &fields).await.expect(303);
    let mine = keeper.get("/api/account/identities").await.expect(200).json();
    assert_eq!(mine["items"], json!([]));
    // Who has it now is a stranger, and one whose address the keeper has taken over.
    let (stranger, answer) = at.sign_in("sam").await;
    assert_eq!(answer.expect(303).header("location"), "/pending");
    assert!(!at.is_in(&stranger).await);
}

#[tokio::test]
async fn nothing_is_kept_there_or_here_that_nothing_needs() {
    let at = PlexHouse::with(crate::plex_house::OPEN, false, "").await;
    for _time in 0..3 {
        let browser = at.signed_in("sam").await;
        browser.submit("/logout", &[]).await;
    }
    let sams = at.plex.live_tokens().into_iter().filter(|one| one.person == "sam").count();
    assert_eq!(sams, 1, "an earlier sign-in's token is signed out there");
    let away = at.house.browser();
    let (_, answer) = at.sign_in("zed").await;
    answer.expect(403);
    let chooser = at.chooser().await;
    at.pick(&chooser, "mia", Some(MIA)).await.expect(303);
    let olgas = at.plex.live_tokens().into_iter().filter(|one| one.person == "olga").count();
    assert_eq!(olgas, 1, "only the one that the test itself made");
    drop(away);
    for file in at.house.data_files() {
        let bytes = std::fs::read(&file).unwrap();
        for planted in [&b"tok-sam"[..], b"tok-mia", b"tok-olga-plex-2"] {
            let found = bytes.windows(planted.len()).any(|window| window == planted);
            assert!(!found, "{}", file.display());
        }
    }
}

#[tokio::test]
async fn the_owner_connects_it_by_signing_in() {
    let at = PlexHouse::with(crate::plex_house::OPEN, false, "").await;
    let admin = at.house.admin().await;
    let settings = json!({
        "url": at.plex.server_url(), "plex_tv": at.plex.plex_url(),
        "clients": at.plex.clients_url(), "app": at.plex.app_url(),
    });
    let body = json!({"id": "second", "label": "Again", "plugin": "plex", "settings": settings});
    admin.post("/api/backends", body).await.expect(201);
    let keeper = at.house.admin_browser().await;
    let page = keeper.get("/admin/backends/second").await.expect(200);
    assert!(page.text.contains("/admin/backends/second/connect"), "{}", page.text);
    // One that the settings file sets can be connected too: the file says nothing of that.
    let fixed = keeper.get("/admin/backends/plex").await.expect(200);
    assert!(fixed.text.contains("/admin/backends/plex/connect"), "{}", fixed.text);
    let connect = async |name: &str, pin: Option<&str>| {
        let page = keeper.submit("/admin/backends/second/connect", &[]).await.expect(200);
        let away = address(&page.text, &at.plex.app_url());
        let answer = at.back(&keeper, &away, name).await;
        match pin {
            Some(pin) => at.pick(&keeper, name, Some(pin)).await,
            None => answer,
        }
    };
    // Somebody else's account does not do.
    let answer = connect("sam", None).await;
    assert!(answer.status >= 400, "{} {}", answer.status, answer.text);
    let left = at.plex.live_tokens().into_iter().filter(|one| one.person == "sam").count();
    assert_eq!(left, 0, "a token that is not kept is signed out");
    let answer = connect("olga", Some("1001")).await.expect(303);
    assert!(answer.header("location").starts_with("/admin/backends/second"));
    let libraries = admin.get("/api/backends/second/libraries").await.expect(200);
    assert!(libraries.text.contains("Movies"), "{}", libraries.text);
    assert!(!keeper.get("/admin/backends/second").await.text.contains("tok-"));
}

#[tokio::test]
async fn a_home_is_shown_with_pictures_to_its_own_browser_and_no_other() {
    let at = PlexHouse::open().await;
    let olga = at.chooser().await;
    let page = olga.get("/login/home-user").await.expect(200);
    let picture = |number: usize| format!("/login/home-user/picture/{number}");
    for number in 0..3 {
        assert!(page.text.contains(&format!("src=\"{}\"", picture(number))), "{}", page.text);
    }
    assert!(!page.text.contains(&at.plex.plex_url()), "{}", page.text);
    // Hers is fetched once more, as a user's, when she comes in.
    let hers = format!("/users/{}/avatar", at.profile("mia"));
    let is_counted = |path: &str| path.ends_with("/avatar") && path != hers;
    let asked = || at.plex.requests().iter().filter(|one| is_counted(&one.path)).count();
    assert_eq!(asked(), 0, "nothing is fetched that nobody looks at");
    // Whoever else asks learns nothing, and makes us fetch nothing.
    let sam = at.house.browser();
    sam.get(&picture(0)).await.expect(404);
    at.away(&sam, "").await;
    sam.get(&picture(0)).await.expect(404);
    for wrong in ["3", "-1", "x", "99999999999999999999999999"] {
        olga.get(&format!("/login/home-user/picture/{wrong}")).await.expect(404);
    }
    assert_eq!(asked(), 0);
    // Two at once, and then again: one question.
    let path = picture(0);
    let (one, other) = tokio::join!(olga.get(&path), olga.get(&path));
    for answer in [one, other, olga.get(&path).await] {
        let answer = answer.expect(200);
        assert_eq!(answer.header("content-type"), "image/png");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(asked(), 1);
    olga.get(&picture(1)).await.expect(200);
    assert_eq!(asked(), 2);
    // By the next flow it is still here, and with the old one over it is nobody's.
    let next = at.chooser().await;
    next.get(&path).await.expect(200);
    assert_eq!(asked(), 2);
    at.pick(&next, "mia", Some(MIA)).await.expect(303);
    next.get(&path).await.expect(404);
    at.house.clock.advance(SignedDuration::from_mins(10));
    olga.get(&path).await.expect(404);
    at.chooser().await.get(&path).await.expect(200);
    assert_eq!(asked(), 3);
    assert_eq!(at.plex.tokens_in_urls(), [] as [String; 0]);
}

#[tokio::test]
async fn whoever_has_no_password_is_offered_none_to_change_and_sees_their_picture() {
    let at = PlexHouse::open().await;
    let sam = at.signed_in("sam").await;
    let id = at.me(&sam).await["user"]["id"].as_str().unwrap().to_owned();
    let picture = format!("/api/users/{id}/picture");
    at.house
        .until_async("there is a picture", async || sam.get(&picture).await.status == 200)
        .await;
    let page = sam.get("/account").await.expect(200);
    assert!(!page.text.contains("action=\"/account/password\""), "{}", page.text);
    assert!(page.text.contains(&picture), "{}", page.text);
    let keeper = at.house.admin_browser().await;
    assert!(keeper.get("/account").await.expect(200).text.contains("action=\"/account/password\""));
    for path in ["/admin/people", &format!("/admin/people/{id}")] {
        let page = keeper.get(path).await.expect(200);
        assert!(page.text.contains(&picture), "{path} {}", page.text);
    }
    let got = keeper.get(&picture).await.expect(200);
    assert_eq!(got.header("content-type"), "image/png");
    at.house.browser().get(&picture).await.expect(401);
}
