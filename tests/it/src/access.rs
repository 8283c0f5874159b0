//! Every row of the route table, driven with no, wrong and right credentials.

use harness::House;
use serde_json::{Value, json};
use web::program::Access;
use web::routes::routes;

/// A path of the row with something in each hole.
fn example(pattern: &str) -> String {
    let mut path = String::new();
    for part in pattern.split('/').skip(1) {
        path.push('/');
        path.push_str(if part.starts_with('{') { "00000000000000000000000000" } else { part });
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403) || status == 303
}

#[tokio::test]
async fn no_row_answers_somebody_without_the_right() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", "a good long phrase").await.expect(201);
    let user = house.signed_in("Ada", "a good long phrase").await;
    let nobody = house.program();
    let forged = house.program().with_bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.");
    let mut driven = 0;
    for row in routes() {
        let path = example(row.pattern);
        let body = if row.method == "GET" { Value::Null } else { json!({}) };
        let without = nobody.call(row.method, &path, body.clone()).await;
        let wrong = forged.call(row.method, &path, body.clone()).await;
        match row.access {
            Access::Public | Access::Setup => {
                assert!(
                    without.status < 500 || without.status == 503,
                    "{} {path}: {}",
                    row.method,
                    without.text
                );
            }
            Access::User | Access::Inviter | Access::Admin | Access::Holder => {
                assert!(
                    is_refusal(without.status),
                    "{} {path} without: {}",
                    row.method,
                    without.status
                );
                assert!(is_refusal(wrong.status), "{} {path} forged: {}", row.method, wrong.status);
            }
        }
        if matches!(row.access, Access::Admin | Access::Inviter) {
            let lower = user.call(row.method, &path, body.clone()).await;
            assert!(
                matches!(lower.status, 403 | 404) && !lower.text.contains("00000000"),
                "{} {path} as a user: {} {}",
                row.method,
                lower.status,
                lower.text
            );
        }
        driven += 1;
    }
    assert!(driven > 50, "the table has {driven} rows");
}

#[tokio::test]
async fn every_row_answers_somebody_with_the_right() {
    let house = House::new().await;
    let admin = house.admin().await;
    for row in routes() {
        // These end the session that the rest of the table needs.
        if row.pattern.contains("logout") || row.pattern.contains("sign-out") {
            continue;
        }
        let path = example(row.pattern);
        let body = if row.method == "GET" { Value::Null } else { json!({}) };
        let answer = admin.call(row.method, &path, body).await;
        assert!(
            !matches!(answer.status, 401 | 405 | 500),
            "{} {path}: {} {}",
            row.method,
            answer.status,
            answer.text
        );
    }
}

#[tokio::test]
async fn the_openapi_page_lists_every_api_row() {
    let house = House::new().await;
    let document = house.guest().get("/api/openapi.json").await.expect(200).json();
    let paths = document["paths"].as_object().unwrap();
    for row in routes().iter().filter(|row| row.pattern.starts_with("/api/")) {
        let path = paths.get(row.pattern).unwrap_or_else(|| panic!("{} is missing", row.pattern));
        assert!(path.get(row.method.to_lowercase()).is_some(), "{} {}", row.method, row.pattern);
    }
}
