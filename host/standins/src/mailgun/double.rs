//! The running double: starting, scripting, and what it took.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{form, messages};
use crate::loopback::{self, Asked, Told};
use crate::mail::Mail;

/// Which of Mailgun's two houses it plays. A domain is known in one of them only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// `api.mailgun.net`
    Us,
    /// `api.eu.mailgun.net`
    Eu,
}

/// What happens to the next request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This is answered and nothing is done.
    Answer(u16, String),
    /// 429 with so many seconds to wait.
    SlowDown(u32),
    /// A page with status 200 where JSON was expected.
    Html,
    /// The connection ends and nothing was done.
    CutBefore,
    /// The connection ends although the message was taken.
    CutAfter,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Right {
    Everything,
    SendOnly,
}

#[derive(Default)]
struct State {
    keys: BTreeMap<String, Right>,
    /// Name to state.
    domains: BTreeMap<String, String>,
    faults: VecDeque<Fault>,
    mails: Vec<Mail>,
    requests: Vec<(String, u16)>,
    violations: Vec<String>,
}

struct Shared {
    state: Mutex<State>,
    count: watch::Sender<usize>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running double. Dropping it ends it.
pub struct Mailgun {
    shared: Arc<Shared>,
    region: Region,
    port: u16,
    task: JoinHandle<()>,
}

impl fmt::Debug for Mailgun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailgun")
            .field("region", &self.region)
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

impl Mailgun {
    /// Starts an empty one at any port of loopback, on the current runtime.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(region: Region) -> io::Result<Mailgun> {
        let listener = loopback::bind(0).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared { state: Mutex::default(), count: watch::Sender::new(0) });
        let behind = Arc::clone(&shared);
        let handler: loopback::Handler = Arc::new(move |asked| answer(&behind, &asked));
        let task = tokio::spawn(loopback::serve(listener, handler));
        Ok(Mailgun { shared, region, port, task })
    }

    /// Where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Which house it plays.
    #[must_use]
    pub fn region(&self) -> Region {
        self.region
    }

    /// Makes a key that may do everything.
    pub fn add_key(&self, key: &str) {
        self.shared.state().keys.insert(key.to_owned(), Right::Everything);
    }

    /// Makes a key that may send and nothing else.
    pub fn add_sending_key(&self, key: &str) {
        self.shared.state().keys.insert(key.to_owned(), Right::SendOnly);
    }

    /// Makes a domain; `state` is `active`, `unverified` or `disabled`.
    pub fn add_domain(&self, name: &str, state: &str) {
        self.shared.state().domains.insert(name.to_owned(), state.to_owned());
    }

    /// Scripts the next request; several are used in order.
    pub fn inject(&self, fault: Fault) {
        self.shared.state().faults.push_back(fault);
    }

    /// Every message that was taken, rehearsals too, oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.state().mails.clone()
    }

    /// Waits until so many messages were taken. Cancel safe.
    pub async fn wait_for(&self, count: usize) -> Vec<Mail> {
        // The sender lives as long as this does.
        drop(self.shared.count.subscribe().wait_for(|taken| *taken >= count).await);
        self.mails()
    }

    /// Every answered request as method and path, with its status; 0 where it was cut.
    #[must_use]
    pub fn requests(&self) -> Vec<(String, u16)> {
        self.shared.state().requests.clone()
    }

    /// Takes what no Mailgun has and was asked for: a test that meant it has looked.
    #[must_use]
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.state().violations)
    }
}

impl Drop for Mailgun {
    fn drop(&mut self) {
        self.task.abort();
        let violations = self.take_violations();
        assert!(
            std::thread::panicking() || violations.is_empty(),
            "asked Mailgun for what it does not have: {violations:?}"
        );
    }
}

fn answer(shared: &Shared, asked: &Asked) -> Option<Told> {
    let mut state = shared.state();
    let told = match state.faults.pop_front() {
        None => Some(handle(&mut state, asked)),
        Some(Fault::Answer(status, body)) => Some(Told::new(status, kind_of(&body), body)),
        Some(Fault::SlowDown(seconds)) => {
            Some(said(429, "Too many requests").with("retry-after", &seconds.to_string()))
        }
        Some(Fault::Html) => {
            Some(Told::new(200, "text/html", "<!doctype html><title>Portal</title>"))
        }
        Some(Fault::CutBefore) => None,
        Some(Fault::CutAfter) => {
            handle(&mut state, asked);
            None
        }
    };
    let status = told.as_ref().map_or(0, |told| told.status);
    state.requests.push((format!("{} {}", asked.method, asked.path), status));
    shared.count.send_replace(state.mails.len());
    told
}

fn handle(state: &mut State, asked: &Asked) -> Told {
    match (asked.method.as_str(), asked.segments().as_slice()) {
        ("GET", ["v3", "domains", domain]) => match right(state, asked) {
            Some(Right::Everything) => about(state, domain),
            Some(Right::SendOnly) | None => forbidden(),
        },
        ("POST", ["v3", domain, "messages"]) => take(state, asked, domain, messages::parts),
        ("POST", ["v3", domain, "messages.mime"]) => take(state, asked, domain, messages::mime),
        (method, _) => {
            state.violations.push(format!("{method} {}", asked.path));
            // What Mailgun answers on paths it does not know.
            Told::new(200, "text/plain", "Mailgun Magnificent API")
        }
    }
}

fn take(
    state: &mut State,
    asked: &Asked,
    domain: &str,
    read: fn(&[form::Field]) -> Result<Mail, String>,
) -> Told {
    if right(state, asked).is_none() {
        return forbidden();
    }
    match state.domains.get(domain).map(String::as_str) {
        None => return said(404, &format!("Domain not found: {domain}")),
        Some("disabled") => {
            return said(
                403,
                &format!("Domain {domain} is not allowed to send: The domain is disabled"),
            );
        }
        Some(_) => {}
    }
    let Some(fields) = form::read(asked) else {
        state.violations.push(format!("{} is no form", asked.path));
        return said(400, "Bad request");
    };
    for name in messages::unknown(&fields) {
        state.violations.push(format!("{} with the field {name:?}", asked.path));
    }
    match read(&fields) {
        Ok(mail) => {
            let answer = messages::queued(&mail, state.mails.len(), domain);
            state.mails.push(mail);
            json_of(200, &answer)
        }
        Err(sentence) => said(400, &sentence),
    }
}

fn about(state: &State, domain: &str) -> Told {
    match state.domains.get(domain) {
        Some(found) => {
            json_of(200, &json!({ "domain": { "name": domain, "state": found, "type": "custom" } }))
        }
        None => said(404, "Domain not found"),
    }
}

fn right(state: &State, asked: &Asked) -> Option<Right> {
    let packed = asked.header("authorization").strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(packed).ok()?).ok()?;
    state.keys.get(text.strip_prefix("api:")?).copied()
}

fn forbidden() -> Told {
    Told::new(401, "text/plain", "Forbidden")
}

fn said(status: u16, sentence: &str) -> Told {
    json_of(status, &json!({ "message": sentence }))
}

fn json_of(status: u16, body: &Value) -> Told {
    Told::new(status, "application/json", body.to_string())
}

fn kind_of(body: &str) -> &'static str {
    if body.starts_with('{') { "application/json" } else { "text/html" }
}
