//! Watches of real folders, with real notices.

mod folders;
mod requests;
mod trials;
mod world;

use super::*;
use crate::kill_points::KillPoints;
use domain::activity::ActivityKind;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use world::{House, file, media, recorded};

const NAME: &str = "passwordreset1.json";
const SOON: &str = "2026-11-21T21:20:00.1234567Z";

fn request(pin: &str) -> String {
    file("alice", pin, SOON)
}

#[tokio::test]
async fn every_recorded_file_is_one_mail_written_whole() {
    let house = House::new().await;
    let mut count = 0;
    for (name, content) in recorded() {
        house.write(&name, &content);
        count += 1;
        house.until_mails(count).await;
    }
    assert_eq!(count, 13, "four lines of the backend, and a damaged one");
    house.looked().await;
    house.until_mails(count).await;
    let damaged: Vec<_> = house.remarks().into_values().map(|remark| remark.code).collect();
    assert_eq!(damaged, ["media.reset-damaged"]);
    assert_eq!(house.lines(ActivityKind::ResetRequested).await.len(), count);
    assert_eq!(house.lines(ActivityKind::ResetFileOdd).await.len(), 1);
}

#[tokio::test]
async fn a_file_in_three_pieces_is_one_mail() {
    let house = House::new().await;
    let content = request("12-34-56-78");
    let (first, rest) = content.split_at(20);
    let (second, third) = rest.split_at(20);
    let mut file = File::create(house.path(NAME)).unwrap();
    for piece in [first, second, third] {
        assert_eq!(house.mails().await.len(), 0);
        file.write_all(piece.as_bytes()).unwrap();
        file.sync_all().unwrap();
        if piece != third {
            house.looked().await;
        }
    }
    drop(file);
    house.until_mails(1).await;
    house.looked().await;
    house.until_mails(1).await;
    assert_eq!(house.lines(ActivityKind::ResetFileOdd).await.len(), 0);
}

#[tokio::test]
async fn a_shorter_file_in_place_of_another_is_a_mail_and_a_remark() {
    let house = House::new().await;
    house.write(NAME, &request("12-34-56-78"));
    house.until_mails(1).await;
    let mut file = OpenOptions::new().write(true).open(house.path(NAME)).unwrap();
    file.write_all(file_of("87-65-43-21").as_bytes()).unwrap();
    drop(file);
    house.until_mails(2).await;
    house.until(|house| house.code(NAME).as_deref() == Some("media.reset-damaged")).await;
    // Written whole again: in order.
    house.write(NAME, &request("11-11-11-11"));
    house.until_mails(3).await;
    house.until(|house| house.code(NAME).is_none()).await;
    assert_eq!(house.lines(ActivityKind::ResetFileFine).await.len(), 1);
}

fn file_of(pin: &str) -> String {
    file("alice", pin, "2026-11-21T21:20:00.12Z")
}

#[tokio::test]
async fn a_file_that_is_moved_in_is_one_mail() {
    let house = House::new().await;
    let beside = house.folder.parent().unwrap().join("beside");
    std::fs::write(&beside, request("12-34-56-78")).unwrap();
    std::fs::rename(&beside, house.path(NAME)).unwrap();
    house.until_mails(1).await;
    // Under another name it is the same request.
    std::fs::rename(house.path(NAME), house.path("passwordreset2.json")).unwrap();
    house.looked().await;
    house.until_mails(1).await;
    assert!(!house.sightings().await[0].used_there, "moved away is not used");
}

#[tokio::test]
async fn polling_finds_what_nobody_tells() {
    let house = House::polling(3).await;
    house.write(NAME, &request("12-34-56-78"));
    house.next_look().await;
    house.until_mails(1).await;
    house.write(NAME, &request("87-65-43-21"));
    house.next_look().await;
    house.until_mails(2).await;
    let mut file = OpenOptions::new().write(true).open(house.path(NAME)).unwrap();
    file.write_all(file_of("11-11-11-11").as_bytes()).unwrap();
    house.next_look().await;
    house.until_mails(3).await;
    house.looked().await;
    house.until_mails(3).await;
    let state = house.state().unwrap();
    let polling =
        WatchState::Watching { how: How::Polling, every_seconds: 3, because: Because::Chosen };
    assert_eq!(state, polling);
}

#[tokio::test]
async fn a_file_that_lies_there_at_the_start_is_one_mail_over_all_starts() {
    let house = House::asleep().await;
    house.watch(0).await;
    house.write(NAME, &request("12-34-56-78"));
    house.write("passwordreset2.json", "");
    let house = house.awake().await;
    house.until_mails(1).await;
    house.until(|house| house.code("passwordreset2.json").is_some()).await;
    let house = house.restarted(KillPoints::none()).await.awake().await;
    house.until(|house| house.code("passwordreset2.json").is_some()).await;
    house.looked().await;
    house.until_mails(1).await;
    assert_eq!(house.lines(ActivityKind::ResetFileOdd).await.len(), 1, "told once");
}

#[tokio::test]
async fn death_at_any_step_loses_and_doubles_nothing() {
    for point in ["reset-read", "reset-owed"] {
        let (kill_points, mut reached) = KillPoints::at(point);
        let house = House::asleep().await;
        house.watch(0).await;
        let mut house = house.restarted(kill_points).await;
        house.write(NAME, &request("12-34-56-78"));
        house.begin();
        reached.wait().await;
        let owed = usize::from(point == "reset-owed");
        assert_eq!(house.mails().await.len(), owed, "{point}");
        let house = house.restarted(KillPoints::none()).await.awake().await;
        house.until_mails(1).await;
        house.looked().await;
        house.until_mails(1).await;
    }
}

#[tokio::test]
async fn a_watch_is_set_changed_and_removed() {
    let mut house = House::asleep().await;
    house.begin();
    let draft = |directory: &Path, poll_seconds| WatchDraft {
        directory: directory.to_owned(),
        poll_seconds,
        mail: ResetMail::Pin,
    };
    let (service, admin, folder) = (&house.service, &house.admin, house.folder.clone());
    let unknown = put(service, admin, &media(), draft(&folder, 0)).await;
    assert!(matches!(unknown, Err(ServiceError::NotFound { what: "backend" })));
    for (wrong, field) in [
        (draft(Path::new("data"), 0), "directory"),
        (draft(Path::new(""), 0), "directory"),
        (draft(&folder, 3_601), "poll_seconds"),
    ] {
        let Err(ServiceError::Invalid { fields }) = checked(&wrong) else { panic!("{wrong:?}") };
        assert_eq!(fields[0].field, field);
    }
    house.watch(0).await;
    house.until(|house| matches!(house.state(), Some(WatchState::Watching { .. }))).await;
    house.watch(5).await;
    let polls = |house: &House| {
        matches!(house.state(), Some(WatchState::Watching { how: How::Polling, .. }))
    };
    house.until(polls).await;
    remove(service, admin, &media()).await.unwrap();
    assert!(list(service).await.unwrap().is_empty());
    let again = remove(service, admin, &media()).await;
    assert!(matches!(again, Err(ServiceError::NotFound { what: "watch" })));
    assert_eq!(house.lines(ActivityKind::ResetWatchRemoved).await.len(), 1);
}
