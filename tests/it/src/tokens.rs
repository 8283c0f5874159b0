//! API tokens and login tokens over HTTP: what they open, what they never open, who may make them.

use harness::{ADMIN, ADMIN_PASSWORD, House, Visitor};
use jiff::SignedDuration;
use serde_json::{Value, json};
use web::access::scope_of;
use web::program::Access;
use web::routes::routes;

const PHRASE: &str = "a good long phrase";

const AREAS: [&str; 10] = [
    "invites", "signups", "users", "profiles", "backends", "plugins", "mail", "activity",
    "settings", "jobs",
];

fn example(pattern: &str) -> String {
    let hole = |part: &str| part.starts_with('{');
    let parts =
        pattern.split('/').map(|part| if hole(part) { "00000000000000000000000000" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

async fn token(admin: &Visitor, house: &House, draft: Value) -> (Visitor, Value) {
    let made = admin.post("/api/tokens", draft).await.expect(201).json();
    assert!(made["token"].as_str().unwrap().starts_with("lkt_"), "{made}");
    (house.program().with_bearer(made["token"].as_str().unwrap()), made)
}

async fn local(admin: &Visitor, name: &str, role: &str) -> String {
    let draft = json!({"username": name, "password": PHRASE, "role": role});
    admin.post("/api/users", draft).await.expect(201).json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_row_is_closed_to_a_token_but_those_its_scopes_name() {
    let house = House::new().await;
    let admin = house.admin().await;
    let scopes: Vec<String> = AREAS.iter().map(|area| format!("{area}:write")).collect();
    let (all, _) = token(&admin, &house, json!({"name": "all", "scopes": scopes})).await;
    let reading: Vec<String> = AREAS.iter().map(|area| format!("{area}:read")).collect();
    let (reader, _) = token(&admin, &house, json!({"name": "reader", "scopes": reading})).await;
    let mut opened = 0;
    for row in routes() {
        let asks =
            matches!(row.access, Access::User | Access::Inviter | Access::Admin | Access::Holder);
        if !asks {
            continue;
        }
        let path = example(row.pattern);
        let body = if row.limit == 0 { Value::Null } else { json!({}) };
        let scope = scope_of(&row);
        let by_all = all.call(row.method, &path, body.clone()).await;
        match scope {
            None => assert_eq!(by_all.status, 403, "{} {path}: {}", row.method, by_all.text),
            Some(_) => {
                opened += 1;
                let answered = !matches!(by_all.status, 401 | 405 | 500);
                assert!(answered, "{} {path}: {} {}", row.method, by_all.status, by_all.text);
            }
        }
        let read = reader.call(row.method, &path, body).await;
        match scope {
            Some(scope) if !scope.write => {
                assert!(!matches!(read.status, 401 | 403), "{} {path}", row.method);
            }
            _ => assert_eq!(read.status, 403, "{} {path}: {}", row.method, read.text),
        }
    }
    assert!(opened > 40, "{opened}");
}

#[test]
fn what_hands_over_an_account_or_says_how_one_signs_in_has_no_scope() {
    let never = [
        "/api/auth/",
        "/api/account",
        "/api/tokens",
        "/api/keys",
        "/api/providers",
        "/api/setup",
        "/api/password",
    ];
    for row in routes() {
        let closed = never.iter().any(|prefix| row.pattern.starts_with(prefix))
            || !row.pattern.starts_with("/api/")
            || row.pattern.contains("login-token")
            || row.pattern.contains("/sessions");
        if closed {
            assert_eq!(scope_of(&row), None, "{}", row.pattern);
        }
    }
}

#[tokio::test]
async fn a_token_is_shown_once_used_noted_and_revoked() {
    let house = House::new().await;
    let admin = house.admin().await;
    let draft = json!({"name": "backup", "scopes": ["users:read"], "expiresIn": "P30D"});
    let answer = admin.post("/api/tokens", draft).await.expect(201);
    assert_eq!(answer.header("cache-control"), "no-store");
    let made = answer.json();
    let secret = made["token"].as_str().unwrap();
    let program = house.program().with_bearer(secret);
    program.get("/api/users").await.expect(200);
    program.get("/api/invites").await.expect(403);
    program.get("/api/auth/me").await.expect(403);
    program.get("/account").await.expect(403);
    let list = admin.get("/api/tokens").await.expect(200);
    assert!(!list.text.contains(secret));
    let known = &list.json()["items"][0];
    assert_eq!((&known["name"], &known["scopes"][0]), (&json!("backup"), &json!("users:read")));
    assert!(known["usedAt"].is_string() && known["usedFrom"].is_string(), "{known}");
    let wrong = house.program().with_bearer(&format!("{}x", &secret[..secret.len() - 1]));
    wrong.get("/api/users").await.expect(401);
    let path = format!("/api/tokens/{}", made["id"].as_str().unwrap());
    admin.call("DELETE", &path, Value::Null).await.expect(204);
    program.get("/api/users").await.expect(401);
    let (short, _) = token(
        &admin,
        &house,
        json!({"name": "short", "scopes": ["users:read"], "expiresIn": "PT5M"}),
    )
    .await;
    short.get("/api/users").await.expect(200);
    house.clock.advance(SignedDuration::from_mins(5));
    short.get("/api/users").await.expect(401);
}

#[tokio::test]
async fn a_token_never_does_what_its_owner_could_not_do_by_then() {
    let house = House::new().await;
    let root = house.admin().await;
    let id = local(&root, "Boss", "admin").await;
    let boss = house.signed_in("Boss", PHRASE).await;
    let (program, _) =
        token(&boss, &house, json!({"name": "x", "scopes": ["users:write", "users:read"]})).await;
    program.get("/api/users").await.expect(200);
    let path = format!("/api/users/{id}");
    root.call("PATCH", &path, json!({"role": "user"})).await.expect(200);
    program.get("/api/users").await.expect(403);
    root.post(&format!("{path}/disable"), json!({})).await.expect(200);
    program.get("/api/users").await.expect(401);
    root.call("DELETE", &path, Value::Null).await.expect(204);
    program.get("/api/users").await.expect(401);
}

#[tokio::test]
async fn only_admins_who_signed_in_lately_make_tokens() {
    let house = House::new().await;
    let root = house.admin().await;
    local(&root, "Ada", "user").await;
    let draft = json!({"name": "x", "scopes": ["users:read"]});
    let ada = house.signed_in("Ada", PHRASE).await;
    ada.post("/api/tokens", draft.clone()).await.expect(403);
    let wrong = [
        json!({"name": "", "scopes": ["users:read"]}),
        json!({"name": "x", "scopes": []}),
        json!({"name": "x", "scopes": ["tokens:write"]}),
        json!({"name": "x", "scopes": ["users:read"], "expiresIn": "PT-5M"}),
    ];
    for draft in wrong {
        root.post("/api/tokens", draft).await.expect(422);
    }
    house.clock.advance(SignedDuration::from_mins(11));
    assert_eq!(root.post("/api/tokens", draft).await.expect(403).code(), "stale-sign-in");
}

#[tokio::test]
async fn the_pages_make_show_and_revoke_tokens() {
    let house = House::new().await;
    let browser = house.admin_browser().await;
    assert!(browser.get("/account").await.expect(200).text.contains("/account/tokens"));
    let form = [("name", "Home"), ("scopes", "users:read"), ("scopes", "mail:write"), ("days", "")];
    let made = browser.submit("/account/tokens", &form).await.expect(200).text;
    let from = made.find("lkt_").unwrap();
    let secret = &made[from..from + 47];
    house.program().with_bearer(secret).get("/api/users").await.expect(200);
    let list = browser.get("/account/tokens").await.expect(200).text;
    assert!(list.contains("Home") && !list.contains(secret));
    browser.submit("/account/tokens", &[("name", "x"), ("days", "90")]).await.expect(422);
    let from = list.find("/account/tokens/").unwrap();
    let action: String = list[from..].chars().take_while(|c| *c != '"').collect();
    browser.submit(&action, &[]).await.expect(303);
    house.program().with_bearer(secret).get("/api/users").await.expect(401);
}

#[tokio::test]
async fn a_login_token_is_for_oneself_or_somebody_who_is_no_admin() {
    let house = House::new().await;
    let root = house.admin().await;
    let ada = local(&root, "Ada", "user").await;
    let boss_id = local(&root, "Boss", "admin").await;
    let boss = house.signed_in("Boss", PHRASE).await;
    let root_id = house.user_named(ADMIN).await["id"].as_str().unwrap().to_owned();
    let path = |id: &str| format!("/api/users/{id}/login-token");
    assert_eq!(boss.post(&path(&root_id), json!({})).await.expect(403).code(), "setup-admin");
    assert_eq!(root.post(&path(&boss_id), json!({})).await.expect(403).code(), "other-admin");
    boss.post(&path(&boss_id), json!({})).await.expect(201);
    let answer =
        boss.post(&path(&ada), json!({"once": true, "expiresIn": "P3D"})).await.expect(201);
    assert_eq!(answer.header("cache-control"), "no-store");
    let made = answer.json();
    assert!(made["url"].as_str().unwrap().ends_with(made["token"].as_str().unwrap()));
    let known = root.get(&path(&ada)).await.expect(200);
    assert!(!known.text.contains(made["token"].as_str().unwrap()));

    let enter = |token: Value| {
        let program = house.program();
        async move { program.post("/api/auth/token/login", json!({"token": token})).await }
    };
    let tokens = enter(made["token"].clone()).await.expect(200).json();
    assert_eq!(tokens["user"]["username"], "Ada");
    let used = enter(made["token"].clone()).await.expect(410);
    let unknown = enter(json!("lkl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).await.expect(410);
    let short = enter(json!("x")).await.expect(410);
    assert_eq!((&used.text, &used.text), (&unknown.text, &short.text));
    house.clock.advance(SignedDuration::from_mins(11));
    boss.post(&path(&ada), json!({})).await.expect(403);
}

#[tokio::test]
async fn opening_the_page_of_a_login_token_changes_nothing() {
    let house = House::new().await;
    let browser = house.admin_browser().await;
    let root = house.admin().await;
    let ada = local(&root, "Ada", "user").await;
    let form = format!("/admin/people/{ada}/login-token");
    assert!(browser.get(&format!("/admin/people/{ada}")).await.expect(200).text.contains(&form));
    browser.get(&form).await.expect(200);
    browser.submit(&form, &[("kind", "once"), ("days", "x")]).await.expect(422);
    let shown = browser.submit(&form, &[("kind", "once"), ("days", "1")]).await.expect(200).text;
    let from = shown.find("/login/token/lkl_").unwrap();
    let path: String = shown[from..].chars().take_while(|c| *c != '"').collect();
    for _ in 0..3 {
        house.guest().get(&path).await.expect(200);
    }
    let guest = house.browser();
    guest.submit(&path, &[]).await.expect(303);
    assert!(guest.get("/account").await.expect(200).text.contains("Ada"));
    house.browser().submit(&path, &[]).await.expect(410);
    // One that is revoked is as if it never was.
    let shown = browser.submit(&form, &[("kind", "many"), ("days", "1")]).await.expect(200).text;
    let from = shown.find("/login/token/lkl_").unwrap();
    let path: String = shown[from..].chars().take_while(|c| *c != '"').collect();
    house.guest().get(&path).await.expect(200);
    browser.submit(&format!("{form}/revoke"), &[]).await.expect(303);
    house.guest().get(&path).await.expect(410);
    house.login(ADMIN, ADMIN_PASSWORD).await.expect(200);
}
