//! Components built once, sandboxes around them, and a small server to reach for.

use domain::ids::{BackendId, PluginId};
use domain::messages::{Address, Outgoing};
use domain::secret::Secret;
use egress::Egress;
use jiff::{SignedDuration, Timestamp};
use sandbox::{Instance, InstanceConfig, MemoryState, Now, Options, Sandbox};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A component of `tests/guests`.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    component(BUILT.get_or_init(|| build("tests/guests", "target/guests")), name)
}

/// A component of `plugins`.
pub(crate) fn plugin(name: &str) -> Vec<u8> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    component(BUILT.get_or_init(|| build("plugins", "target/plugins")), name)
}

fn component(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name).with_extension("wasm")).expect(name)
}

/// Builds a workspace of guests as its own README says; cargo's own lock keeps several apart.
fn build(workspace: &str, target: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = root.join(target);
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(root.join(workspace))
        .args(["build", "--release", "--locked", "--target", "wasm32-unknown-unknown"])
        .arg("--target-dir")
        .arg(&target);
    for inherited in
        ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_TARGET_DIR"]
    {
        cargo.env_remove(inherited);
    }
    let output = cargo.output().expect("cargo runs");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{workspace} does not build:\n{words}");
    target.join("wasm32-unknown-unknown/release")
}

/// The same component with other words of the same length in its manifest.
pub(crate) fn changed(component: &[u8], old: &str, new: &str) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut bytes = component.to_vec();
    let places: Vec<usize> = bytes
        .windows(old.len())
        .enumerate()
        .filter(|(_, window)| *window == old.as_bytes())
        .map(|(place, _)| place)
        .collect();
    assert!(!places.is_empty(), "{old} does not stand there");
    for place in places {
        bytes[place..place + old.len()].copy_from_slice(new.as_bytes());
    }
    bytes
}

/// A clock that stands until it is moved.
#[derive(Clone, Default)]
pub(crate) struct Hand(Arc<Mutex<SignedDuration>>);

impl Hand {
    pub(crate) fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn now(&self) -> Now {
        let hand = self.clone();
        Arc::new(move || {
            let start = Timestamp::from_second(1_800_000_000).unwrap();
            start + *hand.0.lock().unwrap()
        })
    }
}

pub(crate) fn options(hand: &Hand) -> Options {
    Options {
        cache_dir: None,
        cache_key: Secret::new([7; 32]),
        plugins_dir: None,
        bundled: Vec::new(),
        egress: Egress::new(egress::Options::default()).unwrap(),
        state: Arc::new(MemoryState::new(hand.now())),
        now: hand.now(),
        consent: BTreeMap::new(),
    }
}

/// A sandbox with these components, as if they came with the binary.
pub(crate) fn sandbox(components: &[(&str, Vec<u8>)], hand: &Hand) -> Sandbox {
    let bundled =
        components.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.clone().into())).collect();
    Sandbox::open(Options { bundled, ..options(hand) }).unwrap()
}

pub(crate) fn id(text: &str) -> PluginId {
    PluginId::parse(text).unwrap()
}

pub(crate) fn backend(text: &str) -> BackendId {
    BackendId::parse(text).unwrap()
}

pub(crate) fn config(
    plugin: &str,
    settings: &[(&str, &str)],
    secrets: &[(&str, &str)],
) -> InstanceConfig {
    InstanceConfig {
        instance: backend(plugin).into(),
        plugin: id(plugin),
        settings: settings.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        secrets: secrets.iter().map(|(key, value)| ((*key).into(), Secret::from(*value))).collect(),
    }
}

/// An instance without settings.
pub(crate) fn bare(sandbox: &Sandbox, plugin: &str) -> Instance {
    sandbox.configure(config(plugin, &[], &[])).unwrap();
    sandbox.instance(backend(plugin)).unwrap()
}

/// A server that answers by path and writes down what it was asked.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `/redirect` leads to `elsewhere`; everything else is answered 200.
    pub(crate) async fn start(elsewhere: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, elsewhere) = (requests.clone(), elsewhere.to_owned());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut seen = Vec::new();
                let mut chunk = [0; 4096];
                while !seen.windows(4).any(|four| four == b"\r\n\r\n") {
                    match stream.read(&mut chunk).await {
                        Ok(0) | Err(_) => break,
                        Ok(read) => seen.extend_from_slice(&chunk[..read]),
                    }
                }
                if seen.is_empty() {
                    continue;
                }
                let request = String::from_utf8_lossy(&seen).into_owned();
                let head = if request.contains("/redirect ") {
                    format!("302 Found\r\nLocation: {elsewhere}/landed")
                } else {
                    "200 OK".to_owned()
                };
                kept.lock().unwrap().push(request);
                let answer =
                    format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
                stream.write_all(answer.as_bytes()).await.ok();
            }
        });
        Self { url, requests }
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A message between two people, with a PIN in it.
pub(crate) fn message(recipients: &[&str]) -> Outgoing {
    let address = |email: &str| Address { name: None, email: email.to_owned() };
    let text = "Your PIN is 12-34-AB-CD.\r\n.\r\n";
    let mime = format!(
        "Message-ID: <1@home.example>\r\nFrom: Home <home@home.example>\r\nSubject: Your PIN\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"
    );
    Outgoing {
        id: "<1@home.example>".to_owned(),
        sender: Address { name: Some("Home".to_owned()), ..address("home@home.example") },
        reply_to: None,
        recipients: recipients.iter().map(|email| address(email)).collect(),
        subject: Secret::from("Your PIN"),
        text: Secret::from(text),
        html: None,
        mime: Secret::new(mime.into_bytes()),
        secrets: vec![Secret::from("12-34-AB-CD")],
    }
}
