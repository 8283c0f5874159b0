//! Messages against methods with a will of their own, and a process that dies at every point.

mod world;

use super::carrier::Carrier;
use super::delivery::deliver_by;
use super::*;
use crate::activity;
use crate::kill_points::KillPoints;
use crate::users;
use domain::activity::{Activity, ActivityKind};
use domain::fault::{Fault, FaultKind};
use domain::ids::MailId;
use domain::messages::{Outgoing, Receipt};
use domain::names::EmailAddress;
use domain::outbox::MessageKind;
use domain::schedule::Task;
use store::secrets::SecretOf;
use world::{LINK, PIN, Say, TOKEN, World};

#[tokio::test]
async fn the_first_method_sends_and_one_that_failed_is_asked_last() {
    let world = World::new(&["first", "second"]).await;
    world.says("first", Say::Fault(FaultKind::Unavailable, "no answer", None));
    let one = world.owe(MessageKind::Welcome).await;
    assert_eq!(world.deliver(&one).await.state.name(), "sent");
    assert_eq!(world.asked(), ["first", "second"]);
    assert_eq!(world.message(&one).await.history[0].words, "no answer");
    let two = world.owe(MessageKind::Welcome).await;
    world.deliver(&two).await;
    assert_eq!(world.asked(), ["first", "second", "second"], "it rests");
    world.rig.pass(61);
    let three = world.owe(MessageKind::Welcome).await;
    world.deliver(&three).await;
    assert_eq!(world.asked().last().map(String::as_str), Some("first"));
}

#[tokio::test]
async fn what_may_have_been_sent_goes_by_no_other_method() {
    let world = World::new(&["first", "second"]).await;
    world.says("first", Say::Fault(FaultKind::OutcomeUnknown, "cut in DATA", None));
    let id = world.owe(MessageKind::Reset).await;
    assert_eq!(world.deliver(&id).await.state.name(), "deferred");
    assert_eq!(world.asked(), ["first"]);
    world.rig.pass(15);
    assert_eq!(world.deliver(&id).await.state.name(), "sent");
    assert_eq!(world.asked(), ["first", "second"], "once, when it is time again");
    let ids = world.message_ids();
    assert_eq!(ids[0], ids[1], "under the Message-ID of the first attempt");
    assert!(ids[0].ends_with("@first.example>"), "{ids:?}");
}

#[tokio::test]
async fn an_attempt_in_vain_is_put_off_longer_each_time() {
    let world = World::new(&["only"]).await;
    let id = world.owe(MessageKind::Welcome).await;
    for pause in [15, 60, 300] {
        world.says("only", Say::Defer("450 greylisted"));
        let message = world.deliver(&id).await;
        let until = world.rig.in_seconds(pause);
        let because = "450 greylisted".to_owned();
        assert_eq!(message.state, MessageState::Deferred { until, because });
        assert_eq!(world.due(&id).await, Some(until));
        world.deliver(&id).await;
        assert_eq!(world.due(&id).await, Some(until), "an early look changes nothing");
        world.rig.pass(pause);
    }
    let slow = Say::Fault(FaultKind::RateLimited, "slow down", Some(7_200));
    world.says("only", slow);
    world.deliver(&id).await;
    assert_eq!(world.due(&id).await, Some(world.rig.in_seconds(7_200)), "as it was asked");
    assert_eq!(world.asked().len(), 4);
}

#[tokio::test]
async fn what_nobody_takes_in_time_is_given_up() {
    let world = World::new(&["only"]).await;
    let id = world.owe(MessageKind::Reset).await;
    for pause in [15, 60, 300, 900, 1_800] {
        world.says("only", Say::Fault(FaultKind::Unavailable, "no answer", None));
        assert_eq!(world.deliver(&id).await.state.name(), "deferred");
        world.rig.pass(pause);
    }
    world.says("only", Say::Fault(FaultKind::Unavailable, "no answer", None));
    assert_eq!(world.deliver(&id).await.state.name(), "failed");
    assert_eq!(world.due(&id).await, None);
    assert_eq!(world.secrets(&id).await, 0);
}

#[tokio::test]
async fn a_refused_message_is_given_up_and_told_without_its_address() {
    let world = World::new(&["only", "other"]).await;
    world.says("only", Say::Refuse("550 no such user Anna@Example.org"));
    let id = world.owe(MessageKind::Reset).await;
    let message = world.deliver(&id).await;
    assert_eq!(message.state.name(), "failed");
    assert_eq!(message.history.last().unwrap().words, "550 no such user Anna@Example.org");
    assert_eq!(world.asked(), ["only"], "another method would be told the same");
    assert_eq!((world.secrets(&id).await, world.due(&id).await), (0, None));
    let line = world.lines(ActivityKind::MessageFailed).await.remove(0);
    assert_eq!(line.facts["why"], "550 no such user ***");
    assert_eq!((line.facts["message"].as_str(), line.facts["user"].as_str()), ("reset", "anna"));
}

#[tokio::test]
async fn a_sent_message_leaves_no_secret_and_one_line() {
    let world = World::new(&["only"]).await;
    let id = world.owe(MessageKind::Reset).await;
    assert_eq!(world.secrets(&id).await, 2);
    let message = world.deliver(&id).await;
    assert_eq!(message.state.name(), "sent");
    assert_eq!((world.secrets(&id).await, world.due(&id).await), (0, None));
    assert_eq!(world.lines(ActivityKind::ResetMailed).await.len(), 1);
    let mail = world.sent().remove(0);
    assert!(mail.text.expose().contains(LINK) && mail.text.expose().contains(PIN));
    let kept = format!("{message:?} {:?}", world.lines(ActivityKind::ResetMailed).await);
    assert!(!kept.contains(TOKEN) && !kept.contains(PIN));
    assert_eq!(world.deliver(&id).await, message, "a late row does nothing");
    assert_eq!(world.asked().len(), 1);
}

#[tokio::test]
async fn links_and_pins_are_masked_in_what_comes_back() {
    let world = World::new(&["only"]).await;
    let words = format!("451 suspicious: {LINK} or {TOKEN} or {PIN}");
    world.says("only", Say::DeferOwned(words.clone()));
    let id = world.owe(MessageKind::Reset).await;
    let message = world.deliver(&id).await;
    assert_eq!(message.history[0].words, "451 suspicious: *** or *** or ***");
    world.rig.pass(15);
    world.says("only", Say::FaultOwned(FaultKind::Forbidden, words));
    let message = world.deliver(&id).await;
    let all = format!("{message:?} {:?}", world.rig.service.inside().posts.all()[0].last);
    assert!(!all.contains(TOKEN) && !all.contains(PIN), "{all}");
}

#[tokio::test]
async fn what_is_over_or_goes_nowhere_is_dropped_with_its_word() {
    let world = World::new(&["only"]).await;
    let late = world.owe(MessageKind::Reset).await;
    world.rig.pass(3_601);
    assert_eq!(world.dropped(&late).await, "over");
    assert_eq!(world.secrets(&late).await, 0);
    for (name, email, word) in
        [("nobody", None, "no-address"), ("unproved", Some(false), "unconfirmed")]
    {
        let user = world.user_with(name, email).await;
        let id = world.owe_to(Owed::to_user(MessageKind::Reset, &user).link(LINK.into())).await;
        assert_eq!(world.dropped(&id).await, word);
    }
    let user = world.user_with("shut", Some(true)).await;
    users::disable(&world.rig.service, &world.admin, &user).await.unwrap();
    let id = world.owe_to(Owed::to_user(MessageKind::Reset, &user).link(LINK.into())).await;
    assert_eq!(world.dropped(&id).await, "shut-out");
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn an_unconfirmed_address_gets_nothing_but_its_confirmation() {
    let world = World::new(&["only"]).await;
    let user = world.user_with("new", Some(false)).await;
    let address = || EmailAddress::parse("new@example.org").unwrap();
    let to = |kind| Owed::to_address(kind, address()).about(&user).link(LINK.into());
    let other = world.owe_to(to(MessageKind::Reset)).await;
    assert_eq!(world.dropped(&other).await, "unconfirmed");
    let confirmation = world.owe_to(to(MessageKind::ConfirmAddress)).await;
    assert_eq!(world.deliver(&confirmation).await.state.name(), "sent");
    let guest = Owed::to_address(MessageKind::Invite, address()).link(LINK.into());
    let invite = world.owe_to(guest).await;
    assert_eq!(world.deliver(&invite).await.state.name(), "sent");
}

#[tokio::test]
async fn without_a_method_a_message_waits_quietly_until_there_is_one() {
    let world = World::new(&[]).await;
    let id = world.owe(MessageKind::Welcome).await;
    let message = world.deliver(&id).await;
    assert_eq!((message.state.name(), message.attempts), ("queued", 0));
    assert_eq!(world.due(&id).await, Some(message.expires_at), "nobody looks before that");
    world.put("late", 0);
    wake(&world.rig.service).await.unwrap();
    assert_eq!(world.due(&id).await, Some(world.rig.clock.now()));
    assert_eq!(world.deliver(&id).await.state.name(), "sent");
}

#[tokio::test]
async fn a_method_that_is_back_is_asked_for_what_waited() {
    let world = World::new(&["only"]).await;
    let waits = world.owe(MessageKind::Welcome).await;
    world.says("only", Say::Fault(FaultKind::Unavailable, "no answer", None));
    assert_eq!(world.deliver(&waits).await.state.name(), "deferred");
    world.rig.pass(1);
    let other = world.owe(MessageKind::Welcome).await;
    world.deliver(&other).await;
    assert_eq!(world.due(&waits).await, Some(world.rig.clock.now()));
    assert_eq!(world.deliver(&waits).await.state.name(), "sent");
}

#[tokio::test]
async fn messages_that_are_put_off_do_not_wake_one_another() {
    let world = World::new(&["only"]).await;
    let (cut, grey) =
        (world.owe(MessageKind::Welcome).await, world.owe(MessageKind::Welcome).await);
    world.says("only", Say::Fault(FaultKind::Unavailable, "cut off", None));
    world.deliver(&cut).await;
    let until = world.due(&cut).await;
    world.says("only", Say::Defer("451 come back later"));
    assert_eq!(world.deliver(&grey).await.state.name(), "deferred");
    assert_eq!(world.due(&cut).await, until, "nothing was taken: it has its pause");
    assert!(world.due(&grey).await > Some(world.rig.clock.now()));
    // Once something is taken, what the failure kept waiting is asked for again.
    let other = world.owe(MessageKind::Welcome).await;
    assert_eq!(world.deliver(&other).await.state.name(), "sent");
    assert_eq!(world.due(&cut).await, Some(world.rig.clock.now()));
}

#[tokio::test]
async fn a_start_finds_messages_whose_row_was_lost() {
    let world = World::new(&["only"]).await;
    let id = world.owe(MessageKind::Welcome).await;
    let task = Task::Deliver(id.clone());
    world.rig.service.write(move |tx| Ok(tx.schedule().delete(&task)?)).await.unwrap();
    resume(&world.rig.service).await.unwrap();
    assert_eq!(world.due(&id).await, Some(world.rig.clock.now()));
}

#[tokio::test]
async fn an_admin_tries_again_and_gives_up() {
    let world = World::new(&["only"]).await;
    let (service, admin) = (&world.rig.service, &world.admin);
    let (welcome, reset) =
        (world.owe(MessageKind::Welcome).await, world.owe(MessageKind::Reset).await);
    for id in [&welcome, &reset] {
        world.says("only", Say::Refuse("550 no"));
        world.deliver(id).await;
    }
    let counts = counts(service, admin).await.unwrap();
    assert_eq!(counts, Counts { queued: 0, deferred: 0, failed: 2 });
    let refused = retry(service, admin, &reset).await;
    assert!(matches!(refused, Err(ServiceError::Forbidden { code: "message-erased" })));
    assert_eq!(retry(service, admin, &welcome).await.unwrap().state.name(), "queued");
    assert_eq!(world.due(&welcome).await, Some(world.rig.clock.now()));
    assert_eq!(drop_message(service, admin, &welcome).await.unwrap().state.name(), "dropped");
    assert_eq!(world.due(&welcome).await, None);
    let closed = drop_message(service, admin, &welcome).await;
    assert!(matches!(closed, Err(ServiceError::Forbidden { code: "message-closed" })));
    retry(service, admin, &welcome).await.unwrap();
    assert_eq!(world.deliver(&welcome).await.state.name(), "sent");
    let again = retry(service, admin, &welcome).await;
    assert!(matches!(again, Err(ServiceError::Forbidden { code: "message-sent" })));
}

#[tokio::test]
async fn an_address_mail_cannot_have_is_given_up_and_no_methods_fault() {
    let world = World::new(&["first", "second"]).await;
    let nowhere = EmailAddress::parse("anna..x@example.org").unwrap();
    let owed = Owed::to_address(MessageKind::Invite, nowhere).link(LINK.into());
    let id = world.owe_to(owed).await;
    assert_eq!(world.deliver(&id).await.state.name(), "failed");
    assert_eq!((world.secrets(&id).await, world.due(&id).await), (0, None));
    assert!(world.asked().is_empty());
    let posts = world.rig.service.inside().posts.all();
    assert!(posts.iter().all(|post| post.last.is_none()), "nobody failed");
}

#[tokio::test]
async fn a_domain_of_another_script_travels_in_letters_every_server_knows() {
    let world = World::new(&["only"]).await;
    let far = EmailAddress::parse("zoe@m\u{fc}nchen.example").unwrap();
    let owed = Owed::to_address(MessageKind::Invite, far).link(LINK.into());
    let id = world.owe_to(owed).await;
    assert_eq!(world.deliver(&id).await.state.name(), "sent");
    let mail = world.sent().remove(0);
    assert_eq!(mail.recipients[0].email, "zoe@xn--mnchen-3ya.example");
    assert!(mail.mime.expose().is_ascii());
}

#[tokio::test]
async fn a_pin_is_masked_however_it_is_written() {
    let world = World::new(&["only"]).await;
    world.says("only", Say::DeferOwned(format!("451 spam: {} {}", PIN.to_lowercase(), "85dda5dc")));
    let id = world.owe(MessageKind::Reset).await;
    assert_eq!(world.deliver(&id).await.history[0].words, "451 spam: *** ***");
}

/// A method whose message is deleted with its user while it has it.
struct Late(World, MessageId);

impl Carrier for Late {
    async fn send(&self, method: &MailId, message: &Outgoing) -> Result<Vec<Receipt>, Fault> {
        let Self(world, id) = self;
        world.forget(id).await;
        world.carrier().send(method, message).await
    }
}

#[tokio::test]
async fn what_was_deleted_on_its_way_stays_deleted() {
    let world = World::new(&["only"]).await;
    let id = world.owe(MessageKind::Reset).await;
    let service = world.rig.service.clone();
    let late = Late(world, id.clone());
    deliver_by(&service, &late, &id).await.unwrap();
    let Late(world, _) = late;
    assert_eq!(world.asked().len(), 1);
    assert_eq!((world.secrets(&id).await, world.due(&id).await), (0, None));
    assert_eq!(world.lines(ActivityKind::ResetMailed).await.len(), 0);
    let left = get(&world.rig.service, &world.admin, &id).await;
    assert!(matches!(left, Err(ServiceError::NotFound { .. })));
}

#[tokio::test]
async fn the_list_is_found_by_state_name_and_address() {
    let world = World::new(&["only"]).await;
    let (service, admin) = (&world.rig.service, &world.admin);
    let sent = world.owe(MessageKind::Welcome).await;
    world.deliver(&sent).await;
    let guest = EmailAddress::parse("Guest@example.net").unwrap();
    let invite = world.owe_to(Owed::to_address(MessageKind::Invite, guest).link(LINK.into())).await;
    let found = async |state: Option<&str>, search: Option<&str>| {
        let (state, search) = (state.map(Into::into), search.map(Into::into));
        let query = Query { state, search, ..Query::default() };
        let page = list(service, admin, &query).await.unwrap();
        page.items.into_iter().map(|message| message.id).collect::<Vec<_>>()
    };
    assert_eq!(found(Some("sent"), None).await, std::slice::from_ref(&sent));
    assert_eq!(found(Some("queued"), None).await, std::slice::from_ref(&invite));
    assert_eq!(found(None, Some("ann")).await, [sent]);
    assert_eq!(found(None, Some("guest@")).await, [invite]);
    let unknown = Query { state: Some("lost".into()), ..Query::default() };
    assert!(matches!(list(service, admin, &unknown).await, Err(ServiceError::Invalid { .. })));
}

#[tokio::test]
async fn closed_messages_are_forgotten_after_a_month_and_open_ones_are_not() {
    let world = World::new(&["only"]).await;
    let (closed, open) =
        (world.owe(MessageKind::Welcome).await, world.owe(MessageKind::Welcome).await);
    world.deliver(&closed).await;
    let swept = async |world: &World| {
        let now = world.rig.clock.now();
        world.rig.service.write(move |tx| sweep(tx, now, 9)).await.unwrap()
    };
    world.rig.pass(30 * 86_400 - 1);
    assert_eq!(swept(&world).await, 0);
    world.rig.pass(1);
    assert_eq!(swept(&world).await, 1);
    assert!(matches!(
        get(&world.rig.service, &world.admin, &closed).await,
        Err(ServiceError::NotFound { .. })
    ));
    assert_eq!(world.message(&open).await.state.name(), "queued");
}

#[tokio::test]
async fn a_death_loses_no_message_and_repeats_one_only_between_the_yes_and_the_note() {
    for (point, times) in [("mail-composed", 1), ("mail-sent", 2), ("mail-noted", 1)] {
        let (kill_points, mut reached) = KillPoints::at(point);
        let world = World::killed_at(kill_points, &["only"]).await;
        let id = world.owe(MessageKind::Reset).await;
        let (service, carrier, message) = (world.rig.service.clone(), world.carrier(), id.clone());
        let dies = tokio::spawn(async move { deliver_by(&service, &carrier, &message).await });
        reached.wait().await;
        dies.abort();
        assert!(dies.await.is_err());
        let world = world.restarted().await;
        resume(&world.rig.service).await.unwrap();
        assert_eq!(world.deliver(&id).await.state.name(), "sent", "{point}");
        let ids = world.message_ids();
        assert_eq!(ids.len(), times, "{point}");
        assert!(ids.iter().all(|one| *one == ids[0]), "{point}: one Message-ID");
        assert_eq!(world.secrets(&id).await, 0, "{point}");
        assert_eq!(world.lines(ActivityKind::ResetMailed).await.len(), 1, "{point}");
    }
}
