//! Reminders, by the clock.

use super::*;
use crate::outbox;
use crate::rig::Rig;
use crate::users::{self, Extension};
use domain::outbox::MessageState;
use domain::role::{Admin, Role};

const DAY: u64 = 86_400;

async fn owed(rig: &Rig, admin: &Admin) -> Vec<Message> {
    let query = outbox::Query::default();
    let mut items = outbox::list(&rig.service, admin, &query).await.unwrap().items;
    items.retain(|message| message.kind == MessageKind::Expiring);
    items.reverse();
    items
}

async fn due(rig: &Rig, user: &User) -> Option<Timestamp> {
    let task = Task::RemindExpiry(user.id.clone());
    rig.service.read(move |tx| Ok(tx.schedule().get(&task)?)).await.unwrap()
}

#[tokio::test]
async fn a_week_and_a_day_before_the_end() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    assert_eq!(due(&rig, &anna).await, None);
    let end = rig.in_seconds(30 * DAY);
    users::extend(&rig.service, &admin, &anna.id, Extension::Until(end)).await.unwrap();
    assert_eq!(due(&rig, &anna).await, Some(rig.in_seconds(23 * DAY)));
    remind(&rig.service, &anna.id).await.unwrap();
    assert!(owed(&rig, &admin).await.is_empty(), "not yet");
    rig.pass(23 * DAY);
    for _again in 0..3 {
        remind(&rig.service, &anna.id).await.unwrap();
    }
    let first = owed(&rig, &admin).await;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].facts[ENDS], end.to_string());
    assert_eq!(first[0].expires_at, end);
    assert_eq!(due(&rig, &anna).await, Some(rig.in_seconds(6 * DAY)));
    rig.pass(6 * DAY);
    remind(&rig.service, &anna.id).await.unwrap();
    assert_eq!((owed(&rig, &admin).await.len(), due(&rig, &anna).await), (2, None));
}

#[tokio::test]
async fn who_was_prolonged_is_not_reminded_of_the_old_end() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    let until = |days: u64| Extension::Until(rig.in_seconds(days * DAY));
    users::extend(&rig.service, &admin, &anna.id, until(30)).await.unwrap();
    rig.pass(23 * DAY);
    let longer = until(60);
    let due_before = due(&rig, &anna).await;
    users::extend(&rig.service, &admin, &anna.id, longer).await.unwrap();
    assert_ne!(due(&rig, &anna).await, due_before);
    remind(&rig.service, &anna.id).await.unwrap();
    assert!(owed(&rig, &admin).await.is_empty());

    rig.pass(53 * DAY);
    remind(&rig.service, &anna.id).await.unwrap();
    assert_eq!(owed(&rig, &admin).await.len(), 1);
    users::extend(&rig.service, &admin, &anna.id, Extension::Forever).await.unwrap();
    let told = owed(&rig, &admin).await;
    assert!(matches!(told[0].state, MessageState::Dropped { .. }), "{told:?}");
    assert_eq!(due(&rig, &anna).await, None);
}

#[tokio::test]
async fn a_change_of_something_else_loses_no_reminder() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    let end = Extension::Until(rig.in_seconds(30 * DAY));
    users::extend(&rig.service, &admin, &anna.id, end).await.unwrap();
    rig.pass(23 * DAY + 60);
    let patch = users::UserPatch { label: Some("cousin".to_owned()), ..Default::default() };
    users::patch(&rig.service, &admin, &anna.id, patch).await.unwrap();
    remind(&rig.service, &anna.id).await.unwrap();
    assert_eq!(owed(&rig, &admin).await.len(), 1);
}

#[tokio::test]
async fn nobody_who_is_shut_out_is_reminded() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    let end = Extension::Until(rig.in_seconds(30 * DAY));
    users::extend(&rig.service, &admin, &anna.id, end).await.unwrap();
    users::disable(&rig.service, &admin, &anna.id).await.unwrap();
    assert_eq!(due(&rig, &anna).await, None);
    users::enable(&rig.service, &admin, &anna.id).await.unwrap();
    assert_eq!(due(&rig, &anna).await, Some(rig.in_seconds(23 * DAY)));
}
