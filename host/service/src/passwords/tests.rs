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
