//! No answer shows what was given in confidence.

use harness::{ADMIN_PASSWORD, House};
use serde_json::{Value, json};
use standins::smtp::{Options, Smtp};
use web::program::Access;
use web::routes::routes;

const PHRASE: &str = "a good long phrase";
const MAIL_PASSWORD: &str = "planted-mail-password";
const CLIENT_SECRET: &str = "planted-client-secret";

async fn planted(smtp: &Smtp) -> (House, Vec<(&'static str, String)>) {
    let more = format!(
        "[[mail]]\nid = \"smtp\"\nplugin = \"mail-smtp\"\nfrom = \"Home <home@example.org>\"\n\
         settings = {{ host = \"127.0.0.1\", port = {}, security = \"none\", username = \"u\", password = \"{MAIL_PASSWORD}\" }}\n\
         [[provider]]\nid = \"house\"\nkind = \"oidc\"\nlabel = \"House\"\nissuer = \"https://issuer.invalid\"\n\
         client_id = \"latchkey\"\nclient_secret = \"{CLIENT_SECRET}\"\naccess = {{ rule = \"open\" }}\n",
        smtp.port()
    );
    let house = House::with_more(&more).await;
    let settings = std::fs::read_to_string(house.data_dir().join("latchkey.toml")).unwrap();
    let key = settings.split("api_key = \"").nth(1).and_then(|rest| rest.split('"').next());
    let planted = vec![
        ("the mail password", MAIL_PASSWORD.to_owned()),
        ("the client secret", CLIENT_SECRET.to_owned()),
        ("the backend's key", key.expect("a key in the file").to_owned()),
        ("the admin's password", ADMIN_PASSWORD.to_owned()),
        ("a password", PHRASE.to_owned()),
        ("a hash", "$argon2".to_owned()),
    ];
    (house, planted)
}

/// Something that is there for every hole of a path.
fn filled(pattern: &str, user: &str, code: &str) -> String {
    let mut path = String::new();
    let mut before = "";
    for part in pattern.split('/').skip(1) {
        path.push('/');
        path.push_str(match part {
            "{code}" => code,
            "{provider}" => "house",
            "{name}" if before == "templates" => "reset",
            "{plugin}" => "jellyfin",
            "{id}" => match before {
                "users" | "people" => user,
                "methods" | "mail" => "smtp",
                "providers" | "signin" => "house",
                _ => "jellyfin",
            },
            hole if hole.starts_with('{') => "jellyfin",
            word => word,
        });
        before = part;
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// A user's row held notification secrets, an admin's answers a backend's token (Seerr, Jellyseerr 1345),
/// nested objects a client's secret (authentik), an image address an admin's key (Wizarr).
#[tokio::test]
async fn cve_2026_27793_cve_2026_40166_wizarr_fdda026_no_answer_holds_a_planted_secret() {
    let smtp = Smtp::start(Options::strict()).await.unwrap();
    let (house, planted) = planted(&smtp).await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let ada = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let (admin, browser) = (house.admin().await, house.admin_browser().await);
    let (user, nobody) = (house.signed_in("Ada", PHRASE).await, house.fresh_guest());
    let open = house.invite(json!({"uses": 9})).await;
    let mut read = 0;
    for row in routes().into_iter().filter(|row| row.method == "GET") {
        let path = filled(row.pattern, &ada, &open);
        for visitor in [&admin, &browser, &user, &nobody] {
            let answer = visitor.get(&path).await;
            assert_ne!(answer.status, 500, "{path}");
            for (what, secret) in &planted {
                let inside = answer.text.contains(secret.as_str());
                let headed = format!("{:?}", answer.headers).contains(secret.as_str());
                assert!(!inside && !headed, "{what} is in the answer to GET {path}");
            }
            read += usize::from(answer.status == 200);
        }
    }
    assert!(read > 100, "only {read} answers were read");
    let changed = json!({"label": "Other films"});
    let changed = admin.call("PATCH", "/api/backends/jellyfin", changed).await;
    for (what, secret) in &planted {
        assert!(!changed.text.contains(secret.as_str()), "{what} is in the answer to a change");
    }
}

/// Rights are looked up by exact method and path (Audiobookshelf 2.19.1: an open route by a pattern
/// that the query met).
#[tokio::test]
async fn ghsa_pg8v_5jcv_wrvw_no_way_of_writing_a_path_opens_it() {
    let house = House::new().await;
    let nobody = house.program();
    let closed: Vec<&str> = routes()
        .iter()
        .filter(|row| {
            row.method == "GET" && row.access == Access::Admin && !row.pattern.contains('{')
        })
        .map(|row| row.pattern)
        .collect();
    assert!(closed.len() > 15, "{closed:?}");
    let open =
        ["/healthz", "/api/auth/providers", "/login", "/assets/app.css", "/api/openapi.json"];
    for path in closed {
        let mut odd = vec![
            format!("{path}/"),
            format!("/{path}"),
            format!("{path};a=b"),
            format!("{path}%2f"),
            format!("{path}%00"),
            format!("{path}."),
            path.to_uppercase(),
            format!("/.{path}"),
            format!("/x/..{path}"),
            format!("/%2e{path}"),
        ];
        for way in open {
            odd.push(format!("{path}?{way}"));
            odd.push(format!("{path}?next={way}"));
            odd.push(format!("{path}#{way}"));
            odd.push(format!("{way}/..{path}"));
            odd.push(format!("{way}/%2e%2e{path}"));
        }
        for path in odd {
            let answer = nobody.get(&path).await;
            let to_login = answer.status == 303 && answer.header("location").contains("/login");
            let refused = matches!(answer.status, 308 | 400 | 401 | 403 | 404 | 405) || to_login;
            // A client may walk `..` itself: then it asked for what is open, or for the path as it is.
            let is_open = open.iter().any(|way| answer.asked.ends_with(way));
            assert!(refused || is_open, "{path}: {} {}", answer.status, answer.text);
        }
    }
    assert_eq!(nobody.get("/api/users").await.json()["status"], Value::from(401));
}
