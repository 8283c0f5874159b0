//! What a found session, an API token or a clumsy admin must not bring about.

use crate::factors::authenticator::Authenticator;
use harness::{ADMIN, ADMIN_PASSWORD, House, Visitor};
use jiff::SignedDuration;
use serde_json::{Value, json};
use web::access::scope_of;
use web::routes::routes;

/// Whoever changes one of these comes into the house, or reads what is sent to others.
const DEEP: [(&str, Value); 2] =
    [("signin.admins_need_second_factor", Value::Bool(false)), ("server.public_url", Value::Null)];

async fn refused(who: &Visitor) {
    for (key, value) in DEEP {
        let answer = who.call("PATCH", "/api/settings", json!({key: value})).await.expect(403);
        assert_eq!(answer.code(), "stale-sign-in", "{key}");
    }
    for table in
        [json!({"signin": {"registration": "open"}}), json!({"signin.registration": "open"})]
    {
        who.call("PATCH", "/api/settings", table).await.expect(403);
    }
    who.call("PATCH", "/api/settings", json!({"texts.contact": "Ask me"})).await.expect(200);
}

#[tokio::test]
async fn neither_a_found_session_nor_an_api_token_changes_how_people_come_in() {
    let house = House::configured("").await;
    let (admin, browser) = (house.admin().await, house.admin_browser().await);
    let draft = json!({"name": "x", "scopes": ["settings:write"]});
    let made = admin.post("/api/tokens", draft).await.expect(201).json();
    refused(&house.program().with_bearer(made["token"].as_str().unwrap())).await;
    let fresh = json!({"signin.registration": "approval"});
    admin.call("PATCH", "/api/settings", fresh).await.expect(200);
    house.clock.advance(SignedDuration::from_mins(11));
    refused(&admin).await;
    let form = [("server.public_url", "https://evil.example.org"), ("texts.contact", "Ask me")];
    let led = browser.submit("/admin/settings", &form).await;
    assert!(matches!(led.status, 303 | 403), "{}", led.status);
    let kept = admin.get("/api/settings").await.expect(200).text;
    assert!(!kept.contains("evil.example.org"), "{kept}");
}

/// A mail's text holds the link to somebody's new password.
#[test]
fn the_texts_of_mails_are_for_who_signed_in_lately() {
    let rows = routes().into_iter().filter(|row| row.pattern.contains("/mail/templates/"));
    let changing: Vec<_> =
        rows.filter(|row| row.method != "GET" && !row.pattern.ends_with("/preview")).collect();
    assert_eq!(changing.len(), 4);
    for row in changing {
        assert!(row.recent, "{} {}", row.method, row.pattern);
        assert_eq!(scope_of(&row), None, "{} {}", row.method, row.pattern);
    }
}

#[tokio::test]
async fn the_last_passkey_stays_where_nothing_else_lets_its_owner_in() {
    let house = House::new().await;
    let there = house.admin().await.with_header("host", "home.example.org");
    let there = there.with_header("x-forwarded-for", "203.0.113.9");
    let begun = there.post("/api/auth/passkeys/register/begin", json!({})).await.expect(200).json();
    let mut device = Authenticator::new("https://home.example.org");
    let body = json!({"name": "My phone", "credential": device.create(&begun)});
    there.post("/api/auth/passkeys/register/finish", body).await.expect(201);
    // With a passkey one may do without local passwords.
    let off = json!({"signin.local_login": false});
    there.call("PATCH", "/api/settings", off).await.expect(200);
    house.login(ADMIN, ADMIN_PASSWORD).await.expect(401);
    let path = format!("/api/auth/passkeys/{}", device.id());
    let last = there.call("DELETE", &path, Value::Null).await.expect(403);
    assert_eq!(last.code(), "last-way-in");
    let on = json!({"signin.local_login": true});
    there.call("PATCH", "/api/settings", on).await.expect(200);
    there.call("DELETE", &path, Value::Null).await.expect(204);
}
