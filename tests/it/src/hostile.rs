//! Somebody who means harm: planted markup, odd requests, guesses, cookies of others.

use harness::{ADMIN, ADMIN_PASSWORD, Answer, House, Visitor};
use jiff::SignedDuration;
use serde_json::{Value, json};

const PHRASE: &str = "a good long phrase";
const MARKUP: &str = "\"><script>alert(1)</script>{{7*7}}";

async fn ada(house: &House) -> String {
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    house.user_named("Ada").await["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_form_sent_again_signs_nobody_in() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    let browser = house.browser();
    let path = format!("/invite/{code}/join");
    browser.submit(&path, &[("username", "Ada"), ("password", PHRASE)]).await.expect(303);
    browser.get("/account").await.expect(200);
    browser.submit("/logout", &[]).await.expect(303);
    browser.get("/account").await.expect(303);
    // The next one at the same screen knows the name and the link, and no password.
    for password in ["some other phrase", PHRASE] {
        let _again = browser.submit(&path, &[("username", "Ada"), ("password", password)]).await;
        assert_eq!(browser.get("/account").await.status, 303, "{password}");
    }
}

#[tokio::test]
async fn signing_in_ends_the_session_the_browser_had_and_trusts_no_cookie_it_brought() {
    let house = House::new().await;
    let browser = house.browser();
    let planted = [("latchkey".to_owned(), "lkc_planted".to_owned())].into();
    browser.set_cookies(planted);
    let form = [("username", ADMIN), ("password", ADMIN_PASSWORD)];
    browser.submit("/login", &form).await.expect(303);
    let first = browser.cookies();
    assert_ne!(first["latchkey"], "lkc_planted");
    browser.submit("/login", &form).await.expect(303);
    let second = browser.cookies();
    assert_ne!(first["latchkey"], second["latchkey"]);
    browser.get("/admin").await.expect(200);
    browser.set_cookies(first);
    assert_eq!(browser.get("/admin").await.status, 303, "the old session is still good");
}

#[tokio::test]
async fn looking_at_a_page_signs_nobody_out() {
    let house = House::new().await;
    ada(&house).await;
    let browser = house.browser();
    let form = [("username", "Ada"), ("password", PHRASE)];
    browser.submit("/login", &form).await.expect(303);
    for path in ["/signup/00000000000000000000000000", "/admin", "/nothing", "/login", "/"] {
        let _looked = browser.get(path).await;
        assert_eq!(browser.get("/account").await.status, 200, "after {path}");
    }
}

/// A name that looks like another is told from it by nobody.
#[tokio::test]
async fn names_with_invisible_characters_are_refused() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    let admin = house.admin().await;
    for odd in [
        "\u{0}",
        "\u{7}",
        "\r\n",
        "\u{1b}[2J",
        "\u{202e}",
        "\u{200b}",
        "\u{ad}",
        "\u{2028}",
        "\u{feff}",
        "\u{2066}",
    ] {
        let name = format!("kee{odd}per");
        let answer = house.sign_up(&code, &name, PHRASE).await;
        assert_eq!(answer.status, 422, "{odd:?}: {}", answer.text);
        let answer = admin.post("/api/users", json!({"username": name})).await;
        assert_eq!(answer.status, 422, "{odd:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn one_name_in_every_spelling_shares_one_throttle_and_a_restart_forgets_nothing() {
    let mut house = House::new().await;
    let admin = house.admin().await;
    let made = json!({"username": "Νίκος", "password": PHRASE});
    admin.post("/api/users", made).await.expect(201);
    house.login("ΝΊΚΟΣ", PHRASE).await.expect(200);
    let mut status = 0;
    for _guess in 0..12 {
        status = house.login("Νίκος", "wrong phrase here").await.status;
    }
    assert_eq!(status, 429);
    for spelling in ["ΝΊΚΟΣ", " νίκος ", "νίκοσ", "Νι\u{301}κος"] {
        assert_eq!(house.login(spelling, "wrong phrase here").await.status, 429, "{spelling}");
    }
    house.kill_and_restart().await;
    let answer = house.login("ΝΊΚΟΣ", "wrong phrase here").await.expect(429);
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_whole_ipv6_household_and_whoever_hides_share_a_bucket() {
    let house = House::new().await;
    let guess = |from: String, number: u32| {
        let body = json!({"username": format!("nobody {number}"), "password": "wrong phrase"});
        let program = house.program().with_header("x-forwarded-for", &from);
        async move { program.post("/api/auth/login", body).await.status }
    };
    for family in ["2001:db8:1:2", "2001:db8:1:3"] {
        let mut last = 0;
        for number in 0..10_u32 {
            last = guess(format!("{family}:{number:x}::9"), number).await;
        }
        assert_eq!(last, 429, "{family}");
    }
    let mut last = 0;
    for number in 0..10_u32 {
        last = guess("unknown".to_owned(), number).await;
    }
    assert_eq!(last, 429, "without an address");
}

#[tokio::test]
async fn a_thousand_guesses_neither_lock_the_account_nor_shut_its_owner_out() {
    let house = House::new().await;
    ada(&house).await;
    let policy = json!({"LoginAttemptsBeforeLockout": 3});
    assert!(house.jellyfin.change_policy("Ada", policy.as_object().unwrap()));
    let owner = house.browser();
    let form = [("username", "Ada"), ("password", PHRASE)];
    owner.submit("/login", &form).await.expect(303);
    for number in 0..1_000_u32 {
        let from = format!("203.{}.{}.7", number / 250, number % 250);
        let guess = json!({"username": "Ada", "password": format!("guess number {number}")});
        let answer = house.program_from(&from).post("/api/auth/login", guess).await;
        assert!(matches!(answer.status, 401 | 429), "{}", answer.text);
        house.clock.advance(SignedDuration::from_secs(97));
        if number % 100 == 99 {
            assert!(house.jellyfin.user("Ada").unwrap().is_enabled(), "locked at {number}");
            owner.submit("/logout", &[]).await.expect(303);
            let answer = owner.submit("/login", &form).await;
            assert_eq!(answer.status, 303, "the owner after {number}");
        }
    }
}

#[tokio::test]
async fn strangers_cannot_keep_somebody_from_changing_their_password() {
    let house = House::new().await;
    ada(&house).await;
    let browser = house.browser();
    browser.submit("/login", &[("username", "Ada"), ("password", PHRASE)]).await.expect(303);
    for _guess in 0..8 {
        house.login("Ada", "wrong phrase here").await;
    }
    let path = "/api/auth/change-password";
    let answer =
        browser.post(path, json!({"current": PHRASE, "new": "an even better phrase"})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn next_leads_nowhere_but_here() {
    let house = House::new().await;
    let browser = house.admin_browser().await;
    for next in [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        "/\n/evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/ /evil.example",
        "/.//evil.example",
        "/..//evil.example",
        "/%09/evil.example",
        "/%5cevil.example",
        "@evil.example",
        ".evil.example",
        ":80",
        "?next=//evil.example",
        "/admin\r\nset-cookie: a=b",
        "/x/../..//evil.example",
        "/\u{2028}/evil.example",
        "http:/\\evil.example",
    ] {
        let form = [("username", ADMIN), ("password", ADMIN_PASSWORD), ("next", next)];
        let fresh = house.browser();
        let mut answers = vec![fresh.submit("/login", &form).await.expect(303)];
        let query = format!("/login?{}", query(&[("next", next)]));
        answers.push(browser.get(&query).await.expect(303));
        answers
            .push(browser.submit("/theme", &[("theme", "dark"), ("next", next)]).await.expect(303));
        answers.push(
            browser.submit("/language", &[("language", "en"), ("next", next)]).await.expect(303),
        );
        for answer in answers {
            let to = answer.header("location");
            let here = reqwest_url(&house.url("/login"));
            let there = here.join(to).unwrap();
            assert_eq!(there.origin(), here.origin(), "{} {next:?} leads to {to}", answer.asked);
            assert!(
                answer
                    .headers
                    .get_all("set-cookie")
                    .iter()
                    .all(|line| !line.as_bytes().starts_with(b"a="))
            );
        }
    }
}

fn reqwest_url(text: &str) -> url::Url {
    text.parse().unwrap()
}

fn query(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[tokio::test]
async fn odd_requests_are_refused_and_nothing_breaks() {
    let house = House::new().await;
    let admin = house.admin().await;
    for path in ["/logout", "/theme", "/api/auth/login", "/api/auth/logout", "/api/auth/refresh"] {
        let answer = house.browser().call("HEAD", path, Value::Null).await;
        assert_eq!(answer.status, 405, "HEAD {path}");
    }
    for path in [
        "/api/users/%00",
        "/api/invites/%ff%fe",
        "/api/profiles/%2e%2e%2f",
        "/admin/people/%00",
        "/assets/x/..%2f..%2fetc%2fpasswd",
    ] {
        let answer = admin.get(path).await;
        assert!(matches!(answer.status, 404 | 422), "{path}: {}", answer.status);
    }
    for number in [
        json!(-1),
        json!(0),
        json!(1e300),
        json!(u64::MAX),
        json!(1.5),
        json!("9".repeat(400)),
        json!([1]),
        json!({}),
    ] {
        let answer = admin.post("/api/invites", json!({"uses": number})).await;
        assert_eq!(answer.status, 422, "{number}: {}", answer.text);
    }
    for life in ["P99999999999Y", "PT-1H", "P0D", "-P1D", "P1Y2M3DT999999999999H", "\u{0}", "P"] {
        for field in ["expiresIn", "accountLifetime"] {
            let answer = admin.post("/api/invites", json!({field: life})).await;
            assert_eq!(answer.status, 422, "{field} {life}: {}", answer.text);
        }
    }
    for time in ["9999-12-31T23:59:59Z", "-009999-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "1e9"] {
        let answer = admin.post("/api/invites", json!({"expiresAt": time})).await;
        assert!(matches!(answer.status, 201 | 422), "{time}: {}", answer.text);
    }
    for list in [
        "limit=-1",
        "limit=99999999999999999999",
        "limit=0",
        "cursor=%00",
        "cursor=AAAA",
        "q=%00%ff",
        "sort=x",
        "state=x",
        "kind=x",
        "cursor=zz&cursor=yy",
    ] {
        for path in [
            "/api/users",
            "/api/invites",
            "/api/activity",
            "/admin/people",
            "/admin/invites",
            "/admin/activity",
        ] {
            let answer = admin.get(&format!("{path}?{list}")).await;
            assert!(
                matches!(answer.status, 200 | 422 | 400 | 404),
                "{path}?{list}: {} {}",
                answer.status,
                answer.text
            );
        }
    }
    // The first value of a field counts, everywhere alike.
    let twice = [
        ("username", ADMIN),
        ("username", "root"),
        ("password", ADMIN_PASSWORD),
        ("password", "x"),
    ];
    let answer = house.browser().submit("/login", &twice).await;
    assert!(matches!(answer.status, 303 | 422 | 400), "{}", answer.status);
    let deep = "[".repeat(30_000);
    let deep = house
        .program()
        .with_header("content-type", "application/json")
        .call("POST", "/api/auth/login", json!(deep))
        .await;
    assert!(matches!(deep.status, 400 | 422), "{}", deep.status);
    house.guest().get("/healthz").await.expect(200);
}

#[tokio::test]
async fn cookies_on_https_are_bound_to_the_host() {
    let house = House::new().await;
    let browser = house
        .browser()
        .with_header("host", "home.example.org")
        .with_header("x-forwarded-proto", "https")
        .with_header("x-forwarded-for", "203.0.113.9");
    let form = [("username", ADMIN), ("password", ADMIN_PASSWORD), ("keep", "on")];
    let answer = browser.submit("/login", &form).await.expect(303);
    let lines: Vec<_> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|line| line.to_str().unwrap().to_owned())
        .collect();
    // The session, the device, and by what somebody came in last.
    assert_eq!(lines.len(), 3, "{lines:?}");
    for line in lines {
        assert!(line.starts_with("__Host-latchkey"), "{line}");
        for part in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert!(!line.to_lowercase().contains("domain"), "{line}");
    }
    // A cookie without the prefix is nobody's here.
    let value = browser.cookies()["__Host-latchkey"].clone();
    browser.get("/admin").await.expect(200);
    browser.set_cookies([("latchkey".to_owned(), value)].into());
    browser.get("/admin").await.expect(303);
}

async fn every_page(house: &House, ids: &[String]) -> Vec<Answer> {
    let browser = house.admin_browser().await;
    let admin = house.admin().await;
    let mut answers = Vec::new();
    for row in web::routes::routes().into_iter().filter(|row| row.method == "GET") {
        let holes = row.pattern.contains('{');
        for id in ids.iter().take(if holes { ids.len() } else { 1 }) {
            let parts = row
                .pattern
                .split('/')
                .map(|part| if part.starts_with('{') { id.as_str() } else { part });
            let path = parts.collect::<Vec<_>>().join("/");
            answers.push(browser.get(&path).await);
            if row.pattern.starts_with("/api/") {
                answers.push(admin.get(&path).await);
            }
        }
    }
    answers
}

#[tokio::test]
async fn planted_markup_stays_text_and_planted_secrets_are_on_no_page() {
    let house = House::configured(&format!(
        "[texts]\ncontact = '{MARKUP}'\nhelp = '{MARKUP}'\nsuccess = '{MARKUP}'\n"
    ))
    .await;
    let key = house.jellyfin.add_key("planted");
    let admin = house.admin().await;
    let model = house.jellyfin.add_user("Model", "m", &serde_json::Map::new());
    house.jellyfin.add_library(MARKUP, Some("movies"));
    let second = json!({
        "id": "second", "label": MARKUP, "plugin": "jellyfin", "publicUrl": "https://media.example.org/?%22%3E%3Cscript%3E",
        "settings": {"url": house.jellyfin.url()}, "secrets": {"api_key": key},
    });
    admin.post("/api/backends", second).await.expect(201);
    let profile = json!({"backend": "jellyfin", "account": model, "name": "{{7*7}}<b>"});
    let captured = admin.post("/api/profiles/capture", profile).await.expect(201).json();
    let profile_name = captured["name"].as_str().unwrap().to_owned();
    let draft = json!({"label": MARKUP, "uses": 3, "profile": profile_name, "email": "a+{{7*7}}'@example.org"});
    let made = admin.post("/api/invites", draft).await;
    let code = if made.status == 201 {
        made.json()["code"].as_str().unwrap().to_owned()
    } else {
        house.invite(json!({"label": MARKUP, "uses": 3})).await
    };
    let user = json!({"username": "{{7+7}}'& x", "password": "planted-password-77", "label": MARKUP, "email": "a+{{7*7}}'@example.org"});
    let user =
        admin.post("/api/users", user).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let guest = house.browser();
    guest
        .submit(&format!("/invite/{code}/join"), &[("username", MARKUP), ("password", PHRASE)])
        .await;
    guest
        .submit(
            &format!("/invite/{code}/join"),
            &[("username", "{{7+7}}'& z"), ("password", "planted-password-77")],
        )
        .await;
    house
        .browser()
        .submit(
            "/login",
            &[("username", MARKUP), ("password", "planted-password-77"), ("next", MARKUP)],
        )
        .await;
    let agent = house.browser().with_header("user-agent", MARKUP);
    agent.submit("/login", &[("username", ADMIN), ("password", ADMIN_PASSWORD)]).await.expect(303);
    let ids: Vec<String> = vec![
        "jellyfin".into(),
        "second".into(),
        code.clone(),
        user,
        "%7B%7B7%2A7%7D%7D%3Cb%3E".into(),
        "%22%3E%3Cscript%3E%7B%7B7*7%7D%7D".into(),
    ];
    let mut answers = every_page(&house, &ids).await;
    answers.push(guest.get(&format!("/invite/{code}/join")).await);
    answers
        .push(house.browser().submit("/login", &[("username", MARKUP), ("password", "x")]).await);
    answers.push(house.browser().get(&format!("/login?{}", query(&[("next", MARKUP)]))).await);
    answers.push(house.browser().get(&format!("/setup?{}", query(&[("code", MARKUP)]))).await);
    assert!(answers.len() > 80, "{}", answers.len());
    let mut seen = 0;
    for answer in answers {
        assert_ne!(answer.status, 500, "{}", answer.asked);
        for secret in
            [key.as_str(), "planted-password-77", ADMIN_PASSWORD, "argon2", "lks_", "lkr_"]
        {
            assert!(!answer.text.contains(secret), "{} shows {secret}", answer.asked);
        }
        if answer.header("content-type").starts_with("text/html") {
            assert!(!answer.text.contains("<script>alert"), "{}\n{}", answer.asked, answer.text);
            assert!(!answer.text.contains("<b>"), "{}", answer.asked);
            let template = answer.text.contains(">49<")
                || answer.text.contains("14&#x27;")
                || answer.text.contains("&gt;49")
                || answer.text.contains("a+49");
            assert!(!template, "{}", answer.asked);
            seen += usize::from(answer.text.contains("&lt;script"));
        } else {
            let kind = answer.header("content-type");
            assert!(
                !answer.text.contains("<script>") || kind.contains("json"),
                "{} is {kind}",
                answer.asked
            );
        }
    }
    assert!(seen > 5, "the planted text was seen on {seen} pages");
}

#[tokio::test]
async fn the_activity_holds_no_code_no_address_and_no_token() {
    let house = House::new().await;
    let code = house
        .invite(json!({"uses": 2, "askEmail": "required", "email": "planted@example.org"}))
        .await;
    let guest = house.fresh_guest();
    let body = json!({"username": "Ada", "password": PHRASE, "email": "planted-too@example.org"});
    guest.post(&format!("/api/invites/{code}/accept"), body).await.expect(201);
    house.login("planted-typed-password", "x").await;
    let tokens = house.login("Ada", PHRASE).await.expect(200).json();
    let program = house.program().with_bearer(tokens["accessToken"].as_str().unwrap());
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let admin = house.admin().await;
    admin
        .call("PATCH", &format!("/api/users/{id}"), json!({"email": "planted-three@example.org"}))
        .await
        .expect(200);
    let change = json!({"current": PHRASE, "new": "an even better phrase"});
    program.post("/api/auth/change-password", change).await.expect(200);
    admin.call("DELETE", &format!("/api/invites/{code}"), Value::Null).await.expect(204);
    let log = admin.get("/api/activity?limit=200").await.expect(200).text;
    for planted in [code.as_str(), "planted", PHRASE, "better phrase", "lkr_", "eyJ"] {
        assert!(!log.contains(planted), "{planted} in {log}");
    }
}

#[tokio::test]
async fn two_admins_who_demote_each_other_leave_one() {
    let house = House::new().await;
    let admin = house.admin().await;
    let make = |name: &str| json!({"username": name, "password": PHRASE, "role": "admin"});
    let one = admin.post("/api/users", make("One")).await.expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let first = admin.get("/api/users?limit=200").await.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|user| user["setupAdmin"] == true)
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = house.signed_in("One", PHRASE).await;
    let demote = json!({"role": "user"});
    for call in [
        ("PATCH", format!("/api/users/{first}"), demote.clone()),
        ("DELETE", format!("/api/users/{first}"), Value::Null),
        ("POST", format!("/api/users/{first}/disable"), json!({})),
    ] {
        let answer = other.call(call.0, &call.1, call.2).await;
        assert_eq!(answer.status, 403, "{}: {}", answer.asked, answer.text);
    }
    admin.call("PATCH", &format!("/api/users/{one}"), demote).await.expect(200);
    // Another role ends what was begun with the old one.
    other.get("/api/users").await.expect(401);
    let demoted = house.signed_in("One", PHRASE).await;
    demoted.get("/api/users").await.expect(403);
    demoted.get("/api/auth/me").await.expect(200);
}

#[tokio::test]
async fn a_closed_invite_is_gone_before_anything_else_is_said() {
    let house = House::new().await;
    let spent = house.invite(json!({"uses": 1})).await;
    house.sign_up(&spent, "Ada", PHRASE).await.expect(201);
    let revoked = house.invite(json!({"uses": 1})).await;
    let admin = house.admin().await;
    admin
        .call("PATCH", &format!("/api/invites/{revoked}"), json!({"revoked": true}))
        .await
        .expect(200);
    let late = house.invite(json!({"uses": 1, "expiresIn": "PT1H"})).await;
    house.clock.advance(SignedDuration::from_secs(3_600));
    let mut bodies = Vec::new();
    for code in [&spent, &revoked, &late, "00000000000000000000000000", "x", "%22%3E"] {
        for body in [
            json!({"username": "Ada", "password": PHRASE}),
            json!({"username": 3}),
            json!({}),
            json!({"username": "New", "password": PHRASE}),
        ] {
            let answer = house
                .fresh_guest()
                .post(&format!("/api/invites/{code}/accept"), body)
                .await
                .expect(410);
            let mut told = answer.json();
            told.as_object_mut().unwrap().remove("reference");
            bodies.push(told);
        }
        let answer =
            house.fresh_guest().get(&format!("/api/invites/{code}/offer")).await.expect(410);
        let mut told = answer.json();
        told.as_object_mut().unwrap().remove("reference");
        bodies.push(told);
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
}

#[tokio::test]
async fn forwarded_names_choose_no_link() {
    let house = House::new().await;
    let admin = house.admin().await;
    let visitor: Visitor = admin.with_header("x-forwarded-host", "evil.example");
    assert_eq!(visitor.get("/api/invites").await.status, 421);
    let visitor =
        admin.with_header("host", "nas.local:8443").with_header("x-forwarded-proto", "http");
    let made = visitor.post("/api/invites", json!({"uses": 1})).await.expect(201).json();
    assert!(made["url"].as_str().unwrap().starts_with("https://home.example.org/invite/"));
}
