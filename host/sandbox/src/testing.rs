//! A call without a component, for the tests of single capabilities.

use crate::grants::{Granted, InstanceConfig, Wanted};
use crate::journal::Journal;
use crate::lent::{Cpu, Lent, Memory, Spent, Writes};
use crate::state::{MemoryState, Now};
use domain::ids::{BackendId, PluginId};
use domain::secret::Secret;
use egress::Egress;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::{Duration, Instant};

const MANIFEST: &str = r#"
id = "media"
name = "Media"
version = "1.0.0"
contract = "0.1"
[endpoint.server]
setting = "url"
schemes = ["http", "https"]
[endpoint.second]
setting = "second_url"
schemes = ["http", "https"]
[setting.url]
type = "url"
label = "Server"
[setting.second_url]
type = "url"
label = "Second"
[secret.first]
label = "First"
use = ["http"]
endpoints = ["server"]
[secret.second]
label = "Second"
use = ["http"]
endpoints = ["second"]
[secret.spare]
label = "Spare"
reveal = true
[secret.open]
label = "Open"
use = ["http"]
endpoints = ["server"]
reveal = true
[allow]
urls = ["http://*.public.example:*"]
"#;

/// With nothing behind its endpoints.
pub(crate) fn lent() -> Lent {
    lent_with("http://127.0.0.1:9/base", "http://127.0.0.1:9")
}

/// With these endpoints.
pub(crate) fn lent_with(url: &str, second_url: &str) -> Lent {
    let settings = [("url", url), ("second_url", second_url)];
    let secrets = [("first", "key-of-first"), ("second", "key-of-second"), ("open", "key-of-open")];
    let config = InstanceConfig {
        instance: BackendId::parse("media").expect("id"),
        plugin: PluginId::parse("media").expect("id"),
        settings: settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        secrets: secrets.map(|(key, value)| (key.to_owned(), Secret::from(value))).into(),
    };
    let loopback: IpAddr = [127, 0, 0, 1].into();
    let hosts = BTreeMap::from([("home.public.example".to_owned(), vec![loopback])]);
    let options = egress::Options { hosts, ..egress::Options::default() };
    let egress = Egress::new(options).expect("egress");
    let manifest = crate::manifest::parse(MANIFEST).expect("manifest");
    let Ok(granted) = Granted::new(&config, &manifest, Wanted::Complete, &egress) else {
        panic!("refused")
    };
    let now: Now = Arc::new(|| Timestamp::from_second(1_000_000).expect("a moment"));
    let started = Instant::now();
    Lent {
        redactor: granted.redactor.clone(),
        granted: Arc::new(granted),
        state: Arc::new(MemoryState::new(now.clone())),
        now,
        journal: Arc::new(Journal::new()),
        started,
        deadline: started + Duration::from_secs(5),
        writes: Writes::default(),
        memory: Memory::of_mib(1),
        cpu: Cpu::new(Duration::from_secs(1)),
        spent: Spent::default(),
    }
}

/// A server and what it was asked.
pub(crate) struct Seen {
    /// Its origin.
    pub(crate) url: String,
    /// Whole requests.
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

/// Answers every connection's first request with these bytes, then closes.
pub(crate) async fn listen(answer: &'static str) -> Seen {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let requests: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut seen = Vec::new();
            let mut chunk = [0; 4096];
            while !whole(&seen) {
                match stream.read(&mut chunk).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => seen.extend_from_slice(chunk.get(..read).expect("read")),
                }
            }
            kept.lock().expect("requests").push(String::from_utf8_lossy(&seen).into_owned());
            stream.write_all(answer.as_bytes()).await.ok();
        }
    });
    Seen { url, requests }
}

fn whole(seen: &[u8]) -> bool {
    let text = String::from_utf8_lossy(seen).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.trim().parse().expect("a length"))
}
