//! The running double: starting, clients, people, and what it was asked.

use super::answers;
use super::keys::Key;
use super::lies::Lie;
use super::state::{Client, LogoutToken, Now, Shared, State};
use super::tokens;
use crate::loopback;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// A running double. Dropping it ends it.
pub struct Issuer {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Issuer {
    /// Starts one at any port of loopback, on the current runtime, with one RSA key and nobody.
    ///
    /// # Errors
    /// When no port can be had, or no keys.
    pub async fn start(now: Now) -> io::Result<Issuer> {
        let listener = loopback::bind(0).await?;
        let url = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
        let unmade = || io::Error::other("no keys can be made");
        let state = State {
            url,
            clients: BTreeMap::new(),
            people: BTreeMap::new(),
            present: None,
            codes: BTreeMap::new(),
            access: BTreeMap::new(),
            keys: vec![Key::rsa("first", 0).ok_or_else(unmade)?],
            curve: Key::ec("curve").ok_or_else(unmade)?,
            stranger: Key::rsa("stranger", 1).ok_or_else(unmade)?,
            lie: None,
            auth_methods: vec!["client_secret_basic".to_owned()],
            requests: Vec::new(),
            violations: Vec::new(),
        };
        let shared = Arc::new(Shared::new(state, now));
        let behind = Arc::clone(&shared);
        let handler: loopback::Handler =
            Arc::new(move |asked| Some(answers::answer(&behind, &asked)));
        let task = tokio::spawn(loopback::serve(listener, handler));
        Ok(Issuer { shared, task })
    }

    /// Its name for itself, which is where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.state().url.clone()
    }

    /// Registers a client; without a secret it is a public one.
    pub fn add_client(&self, id: &str, secret: Option<&str>, redirect_uri: &str) {
        let client = Client {
            secret: secret.map(str::to_owned),
            redirect_uris: vec![redirect_uri.to_owned()],
        };
        self.shared.state().clients.insert(id.to_owned(), client);
    }

    /// Adds somebody, with what `userinfo` says about them besides `sub`. They are at the browser now.
    pub fn add_person(&self, subject: &str, claims: Value) {
        let mut state = self.shared.state();
        state.people.insert(subject.to_owned(), claims);
        state.present = Some(subject.to_owned());
    }

    /// Who is at the browser from now on.
    pub fn at_the_browser(&self, subject: &str) {
        self.shared.state().present = Some(subject.to_owned());
    }

    /// Lies from now on, or no more.
    pub fn lie(&self, lie: Option<Lie>) {
        self.shared.state().lie = lie;
    }

    /// How a client secret is taken: `client_secret_basic`, `client_secret_post`.
    pub fn take_secrets_by(&self, methods: &[&str]) {
        self.shared.state().auth_methods = methods.iter().map(|&one| one.to_owned()).collect();
    }

    /// Signs with another key from now on and publishes only that one.
    pub fn replace_key(&self) {
        self.shared.state().keys = Key::rsa("second", 2).into_iter().collect();
    }

    /// Signs with ES256 from now on.
    pub fn use_curve(&self) {
        self.shared.state().keys = Key::ec("curve-too").into_iter().collect();
    }

    /// Signs a logout token.
    #[must_use]
    pub fn logout_token(&self, wanted: &LogoutToken) -> String {
        tokens::logout_token(&self.shared.state(), wanted, (self.shared.now)())
    }

    /// What a browser that was sent to `url` is sent on to: the client's address with an answer.
    ///
    /// # Errors
    /// What the page says where the browser is not sent on.
    pub fn visit(&self, url: &str) -> Result<String, String> {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        answers::authorize(&self.shared, query)
    }

    /// Every request as method and path, with its status.
    #[must_use]
    pub fn requests(&self) -> Vec<(String, u16)> {
        self.shared.state().requests.clone()
    }

    /// How often a path was asked for.
    #[must_use]
    pub fn times(&self, path: &str) -> usize {
        let ends = |(asked, _): &&(String, u16)| asked.split(' ').nth(1) == Some(path);
        self.shared.state().requests.iter().filter(ends).count()
    }

    /// Takes what no client may ask for: a test that meant it has looked.
    #[must_use]
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.state().violations)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
        let violations = self.take_violations();
        assert!(
            std::thread::panicking() || violations.is_empty(),
            "asked an issuer for what no client may: {violations:?}"
        );
    }
}
