//! Guessing at a password that a backend checks: our counters stop before the backend's, and the person
//! whose account it is comes in all the while.

use harness::House;
use jiff::SignedDuration;
use serde_json::json;
use standins::jellyfin::Release;

const PHRASE: &str = "a good long phrase";

/// A thousand guesses from everywhere over a day and a half, at every release that locks.
async fn guessed_at(release: Release) {
    let house = House::with(release).await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let policy = json!({"LoginAttemptsBeforeLockout": 3});
    assert!(house.jellyfin.change_policy("Ada", policy.as_object().unwrap()));
    let owner = house.browser();
    let form = [("username", "Ada"), ("password", PHRASE), ("keep", "on")];
    assert_eq!(owner.submit("/login", &form).await.status, 303);
    owner.submit("/logout", &[]).await;

    let mut asked = 0;
    for number in 0..1_000_u32 {
        let from = format!("203.0.{}.{}", number / 250, number % 250);
        let guess = json!({"username": "Ada", "password": format!("guess number {number}")});
        let answer = house.program_from(&from).post("/api/auth/login", guess).await;
        assert!(matches!(answer.status, 401 | 429), "{number}: {} {}", answer.status, answer.text);
        asked += u32::from(answer.status == 401);
        let there = house.jellyfin.user("Ada").expect("the account");
        assert!(there.is_enabled(), "locked there after guess {number}");
        // Now in bursts, now slowly: whoever guesses chooses when.
        let pause = if number % 40 < 30 { 5 } else { 400 };
        house.clock.advance(SignedDuration::from_secs(pause));
        if number % 100 == 99 {
            let back = owner.submit("/login", &form).await;
            assert_eq!(back.status, 303, "the owner was kept out after {number}: {}", back.text);
            owner.get("/api/auth/me").await.expect(200);
            owner.submit("/logout", &[]).await;
        }
    }
    assert!(asked > 0, "every guess was throttled: nothing was tried");
    assert!(house.jellyfin.user("Ada").unwrap().is_enabled());
}

#[tokio::test]
async fn a_thousand_guesses_never_lock_the_account_and_its_owner_comes_in() {
    guessed_at(Release::V12).await;
}

#[tokio::test]
async fn a_thousand_guesses_never_lock_the_account_on_an_older_release() {
    guessed_at(Release::V10_10).await;
}
