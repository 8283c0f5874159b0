//! Reset files: whatever a server writes and however it writes it, one mail for each PIN.

use crate::mailroom::{self, ADDRESS, Mailed, link, outbox, person, person_at, until_quiet};
use harness::{Exim, House};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use standins::jellyfin::Release;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::path::Path;

/// How the five generations name and write their files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Generation {
    V10_5,
    V10_8,
    V10_10,
    V10_11,
    V12,
}

const GENERATIONS: [Generation; 5] =
    [Generation::V10_5, Generation::V10_8, Generation::V10_10, Generation::V10_11, Generation::V12];

impl Generation {
    fn name(self, number: usize) -> String {
        match self {
            Self::V10_5 => format!("passwordreset{number}.json"),
            Self::V10_8 | Self::V10_10 => {
                format!("passwordresetf24ac92c-8149-43a2-a645-{number:012x}.json")
            }
            Self::V10_11 | Self::V12 => format!("passwordreset{number:032x}.json"),
        }
    }

    /// What the server writes half an hour before its end; all our zones are UTC.
    fn content(self, number: usize, pin: &str, expires: Timestamp) -> Vec<u8> {
        let date = expires.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let date = match self {
            Self::V10_5 => format!("{date}.4024372"),
            Self::V10_8 => format!("{date}.402437Z"),
            Self::V10_10 | Self::V12 => format!("{date}.4024372Z"),
            Self::V10_11 => format!("{date}Z"),
        };
        let file = format!("/config/{}", self.name(number));
        format!("{{\"Pin\":\"{pin}\",\"UserName\":\"Ada\",\"PinFile\":\"{file}\",\"ExpirationDate\":\"{date}\"}}")
            .into_bytes()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Whole,
    InThree,
    Shorter,
    MovedIn,
}

const WAYS: [Way; 4] = [Way::Whole, Way::InThree, Way::Shorter, Way::MovedIn];

/// Puts a file there; between two parts of it `pause` is waited for.
async fn put(folder: &Path, way: Way, name: &str, content: &[u8], pause: impl AsyncFn()) {
    let path = folder.join(name);
    match way {
        Way::Whole => fs::write(path, content).unwrap(),
        Way::InThree => {
            let mut file = File::create(path).unwrap();
            for part in content.chunks(content.len() / 3 + 1) {
                file.write_all(part).unwrap();
                file.sync_data().unwrap();
                pause().await;
            }
        }
        Way::Shorter => {
            // An older request, over long ago, whose end stays behind the new one.
            let mut old = content.to_vec();
            let at = old.len() - 2;
            old.splice(at..at, *b"00000");
            let text = String::from_utf8(old)
                .unwrap()
                .replace("2026-", "2025-")
                .replace("Pin\":\"", "Pin\":\"0");
            fs::write(&path, text).unwrap();
            pause().await;
            let mut file = OpenOptions::new().write(true).open(path).unwrap();
            file.rewind().unwrap();
            file.write_all(content).unwrap();
        }
        Way::MovedIn => {
            let beside = tempfile::tempdir_in(folder).unwrap();
            let from = beside.path().join(name);
            fs::write(&from, content).unwrap();
            fs::rename(from, path).unwrap();
        }
    }
}

fn pin(number: usize) -> String {
    format!("{:02X}-7A-C4-{:02X}", number + 1, 0xA0 + number)
}

/// Writes every generation in every way and looks that each PIN came in one mail.
async fn each_comes_once(house: &House, taken: impl Fn() -> Vec<String>, ways: &[Way]) {
    person(house, "Ada").await;
    let folder = house.reset_folder().to_owned();
    let mut number = 0;
    for generation in GENERATIONS {
        for way in ways {
            let expires = house.clock.now() + SignedDuration::from_mins(30);
            let content = generation.content(number, &pin(number), expires);
            let pause = async || drop(house.guest().get("/healthz").await);
            put(&folder, *way, &generation.name(number), &content, pause).await;
            house.clock.advance(SignedDuration::from_secs(40));
            let wanted = pin(number);
            let what = format!("{generation:?} {way:?} is mailed");
            house.until(&what, || taken().iter().any(|mail| mail.contains(&wanted))).await;
            number += 1;
        }
    }
    // Whatever looks again finds nothing new: events that come late, the slow look, a new start.
    house.clock.advance(SignedDuration::from_secs(180));
    until_quiet(house).await;
    let mails = taken();
    for number in 0..number {
        let with: Vec<_> = mails.iter().filter(|mail| mail.contains(&pin(number))).collect();
        assert_eq!(with.len(), 1, "{} came {} times", pin(number), with.len());
    }
    assert_eq!(mails.len(), number);
}

#[tokio::test]
async fn five_generations_in_four_ways_are_one_mail_each_at_a_real_server() {
    let Some(exim) = Exim::start() else { return };
    let house = House::watching(Release::V12, &exim.settings()).await;
    let taken = || exim.mails_to(ADDRESS).iter().map(harness::Delivered::words).collect();
    each_comes_once(&house, taken, &WAYS).await;
}

#[tokio::test]
async fn the_same_holds_where_the_folder_has_to_be_looked_at() {
    let smtp = standins::Smtp::start(standins::smtp::Options::strict()).await.unwrap();
    let more = format!("{}\n", mailroom::settings(&smtp));
    let house = House::polling(Release::V12, &more, 30).await;
    let taken = || smtp.mails().iter().filter_map(standins::Mail::text).collect();
    each_comes_once(&house, taken, &WAYS).await;
}

#[tokio::test]
async fn the_damaged_file_of_a_real_server_is_mailed_and_named_to_the_admin() {
    let house = mailroom::house().await;
    person(&house, "wanda").await;
    house.clock.advance(SignedDuration::from_mins(9 * 60 + 10));
    let name = "passwordreset042a5444-aeb2-4f8d-9f1a-0f9e4e2d55db.json";
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../recordings/jellyfin/10.10/reset-files/second-request-damaged");
    fs::copy(recorded.join(name), house.reset_folder().join(name)).unwrap();
    house.until("it is mailed", || !house.taken().is_empty()).await;
    assert!(house.last().text().unwrap().contains("04-4E-61-AB"));
    let watch = the_watch(&house).await;
    assert_eq!(watch["files"][0]["file"], name, "{watch}");
    assert!(watch["files"][0]["detail"].as_str().unwrap().contains("PIN page"), "{watch}");
}

async fn the_watch(house: &House) -> Value {
    let admin = house.admin().await;
    admin.get("/api/backends/jellyfin/reset-watch").await.expect(200).json()
}

#[tokio::test]
async fn a_request_in_jellyfin_becomes_a_mail_whose_link_sets_a_real_password() {
    for release in [Release::V10_9, Release::V10_10, Release::V10_11, Release::V12] {
        let house = mailroom::house_with(release).await;
        person(&house, "Ada").await;
        let file = house.jellyfin.forgot_password("Ada").unwrap().expect("a file");
        house.until("it is mailed", || !house.taken().is_empty()).await;
        let mail = house.last();
        let text = mail.text().unwrap();
        assert!(text.contains(&file.pin), "{text}");
        assert!(!mail.subject().contains(&file.pin));
        let path = link(&mail, "/reset/");
        let body = json!({"token": path.rsplit('/').next(), "password": "an even better phrase"});
        house.fresh_guest().post("/api/password/reset", body).await.expect(200);
        assert!(house.jellyfin.accepts("Ada", "an even better phrase"));
    }
}

#[tokio::test]
async fn what_is_odd_has_its_state_and_its_line_and_stops_nothing() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Without", mailroom::OLD).await.expect(201);
    let folder = house.reset_folder().to_owned();
    let soon = house.clock.now() + SignedDuration::from_mins(30);
    let of = |number: usize, at| {
        String::from_utf8(Generation::V12.content(number, &pin(number), at)).unwrap()
    };
    let write = |number: usize, content: &str| {
        fs::write(folder.join(Generation::V12.name(number)), content).unwrap();
    };
    write(0, "");
    write(1, &of(1, soon).replace("Ada", "Nobody known"));
    write(2, &of(2, soon).replace("Ada", "Without"));
    write(3, &of(3, house.clock.now() - SignedDuration::from_hours(24 * 30)));
    write(4, &of(4, house.clock.now() - SignedDuration::from_mins(90)));
    write(5, "<html>not a reset</html>");
    std::os::unix::fs::symlink("/etc/passwd", folder.join(Generation::V12.name(6))).unwrap();
    write(7, &of(7, soon));
    house.until("the good one is mailed", || !house.taken().is_empty()).await;
    until_quiet(&house).await;
    assert_eq!(house.taken().len(), 1);
    let lines = || async {
        let admin = house.admin().await;
        admin.get("/api/activity?limit=200").await.expect(200).text
    };
    // The file system tells nothing of a link that was made: the slow look finds it.
    house.clock.advance(SignedDuration::from_secs(70));
    for number in [1, 2, 4, 5, 6] {
        let name = Generation::V12.name(number);
        let what = format!("{name} has its line");
        house.until_async(&what, || async { lines().await.contains(&name) }).await;
    }
    assert!(!lines().await.contains(&pin(7)));
    // What has been lying there for a month is counted and no news.
    assert_eq!(the_watch(&house).await["oldFiles"], 1);
}

#[tokio::test]
async fn a_folder_that_appears_later_or_goes_away_is_told_and_watched() {
    let house = mailroom::house().await;
    person(&house, "Ada").await;
    let folder = house.reset_folder().to_owned();
    let state = |wanted: &'static str| {
        let house = &house;
        async move {
            house.clock.advance(SignedDuration::from_secs(70));
            the_watch(house).await["state"]["is"] == wanted
        }
    };
    fs::remove_dir_all(&folder).unwrap();
    house.until_async("its going is seen", || state("folder-missing")).await;
    fs::create_dir(&folder).unwrap();
    let soon = house.clock.now() + SignedDuration::from_mins(30);
    fs::write(folder.join(Generation::V12.name(1)), Generation::V12.content(1, &pin(1), soon))
        .unwrap();
    house.until_async("it is watched again", || state("watching")).await;
    house.until("the file is mailed", || !house.taken().is_empty()).await;
}

#[tokio::test]
async fn a_file_from_while_we_were_off_is_found_at_start() {
    let mut house = mailroom::house().await;
    person(&house, "Ada").await;
    house.stop().await;
    let soon = house.clock.now() + SignedDuration::from_mins(30);
    let (name, content) = (Generation::V12.name(1), Generation::V12.content(1, &pin(1), soon));
    fs::write(house.reset_folder().join(name), content).unwrap();
    house.restart().await;
    house.until("it is mailed", || !house.taken().is_empty()).await;
    house.restart().await;
    house.clock.advance(SignedDuration::from_secs(70));
    until_quiet(&house).await;
    assert_eq!(house.taken().len(), 1);
}

#[tokio::test]
async fn the_try_it_button_makes_a_harmless_file_and_takes_it_away() {
    let house = mailroom::house().await;
    let admin = house.admin().await;
    let tried = admin.post("/api/backends/jellyfin/reset-watch/try", json!({})).await.expect(200);
    assert_eq!(tried.json()["seen"], true, "{}", tried.text);
    assert_eq!(fs::read_dir(house.reset_folder()).unwrap().count(), 0);
    assert!(outbox(&house).await.is_empty());
    assert!(house.jellyfin.take_violations().is_empty());
}

#[tokio::test]
async fn somebody_who_is_adopted_in_time_still_gets_the_mail() {
    let house = mailroom::house().await;
    let id = house.jellyfin.add_user("Ada", mailroom::OLD, &serde_json::Map::new());
    let _file = house.jellyfin.forgot_password("Ada").unwrap().expect("a file");
    house
        .until_async("it is seen", || async {
            the_watch(&house).await["recent"][0]["outcome"] == "unknown-user"
        })
        .await;
    let admin = house.admin().await;
    let body = json!({"accounts": [{"account": id, "email": ADDRESS}]});
    admin.post("/api/backends/jellyfin/adopt", body).await.expect(200);
    house.clock.advance(SignedDuration::from_secs(70));
    house.until("it is mailed", || !house.taken().is_empty()).await;
}

/// Ends the house at a point between the file and the last note, and starts it again.
async fn killed_at(point: &str) -> (Mailed, usize) {
    let mut house = mailroom::house().await;
    person_at(&house, "Ada", ADDRESS).await;
    house.kill_at(point).await;
    let _file = house.jellyfin.forgot_password("Ada").unwrap().expect("a file");
    house.until_killed().await;
    let before = house.taken().len();
    house.kill_and_restart().await;
    house.until("it is mailed", || !house.taken().is_empty()).await;
    until_quiet(&house).await;
    (house, before)
}

#[tokio::test]
async fn a_kill_between_file_and_commit_loses_no_mail() {
    for point in ["reset-read", "reset-owed", "mail-composed"] {
        let (house, before) = killed_at(point).await;
        assert_eq!((before, house.taken().len()), (0, 1), "{point}");
    }
    // Here the server has said yes and we have not noted it: the one place where a mail is repeated.
    let (house, before) = killed_at("mail-sent").await;
    assert_eq!((before, house.taken().len()), (1, 2));
    let ids: Vec<_> = house.taken().iter().map(|mail| mail.header("message-id")).collect();
    assert!(ids[0].is_some() && ids[0] == ids[1], "{ids:?}");
    let (house, before) = killed_at("mail-noted").await;
    assert_eq!((before, house.taken().len()), (1, 1));
}
