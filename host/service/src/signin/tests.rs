//! Signing in: one answer, throttles, known devices.

use super::*;
use crate::clock::Clock;
use crate::providers::offered;
use crate::rig::{PASSWORD, Rig, caller, settled};
use crate::users;
use core::time::Duration;
use domain::role::Role;
use std::collections::BTreeSet;

#[tokio::test]
async fn unknown_and_wrong_get_one_answer_at_one_moment() {
    let clock = Clock::manual(Timestamp::UNIX_EPOCH);
    let rig = Rig::of(settled(), clock.clone()).await.unwrap();
    rig.set_up().await;
    for who in ["root", "nobody"] {
        let asked = clock.now();
        let service = rig.service.clone();
        let answer = tokio::spawn(async move {
            let credentials = Credentials {
                provider: None,
                username: who.to_owned(),
                password: "a wrong guess".into(),
            };
            login(&service, &credentials, Keep::Remembered, &caller("192.0.2.1")).await
        });
        let until = clock.next_waiter().await;
        assert_eq!(time_from(asked, until), Duration::from_millis(250), "{who}");
        clock.advance(Duration::from_millis(249));
        tokio::task::yield_now().await;
        assert!(!answer.is_finished(), "{who}");
        clock.advance(Duration::from_millis(1));
        assert!(matches!(answer.await.unwrap(), Err(ServiceError::Unauthorized)), "{who}");
    }
}

#[tokio::test]
async fn a_name_written_otherwise_is_the_same_user_and_the_same_bucket() {
    let rig = Rig::new().await;
    rig.set_up().await;
    rig.sign_in(" ＲＯＯＴ ", PASSWORD, Keep::Remembered).await.unwrap();
    let mut answers = Vec::new();
    for (number, who) in ["root", "ROOT", "ｒｏｏｔ", " Root "].iter().cycle().take(12).enumerate()
    {
        let from = caller(&format!("198.51.100.{number}"));
        answers.push(rig.sign_in_from(who, "a wrong guess", Keep::Remembered, &from).await);
    }
    let throttled =
        answers.iter().filter(|answer| matches!(answer, Err(ServiceError::Throttled { .. })));
    assert!(throttled.count() >= 5, "{answers:?}");
}

#[tokio::test]
async fn a_strangers_guesses_do_not_shut_out_a_known_device() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let known = rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap().device;
    for number in 0..30 {
        let from = caller(&format!("198.51.100.{number}"));
        let _refused =
            rig.sign_in_from("root", "a wrong guess", Keep::Remembered, &from).await.is_err();
    }
    let stranger = rig.sign_in("root", PASSWORD, Keep::Remembered).await;
    assert!(matches!(stranger, Err(ServiceError::Throttled { .. })));
    let mut owner = caller("192.0.2.9");
    owner.device = Some(known);
    rig.sign_in_from("root", PASSWORD, Keep::Remembered, &owner).await.unwrap();
}

#[tokio::test]
async fn guesses_at_once_are_counted_before_they_are_made() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let service = rig.service.clone();
        guesses.spawn(async move {
            let credentials = Credentials {
                provider: None,
                username: "root".to_owned(),
                password: "a wrong guess".into(),
            };
            login(&service, &credentials, Keep::Remembered, &caller("192.0.2.1")).await
        });
    }
    let answers = guesses.join_all().await;
    let tried =
        answers.iter().filter(|answer| matches!(answer, Err(ServiceError::Unauthorized))).count();
    assert!(tried <= 7, "{tried} of 30 guesses were made");
}

#[tokio::test]
async fn what_is_wrong_is_told_after_the_right_password_only() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    users::disable(&rig.service, &admin, &anna.id).await.unwrap();
    let wrong = rig.sign_in("anna", "a wrong guess", Keep::Remembered).await;
    assert!(matches!(wrong, Err(ServiceError::Unauthorized)));
    let right = rig.sign_in("anna", PASSWORD, Keep::Remembered).await;
    assert!(matches!(right, Err(ServiceError::Forbidden { code: "disabled" })));
}

#[tokio::test]
async fn blanks_and_unknown_providers_are_refused() {
    let rig = Rig::new().await;
    rig.set_up().await;
    for (who, password) in
        [("", PASSWORD), ("  ", PASSWORD), ("root", ""), ("root", &"x".repeat(2_000))]
    {
        let refused = rig.sign_in(who, password, Keep::Remembered).await;
        assert!(matches!(refused, Err(ServiceError::Invalid { .. })), "{who:?}");
    }
    let credentials = Credentials {
        provider: Some(ProviderId::parse("plex").unwrap()),
        username: "root".to_owned(),
        password: PASSWORD.into(),
    };
    let refused = login(&rig.service, &credentials, Keep::Remembered, &caller("192.0.2.1")).await;
    assert!(matches!(refused, Err(ServiceError::NotFound { what: "provider" })));
    let ids: BTreeSet<_> =
        offered(&rig.service).await.unwrap().providers.into_iter().map(|one| one.id).collect();
    assert_eq!(ids, BTreeSet::from([local_provider().unwrap()]));
}

#[tokio::test]
async fn a_weak_hash_is_renewed_by_a_sign_in() {
    let rig = Rig::new().await;
    let (_, root) = rig.set_up().await;
    rig.service.hasher().set_strength(crate::hashing::Strength { memory_kib: 20_000, passes: 2 });
    rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
    let kept = rig.service.read(move |tx| passwords::local(tx, &root.id)).await.unwrap().unwrap();
    assert!(kept.expose().contains("m=20000"), "{}", kept.expose());
}

/// An attempt at root, from a new address each time, that nobody answered.
async fn unanswered(rig: &Rig, from: &Caller, judged: bool) -> Result<()> {
    let credentials = Credentials {
        provider: None,
        username: "root".to_owned(),
        password: "a wrong guess".into(),
    };
    let mut attempt = counted(&rig.service, &credentials, from, rig.service.now()).await?;
    attempt.judged = judged;
    attempt.unanswered().await
}

#[tokio::test]
async fn an_outage_makes_no_guess_free() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let owner = rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap().device;
    for judged in [false, true] {
        let mut stranger = Ok(());
        for number in 0..7 {
            let from = caller(&format!("198.51.100.{number}"));
            stranger = stranger.and(unanswered(&rig, &from, judged).await);
        }
        assert!(matches!(stranger, Err(ServiceError::Throttled { .. })), "{stranger:?}");
        rig.pass(86_400);
    }
    let mut known = caller("192.0.2.9");
    known.device = Some(owner);
    for _ in 0..20 {
        unanswered(&rig, &known, false).await.unwrap();
    }
    let mut guessed = Ok(());
    for _ in 0..7 {
        guessed = guessed.and(unanswered(&rig, &known, true).await);
    }
    assert!(matches!(guessed, Err(ServiceError::Throttled { .. })), "{guessed:?}");
}
