//! Users: who is protected, what a change leaves behind.

use super::*;
use crate::rig::{PASSWORD, Rig, name};
use crate::sessions::Keep;
use store::secrets::SecretOf;

fn code<T: core::fmt::Debug>(result: Result<T>) -> &'static str {
    match result {
        Err(ServiceError::Forbidden { code }) => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_first_admin_and_oneself_are_safe() {
    let rig = Rig::new().await;
    let (root_right, root) = rig.set_up().await;
    let second = rig.user(&root_right, "second", Role::Admin).await;
    let second_right = Admin::prove(&second).unwrap();
    let service = &rig.service;
    assert_eq!(code(disable(service, &second_right, &root.id).await), "setup-admin");
    assert_eq!(
        code(delete(service, &second_right, &root.id, OnBackends::Keep).await),
        "setup-admin"
    );
    let demotion = UserPatch { role: Some(Role::User), ..UserPatch::default() };
    assert_eq!(code(patch(service, &second_right, &root.id, demotion).await), "setup-admin");
    let end = UserPatch { expires_at: Some(Some(rig.in_seconds(60))), ..UserPatch::default() };
    assert_eq!(code(patch(service, &second_right, &root.id, end).await), "setup-admin");
    assert_eq!(code(disable(service, &second_right, &second.id).await), "oneself");
    assert_eq!(code(delete(service, &root_right, &root.id, OnBackends::Keep).await), "oneself");
    disable(service, &root_right, &second.id).await.unwrap();
    let demotion = UserPatch { role: Some(Role::User), ..UserPatch::default() };
    assert_eq!(code(patch(service, &root_right, &root.id, demotion).await), "last-admin");
}

#[tokio::test]
async fn a_name_has_one_user() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    let draft = UserDraft {
        username: name("ＡＮＮＡ"),
        password: None,
        email: None,
        role: Role::User,
        label: String::new(),
        expires_at: None,
    };
    let taken = create(&rig.service, &admin, draft).await;
    assert!(matches!(taken, Err(ServiceError::Taken { field: "username" })), "{taken:?}");
    rig.user(&admin, "bert", Role::User).await;
    let rename = UserPatch { username: Some(name("bert")), ..UserPatch::default() };
    let taken = patch(&rig.service, &admin, &anna.id, rename).await;
    assert!(matches!(taken, Err(ServiceError::Taken { field: "username" })));
    let rename = UserPatch { username: Some(name("annie")), ..UserPatch::default() };
    patch(&rig.service, &admin, &anna.id, rename).await.unwrap();
    rig.sign_in("annie", PASSWORD, Keep::Remembered).await.unwrap();
    rig.user(&admin, "anna", Role::User).await;
}

#[tokio::test]
async fn a_user_whose_time_is_over_is_disabled_and_comes_back_when_prolonged() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    extend(&rig.service, &admin, &anna.id, Extension::Until(rig.in_seconds(100))).await.unwrap();
    expire(&rig.service, &anna.id).await.unwrap();
    assert_eq!(
        get(&rig.service, &admin, &anna.id).await.unwrap().state,
        UserState::Active,
        "not yet"
    );
    rig.pass(100);
    expire(&rig.service, &anna.id).await.unwrap();
    expire(&rig.service, &anna.id).await.unwrap();
    assert_eq!(get(&rig.service, &admin, &anna.id).await.unwrap().state, UserState::Expired);
    assert_eq!(code(enable(&rig.service, &admin, &anna.id).await), "over");
    let owed = outbox::list(&rig.service, &admin, &outbox::Query::default()).await.unwrap().items;
    assert_eq!(owed.iter().filter(|message| message.kind == MessageKind::Expired).count(), 1);
    let life = Lifetime::parse("P30D").unwrap();
    let changed = extend(&rig.service, &admin, &anna.id, Extension::By(life)).await.unwrap();
    assert_eq!(changed.user.state, UserState::Active);
    assert_eq!(changed.user.expires_at, life.after(rig.clock.now()));
    rig.sign_in("anna", PASSWORD, Keep::Remembered).await.unwrap();
}

#[tokio::test]
async fn a_deleted_user_leaves_nothing_behind() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    rig.sign_in("anna", PASSWORD, Keep::Remembered).await.unwrap();
    let removal = delete(&rig.service, &admin, &anna.id, OnBackends::Delete).await.unwrap();
    assert!(removal.gone);
    let id = anna.id.clone();
    let left = rig.service.read(move |tx| {
        Ok((tx.sessions().of_user(&id)?.len(), tx.secrets().names(SecretOf::User(&id))?.len()))
    });
    assert_eq!(left.await.unwrap(), (0, 0));
    assert!(matches!(
        get(&rig.service, &admin, &anna.id).await,
        Err(ServiceError::NotFound { .. })
    ));
    rig.user(&admin, "anna", Role::User).await;
}

#[tokio::test]
async fn everything_an_admin_does_is_one_line_of_activity() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    disable(&rig.service, &admin, &anna.id).await.unwrap();
    enable(&rig.service, &admin, &anna.id).await.unwrap();
    sign_out(&rig.service, &admin, &anna.id).await.unwrap();
    unlock(&rig.service, &admin, &anna.id).await.unwrap();
    delete(&rig.service, &admin, &anna.id, OnBackends::Keep).await.unwrap();
    let lines =
        crate::activity::list(&rig.service, &admin, &crate::activity::Query::default()).await;
    let kinds: Vec<_> = lines.unwrap().items.into_iter().rev().map(|line| line.kind).collect();
    use ActivityKind as K;
    let expected = [
        K::SetupDone,
        K::UserCreated,
        K::UserDisabled,
        K::UserEnabled,
        K::SessionsEnded,
        K::UserChanged,
        K::UserDeleted,
    ];
    assert_eq!(kinds, expected);
}
