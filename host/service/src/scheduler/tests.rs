//! What happens later, by the clock.

use super::*;
use crate::rig::{PASSWORD, Rig};
use crate::sessions::Keep;
use crate::users::Extension;
use domain::role::Role;
use domain::users::UserState;

#[tokio::test]
async fn a_user_expires_when_the_clock_says_so() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    let workers = rig.service.start(Folders::default()).await.unwrap();
    assert!(rig.service.readiness().await.is_ready());
    let mut changes = rig.service.store().schedule_changes();
    users::extend(&rig.service, &admin, &anna.id, Extension::Until(rig.in_seconds(1_000)))
        .await
        .unwrap();
    rig.pass(1_000);
    while users::get(&rig.service, &admin, &anna.id).await.unwrap().state != UserState::Expired {
        changes.changed().await.unwrap();
    }
    workers.stop().await;
}

#[tokio::test]
async fn what_was_due_during_a_stop_is_done_at_the_next_start() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    users::extend(&rig.service, &admin, &anna.id, Extension::Until(rig.in_seconds(10)))
        .await
        .unwrap();
    rig.pass(100_000);
    let mut changes = rig.service.store().schedule_changes();
    let workers = rig.service.start(Folders::default()).await.unwrap();
    while users::get(&rig.service, &admin, &anna.id).await.unwrap().state != UserState::Expired {
        changes.changed().await.unwrap();
    }
    workers.stop().await;
}

#[tokio::test]
async fn a_sweep_drops_what_is_over_and_nothing_else() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let old = rig.sign_in("root", PASSWORD, Keep::UntilClosed).await.unwrap();
    rig.pass(13 * 3_600);
    let new = rig.sign_in("root", PASSWORD, Keep::UntilClosed).await.unwrap();
    sweep(&rig.service).await.unwrap();
    let user = old.user.id.clone();
    let left = rig.service.read(move |tx| Ok(tx.sessions().of_user(&user)?)).await.unwrap();
    assert_eq!(left.iter().map(|session| &session.id).collect::<Vec<_>>(), [&new.session.id]);
}
