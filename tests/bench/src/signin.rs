//! Many who sign in at one time, and whether a stranger can tell a wrong password from an unknown name by
//! the time it takes.

use crate::process::{Running, binary, wait_until_ready};
use crate::table::{Table, median, words};
use serde_json::{Value, json};
use standins::jellyfin::{Jellyfin, Options, Release};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CROWD: usize = 200;
const TRIES: usize = 300;
const PASSWORD: &str = "a good long phrase";
/// Two hashes at one time, of 64 MiB at most each (`service::hashing`).
const BUDGET_MIB: f64 = 128.0;
/// What the answers themselves may take beside it: connections, buffers, the allocator's rest.
const BESIDE_MIB: f64 = 24.0;

/// The program, set up, with its address and an admin's token.
struct House {
    process: Running,
    url: String,
    admin: String,
    client: reqwest::Client,
}

impl House {
    async fn start(data: &Path) -> Self {
        let file = data.join("admin-password");
        std::fs::write(&file, PASSWORD).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = format!("127.0.0.1:{port}");
        let process = Command::new(binary())
            .args(["--data", data.to_str().unwrap(), "serve", "--listen", &listen])
            .env("LATCHKEY_TLS__MODE", "off")
            .env("LATCHKEY_SERVER__LISTEN_HTTP", "")
            .env("LATCHKEY_SERVER__TRUSTED_PROXIES", "127.0.0.1")
            .env("LATCHKEY_ADMIN__USERNAME", "root")
            .env("LATCHKEY_ADMIN__PASSWORD_FILE", &file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the release binary: run `cargo xtask bench`");
        let client = reqwest::Client::builder().build().unwrap();
        let url = format!("http://{listen}");
        wait_until_ready(&client, &url).await;
        let mut house = Self { process: Running(process), url, admin: String::new(), client };
        // It measures once in a folder's life how strong password hashes may be.
        tokio::time::sleep(Duration::from_secs(5)).await;
        let (status, tokens) = house.sign_in("root", PASSWORD, 0).await;
        assert_eq!(status, 200, "{tokens}");
        house.admin = tokens["accessToken"].as_str().unwrap().to_owned();
        house
    }

    async fn sign_in(&self, name: &str, password: &str, number: usize) -> (u16, Value) {
        let from = format!("203.0.{}.{}", number / 250, number % 250 + 1);
        let body = json!({"username": name, "password": password});
        let request = self.client.post(format!("{}/api/auth/login", self.url));
        let request = request.header("x-forwarded-for", from);
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    async fn post(&self, path: &str, body: Value) {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.admin);
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    /// Another route, timed.
    async fn other(&self) -> Duration {
        let began = Instant::now();
        let answer = self.client.get(format!("{}/api/auth/providers", self.url)).send().await;
        assert_eq!(answer.unwrap().status(), 200);
        began.elapsed()
    }

    /// `VmRSS`, or `VmHWM`: the highest since [`House::forget_peak`].
    fn memory_mib(&self, field: &str) -> f64 {
        let id = self.process.0.id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.process.0.id()), "5").unwrap();
    }
}

fn percentile(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// Both, each in a house of its own.
pub(crate) async fn measure(table: &mut Table) {
    crowd(table).await;
    names(table).await;
}

/// 200 at one time: what memory they take above idle, and how long another route takes meanwhile.
async fn crowd(table: &mut Table) {
    let data = tempfile::tempdir().unwrap();
    let house = Arc::new(House::start(data.path()).await);
    for number in 0..CROWD {
        let name = format!("guest{number}");
        house.post("/api/users", json!({"username": name, "password": PASSWORD})).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut quiet = Vec::new();
    for _ in 0..CROWD {
        quiet.push(house.other().await);
    }
    let idle = house.memory_mib("VmRSS:");
    house.forget_peak();
    let done = Arc::new(AtomicBool::new(false));
    let (asking, over) = (Arc::clone(&house), Arc::clone(&done));
    let meanwhile = tokio::spawn(async move {
        let mut times = Vec::new();
        while !over.load(Ordering::Acquire) {
            times.push(asking.other().await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        times
    });
    let mut people = tokio::task::JoinSet::new();
    for number in 0..CROWD {
        let house = Arc::clone(&house);
        people.spawn(async move {
            house.sign_in(&format!("guest{number}"), PASSWORD, number + 1).await.0
        });
    }
    let answers = people.join_all().await;
    done.store(true, Ordering::Release);
    let others = meanwhile.await.unwrap();
    let let_in = answers.iter().filter(|status| **status == 200).count();
    assert!(answers.iter().all(|status| matches!(*status, 200 | 503)), "{answers:?}");
    let above = house.memory_mib("VmHWM:") - idle;
    table.row(
        [
            "200 sign-ins at one time: memory above idle at its peak",
            "<= 2 hashes of 64 MiB, and 24 MiB",
            &format!("{above:.1} MiB ({let_in} let in, the others told to come again)"),
            &format!("idle: {idle:.1} MiB"),
        ],
        above <= BUDGET_MIB + BESIDE_MIB,
    );
    let (p99, before) = (percentile(others, 99), percentile(quiet, 99));
    table.row(
        [
            "another route meanwhile, p99",
            "<= 50 ms",
            &words(p99),
            &format!("the same before, p99: {}", words(before)),
        ],
        p99 <= Duration::from_millis(50),
    );
}

/// 300 unknown names and 300 wrong passwords in turn, at a backend that answers an unknown name at once and
/// a known one after 100 ms.
async fn names(table: &mut Table) {
    let options = Options { wrong_password_delay: Duration::from_millis(100), ..Options::demo() };
    let backend = Jellyfin::start(Release::V10_11, options).await.unwrap();
    backend.finish_wizard("chief", PASSWORD);
    for number in 0..TRIES {
        backend.add_user(&format!("guest{number}"), PASSWORD, &serde_json::Map::new());
    }
    let key = backend.add_key("Latchkey");
    let data = tempfile::tempdir().unwrap();
    let house = House::start(data.path()).await;
    let films = json!({
        "id": "films",
        "plugin": "jellyfin",
        "settings": { "url": backend.url() },
        "secrets": { "api_key": key },
    });
    house.post("/api/backends", films).await;
    house.post("/api/backends/films/adopt", json!({"all": true})).await;
    let (mut unknown, mut wrong) = (Vec::new(), Vec::new());
    for number in 0..TRIES {
        for (name, times) in
            [(format!("nobody{number}"), &mut unknown), (format!("guest{number}"), &mut wrong)]
        {
            let began = Instant::now();
            let (status, _) = house.sign_in(&name, "not the phrase", number + 1).await;
            times.push(began.elapsed());
            assert_eq!(status, 401, "{name}");
            // The address's own throttle is not the subject.
            house.sign_in("root", PASSWORD, number + 1).await;
        }
    }
    let (unknown, wrong) = (median(unknown), median(wrong));
    let apart = unknown.abs_diff(wrong);
    table.row(
        [
            "unknown name and wrong password, 300 each: medians apart",
            "<= 5 ms",
            &format!("{} ({} and {})", words(apart), words(unknown), words(wrong)),
            "the backend alone: 100 ms apart",
        ],
        apart <= Duration::from_millis(5),
    );
}
