//! Whose things are whose, and who may come in with what.

use harness::{ADMIN, ADMIN_PASSWORD, Answer, House};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

const PHRASE: &str = "a good long phrase";

async fn somebody(house: &House, name: &str) -> harness::Visitor {
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, name, PHRASE).await.expect(201);
    house.signed_in(name, PHRASE).await
}

/// Another person's id in the path opens nothing (Seerr: a route without a check of the owner).
#[tokio::test]
async fn cve_2026_27792_what_is_somebody_elses_is_not_found() {
    let house = House::new().await;
    let (ada, bob) = (somebody(&house, "Ada").await, somebody(&house, "Bob").await);
    let bobs = bob.get("/api/auth/sessions").await.expect(200).json();
    let session = bobs["items"][0]["id"].as_str().unwrap().to_owned();
    let id = house.user_named("Bob").await["id"].as_str().unwrap().to_owned();
    ada.call("DELETE", &format!("/api/auth/sessions/{session}"), Value::Null).await.expect(404);
    for (method, path) in [
        ("GET", format!("/api/users/{id}")),
        ("GET", format!("/api/users/{id}/sessions")),
        ("DELETE", format!("/api/users/{id}/sessions/{session}")),
        ("POST", format!("/api/users/{id}/login-token")),
        ("DELETE", format!("/api/users/{id}/login-token")),
        ("POST", format!("/api/users/{id}/approve")),
        ("POST", format!("/api/users/{id}/reset-link")),
        ("PATCH", format!("/api/users/{id}")),
    ] {
        let body = if method == "GET" { Value::Null } else { json!({}) };
        let answer = ada.call(method, &path, body).await;
        assert!(matches!(answer.status, 403 | 404), "{method} {path}: {}", answer.status);
    }
    bob.get("/api/auth/me").await.expect(200);
}

/// An account without a password there is no way in here (Seerr 649).
#[tokio::test]
async fn seerr_649_a_blank_password_is_refused_unasked() {
    let house = House::new().await;
    let bare = house.jellyfin.add_user("Bare", "", &Map::new());
    let admin = house.admin().await;
    let adopted = json!({"accounts": [{"account": bare}]});
    admin.post("/api/backends/jellyfin/adopt", adopted).await.expect(200);
    let asked_before = house.jellyfin.requests().len();
    for blank in ["", " ", "\u{a0}", "\t"] {
        for provider in [json!(null), json!("jellyfin")] {
            let mut body = json!({"username": "Bare", "password": blank});
            if !provider.is_null() {
                body["provider"] = provider;
            }
            let answer = house.program_from("203.0.113.9").post("/api/auth/login", body).await;
            assert!(matches!(answer.status, 401 | 422 | 429), "{blank:?}: {}", answer.text);
        }
    }
    let asked = house.jellyfin.requests();
    let blank = asked[asked_before..].iter().any(|request| {
        let request = format!("{request:?}");
        request.contains("AuthenticateByName") && request.contains("\"Pw\":\"\"")
    });
    assert!(!blank, "a blank password was shown to the backend");
}

/// A refresh looks at everything again: off, over, demoted (Pocket ID 978ac87).
#[tokio::test]
async fn pocket_id_978ac87_a_refresh_runs_the_whole_policy() {
    let house = House::new().await;
    somebody(&house, "Ada").await;
    let admin = house.admin().await;
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let held = || async {
        let tokens = house.login("Ada", PHRASE).await.expect(200).json();
        json!({"refreshToken": tokens["refreshToken"]})
    };

    let before = held().await;
    admin.post(&format!("/api/users/{id}/disable"), json!({})).await.expect(200);
    house.program().post("/api/auth/refresh", before.clone()).await.expect(401);
    admin.post(&format!("/api/users/{id}/enable"), json!({})).await.expect(200);
    house.program().post("/api/auth/refresh", before).await.expect(401);

    let promoted = held().await;
    admin.call("PATCH", &format!("/api/users/{id}"), json!({"role": "admin"})).await.expect(200);
    house.program().post("/api/auth/refresh", promoted).await.expect(401);
    let as_admin = house.login("Ada", PHRASE).await.expect(200).json();
    let token = as_admin["accessToken"].as_str().unwrap();
    let ada = house.program().with_bearer(token);
    ada.get("/api/users").await.expect(200);
    admin.call("PATCH", &format!("/api/users/{id}"), json!({"role": "user"})).await.expect(200);
    assert!(matches!(ada.get("/api/users").await.status, 401 | 403), "the old role was believed");

    let timed = held().await;
    let end = house.clock.now().saturating_add(SignedDuration::from_mins(5)).unwrap();
    admin
        .call("PATCH", &format!("/api/users/{id}"), json!({"expiresAt": end.to_string()}))
        .await
        .expect(200);
    house.clock.advance(SignedDuration::from_mins(6));
    house.program().post("/api/auth/refresh", timed).await.expect(401);
}

/// However a name is written, its guesses are counted together (Authelia 4.38.19, 4.39.20).
#[tokio::test]
async fn cve_2025_24806_cve_2026_47203_one_name_has_one_counter() {
    let house = House::new().await;
    somebody(&house, "Ada").await;
    let written = ["Ada", "ada", "ADA", " ada ", "\u{ff21}\u{ff24}\u{ff21}", "aDa"];
    let mut throttled = false;
    for (round, name) in (0_u32..).zip(written.iter().cycle().take(24)) {
        let guess = json!({"username": name, "password": format!("guess {round} of many")});
        let from = format!("198.51.100.{}", round + 1);
        let answer = house.program_from(&from).post("/api/auth/login", guess).await;
        throttled |= answer.status == 429;
    }
    assert!(throttled, "each way of writing it had its own counter");
    for name in written {
        let guess = json!({"username": name, "password": "one guess more"});
        house.program_from("203.0.113.77").post("/api/auth/login", guess).await.expect(429);
    }
}

/// New password, or off: every refresh family is dead (Vaultwarden 1.35.5).
#[tokio::test]
async fn ghsa_6j4w_g4jh_xjfx_refresh_tokens_die_with_the_password() {
    let house = House::new().await;
    let tokens = || async { house.login(ADMIN, ADMIN_PASSWORD).await.expect(200).json() };
    let (one, two) = (tokens().await, tokens().await);
    let changer = house.program().with_bearer(one["accessToken"].as_str().unwrap());
    let change = json!({"current": ADMIN_PASSWORD, "new": "quite another long phrase"});
    changer.post("/api/auth/change-password", change).await.expect(200);
    let refresh = |held: &Value| {
        let (program, body) = (house.program(), json!({"refreshToken": held["refreshToken"]}));
        async move { program.post("/api/auth/refresh", body).await }
    };
    refresh(&two).await.expect(401);
    let access = two["accessToken"].as_str().unwrap();
    house.program().with_bearer(access).get("/api/auth/me").await.expect(401);
}

/// A name or an address that somebody here has links nothing (jellyfin-plugin-sso 26); the same for a
/// registration.
#[tokio::test]
async fn flowfin_26_an_equal_name_links_nobody() {
    let house = House::with_more("[signin]\nregistration = \"open\"\n").await;
    somebody(&house, "Ada").await;
    for name in [ADMIN, "KEEPER", "ada", "\u{ff21}da"] {
        let body = json!({"username": name, "password": "a long phrase of mine"});
        let answer = house.guest().post("/api/auth/register", body).await;
        assert!(matches!(answer.status, 409 | 422), "{name}: {}", answer.text);
    }
    house.login(ADMIN, "a long phrase of mine").await.expect(401);
    house.login("Ada", "a long phrase of mine").await.expect(401);
    // An account of that name on a backend is nobody here by its name alone.
    house.jellyfin.add_user(ADMIN, "their password there", &Map::new());
    house.login(ADMIN, "their password there").await.expect(401);
}

/// A cookie that makes no sense is no cookie (authentik 2025.12.4).
#[tokio::test]
async fn cve_2026_25748_a_broken_cookie_is_no_cookie() {
    let house = House::new().await;
    let plain = |answer: &Answer| (answer.status, answer.code());
    let without = plain(&house.program().get("/api/auth/me").await);
    let admin = house.admin_browser().await;
    let mine = admin.cookies().get("latchkey").cloned().unwrap();
    let mut broken: Vec<String> = vec![
        String::new(),
        "x".into(),
        "lkc_".into(),
        "lkr_".to_owned() + mine.get(4..).unwrap(),
        mine.to_uppercase(),
        mine.get(..mine.len() - 1).unwrap().into(),
        mine.clone() + "A",
        format!("\"{mine}"),
        format!("{mine}%00"),
        mine.replace('_', "%5F"),
        "a".repeat(7_000),
        "../../..".into(),
        "null".into(),
        "{\"a\":1}".into(),
    ];
    for byte in 0..40 {
        let mut bytes = mine.clone().into_bytes();
        bytes[byte] ^= 1;
        broken.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    for value in broken {
        let header = format!("latchkey={value}");
        let visitor = house.program().with_header("cookie", &header);
        let answer = visitor.get("/api/auth/me").await;
        let told = plain(&answer);
        assert!(told == without || matches!(told.0, 400 | 431), "{value:?}: {told:?}");
    }
    // Twice the same name: one of them good. Which one counts must not be the sender's to choose.
    let twice = house.program().with_header("cookie", &format!("latchkey={mine}; latchkey=x"));
    assert_ne!(twice.get("/api/auth/me").await.status, 500);
}

/// An address that cannot be read skips no rule (authentik 2024.8.3).
#[tokio::test]
async fn cve_2024_47070_an_odd_forwarded_address_skips_nothing() {
    let house = House::new().await;
    somebody(&house, "Ada").await;
    let odd = [
        "",
        "unknown",
        "_hidden",
        "999.1.1.1",
        "1.2.3",
        "::ffff:zz",
        "1.2.3.4:99999",
        "a,b,,",
        "\"",
        "[::1",
    ];
    let mut throttled = false;
    for round in 0..3_u32 {
        for text in odd {
            let visitor = house.program().with_header("x-forwarded-for", text);
            let guess = json!({"username": "Ada", "password": format!("guess {round} {text}")});
            let answer = visitor.post("/api/auth/login", guess).await;
            assert!(matches!(answer.status, 400 | 401 | 429), "{text:?}: {}", answer.status);
            throttled |= answer.status == 429;
        }
    }
    assert!(throttled, "no counter counted");
    let visitor = house.program().with_header("x-forwarded-for", "not an address");
    visitor.get("/api/users").await.expect(401);
}
