//! The data folder: of a newer release, with a wrong key, cut short, full, read-only, taken. One
//! sentence each, nothing lost, and the house comes up again once it is put right.

#![allow(clippy::print_stderr, reason = "what was not tried is said")]

use harness::House;
use jiff::SignedDuration;
use latchkey::settings::Source;
use latchkey::{Config, Trouble, start};
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const PHRASE: &str = "a good long phrase";

/// A house with somebody in it, stopped.
async fn stopped() -> House {
    let mut house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    house.stop().await;
    house
}

/// Why it does not start: one sentence for the operator.
async fn trouble(house: &House) -> String {
    let mut config = Config::new(house.data_dir().to_owned(), bundle());
    config.clock = house.clock.clone();
    config.settings = Source {
        environment: vec![("LATCHKEY_TLS__MODE".to_owned(), "off".to_owned())],
        listen: vec!["127.0.0.1:0".to_owned()],
        ..config.settings
    };
    let trouble: Trouble = match start(config).await {
        Ok(_running) => panic!("it starts"),
        Err(trouble) => trouble,
    };
    assert_ne!(trouble.status(), 0);
    let words = trouble.to_string();
    assert!(words.len() > 30 && !words.contains("Error {"), "{words}");
    words
}

fn bundle() -> latchkey::components::Bundled {
    Vec::new()
}

async fn ada_is_there(house: &mut House) {
    house.restart().await;
    assert_eq!(house.user_named("Ada").await["accounts"].as_array().map(Vec::len), Some(1));
    house.login("Ada", PHRASE).await.expect(200);
}

fn mode(path: &Path, bits: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(bits)).unwrap();
}

#[tokio::test]
async fn a_wrong_a_broken_and_a_lost_key_are_told_apart_and_change_nothing() {
    let mut house = stopped().await;
    let key = house.data_dir().join("latchkey.key");
    let right = std::fs::read(&key).unwrap();
    std::fs::write(&key, "ab".repeat(32)).unwrap();
    let words = trouble(&house).await;
    assert!(words.contains("put the right key back"), "{words}");
    for broken in [&b"half a key"[..], b"", &[0xff, 0xfe, 0x00]] {
        std::fs::write(&key, broken).unwrap();
        let words = trouble(&house).await;
        assert!(words.contains("64 hex digits"), "{words}");
    }
    std::fs::remove_file(&key).unwrap();
    let words = trouble(&house).await;
    assert!(words.contains("put it back"), "{words}");
    std::fs::create_dir(&key).unwrap();
    let words = trouble(&house).await;
    assert!(words.contains("latchkey.key"), "{words}");
    std::fs::remove_dir(&key).unwrap();
    assert!(!key.exists(), "a lost key is never replaced");
    std::fs::write(&key, right).unwrap();
    ada_is_there(&mut house).await;
}

#[tokio::test]
async fn data_that_are_cut_short_are_told_and_left_as_they_are() {
    let mut house = stopped().await;
    let data = house.data_dir().join("latchkey.redb");
    let whole = std::fs::read(&data).unwrap();
    let flipped: Vec<u8> = whole.iter().map(|byte| byte ^ 0x55).collect();
    let cuts = [whole.len() / 2, whole.len() - 1, 4096, 100, 1];
    let cuts = cuts.map(|length| whole[..length].to_vec());
    for broken in cuts.into_iter().chain([flipped, vec![0; whole.len()], b"redb".repeat(4096)]) {
        std::fs::write(&data, &broken).unwrap();
        let words = trouble(&house).await;
        assert!(words.contains("latchkey.redb") || words.contains("data"), "{words}");
        assert!(words.contains("damaged") && words.contains("put back a backup"), "{words}");
        assert_eq!(std::fs::read(&data).unwrap().len(), broken.len(), "left as it is");
    }
    std::fs::write(&data, whole).unwrap();
    ada_is_there(&mut house).await;
}

#[tokio::test]
async fn two_processes_do_not_work_on_one_folder() {
    let house = House::new().await;
    let words = trouble(&house).await;
    assert!(words.contains("another latchkey works in"), "{words}");
    house.guest().get("/readyz").await.expect(200);
}

#[tokio::test]
async fn a_settings_file_that_breaks_while_running_keeps_the_old_settings() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1})).await;
    let file = house.data_dir().join("latchkey.toml");
    let right = std::fs::read_to_string(&file).unwrap();
    let put = |text: &str| {
        let draft = file.with_extension("draft");
        std::fs::write(&draft, text).unwrap();
        mode(&draft, 0o600);
        std::fs::rename(draft, &file).unwrap();
    };
    let admin = house.admin().await;
    let refusals = || async {
        let log = admin.get("/api/activity?limit=200").await.expect(200).json();
        let items = log["items"].as_array().cloned().unwrap_or_default();
        items.iter().filter(|line| line["kind"] == "settings-refused").count()
    };
    for (number, broken) in
        ["[server\nlisten =", "no = \"such key\"\n", "\u{0}\u{1}"].into_iter().enumerate()
    {
        put(broken);
        house.until_async("it is told", || async { refusals().await > number }).await;
        house.guest().get("/readyz").await.expect(200);
    }
    put(&right);
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
}

#[tokio::test]
async fn a_settings_file_that_is_gone_for_a_moment_costs_no_backend() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 2})).await;
    house.sign_up(&code, "Ada", PHRASE).await.expect(201);
    let file = house.data_dir().join("latchkey.toml");
    let aside = file.with_extension("aside");
    std::fs::rename(&file, &aside).unwrap();
    let admin = house.admin().await;
    house
        .until_async("it was looked at", || async {
            let log = admin.get("/api/activity?limit=100").await.expect(200).json();
            let told = ["settings-refused", "backend-removed"];
            log["items"]
                .as_array()
                .unwrap()
                .iter()
                .any(|line| told.iter().any(|kind| line["kind"] == *kind))
        })
        .await;
    admin.get("/api/backends/jellyfin").await.expect(200);
    house.login("Ada", PHRASE).await.expect(200);
    std::fs::rename(&aside, &file).unwrap();
    house
        .until_async("the backend is there", || async {
            house.clock.advance(SignedDuration::from_secs(61));
            admin.get("/api/backends/jellyfin").await.status == 200
        })
        .await;
    house.sign_up(&code, "Bob", PHRASE).await.expect(201);
    assert_eq!(house.user_named("Ada").await["accounts"].as_array().map(Vec::len), Some(1));
}

/// A file system of its own over a house's folder; taken away when dropped.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    /// `None` where this machine's account may not mount: said aloud, never silently skipped.
    fn over(folder: &'a Path) -> Option<Self> {
        let kept = tempfile::tempdir().unwrap();
        run("cp", &["-a", &format!("{}/.", text(folder)), text(kept.path())]);
        let mounted = command("mount", &["-t", "tmpfs", "-o", "mode=700", "tmpfs", text(folder)]);
        if !mounted {
            eprintln!("NOTICE: no file system may be mounted here; a full disk is not tried");
            return None;
        }
        run("cp", &["-a", &format!("{}/.", text(kept.path())), text(folder)]);
        Some(Self(folder))
    }

    /// As large as what is on it, and so much more.
    fn leave(&self, bytes: u64) {
        let pages = |path: std::path::PathBuf| {
            std::fs::metadata(path).map_or(0, |meta| meta.len().div_ceil(4096) * 4096)
        };
        let used: u64 = walk(self.0).into_iter().map(pages).sum();
        let options = format!("remount,size={}", used + bytes);
        run("mount", &["-o", &options, text(self.0)]);
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        command("umount", &["-l", text(self.0)]);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn command(program: &str, arguments: &[&str]) -> bool {
    std::process::Command::new(program)
        .args(arguments)
        .output()
        .is_ok_and(|out| out.status.success())
}

fn run(program: &str, arguments: &[&str]) {
    assert!(command(program, arguments), "{program} {arguments:?}");
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn a_full_disk_refuses_what_it_cannot_keep_and_goes_on_when_there_is_room() {
    let mut house = stopped().await;
    let folder = house.data_dir().to_owned();
    let Some(disk) = Disk::over(&folder) else { return };
    house.restart().await;
    let before = house.jellyfin.users().len();
    let code = house.invite(json!({"uses": 5})).await;
    let admin = house.admin().await;
    disk.leave(256 * 1024);
    let long = "x".repeat(200_000);
    let mut refused = None;
    for number in 0..100 {
        let document = json!({"Policy": {"IsHidden": true}, "Note": long}).to_string();
        let body = json!({"name": format!("P{number}"), "documents": {"jellyfin": document}});
        let answer = admin.post("/api/profiles", body).await;
        if answer.status >= 500 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let refused = refused.expect("the disk is full at some time");
    assert!(refused.json()["detail"].as_str().unwrap_or_default().len() > 10, "{}", refused.text);
    // What is full stays so: reading goes on, nobody is made whom nobody could write down.
    house.guest().get("/healthz").await.expect(200);
    admin.get("/api/invites").await.expect(200);
    disk.leave(0);
    for number in 0..3 {
        let answer = house.sign_up(&code, &format!("Full {number}"), PHRASE).await;
        assert!(answer.status >= 200, "{}", answer.text);
    }
    run("mount", &["-o", "remount,size=256m", text(&folder)]);
    house.until_settled(&code).await;
    house.sign_up(&code, "Bob", PHRASE).await.expect(201);
    for user in house.jellyfin.users().into_iter().skip(before) {
        let known = house.user_named(&user.name).await;
        assert_eq!(known["accounts"][0]["id"], user.id, "nobody knows {}", user.name);
    }
    ada_is_there(&mut house).await;
    house.stop().await;
    drop(disk);
}

#[tokio::test]
async fn a_read_only_folder_is_one_sentence() {
    let mut house = stopped().await;
    let folder = house.data_dir().to_owned();
    let Some(disk) = Disk::over(&folder) else { return };
    run("mount", &["-o", "remount,ro", text(&folder)]);
    let words = trouble(&house).await;
    assert!(words.contains(text(&folder)) && !words.contains("os error"), "{words}");
    run("mount", &["-o", "remount,rw", text(&folder)]);
    ada_is_there(&mut house).await;
    house.stop().await;
    drop(disk);
}
