//! Who may make a login token for whom, how long it is good, and what ends it.

use super::*;
use crate::rig::{PASSWORD, Rig, caller};
use crate::users::{self, UserPatch};
use domain::role::Role;

const ONCE: LoginTokenDraft = LoginTokenDraft { once: true, expires_at: None };

async fn made(rig: &Rig, by: &Admin, user: &User, draft: LoginTokenDraft) -> String {
    make(&rig.service, by, &user.id, draft).await.unwrap().token.expose().clone()
}

async fn enters(rig: &Rig, token: &str) -> bool {
    match enter(&rig.service, token, Keep::Program, &caller("192.0.2.9")).await {
        Ok(_) => true,
        Err(ServiceError::Gone) => {
            // Nobody waits for the next one in these tests.
            rig.pass(300);
            false
        }
        Err(other) => panic!("{other:?}"),
    }
}

async fn people(rig: &Rig) -> (Admin, User, User, Admin) {
    let (root, first) = rig.set_up().await;
    let anna = rig.user(&root, "anna", Role::User).await;
    let boss = rig.user(&root, "boss", Role::Admin).await;
    let right = Admin::prove(&boss).unwrap();
    assert!(first.setup_admin);
    (root, anna, boss, right)
}

#[tokio::test]
async fn one_that_is_good_once_is_good_once_and_another_until_its_end() {
    let rig = Rig::new().await;
    let (root, anna, ..) = people(&rig).await;
    let once = made(&rig, &root, &anna, ONCE).await;
    look(&rig.service, &once).await.unwrap();
    assert!(enters(&rig, &once).await);
    assert!(!enters(&rig, &once).await);
    let end = rig.in_seconds(86_400 * 3);
    let many =
        made(&rig, &root, &anna, LoginTokenDraft { once: false, expires_at: Some(end) }).await;
    assert!(enters(&rig, &many).await && enters(&rig, &many).await);
    let told = of(&rig.service, &root, &anna.id).await.unwrap().unwrap();
    assert_eq!((told.once, told.used_at), (false, Some(rig.clock.now())));
    rig.pass(86_400 * 3);
    assert!(!enters(&rig, &many).await);
    assert_eq!(of(&rig.service, &root, &anna.id).await.unwrap(), None);
}

#[tokio::test]
async fn one_is_made_only_for_oneself_or_for_somebody_who_is_no_admin() {
    let rig = Rig::new().await;
    let (root, anna, boss, right) = people(&rig).await;
    let root_user = users::named(&rig.service, "root").await.unwrap().unwrap();
    for (by, whom, refusal) in [
        (&root, &root_user, None),
        (&right, &boss, None),
        (&right, &anna, None),
        (&root, &boss, Some("other-admin")),
        (&right, &root_user, Some("setup-admin")),
    ] {
        match (make(&rig.service, by, &whom.id, ONCE).await, refusal) {
            (Ok(_), None) => {}
            (Err(ServiceError::Forbidden { code }), Some(why)) => assert_eq!(code, why),
            (other, _) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_new_one_and_a_revocation_end_the_one_before() {
    let rig = Rig::new().await;
    let (root, anna, ..) = people(&rig).await;
    let first = made(&rig, &root, &anna, ONCE).await;
    let second = made(&rig, &root, &anna, ONCE).await;
    assert!(!enters(&rig, &first).await);
    revoke(&rig.service, &root, &anna.id).await.unwrap();
    assert!(!enters(&rig, &second).await);
    let none = revoke(&rig.service, &root, &anna.id).await;
    assert!(matches!(none, Err(ServiceError::NotFound { .. })));
}

#[tokio::test]
async fn it_ends_with_a_password_a_role_a_shut_out_and_with_its_maker() {
    let rig = Rig::new().await;
    let (root, anna, boss, right) = people(&rig).await;
    let service = &rig.service;
    let role = |role| UserPatch { role: Some(role), ..UserPatch::default() };

    let token = made(&rig, &root, &anna, ONCE).await;
    crate::console::reset_password(service, "anna", Some(PASSWORD.into())).await.unwrap();
    assert!(!enters(&rig, &token).await, "a new password");

    let token = made(&rig, &root, &anna, ONCE).await;
    users::disable(service, &root, &anna.id).await.unwrap();
    assert!(!enters(&rig, &token).await, "disabled");
    users::enable(service, &root, &anna.id).await.unwrap();
    assert!(!enters(&rig, &token).await, "and enabled again");

    let token = made(&rig, &root, &anna, ONCE).await;
    users::patch(service, &root, &anna.id, role(Role::Admin)).await.unwrap();
    assert!(!enters(&rig, &token).await, "an admin now");
    users::patch(service, &root, &anna.id, role(Role::User)).await.unwrap();

    let many = LoginTokenDraft { once: false, expires_at: None };
    let token = made(&rig, &right, &anna, many).await;
    assert!(enters(&rig, &token).await);
    users::patch(service, &root, &boss.id, role(Role::User)).await.unwrap();
    assert!(!enters(&rig, &token).await, "whoever made it could not make it again");
}

#[tokio::test]
async fn an_end_is_to_come_and_within_a_year() {
    let rig = Rig::new().await;
    let (root, anna, ..) = people(&rig).await;
    for end in [rig.clock.now(), rig.in_seconds(367 * 86_400)] {
        let draft = LoginTokenDraft { once: false, expires_at: Some(end) };
        let made = make(&rig.service, &root, &anna.id, draft).await;
        assert!(matches!(made, Err(ServiceError::Invalid { .. })));
    }
}

#[tokio::test]
async fn guesses_are_throttled_and_say_nothing() {
    let rig = Rig::new().await;
    people(&rig).await;
    let guess = crate::random::Random::system().token(crate::random::Purpose::LoginLink);
    let mut held_back = false;
    for _ in 0..30 {
        match enter(&rig.service, guess.expose(), Keep::Program, &caller("192.0.2.9")).await {
            Err(ServiceError::Gone) => {}
            Err(ServiceError::Throttled { .. }) => held_back = true,
            other => panic!("{other:?}"),
        }
    }
    assert!(held_back);
}
