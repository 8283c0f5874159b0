//! Sign-ups by invites that an admin has to agree to.

use super::*;
use crate::approvals::{self, Query, approve_by, refuse};
use domain::activity::ActivityKind;
use domain::approvals::{Answer, AskedBy};
use domain::ids::UserId;

fn text() -> InviteText {
    InviteText {
        uses: "1".into(),
        require_approval: true,
        ask_email: "optional".into(),
        ..InviteText::default()
    }
}

/// The one who waits.
async fn asking(house: &House) -> UserId {
    let page = approvals::list(&house.service, &house.admin, &Query::default()).await.unwrap();
    assert_eq!(page.items.len(), 1);
    page.items[0].user.clone()
}

async fn approved(house: &House, user: &UserId, profile: Option<&str>) -> approvals::Approved {
    let profile = profile.map(str::to_owned);
    let done = approve_by(&house.service, &house.world, &house.admin, user, profile).await;
    house.drive(house.all_settled()).await;
    done.unwrap()
}

async fn signup_of(house: &House, user: &UserId) -> Signup {
    let user = user.clone();
    house.service.read(move |tx| Ok(tx.signups().by_user(&user)?)).await.unwrap().remove(0)
}

#[tokio::test]
async fn nothing_is_made_before_somebody_agrees_and_then_everything_is() {
    let house = House::new(&["films", "music"]).await;
    house.profile("family", &["films"]).await;
    house.profile("guests", &["music"]).await;
    let invite = house.invite(InviteText { profile: "family".into(), ..text() }).await;
    let accepted = accept(&house, &invite, form("Anna")).await.unwrap();
    assert_eq!(accepted.progress.state, SignupState::WaitingApproval);
    assert!(accepted.user.is_none());
    assert!(accepted.progress.steps.iter().all(|step| step.stage == Stage::Waiting));
    assert_eq!(counts(&house), (0, 0, 1, 0), "the use is reserved, nothing is open");
    let again = accept(&house, &invite, form("Ben")).await;
    assert!(matches!(again, Err(ServiceError::Gone)));

    let user = asking(&house).await;
    let done = approved(&house, &user, Some("Guests")).await;
    assert!(!done.link_due);
    assert!(matches!(done.application.answer, Answer::Approved { .. }));
    assert_eq!(counts(&house), (2, 1, 1, 0));
    assert_eq!(house.world.profiled(), ["music"], "the profile that was chosen");
    let anna = house.user("anna").await.unwrap();
    assert_eq!((anna.id, anna.profile.as_deref()), (user, Some("guests")));
    nothing_waits(&house, &accepted.progress.id);
    assert!(kinds(&house).contains(&ActivityKind::Approved));
}

#[tokio::test]
async fn the_name_is_held_meanwhile() {
    let house = House::new(&["films"]).await;
    let first = house.invite(text()).await;
    accept(&house, &first, form("Anna")).await.unwrap();
    let second = house.invite(InviteText::default()).await;
    let taken = accept(&house, &second, form("ANNA")).await;
    assert!(matches!(taken, Err(ServiceError::Taken { field: "username" })), "{taken:?}");
}

#[tokio::test]
async fn a_refusal_undoes_it_with_a_word_and_gives_the_use_and_the_name_back() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(text()).await;
    let accepted = accept(&house, &invite, form("Anna")).await.unwrap();
    let user = asking(&house).await;
    refuse(&house.service, &house.admin, &user, " Ask me first. ").await.unwrap();
    assert_eq!(counts(&house), (0, 0, 0, 0));
    nothing_waits(&house, &accepted.progress.id);
    let holder = Holder::Browser(accepted.token.expose());
    let seen = progress(&house.service, &accepted.progress.id, holder).await.unwrap();
    assert_eq!(seen.state, SignupState::Undone);
    assert_eq!(seen.undone, Some(Why::Refused { word: "Ask me first.".into() }));
    let late = approve_by(&house.service, &house.world, &house.admin, &user, None).await;
    assert!(matches!(late, Err(ServiceError::Conflict)), "{late:?}");
    let again = accept(&house, &invite, form("Anna")).await.unwrap();
    assert_eq!(again.progress.state, SignupState::WaitingApproval);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_admins_one_answers() {
    for _round in 0..5 {
        let house = House::new(&["films"]).await;
        let invite = house.invite(text()).await;
        accept(&house, &invite, form("Anna")).await.unwrap();
        let user = asking(&house).await;
        let mut answers = tokio::task::JoinSet::new();
        for number in 0..8 {
            let (service, world, admin) =
                (house.service.clone(), house.world.clone(), house.admin.clone());
            let user = user.clone();
            answers.spawn(async move {
                if number % 2 == 0 {
                    approve_by(&service, &world, &admin, &user, None).await.map(|_| true)
                } else {
                    refuse(&service, &admin, &user, "").await.map(|_| false)
                }
            });
        }
        let answers = answers.join_all().await;
        let good: Vec<bool> =
            answers.iter().filter_map(|answer| answer.as_ref().ok().copied()).collect();
        let late = answers.iter().filter(|one| matches!(one, Err(ServiceError::Conflict))).count();
        assert_eq!((good.len(), late), (1, 7));
        house.drive(house.all_settled()).await;
        let there = usize::from(good[0]);
        assert_eq!(counts(&house), (there, u64::from(good[0]), u32::from(good[0]), 0));
    }
}

#[tokio::test]
async fn after_a_day_the_password_is_gone_and_a_link_is_owed_instead() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(text()).await;
    mail(&house, &invite, "anna@example.org").await;
    let application = Application { email: Some("anna@example.org".into()), ..form("Anna") };
    let accepted = accept(&house, &invite, application).await.unwrap();
    let id = accepted.progress.id;
    let due = house.due(&Task::ForgetPassword(id.clone())).await.unwrap();
    assert_eq!(time_from(house.clock.now(), due), Duration::from_secs(86_400));
    house.clock.advance(Duration::from_secs(86_400));
    forget_password(&house.service, &id).await.unwrap();
    let (signup, user) = (id.clone(), asking(&house).await);
    let sealed = house
        .service
        .read(move |tx| Ok(tx.secrets().names(SecretOf::Signup(&signup))?))
        .await
        .unwrap();
    assert!(sealed.is_empty());
    house.clock.advance(Duration::from_secs(30 * 86_400));
    let done = approved(&house, &user, None).await;
    assert!(done.link_due);
    assert_eq!(counts(&house), (1, 1, 1, 0));
    let anna = house.user("anna").await.unwrap();
    assert_eq!(owed(&house, &anna).await, [MessageKind::Reset, MessageKind::Welcome]);
    nothing_waits(&house, &id);
}

#[tokio::test]
async fn a_backend_that_is_down_at_the_approval_has_a_day_of_its_own() {
    let house = House::new(&["films"]).await;
    let invite = house.invite(text()).await;
    let id = accept(&house, &invite, form("Anna")).await.unwrap().progress.id;
    house.clock.advance(Duration::from_secs(23 * 3_600));
    house.world.down(true);
    let user = asking(&house).await;
    approve_by(&house.service, &house.world, &house.admin, &user, None).await.unwrap();
    house
        .drive(async {
            while house.service.inside().desk.take(&id).is_none() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    house.clock.advance(Duration::from_secs(2 * 3_600));
    let task = Task::ForgetPassword(id.clone());
    assert!(house.due(&task).await.unwrap() <= house.clock.now());
    let (here, signup) = (house.service.clone(), id.clone());
    let forget = move |tx: &store::WriteTx| agreeing::forget_typed(tx, &here, &signup);
    house.service.write(forget).await.unwrap();
    let signup = signup_of(&house, &user).await;
    assert!(signup.link_due, "the password typed has waited long enough");
    assert_eq!(house.due(&task).await, Some(signup.deadline()));
    house.world.down(false);
    advance_by(&house.service, &house.world, &id).await.unwrap();
    house.drive(house.all_settled()).await;
    assert_eq!(counts(&house), (1, 1, 1, 0));
    nothing_waits(&house, &id);
}

#[tokio::test]
async fn a_process_that_dies_right_after_the_answer_goes_on_with_it() {
    for point in ["reserved", "approved", "creating", "created", "settling"] {
        let store = Store::in_memory().unwrap();
        let (kill_points, mut reached) = KillPoints::at(point);
        let dying = House::over(store.clone(), &["films"], kill_points).await;
        let invite = dying.invite(text()).await;
        let (service, world, code) =
            (dying.service.clone(), dying.world.clone(), invite.code.as_str().to_owned());
        let guest = tokio::spawn(async move {
            accept_by(&service, &world, (&code, form("Anna")), None, &caller()).await
        });
        if point == "reserved" {
            reached.wait().await;
            guest.abort();
        } else {
            guest.await.unwrap().unwrap();
            let (service, world, admin) =
                (dying.service.clone(), dying.world.clone(), dying.admin.clone());
            let user = asking(&dying).await;
            let answer =
                tokio::spawn(
                    async move { approve_by(&service, &world, &admin, &user, None).await },
                );
            reached.wait().await;
            answer.abort();
        }
        let house = dying.restarted(store).await;
        resume_all_by(&house.service, &house.world).await.unwrap();
        if point == "reserved" {
            assert_eq!(house.world.made(), 0, "a start agrees to nobody");
            let user = asking(&house).await;
            approved(&house, &user, None).await;
        }
        house.drive(house.all_settled()).await;
        assert_eq!(counts(&house), (1, 1, 1, 0), "died at {point}");
        assert_eq!(house.world.made(), 1, "died at {point}");
    }
}

#[tokio::test]
async fn a_profile_that_is_gone_has_to_be_replaced_by_another() {
    let house = House::new(&["films"]).await;
    house.profile("family", &["films"]).await;
    house.profile("guests", &["films"]).await;
    let invite = house.invite(InviteText { profile: "family".into(), ..text() }).await;
    accept(&house, &invite, form("Anna")).await.unwrap();
    house.service.write(|tx| Ok(tx.profiles().delete("family")?)).await.unwrap();
    let user = asking(&house).await;
    let gone = approve_by(&house.service, &house.world, &house.admin, &user, None).await;
    assert!(matches!(gone, Err(ServiceError::Invalid { .. })), "{gone:?}");
    approved(&house, &user, Some("guests")).await;
    assert_eq!(counts(&house), (1, 1, 1, 0));
}

#[tokio::test]
async fn what_is_asked_says_how_and_with_which_address() {
    for (mailed, proved) in [(None, false), (Some("anna@example.org"), true)] {
        let house = House::new(&["films"]).await;
        let invite = house.invite(text()).await;
        if let Some(address) = mailed {
            mail(&house, &invite, address).await;
        }
        let application = Application { email: Some("anna@example.org".into()), ..form("Anna") };
        let id = accept(&house, &invite, application).await.unwrap().progress.id;
        let user = asking(&house).await;
        let asked = approvals::get(&house.service, &house.admin, &user).await.unwrap();
        assert_eq!(asked.by, AskedBy::Invite { code: invite.code.clone(), signup: id });
        assert_eq!((asked.username.as_str(), asked.email_verified), ("Anna", proved));
        refuse(&house.service, &house.admin, &user, "no").await.unwrap();
        let read = |tx: &store::ReadTx| -> Result<_, store::StoreError> {
            Ok(tx.outbox().page(&store::PageRequest::first(9), None, |_| true)?.items)
        };
        let mails = house.service.store().read_blocking(read).unwrap();
        let told = mails.iter().filter(|one| one.kind == MessageKind::Refused).count();
        assert_eq!(told, usize::from(proved), "an address that nobody vouches for hears nothing");
    }
}
