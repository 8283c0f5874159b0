//! A real OpenID Connect provider: panva's `oidc-provider`, run by node on loopback.
//!
//! `cargo xtask test` fetches it where npm is. It goes by the house's clock; a browser of its own follows its
//! redirects and keeps its cookies.

use crate::target_dir;
use jiff::Timestamp;
use reqwest::header;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;

/// The client's id there.
pub const PEER_CLIENT: &str = "latchkey";
/// Its secret.
pub const PEER_SECRET: &str = "the peer's own secret, long enough for anybody";
/// Who has always just signed in.
pub const PEER_SUBJECT: &str = "person-42";

/// A running provider. Dropping it ends it.
pub struct Peer {
    child: Child,
    /// Held open: it would stop where nobody can hear it.
    _said: BufReader<ChildStdout>,
    url: String,
    client: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What there is to know before it starts.
#[derive(Debug, Clone)]
pub struct PeerOptions<'a> {
    /// Where people come back to.
    pub callback_url: &'a str,
    /// Where it tells that somebody signed out.
    pub logout_url: &'a str,
    /// What time it is.
    pub now: Timestamp,
    /// More for the client's registration.
    pub client: Value,
}

impl Peer {
    /// Starts one; none where it cannot run here, which is a failure in CI and said elsewhere.
    #[must_use]
    pub fn start(options: &PeerOptions<'_>) -> Option<Self> {
        let folder = folder();
        if !folder.join("node_modules/oidc-provider").is_dir() || !node_runs() {
            let words = "no real OpenID Connect provider here: install nodejs and npm and run `cargo xtask test`";
            assert!(std::env::var_os("CI").is_none(), "{words}");
            #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
            {
                eprintln!("left out: {words}");
            }
            return None;
        }
        let shift = options.now.as_millisecond() - Timestamp::now().as_millisecond();
        let mut client = json!({
            "client_id": PEER_CLIENT, "client_secret": PEER_SECRET,
            "redirect_uris": [options.callback_url], "response_types": ["code"],
            "grant_types": ["authorization_code"], "backchannel_logout_uri": options.logout_url,
            "backchannel_logout_session_required": true,
        });
        for (name, value) in options.client.as_object().into_iter().flatten() {
            client[name] = value.clone();
        }
        let person = json!({"name": "Ada Peer", "preferred_username": "ada", "email": "ada@example.org",
                            "email_verified": true, "groups": ["family"]});
        let peer =
            json!({"shift": shift, "client": client, "subject": PEER_SUBJECT, "person": person});
        let mut child = Command::new("node")
            .args(["--input-type=module", "--eval", include_str!("peer.mjs")])
            .current_dir(folder)
            .env("PEER", peer.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let _read = said.read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "the peer did not start: {url}");
        // The first in a process wins; the others are the same.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Some(Self { child, _said: said, url, client, cookies: Mutex::default() })
    }

    /// Its name for itself.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The settings file's table for it.
    #[must_use]
    pub fn settings(&self, id: &str, rule: &str) -> String {
        format!(
            "[[provider]]\nid = \"{id}\"\nkind = \"oidc\"\nlabel = \"Peer\"\nissuer = \"{}\"\n\
             client_id = \"{PEER_CLIENT}\"\nclient_secret = \"{PEER_SECRET}\"\n\
             scopes = [\"openid\", \"profile\", \"email\", \"groups\"]\naccess = {{ {rule} }}\n",
            self.url
        )
    }

    /// Lets a browser go where it is sent until it is sent away from the provider; where that is, or the
    /// page where it stays.
    pub async fn visit(&self, url: &str) -> Result<String, String> {
        let mut url = url.to_owned();
        for _hop in 0..12 {
            if !url.starts_with(&self.url) {
                return Ok(url);
            }
            let answer = self.send(self.client.get(&url)).await;
            match answer.headers().get(header::LOCATION) {
                Some(to) => {
                    let to = to.to_str().unwrap();
                    url = if to.starts_with('/') {
                        format!("{}{to}", self.url)
                    } else {
                        to.to_owned()
                    };
                }
                None => return Err(answer.text().await.unwrap()),
            }
        }
        panic!("{} redirects for ever", self.url);
    }

    /// Sends a form, as the button of a page does; where the browser is sent.
    pub async fn press(&self, path: &str, fields: &[(&str, &str)]) -> Option<String> {
        let query = reqwest::Url::parse_with_params("http://form/", fields).unwrap();
        let asked = self
            .client
            .post(format!("{}{path}", self.url))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(query.query().unwrap_or_default().to_owned());
        let answer = self.send(asked).await;
        answer.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned())
    }

    async fn send(&self, asked: reqwest::RequestBuilder) -> reqwest::Response {
        let kept: Vec<String> = {
            let cookies = self.cookies.lock().unwrap();
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        let answer = asked.header(header::COOKIE, kept.join("; ")).send().await.unwrap();
        let mut cookies = self.cookies.lock().unwrap();
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or_default();
            if value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        drop(cookies);
        answer
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Where xtask puts it.
fn folder() -> PathBuf {
    target_dir().join("tmp/npm")
}

fn node_runs() -> bool {
    let mut asked = Command::new("node");
    let asked = asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}
