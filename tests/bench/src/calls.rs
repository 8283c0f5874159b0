//! Plugin calls with a fresh instance each time, beside the same work in native code.

use crate::table::{Table, median, words};
use domain::ids::{BackendId, PluginId};
use domain::secret::Secret;
use sandbox::{InstanceConfig, MemoryState, Options, Sandbox};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const ROUNDS: usize = 2_000;

/// Answers every request on a connection with the same bytes: a server that costs next to nothing.
async fn constant_server(body: String) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer: Arc<str> = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let mut seen = Vec::new();
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    seen.extend_from_slice(&buffer[..read]);
                    while let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
                        seen.drain(..end + 4);
                        if stream.write_all(answer.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    port
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Person {
    id: String,
    name: String,
    policy: Policy,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    is_disabled: bool,
    is_administrator: bool,
}

/// Ten accounts with full policy and configuration, about 19 KB.
async fn ten_accounts() -> String {
    let clock: standins::jellyfin::Clock = Arc::new(jiff::Timestamp::now);
    let options = standins::jellyfin::Options::strict(clock);
    let server =
        standins::Jellyfin::start(standins::jellyfin::Release::V12, options).await.unwrap();
    server.finish_wizard("root", "root-password");
    for number in 0..9 {
        server.add_user(&format!("person {number}"), "p", &serde_json::Map::new());
    }
    let key = server.add_key("bench");
    let client = reqwest::Client::new();
    let header = format!("MediaBrowser Token=\"{key}\"");
    let answer = client.get(format!("{}/Users", server.url())).header("authorization", header);
    answer.send().await.unwrap().text().await.unwrap()
}

fn open() -> Sandbox {
    Sandbox::open(Options {
        cache_dir: None,
        cache_key: Secret::new([0; 32]),
        plugins_dir: None,
        bundled: bundle::components(),
        egress: egress::Egress::new(egress::Options::default()).unwrap(),
        state: Arc::new(MemoryState::new(Arc::new(jiff::Timestamp::now))),
        now: Arc::new(jiff::Timestamp::now),
        consent: BTreeMap::new(),
    })
    .unwrap()
}

/// No I/O, and one request with 19 KB of JSON.
pub(crate) async fn measure(table: &mut Table) {
    let body = ten_accounts().await;
    let kilobytes = body.len() as f64 / 1_000.0;
    let port = constant_server(body).await;
    let url = format!("http://127.0.0.1:{port}");
    let sandbox = open();
    let id = BackendId::parse("bench").unwrap();
    let configured = sandbox.configure(InstanceConfig {
        instance: (&id).into(),
        plugin: PluginId::parse("jellyfin").unwrap(),
        settings: BTreeMap::from([("url".to_owned(), url.clone())]),
        secrets: BTreeMap::from([("api_key".to_owned(), Secret::from("k"))]),
    });
    configured.unwrap();
    let plugin = sandbox.instance(&id).unwrap();

    let mut plain = Vec::with_capacity(ROUNDS);
    for _round in 0..ROUNDS {
        let began = Instant::now();
        assert!(plugin.check_settings().await.is_empty());
        plain.push(began.elapsed());
    }
    let plain = median(plain);

    let client = reqwest::Client::new();
    let users = format!("{url}/Users");
    let (mut native, mut guest) = (Vec::new(), Vec::new());
    for _round in 0..ROUNDS {
        let began = Instant::now();
        let bytes = client.get(&users).send().await.unwrap().bytes().await.unwrap();
        let people: Vec<Person> = serde_json::from_slice(&bytes).unwrap();
        let alive = people.iter().filter(|p| !p.policy.is_disabled || p.policy.is_administrator);
        assert_eq!(alive.map(|p| p.id.len().min(1) + p.name.len().min(1)).sum::<usize>(), 20);
        native.push(began.elapsed());
        let began = Instant::now();
        assert_eq!(plugin.list_accounts().await.unwrap().len(), 10);
        guest.push(began.elapsed());
    }
    let (native, guest) = (median(native), median(guest));
    let extra = guest.saturating_sub(native);
    table.row(
        [
            "plugin call, fresh instance, no I/O",
            "<= 40 us",
            &words(plain),
            "the same in native code: under 1 us",
        ],
        plain <= Duration::from_micros(40),
    );
    table.row([&format!("plugin call listing ten accounts ({kilobytes:.0} KB of JSON), beyond the same in native code"), "<= 120 us", &format!("{} ({} in all)", words(extra), words(guest)), &format!("same request and parse, native: {}", words(native))], extra <= Duration::from_micros(120));
}
