//! Strangers at the door: off, open, by approval; floods, names and guesses.

use super::*;
use crate::clock::Clock;
use crate::rig::{OTHER_PASSWORD, PASSWORD, Rig, caller, entered, settled};
use crate::sessions::Keep;
use crate::signin::{self, Credentials};
use crate::{addresses, users};
use domain::role::Admin;

async fn rig(mode: Registration) -> (Rig, Admin) {
    let mut settings = settled();
    settings.settings.signin.registration = mode;
    settings.settings.server.public_url = Some("https://home.example.org".parse().unwrap());
    let start = "2030-01-01T00:00:00Z".parse().unwrap();
    let clock = Clock::manual_that_passes(start, Duration::from_secs(5));
    let rig = Rig::of(settings, clock).await.unwrap();
    let (admin, _user) = rig.set_up().await;
    (rig, admin)
}

fn form(name: &str) -> Form {
    Form { username: name.into(), password: PASSWORD.into(), email: None }
}

async fn from(rig: &Rig, name: &str, address: &str) -> Result<Registered> {
    register(&rig.service, form(name), &caller(address)).await
}

async fn came(rig: &Rig, name: &str) -> Result<Registered> {
    from(rig, name, "192.0.2.1").await
}

fn waits(registered: Result<Registered>) -> User {
    match registered {
        Ok(Registered::Waits(user)) => *user,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_is_off_unless_somebody_says_otherwise() {
    let (rig, _admin) = rig(Registration::Off).await;
    for name in ["anna", "root", ""] {
        let refused = came(&rig, name).await;
        assert!(matches!(refused, Err(ServiceError::NotFound { .. })), "{refused:?}");
    }
    let mut settings = settled();
    settings.settings.signin.registration = Registration::Open;
    let start = "2030-01-01T00:00:00Z".parse().unwrap();
    let clock = Clock::manual_that_passes(start, Duration::from_secs(5));
    let early = Rig::of(settings.clone(), clock.clone()).await.unwrap();
    assert!(came(&early, "anna").await.is_err(), "the first user is the admin");
    settings.settings.signin.local = false;
    let without = Rig::of(settings, clock).await.unwrap();
    without.set_up().await;
    assert!(came(&without, "anna").await.is_err(), "a local password would be no use");
}

#[tokio::test]
async fn where_it_is_open_a_stranger_is_a_user_and_never_an_admin() {
    let (rig, _admin) = rig(Registration::Open).await;
    let Ok(Registered::In(user)) = came(&rig, "anna").await else { panic!("not in") };
    assert_eq!((user.role, user.state), (Role::User, UserState::Active));
    rig.sign_in("anna", PASSWORD, Keep::Program).await.unwrap();
    let taken = came(&rig, "ANNA").await;
    assert!(matches!(taken, Err(ServiceError::Taken { field: "username" })), "{taken:?}");
}

#[tokio::test]
async fn who_waits_is_told_so_after_the_right_password_only() {
    let (rig, admin) = rig(Registration::Approval).await;
    let user = waits(came(&rig, "anna").await);
    let wrong = rig.sign_in("anna", OTHER_PASSWORD, Keep::Program).await;
    assert!(matches!(wrong, Err(ServiceError::Unauthorized)), "{wrong:?}");
    let right = rig.sign_in("anna", PASSWORD, Keep::Program).await;
    let Err(ServiceError::Pending { user: who, refused: None }) = right else {
        panic!("{right:?}")
    };
    assert_eq!(who, user.id);
    approvals::approve(&rig.service, &admin, &user.id, None).await.unwrap();
    rig.sign_in("anna", PASSWORD, Keep::Program).await.unwrap();
}

#[tokio::test]
async fn asking_again_is_the_same_question_also_after_a_refusal() {
    let (rig, admin) = rig(Registration::Approval).await;
    let user = waits(came(&rig, "anna").await);
    assert_eq!(waits(came(&rig, "Anna").await).id, user.id);
    approvals::refuse(&rig.service, &admin, &user.id, "Ask me first.").await.unwrap();
    assert_eq!(waits(came(&rig, "anna").await).id, user.id);
    let told = rig.sign_in("anna", PASSWORD, Keep::Program).await;
    let Err(ServiceError::Pending { refused: Some(word), .. }) = told else { panic!("{told:?}") };
    assert_eq!(word, "Ask me first.");
    let query = approvals::Query { answered_too: true, ..approvals::Query::default() };
    let all = approvals::list(&rig.service, &admin, &query).await.unwrap();
    assert_eq!(all.items.len(), 1, "it is one application");
    users::delete(&rig.service, &admin, &user.id, users::OnBackends::Keep).await.unwrap();
    assert_ne!(waits(came(&rig, "anna").await).id, user.id, "who is deleted is forgotten");
}

#[tokio::test]
async fn a_guess_at_the_password_of_somebody_who_waits_is_a_guess() {
    let (rig, _admin) = rig(Registration::Approval).await;
    waits(came(&rig, "anna").await);
    let guess = || Form { password: OTHER_PASSWORD.into(), ..form("anna") };
    let mut throttled = false;
    for number in 0..20_u32 {
        let network = caller(&format!("198.51.100.{number}"));
        match register(&rig.service, guess(), &network).await {
            Err(ServiceError::Taken { .. }) => assert!(!throttled),
            Err(ServiceError::Throttled { .. }) => throttled = true,
            other => panic!("{other:?}"),
        }
    }
    assert!(throttled);
    let held = rig.sign_in("anna", OTHER_PASSWORD, Keep::Program).await;
    assert!(matches!(held, Err(ServiceError::Throttled { .. })), "{held:?}");
}

#[tokio::test]
async fn one_network_makes_five_an_hour_and_asks_thirty_times() {
    let (rig, _admin) = rig(Registration::Open).await;
    for number in 0..5 {
        came(&rig, &format!("guest{number}")).await.unwrap();
    }
    let full = came(&rig, "guest5").await;
    assert!(matches!(full, Err(ServiceError::Throttled { .. })), "{full:?}");
    from(&rig, "guest5", "198.51.100.1").await.unwrap();
    rig.pass(3_601);
    came(&rig, "guest6").await.unwrap();
    let mut looks = 0;
    while let Err(ServiceError::Taken { .. }) = came(&rig, "root").await {
        looks += 1;
    }
    assert!((20..30).contains(&looks), "{looks}");
}

#[tokio::test]
async fn no_more_than_a_hundred_wait() {
    let (rig, _admin) = rig(Registration::Approval).await;
    let fill = move |tx: &WriteTx| {
        for number in 0..99_u8 {
            tx.applications().put(&domain::approvals::Application {
                user: UserId::from_random([number; 16]),
                username: format!("guest{number}"),
                by: AskedBy::Registration,
                email: None,
                email_verified: false,
                claims: Claims::new(),
                resembles: None,
                seen_from: String::new(),
                asked_at: jiff::Timestamp::UNIX_EPOCH,
                answer: domain::approvals::Answer::Waiting,
            })?;
        }
        Ok(())
    };
    rig.service.write(fill).await.unwrap();
    waits(came(&rig, "anna").await);
    let full = came(&rig, "ben").await;
    assert!(matches!(full, Err(ServiceError::Throttled { .. })), "{full:?}");
    assert!(users::named(&rig.service, "ben").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_want_one_name_make_one_user() {
    let (rig, _admin) = rig(Registration::Open).await;
    let mut forms = tokio::task::JoinSet::new();
    for number in 0..30_u32 {
        let service = rig.service.clone();
        forms.spawn(async move {
            register(&service, form("anna"), &caller(&format!("198.51.100.{number}"))).await
        });
    }
    let outcomes = forms.join_all().await;
    let made = outcomes.iter().filter(|one| matches!(one, Ok(Registered::In(_)))).count();
    let taken =
        outcomes.iter().filter(|one| matches!(one, Err(ServiceError::Taken { .. }))).count();
    assert_eq!((made, taken), (1, 29), "{outcomes:?}");
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let (rig, _admin) = rig(Registration::Open).await;
    let sent = Form { username: "a/b".into(), password: "short".into(), email: Some("x".into()) };
    let Err(ServiceError::Invalid { fields }) =
        register(&rig.service, sent, &caller("192.0.2.1")).await
    else {
        panic!("it was taken")
    };
    let named: Vec<_> = fields.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(named, ["username", "email", "password"]);
}

#[tokio::test]
async fn an_address_of_somebody_else_is_not_told_and_not_taken_over() {
    let (rig, admin) = rig(Registration::Approval).await;
    let ben = rig.user(&admin, "ben", Role::User).await;
    let address = EmailAddress::parse("ben@example.org").unwrap();
    let patch = users::UserPatch { email: Some(Some(address)), ..users::UserPatch::default() };
    users::patch(&rig.service, &admin, &ben.id, patch).await.unwrap();
    let sent = Form { email: Some("ben@example.org".into()), ..form("mallory") };
    let user = waits(register(&rig.service, sent, &caller("192.0.2.1")).await);
    assert!(!user.email.unwrap().confirmed);
    let asked = approvals::get(&rig.service, &admin, &user.id).await.unwrap();
    assert_eq!(asked.resembles.as_deref(), Some("ben"), "the admin is told");
    let view = addresses::of(&rig.service, &ben.id).await.unwrap();
    assert!(view.address.unwrap().confirmed);
}

#[tokio::test]
async fn a_session_of_who_is_let_in_is_an_ordinary_one() {
    let (rig, _admin) = rig(Registration::Open).await;
    came(&rig, "anna").await.unwrap();
    let typed = Credentials { provider: None, username: "anna".into(), password: PASSWORD.into() };
    let from = caller("192.0.2.1");
    let begun = signin::login(&rig.service, &typed, Keep::UntilClosed, &from).await.unwrap();
    assert!(Admin::prove(&entered(begun).user).is_none());
}
