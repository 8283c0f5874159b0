//! The way back in: admins made, passwords reset and links handed out at the console.

use super::*;
use crate::login_tokens;
use crate::rig::{OTHER_PASSWORD, PASSWORD, Rig, caller, name};
use crate::sessions::Keep;

#[tokio::test]
async fn a_link_signs_in_once_within_its_time() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let from = caller("192.0.2.1");
    let link = rig.link("root").await;
    login_tokens::look(&rig.service, &link).await.unwrap();
    login_tokens::look(&rig.service, &link).await.unwrap();
    login_tokens::enter(&rig.service, &link, Keep::UntilClosed, &from).await.unwrap();
    let again = login_tokens::enter(&rig.service, &link, Keep::UntilClosed, &from).await;
    assert!(matches!(again, Err(ServiceError::Gone)));
    let late = rig.link("root").await;
    rig.pass(15 * 60);
    assert!(matches!(login_tokens::look(&rig.service, &late).await, Err(ServiceError::Gone)));
    let late = login_tokens::enter(&rig.service, &late, Keep::UntilClosed, &from).await;
    assert!(matches!(late, Err(ServiceError::Gone)));
}

#[tokio::test]
async fn an_admin_made_at_the_console_closes_set_up() {
    let rig = Rig::new().await;
    let draft = rig.setup_draft("root").await;
    let (admin, made) = create_admin(&rig.service, name("boss"), None).await.unwrap();
    assert!(admin.setup_admin);
    rig.sign_in("boss", made.unwrap().expose(), Keep::Remembered).await.unwrap();
    let late = setup::complete(&rig.service, draft, &caller("192.0.2.1")).await;
    assert!(matches!(late, Err(ServiceError::Gone)));
}

#[tokio::test]
async fn somebody_who_is_shut_out_can_be_made_admin_again() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    users::disable(&rig.service, &admin, &anna.id).await.unwrap();
    let (anna, made) = create_admin(&rig.service, name("ANNA"), None).await.unwrap();
    assert_eq!((anna.role, anna.state), (Role::Admin, UserState::Active));
    assert!(made.is_none(), "they keep the password they know");
    rig.sign_in("anna", PASSWORD, Keep::Remembered).await.unwrap();
}

#[tokio::test]
async fn a_reset_password_lifts_the_throttle_and_ends_sessions() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let begun = rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
    for number in 0..10 {
        let from = caller(&format!("198.51.100.{number}"));
        let _refused =
            rig.sign_in_from("root", "a wrong guess", Keep::Remembered, &from).await.is_err();
    }
    reset_password(&rig.service, "root", Some(OTHER_PASSWORD.into())).await.unwrap();
    rig.sign_in("root", OTHER_PASSWORD, Keep::Remembered).await.unwrap();
    let old = sessions::resolve(&rig.service, crate::rig::cookie(&begun).expose()).await.unwrap();
    assert!(old.is_none());
    assert!(matches!(
        reset_password(&rig.service, "nobody", None).await,
        Err(ServiceError::NotFound { .. })
    ));
}
