//! The program in this process, with a Jellyfin stand-in beside it.
//!
//! Dropped, it takes its folder with it. Every guest comes from an address of their own unless a test
//! says otherwise, so that throttles are met only where they are the subject.

use crate::visitor::{Answer, Visitor};
use jiff::{SignedDuration, Timestamp};
use latchkey::settings::Source;
use latchkey::{Config, Running};
use serde_json::{Value, json};
use service::clock::Clock;
use service::kill_points::{KillPoints, Reached};
use standins::Jellyfin;
use standins::jellyfin::{Options, Release};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The first admin's name.
pub const ADMIN: &str = "keeper";
/// Their password.
pub const ADMIN_PASSWORD: &str = "the keeper's long phrase";
/// The stand-in's administrator.
pub const JELLYFIN_ADMIN: &str = "root";
/// Their password.
pub const JELLYFIN_ADMIN_PASSWORD: &str = "root's own password";
/// Every place at which a sign-up may be cut off.
pub const KILL_POINTS: [&str; 6] =
    ["reserved", "creating", "created", "profiled", "settling", "settled"];

/// How long a fact may take to come true before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(30);
/// Waits this short pass by themselves: the pause before an answer is seldom the subject.
const SHORT: Duration = Duration::from_secs(5);

/// One house.
pub struct House {
    /// The stand-in.
    pub jellyfin: Jellyfin,
    /// The only clock there is.
    pub clock: Clock,
    running: Option<Running>,
    /// The program's own: ending it ends the program like a kill, wherever it is.
    runtime: Option<Runtime>,
    client: reqwest::Client,
    base: String,
    kill_points: KillPoints,
    reached: Option<Reached>,
    guests: AtomicU32,
    folder: TempDir,
    /// Where the stand-in leaves reset files.
    resets: TempDir,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Admin {
    Made,
    Unset,
}

impl House {
    /// Set up, with the newest Jellyfin as `jellyfin`.
    pub async fn new() -> Self {
        Self::with(Release::V12).await
    }

    /// Set up, with that release.
    pub async fn with(release: Release) -> Self {
        Self::build(release, Admin::Made, |url, key| backend(url, key) + PROXIES).await
    }

    /// Set up, with a Jellyfin stand-in that is not connected yet.
    pub async fn without_backend(release: Release) -> Self {
        Self::build(release, Admin::Made, |_, _| PROXIES.to_owned()).await
    }

    /// Set up, with more in the settings file.
    pub async fn with_more(more: &str) -> Self {
        let release = Release::V12;
        Self::build(release, Admin::Made, |url, key| backend(url, key) + PROXIES + more).await
    }

    /// Set up, with a mail method, watching the folder in which that release leaves reset files.
    pub async fn watching(release: Release, mail: &str) -> Self {
        let resets = tempfile::tempdir().unwrap();
        let watch = watch(resets.path());
        let more = format!("{PROXIES}{mail}{watch}");
        Self::build_in(resets, release, Admin::Made, |url, key| backend(url, key) + &more).await
    }

    /// The same with a folder that is looked at every so many seconds.
    pub async fn polling(release: Release, mail: &str, seconds: u32) -> Self {
        let resets = tempfile::tempdir().unwrap();
        let watch = watch(resets.path()) + &format!("poll_seconds = {seconds}\n");
        let more = format!("{PROXIES}{mail}{watch}");
        Self::build_in(resets, release, Admin::Made, |url, key| backend(url, key) + &more).await
    }

    /// The folder in which the stand-in leaves reset files.
    #[must_use]
    pub fn reset_folder(&self) -> &Path {
        self.resets.path()
    }

    /// Not set up.
    pub async fn unset() -> Self {
        Self::build(Release::V12, Admin::Unset, |_, _| PROXIES.to_owned()).await
    }

    /// Set up, with more in the settings file; no proxy is trusted.
    pub async fn configured(more: &str) -> Self {
        Self::build(Release::V12, Admin::Made, |url, key| format!("{more}\n{}", backend(url, key)))
            .await
    }

    /// Set up, with another public address.
    pub async fn with_public_url(public_url: &str) -> Self {
        let server = format!("[server]\npublic_url = \"{public_url}\"\n");
        Self::build(Release::V12, Admin::Made, |url, key| server + &backend(url, key)).await
    }

    /// With people, a profile and invites in every state: for looking at pages.
    pub async fn lived_in() -> Self {
        let house = Self::new().await;
        let policy =
            json!({"IsHidden": true, "MaxParentalRating": 0, "EnableContentDownloading": false});
        let model = house.jellyfin.add_user("Family model", "model", policy.as_object().unwrap());
        house.jellyfin.add_library("Films", Some("movies"));
        house.jellyfin.add_library("Series", Some("tvshows"));
        let admin = house.admin().await;
        let body = json!({"backend": "jellyfin", "account": model, "name": "Family"});
        let _captured = admin.post("/api/profiles/capture", body).await.expect(201);
        let code = house
            .invite(json!({"label": "The cousins", "uses": 5, "profile": "Family", "expiresIn": "P14D", "accountLifetime": "P90D"}))
            .await;
        for name in ["Ada", "Grace Hopper", "Zoë O'Neil"] {
            let _signed_up = house.sign_up(&code, name, "a good long phrase").await.expect(201);
        }
        let spent = house.invite(json!({"label": "Uncle Bob", "uses": 1})).await;
        let _signed_up = house.sign_up(&spent, "Bob", "a good long phrase").await.expect(201);
        let bob = house.user_named("Bob").await["id"].as_str().unwrap_or_default().to_owned();
        let _off = admin.post(&format!("/api/users/{bob}/disable"), json!({})).await.expect(200);
        house
    }

    async fn build(
        release: Release,
        admin: Admin,
        settings: impl FnOnce(&str, &str) -> String,
    ) -> Self {
        Self::build_in(tempfile::tempdir().unwrap(), release, admin, settings).await
    }

    async fn build_in(
        resets: TempDir,
        release: Release,
        admin: Admin,
        settings: impl FnOnce(&str, &str) -> String,
    ) -> Self {
        // The first in a process wins; the others are the same.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let start: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let clock = Clock::manual_that_passes(start, SHORT);
        let jellyfin = {
            let clock = clock.clone();
            let options = Options::strict(Arc::new(move || clock.now()));
            Jellyfin::start(release, options).await.expect("a port on loopback")
        };
        let _id = jellyfin.finish_wizard(JELLYFIN_ADMIN, JELLYFIN_ADMIN_PASSWORD);
        let key = jellyfin.add_key("latchkey");
        let folder = tempfile::tempdir().unwrap();
        let mut text = settings(&jellyfin.url(), &key);
        if admin == Admin::Made {
            text.push_str(&format!(
                "[admin]\nusername = \"{ADMIN}\"\npassword = \"{ADMIN_PASSWORD}\"\n"
            ));
        }
        write_settings(folder.path(), &text);
        let mut house = Self {
            jellyfin,
            clock,
            running: None,
            runtime: None,
            client: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .build()
                .unwrap(),
            base: String::new(),
            kill_points: KillPoints::none(),
            reached: None,
            guests: AtomicU32::new(0),
            folder,
            resets,
        };
        house.start().await;
        house
    }

    async fn start(&mut self) {
        let mut config = Config::new(self.data_dir().to_owned(), bundle::components());
        config.settings = Source {
            file: Some(self.data_dir().join("latchkey.toml")),
            environment: vec![
                ("LATCHKEY_TLS__MODE".to_owned(), "off".to_owned()),
                ("LATCHKEY_SERVER__LISTEN_HTTP".to_owned(), String::new()),
            ],
            listen: vec!["127.0.0.1:0".to_owned()],
            ..Source::default()
        };
        config.clock = self.clock.clone();
        config.kill_points = self.kill_points.clone();
        let runtime = Runtime::new().expect("a runtime");
        let running = match runtime.spawn(latchkey::start(config)).await.expect("no panic") {
            Ok(running) => running,
            Err(trouble) => panic!("the house does not start: {trouble}"),
        };
        self.runtime = Some(runtime);
        running.url().trim_end_matches('/').clone_into(&mut self.base);
        self.running = Some(running);
    }

    /// Stops it in order.
    pub async fn stop(&mut self) {
        if let (Some(running), Some(runtime)) = (self.running.take(), self.runtime.take()) {
            runtime.spawn(running.stop()).await.expect("no panic");
            end(runtime).await;
        }
    }

    /// Ends it like a kill: every task stops where it is, nothing is told, nothing is closed in order.
    pub async fn kill(&mut self) {
        drop(self.running.take());
        if let Some(runtime) = self.runtime.take() {
            end(runtime).await;
        }
    }

    /// Stops it in order and starts it again on the same folder.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    /// Kills it and starts it again on the same folder, with no kill point.
    pub async fn kill_and_restart(&mut self) {
        self.kill().await;
        self.kill_points = KillPoints::none();
        self.start().await;
    }

    /// Arms a kill point: stops and starts again with it.
    pub async fn kill_at(&mut self, point: &str) {
        self.stop().await;
        let (points, reached) = KillPoints::at(point);
        self.kill_points = points;
        self.reached = Some(reached);
        self.start().await;
    }

    /// Begins a sign-up and returns when the armed point was reached: from there on nothing goes on.
    pub async fn sign_up_until_killed(&mut self, code: &str, name: &str, password: &str) {
        let mut reached = self.reached.take().expect("a kill point is armed");
        let began = self.sign_up(code, name, password);
        tokio::select! {
            () = reached.wait() => {}
            answer = began => {
                // The answer may come before a later point: it is still reached.
                assert!(answer.status < 300, "{}", answer.text);
                let came = tokio::time::timeout(PATIENCE, reached.wait()).await;
                assert!(came.is_ok(), "the kill point was never reached");
            }
        }
    }

    /// Returns when the armed point was reached: from there on nothing goes on.
    pub async fn until_killed(&mut self) {
        let mut reached = self.reached.take().expect("a kill point is armed");
        let came = tokio::time::timeout(PATIENCE, reached.wait()).await;
        assert!(came.is_ok(), "the kill point was never reached");
    }

    /// Where everything is kept.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// Everything that can be done, for what no page does: thousands of people at once.
    #[must_use]
    pub fn service(&self) -> service::Service {
        self.running.as_ref().expect("it runs").service().clone()
    }

    /// Every file there.
    #[must_use]
    pub fn data_files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.data_dir().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.retain(|path| std::fs::metadata(path).is_ok_and(|meta| meta.is_file()));
        found
    }

    /// The one-time code of a house that is not set up.
    #[must_use]
    pub fn setup_code(&self) -> String {
        let running = self.running.as_ref().expect("it runs");
        running.setup_code().expect("it is not set up").expose().clone()
    }

    /// A page's whole address.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A browser from this machine's own address.
    #[must_use]
    pub fn browser(&self) -> Visitor {
        Visitor::browser(self.client.clone(), &self.base)
    }

    /// A program from this machine's own address.
    #[must_use]
    pub fn program(&self) -> Visitor {
        Visitor::program(self.client.clone(), &self.base)
    }

    /// A program from that address.
    #[must_use]
    pub fn program_from(&self, address: &str) -> Visitor {
        self.program().with_header("x-forwarded-for", address)
    }

    /// Somebody who just looks, from this machine's own address.
    #[must_use]
    pub fn guest(&self) -> Visitor {
        self.program()
    }

    /// Somebody new, from an address of their own, who asks for JSON.
    #[must_use]
    pub fn fresh_guest(&self) -> Visitor {
        let number = self.guests.fetch_add(1, Ordering::Relaxed);
        let address = format!("203.0.{}.{}", number / 250, number % 250 + 1);
        let guest = self.browser().with_header("accept", "application/json");
        guest.with_header("x-forwarded-for", &address)
    }

    /// Signs in with a name and a password, from an address of its own.
    pub async fn login(&self, name: &str, password: &str) -> Answer {
        let body = json!({"username": name, "password": password});
        let number = self.guests.fetch_add(1, Ordering::Relaxed);
        let address = format!("203.1.{}.{}", number / 250, number % 250 + 1);
        self.program_from(&address).post("/api/auth/login", body).await
    }

    /// A program that is signed in.
    pub async fn signed_in(&self, name: &str, password: &str) -> Visitor {
        let answer = self.login(name, password).await.expect(200).json();
        self.program().with_bearer(answer["accessToken"].as_str().expect("a token"))
    }

    /// The admin's program.
    pub async fn admin(&self) -> Visitor {
        self.signed_in(ADMIN, ADMIN_PASSWORD).await
    }

    /// The admin's browser.
    pub async fn admin_browser(&self) -> Visitor {
        let browser = self.browser();
        let form = [("username", ADMIN), ("password", ADMIN_PASSWORD)];
        let _there = browser.submit("/login", &form).await.expect(303);
        browser
    }

    /// Makes an invite and gives its code.
    pub async fn invite(&self, draft: Value) -> String {
        let made = self.admin().await.post("/api/invites", draft).await.expect(201).json();
        made["code"].as_str().expect("a code").to_owned()
    }

    /// Signs up, from an address of one's own.
    pub async fn sign_up(&self, code: &str, name: &str, password: &str) -> Answer {
        self.accept(self.fresh_guest(), code, name, password).await
    }

    /// Signs up from that address.
    pub async fn sign_up_from(
        &self,
        address: &str,
        code: &str,
        name: &str,
        password: &str,
    ) -> Answer {
        let guest = self.browser().with_header("accept", "application/json");
        self.accept(guest.with_header("x-forwarded-for", address), code, name, password).await
    }

    async fn accept(&self, guest: Visitor, code: &str, name: &str, password: &str) -> Answer {
        let body = json!({"username": name, "password": password});
        guest.post(&format!("/api/invites/{code}/accept"), body).await
    }

    /// A user by name; null where there is none.
    pub async fn user_named(&self, name: &str) -> Value {
        let list = self.admin().await.get("/api/users?limit=200").await.expect(200).json();
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().find(|user| user["username"] == name).unwrap_or(Value::Null)
    }

    /// Waits until nobody is being provisioned by that invite any more, moving the clock past back-offs.
    pub async fn until_settled(&self, code: &str) {
        let admin = self.admin().await;
        let path = format!("/api/invites/{code}");
        let began = Instant::now();
        let mut looks = 0_u32;
        loop {
            let invite = admin.get(&path).await.expect(200);
            let signups = invite.json()["signups"].as_array().cloned();
            let signups = signups.unwrap_or_else(|| panic!("no signups in {}", invite.text));
            let running = |one: &&Value| one["state"] == "provisioning";
            if !signups.iter().any(|one| running(&one)) {
                return;
            }
            looks += 1;
            if looks.is_multiple_of(20) {
                self.clock.advance(SignedDuration::from_secs(30));
            }
            assert!(began.elapsed() < PATIENCE, "still provisioning: {}", invite.text);
        }
    }

    /// Where the last sign-up by that invite shows its progress.
    pub async fn signup_page(&self, code: &str) -> String {
        let admin = self.admin().await;
        let invite = admin.get(&format!("/api/invites/{code}")).await.expect(200).json();
        let id = invite["signups"][0]["id"].as_str().unwrap_or_default().to_owned();
        format!("/signup/{id}")
    }

    /// Waits until something is true, looking again whenever the program had a turn.
    pub async fn until(&self, what: &str, mut is_true: impl FnMut() -> bool) {
        self.until_async(what, || core::future::ready(is_true())).await;
    }

    /// The same for a question that is itself a request.
    pub async fn until_async<F: Future<Output = bool>>(
        &self,
        what: &str,
        mut is_true: impl FnMut() -> F,
    ) {
        let began = Instant::now();
        while !is_true().await {
            assert!(began.elapsed() < PATIENCE, "it never came true that {what}");
            let _turn = self.guest().get("/healthz").await;
        }
    }
}

/// Waits until nothing of it runs any more; blocking, so off the test's own threads.
async fn end(runtime: Runtime) {
    let ended = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(PATIENCE)).await;
    ended.expect("no panic");
}

/// The stand-in's proxy: the tests themselves, which say where a guest comes from.
const PROXIES: &str = "[server]\npublic_url = \"https://home.example.org\"\nother_urls = [\"https://nas.local:8443\"]\n\
                       trusted_proxies = [\"127.0.0.0/8\"]\n";

fn backend(url: &str, key: &str) -> String {
    format!(
        "[[backend]]\nid = \"jellyfin\"\nplugin = \"jellyfin\"\nlabel = \"Films and series\"\n\
         public_url = \"https://media.example.org\"\nsettings = {{ url = \"{url}\", api_key = \"{key}\" }}\n"
    )
}

fn watch(folder: &Path) -> String {
    format!("[[reset_watch]]\nbackend = \"jellyfin\"\ndirectory = \"{}\"\n", folder.display())
}

fn write_settings(folder: &Path, text: &str) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(folder.join("latchkey.toml")).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
