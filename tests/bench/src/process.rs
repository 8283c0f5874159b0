//! The program as a process: how fast it is there, how much it holds, how large it is.

use crate::table::{Table, median, words};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) fn binary() -> PathBuf {
    harness::target_dir().join("release/latchkey")
}

/// Ends its process with itself.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

struct Started {
    process: Running,
    ready: Duration,
}

async fn start(data: &Path, client: &reqwest::Client) -> Started {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let began = Instant::now();
    let process = Command::new(binary())
        .args(["--data", data.to_str().unwrap(), "serve", "--listen", &format!("127.0.0.1:{port}")])
        .env("LATCHKEY_TLS__MODE", "off")
        .env("LATCHKEY_SERVER__LISTEN_HTTP", "")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the release binary: run `cargo xtask bench`");
    let process = Running(process);
    wait_until_ready(client, &format!("http://127.0.0.1:{port}")).await;
    Started { process, ready: began.elapsed() }
}

pub(crate) async fn wait_until_ready(client: &reqwest::Client, url: &str) {
    let (url, began) = (format!("{url}/readyz"), Instant::now());
    loop {
        assert!(began.elapsed() < Duration::from_secs(30), "never ready");
        if let Ok(answer) = client.get(&url).send().await
            && answer.status() == 200
        {
            return;
        }
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
}

fn resident_mib(process: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024.0
}

/// Start, memory and size, beside a process that does nothing.
pub(crate) async fn measure(table: &mut Table) {
    let client = reqwest::Client::builder().build().unwrap();
    let nothing = |_: usize| {
        let began = Instant::now();
        let status = Command::new(binary()).arg("version").stdout(Stdio::null()).status().unwrap();
        assert!(status.success());
        began.elapsed()
    };
    let empty = words(median((0..15).map(nothing).collect()));
    let baseline = format!("`latchkey version`: {empty}");

    let mut firsts = Vec::new();
    let mut warms = Vec::new();
    let mut memory = Vec::new();
    for _round in 0..5 {
        let data = tempfile::tempdir().unwrap();
        let first = start(data.path(), &client).await;
        firsts.push(first.ready);
        // It measures once in a folder's life how strong password hashes may be; then it is killed.
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(first);
        for _again in 0..3 {
            let started = start(data.path(), &client).await;
            warms.push(started.ready);
        }
        let idle = start(data.path(), &client).await;
        // Idle is what it is when nothing was asked for a while, not in the moment it is ready.
        tokio::time::sleep(Duration::from_secs(3)).await;
        memory.push(resident_mib(&idle.process.0));
    }
    let (first, warm) = (median(firsts), median(warms));
    memory.sort_by(f64::total_cmp);
    let resident = memory[memory.len() / 2];
    table.row(
        ["first start ever to ready", "<= 2 s", &words(first), &baseline],
        first <= Duration::from_secs(2),
    );
    table.row(
        ["start to ready, warm cache", "<= 100 ms", &words(warm), &baseline],
        warm <= Duration::from_millis(100),
    );
    table.row(
        ["idle memory, all bundled plugins", "<= 40 MiB", &format!("{resident:.1} MiB"), "-"],
        resident <= 40.0,
    );
    size(table);
}

/// The static binary where it was built, else the one just measured.
fn size(table: &mut Table) {
    let triple = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let dist = harness::target_dir().join(triple).join("dist/latchkey");
    let (file, what) = if dist.exists() {
        (dist, "static, `cargo xtask dist`")
    } else {
        (binary(), "release, not static")
    };
    let size = std::fs::metadata(file).unwrap().len() as f64 / 1_048_576.0;
    table.row(
        ["binary, stripped, everything embedded", "<= 30 MiB", &format!("{size:.1} MiB"), what],
        size <= 30.0,
    );
}
