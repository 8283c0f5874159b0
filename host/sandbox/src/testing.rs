//! A call without a component, for the tests of single capabilities.

use crate::cpu::Cpu;
use crate::grants::{Granted, InstanceConfig, Wanted};
use crate::journal::Journal;
use crate::lent::{Lent, Memory, Spent, Writes};
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
use tokio::sync::watch;
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

const MAIL_MANIFEST: &str = r#"
id = "media"
name = "Media"
version = "1.0.0"
contract = "0.1"
[endpoint.server]
host = "host"
port = "port"
[endpoint.api]
setting = "url"
schemes = ["http", "https"]
[setting.host]
type = "text"
label = "Host"
[setting.port]
type = "number"
label = "Port"
[setting.url]
type = "url"
label = "Address"
"#;

/// With nothing behind its endpoints.
pub(crate) fn lent() -> Lent {
    lent_with("http://127.0.0.1:9/base", "http://127.0.0.1:9")
}

/// With these endpoints.
pub(crate) fn lent_with(url: &str, second_url: &str) -> Lent {
    let settings = [("url", url), ("second_url", second_url)];
    let secrets = [("first", "key-of-first"), ("second", "key-of-second"), ("open", "key-of-open")];
    lent_under(MANIFEST, &settings, &secrets)
}

/// With an endpoint for connections. `metadata.example` is a name that leads to a metadata service.
pub(crate) fn lent_for_mail(host: &str, port: u16) -> Lent {
    lent_under(MAIL_MANIFEST, &[("host", host), ("port", &port.to_string())], &[])
}

fn lent_under(manifest: &str, settings: &[(&str, &str)], secrets: &[(&str, &str)]) -> Lent {
    let manifest = crate::manifest::parse(manifest).expect("manifest");
    let config = InstanceConfig {
        instance: BackendId::parse("media").expect("id").into(),
        plugin: PluginId::parse("media").expect("id"),
        settings: settings.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        secrets: secrets.iter().map(|(key, value)| ((*key).into(), Secret::from(*value))).collect(),
    };
    let hosts: [(&str, [u8; 4]); 2] =
        [("home.public.example", [127, 0, 0, 1]), ("metadata.example", [169, 254, 169, 254])];
    let hosts = hosts.map(|(name, address)| (name.to_owned(), vec![IpAddr::from(address)]));
    let options = egress::Options { hosts: BTreeMap::from(hosts), ..egress::Options::default() };
    let egress = Egress::new(options).expect("egress");
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
        connections: Vec::new(),
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

/// What a speaking server does, in order; after the last it closes.
#[derive(Clone, Copy)]
pub(crate) enum Speech {
    /// Sends this in one piece.
    Say(&'static str),
    /// Waits for a piece of anything.
    Hear,
    /// Takes what comes until the other side closes.
    UntilClosed,
    /// Neither reads nor closes.
    Deaf,
    /// Sends without an end.
    Flood,
}

/// A server that goes through its speech with everybody who connects.
pub(crate) struct Speaker {
    /// On 127.0.0.1.
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
    connections: Arc<Mutex<usize>>,
    closed: watch::Receiver<usize>,
}

impl Speaker {
    /// All that was heard of anybody.
    pub(crate) fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().expect("heard")).into_owned()
    }

    /// How many have connected.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().expect("connections")
    }

    /// Waits until so many connections are over.
    pub(crate) async fn closed(&self, count: usize) {
        self.closed.clone().wait_for(|closed| *closed >= count).await.expect("the server is there");
    }
}

/// Starts one.
pub(crate) async fn speak(speech: &'static [Speech]) -> Speaker {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (ended, closed) = watch::channel(0);
    let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
    let connections: Arc<Mutex<usize>> = Arc::default();
    let speaker = Speaker { port, heard: heard.clone(), connections: connections.clone(), closed };
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            *connections.lock().expect("connections") += 1;
            let (heard, ended) = (heard.clone(), ended.clone());
            tokio::spawn(async move {
                let mut chunk = [0; 4096];
                for part in speech {
                    match part {
                        Speech::Say(words) => {
                            stream.write_all(words.as_bytes()).await.unwrap_or(());
                        }
                        Speech::Hear => {
                            let count = stream.read(&mut chunk).await.unwrap_or(0);
                            let piece = chunk.get(..count).expect("read");
                            heard.lock().expect("heard").extend_from_slice(piece);
                        }
                        Speech::UntilClosed => {
                            while stream.read(&mut chunk).await.is_ok_and(|count| count > 0) {}
                        }
                        Speech::Deaf => std::future::pending().await,
                        Speech::Flood => while stream.write_all(&[b'2'; 4096]).await.is_ok() {},
                    }
                }
                drop(stream);
                ended.send_modify(|count| *count += 1);
            });
        }
    });
    speaker
}
