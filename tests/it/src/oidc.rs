//! Signing in at an OpenID Connect issuer, over HTTP: the whole way there and back, and what neither a
//! stranger nor a lying issuer can make of it.

use harness::{ADMIN, Answer, House, Visitor};
use serde_json::{Value, json};
use service::clock::Clock;
use standins::Issuer;
use standins::issuer::{Lie, LogoutToken};
use std::sync::{Arc, OnceLock};
use url::Url;

const SECRET: &str = "planted-client-secret-%&";
const CALLBACK: &str = "https://home.example.org/api/auth/id/callback";

pub(crate) struct Door {
    pub(crate) house: House,
    pub(crate) issuer: Issuer,
}

impl Door {
    /// A house with an issuer `id` that lets in by that rule.
    pub(crate) async fn new(rule: &str) -> Self {
        Self::with(rule, "").await
    }

    async fn with(rule: &str, more: &str) -> Self {
        let clock: Arc<OnceLock<Clock>> = Arc::default();
        let hand = clock.clone();
        let issuer = Issuer::start(Arc::new(move || {
            hand.get().map_or_else(|| "2026-11-21T12:00:00Z".parse().unwrap(), Clock::now)
        }));
        let issuer = issuer.await.unwrap();
        issuer.add_client("latchkey", Some(SECRET), CALLBACK);
        issuer.add_person(
            "person-1",
            json!({"name": "Zoë", "preferred_username": "zoe", "email": "zoe@example.org",
                   "email_verified": true, "groups": ["family"]}),
        );
        let settings = format!(
            "[[provider]]\nid = \"id\"\nkind = \"oidc\"\nlabel = \"Example ID\"\nissuer = \"{}\"\n\
             client_id = \"latchkey\"\nclient_secret = \"{SECRET}\"\n\
             scopes = [\"openid\", \"profile\", \"email\", \"groups\"]\naccess = {{ {rule} }}\n{more}",
            issuer.url()
        );
        let house = House::with_more(&settings).await;
        assert!(clock.set(house.clock.clone()).is_ok());
        Self { house, issuer }
    }

    fn browser(&self) -> Visitor {
        at_home(&self.house)
    }

    /// Where a browser that wants in is sent.
    async fn away(&self, browser: &Visitor, query: &str) -> Url {
        let answer = browser.get(&format!("/api/auth/id/login{query}")).await;
        assert!((300..400).contains(&answer.status), "{} {}", answer.status, answer.text);
        answer.header("location").parse().unwrap()
    }

    /// Comes back from the issuer with whatever it says.
    async fn back(&self, browser: &Visitor, away: &Url) -> Answer {
        let location = self.issuer.visit(away.as_str()).expect("a well-made request");
        browser.get(&ours(&location)).await
    }

    pub(crate) async fn sign_in(&self, browser: &Visitor) -> Answer {
        let away = self.away(browser, "").await;
        self.back(browser, &away).await
    }

    async fn me(&self, browser: &Visitor) -> Value {
        browser.get("/api/auth/me").await.json()
    }
}

/// A browser that uses the public address: an issuer sends it back there and nowhere else.
pub(crate) fn at_home(house: &House) -> Visitor {
    house
        .browser()
        .with_header("host", "home.example.org")
        .with_header("x-forwarded-proto", "https")
        .with_header("x-forwarded-for", "198.51.100.20")
}

/// The path and the query of an address of ours.
pub(crate) fn ours(location: &str) -> String {
    let url: Url = location.parse().unwrap();
    assert_eq!(url.origin().ascii_serialization(), "https://home.example.org", "{location}");
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

fn is_in(me: &Value) -> bool {
    me["user"]["id"].is_string()
}

#[tokio::test]
async fn there_and_back_is_a_session() {
    let door = Door::new("rule = \"open\"").await;
    let browser = door.browser();
    let away = door.away(&browser, "?next=/account").await;
    assert!(away.as_str().starts_with(&door.issuer.url()));
    assert!(!away.as_str().contains(SECRET));
    let answer = door.back(&browser, &away).await;
    assert!((300..400).contains(&answer.status), "{} {}", answer.status, answer.text);
    assert_eq!(answer.header("location"), "/account");
    let me = door.me(&browser).await;
    assert_eq!((&me["user"]["username"], &me["user"]["role"]), (&json!("zoe"), &json!("user")));
    assert_eq!(me["provider"]["id"], "id");
    // The same person is the same user.
    let other = door.browser();
    door.sign_in(&other).await;
    assert_eq!(door.me(&other).await["user"]["id"], me["user"]["id"]);
}

#[tokio::test]
async fn the_rule_says_who_comes_in() {
    let group = "rule = \"group\", claim = \"groups\", value = \"family\"";
    let door = Door::new(group).await;
    let browser = door.browser();
    door.sign_in(&browser).await;
    assert!(is_in(&door.me(&browser).await));
    door.issuer.add_person("person-2", json!({"preferred_username": "eve", "groups": ["others"]}));
    let stranger = door.browser();
    door.sign_in(&stranger).await.expect(403);
    assert!(!is_in(&door.me(&stranger).await));
    // Who left the group comes in no more.
    door.issuer.add_person("person-1", json!({"preferred_username": "zoe", "groups": []}));
    let again = door.browser();
    door.sign_in(&again).await.expect(403);
}

#[tokio::test]
async fn known_lets_no_stranger_in() {
    let door = Door::new("rule = \"known\"").await;
    let browser = door.browser();
    door.sign_in(&browser).await.expect(403);
    assert!(!is_in(&door.me(&browser).await));
    assert_eq!(door.house.user_named("zoe").await, Value::Null);
}

#[tokio::test]
async fn the_admin_claim_counts_at_each_sign_in_up_and_down() {
    let claim = "admin = { claim = \"groups\", value = \"admins\" }\n";
    let door = Door::with("rule = \"open\"", claim).await;
    let role = async |groups: Value| {
        door.issuer.add_person("person-1", json!({"preferred_username": "zoe", "groups": groups}));
        let browser = door.browser();
        door.sign_in(&browser).await;
        door.me(&browser).await["user"]["role"].clone()
    };
    assert_eq!(role(json!(["family"])).await, "user");
    assert_eq!(role(json!(["admins"])).await, "admin");
    assert_eq!(role(json!([])).await, "user");
}

/// jellyfin-plugin-sso: an identity took over the account of the same name.
#[tokio::test]
async fn flowfin_26_an_equal_name_or_address_is_never_linked() {
    let door = Door::new("rule = \"open\"").await;
    for claims in [
        json!({"preferred_username": ADMIN}),
        json!({"preferred_username": ADMIN.to_uppercase(), "email": "keeper@example.org"}),
    ] {
        door.issuer.add_person("person-3", claims);
        let browser = door.browser();
        door.sign_in(&browser).await;
        let me = door.me(&browser).await;
        assert!(!is_in(&me), "{me}");
    }
    let keeper = door.house.user_named(ADMIN).await;
    assert_eq!(keeper["role"], "admin");
    let users = door.house.admin().await.get("/api/users?limit=50").await.expect(200).json();
    for user in users["items"].as_array().unwrap() {
        let waits = user["state"] == "pending";
        assert!(waits || user["username"] == ADMIN, "{user}");
    }
}

#[tokio::test]
async fn another_browsers_answer_is_nobodys() {
    let door = Door::new("rule = \"open\"").await;
    let (thief, victim) = (door.browser(), door.browser());
    let away = door.away(&thief, "").await;
    let location = ours(&door.issuer.visit(away.as_str()).unwrap());
    // A link that would sign the victim in as the thief.
    let answer = victim.get(&location).await;
    assert!(answer.status >= 400 || !is_in(&door.me(&victim).await), "{}", answer.status);
    // And with a flow of the victim's own.
    let _own = door.away(&victim, "").await;
    let answer = victim.get(&location).await;
    assert!(answer.status >= 400, "{}", answer.status);
    assert!(!is_in(&door.me(&victim).await));
    assert_eq!(door.issuer.times("/token"), 0, "the code was not even handed in");
}

#[tokio::test]
async fn an_answer_is_good_once() {
    let door = Door::new("rule = \"open\"").await;
    let browser = door.browser();
    let away = door.away(&browser, "").await;
    let location = ours(&door.issuer.visit(away.as_str()).unwrap());
    let cookies = browser.cookies();
    browser.get(&location).await.expect(303);
    let replay = door.browser();
    replay.set_cookies(cookies);
    let answer = replay.get(&location).await;
    assert!(answer.status >= 400, "{}", answer.status);
    assert!(!is_in(&door.me(&replay).await));
    assert_eq!(door.issuer.times("/token"), 1);
}

/// Audiobookshelf: a `callback` parameter, and protocol-relative addresses, led elsewhere.
#[tokio::test]
async fn cve_2025_57800_nobody_is_led_elsewhere() {
    let door = Door::new("rule = \"open\"").await;
    for query in [
        "?callback=https://evil.example/x",
        "?redirect_uri=https://evil.example/x",
        "?next=https://evil.example/x",
        "?next=//evil.example/x",
        "?next=/%5Cevil.example",
        "?next=/%2F%2Fevil.example/..//evil.example",
        "?next=javascript:alert(1)",
        "?next=%09//evil.example",
        "?next=https:evil.example",
    ] {
        let browser = door.browser();
        let away = door.away(&browser, query).await;
        let sent =
            away.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
        assert_eq!(sent, CALLBACK, "{query}");
        let answer = door.back(&browser, &away).await;
        let to = answer.header("location").to_owned();
        let base: Url = "https://home.example.org/".parse().unwrap();
        let led = base.join(&to).unwrap();
        assert_eq!(led.origin(), base.origin(), "{query} leads to {to}");
        assert!(!to.contains("token") && !to.contains("code="), "{to}");
        assert!(is_in(&door.me(&browser).await), "{query}");
    }
    // Nor does a Host header of somebody's choice.
    let forged = door.house.browser().with_header("host", "evil.example");
    forged.get("/api/auth/id/login").await.expect(421);
}

#[tokio::test]
async fn a_lie_is_one_neutral_page_to_the_person_and_a_cause_to_the_admin() {
    let door = Door::new("rule = \"open\"").await;
    let mut pages = Vec::new();
    for lie in [Lie::Unsigned, Lie::WrongNonce, Lie::WrongAudience, Lie::OtherPersonInUserinfo] {
        door.issuer.lie(Some(lie));
        let browser = door.browser();
        let answer = door.sign_in(&browser).await;
        assert!(answer.status >= 400, "{lie:?} {}", answer.status);
        assert!(!is_in(&door.me(&browser).await), "{lie:?}");
        for word in ["nonce", "audience", "signed", "userinfo", SECRET, "oidc."] {
            let told = answer.text.split("</head>").last().unwrap_or_default();
            assert!(!told.contains(word), "{lie:?} tells the person `{word}`");
        }
        pages.push(answer.status);
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "each lie looks alike");
    let lines = door.house.admin().await.get("/api/activity?kind=sign-in-refused").await.json();
    let lines = lines["items"].as_array().cloned().unwrap_or_default();
    assert!(lines.len() >= 4, "{lines:?}");
    assert!(lines.iter().any(|line| line.to_string().contains("oidc.nonce")), "{lines:?}");
}

#[tokio::test]
async fn an_issuer_that_is_away_is_not_now() {
    let door = Door::new("rule = \"open\"").await;
    door.issuer.lie(Some(Lie::DiscoveryIsHtml));
    let browser = door.browser();
    let answer = browser.get("/api/auth/id/login").await;
    assert!(answer.status >= 500, "{} {}", answer.status, answer.text);
    door.issuer.lie(None);
    door.sign_in(&browser).await;
    assert!(is_in(&door.me(&browser).await));
}

#[tokio::test]
async fn there_is_no_such_provider() {
    let door = Door::new("rule = \"open\"").await;
    for path in [
        "/api/auth/nobody/login",
        "/api/auth/local/login",
        "/api/auth/nobody/callback?code=x&state=y",
    ] {
        let answer = door.browser().get(path).await;
        assert!((400..500).contains(&answer.status), "{path} {}", answer.status);
    }
}

#[tokio::test]
async fn signing_out_there_signs_out_here() {
    let door = Door::new("rule = \"open\"").await;
    let (one, other) = (door.browser(), door.browser());
    door.sign_in(&one).await;
    door.sign_in(&other).await;
    let token = |session: Option<String>| {
        door.issuer.logout_token(&LogoutToken {
            client: "latchkey".to_owned(),
            subject: Some("person-1".to_owned()),
            session,
            kind: Some("logout+jwt".to_owned()),
            ..LogoutToken::default()
        })
    };
    let issuer = door.house.program();
    let say =
        async |token: &str| issuer.submit("/api/auth/id/logout", &[("logout_token", token)]).await;
    say("nonsense").await.expect(400);
    issuer.submit("/api/auth/id/logout", &[]).await.expect(400);
    issuer.submit("/api/auth/nobody/logout", &[("logout_token", &token(None))]).await.expect(404);
    issuer.post("/api/auth/id/logout", json!({"logout_token": token(None)})).await.expect(415);
    say(&token(Some("another".to_owned()))).await.expect(200);
    assert!(is_in(&door.me(&one).await) && is_in(&door.me(&other).await));
    let used = token(None);
    say(&used).await.expect(200);
    assert!(!is_in(&door.me(&one).await) && !is_in(&door.me(&other).await));
    say(&used).await.expect(400);
}

#[tokio::test]
async fn who_signs_out_here_is_told_about_there() {
    let door = Door::new("rule = \"open\"").await;
    let browser = door.browser();
    door.sign_in(&browser).await;
    let answer = browser.submit("/logout", &[]).await.expect(200);
    assert!(answer.text.contains(&format!("{}/end?client_id=latchkey", door.issuer.url())));
    assert!(answer.header("clear-site-data").contains("storage"));
    assert!(!is_in(&door.me(&browser).await));
    let keeper = door.house.admin_browser().await;
    keeper.submit("/logout", &[]).await.expect(303);
}

#[tokio::test]
async fn the_client_secret_is_shown_to_nobody() {
    let door = Door::new("rule = \"open\"").await;
    let browser = door.browser();
    door.sign_in(&browser).await;
    let admin = door.house.admin().await;
    let keeper = door.house.admin_browser().await;
    for path in [
        "/api/auth/providers",
        "/api/providers",
        "/api/providers/id",
        "/api/settings",
        "/api/users",
    ] {
        let answer = admin.get(path).await;
        assert!(!answer.text.contains("planted-client-secret"), "{path}");
    }
    for path in
        ["/login", "/admin/providers", "/admin/providers/id", "/admin/settings", "/admin/activity"]
    {
        let answer = keeper.get(path).await;
        assert!(!answer.text.contains("planted-client-secret"), "{path}");
    }
    for file in door.house.data_files() {
        let is_settings = file.extension().is_some_and(|end| end == "toml");
        let bytes = std::fs::read(&file).unwrap();
        let planted = bytes.windows(21).any(|window| window == b"planted-client-secret");
        assert!(is_settings || !planted, "{}", file.display());
    }
}

/// A secret that stands in the program makes anybody an admin (ReadMeABook 297).
#[test]
fn readmeabook_297_the_program_holds_no_key() {
    let program = std::fs::read(crate::process::binary()).unwrap();
    let all = |mark: &[u8]| -> Vec<usize> {
        let places = program.windows(mark.len()).enumerate();
        places.filter(|(_, window)| *window == mark).map(|(at, _)| at + mark.len()).collect()
    };
    for at in all(b"PRIVATE KEY-----") {
        let rest: Vec<u8> = program[at..]
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .take(48)
            .collect();
        let is_key = rest.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
        assert!(!is_key, "a private key stands in the program: {}", String::from_utf8_lossy(&rest));
    }
    for word in [&b"change-this-to-a-random-secret-key"[..], b"planted-client-secret"] {
        assert!(all(word).is_empty(), "{}", String::from_utf8_lossy(word));
    }
}
