//! Trying a watch out.

use super::world::{House, media};
use crate::kill_points::KillPoints;
use crate::reset_watch::sighting::Digests;
use crate::reset_watch::{How, Trial, trial};
use domain::activity::ActivityKind;

async fn tried(house: &House) -> Trial {
    let digests = Digests::of(house.service.store()).unwrap();
    let watch = house.view().await.watch;
    trial::run((&house.service, &house.plugin), &digests, &watch).await.unwrap()
}

fn codes(trial: &Trial) -> Vec<&'static str> {
    trial.steps.iter().map(|step| step.code).collect()
}

fn is_empty(house: &House) -> bool {
    std::fs::read_dir(&house.folder).unwrap().next().is_none()
}

#[tokio::test]
async fn a_harmless_file_is_seen_and_taken_away() {
    let house = House::new().await;
    let trial = tried(&house).await;
    assert_eq!(codes(&trial), ["watching", "made", "written", "seen", "removed"]);
    assert!(trial.seen && trial.after_ms.is_some_and(|ms| ms < 500), "{trial:?}");
    assert_eq!(trial.how, Some(How::Inotify));
    assert!(is_empty(&house));
    house.looked().await;
    assert!(house.sightings().await.is_empty() && house.mails().await.is_empty());
    assert!(house.lines(ActivityKind::ResetRequested).await.is_empty());
    assert!(tried(&house).await.seen, "as often as one likes");
}

#[tokio::test]
async fn polling_sees_it_too_at_the_next_look() {
    let house = House::polling(3).await;
    let moved_on = async {
        while is_empty(&house) {
            tokio::task::yield_now().await;
        }
        house.next_look().await;
    };
    let (trial, ()) = tokio::join!(tried(&house), moved_on);
    assert!(trial.seen, "{trial:?}");
    assert_eq!(trial.how, Some(How::Polling));
    assert!(is_empty(&house));
}

#[tokio::test]
async fn a_folder_that_nobody_watches_is_told() {
    let house = House::asleep().await;
    house.watch(0).await;
    let trial = tried(&house).await;
    assert_eq!(codes(&trial), ["not-watching"]);
}

#[tokio::test]
async fn a_file_that_is_there_already_is_not_overwritten() {
    let house = House::new().await;
    house.write("passwordreset00000000.json", "mine");
    let trial = tried(&house).await;
    assert_eq!(codes(&trial), ["watching", "made", "not-written"]);
    let there = std::fs::read_to_string(house.path("passwordreset00000000.json")).unwrap();
    assert_eq!(there, "mine");
}

#[tokio::test]
async fn what_a_trial_left_behind_is_taken_away_at_the_next_start() {
    let house = House::new().await;
    let specimen = "passwordreset00000000.json";
    // Died between writing and removing: the row is there, and so is the file.
    let row = serde_json::json!({ "directory": house.folder, "file": specimen, "digest": "d" });
    let name = format!("reset-watch-trial.{}", media());
    house.service.write_aside(move |tx| Ok(tx.meta().put(&name, &row)?)).await.unwrap();
    let house = house.restarted(KillPoints::none()).await;
    house.write(specimen, &super::request("12-34-56-78"));
    let house = house.awake().await;
    assert!(is_empty(&house));
    house.looked().await;
    assert!(house.mails().await.is_empty());
}
