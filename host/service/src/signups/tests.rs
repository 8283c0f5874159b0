//! Sign-ups against backends with a will of their own, and a process that dies at every point.

mod approving;
mod invited;
mod world;

use super::*;
use crate::caller::Caller;
use crate::clock::time_from;
use crate::invites;
use crate::kill_points::KillPoints;
use domain::activity::ActivityKind;
use domain::ids::MailId;
use domain::invites::Invite;
use domain::invites::drafts::InviteText;
use domain::links::ResetCause;
use domain::names::EmailAddress;
use domain::outbox::{MessageKind, MessageState};
use domain::users::UserState;
use store::Store;
use store::secrets::SecretOf;
use world::{Fate, House};

const GOOD: &str = "seven green umbrellas";

fn form(name: &str) -> Application {
    Application { username: name.to_owned(), password: GOOD.into(), email: None, flow: None }
}

fn caller() -> Caller {
    Caller::new("192.0.2.7".parse().unwrap(), "test", None)
}

async fn accept(house: &House, invite: &Invite, form: Application) -> Result<Accepted> {
    let code = invite.code.as_str();
    house.drive(accept_by(&house.service, &house.world, (code, form), None, &caller())).await
}

fn counts(house: &House) -> (usize, u64, u32, usize) {
    let store = house.service.store();
    let read = |tx: &store::ReadTx| -> Result<_, store::StoreError> {
        let invite = tx.invites().page(&store::PageRequest::first(1), |_| true)?.items.remove(0);
        Ok((tx.users().count()?, invite.used, tx.signups().open()?.len()))
    };
    let (users, used, open) = store.read_blocking(read).unwrap();
    (house.world.accounts().len(), users, used, open)
}

fn nothing_waits(house: &House, id: &SignupId) {
    let read = |tx: &store::ReadTx| -> Result<(), store::StoreError> {
        assert!(tx.secrets().names(SecretOf::Signup(id))?.is_empty(), "the password is gone");
        assert_eq!(tx.schedule().get(&Task::AdvanceSignup(id.clone()))?, None);
        assert_eq!(tx.schedule().get(&Task::ForgetPassword(id.clone()))?, None);
        Ok(())
    };
    house.service.store().read_blocking(read).unwrap();
}

fn kinds(house: &House) -> Vec<ActivityKind> {
    let page = |tx: &store::ReadTx| {
        tx.activity()
            .page(&store::PageRequest::first(100), &store::activity::ActivityFilter::default())
    };
    let lines: Result<_, store::StoreError> = house.service.store().read_blocking(page);
    lines.unwrap().items.into_iter().map(|line| line.kind).collect()
}

#[tokio::test]
async fn a_guest_becomes_a_user_with_accounts() {
    let house = House::new(&["films", "music"]).await;
    house.profile("family", &["films"]).await;
    let text = InviteText {
        profile: "Family".into(),
        account_lifetime: "P30D".into(),
        ask_email: "required".into(),
        ..InviteText::default()
    };
    let invite = house.invite(text).await;
    let application = Application { email: Some("anna@example.org".into()), ..form("Anna") };
    let accepted = accept(&house, &invite, application).await.unwrap();
    assert_eq!(accepted.progress.state, SignupState::Complete);
    assert!(accepted.progress.steps.iter().all(|step| step.stage == Stage::Done));
    let user = accepted.user.unwrap();
    assert_eq!(user.state, UserState::Active);
    assert_eq!(user.accounts.len(), 2);
    assert_eq!(user.profile.as_deref(), Some("family"));
    assert!(!user.email.unwrap().confirmed);
    assert_eq!(house.world.profiled(), ["films"]);
    assert_eq!(counts(&house), (2, 1, 1, 0));
    nothing_waits(&house, &accepted.progress.id);
    let end = user.expires_at.unwrap();
    let (id, users) = (user.id.clone(), user.id.clone());
    let (due, owed) = house
        .service
        .read(move |tx| {
            Ok((tx.schedule().get(&Task::ExpireUser(id))?, tx.outbox().of_user(&users)?.len()))
        })
        .await
        .unwrap();
    assert_eq!((due, owed), (Some(end), 1));
    assert!(kinds(&house).starts_with(&[ActivityKind::UserCreated, ActivityKind::SignupCompleted]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_and_one_use_make_one_account() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(InviteText { uses: "1".into(), ..InviteText::default() }).await;
    let mut guests = tokio::task::JoinSet::new();
    for number in 0..200 {
        let (service, world, code) =
            (house.service.clone(), house.world.clone(), invite.code.as_str().to_owned());
        guests.spawn(async move {
            let form = form(&format!("guest{number}"));
            accept_by(&service, &world, (&code, form), None, &caller()).await
        });
    }
    let outcomes = guests.join_all().await;
    let good = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let gone = outcomes.iter().filter(|outcome| matches!(outcome, Err(ServiceError::Gone))).count();
    assert_eq!((good, gone), (1, 199));
    assert_eq!(counts(&house), (1, 1, 1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_who_want_one_name_make_one_user() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(InviteText::default()).await;
    let mut guests = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (service, world, code) =
            (house.service.clone(), house.world.clone(), invite.code.as_str().to_owned());
        guests.spawn(async move {
            accept_by(&service, &world, (&code, form("anna")), None, &caller()).await
        });
    }
    let outcomes = guests.join_all().await;
    let taken = |outcome: &&Result<Accepted>| {
        matches!(outcome, Err(ServiceError::Taken { field: "username" }))
    };
    assert_eq!(outcomes.iter().filter(taken).count(), 199);
    assert_eq!(counts(&house), (1, 1, 1, 0));
}

#[tokio::test]
async fn a_process_that_dies_at_any_point_loses_and_doubles_nothing() {
    for point in ["reserved", "creating", "created", "profiled", "settling", "settled"] {
        let store = Store::in_memory().unwrap();
        let (kill_points, mut reached) = KillPoints::at(point);
        let dying = House::over(store.clone(), &["films", "music"], kill_points).await;
        dying.profile("family", &["films", "music"]).await;
        let invite =
            dying.invite(InviteText { profile: "family".into(), ..InviteText::default() }).await;
        let (service, world, code) =
            (dying.service.clone(), dying.world.clone(), invite.code.as_str().to_owned());
        let guest = tokio::spawn(async move {
            accept_by(&service, &world, (&code, form("Anna")), None, &caller()).await
        });
        reached.wait().await;
        guest.abort();

        let house = dying.restarted(store).await;
        resume_all_by(&house.service, &house.world).await.unwrap();
        house.drive(house.all_settled()).await;
        assert_eq!(counts(&house), (2, 1, 1, 0), "died at {point}");
        assert_eq!(house.world.made(), 2, "died at {point}");
        let user = house.user("anna").await.unwrap();
        assert_eq!(user.accounts.len(), 2, "died at {point}");
        let id = user.id.clone();
        let signups = house.service.read(move |tx| Ok(tx.signups().by_user(&id)?)).await.unwrap();
        nothing_waits(&house, &signups[0].id);
    }
}

#[tokio::test]
async fn a_name_that_is_taken_gives_the_use_back() {
    let house = House::new(&["films", "music"]).await;
    let invite = house.invite(InviteText { uses: "1".into(), ..InviteText::default() }).await;
    house.world.stranger("music", "anna");
    let taken = accept(&house, &invite, form("Anna")).await;
    assert!(matches!(taken, Err(ServiceError::Taken { field: "username" })), "{taken:?}");
    assert_eq!(house.world.made(), 0, "it is looked at everywhere before anything is made");
    assert_eq!(counts(&house), (1, 0, 0, 0));
    assert!(accept(&house, &invite, form("Ben")).await.is_ok());
    let gone = accept(&house, &invite, form("Clara")).await;
    assert!(matches!(gone, Err(ServiceError::Gone)), "used up");
}

#[tokio::test]
async fn an_unclear_answer_is_looked_at_and_not_repeated() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(InviteText::default()).await;
    house.world.next(&[Fate::DoneUnclear, Fate::Down, Fate::NotDoneUnclear]);
    let accepted = accept(&house, &invite, form("Anna")).await.unwrap();
    assert_eq!(
        accepted.progress.state,
        SignupState::Provisioning,
        "2 + 4 + 8 seconds are too long"
    );
    house.drive(house.all_settled()).await;
    assert_eq!(house.world.made(), 1);
    assert_eq!(counts(&house), (1, 1, 1, 0));
}

#[tokio::test]
async fn who_waits_for_a_backend_is_let_in_when_it_is_back() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(InviteText::default()).await;
    house.world.down(true);
    let accepted = accept(&house, &invite, form("Anna")).await.unwrap();
    assert_eq!(accepted.progress.state, SignupState::Provisioning);
    assert_eq!(accepted.progress.steps[0].stage, Stage::Later);
    assert!(accepted.user.is_none());
    let id = accepted.progress.id;
    house
        .drive(async {
            while house.service.inside().desk.take(&id).is_none() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    assert!(
        house.due(&Task::AdvanceSignup(id.clone())).await.is_some(),
        "the schedule goes on with it"
    );

    house.world.down(false);
    house.clock.advance(Duration::from_secs(600));
    advance_by(&house.service, &house.world, &id).await.unwrap();
    house.drive(house.all_settled()).await;
    assert_eq!(counts(&house), (1, 1, 1, 0));
    let seen =
        progress(&house.service, &id, Holder::Browser(accepted.token.expose())).await.unwrap();
    assert_eq!(seen.state, SignupState::Complete);
}

#[tokio::test]
async fn after_a_day_the_password_is_forgotten_and_the_use_is_free() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(InviteText { uses: "1".into(), ..InviteText::default() }).await;
    house.world.down(true);
    let accepted = accept(&house, &invite, form("Anna")).await.unwrap();
    let id = accepted.progress.id;
    house.clock.advance(Duration::from_secs(86_400));
    house
        .drive(async {
            while house.service.inside().desk.take(&id).is_none() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    let signup = id.clone();
    house
        .service
        .write(move |tx| Ok(tx.secrets().delete_all(SecretOf::Signup(&signup))?))
        .await
        .unwrap();
    advance_by(&house.service, &house.world, &id).await.unwrap();
    house.drive(house.all_settled()).await;
    assert_eq!(counts(&house), (0, 0, 0, 0));
    nothing_waits(&house, &id);
    assert!(house.user("anna").await.is_none());
}

async fn owed(house: &House, user: &User) -> Vec<MessageKind> {
    let id = user.id.clone();
    let mut owed = house.service.read(move |tx| Ok(tx.outbox().of_user(&id)?)).await.unwrap();
    owed.sort_by_key(|message| message.kind.name());
    owed.into_iter().map(|message| message.kind).collect()
}

/// Mails an invite there, as far as the mail server says.
async fn mail(house: &House, invite: &Invite, address: &str) {
    let to = EmailAddress::parse(address).unwrap();
    invites::send(&house.service, &house.admin, &invite.code, &to).await.unwrap();
    let (code, at) = (invite.code.clone(), house.clock.now());
    let sent = house.service.write(move |tx| {
        let id = tx.invites().get(&code)?.unwrap().mailed.pop().unwrap();
        let mut message = tx.outbox().get(&id)?.unwrap();
        let method = MailId::parse("smtp").unwrap();
        message.state = MessageState::Sent { at, method, remote_id: None };
        Ok(tx.outbox().put(&message)?)
    });
    sent.await.unwrap();
}

#[tokio::test]
async fn an_address_is_asked_first_unless_the_invite_went_there() {
    let one = "1";
    for (uses, mailed_to, typed, confirmed, first) in [
        (one, None, "anna@example.org", false, MessageKind::ConfirmAddress),
        (one, Some("anna@example.org"), "anna@example.org", true, MessageKind::Welcome),
        (one, Some("anna@example.org"), "ben@example.org", false, MessageKind::ConfirmAddress),
        // Passed on, and typed by whoever it came to.
        ("5", Some("anna@example.org"), "anna@example.org", false, MessageKind::ConfirmAddress),
    ] {
        let house = House::new(&["films"]).await;
        let text = InviteText { uses: uses.into(), ..InviteText::default() };
        let invite = house.invite(text).await;
        if let Some(address) = mailed_to {
            mail(&house, &invite, address).await;
        }
        let application = Application { email: Some(typed.into()), ..form("Anna") };
        let user = accept(&house, &invite, application).await.unwrap().user.unwrap();
        assert_eq!(owed(&house, &user).await, [first], "{uses} {mailed_to:?} {typed}");
        assert_eq!(user.email.unwrap().confirmed, confirmed, "{uses} {mailed_to:?} {typed}");
    }
}

#[tokio::test]
async fn who_has_no_password_since_it_waited_too_long_is_sent_a_link() {
    let house = House::new(&["films", "music"]).await;
    let invite = house.invite(InviteText { uses: "1".into(), ..InviteText::default() }).await;
    mail(&house, &invite, "anna@example.org").await;
    house.world.next(&[Fate::Good]);
    house.world.next(&[Fate::Down; 500]);
    let application = Application { email: Some("anna@example.org".into()), ..form("Anna") };
    let id = accept(&house, &invite, application).await.unwrap().progress.id;
    // The only backend that could check a password is taken away meanwhile.
    house.service.inside().board.remove(&BackendId::parse("films").unwrap());
    let signup = id.clone();
    let forget =
        move |tx: &store::WriteTx| Ok(tx.secrets().delete_all(SecretOf::Signup(&signup))?);
    house.service.write(forget).await.unwrap();
    house.clock.advance(Duration::from_secs(86_400));
    advance_by(&house.service, &house.world, &id).await.unwrap();
    house.drive(house.all_settled()).await;
    let user = house.user("anna").await.unwrap();
    assert_eq!(owed(&house, &user).await, [MessageKind::Reset, MessageKind::Welcome]);
    let anna = user.id.clone();
    let links = house.service.read(move |tx| Ok(tx.links().of_user(&anna)?)).await.unwrap();
    assert_eq!(links[0].cause, Some(ResetCause::Waited));
}

#[tokio::test]
async fn what_worked_is_kept_where_another_backend_refuses() {
    let house = House::new(&["films", "music"]).await;
    let invite = house.invite(InviteText::default()).await;
    house.world.refuses("music");
    let accepted = accept(&house, &invite, form("Anna")).await.unwrap();
    assert_eq!(accepted.progress.state, SignupState::Partial);
    assert_eq!(accepted.user.unwrap().accounts.len(), 1);
    let stages: Vec<_> = accepted.progress.steps.iter().map(|step| step.stage).collect();
    assert_eq!(stages, [Stage::Done, Stage::Failed]);
    assert!(kinds(&house).contains(&ActivityKind::SignupStepFailed));
}

#[tokio::test]
async fn an_account_that_cannot_get_its_profile_is_taken_away_again() {
    let house = House::new(&["films"]).await;
    house.profile("family", &["films"]).await;
    let invite =
        house.invite(InviteText { profile: "family".into(), ..InviteText::default() }).await;
    house.world.next(&[Fate::Good, Fate::Refused]);
    let refused = accept(&house, &invite, form("Anna")).await;
    assert!(matches!(refused, Err(ServiceError::Backend(_))), "{refused:?}");
    assert_eq!(house.world.made(), 1);
    assert_eq!(counts(&house), (0, 0, 0, 0));
    assert!(accept(&house, &invite, form("Anna")).await.is_ok(), "the name is free again");
}

#[tokio::test]
async fn a_form_sent_twice_by_one_browser_is_one_sign_up() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(InviteText { uses: "1".into(), ..InviteText::default() }).await;
    let code = invite.code.as_str();
    let browser = token_for(&house.service, None).await.unwrap().unwrap();
    let send =
        |name| accept_by(&house.service, &house.world, (code, form(name)), Some(&browser), &CALLER);
    let first = send("Anna").await.unwrap();
    let second = send("ANNA").await.unwrap();
    assert_eq!(first.progress.id, second.progress.id);
    assert_eq!(first.token, browser);
    assert_eq!(house.world.made(), 1);
    assert!(matches!(send("Ben").await, Err(ServiceError::Gone)));
    assert_eq!(
        held(&house.service, browser.expose()).await.unwrap(),
        Some(first.progress.id.clone())
    );
    let other = house.service.random().token(Purpose::Signup);
    let hidden =
        progress(&house.service, &first.progress.id, Holder::Browser(other.expose())).await;
    assert!(matches!(hidden, Err(ServiceError::NotFound { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_double_click_is_one_sign_up() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(InviteText { uses: "1".into(), ..InviteText::default() }).await;
    let browser = token_for(&house.service, None).await.unwrap().unwrap();
    let mut clicks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (service, world) = (house.service.clone(), house.world.clone());
        let (code, browser) = (invite.code.as_str().to_owned(), browser.clone());
        clicks.spawn(async move {
            accept_by(&service, &world, (&code, form("Anna")), Some(&browser), &CALLER).await
        });
    }
    let accepted: Vec<_> = clicks.join_all().await.into_iter().map(Result::unwrap).collect();
    let ids: std::collections::BTreeSet<_> =
        accepted.iter().map(|one| one.progress.id.as_str().to_owned()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(accepted.iter().filter(|one| !one.is_repeated).count(), 1);
    assert_eq!(counts(&house), (1, 1, 1, 0));
    let next = token_for(&house.service, Some(&browser)).await.unwrap();
    assert!(next.is_some_and(|next| next != browser), "the next sign-up has its own");
}

#[tokio::test]
async fn a_token_that_we_have_not_made_is_not_taken_over() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(InviteText::default()).await;
    let made_up = house.service.random().token(Purpose::Signup);
    let code = invite.code.as_str();
    let form = form("Anna");
    let accepted =
        accept_by(&house.service, &house.world, (code, form), Some(&made_up), &CALLER).await;
    assert_ne!(accepted.unwrap().token, made_up);
    assert_eq!(held(&house.service, made_up.expose()).await.unwrap(), None);
    assert!(token_for(&house.service, Some(&made_up)).await.unwrap().is_some());
}

static CALLER: std::sync::LazyLock<Caller> = std::sync::LazyLock::new(caller);

#[tokio::test]
async fn every_wrong_field_is_named_and_costs_no_use() {
    let house = House::new(&["films"]).await;
    let text = InviteText { ask_email: "required".into(), ..InviteText::default() };
    let invite = house.invite(text).await;
    let with = |username: &str, password: &str, email: &str| Application {
        username: username.into(),
        password: password.into(),
        email: Some(email.into()),
        flow: None,
    };
    for (form, expected) in [
        (with("", "short", ""), vec!["username empty", "email required", "password too-short"]),
        (with("a/b", GOOD, "anna"), vec!["username character", "email not-an-address"]),
        (with("annabelle", "annabelle1", "a@b.example"), vec!["password context"]),
        (with("anna", "password1", "a@b.example"), vec!["password common"]),
    ] {
        let refused = accept(&house, &invite, form).await;
        let Err(ServiceError::Invalid { fields }) = refused else { panic!("{refused:?}") };
        let named: Vec<_> =
            fields.iter().map(|problem| format!("{} {}", problem.field, problem.code)).collect();
        assert_eq!(named, expected);
    }
    assert_eq!(counts(&house), (0, 0, 0, 0));
}

#[tokio::test]
async fn an_invite_that_admits_nobody_says_the_same_whatever_the_form() {
    let house = House::new(&["films"]).await;
    let invite =
        house.invite(InviteText { expires_in: "PT1M".into(), ..InviteText::default() }).await;
    house.clock.advance(Duration::from_secs(60));
    for form in [form("Anna"), form(""), form("a/b")] {
        assert!(matches!(accept(&house, &invite, form).await, Err(ServiceError::Gone)));
    }
}

#[tokio::test]
async fn an_invite_withdrawn_meanwhile_lets_in_who_is_on_the_way() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(InviteText::default()).await;
    house.world.down(true);
    let accepted = accept(&house, &invite, form("Anna")).await.unwrap();
    invites::delete(&house.service, &house.admin, &invite.code).await.unwrap();
    house.world.down(false);
    let left = time_from(
        house.clock.now(),
        house.due(&Task::AdvanceSignup(accepted.progress.id.clone())).await.unwrap(),
    );
    house.clock.advance(left);
    advance_by(&house.service, &house.world, &accepted.progress.id).await.unwrap();
    house.drive(house.all_settled()).await;
    assert!(house.user("anna").await.is_some());
}

#[tokio::test]
async fn stopping_waits_for_no_backend_that_is_down() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(InviteText::default()).await;
    house.world.down(true);
    let (service, world, code) =
        (house.service.clone(), house.world.clone(), invite.code.as_str().to_owned());
    let guest = tokio::spawn(async move {
        accept_by(&service, &world, (&code, form("Anna")), None, &caller()).await
    });
    house.clock.next_waiter().await;
    quiet(&house.service).await;
    guest.abort();
    assert_eq!(counts(&house), (0, 0, 1, 1), "the next start goes on with it");
}
