//! What becomes of requests.

use super::world::{House, fault, file};
use super::{NAME, SOON, request};
use core::time::Duration;
use domain::activity::ActivityKind;
use domain::fault::FaultKind;
use domain::resets::SightingOutcome;
use domain::users::UserState;
use std::fs::File;

async fn outcome(house: &House) -> SightingOutcome {
    house.until_sightings(1).await;
    house.sightings().await[0].outcome
}

#[tokio::test]
async fn whoever_may_not_is_sent_nothing_and_the_admin_sees_why() {
    for (name, wanted) in [
        ("nobody", SightingOutcome::UnknownUser),
        ("no address", SightingOutcome::NoAddress),
        ("unproved", SightingOutcome::Unconfirmed),
        ("shut out", SightingOutcome::ShutOut),
        ("mighty", SightingOutcome::Privileged),
        ("given away", SightingOutcome::UnknownUser),
    ] {
        let house = House::new().await;
        house.plugin.inside().privileged.insert("id-of-mighty".to_owned());
        house.plugin.inside().renamed.insert("id-of-given away".to_owned(), "other".to_owned());
        if name != "nobody" {
            let change = |user: &mut domain::users::User| match wanted {
                SightingOutcome::NoAddress => user.email = None,
                SightingOutcome::Unconfirmed => user.email.as_mut().unwrap().confirmed = false,
                SightingOutcome::ShutOut => user.state = UserState::Disabled,
                _ => {}
            };
            house.person(name, change).await;
        }
        house.write(NAME, &file(name, "12-34-56-78", SOON));
        assert_eq!(outcome(&house).await, wanted, "{name}");
        assert_eq!(house.mails().await.len(), 0, "{name}");
        let lines = house.lines(ActivityKind::ResetRequested).await;
        assert_eq!(lines[0].facts["outcome"], wanted.code());
        assert_eq!(house.view().await.recent[0].outcome, wanted);
    }
}

#[tokio::test]
async fn a_new_name_leads_to_whoever_has_it_now() {
    let house = House::new().await;
    // Wanda is called alice there by now, and alice has another name.
    house.plugin.inside().renamed.insert("id-of-wanda".to_owned(), "alice".to_owned());
    house.plugin.inside().renamed.insert("id-of-alice".to_owned(), "alina".to_owned());
    house.write(NAME, &request("12-34-56-78"));
    house.until_mails(1).await;
    house.write("passwordreset2.json", &file("alina", "87-65-43-21", SOON));
    house.until_mails(2).await;
    let mut who: Vec<_> =
        house.mails().await.iter().map(|mail| mail.facts["username"].clone()).collect();
    who.sort();
    assert_eq!(who, ["alice", "wanda"]);
    let sightings = house.sightings().await;
    let wanda = sightings.iter().find(|one| one.login_name == "alice").unwrap();
    let mails = house.mails().await;
    assert!(mails.iter().any(|mail| mail.user == wanda.user && mail.facts["username"] == "wanda"));
}

#[tokio::test]
async fn whoever_becomes_known_while_the_request_is_good_gets_the_mail() {
    let house = House::new().await;
    house.write(NAME, &file("newcomer", "12-34-56-78", SOON));
    assert_eq!(outcome(&house).await, SightingOutcome::UnknownUser);
    house.looked().await;
    assert_eq!(house.lines(ActivityKind::ResetRequested).await.len(), 1, "told once");
    house.person("newcomer", |_user| ()).await;
    house.looked().await;
    house.until_mails(1).await;
    assert_eq!(outcome(&house).await, SightingOutcome::Owed);
    house.looked().await;
    house.until_mails(1).await;
}

#[tokio::test]
async fn a_request_that_is_over_is_told_and_not_mailed() {
    let house = House::new().await;
    house.write(NAME, &file("alice", "12-34-56-78", "2026-11-21T20:59:00Z"));
    assert_eq!(outcome(&house).await, SightingOutcome::Expired);
    // Written this minute and over for two hours.
    let content = file("alice", "87-65-43-21", "2026-11-21T19:30:00Z");
    let beside = house.folder.parent().unwrap().join("beside");
    std::fs::write(&beside, content).unwrap();
    let now = super::world::START.parse::<jiff::Timestamp>().unwrap();
    File::options().write(true).open(&beside).unwrap().set_modified(now.into()).unwrap();
    std::fs::rename(&beside, house.path("passwordreset2.json")).unwrap();
    house.until_sightings(2).await;
    let of = |all: Vec<domain::resets::Sighting>| {
        all.into_iter().find(|one| one.file == "passwordreset2.json").unwrap().outcome
    };
    assert_eq!(of(house.sightings().await), SightingOutcome::WrongZone);
    // Over for a week: nobody waits for it, and it is not told each time again.
    house.write("passwordreset3.json", &file("alice", "11-11-11-11", "2026-11-14T21:00:00Z"));
    house.looked().await;
    house.until_async(|| async { house.view().await.old_files == 1 }).await;
    house.until_sightings(2).await;
    assert_eq!(house.mails().await.len(), 0);
}

#[tokio::test]
async fn a_file_that_is_gone_before_its_time_was_used_there() {
    let house = House::new().await;
    house.write(NAME, &request("12-34-56-78"));
    house.until_mails(1).await;
    std::fs::remove_file(house.path(NAME)).unwrap();
    house.until_async(|| async { house.sightings().await[0].used_there }).await;
    assert_eq!(house.lines(ActivityKind::ResetUsedThere).await.len(), 1);
    // One whose time is over is only tidied away.
    house.write("passwordreset2.json", &request("87-65-43-21"));
    house.until_mails(2).await;
    house.clock.advance(Duration::from_secs(3_600));
    std::fs::remove_file(house.path("passwordreset2.json")).unwrap();
    house.looked().await;
    assert_eq!(house.lines(ActivityKind::ResetUsedThere).await.len(), 1);
}

#[tokio::test]
async fn one_account_that_cannot_be_looked_up_keeps_no_other_one_waiting() {
    let house = House::new().await;
    house.plugin.inside().unanswered.insert("id-of-wanda".to_owned());
    house.write(NAME, &file("wanda", "12-34-56-78", SOON));
    house.until(|house| house.state().unwrap().code() == "backend-down").await;
    // Older and younger than the other one.
    for (name, pin) in
        [("passwordreset2.json", "22-22-22-22"), ("passwordreset3.json", "33-33-33-33")]
    {
        house.write(name, &request(pin));
    }
    let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1);
    let older = File::options().write(true).open(house.path("passwordreset2.json")).unwrap();
    older.set_modified(long_ago).unwrap();
    drop(older);
    house.until_poked(|| async { house.mails().await.len() >= 2 }).await;
    house.plugin.inside().unanswered.clear();
    house.next_look().await;
    house.until_mails(3).await;
}

#[tokio::test]
async fn many_that_cannot_be_looked_up_keep_the_last_one_waiting_no_longer_than_a_look() {
    let house = House::asleep().await;
    house.watch(0).await;
    house.plugin.inside().unanswered.insert("id-of-wanda".to_owned());
    for number in 1..=5 {
        let pin = format!("{number}{number}-34-56-78");
        house.write(&format!("passwordreset{number}.json"), &file("wanda", &pin, SOON));
    }
    house.write("passwordreset9.json", &request("99-99-99-99"));
    let house = house.awake().await;
    house.until_poked(|| async { house.mails().await.len() == 1 }).await;
}

#[tokio::test]
async fn what_was_over_by_a_clock_that_was_wrong_is_mailed_when_it_is_right() {
    let house = House::new().await;
    house.clock.advance(jiff::SignedDuration::from_hours(3));
    house.write(NAME, &request("12-34-56-78"));
    assert_eq!(outcome(&house).await, SightingOutcome::Expired);
    house.clock.advance(jiff::SignedDuration::from_hours(-3));
    house.looked().await;
    house.until_mails(1).await;
    assert_eq!(outcome(&house).await, SightingOutcome::Owed);
    house.clock.advance(jiff::SignedDuration::from_hours(30));
    house.looked().await;
    house.clock.advance(jiff::SignedDuration::from_hours(-30));
    house.looked().await;
    house.until_mails(1).await;
}

#[tokio::test]
async fn nothing_is_owed_before_the_backend_has_said_whose_account_it_is() {
    let house = House::new().await;
    house.plugin.inside().account_fault = fault(FaultKind::Unavailable);
    house.write(NAME, &request("12-34-56-78"));
    house.until(|house| house.state().unwrap().code() == "backend-down").await;
    assert_eq!(house.mails().await.len(), 0);
    assert_eq!(house.sightings().await.len(), 0, "nothing is concluded");
    house.plugin.inside().account_fault = None;
    house.next_look().await;
    house.until_mails(1).await;
    house.until(|house| house.state().unwrap().code() == "watching").await;
    assert_eq!(house.lines(ActivityKind::ResetWatchDown).await.len(), 1);
    assert_eq!(house.lines(ActivityKind::ResetWatchBack).await.len(), 1);
}
