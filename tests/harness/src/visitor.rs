//! Somebody who uses Latchkey over HTTP: a browser with cookies, or a program with a bearer token.
//!
//! A browser sends what browsers send (`Origin`, `Sec-Fetch-Site`), keeps cookies and never follows
//! redirects by itself, so that a test sees each answer.

use reqwest::{Method, StatusCode, header};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One visitor. Clones share cookies.
#[derive(Debug, Clone)]
pub struct Visitor {
    client: reqwest::Client,
    base: String,
    bearer: Option<String>,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    extra: Vec<(String, String)>,
    is_browser: bool,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked, for messages.
    pub asked: String,
    /// The status.
    pub status: u16,
    /// All headers.
    pub headers: header::HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// This answer, if it has that status; a panic with all of it otherwise.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} answered {}", self.asked, self.text);
        self
    }

    /// The problem's code.
    #[must_use]
    pub fn code(&self) -> String {
        self.json().get("code").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// One header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Visitor {
    /// A browser without cookies at `base` (`http://127.0.0.1:1234`).
    #[must_use]
    pub fn browser(client: reqwest::Client, base: &str) -> Self {
        Self {
            client,
            base: base.trim_end_matches('/').to_owned(),
            bearer: None,
            cookies: Arc::default(),
            extra: Vec::new(),
            is_browser: true,
        }
    }

    /// The same, with connections of its own.
    ///
    /// # Panics
    /// Where there can be no client.
    #[must_use]
    pub fn alone(base: &str) -> Self {
        // The first in a process wins; the others are the same.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self::browser(client.no_proxy().build().expect("a client"), base)
    }

    /// A program without a token.
    #[must_use]
    pub fn program(client: reqwest::Client, base: &str) -> Self {
        Self { is_browser: false, ..Self::browser(client, base) }
    }

    /// The same program with an access token.
    #[must_use]
    pub fn with_bearer(&self, token: &str) -> Self {
        Self { bearer: Some(token.to_owned()), ..self.clone() }
    }

    /// The same visitor sending one header more (replacing what it would send by itself).
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut extra = self.extra.clone();
        extra.push((name.to_owned(), value.to_owned()));
        Self { extra, ..self.clone() }
    }

    /// What this browser keeps.
    #[must_use]
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts cookies into this browser.
    pub fn set_cookies(&self, cookies: BTreeMap<String, String>) {
        *self.cookies.lock().unwrap_or_else(PoisonError::into_inner) = cookies;
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// Any method with a JSON body, or none for null.
    pub async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let body = (!body.is_null()).then(|| ("application/json".to_owned(), body.to_string()));
        self.send(method, path, body).await
    }

    /// POST with JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, body).await
    }

    /// POST as a form without script does.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = reqwest::Url::parse_with_params("http://form/", fields).expect("fields");
        let body = body.query().unwrap_or_default().to_owned();
        let kind = "application/x-www-form-urlencoded".to_owned();
        self.send(Method::POST, path, Some((kind, body))).await
    }

    /// Follows the redirect of `answer`, as a browser does, until there is none.
    pub async fn follow(&self, mut answer: Answer) -> Answer {
        for _hop in 0..6 {
            if !(300..400).contains(&answer.status) {
                return answer;
            }
            let to = answer.header("location").to_owned();
            let path = to.strip_prefix(&self.base).unwrap_or(&to).to_owned();
            answer = self.get(&path).await;
        }
        panic!("{} redirects for ever", answer.asked);
    }

    async fn send(&self, method: Method, path: &str, body: Option<(String, String)>) -> Answer {
        let asked = format!("{method} {path}");
        let mut headers = header::HeaderMap::new();
        let mut set = |name: &str, value: &str| {
            let name: header::HeaderName = name.parse().expect("a header name");
            headers.insert(name, value.parse().expect("a header value"));
        };
        if self.is_browser {
            set("sec-fetch-site", "same-origin");
            if method != Method::GET {
                set("origin", &self.base);
            }
            set("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
            let cookies = self.cookies();
            if !cookies.is_empty() {
                let pairs: Vec<String> =
                    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
                set("cookie", &pairs.join("; "));
            }
        }
        if let Some(token) = &self.bearer {
            set("authorization", &format!("Bearer {token}"));
        }
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some((kind, body)) = body {
            set("content-type", &kind);
            request = request.body(body);
        }
        for (name, value) in &self.extra {
            set(name, value);
        }
        let answer = request.headers(headers).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
        self.keep_cookies(answer.headers());
        Answer {
            asked,
            status: StatusCode::as_u16(&answer.status()),
            headers: answer.headers().clone(),
            text: answer.text().await.unwrap_or_default(),
        }
    }

    fn keep_cookies(&self, headers: &header::HeaderMap) {
        if !self.is_browser {
            return;
        }
        let mut kept = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for line in headers.get_all("set-cookie") {
            let line = line.to_str().expect("a cookie is text");
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            if value.is_empty() || attributes.to_lowercase().contains("max-age=0") {
                kept.remove(name);
            } else {
                kept.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
