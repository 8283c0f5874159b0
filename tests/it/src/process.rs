//! The real binary as a process of its own, asked over plain sockets.

use serde_json::{Value, json};
use standins::Jellyfin;
use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The binary of this checkout, built by the cargo that runs the tests.
pub(crate) fn binary() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package", "latchkey", "--bin", "latchkey"])
        .status();
    assert!(built.unwrap().success());
    harness::target_dir().join("debug/latchkey")
}

/// The real process. Dropping it kills it.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Runs when this returns; what it logs goes to `log` in its data folder.
    pub(crate) async fn start(program: &Path, data: &Path, level: &str) -> Self {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(data.join("log"));
        let mut child = Command::new(program)
            .args(["--json", "--data"])
            .arg(data)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            .envs([("LATCHKEY_TLS__MODE", "off"), ("LATCHKEY_SERVER__LISTEN_HTTP", "")])
            .env("LATCHKEY_LOG__LEVEL", level)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.unwrap())
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let told = tokio::task::spawn_blocking(move || {
            let mut told = String::new();
            for line in BufReader::new(out).lines() {
                told.push_str(&line.unwrap());
                if let Ok(value) = serde_json::from_str::<Value>(&told) {
                    return value;
                }
            }
            panic!("it ended before it ran: {told}");
        });
        let told = told.await.unwrap();
        let here = told["addresses"].as_array().unwrap().iter().filter_map(Value::as_str);
        let here = here.filter_map(|url| url.strip_prefix("http://127.0.0.1:")).next();
        let port = here.expect("it listens here").trim_end_matches('/').parse().unwrap();
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// At once, wherever it is.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// One request on a connection of its own, from that forwarded address.
    pub(crate) async fn ask(
        &self,
        request: (&str, &str),
        (from, token): (&str, &str),
        body: &Value,
    ) -> io::Result<(u16, Value)> {
        ask(self.address, request, (from, token), body).await
    }

    pub(crate) async fn admin(&self) -> String {
        let body = json!({"username": "keeper", "password": "the keeper's long phrase"});
        let (status, answer) =
            self.ask(("POST", "/api/auth/login"), ("198.51.100.1", ""), &body).await.unwrap();
        assert_eq!(status, 200, "{answer}");
        answer["accessToken"].as_str().unwrap().to_owned()
    }
}

pub(crate) async fn ask(
    address: SocketAddr,
    (method, path): (&str, &str),
    (from, token): (&str, &str),
    body: &Value,
) -> io::Result<(u16, Value)> {
    let mut stream = TcpStream::connect(address).await?;
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let bearer =
        if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\naccept: application/json\r\n\
         x-forwarded-for: {from}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{bearer}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

impl Drop for Process {
    fn drop(&mut self) {
        // Gone already where the test ended it itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A data folder whose settings name the stand-in and an admin.
pub(crate) fn data_folder(jellyfin: Option<&Jellyfin>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut settings =
        "[server]\ntrusted_proxies = [\"127.0.0.0/8\"]\n[admin]\nusername = \"keeper\"\n\
                        password = \"the keeper's long phrase\"\n"
            .to_owned();
    if let Some(jellyfin) = jellyfin {
        let key = jellyfin.add_key("latchkey");
        settings.push_str(&format!(
            "[[backend]]\nid = \"jellyfin\"\nplugin = \"jellyfin\"\nsettings = {{ url = \"{}\", api_key = \"{key}\" }}\n",
            jellyfin.url()
        ));
    }
    let file = folder.path().join("latchkey.toml");
    std::fs::write(&file, settings).unwrap();
    let mode = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode;
    std::fs::set_permissions(file, mode(0o600)).unwrap();
    std::fs::set_permissions(folder.path(), mode(0o700)).unwrap();
    folder
}
