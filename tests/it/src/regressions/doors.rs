//! Ways in that lead elsewhere: whom they let in, where they lead, what they fetch.

use crate::oidc::{Door, at_home};
use harness::ADMIN;
use serde_json::{Value, json};

/// Somebody who is called like somebody here, or has their address, is nobody here (jellyfin-plugin-sso
/// 26): they wait for an admin, under another name, and nothing is linked.
#[tokio::test]
async fn flowfin_26_an_identity_with_a_name_that_is_taken_is_somebody_else() {
    let there = Door::open().await;
    let admin_before = there.house.user_named(ADMIN).await;
    let claims =
        json!({"preferred_username": ADMIN, "email": "keeper@example.org", "email_verified": true});
    let visitor = there.come_in("sub-of-somebody", claims).await;
    let me = visitor.get("/api/auth/me").await;
    assert_eq!(me.status, 401, "they came in: {}", me.text);
    assert_eq!(there.house.user_named(ADMIN).await["accounts"], admin_before["accounts"]);
    let admin = there.house.admin().await;
    let waiting = admin.get("/api/approvals").await.expect(200).json();
    let asked = &waiting["items"][0];
    let path = format!("/api/users/{}", asked["user"].as_str().unwrap());
    let made = admin.get(&path).await.expect(200).json();
    assert_ne!(made["username"], Value::from(ADMIN), "{made}");
    assert_eq!((&made["state"], &made["role"]), (&json!("pending"), &json!("user")), "{made}");
    assert_eq!(asked["username"], made["username"], "the admin is told the name they would have");
    assert_eq!(waiting["items"].as_array().map(Vec::len), Some(1));
}

/// Where somebody is led afterwards is one of our own pages (Audiobookshelf 2.36.0).
#[tokio::test]
async fn audiobookshelf_0ce3700_cve_2025_57800_no_answer_leads_elsewhere() {
    let there = Door::open().await;
    let hosts =
        ["evil.org", "evil.org:443", "127.0.0.1.evil.org", "evil.org%2f..", "xn--vil-qpa.org"];
    let shapes = [
        "//HOST",
        "///HOST",
        "////HOST",
        "/\\HOST",
        "\\/HOST",
        "\\\\HOST",
        "/\\/HOST",
        "https://HOST",
        "https:HOST",
        "https:/HOST",
        "https:///HOST",
        "http:\\\\HOST",
        "HTTPS://HOST",
        "//HOST/%2f..",
        "/\t/HOST",
        "/\n/HOST",
        "\t//HOST",
        " //HOST",
        "/%09/HOST",
        "//a@HOST",
        "//HOST@127.0.0.1",
        "https://127.0.0.1@HOST",
        "https://HOST#127.0.0.1",
        "https://HOST?127.0.0.1",
        "javascript:alert(1)//HOST",
        "java\tscript:alert(1)//HOST",
        "data:text/html,HOST",
        "/..//HOST",
        "/.//HOST",
        "/./\\HOST",
        "/x/..//HOST",
        "//HOST:80",
        "//[::1]@HOST",
        "/\u{2028}/HOST",
        "/\u{3000}/HOST",
        "//\u{ff0f}HOST",
        "\u{ff0f}\u{ff0f}HOST",
        "/%5cHOST",
        "/%2fHOST",
        "%2f%2fHOST",
        "?next=//HOST",
        "#//HOST",
        "@HOST",
        ":HOST",
        ".HOST",
        "HOST",
        "login@HOST",
        "//HOST\\@127.0.0.1",
        "/\u{0}/HOST",
        "x:y//HOST",
    ];
    let mut tried = 0;
    for host in hosts {
        for shape in shapes {
            let next = shape.replace("HOST", host);
            let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let login = at_home(&there.house).get(&format!("/login?next={query}")).await;
            assert_eq!(login.status, 200, "{next:?}");
            assert!(
                !login.text.contains("evil.org\" ") || !login.text.contains("action=\"http"),
                "{next:?}"
            );
            let way = at_home(&there.house).get(&format!("/api/auth/id/login?next={query}")).await;
            if matches!(way.status, 302 | 303) {
                let location = way.header("location").to_owned();
                assert!(location.starts_with(&there.issuer.url()), "{next:?} leads to {location}");
            }
            tried += 2;
            if tried % 100 == 0 {
                // Beginning a sign-in is rationed.
                there.house.clock.advance(jiff::SignedDuration::from_mins(11));
            }
        }
    }
    assert!(tried >= 500, "{tried}");
    there.house.clock.advance(jiff::SignedDuration::from_mins(11));
    // All the way through with the worst of them: the end is a page of ours.
    for next in ["//evil.org", "https://evil.org", "/\\evil.org"] {
        let end =
            there.come_in_with_next("sub-1", json!({"preferred_username": "zoe"}), next).await;
        let location = end.header("location").to_owned();
        assert!(location.starts_with('/') && !location.starts_with("//"), "{next}: {location}");
    }
}

/// Pictures are fetched from nowhere inside (Vaultwarden 1.37.0), and a redirect is not followed (Wizarr).
#[tokio::test]
async fn ghsa_hw4g_2v3f_74x5_a_picture_reaches_nothing_inside() {
    let there = Door::open().await;
    let trap = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = trap.local_addr().unwrap().port();
    let inside = [
        format!("http://127.0.0.1:{port}/a.png"),
        format!("http://localhost:{port}/a.png"),
        format!("http://[::ffff:127.0.0.1]:{port}/a.png"),
        format!("http://2130706433:{port}/a.png"),
        format!("http://0177.0.0.1:{port}/a.png"),
        format!("https://127.0.0.1:{port}/a.png"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "file:///etc/passwd".to_owned(),
        there.house.url("/api/users"),
    ];
    for (number, picture) in inside.iter().enumerate() {
        let name = format!("zoe{number}");
        let claims = json!({"preferred_username": name, "picture": picture});
        let visitor = there.come_in(&format!("sub-{number}"), claims).await;
        let me = visitor.get("/api/auth/me").await.expect(200).json();
        let id = me["user"]["id"].as_str().unwrap().to_owned();
        visitor.get(&format!("/api/users/{id}/picture")).await.expect(404);
    }
    let reached = futures_util::FutureExt::now_or_never(trap.accept());
    assert!(reached.is_none(), "a picture's address was connected to");
}
