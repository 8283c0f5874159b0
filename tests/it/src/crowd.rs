//! Two hundred people who sign in at the same moment.

use futures_util::future::join_all;
use harness::{ADMIN, ADMIN_PASSWORD, House};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use store::secrets::SecretOf;

const CROWD: usize = 200;
/// Two at work and 32 who wait (`service::hashing`).
const PLACES: usize = 34;

/// People who all have the first admin's password: one hash is enough work for a test.
async fn crowd(house: &House) {
    let service = house.service();
    let root = service::users::named(&service, ADMIN).await.unwrap().unwrap();
    service
        .write(move |tx| {
            let hash = tx.secrets().get(SecretOf::User(&root.id), "password")?.unwrap();
            for number in 0..CROWD {
                let mut random = [0; 16];
                random[..8].copy_from_slice(&number.to_be_bytes());
                let mut user = root.clone();
                user.id = domain::ids::UserId::from_random(random);
                user.username = domain::names::Username::parse(&format!("guest{number}")).unwrap();
                (user.role, user.setup_admin) = (domain::role::Role::User, false);
                tx.users().put(&user)?;
                service::passwords::put_local(tx, &user.id, hash.expose().clone())?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

async fn sign_in(house: &House, number: usize) -> harness::Answer {
    let typed = json!({"username": format!("guest{number}"), "password": ADMIN_PASSWORD});
    let from = format!("203.9.{}.{}", number / 250, number % 250 + 1);
    house.program_from(&from).post("/api/auth/login", typed).await
}

#[tokio::test]
async fn two_hundred_at_once_are_let_in_or_told_when_to_come_again() {
    let house = House::new().await;
    crowd(&house).await;
    let done = AtomicBool::new(false);
    let sign_ins = async {
        let answers = join_all((0..CROWD).map(|number| sign_in(&house, number))).await;
        done.store(true, Ordering::Release);
        answers
    };
    // Other routes are answered all the while.
    let others = async {
        let mut asked = 0_u32;
        while !done.load(Ordering::Acquire) {
            house.guest().get("/api/auth/providers").await.expect(200);
            house.guest().get("/readyz").await.expect(200);
            asked += 1;
        }
        asked
    };
    let (answers, asked) = tokio::join!(sign_ins, others);
    assert!(asked > 0);
    let let_in = answers.iter().filter(|answer| answer.status == 200).count();
    for answer in &answers {
        assert!(matches!(answer.status, 200 | 503), "{} {}", answer.status, answer.text);
        if answer.status == 503 {
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&wait) && answer.code() == "unavailable", "{}", answer.text);
        }
    }
    assert!(let_in >= PLACES, "{let_in}");
    // Whoever was sent away is let in when they come again, and it counted against nobody.
    let refused = answers.iter().position(|answer| answer.status == 503);
    if let Some(number) = refused {
        sign_in(&house, number).await.expect(200);
    }
    house.login(ADMIN, ADMIN_PASSWORD).await.expect(200);
}
