//! Ways to sign in as the admin sets them: whom they let in, in which order, and that what is not configured
//! is not there.

use domain::role::Admin;
use harness::{ADMIN, Answer, House, JELLYFIN_ADMIN, JELLYFIN_ADMIN_PASSWORD, Visitor};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use web::routes::routes;

const PHRASE: &str = "a good long phrase";
/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";

fn issuer(id: &str) -> Value {
    json!({"id": id, "kind": "oidc", "issuer": NOBODY, "clientId": "latchkey", "clientSecret": "s3cret-s3cret"})
}

/// The ids on the login page, in its order.
async fn offered(house: &House) -> Vec<String> {
    let listing = house.guest().get("/api/auth/providers").await.expect(200).json();
    let all = listing["providers"].as_array().unwrap().iter();
    all.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn fields(answer: &Answer) -> BTreeMap<String, String> {
    let body = answer.json();
    let fields = body["fields"].as_object().cloned().unwrap_or_default();
    fields.into_iter().map(|(name, words)| (name, words.to_string())).collect()
}

/// CVE-2026-27707: a handler that was reachable although its provider was not configured.
#[tokio::test]
async fn cve_2026_27707_what_is_not_configured_is_not_there() {
    const ISSUERS: [&str; 3] = ["google", "home", "work"];
    let house = House::new().await;
    let admin = house.admin().await;
    let keeper = Admin::at_the_console();
    for set in 0..(1_u32 << (ISSUERS.len() + 1)) {
        let is_in = |place: usize| set & (1 << place) != 0;
        for (place, id) in ISSUERS.iter().enumerate() {
            if is_in(place) {
                admin.post("/api/providers", issuer(id)).await.expect(201);
            }
        }
        let local = json!(is_in(ISSUERS.len()));
        let values = BTreeMap::from([("signin.local_login".to_owned(), local)]);
        service::settings::patch(&house.service(), &keeper, values).await.unwrap();

        let mut there: BTreeSet<&str> = BTreeSet::from(["jellyfin"]);
        there.extend(
            ISSUERS.iter().enumerate().filter(|(place, _)| is_in(*place)).map(|(_, id)| id),
        );
        there.extend(is_in(ISSUERS.len()).then_some("local"));
        let listed: BTreeSet<String> = offered(&house).await.into_iter().collect();
        assert_eq!(listed.iter().map(String::as_str).collect::<BTreeSet<_>>(), there);
        for id in ISSUERS.into_iter().filter(|id| !there.contains(id)).chain(["nobody", "plex"]) {
            absent(&house, id).await;
        }
        if !there.contains("local") {
            absent(&house, "local").await;
        }
        for id in ISSUERS
            .into_iter()
            .filter(|id| is_in(ISSUERS.iter().position(|one| one == id).unwrap()))
        {
            admin.call("DELETE", &format!("/api/providers/{id}"), Value::Null).await.expect(204);
        }
    }
}

/// Every route that has a provider in its path, and the form that names one.
async fn absent(house: &House, id: &str) {
    for row in routes().iter().filter(|row| row.pattern.starts_with("/api/auth/{provider}")) {
        let path = row.pattern.replace("{provider}", id);
        let body =
            if row.method == "GET" { Value::Null } else { json!({"id": "1", "logout_token": "x"}) };
        let answer = house.fresh_guest().call(row.method, &path, body).await;
        let is_form = answer.status == 415;
        assert!(is_form || answer.status == 404, "{} {path}: {}", row.method, answer.status);
        if is_form {
            let fields = [("logout_token", "x"), ("id", "1")];
            house.fresh_guest().submit(&path, &fields).await.expect(404);
        }
    }
    let body = json!({"provider": id, "username": "Ada", "password": PHRASE});
    house.fresh_guest().post("/api/auth/login", body).await.expect(404);
}

#[tokio::test]
async fn an_issuer_is_added_changed_and_removed_and_its_secret_never_comes_out() {
    let house = House::new().await;
    let admin = house.admin().await;
    let made = admin.post("/api/providers", issuer("home")).await.expect(201);
    assert_eq!(made.json()["secrets"], json!(["clientSecret"]));
    assert_eq!(made.json()["access"], json!({"rule": "known"}));
    assert!(made.json()["callbackUrl"].as_str().unwrap().ends_with("/api/auth/home/callback"));
    let rule = json!({"rule": "group", "claim": "groups", "value": "family"});
    let patch =
        json!({"access": rule, "admin": {"claim": "groups", "value": "admins"}, "label": "Home"});
    let changed = admin.call("PATCH", "/api/providers/home", patch).await.expect(200);
    assert_eq!(changed.json()["access"], rule);
    assert_eq!(changed.json()["label"], "Home");
    assert_eq!(changed.json()["clientId"], "latchkey");
    for path in ["/api/providers", "/api/providers/home", "/admin/signin", "/admin/signin/home"] {
        let shown = house.admin_browser().await.get(path).await.expect(200);
        assert!(!shown.text.contains("s3cret"), "{path}");
    }
    // Whoever could have it sent elsewhere would have read it.
    let elsewhere = json!({"issuer": "https://evil.example.org"});
    let refused = admin.call("PATCH", "/api/providers/home", elsewhere.clone()).await.expect(422);
    assert!(fields(&refused).contains_key("clientSecret"));
    let mut again = elsewhere;
    again["clientSecret"] = json!("typed anew");
    admin.call("PATCH", "/api/providers/home", again).await.expect(200);
    admin.post("/api/providers", issuer("home")).await.expect(422);
    let activity = admin.get("/api/activity").await.expect(200).text;
    assert!(activity.contains("provider-added") && activity.contains("provider-changed"));
    assert!(!activity.contains("s3cret") && !activity.contains("typed anew"));
    admin.call("DELETE", "/api/providers/home", Value::Null).await.expect(204);
    admin.get("/api/providers/home").await.expect(404);
    assert!(!offered(&house).await.contains(&"home".to_owned()));
}

#[tokio::test]
async fn a_rule_that_is_not_understood_is_refused_at_its_field() {
    let house = House::new().await;
    let admin = house.admin().await;
    for (access, field) in [
        (json!({"rule": "everybody"}), "access.rule"),
        (json!({}), "access.rule"),
        (json!({"rule": null}), "access.rule"),
        (json!({"rule": "group", "claim": "groups"}), "access.value"),
        (json!({"rule": "group", "claim": "groups", "value": " "}), "access.value"),
        (json!({"rule": "list"}), "access.emails"),
        (json!({"rule": "list", "emails": ["*@example.org"]}), "access.emails"),
        (json!({"rule": "open", "value": "family"}), "access.value"),
        (json!({"rule": "open", "vlaue": "family"}), "access.vlaue"),
        (json!("open"), "access"),
    ] {
        let mut draft = issuer("home");
        draft["access"] = access.clone();
        let refused = admin.post("/api/providers", draft).await.expect(422);
        assert!(fields(&refused).contains_key(field), "{access}: {}", refused.text);
    }
    for (name, value) in [
        ("id", json!("login")),
        ("id", json!("jellyfin")),
        ("id", json!("A b")),
        ("issuer", json!("http://192.168.1.5")),
        ("issuer", json!("auth")),
        ("clientId", json!("")),
        ("scopes", json!(["a b"])),
        ("kind", json!("oauth")),
    ] {
        let mut draft = issuer("home");
        draft[name] = value.clone();
        let refused = admin.post("/api/providers", draft).await.expect(422);
        assert!(fields(&refused).contains_key(name), "{name} {value}: {}", refused.text);
    }
    admin.get("/api/providers/home").await.expect(404);
}

#[tokio::test]
async fn the_admins_order_is_the_order_of_the_login_page() {
    let house = House::new().await;
    let admin = house.admin().await;
    for id in ["home", "work"] {
        admin.post("/api/providers", issuer(id)).await.expect(201);
    }
    assert_eq!(offered(&house).await, ["local", "home", "work", "jellyfin"]);
    let order = json!({"order": ["jellyfin", "work", "home"]});
    admin.call("PUT", "/api/providers/order", order).await.expect(200);
    assert_eq!(offered(&house).await, ["local", "jellyfin", "work", "home"]);
    let browser = house.admin_browser().await;
    browser.submit("/admin/signin/order", &[("up", "home")]).await.expect(303);
    browser.submit("/admin/signin/order", &[("down", "jellyfin")]).await.expect(303);
    assert_eq!(offered(&house).await, ["local", "home", "jellyfin", "work"]);
    browser.submit("/admin/signin/order", &[("up", "home")]).await.expect(303);
    assert_eq!(offered(&house).await, ["local", "home", "jellyfin", "work"]);
    let twice = json!({"order": ["home", "home"]});
    admin.call("PUT", "/api/providers/order", twice).await.expect(422);
    let unknown = json!({"order": ["nobody"]});
    admin.call("PUT", "/api/providers/order", unknown).await.expect(404);
}

#[tokio::test]
async fn what_the_file_sets_stands_first_and_is_locked() {
    let more = format!(
        "[signin]\nregistration = \"off\"\n[[provider]]\nid = \"home\"\nkind = \"oidc\"\n\
         issuer = \"{NOBODY}\"\nclient_id = \"latchkey\"\nclient_secret = \"s3cret-s3cret\"\n\
         access = {{ rule = \"open\" }}\n[[provider]]\nid = \"jellyfin\"\nkind = \"backend\"\n\
         access = {{ rule = \"approval\" }}\n"
    );
    let house = House::with_more(&more).await;
    let admin = house.admin().await;
    admin.post("/api/providers", issuer("work")).await.expect(201);
    assert_eq!(offered(&house).await, ["local", "home", "jellyfin", "work"]);
    let all = admin.get("/api/providers").await.expect(200);
    assert!(!all.text.contains("s3cret"));
    assert_eq!(all.json()["items"][1]["access"]["rule"], "approval");
    let patch = json!({"access": {"rule": "known"}});
    let locked = admin.call("PATCH", "/api/providers/home", patch).await.expect(409);
    assert_eq!(locked.code(), "locked");
    admin.call("DELETE", "/api/providers/home", Value::Null).await.expect(409);
    admin.call("PUT", "/api/providers/order", json!({"order": ["home"]})).await.expect(409);
    let page = house.admin_browser().await.get("/admin/signin/home").await.expect(200).text;
    assert!(page.contains("dry-run") && !page.contains("/delete"));
    let registration = json!({"signin.registration": "open"});
    admin.call("PATCH", "/api/settings", registration).await.expect(409);
}

#[tokio::test]
async fn a_backends_rule_decides_about_strangers_with_a_right_password() {
    let house = House::new().await;
    let admin = house.admin().await;
    house.jellyfin.add_user("Stranger", PHRASE, &Map::new());
    house.login("Stranger", PHRASE).await.expect(401);
    let rule = |rule: &str| json!({"access": {"rule": rule}});
    admin.call("PATCH", "/api/providers/jellyfin", rule("approval")).await.expect(200);
    house.login("Stranger", "another long phrase").await.expect(401);
    let waits = house.login("Stranger", PHRASE).await.expect(403);
    assert_eq!(waits.code(), "pending");
    assert_eq!(house.user_named("Stranger").await["state"], "pending");

    house.jellyfin.add_user("Guest", PHRASE, &Map::new());
    admin.call("PATCH", "/api/providers/jellyfin", rule("open")).await.expect(200);
    house.login("Guest", PHRASE).await.expect(200);
    // An administrator there is no admin here, whatever the rule.
    house.login(JELLYFIN_ADMIN, JELLYFIN_ADMIN_PASSWORD).await.expect(200);
    assert_eq!(house.user_named(JELLYFIN_ADMIN).await["role"], "user");
    // Without rules of its own it lets in who is known again.
    admin.call("DELETE", "/api/providers/jellyfin", Value::Null).await.expect(204);
    house.jellyfin.add_user("Late", PHRASE, &Map::new());
    house.login("Late", PHRASE).await.expect(401);
    house.login("Guest", PHRASE).await.expect(200);
}

#[tokio::test]
async fn a_dry_run_says_what_rules_would_mean_and_changes_nothing() {
    let house = House::new().await;
    let admin = house.admin().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    house.login("Ada", PHRASE).await.expect(200);
    let known = admin.get("/api/providers/jellyfin/people").await.expect(200).json();
    assert_eq!(known["items"][0]["username"], "Ada");
    let rules = json!({
        "access": {"rule": "list", "usernames": ["somebody else"]},
        "admin": {"claim": "groups", "value": "admins"},
        "claims": {"preferred_username": "Somebody Else", "groups": ["admins"]},
    });
    let run = admin.post("/api/providers/jellyfin/dry-run", rules).await.expect(200).json();
    assert_eq!(run["people"][0]["before"], "welcome");
    assert_eq!(run["people"][0]["after"], "refused");
    assert_eq!(run["pasted"], json!({"stranger": "welcome", "known": "welcome", "admin": true}));
    house.login("Ada", PHRASE).await.expect(200);
    let now = admin.post("/api/providers/jellyfin/dry-run", json!({})).await.expect(200).json();
    assert_eq!(
        (now["people"][0]["after"].as_str(), &now["pasted"]),
        (Some("welcome"), &Value::Null)
    );

    let browser = house.admin_browser().await;
    let typed = [
        ("rule", "list"),
        ("usernames", "somebody else"),
        ("claim", "left over from another rule"),
        ("claims", "{\"email\": \"zoe@example.org\", \"email_verified\": true}"),
    ];
    let page = browser.submit("/admin/signin/jellyfin/dry-run", &typed).await.expect(200).text;
    assert!(page.contains("id=\"dry-run\"") && page.contains("Ada"), "{page}");
    let broken = [("rule", "list"), ("usernames", "a"), ("claims", "{")];
    browser.submit("/admin/signin/jellyfin/dry-run", &broken).await.expect(422);
    let claims = admin.get("/api/providers/jellyfin").await.expect(200).json();
    assert_eq!(claims["access"]["rule"], "known");
    // The rule holds once it is set.
    let patch = json!({"access": {"rule": "list", "usernames": ["somebody else"]}});
    admin.call("PATCH", "/api/providers/jellyfin", patch).await.expect(200);
    house.login("Ada", PHRASE).await.expect(403);
}

#[tokio::test]
async fn a_test_says_stage_by_stage_what_is_wrong() {
    let house = House::new().await;
    let admin = house.admin().await;
    admin.post("/api/providers", issuer("home")).await.expect(201);
    let tried = admin.post("/api/providers/home/test", json!({})).await.expect(200).json();
    assert_eq!(tried["passed"], false);
    assert_eq!(tried["stages"][0]["outcome"], "failed");
    let works = admin.post("/api/providers/jellyfin/test", json!({})).await.expect(200).json();
    assert_eq!(works["passed"], true, "{works}");
    admin.post("/api/providers/nobody/test", json!({})).await.expect(404);
    let all = admin.get("/api/providers").await.expect(200).json();
    let last = |id: &str| {
        let mut items = all["items"].as_array().unwrap().iter();
        items.find(|one| one["id"] == id).unwrap()["last"]["passed"].clone()
    };
    assert_eq!((last("home"), last("jellyfin")), (json!(false), json!(true)));
    let page = house.admin_browser().await.get("/admin/signin").await.expect(200).text;
    assert!(page.contains("Does not work") && page.contains("Works"));
}

#[tokio::test]
async fn the_pages_work_without_script() {
    let house = House::new().await;
    let browser = house.admin_browser().await;
    browser.get("/admin/signin/new").await.expect(200);
    let mut typed = vec![
        ("id", "home"),
        ("label", "Home"),
        ("issuer", NOBODY),
        ("client_id", "latchkey"),
        ("client_secret", "s3cret-s3cret"),
        ("scopes", "profile groups"),
        ("rule", "group"),
        ("claim", "groups"),
        ("value", ""),
        ("emails", "left@example.org"),
    ];
    let wrong = browser.submit("/admin/signin/new", &typed).await.expect(422).text;
    assert!(wrong.contains("f-value-problem") && !wrong.contains("s3cret"), "{wrong}");
    typed.retain(|(name, _)| *name != "value");
    typed.push(("value", "family"));
    browser.submit("/admin/signin/new", &typed).await.expect(303);
    let view = house.admin().await.get("/api/providers/home").await.expect(200).json();
    assert_eq!(view["scopes"], json!(["openid", "profile", "groups"]));
    assert_eq!(view["access"], json!({"rule": "group", "claim": "groups", "value": "family"}));
    let page = browser.get("/admin/signin/home").await.expect(200).text;
    assert!(page.contains("/api/auth/home/callback") && page.contains("latchkey"));
    let kept = [
        ("label", "Ours"),
        ("issuer", NOBODY),
        ("client_id", "l2"),
        ("client_secret", ""),
        ("rule", "open"),
    ];
    browser.submit("/admin/signin/home", &kept).await.expect(303);
    let view = house.admin().await.get("/api/providers/home").await.expect(200).json();
    assert_eq!(
        (view["label"].as_str(), &view["secrets"]),
        (Some("Ours"), &json!(["clientSecret"]))
    );
    browser.submit("/admin/signin/home/test", &[]).await.expect(303);
    let question = browser.get("/admin/signin/home/delete").await.expect(200).text;
    assert!(question.contains("Forget the identities"), "{question}");
    browser.submit("/admin/signin/home/delete", &[]).await.expect(303);
    browser.get("/admin/signin/home").await.expect(404);
}

#[tokio::test]
async fn the_houses_own_rules_are_switched_and_nobody_shuts_themselves_out() {
    let house = House::new().await;
    let listing = |house: &House| {
        let guest = house.guest();
        async move { guest.get("/api/auth/providers").await.expect(200).json() }
    };
    let before = listing(&house).await;
    assert_eq!(
        (&before["registrationEnabled"], &before["localLoginDisabled"]),
        (&json!(false), &json!(false))
    );
    let browser = house.admin_browser().await;
    let open = [("registration", "open"), ("local_login", "on")];
    browser.submit("/admin/signin", &open).await.expect(303);
    assert_eq!(listing(&house).await["registrationEnabled"], true);
    let odd = [("registration", "everybody"), ("local_login", "on")];
    browser.submit("/admin/signin", &odd).await.expect(422);
    // The only way in of whoever asks.
    let shut = browser.submit("/admin/signin", &[("registration", "off")]).await.expect(422).text;
    assert!(shut.contains("shut yourself out"), "{shut}");
    let admin: Visitor = house.admin().await;
    let patch = json!({"signin.local_login": false});
    admin.call("PATCH", "/api/settings", patch).await.expect(422);
    let values = BTreeMap::from([("signin.local_login".to_owned(), json!(false))]);
    let keeper = Admin::at_the_console();
    service::settings::patch(&house.service(), &keeper, values).await.unwrap();
    let after = listing(&house).await;
    assert_eq!(
        (&after["registrationEnabled"], &after["localLoginDisabled"]),
        (&json!(false), &json!(true))
    );
    house.login(ADMIN, harness::ADMIN_PASSWORD).await.expect(401);
    let named = json!({"username": ADMIN, "password": harness::ADMIN_PASSWORD});
    house.fresh_guest().post("/api/auth/admin/login", named).await.expect(404);
}
