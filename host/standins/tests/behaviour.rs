//! What the double does beyond the recordings: faults, phases, strictness, the demo's page.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic"
)]

#[path = "recordings/client.rs"]
mod client;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use client::{Reply, ask};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use standins::jellyfin::{Clock, Fault, Jellyfin, Mode, Options, Phase, Release};

/// A clock a test moves.
fn clock() -> (Clock, Arc<AtomicI64>) {
    let now = Arc::new(AtomicI64::new(1_795_000_000));
    let read = Arc::clone(&now);
    (Arc::new(move || Timestamp::from_second(read.load(Ordering::SeqCst)).unwrap()), now)
}

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

struct House {
    jellyfin: Jellyfin,
    key: String,
    now: Arc<AtomicI64>,
}

impl House {
    async fn with(release: Release, change: impl FnOnce(&mut Options)) -> House {
        let (clock, now) = clock();
        let mut options = Options::strict(clock);
        change(&mut options);
        let jellyfin = Jellyfin::start(release, options).await.unwrap();
        jellyfin.finish_wizard("admin", "adm-pw-1");
        let key = jellyfin.add_key("latchkey");
        House { jellyfin, key, now }
    }

    async fn new(release: Release) -> House {
        House::with(release, |_| {}).await
    }

    async fn try_ask(&self, method: &str, path: &str, body: Value) -> std::io::Result<Reply> {
        let headers = [
            ("Authorization".into(), format!("MediaBrowser Token=\"{}\"", self.key)),
            ("Content-Type".into(), "application/json".into()),
        ];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        ask(&self.jellyfin.url(), method, path, &headers, body.as_bytes()).await
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Reply {
        self.try_ask(method, path, body).await.unwrap()
    }

    async fn sign_in(&self, name: &str, password: &str) -> Reply {
        let device = r#"MediaBrowser Client="t", Device="t", DeviceId="t", Version="1""#;
        let headers = [
            ("Authorization".into(), device.into()),
            ("Content-Type".into(), "application/json".into()),
        ];
        let body = json!({ "Username": name, "Pw": password }).to_string();
        let url = self.jellyfin.url();
        ask(&url, "POST", "/Users/AuthenticateByName", &headers, body.as_bytes()).await.unwrap()
    }
}

#[tokio::test]
async fn an_error_may_come_before_or_after_the_deed() {
    let house = House::new(Release::V12).await;
    house.jellyfin.inject("POST /Users/New", Fault::ErrorBefore);
    house.jellyfin.inject("POST /Users/New", Fault::ErrorAfter);
    let create = || house.ask("POST", "/Users/New", json!({ "Name": "alice", "Password": "pw" }));
    assert_eq!(create().await.status, 500);
    assert!(house.jellyfin.user("alice").is_none());
    assert_eq!(create().await.status, 500);
    assert!(house.jellyfin.accepts("alice", "pw"));
    assert_eq!(create().await.status, 400);
}

#[tokio::test]
async fn a_cut_connection_may_hide_a_deed() {
    let house = House::new(Release::V12).await;
    house.jellyfin.inject("POST /Users/New", Fault::CutBefore);
    house.jellyfin.inject("POST /Users/New", Fault::CutAfter);
    let create = |name: &str| house.try_ask("POST", "/Users/New", json!({ "Name": name }));
    assert!(create("one").await.is_err());
    assert!(house.jellyfin.user("one").is_none());
    assert!(create("two").await.is_err());
    assert!(house.jellyfin.user("two").is_some());
}

#[tokio::test]
async fn a_held_answer_waits_for_its_release() {
    let house = House::new(Release::V12).await;
    let held = house.jellyfin.inject("POST /Users/{id}/Policy", Fault::HoldAfter);
    let id = house.jellyfin.add_user("alice", "pw", &Map::new());
    let mut policy = house.jellyfin.user("alice").unwrap().policy;
    policy.insert("IsDisabled".into(), true.into());
    let path = format!("/Users/{id}/Policy");
    let asked = house.ask("POST", &path, policy.into());
    let watch = async {
        held.arrived().await;
        while house.jellyfin.user("alice").unwrap().is_enabled() {
            tokio::task::yield_now().await;
        }
        held.release();
    };
    let (reply, ()) = tokio::join!(asked, watch);
    assert_eq!(reply.status, 204);
    assert!(held.used());
}

#[tokio::test]
async fn a_page_or_a_trickle_may_come_instead() {
    let house = House::new(Release::V12).await;
    house.jellyfin.inject("GET /Users", Fault::Html);
    house.jellyfin.inject("GET /health", Fault::Slow(Duration::from_nanos(1)));
    let page = house.ask("GET", "/Users", Value::Null).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    assert_eq!(house.ask("GET", "/health", Value::Null).await.text(), "Healthy");
}

#[tokio::test]
async fn a_closed_server_refuses_and_comes_back_with_its_accounts() {
    let mut house = House::new(Release::V10_11).await;
    house.jellyfin.stop_listening().await;
    assert!(house.try_ask("GET", "/health", Value::Null).await.is_err());
    house.jellyfin.listen_again().await.unwrap();
    house.jellyfin.set_phase(Phase::Starting);
    assert_eq!(house.ask("GET", "/Users", Value::Null).await.status, 503);
    house.jellyfin.set_phase(Phase::Healthy);
    assert_eq!(house.ask("GET", "/Users", Value::Null).await.status, 200);
}

#[tokio::test]
async fn an_unknown_request_is_a_violation() {
    let house = House::new(Release::V12).await;
    assert_eq!(house.ask("GET", "/Emby/Nope?secret=1", Value::Null).await.status, 404);
    assert_eq!(house.ask("PATCH", "/Users/New", Value::Null).await.status, 405);
    // Routes of other lines are a way to find out which line it is.
    assert_eq!(house.ask("GET", "/QuickConnect/Initiate", Value::Null).await.status, 405);
    assert_eq!(house.jellyfin.take_violations(), ["GET /Emby/Nope", "PATCH /Users/New"]);
    let asked = house.jellyfin.requests();
    assert_eq!(asked[0].path, "/Emby/Nope");
    assert_eq!((asked[1].method.as_str(), asked[1].status), ("PATCH", 405));
}

#[tokio::test]
async fn a_strict_double_is_not_dropped_with_violations() {
    let house = House::new(Release::V12).await;
    house.ask("GET", "/Nope", Value::Null).await;
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(house)));
    assert!(dropped.is_err());
}

#[tokio::test]
async fn no_secret_is_in_the_transcript() {
    let house = House::new(Release::V12).await;
    let key = house.jellyfin.add_key("other");
    house.ask("DELETE", &format!("/Auth/Keys/{key}?ApiKey={key}"), Value::Null).await;
    assert_eq!(house.jellyfin.requests()[0].path, "/Auth/Keys/{key}");
    assert_eq!(house.jellyfin.keys(), ["latchkey"]);
}

/// A profile captured from a model account comes back unchanged on every line, with a zero rating
/// and with a field only this server's version knows.
#[tokio::test]
async fn a_field_only_the_server_knows_survives_a_round_trip() {
    for release in Release::ALL {
        let fence = json!({ "Height": 3, "Spikes": [true] });
        let house = House::with(release, |options| {
            options.extra_policy_fields.insert("FutureParentalFence".into(), 0.into());
        })
        .await;
        let films = house.jellyfin.add_library("Movies", Some("movies"));
        assert_eq!(films, "f137a2dd21bbc1b99aa5c0f6bf02a805");
        let model = house.jellyfin.add_user(
            "model",
            "pw",
            &map(&json!({
                "MaxParentalRating": 0, "EnableAllFolders": false, "EnabledFolders": [films],
                "FutureParentalFence": fence, "FutureGate": "open",
            })),
        );
        let shown = house.ask("GET", &format!("/Users/{model}"), Value::Null).await.json();
        let guest = house.ask("POST", "/Users/New", json!({ "Name": "guest" })).await.json();
        let path = format!("/Users/{}", guest["Id"].as_str().unwrap());
        let set = house.ask("POST", &format!("{path}/Policy"), shown["Policy"].clone()).await;
        assert_eq!(set.status, 204);
        let seen = house.ask("GET", &path, Value::Null).await.json();
        assert_eq!(seen["Policy"], shown["Policy"], "{release:?}");
        assert_eq!(seen["Policy"]["MaxParentalRating"], 0);
        assert_eq!(seen["Policy"]["FutureParentalFence"], fence);
        let other = house.jellyfin.user("admin").unwrap().policy;
        assert_eq!(other["FutureParentalFence"], 0);
        // What no version knows is dropped.
        let mut policy = map(&shown["Policy"]);
        policy.insert("Nonsense".into(), 1.into());
        house.ask("POST", &format!("{path}/Policy"), policy.into()).await;
        assert_eq!(house.jellyfin.user("guest").unwrap().policy.get("Nonsense"), None);
    }
}

#[tokio::test]
async fn a_code_lives_ten_minutes() {
    let house = House::new(Release::V12).await;
    let device = r#"MediaBrowser Client="tv", Device="tv", DeviceId="tv", Version="1""#;
    let headers = [("Authorization".into(), device.into())];
    let url = house.jellyfin.url();
    let made = ask(&url, "POST", "/QuickConnect/Initiate", &headers, b"").await.unwrap().json();
    let path = format!("/QuickConnect/Connect?secret={}", made["Secret"].as_str().unwrap());
    house.now.fetch_add(600, Ordering::SeqCst);
    assert_eq!(house.ask("GET", &path, Value::Null).await.status, 200);
    house.now.fetch_add(1, Ordering::SeqCst);
    assert_eq!(house.ask("GET", &path, Value::Null).await.status, 404);
}

#[tokio::test]
async fn a_shorter_second_reset_file_is_damaged_up_to_10_10() {
    for release in Release::ALL {
        let data = std::env::temp_dir().join(format!(
            "standins-reset-{}-{}",
            release.version(),
            std::process::id()
        ));
        std::fs::create_dir_all(&data).unwrap();
        let house = House::with(release, |options| {
            options.data_dir = Some(data.clone());
            let first = AtomicI64::new(0);
            // The second date has fewer digits than the first.
            options.clock = Arc::new(move || {
                let late = first.fetch_add(1, Ordering::SeqCst) > 2;
                let text = if late { "2026-11-21T20:00:00.5Z" } else { "2026-11-21T20:00:00.12Z" };
                text.parse().unwrap()
            });
        })
        .await;
        let forgot =
            || house.ask("POST", "/Users/ForgotPassword", json!({ "EnteredUsername": "admin" }));
        let told = forgot().await.json()["PinFile"].as_str().unwrap().to_owned();
        let name = told.strip_prefix("/config/").unwrap();
        house.ask("GET", "/health", Value::Null).await;
        forgot().await;
        let text = std::fs::read_to_string(data.join(name)).unwrap();
        assert_eq!(text.ends_with("}}"), release <= Release::V10_10, "{text}");
        let pin = json!({ "Pin": "00-00-00-00" });
        let redeem = house.ask("POST", "/Users/ForgotPassword/Pin", pin).await;
        let broken = if release <= Release::V10_10 { 500 } else { 404 };
        assert_eq!(redeem.status, broken);
        std::fs::remove_dir_all(&data).unwrap();
    }
}

/// From 10.9 on a sign-in ends the same user's token on that device and nobody else's.
#[tokio::test]
async fn a_device_is_shared_and_a_token_is_not() {
    let house = House::new(Release::V12).await;
    house.jellyfin.add_user("alice", "pw", &Map::new());
    for (name, password) in [("alice", "pw"), ("admin", "adm-pw-1"), ("alice", "pw")] {
        assert_eq!(house.sign_in(name, password).await.status, 200);
    }
    let live: Vec<String> = house.jellyfin.sessions().into_iter().map(|token| token.user).collect();
    assert_eq!(live, ["admin", "alice"]);
}

#[tokio::test]
async fn access_is_by_schedule() {
    let house = House::new(Release::V12).await;
    let policy = map(&json!({
        "AccessSchedules": [{ "DayOfWeek": "Everyday", "StartHour": 8, "EndHour": 20 }],
    }));
    house.jellyfin.add_user("kid", "pw", &policy);
    let at = |text: &str| {
        let noon: Timestamp = text.parse().unwrap();
        house.now.store(noon.as_second(), Ordering::SeqCst);
    };
    at("2026-11-21T21:00:00Z");
    assert_eq!(house.sign_in("kid", "pw").await.status, 403);
    at("2026-11-21T12:00:00Z");
    assert_eq!(house.sign_in("kid", "pw").await.status, 200);
}

#[tokio::test]
async fn the_demo_shows_accounts_and_checks_passwords() {
    let options = Options { port: 0, ..Options::demo() };
    assert_eq!(options.mode, Mode::Demo);
    let jellyfin = Jellyfin::start(Release::V12, options).await.unwrap();
    jellyfin.finish_wizard("admin", "adm-pw-1");
    let films = jellyfin.add_library("Films", Some("movies"));
    let policy = map(&json!({ "EnableAllFolders": false, "EnabledFolders": [films] }));
    jellyfin.add_user("o'brien <b>", "pw", &policy);
    let url = jellyfin.url();
    let root = ask(&url, "GET", "/", &[], b"").await.unwrap();
    assert_eq!((root.status, root.header("location")), (302, Some("web/")));
    let page = ask(&url, "GET", "/web/", &[], b"").await.unwrap().text();
    assert!(page.contains("o&#39;brien &lt;b&gt;") && page.contains("<dd>Films</dd>"), "{page}");
    let right = ask(&url, "POST", "/web/", &[], b"name=ADMIN&password=adm-pw-1").await.unwrap();
    assert!(right.text().contains("<strong>admin</strong> is signed in"), "{}", right.text());
    let wrong = ask(&url, "POST", "/web/", &[], b"name=admin&password=no").await.unwrap();
    assert_eq!(wrong.status, 401);
    assert!(wrong.text().contains("do not open an account"));
    let folder = tempfile::tempdir().unwrap();
    jellyfin.set_data_dir(folder.path());
    assert!(page.contains("action=\"/web/forgot\"") && page.contains("Stand-in Jellyfin"));
    let nobody = ask(&url, "POST", "/web/forgot", &[], b"name=nobody").await.unwrap();
    let forgot = ask(&url, "POST", "/web/forgot", &[], b"name=ADMIN").await.unwrap();
    assert_eq!((nobody.status, forgot.status), (200, 200));
    let there = folder.path().display().to_string();
    assert!(forgot.text().contains(&there) && nobody.text().contains(&there), "{}", forgot.text());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nobody has no file");
    // Curious people are no mistake of ours.
    assert_eq!(ask(&url, "GET", "/favicon.ico", &[], b"").await.unwrap().status, 404);
    assert_eq!(jellyfin.violations(), ["GET /favicon.ico"]);
}

#[tokio::test]
async fn a_reset_file_is_written_as_each_line_does_and_its_pin_works_by_any_road() {
    for release in Release::ALL {
        let house = House::new(release).await;
        let folder = tempfile::tempdir().unwrap();
        house.jellyfin.set_data_dir(folder.path());
        house.jellyfin.add_user("alice", "pw", &Map::new());
        assert!(house.jellyfin.forgot_password("nobody").unwrap().is_none());
        let file = house.jellyfin.forgot_password("ALICE").unwrap().unwrap();
        let path = folder.path().join(&file.name);
        assert_eq!(std::fs::read(&path).unwrap(), file.content);
        let said: Value = serde_json::from_slice(&file.content).unwrap();
        assert_eq!(
            (said["UserName"].as_str(), said["PinFile"].as_str()),
            (Some("alice"), path.to_str())
        );
        let by_id = file.name.contains('-');
        assert_eq!(by_id, release < Release::V10_11, "{}", file.name);
        // The same file again, by another road, under any name of that form.
        std::fs::remove_file(&path).unwrap();
        let file = house.jellyfin.reset_file("alice").unwrap();
        assert!(!path.exists());
        std::fs::write(&path, &file.content).unwrap();
        let redeemed =
            house.ask("POST", "/Users/ForgotPassword/Pin", json!({ "Pin": file.pin })).await;
        assert_eq!(redeemed.status, 200);
        assert!(house.jellyfin.accepts("alice", &file.pin) && !path.exists());
    }
}

#[tokio::test]
async fn sign_ins_beside_a_change_are_let_in_after_it_up_to_10_11() {
    for release in Release::ALL {
        let house = House::new(release).await;
        let id = house.jellyfin.add_user("alice", "pw", &Map::new());
        house.jellyfin.sign_ins_beside_the_next_change(5);
        let path = format!("/Users/Password?userId={id}");
        assert_eq!(house.ask("POST", &path, json!({ "NewPw": "new" })).await.status, 204);
        let (soon, all) = if release < Release::V12 { (3, 5) } else { (0, 0) };
        assert_eq!(house.jellyfin.sessions().len(), soon);
        house.ask("GET", "/Devices", Value::Null).await;
        assert_eq!(house.jellyfin.sessions().len(), all);
        house.ask("POST", &path, json!({ "NewPw": "newer" })).await;
        assert_eq!(house.jellyfin.sessions().len(), 0, "only beside the next one");
    }
}
