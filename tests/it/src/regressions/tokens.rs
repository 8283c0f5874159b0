//! A token is good for what it was made for, where it was made, until its end.

use crate::mailroom;
use harness::{ADMIN, ADMIN_PASSWORD, House, Visitor};
use jiff::SignedDuration;
use serde_json::{Value, json};

const PHRASE: &str = "a good long phrase";

/// Every kind of secret that anybody may hold.
struct Kinds {
    all: Vec<(&'static str, String)>,
}

async fn kinds(house: &House) -> Kinds {
    let tokens = house.login(ADMIN, ADMIN_PASSWORD).await.expect(200).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let admin = house.admin().await;
    let browser = house.admin_browser().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let ada = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let link = admin.post(&format!("/api/users/{ada}/reset-link"), json!({})).await;
    let reset = text(&link.json()["url"]).rsplit('/').next().unwrap_or_default().to_owned();
    let login = admin
        .post(&format!("/api/users/{ada}/login-token"), json!({"once": false}))
        .await
        .expect(201);
    let api = json!({"name": "for scripts", "scopes": ["users:read"]});
    let api = admin.post("/api/tokens", api).await.expect(201).json();
    let invite = house.invite(json!({"uses": 1})).await;
    let device = browser.cookies().get("latchkey-device").cloned().unwrap_or_default();
    let all = vec![
        ("access", text(&tokens["accessToken"])),
        ("refresh", text(&tokens["refreshToken"])),
        ("cookie", browser.cookies().get("latchkey").cloned().unwrap()),
        ("device", device),
        ("reset", reset),
        ("login", text(&login.json()["token"])),
        ("api", text(&api["token"])),
        ("invite", invite),
    ];
    Kinds { all }
}

/// A refresh token was an access token (Audiobookshelf 8ec547e): here no kind is another.
#[tokio::test]
async fn audiobookshelf_8ec547e_no_kind_of_token_is_another() {
    let house = House::with_public_url("http://127.0.0.1").await;
    let kinds = kinds(&house).await;
    let as_bearer = |token: String| house.program().with_bearer(&token);
    for (kind, token) in &kinds.all {
        assert!(!token.is_empty(), "no {kind} token was made");
        let bearer = as_bearer(token.clone()).get("/api/auth/me").await.status;
        assert_eq!(bearer == 200, *kind == "access", "{kind} as bearer: {bearer}");
        let listing = as_bearer(token.clone()).get("/api/users").await.status;
        assert_eq!(listing == 200, matches!(*kind, "access" | "api"), "{kind} lists: {listing}");
        let cookie = house.program().with_header("cookie", &format!("latchkey={token}"));
        let cookie = cookie.get("/api/auth/me").await.status;
        assert_eq!(cookie == 200, *kind == "cookie", "{kind} as cookie: {cookie}");
    }
    for (kind, token) in &kinds.all {
        for (meant, path, body) in [
            ("refresh", "/api/auth/refresh", json!({"refreshToken": token})),
            ("login", "/api/auth/token/login", json!({"token": token})),
            (
                "reset",
                "/api/password/reset",
                json!({"token": token, "password": "quite another phrase"}),
            ),
            ("confirm", "/api/account/confirm-email", json!({"token": token})),
            ("ticket", "/api/auth/second-factor", json!({"ticket": token, "code": "123456"})),
        ] {
            if meant == *kind {
                continue;
            }
            let answer = house.guest().post(path, body).await;
            let refused = matches!(answer.status, 400 | 401 | 404 | 410 | 422 | 428 | 429);
            assert!(refused, "{kind} at {path}: {} {}", answer.status, answer.text);
        }
    }
}

/// A secret that stands in the source makes anybody an admin (ReadMeABook 297): every house has its own.
#[tokio::test]
async fn readmeabook_297_no_key_is_the_same_in_two_houses() {
    let (one, two) = (House::new().await, House::new().await);
    let mine = one.login(ADMIN, ADMIN_PASSWORD).await.expect(200).json();
    let mine = mine["accessToken"].as_str().unwrap().to_owned();
    one.program().with_bearer(&mine).get("/api/auth/me").await.expect(200);
    two.program().with_bearer(&mine).get("/api/auth/me").await.expect(401);
    for secret in ["change-this-to-a-random-secret-key", "secret", "latchkey", ""] {
        let forged = forged(&mine, secret);
        one.program().with_bearer(&forged).get("/api/auth/me").await.expect(401);
    }
    let keys: Vec<Vec<u8>> = [&one, &two]
        .iter()
        .map(|house| std::fs::read(house.data_dir().join("latchkey.key")).unwrap_or_default())
        .collect();
    assert!(!keys[0].is_empty() && keys[0] != keys[1], "the sealing key is no file of its own");
}

/// The same claims signed with a word everybody knows.
fn forged(token: &str, secret: &str) -> String {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
    let claims = token.split('.').nth(1).unwrap();
    let header = BASE64.encode(r#"{"alg":"HS256","typ":"at+jwt"}"#);
    let signed = format!("{header}.{claims}");
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", BASE64.encode(tag.as_ref()))
}

/// What is over is over at that second, whoever sweeps when (authentik), and a token is for one thing.
#[tokio::test]
async fn cve_2025_64708_cve_2022_23555_an_end_is_judged_at_use() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1, "expiresIn": "PT1H"})).await;
    house.guest().get(&format!("/api/invites/{code}/offer")).await.expect(200);
    house.clock.advance(SignedDuration::from_mins(60));
    house.guest().get(&format!("/api/invites/{code}/offer")).await.expect(410);
    house.sign_up(&code, "Late", PHRASE).await.expect(410);

    let admin = house.admin().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let ada = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let made = json!({"once": true, "expiresIn": "PT10M"});
    let made = admin.post(&format!("/api/users/{ada}/login-token"), made).await.expect(201).json();
    let token = json!({"token": made["token"]});
    let over = house.clock.now().saturating_add(SignedDuration::from_mins(10)).unwrap();
    house.clock.advance(SignedDuration::from_mins(10));
    assert!(house.clock.now() >= over);
    house.guest().post("/api/auth/token/login", token).await.expect(410);
    let made = json!({"once": true, "expiresIn": "PT10M"});
    let admin = house.admin().await;
    let made = admin.post(&format!("/api/users/{ada}/login-token"), made).await.expect(201).json();
    let token = json!({"token": made["token"]});
    let uses = (0..8).map(|_| post_owned(house.guest(), "/api/auth/token/login", token.clone()));
    let mut good = 0;
    for answer in futures_join(uses).await {
        good += u32::from(answer == 200);
    }
    assert_eq!(good, 1, "a token for once was good {good} times");
}

async fn futures_join<F>(all: impl Iterator<Item = F>) -> Vec<u16>
where
    F: Future<Output = u16> + Send + 'static,
{
    let tasks: Vec<_> = all.map(tokio::spawn).collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

/// On a task of its own: the visitor goes along.
async fn post_owned(visitor: Visitor, path: &'static str, body: Value) -> u16 {
    visitor.post(path, body).await.status
}

/// Set-up twice at once makes one admin, and what was made for one start is not good for another (Pocket
/// ID 2.12.0).
#[tokio::test]
async fn pocket_id_ca28ddc_setup_at_once_makes_one_admin() {
    let house = House::unset().await;
    let code = house.setup_code();
    let all = (0..20).map(|number| {
        let body = json!({"code": code, "username": format!("boss{number}"), "password": PHRASE});
        post_owned(house.guest(), "/api/setup", body)
    });
    let good = futures_join(all).await.into_iter().filter(|status| *status < 300).count();
    assert_eq!(good, 1);
    let again = json!({"code": code, "username": "late", "password": PHRASE});
    let again = house.guest().post("/api/setup", again).await;
    assert!(matches!(again.status, 404 | 409 | 410), "{}", again.status);
}

/// A reset of a mailbox's owner does not open a link of another purpose, and the other way round.
#[tokio::test]
async fn cve_2022_23555_a_link_is_for_one_purpose() {
    let mailed = mailroom::house().await;
    let _unused = mailed.taken();
    let house: &House = &mailed;
    let admin = house.admin().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let ada = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let made = admin.post(&format!("/api/users/{ada}/login-token"), json!({"once": true})).await;
    let token = made.expect(201).json()["token"].as_str().unwrap().to_owned();
    for path in [format!("/reset/{token}"), format!("/confirm/{token}"), format!("/invite/{token}")]
    {
        house.browser().get(&path).await.expect(410);
    }
}
