//! Forgotten passwords, against backends with a will of their own.

mod world;

use super::{asking, issuing, setting};
use super::{link, look, mail_link};
use crate::passwords::PasswordOutcome;
use crate::rig::{OTHER_PASSWORD, PASSWORD, caller};
use crate::sessions::Keep;
use crate::{ServiceError, users};
use core::time::Duration;
use domain::activity::ActivityKind;
use domain::backends::SetBy;
use domain::ids::BackendId;
use domain::links::ResetCause;
use domain::outbox::{MessageKind, MessageState, To};
use domain::resets::{ResetMail, ResetRequest, Sighting, SightingOutcome, Watch};
use domain::role::{Admin, Role};
use domain::users::{User, UserState};
use world::{House, Person, person};

const ANNA: &str = "anna@example.org";

async fn annas_house() -> (House, User) {
    let house = House::new(&["films", "music"]).await;
    let anna = house.person(person("anna", ANNA, &["films", "music"])).await;
    (house, anna)
}

#[tokio::test]
async fn a_mail_is_owed_with_its_link_for_whoever_is_meant() {
    let (house, anna) = annas_house().await;
    for login in ["ANNA", " anna there", ANNA] {
        house.forgot(login).await;
    }
    let owed = house.owed(MessageKind::Reset).await;
    assert_eq!(owed.len(), 3);
    for message in &owed {
        assert_eq!((message.user.as_ref(), &message.to), (Some(&anna.id), &To::User));
        assert_eq!(message.facts["username"], "anna");
        assert_eq!(message.expires_at, house.rig.in_seconds(3_600).min(message.expires_at));
    }
    let token = house.token(MessageKind::Reset).await;
    let seen = look(&house.rig.service, &token).await.unwrap();
    assert_eq!((seen.username.as_str(), seen.cause), ("anna", Some(ResetCause::Forgot)));
    assert!(!seen.used_in_backend);
    assert!(owed.iter().all(|message| !format!("{message:?}").contains(&token)));
    assert_eq!(house.lines(ActivityKind::ResetAsked).await.len(), 3);
}

#[tokio::test]
async fn a_household_gets_a_mail_for_each_and_strangers_addresses_nothing() {
    let (house, _anna) = annas_house().await;
    house.person(person("ben", ANNA, &["films"])).await;
    let doubtful = Person { confirmed: false, ..person("mallory", ANNA, &["films"]) };
    house.person(doubtful).await;
    house.forgot(ANNA).await;
    let owed = house.owed(MessageKind::Reset).await;
    let mut names: Vec<_> = owed.iter().map(|one| one.facts["username"].clone()).collect();
    names.sort();
    assert_eq!(names, ["anna", "ben"]);
}

#[tokio::test]
async fn the_answer_comes_at_one_moment_for_everybody() {
    let (house, _anna) = annas_house().await;
    let root = |name| Person { address: None, confirmed: false, ..person(name, ANNA, &["films"]) };
    house.person(root("bare")).await;
    house.person(Person { confirmed: false, ..person("doubtful", ANNA, &["films"]) }).await;
    let out = house.person(person("out", "out@example.org", &["films"])).await;
    house.state(&out, UserState::Disabled).await;
    house.person(person("mighty", "mighty@example.org", &["films"])).await;
    house.world.privileged("films-mighty");
    house.world.foreign("films-foreign");
    house.person(person("foreign", "foreign@example.org", &["films"])).await;
    let mut took = std::collections::BTreeSet::new();
    let logins =
        ["anna", "nobody", "", "bare", "doubtful", "out", "mighty", "foreign", "\0", "n@x.example"];
    for (number, login) in logins.into_iter().enumerate() {
        let before = house.rig.clock.now();
        house.forgot_from(login, &format!("192.0.2.{number}")).await;
        took.insert(house.rig.clock.now().duration_since(before));
    }
    assert_eq!(took.len(), 1, "{took:?}");
    assert_eq!(house.owed(MessageKind::Reset).await.len(), 1);
    let refused = house.lines(ActivityKind::ResetRefused).await;
    let mut why: Vec<_> = refused.iter().map(|facts| facts["cause"].as_str()).collect();
    why.sort_unstable();
    assert_eq!(why, ["no-address", "privileged", "shut-out", "unconfirmed", "unsupported"]);
}

#[tokio::test]
async fn a_backend_that_does_not_answer_keeps_no_mail_back() {
    let (house, _anna) = annas_house().await;
    house.world.down("films", true);
    house.world.privileged("music-anna");
    house.forgot("anna").await;
    assert_eq!(house.owed(MessageKind::Reset).await.len(), 1);
}

#[tokio::test]
async fn three_links_are_open_at_one_time() {
    let (house, _anna) = annas_house().await;
    for number in 0..9 {
        house.forgot_from("anna", &format!("192.0.2.{number}")).await;
    }
    assert_eq!(house.owed(MessageKind::Reset).await.len(), 3);
    house.rig.pass(3_700);
    house.forgot("anna").await;
    assert_eq!(house.owed(MessageKind::Reset).await.len(), 4);
}

#[tokio::test]
async fn a_network_and_a_user_have_had_enough_at_some_time() {
    let house = House::new(&["films"]).await;
    for number in 0..15 {
        let (name, address) = (format!("p{number}"), format!("p{number}@example.org"));
        house.person(person(&name, &address, &["films"])).await;
        house.forgot(&name).await;
    }
    assert_eq!(house.owed(MessageKind::Reset).await.len(), 10);
    house.rig.pass(1_000);
    for number in 0..30 {
        house.rig.pass(1_300);
        house.forgot_from("p14", &format!("192.0.2.{number}")).await;
    }
    assert_eq!(house.owed(MessageKind::Reset).await.len(), 10 + 24);
}

#[tokio::test]
async fn a_link_sets_the_password_everywhere_and_works_once() {
    let (house, anna) = annas_house().await;
    house.forgot("anna").await;
    house.forgot("anna").await;
    let token = house.token(MessageKind::Reset).await;
    for weak in ["short", "password1", "anna-films"] {
        let refused = house.reset(&token, weak).await;
        assert!(
            matches!(&refused, Err(ServiceError::Invalid { fields }) if fields[0].field == "password")
        );
    }
    let results = house.reset(&token, OTHER_PASSWORD).await.unwrap();
    let told: Vec<_> = results.iter().map(|one| (one.backend.as_str(), one.state)).collect();
    assert_eq!(told, [("films", PasswordOutcome::Changed), ("music", PasswordOutcome::Changed)]);
    assert_eq!(house.world.sets(), ["films-anna", "music-anna"]);
    assert_eq!(house.world.password("films-anna").as_deref(), Some(OTHER_PASSWORD));
    House::is_gone(&house.reset(&token, PASSWORD).await);
    House::is_gone(&look(&house.rig.service, &token).await);
    let states: Vec<_> =
        house.owed(MessageKind::Reset).await.into_iter().map(|one| one.state).collect();
    assert!(states.iter().all(|state| matches!(state, MessageState::Dropped { .. })), "{states:?}");
    let notice = house.owed(MessageKind::PasswordChanged).await.pop().unwrap();
    assert_eq!((notice.user, &*notice.facts["where"]), (Some(anna.id), "FILMS, MUSIC"));
    assert_eq!(house.lines(ActivityKind::PasswordReset).await[0]["where"], "films, music");
}

#[tokio::test]
async fn tokens_are_not_tried_without_end() {
    let (house, _anna) = annas_house().await;
    house.forgot("anna").await;
    let token = house.token(MessageKind::Reset).await;
    let wrong = format!("lkp_{}", "a".repeat(43));
    for _guess in 0..10 {
        House::is_gone(&house.reset(&wrong, OTHER_PASSWORD).await);
    }
    for token in [&wrong, &token] {
        let refused = house.reset(token, OTHER_PASSWORD).await;
        assert!(matches!(refused, Err(ServiceError::Throttled { .. })), "{refused:?}");
    }
    house.rig.pass(60);
    house.reset(&token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn all_who_were_signed_in_are_out_and_nobody_is_held_back() {
    let house = House::new(&[]).await;
    let anna = house.person(person("anna", ANNA, &[])).await;
    let begun = house.rig.sign_in("anna", PASSWORD, Keep::Remembered).await.unwrap();
    house.rig.sign_in("anna", PASSWORD, Keep::Program).await.unwrap();
    let way_in = house.rig.link("anna").await;
    for _guess in 0..9 {
        assert!(
            house
                .rig
                .sign_in_from("anna", "wrong", Keep::Program, &caller("192.0.2.3"))
                .await
                .is_err()
        );
    }
    house.forgot("anna").await;
    let token = house.token(MessageKind::Reset).await;
    let results = house.reset(&token, OTHER_PASSWORD).await.unwrap();
    assert_eq!((results.len(), results[0].backend.as_str()), (1, "local"));
    assert_eq!(crate::sessions::list(&house.rig.service, &anna.id).await.unwrap(), []);
    let cookie = crate::rig::cookie(&begun).expose().clone();
    assert_eq!(crate::sessions::resolve(&house.rig.service, &cookie).await.unwrap(), None);
    House::is_gone(&crate::login_tokens::look(&house.rig.service, &way_in).await);
    let from = caller("192.0.2.4");
    house.rig.sign_in_from("anna", OTHER_PASSWORD, Keep::Remembered, &from).await.unwrap();
}

#[tokio::test]
async fn a_late_wrong_or_foreign_token_is_gone_at_the_same_moment() {
    let (house, anna) = annas_house().await;
    house.forgot("anna").await;
    let late = house.token(MessageKind::Reset).await;
    let way_in = house.rig.link("anna").await;
    house.rig.pass(3_600);
    let wrong = format!("lkp_{}", "a".repeat(43));
    let mut took = std::collections::BTreeSet::new();
    for token in [late.as_str(), &wrong, &way_in, "", "rubbish"] {
        let before = house.rig.clock.now();
        House::is_gone(&house.reset(token, OTHER_PASSWORD).await);
        let between = house.rig.clock.now();
        House::is_gone(&look(&house.rig.service, token).await);
        took.insert(between.duration_since(before));
        took.insert(house.rig.clock.now().duration_since(between));
    }
    assert_eq!(took.len(), 1, "{took:?}");
    assert!(house.world.sets().is_empty());
    for state in [UserState::Disabled, UserState::Expired, UserState::Pending] {
        house.state(&anna, UserState::Active).await;
        house.rig.pass(90_000);
        house.forgot("anna").await;
        let token = house.token(MessageKind::Reset).await;
        house.state(&anna, state).await;
        House::is_gone(&house.reset(&token, OTHER_PASSWORD).await);
        House::is_gone(&look(&house.rig.service, &token).await);
    }
}

#[tokio::test]
async fn a_link_that_nobody_took_stays_good() {
    let (house, _anna) = annas_house().await;
    house.world.down("films", true);
    house.world.picky("music-anna");
    house.forgot("anna").await;
    let token = house.token(MessageKind::Reset).await;
    let results = house.reset(&token, OTHER_PASSWORD).await.unwrap();
    assert!(results.iter().all(|one| one.state == PasswordOutcome::Failed && one.fault.is_some()));
    assert!(house.owed(MessageKind::PasswordChanged).await.is_empty());
    house.world.down("films", false);
    let results = house.reset(&token, OTHER_PASSWORD).await.unwrap();
    assert_eq!(results[0].state, PasswordOutcome::Changed);
    assert_eq!(results[1].state, PasswordOutcome::Failed);
    House::is_gone(&house.reset(&token, OTHER_PASSWORD).await);
}

#[tokio::test]
async fn an_unclear_answer_uses_the_link_up() {
    let house = House::new(&["films"]).await;
    house.person(person("anna", ANNA, &["films"])).await;
    house.world.unclear("films-anna");
    house.forgot("anna").await;
    let token = house.token(MessageKind::Reset).await;
    let results = house.reset(&token, OTHER_PASSWORD).await.unwrap();
    assert_eq!(results[0].state, PasswordOutcome::Unclear);
    House::is_gone(&house.reset(&token, OTHER_PASSWORD).await);
}

#[tokio::test]
async fn of_two_at_once_one_wins_also_with_two_links() {
    let (house, _anna) = annas_house().await;
    house.forgot("anna").await;
    let first = house.token(MessageKind::Reset).await;
    house.forgot("anna").await;
    let second = house.token(MessageKind::Reset).await;
    house.world.hold();
    let one = house.reset(&first, OTHER_PASSWORD);
    let others = async {
        while house.world.arrived() < 2 {
            tokio::task::yield_now().await;
        }
        House::is_gone(&house.reset(&first, PASSWORD).await);
        House::is_gone(&house.reset(&second, PASSWORD).await);
        house.world.let_go();
    };
    let (winner, ()) = tokio::join!(one, others);
    assert_eq!(winner.unwrap()[0].state, PasswordOutcome::Changed);
    House::is_gone(&house.reset(&second, PASSWORD).await);
    assert_eq!(house.world.password("films-anna").as_deref(), Some(OTHER_PASSWORD));
}

#[tokio::test]
async fn who_goes_away_meanwhile_has_the_new_password_all_the_same() {
    let (house, _anna) = annas_house().await;
    house.forgot("anna").await;
    let token = house.token(MessageKind::Reset).await;
    house.world.hold();
    tokio::select! {
        _answer = house.reset(&token, OTHER_PASSWORD) => panic!("nobody let it go"),
        () = async { while house.world.arrived() < 2 { tokio::task::yield_now().await } } => {}
    }
    house.world.let_go();
    house.quiet().await;
    assert_eq!(house.world.sets().len(), 2);
    House::is_gone(&look(&house.rig.service, &token).await);
    assert_eq!(house.owed(MessageKind::PasswordChanged).await.len(), 1);
}

#[tokio::test]
async fn a_mighty_account_is_never_set_by_a_link() {
    let (house, anna) = annas_house().await;
    house.world.privileged("films-anna");
    house.forgot("anna").await;
    let token = house.token(MessageKind::Reset).await;
    let results = house.reset(&token, OTHER_PASSWORD).await.unwrap();
    assert_eq!(results[0].state, PasswordOutcome::Refused);
    assert_eq!(results[0].fault.as_ref().unwrap().code, "host.privileged");
    assert_eq!(results[1].state, PasswordOutcome::Changed);
    assert_eq!(house.world.sets(), ["music-anna"]);
    house.world.privileged("music-anna");
    let made = link(&house.rig.service, &house.admin, &anna.id).await.unwrap();
    let token = made.url.expose().rsplit('/').next().unwrap();
    let results = house.reset(token, PASSWORD).await.unwrap();
    assert!(results.iter().all(|one| one.state == PasswordOutcome::Refused));
}

#[tokio::test]
async fn whether_it_is_mighty_has_to_be_known() {
    let house = House::new(&["films"]).await;
    house.person(person("anna", ANNA, &["films"])).await;
    house.forgot("anna").await;
    let token = house.token(MessageKind::Reset).await;
    house.world.down("films", true);
    let results = house.reset(&token, OTHER_PASSWORD).await.unwrap();
    assert_eq!(results[0].state, PasswordOutcome::Failed);
    assert!(house.world.sets().is_empty());
}

#[tokio::test]
async fn an_admin_hands_a_link_over_and_earlier_ones_end() {
    let (house, anna) = annas_house().await;
    let bare = Person { address: None, confirmed: false, ..person("bare", ANNA, &["films"]) };
    let bare = house.person(bare).await;
    let service = &house.rig.service;
    let made = mail_link(service, &house.admin, &bare.id).await.unwrap();
    assert!(!made.mailed);
    assert_eq!(made.expires_at, house.rig.in_seconds(86_400));
    house.forgot("anna").await;
    let before = house.token(MessageKind::Reset).await;
    let made = link(service, &house.admin, &anna.id).await.unwrap();
    assert!(!made.mailed);
    House::is_gone(&look(service, &before).await);
    assert!(house.owed(MessageKind::Reset).await.iter().all(|one| !one.state.is_open()));
    let made_again = mail_link(service, &house.admin, &anna.id).await.unwrap();
    assert!(made_again.mailed);
    assert_eq!(house.owed(MessageKind::Reset).await.pop().unwrap().facts["by"], "admin");
    let token = house.token(MessageKind::Reset).await;
    assert!(made_again.url.expose().ends_with(&token));
    House::is_gone(&look(service, made.url.expose().rsplit('/').next().unwrap()).await);
    house.rig.pass(80_000);
    assert_eq!(look(service, &token).await.unwrap().cause, Some(ResetCause::Admin));
    house.reset(&token, OTHER_PASSWORD).await.unwrap();
    assert_eq!(house.lines(ActivityKind::ResetLinkMade).await.len(), 3);
}

#[tokio::test]
async fn admins_do_not_take_over_one_another() {
    let house = House::new(&[]).await;
    let service = &house.rig.service;
    let second = house.rig.user(&house.admin, "second", Role::Admin).await;
    let third = house.rig.user(&house.admin, "third", Role::Admin).await;
    let by = Admin::prove(&second).unwrap();
    let code = |answer: crate::Result<super::ResetLink>| match answer {
        Err(ServiceError::Forbidden { code }) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(link(service, &by, &house.root.id).await), "setup-admin");
    assert_eq!(code(link(service, &by, &third.id).await), "other-admin");
    link(service, &by, &second.id).await.unwrap();
    link(service, &house.admin, &third.id).await.unwrap();
    users::disable(service, &house.admin, &third.id).await.unwrap();
    assert_eq!(code(link(service, &house.admin, &third.id).await), "disabled");
}

fn request(house: &House) -> ResetRequest {
    ResetRequest {
        login_name: "anna".to_owned(),
        pin: "12-34-AB-CD".into(),
        expires: house.rig.in_seconds(1_800),
        key: "a key".into(),
        remark: None,
    }
}

fn watch(mail: ResetMail) -> Watch {
    let (backend, directory) = (BackendId::parse("films").unwrap(), "/srv/films".into());
    Watch { backend, directory, poll_seconds: 0, mail, set_by: SetBy::Page }
}

#[tokio::test]
async fn a_file_is_answered_by_one_mail_with_what_the_mode_says() {
    let (house, anna) = annas_house().await;
    let request = request(&house);
    for (mail, link, pin) in [
        (ResetMail::Both, true, true),
        (ResetMail::Link, true, false),
        (ResetMail::Pin, false, true),
    ] {
        let (here, anna, request) = (house.rig.service.clone(), anna.clone(), request.clone());
        let watch = watch(mail);
        let owed = house
            .rig
            .service
            .write_aside(move |tx| issuing::owe_for_file(tx, &here, (&watch, &request), &anna));
        let id = owed.await.unwrap();
        assert_eq!(house.secret(&id, crate::outbox::LINK).await.is_some(), link, "{mail:?}");
        let carried = house.secret(&id, crate::outbox::PIN).await;
        assert_eq!(carried.as_deref(), pin.then_some("12-34-AB-CD"), "{mail:?}");
        let message = house.owed(MessageKind::Reset).await.into_iter().find(|one| one.id == id);
        let message = message.unwrap();
        assert_eq!(message.facts["backends"], "FILMS");
        let life = if pin { 1_800 } else { 3_600 };
        assert_eq!(message.expires_at, house.rig.in_seconds(life), "{mail:?}");
    }
}

#[tokio::test]
async fn a_link_says_that_the_pin_was_used() {
    let (house, anna) = annas_house().await;
    let (here, request) = (house.rig.service.clone(), request(&house));
    let films = BackendId::parse("films").unwrap();
    let mut sighting = Sighting {
        digest: "d".to_owned(),
        backend: films,
        file: "reset.json".to_owned(),
        login_name: "anna".to_owned(),
        user: Some(anna.id.clone()),
        outcome: SightingOutcome::Owed,
        seen_at: house.rig.clock.now(),
        expires_at: request.expires,
        used_there: false,
    };
    let seen = sighting.clone();
    let owed = house.rig.service.write_aside(move |tx| {
        tx.resets().put_sighting(&seen)?;
        issuing::owe_for_file(tx, &here, (&watch(ResetMail::Both), &request), &anna)
    });
    owed.await.unwrap();
    let token = house.token(MessageKind::Reset).await;
    assert!(!look(&house.rig.service, &token).await.unwrap().used_in_backend);
    sighting.used_there = true;
    house
        .rig
        .service
        .write_aside(move |tx| Ok(tx.resets().put_sighting(&sighting)?))
        .await
        .unwrap();
    assert!(look(&house.rig.service, &token).await.unwrap().used_in_backend);
}

#[tokio::test]
async fn a_slow_backend_does_not_hold_the_answer_up() {
    let (house, _anna) = annas_house().await;
    let before = house.rig.clock.now();
    house.forgot("anna").await;
    let took = house.rig.clock.now().duration_since(before);
    assert_eq!(Duration::try_from(took).unwrap(), Duration::from_millis(250));
}
