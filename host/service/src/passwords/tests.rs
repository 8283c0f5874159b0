//! Changing a local password.

use super::*;
use crate::rig::{OTHER_PASSWORD, PASSWORD, Rig, caller};
use crate::sessions::Keep;

#[tokio::test]
async fn a_wrong_old_password_changes_nothing_and_slows_down() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let begun = rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
    let current = Current { user: begun.user, session: begun.session };
    let from = caller("192.0.2.1");
    let mut throttled = false;
    for _ in 0..10 {
        let refused =
            change(&rig.service, &current, &"a wrong guess".into(), &OTHER_PASSWORD.into(), &from)
                .await;
        match refused {
            Err(ServiceError::Invalid { fields }) => assert_eq!(fields[0].field, "current"),
            Err(ServiceError::Throttled { .. }) => throttled = true,
            other => panic!("{other:?}"),
        }
    }
    assert!(throttled);
    rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
}

#[tokio::test]
async fn a_new_password_keeps_the_rules() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let begun = rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
    let current = Current { user: begun.user, session: begun.session };
    let from = caller("192.0.2.1");
    for (weak, code) in
        [("short", "too-short"), ("password1", "common"), ("root-latchkey", "context")]
    {
        match change(&rig.service, &current, &PASSWORD.into(), &weak.into(), &from).await {
            Err(ServiceError::Invalid { fields }) => assert_eq!(fields[0].code, code, "{weak}"),
            other => panic!("{weak}: {other:?}"),
        }
    }
}

async fn signed_in(rig: &Rig) -> Current {
    let begun = rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
    Current { user: begun.user, session: begun.session }
}

#[test]
fn after_the_proof_one_place_hides_no_other() {
    let retry_after = throttles::RELAY_WINDOW;
    let throttled = || Err(ServiceError::Throttled { retry_after });
    let (outcome, fault) = said(throttled(), true).unwrap();
    let fault = fault.unwrap();
    assert_eq!(outcome, PasswordOutcome::Failed);
    assert_eq!((fault.kind, fault.retry_after), (FaultKind::RateLimited, Some(retry_after)));
    for error in [ServiceError::Busy { retry_after }, ServiceError::internal("broken")] {
        let (outcome, fault) = said(Err(error), true).unwrap();
        assert_eq!(outcome, PasswordOutcome::Failed);
        assert_eq!(fault.unwrap().kind, FaultKind::Unavailable);
    }
    assert!(matches!(said(throttled(), false), Err(ServiceError::Throttled { .. })));
}

#[tokio::test]
async fn whoever_was_deleted_meanwhile_leaves_nothing() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let current = signed_in(&rig).await;
    let id = current.user.id.clone();
    rig.service.write(move |tx| Ok(tx.users().delete(&id)?)).await.unwrap();
    let bucket = [format!("change-password/{}", current.user.id)];
    let hash = Some("a hash".to_owned());
    let from = caller("192.0.2.1");
    let refused = finish(&rig.service, &current, (hash, bucket), &from, Vec::new()).await;
    assert!(matches!(refused, Err(ServiceError::Unauthorized)), "{refused:?}");
    let id = current.user.id.clone();
    let kept = rig.service.read(move |tx| local(tx, &id)).await.unwrap();
    assert!(kept.is_none_or(|kept| kept.expose() != "a hash"));
}

#[tokio::test]
async fn a_change_neither_runs_beside_another_nor_outlives_its_session() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let current = signed_in(&rig).await;
    let from = caller("192.0.2.1");
    let (old, new) = (PASSWORD.into(), OTHER_PASSWORD.into());
    let under_way = rig.service.inside().claims.take(&current.user.id, None).ok().unwrap();
    let refused = change(&rig.service, &current, &old, &new, &from).await;
    assert!(matches!(refused, Err(ServiceError::Busy { .. })), "{refused:?}");
    drop(under_way);
    // The owner has set a new password meanwhile: every session is ended.
    let id = current.user.id.clone();
    rig.service.write(move |tx| Ok(tx.sessions().delete_of_user(&id, None)?)).await.unwrap();
    let refused = change(&rig.service, &current, &old, &new, &from).await;
    assert!(matches!(refused, Err(ServiceError::Unauthorized)), "{refused:?}");
    rig.sign_in("root", PASSWORD, Keep::Remembered).await.unwrap();
}
