//! The whole program in this process: starting, commands beside it, changed settings, stopping.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use domain::role::Admin;
use domain::settings::Tls;
use latchkey::control::ask;
use latchkey::listener::certificate::Sources;
use latchkey::listener::{Certificates, Opened};
use latchkey::orders::{Order, Reply};
use latchkey::{Config, Running, Trouble, folder, start};
use service::activity;
use service::clock::Clock;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PLAIN: &str = "[server]\nlisten = [\"127.0.0.1:0\"]\n[tls]\nmode = \"off\"\n";

struct Place {
    around: tempfile::TempDir,
}

impl Place {
    fn with(settings: &str) -> Self {
        let place = Self { around: tempfile::tempdir().unwrap() };
        std::fs::create_dir(place.data()).unwrap();
        place.write(settings);
        place
    }

    fn data(&self) -> PathBuf {
        self.around.path().join("data")
    }

    fn write(&self, settings: &str) {
        let file = self.data().join(folder::SETTINGS);
        let draft = file.with_extension("new");
        std::fs::write(&draft, settings).unwrap();
        std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o600)).unwrap();
        // As editors do.
        std::fs::rename(draft, file).unwrap();
    }

    fn config(&self) -> Config {
        Config::new(self.data(), bundle::components())
    }

    async fn start(&self) -> Running {
        start(self.config()).await.unwrap_or_else(|trouble| panic!("{trouble}"))
    }

    async fn trouble(&self) -> Trouble {
        match start(self.config()).await {
            Ok(_) => panic!("it starts"),
            Err(trouble) => trouble,
        }
    }

    async fn ask(&self, order: Order) -> Reply {
        ask(&folder::socket(&self.data()), &order).await.unwrap().unwrap()
    }
}

async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Waits until the doors are as wanted: each look is after a change of settings was noticed.
async fn doors(running: &Running, wanted: impl Fn(&[Opened]) -> bool) -> Vec<Opened> {
    loop {
        let opened = running.edge().opened().await;
        if wanted(&opened) {
            return opened;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_first_start_answers_and_has_a_setup_code_until_it_is_set_up() {
    let place = Place::with(PLAIN);
    let running = place.start().await;
    let address = running.addresses()[0].bound;
    assert_eq!(running.url(), format!("http://{address}"));
    assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(get(address, "/readyz").await.starts_with("HTTP/1.1 200"));
    assert!(running.setup_code().is_some());
    let Reply::Credentials { name, password } =
        place.ask(Order::AdminCreate { name: "anna".into(), password: None }).await
    else {
        panic!()
    };
    assert_eq!(name, "anna");
    assert!(password.unwrap().len() >= 20);
    running.stop().await;
    assert!(TcpStream::connect(address).await.is_err(), "the door is closed");
    let running = place.start().await;
    assert!(running.setup_code().is_none(), "there is an admin");
    running.stop().await;
}

#[tokio::test]
async fn commands_beside_a_server_go_through_its_socket() {
    let place = Place::with(PLAIN);
    let running = place.start().await;
    let socket = folder::socket(&place.data());
    assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let Reply::Ready { missing } = place.ask(Order::Ready).await else { panic!() };
    assert_eq!(missing, [""; 0]);
    let Reply::Refused { message } = place.ask(Order::LoginLink { name: "nobody".into() }).await
    else {
        panic!()
    };
    assert!(message.starts_with("there is no user \"nobody\"; "), "{message}");
    let Reply::Plugins { plugins } = place.ask(Order::Plugins).await else { panic!() };
    assert!(plugins.iter().all(|plugin| plugin.refused.is_none()), "{plugins:?}");
    let mut stream = tokio::net::UnixStream::connect(&socket).await.unwrap();
    stream.write_all(b"{\"order\":\"dance\"}\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("does not understand"), "{answer}");
    running.stop().await;
    assert!(!socket.exists());
    assert!(ask(&socket, &Order::Ready).await.unwrap().is_none(), "no server, no answer");
}

#[tokio::test]
async fn a_changed_file_is_applied_and_a_broken_one_is_recorded() {
    let place = Place::with(PLAIN);
    let running = place.start().await;
    let old = running.addresses()[0].bound;
    place.write("[server]\nlisten = [\"127.0.0.1:0\", \"[::1]:0\"]\n[tls]\nmode = \"of\"\n");
    let by = Admin::at_the_console();
    let refused = loop {
        let lines = activity::list(running.service(), &by, &activity::Query::default()).await;
        let lines = lines.unwrap().items;
        let kind = domain::activity::ActivityKind::SettingsRefused;
        if let Some(line) = lines.into_iter().find(|line| line.kind == kind) {
            break line;
        }
        tokio::task::yield_now().await;
    };
    assert!(refused.facts["why"].contains("tls.mode: \"of\" is not a choice"), "{refused:?}");
    assert!(get(old, "/healthz").await.starts_with("HTTP/1.1 200"), "the old settings go on");
    // Another protocol on the same wish: the door is opened anew.
    place.write("[server]\nlisten = [\"127.0.0.1:0\"]\n[tls]\nmode = \"self-signed\"\n");
    let opened =
        doors(&running, |all| all.len() == 1 && all[0].speaks == latchkey::listener::Speaks::Https);
    let new = opened.await[0].bound;
    assert!(get(new, "/").await.contains("https"), "http on a TLS port is told so");
    assert!(running.edge().fingerprint().is_some());
    running.stop().await;
}

#[tokio::test]
async fn a_port_that_is_taken_costs_one_door_and_is_tried_again() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let listen = format!("listen = [\"127.0.0.1:0\", \"{address}\"]");
    let place = Place::with(&PLAIN.replace("listen = [\"127.0.0.1:0\"]", &listen));
    let clock = Clock::manual("2026-11-21T12:00:00Z".parse().unwrap());
    let config = Config { clock: clock.clone(), ..place.config() };
    let running = start(config).await.unwrap_or_else(|trouble| panic!("{trouble}"));
    assert_eq!(running.addresses().len(), 1);
    drop(taken);
    // The supervisor looks again after a minute; it may still be about to wait when time moves.
    let opened = loop {
        clock.advance(core::time::Duration::from_secs(60));
        let opened = running.edge().opened().await;
        if opened.len() == 2 {
            break opened;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(opened[1].bound, address);
    running.stop().await;
}

#[tokio::test]
async fn renewed_certificate_files_are_shown_without_a_restart() {
    let made = |name: &str| {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources {
            tls: Tls::SelfSigned,
            folder: folder.path().to_owned(),
            names: vec![name.to_owned()],
            also: Vec::new(),
        };
        let certificates = Certificates::default();
        certificates.refresh(&sources, Clock::system().now()).unwrap();
        (folder, certificates.current().unwrap().fingerprint.clone())
    };
    let (first, first_print) = made("a.example");
    let (second, second_print) = made("b.example");
    let settings = format!(
        "[server]\nlisten = [\"127.0.0.1:0\"]\n[tls]\nmode = \"files\"\ncertificate = \"{0}/self-signed.pem\"\nkey = \"{0}/self-signed.key\"\n",
        first.path().display()
    );
    let running = Place::with(&settings);
    let running = (running.start().await, running);
    assert_eq!(running.0.edge().fingerprint(), Some(first_print));
    for name in ["self-signed.key", "self-signed.pem"] {
        std::fs::rename(second.path().join(name), first.path().join(name)).unwrap();
    }
    while running.0.edge().fingerprint().as_ref() != Some(&second_print) {
        tokio::task::yield_now().await;
    }
    running.0.stop().await;
}

#[tokio::test]
async fn what_cannot_be_had_is_one_sentence() {
    let place = Place::with(PLAIN);
    let running = place.start().await;
    let trouble = place.trouble().await;
    assert!(trouble.to_string().starts_with("another latchkey works in "), "{trouble}");
    assert_eq!(trouble.status(), 1);
    let taken = running.addresses()[0].bound;
    let second = Place::with(&PLAIN.replace("127.0.0.1:0", &taken.to_string()));
    let trouble = second.trouble().await.to_string();
    assert!(
        trouble.starts_with(&format!("could not listen on {taken}: another program")),
        "{trouble}"
    );
    running.stop().await;

    std::fs::write(place.data().join("latchkey.key"), "not a key").unwrap();
    let trouble = place.trouble().await;
    assert!(trouble.to_string().contains("a key is 64 hex digits"), "{trouble}");
    std::fs::remove_file(place.data().join("latchkey.key")).unwrap();
    let trouble = place.trouble().await.to_string();
    assert!(trouble.contains("put it back from a backup"), "{trouble}");

    place.write("[server]\nlisten = 1\n");
    let trouble = place.trouble().await;
    assert_eq!(trouble.status(), 2);
}

#[tokio::test]
async fn an_admin_can_be_set_up_by_the_file() {
    let settings =
        format!("{PLAIN}[admin]\nusername = \"anna\"\npassword = \"seven wild geese\"\n");
    let place = Place::with(&settings);
    let running = place.start().await;
    assert!(running.setup_code().is_none());
    running.stop().await;
    let weak = Place::with(&settings.replace("seven wild geese", "password1"));
    let trouble = weak.trouble().await;
    assert!(trouble.to_string().starts_with("the first admin of [admin]"), "{trouble}");
    assert_eq!(trouble.status(), 2);
}

fn latchkey(data: &Path, arguments: &[&str]) -> (i32, String, String) {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .args(["--data".as_ref(), data.as_os_str()])
        .args(arguments)
        .env_clear()
        .env("LATCHKEY_LOG__LEVEL", "error")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

#[test]
fn commands_work_where_no_server_runs() {
    let around = tempfile::tempdir().unwrap();
    let data = around.path().join("data");
    let (status, out, _) = latchkey(&data, &["version"]);
    assert_eq!((status, out.trim()), (0, concat!("latchkey ", env!("CARGO_PKG_VERSION"))));
    let (status, _, err) = latchkey(&data, &["healthcheck"]);
    assert_eq!(status, 1);
    assert!(err.contains("no server runs in "), "{err}");
    let (status, out, err) = latchkey(&data, &["config", "init"]);
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("latchkey.toml is written"), "{out}");
    let (status, _, err) = latchkey(&data, &["config", "init"]);
    assert!(status == 1 && err.contains("is there already"), "{err}");
    let (status, out, err) = latchkey(&data, &["config", "check"]);
    assert!(status == 0 && out.contains("latchkey.toml: right"), "{out}{err}");
    let (status, out, err) = latchkey(&data, &["--json", "admin", "create", "anna"]);
    assert_eq!(status, 0, "{err}");
    let made: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(made["username"], "anna");
    let (status, out, err) = latchkey(&data, &["admin", "login-link", "Anna"]);
    assert!(status == 0 && out.starts_with("/login/token/"), "{out}{err}");
    let (status, _, err) = latchkey(&data, &["admin", "reset-password", "bert"]);
    assert!(status == 1 && err.starts_with("latchkey: there is no user \"bert\"; "), "{err}");
    let clearing = ["admin", "reset-password", "Anna", "--clear-second-factor"];
    let (status, out, err) = latchkey(&data, &clearing);
    assert!(status == 0 && out.contains("no second factor"), "{out}{err}");
    let (status, _, err) = latchkey(&data, &["admin", "create", "a/b"]);
    assert!(status == 1 && err.trim().ends_with("does not work: /"), "{err}");
    std::fs::write(data.join("latchkey.toml"), "[server]\npublc_url = \"x\"\n").unwrap();
    let (status, _, err) = latchkey(&data, &["config", "check"]);
    assert!(status == 2 && err.contains("latchkey.toml:2:1: server.publc_url"), "{err}");
    let (status, _, _) = latchkey(&data, &["dance"]);
    assert_eq!(status, 2);
}
