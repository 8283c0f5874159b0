//! Replays what real Jellyfin servers answered against the double, line by line, row by row.
//!
//! Every recorded row is either replayed and compared, or named in [`NOT_REPLAYED`] with its
//! reason. A double that differs is wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic"
)]

#[path = "recordings/client.rs"]
mod client;
#[path = "recordings/compare.rs"]
mod compare;
#[path = "recordings/races.rs"]
mod races;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use client::{Reply, ask};
use compare::Comparison;
use jiff::Timestamp;
use serde_json::Value;
use standins::jellyfin::{Clock, Jellyfin, Options, Phase, Release};

/// Rows that are not replayed: scenario, note, reason.
const NOT_REPLAYED: [(&str, &str, &str); 2] = [
    (
        "00-starting",
        "503 without a body",
        "12.0's set-up server now and then answers /System/Info/Public so, by chance of timing",
    ),
    (
        "12-races",
        "five wrong passwords of a known user against an unknown one, time ratio",
        "the double takes the time it is told to; the ratio of a real hash is no behaviour of it",
    ),
];

/// The order the rows were recorded in: the races ran before the ends.
const SCENARIOS: [&str; 12] = [
    "01-first-run",
    "02-password",
    "03-keys",
    "04-users",
    "05-policy",
    "06-preferences",
    "07-change-password",
    "08-quick-connect",
    "09-forgot-password",
    "10-lock-out",
    "12-races",
    "11-activity-and-ends",
];

fn folder(release: Release) -> PathBuf {
    let line = match release {
        Release::V10_9 => "10.9",
        Release::V10_10 => "10.10",
        Release::V10_11 => "10.11",
        Release::V12 => "12.0",
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/jellyfin").join(line)
}

fn rows(release: Release, scenario: &str) -> Vec<Value> {
    let path = folder(release).join(format!("{scenario}.json"));
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let whole: Value = serde_json::from_str(&text).unwrap();
    whole["exchanges"].as_array().unwrap().clone()
}

/// Keeps the directories of tests that run side by side apart.
static DIRECTORIES: AtomicI64 = AtomicI64::new(0);

/// A clock that moves a little whenever it is read, as the recorded servers' did.
fn clock() -> Clock {
    let start: Timestamp = "2026-11-21T20:42:20.1234567Z".parse().unwrap();
    let reads = AtomicI64::new(0);
    Arc::new(move || {
        let reads = reads.fetch_add(1, Ordering::SeqCst);
        Timestamp::from_microsecond(start.as_microsecond() + reads * 37_013).unwrap()
    })
}

struct Replay {
    jellyfin: Jellyfin,
    data: PathBuf,
    seen: Comparison,
    /// The reset files that were there at the last look.
    files: Vec<String>,
}

impl Replay {
    async fn start(release: Release) -> Replay {
        let data = std::env::temp_dir().join(format!(
            "standins-{}-{}-{}",
            release.version(),
            std::process::id(),
            DIRECTORIES.fetch_add(1, Ordering::SeqCst),
        ));
        drop(fs::remove_dir_all(&data));
        fs::create_dir_all(&data).unwrap();
        let options = Options { data_dir: Some(data.clone()), ..Options::strict(clock()) };
        let jellyfin = Jellyfin::start(release, options).await.unwrap();
        Replay { jellyfin, data, seen: Comparison::default(), files: Vec::new() }
    }

    /// Asks what a row asked, with the double's own values.
    async fn ask(&self, row: &Value) -> Reply {
        let request = &row["request"];
        let headers: Vec<(String, String)> = request["headers"]
            .as_object()
            .map(|map| {
                map.iter()
                    .map(|(name, value)| (name.clone(), self.seen.own(value.as_str().unwrap())))
                    .collect()
            })
            .unwrap_or_default();
        let body = match (request.get("body"), request.get("body_text")) {
            (Some(Value::Null) | None, None) => String::new(),
            (Some(Value::Null) | None, Some(text)) => text.as_str().unwrap().to_owned(),
            (Some(body), _) => body.to_string(),
        };
        let path = self.seen.own(request["path"].as_str().unwrap());
        let method = request["method"].as_str().unwrap();
        let url = self.jellyfin.url();
        ask(&url, method, &path, &headers, self.seen.own(&body).as_bytes()).await.unwrap()
    }

    /// Compares all of an answer but its body.
    fn head(&mut self, at: &str, recorded: &Value, own: &Reply) {
        if recorded["status"].as_u64() != Some(own.status.into()) {
            let body = String::from_utf8_lossy(&own.body).chars().take(300).collect::<String>();
            self.seen
                .misfit(at, format!("{}, recorded {}: {body}", own.status, recorded["status"]));
        }
        for name in ["content-type", "retry-after", "allow", "location", "cache-control"] {
            let old = recorded["headers"].get(name).and_then(Value::as_str);
            // The recorder kept this one only where it was telling.
            let kept = name != "cache-control" || old.is_some();
            if kept && old != own.header(name) {
                self.seen.misfit(at, format!("{name}: {:?}, recorded {old:?}", own.header(name)));
            }
        }
    }

    /// Compares a whole answer.
    fn reply(&mut self, at: &str, recorded: &Value, own: &Reply) {
        self.head(at, recorded, own);
        match (recorded.get("body"), recorded.get("body_text")) {
            (Some(body), _) => match serde_json::from_slice::<Value>(&own.body) {
                Ok(json) => self.seen.values(at, body, &json),
                Err(error) => self.seen.misfit(at, format!("no JSON: {error}")),
            },
            (None, Some(text)) if text == "(html page, not kept)" => {}
            (None, Some(text)) => {
                if text.as_str() != Some(&own.text()) {
                    self.seen.misfit(at, format!("{:?}, recorded {text}", own.text()));
                }
            }
            (None, None) => {}
        }
    }

    fn reset_files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.data)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// A row about files instead of an exchange.
    fn files_row(&mut self, at: &str, row: &Value) {
        let own = self.reset_files();
        if let Some(file) = row.get("file") {
            let name = self.seen.own(file["name"].as_str().unwrap());
            let path = self.data.join(&name);
            let Ok(text) = fs::read_to_string(&path) else {
                return self.seen.misfit(at, format!("no file {name}, but {own:?}"));
            };
            self.file_text(at, file["text"].as_str().unwrap(), &text);
            file_mode(&path, &file["mode"]);
        } else if let Some(new) = row["observed"].get("new") {
            let fresh: Vec<&String> =
                own.iter().filter(|name| !self.files.contains(name)).collect();
            if new.as_array().unwrap().len() != fresh.len() {
                self.seen.misfit(at, format!("new files {fresh:?}"));
            }
        } else {
            let names = row["observed"]["names"].as_array().unwrap();
            let mut expected: Vec<String> =
                names.iter().map(|name| self.seen.own(name.as_str().unwrap())).collect();
            expected.sort();
            if expected != own {
                self.seen.misfit(at, format!("files {own:?}, recorded {expected:?}"));
            }
        }
        self.files = own;
    }

    /// The values, and the escapes the text is written with.
    fn file_text(&mut self, at: &str, recorded: &str, own: &str) {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        self.seen.values(at, &read(recorded), &read(own));
        let name = |text: &str| {
            let start = text.find("\"UserName\":").unwrap();
            text[start..].split("\",").next().unwrap().to_owned()
        };
        if name(recorded) != name(own) {
            self.seen.misfit(at, format!("written {own}, recorded {recorded}"));
        }
    }

    async fn scenario(&mut self, scenario: &str) {
        for (place, row) in rows(self.jellyfin.release(), scenario).iter().enumerate() {
            let note = row["note"].as_str().unwrap();
            let at = format!("{scenario}/{place} [{note}]");
            if NOT_REPLAYED.iter().any(|(s, n, _)| *s == scenario && *n == note) {
                continue;
            }
            if scenario == "12-races" {
                races::row(self, &at, row).await;
                continue;
            }
            if row.get("request").is_none() {
                self.files_row(&at, row);
                continue;
            }
            let broken = self.data.join("passwordreset-broken.json");
            let breaks = note.starts_with("a broken file beside it");
            if breaks {
                fs::write(&broken, "{").unwrap();
            }
            let own = self.ask(row).await;
            if breaks {
                fs::remove_file(&broken).unwrap();
            }
            match (scenario, note) {
                ("11-activity-and-ends", "activity") => self.activity(&at, &row["response"], &own),
                ("11-activity-and-ends", "devices" | "devices of bob") => {
                    self.devices(&at, &row["response"], &own);
                }
                _ => self.reply(&at, &row["response"], &own),
            }
        }
    }

    /// After the races the log is as chance had it: every line has the shape of a recorded one of
    /// its kind.
    fn activity(&mut self, at: &str, recorded: &Value, own: &Reply) {
        self.head(at, recorded, own);
        let (old, new) = (&recorded["body"], own.json());
        let old = old["Items"].as_array().unwrap();
        let new_items = new["Items"].as_array().unwrap();
        assert_eq!(new_items.len(), old.len(), "{at}");
        assert!(new["TotalRecordCount"].as_u64().unwrap() > 100, "{at}");
        for item in new_items {
            let alike = old.iter().find(|known| known["Type"] == item["Type"]);
            let keys = |item: &Value| item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            match alike {
                Some(known) => {
                    assert_eq!(keys(known), keys(item), "{at}");
                    assert_eq!(known["Severity"], item["Severity"], "{at}");
                    assert_eq!(
                        known["UserId"] == old[0]["UserId"],
                        item["UserId"] == old[0]["UserId"]
                    );
                }
                None => self.seen.misfit(at, format!("no recorded line like {item}")),
            }
        }
    }

    /// The races leave devices by chance; all others are compared, in order.
    fn devices(&mut self, at: &str, recorded: &Value, own: &Reply) {
        self.head(at, recorded, own);
        let steady = |body: &Value| -> Vec<Value> {
            let items = body["Items"].as_array().unwrap().iter();
            items
                .filter(|item| !item["Id"].as_str().unwrap().starts_with("race"))
                .cloned()
                .collect()
        };
        let (old, new) = (steady(&recorded["body"]), steady(&own.json()));
        self.seen.values(at, &old.into(), &new.into());
    }
}

#[cfg(unix)]
fn file_mode(path: &Path, recorded: &Value) {
    use std::os::unix::fs::PermissionsExt as _;
    // Readable for others as far as the umask of whoever runs this lets it be.
    assert_eq!(recorded, "0o644");
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o133, 0);
}

#[cfg(not(unix))]
fn file_mode(_: &Path, _: &Value) {}

async fn replay(release: Release) {
    let mut replay = Replay::start(release).await;
    for scenario in SCENARIOS {
        replay.scenario(scenario).await;
        let misfits = std::mem::take(&mut replay.seen.misfits);
        assert!(misfits.is_empty(), "{}:\n{}", release.version(), misfits.join("\n"));
    }
    let violations = replay.jellyfin.take_violations();
    assert_eq!(violations, ["GET /Nope", "PUT /Users/New"]);
    fs::remove_dir_all(&replay.data).unwrap();
}

#[tokio::test]
async fn the_double_answers_as_10_9() {
    replay(Release::V10_9).await;
}

#[tokio::test]
async fn the_double_answers_as_10_10() {
    replay(Release::V10_10).await;
}

#[tokio::test]
async fn the_double_answers_as_10_11() {
    replay(Release::V10_11).await;
}

#[tokio::test]
async fn the_double_answers_as_12() {
    replay(Release::V12).await;
}

/// Start-up is a set: each recorded answer is one the double gives in some phase.
#[tokio::test]
async fn starting_looks_as_recorded() {
    for release in Release::ALL {
        let mut replay = Replay::start(release).await;
        let phases: &[Phase] = match release {
            Release::V10_9 | Release::V10_10 => &[Phase::Healthy],
            Release::V10_11 | Release::V12 => &[Phase::Starting, Phase::Closing, Phase::Healthy],
        };
        for row in rows(release, "00-starting") {
            let at = format!("{} {}", release.version(), row["request"]["path"]);
            let recorded = &row["response"];
            if recorded["status"].is_null() {
                refused(&mut replay).await;
                continue;
            }
            if recorded["status"] == 503 && recorded["headers"].get("content-type").is_none() {
                assert_eq!(NOT_REPLAYED[0].0, "00-starting");
                continue;
            }
            let mut misfits = Vec::new();
            for phase in phases {
                replay.jellyfin.set_phase(*phase);
                let own = replay.ask(&row).await;
                replay.reply(&at, recorded, &own);
                misfits.push(std::mem::take(&mut replay.seen.misfits));
            }
            assert!(misfits.iter().any(Vec::is_empty), "{misfits:#?}");
        }
        fs::remove_dir_all(&replay.data).unwrap();
    }
}

async fn refused(replay: &mut Replay) {
    replay.jellyfin.stop_listening().await;
    let url = replay.jellyfin.url();
    let asked = ask(&url, "GET", "/health", &[], b"").await;
    assert_eq!(asked.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    replay.jellyfin.listen_again().await.unwrap();
}

#[test]
fn every_recorded_scenario_is_replayed() {
    for release in Release::ALL {
        let mut names: Vec<String> = fs::read_dir(folder(release))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
            .collect();
        names.sort();
        let mut replayed: Vec<&str> = SCENARIOS.to_vec();
        replayed.push("00-starting");
        replayed.sort_unstable();
        assert_eq!(names, replayed);
    }
}
