//! A host that plays a script, for native tests.
//!
//! The script says which requests come, in order, and what each is answered, and what is said on each
//! connection; anything else fails the test, and so does a step that nobody asked for. Time stands still unless it is moved,
//! randomness counts up, state is kept in memory.
#![expect(clippy::panic, reason = "a test that leaves its script fails here")]

mod dialogue;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde_json::Value;

use crate::bindings::shared::latchkey::host::http as wire;
use crate::http::{Failure, FailureKind, Piece};
use crate::lent::{Instant, Lent, Level, Problem, Refusal, Security};

pub use dialogue::{Dialogue, Spoken};

/// A request as it reached the script; a secret reads `{key}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Method, path and query: `POST /Users/Password?userId=1`.
    pub line: String,
    /// The endpoint, or none for a whole URL.
    pub endpoint: Option<String>,
    /// Names as sent, values joined.
    pub headers: Vec<(String, String)>,
    /// The body, `Null` where it is none or no JSON.
    pub json: Value,
    /// The body as text, empty where it is none.
    pub body: String,
}

impl Sent {
    /// The header of that name, ignoring case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

struct Connected {
    endpoint: String,
    security: Security,
    answer: Result<Rc<RefCell<Dialogue>>, FailureKind>,
}

struct Step {
    line: String,
    answer: Result<wire::Response, Failure>,
}

/// The scripted host.
#[derive(Default)]
pub struct Script {
    steps: RefCell<VecDeque<Step>>,
    sent: RefCell<Vec<Sent>>,
    connections: RefCell<VecDeque<Connected>>,
    dialogues: Vec<Rc<RefCell<Dialogue>>>,
    settings: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    state: RefCell<BTreeMap<String, Vec<u8>>>,
    lines: RefCell<Vec<(Level, String)>>,
    ms: Cell<u64>,
    drawn: Cell<u8>,
    seconds: Option<u64>,
}

impl Script {
    /// A host with no settings that expects nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Fills in a setting.
    #[must_use]
    pub fn setting(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Fills in a secret.
    #[must_use]
    pub fn secret(mut self, key: &str, value: &str) -> Self {
        self.secrets.insert(key.to_owned(), value.to_owned());
        self
    }

    /// The next request is `line` and gets JSON.
    #[must_use]
    pub fn json(self, line: &str, status: u16, body: &Value) -> Self {
        self.answer(
            line,
            status,
            &[("content-type", "application/json; charset=utf-8")],
            &body.to_string(),
        )
    }

    /// The next request is `line` and gets a status without a body.
    #[must_use]
    pub fn empty(self, line: &str, status: u16) -> Self {
        self.answer(line, status, &[], "")
    }

    /// The next request is `line` and gets plain text.
    #[must_use]
    pub fn text(self, line: &str, status: u16, body: &str) -> Self {
        self.answer(line, status, &[("content-type", "text/plain")], body)
    }

    /// The next request is `line` and gets all of this.
    #[must_use]
    pub fn answer(self, line: &str, status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let response = wire::Response { status, headers, body: body.as_bytes().to_vec() };
        self.step(line, Ok(response))
    }

    /// The next request is `line` and fails after it may have been seen.
    #[must_use]
    pub fn lost(self, line: &str, kind: FailureKind) -> Self {
        self.step(
            line,
            Err(Failure { kind, maybe_sent: true, detail: "lost on the way".to_owned() }),
        )
    }

    /// The next request is `line` and fails before anything was sent.
    #[must_use]
    pub fn unsent(self, line: &str, kind: FailureKind) -> Self {
        self.step(line, Err(Failure { kind, maybe_sent: false, detail: "never sent".to_owned() }))
    }

    /// The next connection goes to `endpoint`, secured or not, and this is spoken on it.
    #[must_use]
    pub fn dialogue(mut self, endpoint: &str, security: Security, dialogue: Dialogue) -> Self {
        let dialogue = Rc::new(RefCell::new(dialogue));
        self.dialogues.push(Rc::clone(&dialogue));
        self.connection(endpoint, security, Ok(dialogue))
    }

    /// The next connection goes to `endpoint` and is not made.
    #[must_use]
    pub fn no_connection(self, endpoint: &str, security: Security, kind: FailureKind) -> Self {
        self.connection(endpoint, security, Err(kind))
    }

    fn connection(
        self,
        endpoint: &str,
        security: Security,
        answer: Result<Rc<RefCell<Dialogue>>, FailureKind>,
    ) -> Self {
        let connected = Connected { endpoint: endpoint.to_owned(), security, answer };
        self.connections.borrow_mut().push_back(connected);
        self
    }

    /// It is so many seconds since 1970.
    #[must_use]
    pub fn at(mut self, seconds: u64) -> Self {
        self.seconds = Some(seconds);
        self
    }

    fn step(self, line: &str, answer: Result<wire::Response, Failure>) -> Self {
        self.steps.borrow_mut().push_back(Step { line: line.to_owned(), answer });
        self
    }

    /// All requests so far.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.borrow().clone()
    }

    /// The one request with this line, or else the one whose line starts so.
    #[must_use]
    pub fn sent_to(&self, line: &str) -> Sent {
        let all = self.sent();
        let exact: Vec<&Sent> = all.iter().filter(|sent| sent.line == line).collect();
        let starting = || all.iter().filter(|sent| sent.line.starts_with(line)).collect();
        let found = if exact.is_empty() { starting() } else { exact };
        match found.as_slice() {
            [sent] => (*sent).clone(),
            [] => panic!("nobody asked for {line}"),
            _ => panic!("{line} was asked for more than once"),
        }
    }

    /// What was logged.
    #[must_use]
    pub fn lines(&self) -> Vec<(Level, String)> {
        self.lines.borrow().clone()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        if let Some(step) = self.steps.borrow().front()
            && !std::thread::panicking()
        {
            panic!("nobody asked for {}", step.line);
        }
        if let Some(connection) = self.connections.borrow().front()
            && !std::thread::panicking()
        {
            panic!("nobody connected to {}", connection.endpoint);
        }
        let left = self.dialogues.iter().find_map(|dialogue| dialogue.borrow().left());
        if let Some(left) = left
            && !std::thread::panicking()
        {
            panic!("a dialogue was left early; there is {left}");
        }
    }
}

impl Lent for Script {
    type Stream = Spoken;

    fn connect(&self, endpoint: &str, security: Security) -> Result<Spoken, Failure> {
        match self.connections.borrow_mut().pop_front() {
            Some(next) if next.endpoint == endpoint && next.security == security => next
                .answer
                .map(|dialogue| Spoken::of(&dialogue, security))
                .map_err(|kind| Failure { kind, maybe_sent: false, detail: "no way".to_owned() }),
            Some(next) => panic!(
                "the script expects {} ({:?}), the plugin connects to {endpoint} ({security:?})",
                next.endpoint, next.security
            ),
            None => panic!("the plugin connects to {endpoint}, the script does not"),
        }
    }

    fn send(&self, request: &wire::Request) -> Result<wire::Response, Failure> {
        let sent = record(request);
        let line = sent.line.clone();
        self.sent.borrow_mut().push(sent);
        match self.steps.borrow_mut().pop_front() {
            Some(step) if step.line == line => step.answer,
            Some(step) => panic!("the script expects {}, the plugin sent {line}", step.line),
            None => panic!("the script has ended, the plugin sent {line}"),
        }
    }

    fn send_all(&self, requests: &[wire::Request]) -> Vec<Result<wire::Response, Failure>> {
        requests.iter().map(|request| self.send(request)).collect()
    }

    fn setting(&self, key: &str) -> Option<String> {
        self.settings.get(key).cloned()
    }

    fn has_secret(&self, key: &str) -> bool {
        self.secrets.contains_key(key)
    }

    fn reveal(&self, key: &str) -> Result<String, Refusal> {
        self.secrets.get(key).cloned().ok_or(Refusal::Unset)
    }

    fn remembered(&self, key: &str) -> Option<Vec<u8>> {
        self.state.borrow().get(key).cloned()
    }

    fn remember(&self, key: &str, value: &[u8], _ttl_seconds: Option<u32>) -> Result<(), Problem> {
        self.state.borrow_mut().insert(key.to_owned(), value.to_vec());
        Ok(())
    }

    fn forget(&self, key: &str) {
        self.state.borrow_mut().remove(key);
    }

    fn now(&self) -> Instant {
        let start = self.seconds.unwrap_or(1_800_000_000);
        Instant { seconds: start + self.ms.get() / 1000, nanoseconds: 0 }
    }

    fn monotonic_ms(&self) -> u64 {
        self.ms.get()
    }

    fn remaining_ms(&self) -> u32 {
        30_000
    }

    fn sleep(&self, ms: u32) {
        self.ms.set(self.ms.get() + u64::from(ms));
    }

    fn random(&self, len: u32) -> Vec<u8> {
        (0..len).map(|_| self.drawn.replace(self.drawn.get().wrapping_add(1))).collect()
    }

    fn log(&self, level: Level, message: &str, _fields: &[(&str, String)]) {
        self.lines.borrow_mut().push((level, message.to_owned()));
    }
}

fn record(request: &wire::Request) -> Sent {
    let (endpoint, path) = match &request.target {
        wire::Target::Below(below) => (Some(below.endpoint.clone()), below.path.clone()),
        wire::Target::Url(url) => (None, url.clone()),
    };
    let query: Vec<String> = request
        .query
        .iter()
        .map(|field| format!("{}={}", field.name, joined(&field.value)))
        .collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let body = match &request.body {
        wire::Body::None => String::new(),
        wire::Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        wire::Body::Pieces(pieces) => joined(pieces),
    };
    Sent {
        line: format!("{} {path}{mark}{}", request.method, query.join("&")),
        endpoint,
        headers: request.headers.iter().map(|f| (f.name.clone(), joined(&f.value))).collect(),
        json: serde_json::from_str(&body).unwrap_or(Value::Null),
        body,
    }
}

fn joined(pieces: &[Piece]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Secret(used) => format!("{}{{{}}}", used.prefix, used.key),
    };
    pieces.iter().map(text).collect()
}
