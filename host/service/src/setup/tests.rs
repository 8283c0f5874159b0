//! The first admin: one, once, with the code.

use super::*;
use crate::clock::Clock;
use crate::rig::{PASSWORD, Rig, caller, name, settled};
use domain::settings::{FirstAdmin, FirstProof};

#[tokio::test]
async fn parallel_set_ups_make_one_admin() {
    let rig = Rig::new().await;
    let draft = rig.setup_draft("root").await;
    let mut posts = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (service, mut draft) = (rig.service.clone(), draft.clone());
        draft.username = name(&format!("root{number}"));
        posts.spawn(async move { complete(&service, draft, &caller("192.0.2.1")).await.is_ok() });
    }
    let made = posts.join_all().await.into_iter().filter(|made| *made).count();
    assert_eq!(made, 1);
    assert_eq!(rig.service.read(|tx| Ok(tx.users().count()?)).await.unwrap(), 1);
    assert_eq!(state(&rig.service), SetupState::Done);
    assert_eq!(fresh_code(&rig.service).await.unwrap(), None);
}

#[tokio::test]
async fn a_wrong_code_is_refused_and_slows_down() {
    let rig = Rig::new().await;
    let mut draft = rig.setup_draft("root").await;
    draft.code = "00000-00000-00000-00000-00000-0".into();
    let mut throttled = false;
    for _ in 0..10 {
        match complete(&rig.service, draft.clone(), &caller("192.0.2.1")).await {
            Err(ServiceError::Gone) => assert!(!throttled),
            Err(ServiceError::Throttled { .. }) => throttled = true,
            other => panic!("{other:?}"),
        }
    }
    assert!(throttled);
}

#[tokio::test]
async fn an_old_code_is_good_no_more_and_a_typed_one_may_look_odd() {
    let rig = Rig::new().await;
    let mut draft = rig.setup_draft("root").await;
    let newer = rig.setup_draft("root").await;
    assert!(matches!(
        complete(&rig.service, draft.clone(), &caller("192.0.2.1")).await,
        Err(ServiceError::Gone)
    ));
    draft.code = newer.code.expose().replace('-', " ").to_uppercase().into();
    let admin = complete(&rig.service, draft, &caller("192.0.2.1")).await.unwrap();
    assert!(admin.setup_admin && admin.role == Role::Admin);
}

#[tokio::test]
async fn a_weak_password_leaves_the_code_good() {
    let rig = Rig::new().await;
    let mut draft = rig.setup_draft("root").await;
    draft.password = "password".into();
    let refused = complete(&rig.service, draft.clone(), &caller("192.0.2.1")).await;
    assert!(matches!(refused, Err(ServiceError::Invalid { .. })), "{refused:?}");
    draft.password = PASSWORD.into();
    draft.public_url = Some("https://home.example.org/latchkey".parse().unwrap());
    complete(&rig.service, draft, &caller("192.0.2.1")).await.unwrap();
    let settings = rig.service.settings();
    assert_eq!(settings.settings.server.public_url.as_ref().unwrap().path(), "/latchkey");
}

#[tokio::test]
async fn the_settings_file_can_name_the_first_admin() {
    let mut settings = settled();
    settings.settings.admin =
        Some(FirstAdmin { username: name("boss"), proof: FirstProof::Password(PASSWORD.into()) });
    let rig = Rig::of(settings, Clock::manual(jiff::Timestamp::UNIX_EPOCH)).await.unwrap();
    assert_eq!(state(&rig.service), SetupState::Done);
    let boss = crate::users::named(&rig.service, "BOSS").await.unwrap().unwrap();
    assert!(boss.setup_admin);
}
