//! Second factors and passkeys, through the running program.

pub(crate) mod authenticator;

use authenticator::{Authenticator, PRESENT};
use aws_lc_rs::hmac;
use harness::{ADMIN, ADMIN_PASSWORD, Answer, House, Visitor};
use jiff::SignedDuration;
use serde_json::{Value, json};
use web::program::Access;
use web::routes::routes;

const PHRASE: &str = "a good long phrase";
const SITE: &str = "https://home.example.org";

/// What an app shows for that secret now: another pair of eyes than the program's.
fn app_code(house: &House, secret: &str) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String =
        secret.chars().map(|letter| format!("{:05b}", LETTERS.find(letter).unwrap())).collect();
    let key: Vec<u8> = (0..bits.len() / 8)
        .map(|byte| u8::from_str_radix(&bits[byte * 8..byte * 8 + 8], 2).unwrap())
        .collect();
    let step = u64::try_from(house.clock.now().as_second()).unwrap() / 30;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let offset = usize::from(tag.as_ref()[19] & 0xf);
    let four: [u8; 4] = tag.as_ref()[offset..offset + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

/// The next code: an app shows one every half minute.
fn next_code(house: &House, secret: &str) -> String {
    house.clock.advance(SignedDuration::from_secs(30));
    app_code(house, secret)
}

/// Sets an app up; its secret and the recovery codes.
async fn enrol(house: &House, who: &Visitor) -> (String, Vec<String>) {
    let begun = who.post("/api/auth/totp/begin", json!({})).await.expect(200).json();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/Latchkey:"));
    assert!(begun["qr"].as_str().unwrap().starts_with("<svg"));
    let code = app_code(house, &secret);
    let done = who.post("/api/auth/totp/confirm", json!({"code": code})).await.expect(200).json();
    let codes = done["recoveryCodes"].as_array().unwrap();
    (secret, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

async fn ticket(house: &House, name: &str, password: &str) -> String {
    let asked = house.login(name, password).await.expect(428);
    assert_eq!(asked.code(), "second-factor");
    asked.json()["ticket"].as_str().unwrap().to_owned()
}

async fn give(house: &House, ticket: &str, code: &str) -> Answer {
    let body = json!({"ticket": ticket, "code": code});
    house.program().post("/api/auth/second-factor", body).await
}

fn bearer(house: &House, answer: &Answer) -> Visitor {
    house.program().with_bearer(answer.json()["accessToken"].as_str().expect("a token"))
}

/// Where passkeys belong to: the public address, through its proxy.
fn at_home(visitor: &Visitor) -> Visitor {
    visitor.with_header("host", "home.example.org").with_header("x-forwarded-for", "203.0.113.9")
}

async fn add_passkey(who: &Visitor, name: &str) -> (Authenticator, Answer) {
    let who = at_home(who);
    let options = who.post("/api/auth/passkeys/register/begin", json!({})).await.expect(200).json();
    let mut device = Authenticator::new(SITE);
    let body = json!({"name": name, "credential": device.create(&options)});
    let answer = who.post("/api/auth/passkeys/register/finish", body).await;
    (device, answer)
}

#[tokio::test]
async fn a_program_gives_its_second_factor() {
    let house = House::new().await;
    let admin = house.admin().await;
    let (secret, codes) = enrol(&house, &admin).await;
    assert_eq!(codes.len(), 10);
    let asked = house.login(ADMIN, ADMIN_PASSWORD).await.expect(428).json();
    assert_eq!(asked["ways"], json!(["totp", "recovery-code"]));
    let held = ticket(&house, ADMIN, ADMIN_PASSWORD).await;
    assert_eq!(give(&house, &held, "000000").await.expect(401).code(), "wrong-credential");
    let inside =
        bearer(&house, &give(&house, &held, &next_code(&house, &secret)).await.expect(200));
    let has = inside.get("/api/auth/factors").await.expect(200).json();
    assert_eq!((&has["strength"], &has["recoveryCodesLeft"]), (&json!("double"), &json!(10)));
    assert_eq!(give(&house, &held, &next_code(&house, &secret)).await.expect(410).code(), "gone");
    let held = ticket(&house, ADMIN, ADMIN_PASSWORD).await;
    give(&house, &held, &codes[4]).await.expect(200);
    let held = ticket(&house, ADMIN, ADMIN_PASSWORD).await;
    give(&house, &held, &codes[4]).await.expect(401);
    let page = inside.get("/api/activity?kind=second-factor-refused").await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2, "{page}");
}

#[tokio::test]
async fn a_browser_signs_in_in_two_steps_without_script() {
    let house = House::new().await;
    let browser = house.admin_browser().await;
    let page = browser.submit("/account/security/app", &[]).await.expect(200).text;
    let secret: String = page
        .split("<code")
        .nth(1)
        .unwrap()
        .split_once(">")
        .unwrap()
        .1
        .split('<')
        .next()
        .unwrap()
        .replace(' ', "");
    let wrong = browser.submit("/account/security/app/confirm", &[("code", "000000")]).await;
    assert!(wrong.expect(422).text.contains(&secret[..4]), "the same secret again");
    let code = app_code(&house, &secret);
    let done =
        browser.submit("/account/security/app/confirm", &[("code", &code)]).await.expect(200);
    assert_eq!(done.text.matches("<li><code>").count(), 10);
    browser.get("/account/security").await.expect(200);

    let browser = house.browser();
    let form = [("username", ADMIN), ("password", ADMIN_PASSWORD), ("next", "/admin/people")];
    let asked = browser.submit("/login", &form).await.expect(303);
    assert_eq!(asked.header("location"), "/login/second-factor?next=%2Fadmin%2Fpeople");
    assert!(!browser.cookies().contains_key("latchkey"), "no session yet");
    browser.get("/admin").await.expect(303);
    let page = browser.get(asked.header("location")).await.expect(200).text;
    assert!(page.contains("name=\"next\" value=\"/admin/people\""), "{page}");
    let wrong = browser.submit("/login/second-factor", &[("code", "000000")]).await.expect(401);
    assert!(wrong.text.contains("f-code-problem"));
    let code = next_code(&house, &secret);
    let typed = [("code", code.as_str()), ("next", "/admin/people")];
    let inside = browser.submit("/login/second-factor", &typed).await.expect(303);
    assert_eq!(inside.header("location"), "/admin/people");
    assert!(!browser.cookies().contains_key("latchkey-ticket"));
    browser.get("/admin/people").await.expect(200);
    // Without a ticket there is nothing to do here.
    let nobody = house.browser();
    let away = nobody.get("/login/second-factor").await.expect(303);
    assert_eq!(away.header("location"), "/login");
    nobody.submit("/login/second-factor", &[("code", &code)]).await.expect(410);
}

/// Regression 6: a sign-in that is half done is no sign-in, wherever it is shown.
#[tokio::test]
async fn tinyauth_f1e869a_a_ticket_opens_nothing_but_the_second_step() {
    let house = House::new().await;
    enrol(&house, &house.admin().await).await;
    let held = ticket(&house, ADMIN, ADMIN_PASSWORD).await;
    let browser = house.browser();
    browser
        .submit("/login", &[("username", ADMIN), ("password", ADMIN_PASSWORD)])
        .await
        .expect(303);
    let in_cookies = browser.cookies()["latchkey-ticket"].clone();
    let states = [house.program().with_bearer(&held), browser.clone(), {
        let thief = house.browser();
        thief.set_cookies([("latchkey".to_owned(), in_cookies)].into());
        thief
    }];
    for row in routes() {
        if matches!(row.access, Access::Public | Access::Setup) {
            continue;
        }
        let path =
            row.pattern.replace("{id}", "00000000000000000000000000").replace(['{', '}'], "");
        let body = if row.method == "GET" { Value::Null } else { json!({}) };
        for (number, state) in states.iter().enumerate() {
            let answer = state.call(row.method, &path, body.clone()).await;
            let refused = match answer.status {
                401 => true,
                303 => answer.header("location").starts_with("/login"),
                _ => false,
            };
            assert!(refused, "{} {path} in state {number}: {}", row.method, answer.status);
        }
    }
}

#[tokio::test]
async fn an_admin_without_a_second_factor_reaches_only_what_sets_one_up() {
    let house = House::with_more("[signin]\nadmins_need_second_factor = true\n").await;
    let (admin, browser) = (house.admin().await, house.admin_browser().await);
    let mut driven = 0;
    for row in routes().into_iter().filter(|row| row.access == Access::Admin) {
        let path =
            row.pattern.replace("{id}", "00000000000000000000000000").replace(['{', '}'], "");
        let body = if row.method == "GET" { Value::Null } else { json!({}) };
        let answer = admin.call(row.method, &path, body.clone()).await;
        if path.starts_with("/api/") {
            assert_eq!(answer.code(), "second-factor-needed", "{} {path}", row.method);
            assert_eq!(answer.status, 403);
        } else {
            let led = browser.call(row.method, &path, body).await;
            assert_eq!((led.status, led.header("location")), (303, "/account/security"), "{path}");
        }
        driven += 1;
    }
    assert!(driven > 50);
    for open in ["/account", "/account/security"] {
        browser.get(open).await.expect(200);
    }
    let page = browser.get("/account/security").await.expect(200).text;
    assert!(page.contains("note warn"), "it says why");
    assert_eq!(admin.get("/api/auth/factors").await.expect(200).json()["required"], true);
    let (secret, _codes) = enrol(&house, &admin).await;
    admin.get("/api/users").await.expect(200);
    // Whoever takes the last one away has to set one up again.
    let held = ticket(&house, ADMIN, ADMIN_PASSWORD).await;
    let again = bearer(&house, &give(&house, &held, &next_code(&house, &secret)).await.expect(200));
    again.get("/api/users").await.expect(200);
    again.call("DELETE", "/api/auth/totp", Value::Null).await.expect(204);
    assert_eq!(again.get("/api/users").await.expect(403).code(), "second-factor-needed");
}

/// ASVS 7.5: what a session that somebody found must not be able to do.
#[tokio::test]
async fn a_stale_sign_in_changes_nothing_that_matters() {
    let house = House::new().await;
    let (admin, browser) = (house.admin().await, house.admin_browser().await);
    let id = house.user_named(ADMIN).await["id"].as_str().unwrap().to_owned();
    house.clock.advance(SignedDuration::from_mins(11));
    let mut driven = 0;
    for row in routes().into_iter().filter(|row| row.recent) {
        let path = row.pattern.replace("{id}", &id).replace(['{', '}'], "");
        let body = if row.method == "GET" { Value::Null } else { json!({}) };
        if path.starts_with("/api/") {
            let answer = admin.call(row.method, &path, body).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "stale-sign-in"),
                "{} {path}",
                row.method
            );
        } else {
            let led = browser.call(row.method, &path, body).await.expect(303);
            let to = led.header("location");
            assert!(to.starts_with("/login?again=on&next=%2F"), "{} {path}: {to}", row.method);
            if row.method == "GET" {
                assert!(to.ends_with(&path.replace('/', "%2F")), "{path}: {to}");
            }
        }
        driven += 1;
    }
    assert!(driven > 35, "{driven}");
    for body in [json!({"role": "user"}), json!({"email": "mallory@example.org"})] {
        let answer = admin.call("PATCH", &format!("/api/users/{id}"), body).await.expect(403);
        assert_eq!(answer.code(), "stale-sign-in");
    }
    let body = json!({"username": "Mallory", "password": PHRASE, "role": "admin"});
    assert_eq!(admin.post("/api/users", body).await.expect(403).code(), "stale-sign-in");
    admin.get("/api/users").await.expect(200);
    // Signing in again leads back.
    let form = [("username", ADMIN), ("password", ADMIN_PASSWORD), ("next", "/account/security")];
    let back = browser.submit("/login", &form).await.expect(303);
    assert_eq!(back.header("location"), "/account/security");
    browser.submit("/account/security/app", &[]).await.expect(200);
}

#[tokio::test]
async fn a_sign_in_is_fresh_after_both_proofs_only() {
    let house = House::new().await;
    let browser = house.admin_browser().await;
    let (secret, _codes) = enrol(&house, &house.admin().await).await;
    let form = [("username", ADMIN), ("password", ADMIN_PASSWORD), ("next", "/account/security")];
    browser.submit("/login", &form).await.expect(303);
    let code = next_code(&house, &secret);
    browser.submit("/login/second-factor", &[("code", &code)]).await.expect(303);
    house.clock.advance(SignedDuration::from_mins(11));
    // The first proof anew, and not the second.
    browser.submit("/login", &form).await.expect(303);
    let stale = browser.submit("/account/security/app", &[]).await.expect(303);
    assert!(stale.header("location").starts_with("/login?again=on"), "{stale:?}");
    let code = next_code(&house, &secret);
    browser.submit("/login/second-factor", &[("code", &code)]).await.expect(303);
    browser.submit("/account/security/app", &[]).await.expect(200);
}

#[tokio::test]
async fn pocket_id_fe003b9_a_passkey_signs_in_alone_and_a_challenge_counts_once() {
    let house = House::new().await;
    let admin = house.admin().await;
    let (mut device, added) = add_passkey(&admin, "My phone").await;
    assert_eq!(added.expect(201).json()["recoveryCodes"].as_array().unwrap().len(), 10);
    let guest = at_home(&house.program());
    let begin = async || {
        let begun = guest.post("/api/auth/passkeys/login/begin", json!({})).await;
        begun.expect(200).json()
    };
    let finish = async |credential: Value| {
        let body = json!({"credential": credential});
        guest.post("/api/auth/passkeys/login/finish", body).await
    };
    let signed = device.get(&begin().await);
    let inside = bearer(&house, &finish(signed.clone()).await.expect(200));
    let has = inside.get("/api/auth/factors").await.expect(200).json();
    assert_eq!(has["strength"], "double");
    assert!(!has["passkeys"][0]["usedAt"].is_null());
    let me = inside.get("/api/auth/me").await.expect(200).json();
    assert_eq!(me["provider"]["id"], "passkey");
    // Regression 10: a challenge is signed once.
    finish(signed).await.expect(410);
    let held = house.login(ADMIN, ADMIN_PASSWORD).await.expect(428).json();
    assert_eq!(held["ways"], json!(["passkey", "recovery-code"]));
    let ticket = held["ticket"].clone();
    let options =
        guest.post("/api/auth/passkeys/second/begin", json!({"ticket": ticket})).await.expect(200);
    let body = json!({"ticket": ticket, "credential": device.get(&options.json())});
    let done = guest.post("/api/auth/passkeys/second/finish", body.clone()).await.expect(200);
    bearer(&house, &done).get("/api/users").await.expect(200);
    guest.post("/api/auth/passkeys/second/finish", body).await.expect(410);
}

#[tokio::test]
async fn a_passkey_that_is_odd_in_any_way_is_refused() {
    let house = House::new().await;
    let admin = house.admin().await;
    let (mut device, added) = add_passkey(&admin, "My phone").await;
    added.expect(201);
    let guest = at_home(&house.program());
    let begin =
        async || guest.post("/api/auth/passkeys/login/begin", json!({})).await.expect(200).json();
    let finish = async |credential: Value| {
        let body = json!({"credential": credential});
        guest.post("/api/auth/passkeys/login/finish", body).await.status
    };
    device.flags = PRESENT;
    assert_eq!(finish(device.get(&begin().await)).await, 401, "nobody was verified");
    device.flags = 5;
    "https://evil.example.org".clone_into(&mut device.origin);
    assert_eq!(finish(device.get(&begin().await)).await, 401, "another origin");
    SITE.clone_into(&mut device.origin);
    let mut changed = device.get(&begin().await);
    changed["response"]["signature"] = json!("AAAA");
    assert_eq!(finish(changed).await, 401, "another signature");
    assert_eq!(finish(Authenticator::new(SITE).get(&begin().await)).await, 401, "unknown");
    let late = begin().await;
    house.clock.advance(SignedDuration::from_secs(301));
    assert_eq!(finish(device.get(&late)).await, 410, "too late");
    device.counter = 40;
    let body = json!({"credential": device.get(&begin().await)});
    let inside = guest.post("/api/auth/passkeys/login/finish", body).await.expect(200);
    device.counter = 3;
    assert_eq!(finish(device.get(&begin().await)).await, 401, "a copy counts backwards");
    for nonsense in [json!({}), json!({"id": "x", "response": {}})] {
        assert!(matches!(finish(nonsense).await, 401 | 422));
    }
    // A challenge for one thing is not good for another.
    let admin = at_home(&bearer(&house, &inside));
    let making =
        admin.post("/api/auth/passkeys/register/begin", json!({})).await.expect(200).json();
    let mut mixed = begin().await;
    mixed["publicKey"]["challenge"] = making["publicKey"]["challenge"].clone();
    assert_eq!(finish(device.get(&mixed)).await, 410);
}

#[tokio::test]
async fn passkeys_are_offered_only_where_browsers_have_them() {
    let house = House::new().await;
    let begin = "/api/auth/passkeys/login/begin";
    at_home(&house.program()).post(begin, json!({})).await.expect(200);
    for host in ["192.0.2.7", "localhost", "nas.local:8443"] {
        let there = house.program().with_header("host", host);
        let answer = there.post(begin, json!({})).await;
        assert!(matches!(answer.status, 404 | 421), "{host}: {}", answer.status);
        let page = there.get("/login").await;
        assert!(!page.text.contains("data-passkey"), "{host}");
    }
    let unnamed = House::configured("").await;
    let local = unnamed.program().with_header("host", "localhost");
    local.post(begin, json!({})).await.expect(200);
    assert!(local.get("/login").await.expect(200).text.contains("data-passkey"));
    unnamed.program().post(begin, json!({})).await.expect(404);
}

#[tokio::test]
async fn nobody_touches_the_passkeys_of_others() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let ada = house.signed_in("Ada", PHRASE).await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Bob", PHRASE).await.expect(201);
    let bob = house.signed_in("Bob", PHRASE).await;
    let (device, added) = add_passkey(&bob, "Bob's").await;
    added.expect(201);
    let path = format!("/api/auth/passkeys/{}", device.id());
    ada.call("PATCH", &path, json!({"name": "mine"})).await.expect(404);
    ada.call("DELETE", &path, Value::Null).await.expect(404);
    // What one browser was asked to make, another person cannot add.
    let ada = at_home(&ada);
    let options = ada.post("/api/auth/passkeys/register/begin", json!({})).await.expect(200).json();
    let mut made = Authenticator::new(SITE);
    let body = json!({"name": "stolen", "credential": made.create(&options)});
    let bob = at_home(&bob);
    bob.post("/api/auth/passkeys/register/finish", body.clone()).await.expect(410);
    ada.post("/api/auth/passkeys/register/finish", body).await.expect(410);
    let has = ada.get("/api/auth/passkeys").await.expect(200).json();
    assert!(has["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn an_admin_helps_who_lost_everything() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let ada = house.signed_in("Ada", PHRASE).await;
    enrol(&house, &ada).await;
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let browser = house.admin_browser().await;
    let path = format!("/admin/people/{id}/second-factor");
    browser.get(&path).await.expect(200);
    house.login("Ada", PHRASE).await.expect(428);
    browser.submit(&path, &[]).await.expect(303);
    ada.get("/api/auth/me").await.expect(401);
    house.login("Ada", PHRASE).await.expect(200);
}

#[tokio::test]
async fn local_passwords_can_be_switched_off() {
    let house = House::with_more("[signin]\nlocal_login = false\n").await;
    let offered = house.guest().get("/api/auth/providers").await.expect(200).json();
    assert_eq!(offered["localLoginDisabled"], true);
    let listed = offered["providers"].as_array().unwrap();
    assert!(listed.iter().all(|one| one["id"] != "local"), "{offered}");
    let right = house.login(ADMIN, ADMIN_PASSWORD).await;
    let wrong = house.login(ADMIN, "whatever phrase").await;
    assert_eq!((right.status, right.code()), (wrong.status, wrong.code()));
    assert_eq!(right.status, 401);
    let body = json!({"username": ADMIN, "password": ADMIN_PASSWORD});
    // Asked for by name it is what any provider is that is not there.
    house.program().post("/api/auth/admin/login", body).await.expect(404);
    // The console's way in is always open.
    let link = service::console::login_link(&house.service(), ADMIN).await.unwrap();
    house.browser().submit(link.path.expose(), &[]).await.expect(303);
}
