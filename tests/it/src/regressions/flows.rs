//! Steps of a sign-in out of order, twice, empty, or by another browser.

use crate::oidc::{Door, at_home};
use harness::House;
use serde_json::{Value, json};

/// A stage was passed by sending nothing (authentik 2026.5.1): every step alone, empty and twice.
#[tokio::test]
async fn cve_2026_49443_no_step_is_passed_by_an_empty_or_repeated_one() {
    let there = Door::open().await;
    let house: &House = &there.house;
    let steps = [
        ("GET", "/api/auth/id/callback", Value::Null),
        ("GET", "/api/auth/id/callback?code=&state=", Value::Null),
        ("GET", "/api/auth/id/callback?code=a&code=b&state=c&state=d", Value::Null),
        ("GET", "/api/auth/id/callback?error=access_denied", Value::Null),
        ("GET", "/api/auth/id/home-users", Value::Null),
        ("POST", "/api/auth/id/switch-profile", json!({})),
        ("POST", "/api/auth/id/switch-profile", json!({"id": "", "pin": ""})),
        ("POST", "/api/auth/second-factor", json!({})),
        ("POST", "/api/auth/second-factor", json!({"ticket": "", "code": ""})),
        ("POST", "/api/auth/token/login", json!({})),
        ("POST", "/api/auth/token/login", json!({"token": ""})),
        ("POST", "/api/auth/login", json!({})),
        ("POST", "/api/auth/refresh", json!({"refreshToken": ""})),
    ];
    for (method, path, body) in &steps {
        for visitor in [at_home(house), house.guest()] {
            let answer = visitor.call(method, path, body.clone()).await;
            assert!(answer.status != 200 || !answer.text.contains("accessToken"), "{path}");
            assert_ne!(answer.status, 500, "{path}: {}", answer.text);
            let session = visitor.cookies().keys().any(|name| name.ends_with("latchkey"));
            assert!(!session, "{method} {path} gave a session");
            visitor.get("/api/auth/me").await.expect(401);
        }
    }
    for (path, fields) in [
        ("/login", vec![]),
        ("/login/home-user", vec![]),
        ("/login/home-user", vec![("id", ""), ("pin", "")]),
        ("/login/second-factor", vec![]),
        ("/login/second-factor", vec![("code", "")]),
    ] {
        let browser = house.browser();
        let answer = browser.submit(path, &fields).await;
        assert_ne!(answer.status, 500, "{path}: {}", answer.text);
        assert!(
            !browser.cookies().keys().any(|name| name.ends_with("latchkey")),
            "{path} gave a session"
        );
    }
}

/// All conditions of a flow count, each alone (Pocket ID 2.4.0 asked for two at once): another browser,
/// another state, a second time, too late.
#[tokio::test]
async fn cve_2026_28513_each_condition_of_a_flow_counts_alone() {
    let there = Door::open().await;
    let house: &House = &there.house;
    let claims = json!({"preferred_username": "zoe"});
    for lie in ["browser", "state", "twice", "late", "none"] {
        let browser = at_home(house);
        let back = there.to_the_callback(&browser, "sub-zoe", claims.clone()).await;
        let answer = match lie {
            "browser" => at_home(house).get(&back).await,
            "state" => {
                let (before, _state) = back.split_once("state=").expect("a state");
                let rest = back
                    .split_once("state=")
                    .unwrap()
                    .1
                    .split_once('&')
                    .map_or("", |(_, rest)| rest);
                browser.get(&format!("{before}state=forged&{rest}")).await
            }
            "twice" => {
                browser.follow(browser.get(&back).await).await;
                browser.submit("/logout", &[]).await;
                browser.get(&back).await
            }
            "late" => {
                house.clock.advance(jiff::SignedDuration::from_mins(11));
                browser.get(&back).await
            }
            _ => browser.get(&back).await,
        };
        let here = browser.get("/api/auth/me").await.status == 200 && lie != "browser";
        assert_eq!(here, lie == "none", "{lie}: {} {}", answer.status, answer.text);
    }
}
