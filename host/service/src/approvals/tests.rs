//! The queue and its answers, for people who are users already.

use super::*;
use crate::clock::Clock;
use crate::registration::{self, Form, Registered};
use crate::rig::{PASSWORD, Rig, caller, settled};
use crate::sessions::Keep;
use crate::{ServiceError, addresses, users};
use core::time::Duration;
use domain::names::EmailAddress;
use domain::outbox::Message;
use domain::role::Role;
use domain::settings::Registration;
use store::secrets::SecretOf;

async fn rig() -> (Rig, Admin, User) {
    let mut settings = settled();
    settings.settings.signin.registration = Registration::Approval;
    settings.settings.server.public_url = Some("https://home.example.org".parse().unwrap());
    let start = "2030-01-01T00:00:00Z".parse().unwrap();
    let clock = Clock::manual_that_passes(start, Duration::from_secs(5));
    let rig = Rig::of(settings, clock).await.unwrap();
    let (admin, root) = rig.set_up().await;
    (rig, admin, root)
}

async fn asks(rig: &Rig, name: &str, email: Option<&str>) -> User {
    let form =
        Form { username: name.into(), password: PASSWORD.into(), email: email.map(str::to_owned) };
    match registration::register(&rig.service, form, &caller("192.0.2.1")).await.unwrap() {
        Registered::Waits(user) => *user,
        Registered::In(_) => panic!("nobody agreed"),
    }
}

async fn mails(rig: &Rig, kind: MessageKind) -> Vec<Message> {
    let read = move |tx: &store::ReadTx| {
        Ok(tx.outbox().page(&store::PageRequest::first(99), None, |one| one.kind == kind)?.items)
    };
    rig.service.read(read).await.unwrap()
}

/// Presses the button in the mail that asked.
async fn confirms(rig: &Rig) {
    let asked = mails(rig, MessageKind::ConfirmAddress).await.remove(0);
    let link = rig
        .service
        .read(move |tx| Ok(tx.secrets().get(SecretOf::Message(&asked.id), "link")?.unwrap()))
        .await
        .unwrap();
    let token = link.expose().rsplit('/').next().unwrap().to_owned();
    addresses::confirm(&rig.service, &token, &caller("192.0.2.1")).await.unwrap();
}

#[tokio::test]
async fn mail_goes_to_a_confirmed_address_only() {
    for (confirmed, agreed) in [(false, true), (true, true), (false, false), (true, false)] {
        let (rig, admin, _root) = rig().await;
        let user = asks(&rig, "anna", Some("anna@example.org")).await;
        if confirmed {
            confirms(&rig).await;
        }
        assert!(mails(&rig, MessageKind::Welcome).await.is_empty(), "not welcome yet");
        if agreed {
            approve(&rig.service, &admin, &user.id, None).await.unwrap();
        } else {
            refuse(&rig.service, &admin, &user.id, "No room.").await.unwrap();
        }
        let (yes, no) =
            (mails(&rig, MessageKind::Approved).await, mails(&rig, MessageKind::Refused).await);
        assert_eq!(yes.len(), usize::from(confirmed && agreed));
        assert_eq!(no.len(), usize::from(confirmed && !agreed));
        assert!(no.iter().all(|mail| mail.facts[facts::WORD] == "No room."));
    }
}

#[tokio::test]
async fn admins_are_told_once_an_hour_and_without_a_strangers_words() {
    let (rig, admin, root) = rig().await;
    asks(&rig, "early", None).await;
    assert!(mails(&rig, MessageKind::ApprovalAsked).await.is_empty(), "no address");
    let address = EmailAddress::parse("root@example.org").unwrap();
    let patch = users::UserPatch { email: Some(Some(address)), ..users::UserPatch::default() };
    users::patch(&rig.service, &admin, &root.id, patch).await.unwrap();
    asks(&rig, "anna", None).await;
    asks(&rig, "ben", None).await;
    let told = mails(&rig, MessageKind::ApprovalAsked).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].facts.len(), 1);
    assert_eq!(told[0].facts[facts::WAITING], "2");
    rig.pass(3_601);
    asks(&rig, "carla", None).await;
    assert_eq!(mails(&rig, MessageKind::ApprovalAsked).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_admins_answer_once() {
    let (rig, admin, _root) = rig().await;
    let user = asks(&rig, "anna", None).await;
    let mut answers = tokio::task::JoinSet::new();
    for number in 0..10 {
        let (service, admin, id) = (rig.service.clone(), admin.clone(), user.id.clone());
        answers.spawn(async move {
            if number % 2 == 0 {
                approve(&service, &admin, &id, None).await.map(|_| true)
            } else {
                refuse(&service, &admin, &id, "").await.map(|_| false)
            }
        });
    }
    let answers = answers.join_all().await;
    let good: Vec<bool> = answers.iter().filter_map(|one| one.as_ref().ok().copied()).collect();
    assert_eq!(good.len(), 1);
    let after = users::get(&rig.service, &admin, &user.id).await.unwrap();
    assert_eq!(after.state == UserState::Active, good[0]);
}

#[tokio::test]
async fn a_refusal_is_taken_back_before_somebody_is_let_in() {
    let (rig, admin, _root) = rig().await;
    let user = asks(&rig, "anna", None).await;
    refuse(&rig.service, &admin, &user.id, "").await.unwrap();
    let late = approve(&rig.service, &admin, &user.id, None).await;
    assert!(matches!(late, Err(ServiceError::Conflict)), "{late:?}");
    reopen(&rig.service, &admin, &user.id).await.unwrap();
    assert!(reopen(&rig.service, &admin, &user.id).await.is_err());
    approve(&rig.service, &admin, &user.id, None).await.unwrap();
    rig.sign_in("anna", PASSWORD, Keep::Program).await.unwrap();
}

#[tokio::test]
async fn switching_somebody_on_or_off_is_an_answer_too() {
    let (rig, admin, _root) = rig().await;
    let (anna, ben) = (asks(&rig, "anna", None).await, asks(&rig, "ben", None).await);
    users::enable(&rig.service, &admin, &anna.id).await.unwrap();
    users::disable(&rig.service, &admin, &ben.id).await.unwrap();
    assert_eq!(count(&rig.service, &admin).await.unwrap(), 0);
    let said = get(&rig.service, &admin, &anna.id).await.unwrap().answer;
    assert!(matches!(said, Answer::Approved { .. }), "{said:?}");
    let said = get(&rig.service, &admin, &ben.id).await.unwrap().answer;
    assert!(matches!(said, Answer::Refused { .. }), "{said:?}");
}

#[tokio::test]
async fn where_somebody_stands_is_for_whoever_holds_the_note() {
    let (rig, admin, root) = rig().await;
    let user = asks(&rig, "anna", Some("anna@example.org")).await;
    let note = note_for(&rig.service, &user.id);
    let look = || async { standing(&rig.service, &note).await.unwrap() };
    let waiting = look().await.unwrap();
    assert_eq!((waiting.username.as_str(), &waiting.said), ("anna", &Said::Nothing));
    assert_eq!(waiting.to_confirm.unwrap().as_str(), "anna@example.org");
    refuse(&rig.service, &admin, &user.id, "Later.").await.unwrap();
    assert_eq!(look().await.unwrap().said, Said::No("Later.".into()));
    reopen(&rig.service, &admin, &user.id).await.unwrap();
    approve(&rig.service, &admin, &user.id, None).await.unwrap();
    assert_eq!(look().await.unwrap().said, Said::Yes);
    users::disable(&rig.service, &admin, &user.id).await.unwrap();
    assert_eq!(look().await, None);
    let forged = note.expose().replace(user.id.as_str(), root.id.as_str());
    assert_eq!(standing(&rig.service, &forged.into()).await.unwrap(), None);
}

#[tokio::test]
async fn only_what_nobody_needs_is_forgotten() {
    let (rig, admin, _root) = rig().await;
    let user = asks(&rig, "anna", None).await;
    assert!(matches!(forget(&rig.service, &admin, &user.id).await, Err(ServiceError::Conflict)));
    refuse(&rig.service, &admin, &user.id, "").await.unwrap();
    assert!(matches!(forget(&rig.service, &admin, &user.id).await, Err(ServiceError::Conflict)));
    users::delete(&rig.service, &admin, &user.id, users::OnBackends::Keep).await.unwrap();
    let gone = get(&rig.service, &admin, &user.id).await;
    assert!(matches!(gone, Err(ServiceError::NotFound { .. })), "{gone:?}");
}

#[tokio::test]
async fn wrong_users_words_and_profiles_are_told() {
    let (rig, admin, _root) = rig().await;
    let user = asks(&rig, "anna", None).await;
    let nobody = UserId::from_random([9; 16]);
    let unknown = approve(&rig.service, &admin, &nobody, None).await;
    assert!(matches!(unknown, Err(ServiceError::NotFound { .. })));
    let other = rig.user(&admin, "ben", Role::User).await;
    let never_asked = refuse(&rig.service, &admin, &other.id, "").await;
    assert!(matches!(never_asked, Err(ServiceError::NotFound { .. })));
    let long = refuse(&rig.service, &admin, &user.id, &"x".repeat(501)).await;
    assert!(matches!(long, Err(ServiceError::Invalid { .. })));
    let profile = approve(&rig.service, &admin, &user.id, Some("none".into())).await;
    assert!(matches!(profile, Err(ServiceError::Invalid { .. })));
    assert_eq!(count(&rig.service, &admin).await.unwrap(), 1);
}
