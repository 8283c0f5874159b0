//! Second factors: set up, asked for, given once, lost.

use super::*;
use crate::clock::Clock;
use crate::entrance::Entered;
use crate::rig::{PASSWORD, Rig, caller, settled};
use crate::sessions::{self, Keep};
use crate::signin::{self, Credentials};
use crate::users::{self, OnBackends};
use domain::factors::TRIES;

fn secret(text: &str) -> Secret {
    Secret::from(text)
}

async fn login(rig: &Rig, who: &str, keep: Keep) -> Result<Entered> {
    let credentials =
        Credentials { provider: None, username: who.to_owned(), password: PASSWORD.into() };
    signin::login(&rig.service, &credentials, keep, &caller("192.0.2.1")).await
}

async fn ticket(rig: &Rig, who: &str) -> Secret {
    match login(rig, who, Keep::UntilClosed).await.unwrap() {
        Entered::SecondFactor(asked) => asked.ticket,
        Entered::In(_) => panic!("no second factor is asked for"),
    }
}

async fn current(rig: &Rig, begun: &Begun) -> Current {
    let cookie = crate::rig::cookie(begun).expose().clone();
    sessions::resolve(&rig.service, &cookie).await.unwrap().expect("signed in")
}

async fn is_in(rig: &Rig, begun: &Begun) -> bool {
    let cookie = crate::rig::cookie(begun).expose().clone();
    sessions::resolve(&rig.service, &cookie).await.unwrap().is_some()
}

/// Sets an app up; its secret and the recovery codes.
async fn enrol(rig: &Rig, current: &Current) -> (Secret, Vec<Secret>) {
    let enrolment = begin_totp(&rig.service, current).await.unwrap();
    let code = secret(&totp::code_at(&enrolment.secret, rig.service.now()));
    let from = caller("192.0.2.1");
    let codes = confirm_totp(&rig.service, current, &code, &from).await.unwrap();
    (enrolment.secret, codes)
}

async fn enrolled() -> (Rig, Current, Secret, Vec<Secret>) {
    let rig = Rig::new().await;
    rig.set_up().await;
    let begun = rig.sign_in("root", PASSWORD, Keep::UntilClosed).await.unwrap();
    let current = current(&rig, &begun).await;
    let (app, codes) = enrol(&rig, &current).await;
    rig.pass(60);
    (rig, current, app, codes)
}

async fn give(rig: &Rig, ticket: &Secret, code: &str) -> Result<Begun> {
    second(&rig.service, ticket, Second::Code(secret(code)), &caller("192.0.2.1")).await
}

fn app_code(rig: &Rig, app: &Secret) -> String {
    totp::code_at(app, rig.service.now())
}

#[tokio::test]
async fn an_app_is_asked_for_once_it_has_shown_a_code() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let other = rig.sign_in("root", PASSWORD, Keep::UntilClosed).await.unwrap();
    let begun = rig.sign_in("root", PASSWORD, Keep::UntilClosed).await.unwrap();
    let before = current(&rig, &begun).await;
    let enrolment = begin_totp(&rig.service, &before).await.unwrap();
    assert!(matches!(login(&rig, "root", Keep::UntilClosed).await, Ok(Entered::In(_))));
    let from = caller("192.0.2.1");
    let wrong = confirm_totp(&rig.service, &before, &secret("000000"), &from).await;
    assert!(matches!(wrong, Err(ServiceError::Invalid { .. })), "{wrong:?}");
    let again = pending_totp(&rig.service, &before).await.unwrap();
    assert_eq!(again.secret.expose(), enrolment.secret.expose());
    let code = secret(&totp::code_at(&enrolment.secret, rig.service.now()));
    let codes = confirm_totp(&rig.service, &before, &code, &from).await.unwrap();
    assert_eq!(codes.len(), recovery::HOW_MANY);
    assert_eq!(current(&rig, &begun).await.session.strength, Strength::Double);
    assert!(!is_in(&rig, &other).await, "what was begun by less ends");
    let has = of(&rig.service, &before.user).await.unwrap();
    assert!(has.totp.is_some() && has.are_asked && has.recovery_left == recovery::HOW_MANY);
    // The code that set it up is spent.
    let asked = ticket(&rig, "root").await;
    assert!(matches!(give(&rig, &asked, code.expose()).await, Err(ServiceError::Unauthorized)));
    rig.pass(30);
    let code = totp::code_at(&enrolment.secret, rig.service.now());
    let (one, two) = code.split_at(3);
    let inside = give(&rig, &asked, &format!(" {one} {two} ")).await.unwrap();
    assert_eq!(inside.session.strength, Strength::Double);
    assert_eq!(inside.session.provider.as_str(), "local");
    assert!(matches!(give(&rig, &asked, &code).await, Err(ServiceError::Gone)), "once");
}

#[tokio::test]
async fn a_code_is_good_once_even_for_two_at_once_and_across_a_restart() {
    let (rig, _current, app, _codes) = enrolled().await;
    let code = app_code(&rig, &app);
    let (one, two) = (ticket(&rig, "root").await, ticket(&rig, "root").await);
    let both = tokio::join!(give(&rig, &one, &code), give(&rig, &two, &code));
    assert_eq!(u8::from(both.0.is_ok()) + u8::from(both.1.is_ok()), 1);
    let left = if both.0.is_ok() { two } else { one };
    let store = rig.service.store().clone();
    let rig = Rig::over(store, settled(), rig.clock.clone()).await.unwrap();
    let again = give(&rig, &left, &code).await;
    assert!(matches!(again, Err(ServiceError::Unauthorized)), "{again:?}");
    rig.pass(30);
    let code = app_code(&rig, &app);
    give(&rig, &left, &code).await.unwrap();
}

#[tokio::test]
async fn a_ticket_ends_after_five_wrong_codes_and_after_five_minutes() {
    let (rig, _current, app, _codes) = enrolled().await;
    let asked = ticket(&rig, "root").await;
    for _ in 0..TRIES {
        assert!(matches!(give(&rig, &asked, "000000").await, Err(ServiceError::Unauthorized)));
    }
    let right = app_code(&rig, &app);
    assert!(matches!(give(&rig, &asked, &right).await, Err(ServiceError::Gone)));
    let late = ticket(&rig, "root").await;
    rig.pass(301);
    let right = app_code(&rig, &app);
    assert!(matches!(give(&rig, &late, &right).await, Err(ServiceError::Gone)));
    for none in ["", "lkx_", "not a ticket", late.expose().trim_end_matches(|_: char| true)] {
        assert!(matches!(give(&rig, &secret(none), &right).await, Err(ServiceError::Gone)));
    }
}

#[tokio::test]
async fn codes_are_rationed_however_many_tickets_there_are() {
    let (rig, _current, app, _codes) = enrolled().await;
    // One was spent on setting it up, more than a minute ago.
    let mut tried = 0;
    let refused = loop {
        let asked = ticket(&rig, "root").await;
        match give(&rig, &asked, "000000").await {
            Err(ServiceError::Unauthorized) => tried += 1,
            other => break other,
        }
    };
    assert!(matches!(refused, Err(ServiceError::Throttled { .. })), "{refused:?}");
    assert_eq!(tried, 30);
    rig.pass(61);
    let asked = ticket(&rig, "root").await;
    let right = app_code(&rig, &app);
    give(&rig, &asked, &right).await.unwrap();
}

#[tokio::test]
async fn whoever_has_the_password_only_does_not_shut_its_owner_out() {
    let (rig, _current, app, codes) = enrolled().await;
    let asked = ticket(&rig, "root").await;
    let right = app_code(&rig, &app);
    let device = give(&rig, &asked, &right).await.unwrap().device;
    rig.pass(61);
    let mut asked = ticket(&rig, "root").await;
    while !matches!(give(&rig, &asked, "000000").await, Err(ServiceError::Throttled { .. })) {
        asked = ticket(&rig, "root").await;
    }
    let held_back = ticket(&rig, "root").await;
    let right = app_code(&rig, &app);
    let unknown = give(&rig, &held_back, &right).await;
    assert!(matches!(unknown, Err(ServiceError::Throttled { .. })), "{unknown:?}");
    // A device they signed in on before, though not somebody else's; and a recovery code from anywhere.
    let known = Caller { device: Some(device), ..caller("192.0.2.1") };
    second(&rig.service, &held_back, Second::Code(secret(&right)), &known).await.unwrap();
    let anywhere = ticket(&rig, "root").await;
    give(&rig, &anywhere, codes[0].expose()).await.unwrap();
    let strangers = rig.service.inside().devices.issue(
        &UserId::from_random([7; 16]),
        rig.service.now(),
        rig.service.random(),
    );
    let other = Caller { device: Some(strangers), ..caller("192.0.2.1") };
    let asked = ticket(&rig, "root").await;
    let refused = second(&rig.service, &asked, Second::Code(secret(&right)), &other).await;
    assert!(matches!(refused, Err(ServiceError::Throttled { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_recovery_code_is_good_once_and_new_ones_end_the_old() {
    let (rig, _old, app, codes) = enrolled().await;
    let asked = ticket(&rig, "root").await;
    let inside = give(&rig, &asked, codes[0].expose()).await.unwrap();
    let asked = ticket(&rig, "root").await;
    let again = give(&rig, &asked, codes[0].expose()).await;
    assert!(matches!(again, Err(ServiceError::Unauthorized)));
    let current = current(&rig, &inside).await;
    let left = of(&rig.service, &current.user).await.unwrap().recovery_left;
    assert_eq!(left, recovery::HOW_MANY - 1);
    let from = caller("192.0.2.1");
    let new = renew_recovery(&rig.service, &current, &from).await.unwrap();
    assert!(give(&rig, &asked, codes[1].expose()).await.is_err());
    give(&rig, &asked, new[1].expose()).await.unwrap();
    let _app = app;
}

#[tokio::test]
async fn changes_need_a_fresh_proof_and_removal_ends_other_sessions() {
    let (rig, current_then, app, _codes) = enrolled().await;
    rig.pass(601);
    let stale = |result: Result<()>| {
        assert!(
            matches!(result, Err(ServiceError::Forbidden { code: "stale-sign-in" })),
            "{result:?}"
        );
    };
    let from = caller("192.0.2.1");
    stale(begin_totp(&rig.service, &current_then).await.map(drop));
    stale(remove_totp(&rig.service, &current_then).await);
    stale(renew_recovery(&rig.service, &current_then, &from).await.map(drop));
    let asked = ticket(&rig, "root").await;
    let code = app_code(&rig, &app);
    let inside = give(&rig, &asked, &code).await.unwrap();
    let now = current(&rig, &inside).await;
    remove_totp(&rig.service, &now).await.unwrap();
    assert_eq!(current(&rig, &inside).await.session.strength, Strength::Single);
    let gone = sessions::list(&rig.service, &now.user.id).await.unwrap();
    assert_eq!(gone.len(), 1, "only the one it was done in");
    let has = of(&rig.service, &now.user).await.unwrap();
    assert!(!has.are_asked && has.recovery_left == 0);
    assert!(matches!(login(&rig, "root", Keep::Program).await, Ok(Entered::In(_))));
}

#[tokio::test]
async fn an_admin_helps_who_has_lost_everything_but_no_other_admin() {
    let rig = Rig::new().await;
    let (root, _) = rig.set_up().await;
    for (name, role) in [("anna", Role::User), ("bert", Role::Admin), ("cora", Role::Admin)] {
        rig.user(&root, name, role).await;
        let begun = rig.sign_in(name, PASSWORD, Keep::UntilClosed).await.unwrap();
        enrol(&rig, &current(&rig, &begun).await).await;
        rig.pass(60);
    }
    let named = async |name: &str| users::named(&rig.service, name).await.unwrap().unwrap();
    let bert = Admin::prove(&named("bert").await).unwrap();
    let cora = named("cora").await;
    let refused = remove_all(&rig.service, &bert, &cora.id).await;
    assert!(matches!(refused, Err(ServiceError::Forbidden { code: "other-admin" })));
    remove_all(&rig.service, &bert, &named("anna").await.id).await.unwrap();
    remove_all(&rig.service, &root, &cora.id).await.unwrap();
    for name in ["anna", "cora"] {
        assert!(matches!(login(&rig, name, Keep::Program).await, Ok(Entered::In(_))));
    }
    clear_at_the_console(&rig.service, "BERT").await.unwrap();
    assert!(matches!(login(&rig, "bert", Keep::Program).await, Ok(Entered::In(_))));
}

#[tokio::test]
async fn an_admin_without_one_is_not_enough_where_that_is_the_rule() {
    let mut settings = settled();
    settings.settings.signin.admins_need_second_factor = true;
    let clock = Clock::manual_that_passes(
        "2030-01-01T00:00:00Z".parse().unwrap(),
        core::time::Duration::from_secs(5),
    );
    let rig = Rig::of(settings, clock).await.unwrap();
    rig.set_up().await;
    let begun = rig.sign_in("root", PASSWORD, Keep::UntilClosed).await.unwrap();
    let before = current(&rig, &begun).await;
    assert!(!are_enough(&rig.service, &before));
    assert!(of(&rig.service, &before.user).await.unwrap().is_required);
    enrol(&rig, &before).await;
    assert!(are_enough(&rig.service, &current(&rig, &begun).await));
}

#[tokio::test]
async fn a_password_set_anew_takes_no_factor_away_and_deletion_takes_all() {
    let (rig, _current, _app, _codes) = enrolled().await;
    let _new = crate::console::reset_password(&rig.service, "root", Some(PASSWORD.into())).await;
    ticket(&rig, "root").await;
    let root = users::named(&rig.service, "root").await.unwrap().unwrap();
    let root = Admin::prove(&root).unwrap();
    let anna = rig.user(&root, "anna", Role::User).await;
    let begun = rig.sign_in("anna", PASSWORD, Keep::UntilClosed).await.unwrap();
    enrol(&rig, &current(&rig, &begun).await).await;
    users::delete(&rig.service, &root, &anna.id, OnBackends::Keep).await.unwrap();
    let id = anna.id.clone();
    let left = rig.service.read(move |tx| Ok(tx.factors().of(&id)?)).await.unwrap();
    assert!(left.totp.is_none() && left.recovery.is_empty());
}
