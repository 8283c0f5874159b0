//! Sessions and tokens: how long, how often, and who is out at once.

use super::*;
use crate::rig::{OTHER_PASSWORD, PASSWORD, Rig, caller, cookie};
use crate::{tokens, users};

fn program(begun: &Begun) -> &Tokens {
    match &begun.held {
        Held::Program(tokens) => tokens,
        Held::Browser { .. } => panic!("a browser holds no tokens"),
    }
}

async fn is_in(rig: &Rig, cookie: &Secret) -> bool {
    resolve(&rig.service, cookie.expose()).await.unwrap().is_some()
}

#[tokio::test]
async fn a_session_slides_by_its_life_up_to_its_end() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let begun = rig.sign_in("root", PASSWORD, Keep::UntilClosed).await.unwrap();
    let held = cookie(&begun).clone();
    for _ in 0..20 {
        rig.pass(11 * 3_600);
        assert!(is_in(&rig, &held).await);
    }
    rig.pass(12 * 3_600);
    assert!(!is_in(&rig, &held).await);

    let begun = rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
    let held = cookie(&begun).clone();
    for _ in 0..14 {
        rig.pass(6 * 86_400);
        assert!(is_in(&rig, &held).await);
    }
    rig.pass(6 * 86_400);
    assert!(!is_in(&rig, &held).await, "90 days are over, however busy it was");
}

#[tokio::test]
async fn the_last_use_is_written_once_a_minute() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let begun = rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
    let seen = async || {
        assert!(is_in(&rig, cookie(&begun)).await);
        list(&rig.service, &begun.user.id).await.unwrap()[0].last_seen
    };
    let start = seen().await;
    rig.pass(59);
    assert_eq!(seen().await, start);
    rig.pass(1);
    assert_eq!(seen().await, rig.clock.now());
}

#[tokio::test]
async fn whoever_is_signed_out_or_shut_out_is_out_at_the_next_request() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    for way in 0..4 {
        let begun = rig.sign_in("anna", PASSWORD, Keep::Remembered).await.unwrap();
        let api = rig.sign_in("anna", PASSWORD, Keep::Program).await.unwrap();
        assert!(is_in(&rig, cookie(&begun)).await);
        assert!(
            tokens::check(&rig.service, program(&api).access.expose()).await.unwrap().is_some()
        );
        match way {
            0 => drop(users::sign_out(&rig.service, &admin, &anna.id).await.unwrap()),
            1 => drop(users::disable(&rig.service, &admin, &anna.id).await.unwrap()),
            2 => {
                let current =
                    resolve(&rig.service, cookie(&begun).expose()).await.unwrap().unwrap();
                sign_out(&rig.service, &current).await.unwrap();
                users::sign_out(&rig.service, &admin, &anna.id).await.unwrap();
            }
            _ => drop(
                users::delete(&rig.service, &admin, &anna.id, users::OnBackends::Keep)
                    .await
                    .unwrap(),
            ),
        }
        assert!(!is_in(&rig, cookie(&begun)).await, "way {way}");
        let access = tokens::check(&rig.service, program(&api).access.expose()).await.unwrap();
        assert!(access.is_none(), "way {way}");
        let refreshed =
            refresh(&rig.service, program(&api).refresh.expose(), &caller("192.0.2.1")).await;
        assert!(refreshed.is_err(), "way {way}");
        if way == 1 {
            users::enable(&rig.service, &admin, &anna.id).await.unwrap();
            assert!(!is_in(&rig, cookie(&begun)).await, "a session does not come back");
        }
    }
}

#[tokio::test]
async fn a_user_whose_time_is_over_is_out_before_anybody_cleans_up() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    let begun = rig.sign_in("anna", PASSWORD, Keep::Remembered).await.unwrap();
    let end = users::Extension::Until(rig.in_seconds(100));
    users::extend(&rig.service, &admin, &anna.id, end).await.unwrap();
    assert!(is_in(&rig, cookie(&begun)).await);
    rig.pass(100);
    assert!(!is_in(&rig, cookie(&begun)).await);
    let refused = rig.sign_in("anna", PASSWORD, Keep::Remembered).await;
    assert!(matches!(refused, Err(ServiceError::Forbidden { code: "expired" })), "{refused:?}");
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_for_ten_seconds_again() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let from = caller("192.0.2.1");
    let begun = rig.sign_in("root", PASSWORD, Keep::Program).await.unwrap();
    let first = program(&begun).refresh.clone();
    let (_, second) = refresh(&rig.service, first.expose(), &from).await.unwrap();
    rig.pass(9);
    let (_, again) = refresh(&rig.service, first.expose(), &from).await.unwrap();
    assert_eq!(second.refresh, again.refresh, "two windows of one program get one successor");
    let (_, third) = refresh(&rig.service, second.refresh.expose(), &from).await.unwrap();
    rig.pass(1);
    let reused = refresh(&rig.service, first.expose(), &from).await;
    assert!(matches!(reused, Err(ServiceError::Unauthorized)));
    let after = refresh(&rig.service, third.refresh.expose(), &from).await;
    assert!(matches!(after, Err(ServiceError::Unauthorized)), "the family is ended");
    assert!(tokens::check(&rig.service, third.access.expose()).await.unwrap().is_none());
}

#[tokio::test]
async fn no_token_is_taken_for_another_kind() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let browser = rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
    let api = rig.sign_in("root", PASSWORD, Keep::Program).await.unwrap();
    let link = rig.link("root").await;
    let (tokens, from) = (program(&api), caller("192.0.2.1"));
    let all = [cookie(&browser), &tokens.access, &tokens.refresh, &browser.device, &link.into()]
        .map(Clone::clone);
    for (place, token) in all.iter().enumerate() {
        assert_eq!(is_in(&rig, token).await, place == 0, "as a cookie: {place}");
        let access = tokens::check(&rig.service, token.expose()).await.unwrap();
        assert_eq!(access.is_some(), place == 1, "as an access token: {place}");
        let refreshed = refresh(&rig.service, token.expose(), &from).await;
        assert_eq!(refreshed.is_ok(), place == 2, "as a refresh token: {place}");
    }
}

#[tokio::test]
async fn an_access_token_ends_on_time() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let begun = rig.sign_in("root", PASSWORD, Keep::Program).await.unwrap();
    let access = program(&begun).access.clone();
    rig.pass(3_599);
    assert!(tokens::check(&rig.service, access.expose()).await.unwrap().is_some());
    rig.pass(1);
    assert!(tokens::check(&rig.service, access.expose()).await.unwrap().is_none());
}

#[tokio::test]
async fn one_ends_ones_own_sessions_only() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    rig.user(&admin, "anna", Role::User).await;
    let mine = rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
    let hers = rig.sign_in("anna", PASSWORD, Keep::Remembered).await.unwrap();
    let current = resolve(&rig.service, cookie(&mine).expose()).await.unwrap().unwrap();
    let refused = end(&rig.service, &current, &hers.session.id).await;
    assert!(matches!(refused, Err(ServiceError::NotFound { .. })));
    assert!(is_in(&rig, cookie(&hers)).await);
    end(&rig.service, &current, &mine.session.id).await.unwrap();
    assert!(!is_in(&rig, cookie(&mine)).await);
}

#[tokio::test]
async fn a_changed_password_ends_all_other_sessions() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let here = rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
    let elsewhere = rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
    let link = rig.link("root").await;
    let current = resolve(&rig.service, cookie(&here).expose()).await.unwrap().unwrap();
    let from = caller("192.0.2.1");
    crate::passwords::change(
        &rig.service,
        &current,
        &PASSWORD.into(),
        &OTHER_PASSWORD.into(),
        &from,
    )
    .await
    .unwrap();
    assert!(is_in(&rig, cookie(&here)).await);
    assert!(!is_in(&rig, cookie(&elsewhere)).await);
    assert!(crate::login_tokens::look(&rig.service, &link).await.is_err());
    assert!(rig.sign_in("root", PASSWORD, Keep::Remembered).await.is_err());
    rig.sign_in("root", OTHER_PASSWORD, Keep::Remembered).await.unwrap();
}
