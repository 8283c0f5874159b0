//! What can be wrong with folders and files.

use super::world::{House, fault};
use super::{NAME, request};
use crate::kill_points::KillPoints;
use crate::reset_watch::{How, WatchState};
use domain::activity::ActivityKind;
use domain::fault::FaultKind;
use rustix::fs::{CWD, FileType};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

#[tokio::test]
async fn a_folder_may_come_go_and_come_back() {
    let mut house = House::asleep().await;
    std::fs::remove_dir(&house.folder).unwrap();
    house.watch(0).await;
    house.begin();
    house.until(|house| house.state() == Some(WatchState::FolderMissing)).await;
    std::fs::create_dir(&house.folder).unwrap();
    house.write(NAME, &request("12-34-56-78"));
    house.next_look().await;
    house.until_mails(1).await;
    house.until(|house| house.state().unwrap().code() == "watching").await;
    let aside = house.folder.with_extension("old");
    std::fs::rename(&house.folder, &aside).unwrap();
    house.until(|house| house.state() == Some(WatchState::FolderMissing)).await;
    std::fs::rename(&aside, &house.folder).unwrap();
    house.write("passwordreset2.json", &request("87-65-43-21"));
    house.next_look().await;
    house.until_mails(2).await;
    house.until(|house| house.state().unwrap().code() == "watching").await;
    // Replaced by another one at once.
    std::fs::rename(&house.folder, &aside).unwrap();
    std::fs::create_dir(&house.folder).unwrap();
    // Where its absence was seen, nobody looks again by himself.
    house.looked().await;
    house.until(|house| house.state().unwrap().code() == "watching").await;
    house.write(NAME, &request("11-11-11-11"));
    house.until_mails(3).await;
    let down = house.lines(ActivityKind::ResetWatchDown).await.len();
    let back = house.lines(ActivityKind::ResetWatchBack).await.len();
    assert_eq!(down, back, "each is told once");
    assert!((2..=3).contains(&down), "{down}");
}

#[tokio::test]
async fn what_is_no_folder_is_told() {
    let mut house = House::asleep().await;
    std::fs::remove_dir(&house.folder).unwrap();
    std::fs::write(&house.folder, "").unwrap();
    house.watch(0).await;
    house.begin();
    house.until(|house| matches!(house.state(), Some(WatchState::Unreadable { .. }))).await;
    let house = house.restarted(KillPoints::none()).await;
    let down = house.lines(ActivityKind::ResetWatchDown).await;
    assert_eq!((down.len(), down[0].facts["why"].as_str()), (1, "unreadable"));
}

#[tokio::test]
async fn only_whole_regular_files_are_read_and_the_others_named() {
    let house = House::new().await;
    let elsewhere = house.folder.parent().unwrap().join("elsewhere.json");
    std::fs::write(&elsewhere, request("12-34-56-78")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, house.path("passwordreset-link.json")).unwrap();
    let pipe = house.path("passwordreset-pipe.json");
    rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, 0o644.into(), 0).unwrap();
    std::fs::write(house.path("passwordreset-huge.json"), vec![b' '; 1 << 20]).unwrap();
    std::fs::create_dir(house.path("passwordreset-folder.json")).unwrap();
    let odd = house.folder.join(OsStr::from_bytes(b"passwordreset\xff.json"));
    std::fs::write(odd, request("87-65-43-21")).unwrap();
    house.write("passwordreset-words.json", "no json at all");
    house.write("other.json", &request("11-11-11-11"));
    house.looked().await;
    for (file, code) in [
        ("passwordreset-link.json", "host.reset-not-a-file"),
        ("passwordreset-pipe.json", "host.reset-not-a-file"),
        ("passwordreset-folder.json", "host.reset-not-a-file"),
        ("passwordreset-huge.json", "host.reset-too-large"),
        ("passwordreset\\xff.json", "host.reset-name"),
        ("passwordreset-words.json", "media.reset-unreadable"),
    ] {
        house.until(|house| house.code(file).as_deref() == Some(code)).await;
    }
    assert_eq!(house.mails().await.len(), 0);
    assert_eq!(house.lines(ActivityKind::ResetFileOdd).await.len(), 6);
    house.looked().await;
    assert_eq!(house.lines(ActivityKind::ResetFileOdd).await.len(), 6, "each is told once");
    std::fs::remove_file(pipe).unwrap();
    house.until(|house| house.code("passwordreset-pipe.json").is_none()).await;
    assert_eq!(house.view().await.blocking.len(), 5);
    // In the place of a link, a file.
    std::fs::remove_file(house.path("passwordreset-link.json")).unwrap();
    house.write("passwordreset-link.json", &request("22-22-22-22"));
    house.until_mails(1).await;
}

#[tokio::test]
async fn a_file_that_stays_empty_is_named_until_it_is_whole() {
    let house = House::new().await;
    house.write(NAME, "");
    house.until(|house| house.code(NAME).as_deref() == Some("host.reset-incomplete")).await;
    let reads = house.plugin.inside().reads;
    assert!((5..20).contains(&reads), "looked at some times, not without end: {reads}");
    house.write(NAME, &request("12-34-56-78"));
    house.until_mails(1).await;
    house.until(|house| house.code(NAME).is_none()).await;
}

#[tokio::test]
async fn a_file_that_is_half_and_empty_in_turn_is_not_read_without_end() {
    let house = House::new().await;
    house.write(NAME, "");
    house.until(|house| house.code(NAME).as_deref() == Some("host.reset-incomplete")).await;
    house.write(NAME, "{");
    let before = house.plugin.inside().reads;
    house.until_async(|| async { house.plugin.inside().reads > before }).await;
    house.write(NAME, "");
    // Somebody else's file takes its time, and so does this one.
    house.write("passwordreset2.json", "");
    let beside = |house: &House| house.code("passwordreset2.json").is_some();
    house.until(beside).await;
    let reads = house.plugin.inside().reads;
    assert!(reads < 60, "{reads}");
}

#[tokio::test]
async fn what_goes_with_its_whole_folder_was_not_used() {
    for poll_seconds in [0, 3] {
        let house = House::asleep().await;
        house.watch(poll_seconds).await;
        let house = house.awake().await;
        house.write(NAME, &request("12-34-56-78"));
        house.looked().await;
        house.until_mails(1).await;
        std::fs::remove_dir_all(&house.folder).unwrap();
        let is_missing = || async { house.state() == Some(WatchState::FolderMissing) };
        house.until_poked(is_missing).await;
        std::fs::create_dir(&house.folder).unwrap();
        house.looked().await;
        house.until(|house| house.state().unwrap().code() == "watching").await;
        house.write("passwordreset2.json", &request("87-65-43-21"));
        house.looked().await;
        house.until_mails(2).await;
        std::fs::remove_file(house.path("passwordreset2.json")).unwrap();
        house.looked().await;
        // That one was.
        house
            .until_async(|| async { house.sightings().await.iter().any(|one| one.used_there) })
            .await;
        assert_eq!(house.lines(ActivityKind::ResetUsedThere).await.len(), 1, "{poll_seconds}");
    }
}

#[tokio::test]
async fn a_plugin_that_fails_is_a_state_and_is_asked_again() {
    let house = House::new().await;
    house.plugin.inside().fault = fault(FaultKind::Misconfigured);
    house.write(NAME, &request("12-34-56-78"));
    house.until(|house| house.state().unwrap().code() == "backend-down").await;
    house.plugin.inside().fault = fault(FaultKind::Unsupported);
    house.next_look().await;
    house.until(|house| house.state() == Some(WatchState::NotSupported)).await;
    house.plugin.inside().fault = None;
    house.plugin.inside().breaking.insert("passwordreset2.json".to_owned());
    house.next_look().await;
    house.until_mails(1).await;
    house.until(|house| house.state().unwrap().code() == "watching").await;
    // A file that breaks it keeps no other one from being read, and is tried again.
    house.write("passwordreset2.json", &request("87-65-43-21"));
    house.until(|house| house.code("passwordreset2.json").as_deref() == Some("test.planned")).await;
    house.write("passwordreset3.json", &request("33-33-33-33"));
    house.until_mails(2).await;
    house.plugin.inside().breaking.clear();
    house.looked().await;
    house.until_mails(3).await;
}

#[tokio::test]
async fn where_the_system_tells_of_changes_it_is_listened_to() {
    let house = House::new().await;
    let Some(WatchState::Watching { how, .. }) = house.state() else { panic!() };
    assert_eq!(how, How::Inotify);
}
