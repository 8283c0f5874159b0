//! One chromedriver with one browser window, ended with the test.
//!
//! Besides WebDriver: emulation through the DevTools commands that chromedriver passes on, and the
//! three checks that every page of a journey gets: accessibility (axe), overflow, console.

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator, error::ErrorStatus};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

const AXE: &str = include_str!("../vendor/axe.min.js");

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

impl Theme {
    fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A browser window.
pub(crate) struct Chromium {
    pub(crate) client: Client,
    driver: Child,
    folder: std::path::PathBuf,
}

#[derive(Debug)]
struct DevTools(&'static str, Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({"cmd": self.0, "params": self.1}).to_string()))
    }
}

/// W3C Web Authentication level 3, section 11.3.
#[derive(Debug)]
struct AddAuthenticator;

impl WebDriverCompatibleCommand for AddAuthenticator {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/webauthn/authenticator", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &url::Url) -> (http::Method, Option<String>) {
        let device = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true, "isUserConsenting": true,
        });
        (http::Method::POST, Some(device.to_string()))
    }
}

#[derive(Debug)]
struct ConsoleLog;

impl WebDriverCompatibleCommand for ConsoleLog {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({"type": "browser"}).to_string()))
    }
}

impl Chromium {
    /// Starts one, or says why there is none: a panic in CI, `None` with a notice elsewhere.
    pub(crate) async fn start() -> Option<Self> {
        let started = Command::new("chromedriver")
            .args(["--port=0", "--allowed-ips=127.0.0.1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut driver = match started {
            Ok(driver) => driver,
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "chromedriver: {error}");
                eprintln!("NOT RUN: chromedriver is missing ({error}); install chromium-driver");
                return None;
            }
        };
        let output = driver.stdout.take().expect("its output");
        let port = tokio::task::spawn_blocking(move || {
            let mut lines = BufReader::new(output).lines().map_while(Result::ok);
            let port = lines.find_map(|line| {
                line.split("successfully on port ")
                    .nth(1)?
                    .trim_end_matches('.')
                    .parse::<u16>()
                    .ok()
            });
            // Keeps the pipe open and empty while the driver lives.
            std::thread::spawn(move || lines.for_each(drop));
            port
        });
        let port = port.await.expect("a thread").expect("chromedriver names its port");
        let folder =
            std::env::temp_dir().join(format!("latchkey-chromium-{port}-{}", std::process::id()));
        let capabilities = json!({
            "goog:chromeOptions": {"args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--hide-scrollbars",
                "--force-prefers-reduced-motion", "--lang=en",
                format!("--user-data-dir={}", folder.display()),
            ]},
            "goog:loggingPrefs": {"browser": "ALL"},
            "acceptInsecureCerts": true,
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().cloned().expect("an object"))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("chromium starts");
        Some(Self { client, driver, folder })
    }

    /// A DevTools command.
    pub(crate) async fn devtools(&self, command: &'static str, parameters: Value) -> Value {
        self.client.issue_cmd(DevTools(command, parameters)).await.expect("a DevTools command")
    }

    /// A device for passkeys, whose owner always says yes.
    pub(crate) async fn authenticator(&self) {
        let _id = self.client.issue_cmd(AddAuthenticator).await.expect("an authenticator");
    }

    /// The window as a phone or a desk has it.
    pub(crate) async fn screen(&self, width: u32, height: u32, theme: Theme) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        )
        .await;
        let features = json!([{"name": "prefers-color-scheme", "value": theme.word()}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// Pages without script from now on, or with it again.
    pub(crate) async fn without_script(&self, without: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": without})).await;
    }

    /// Opens a page.
    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("a page");
    }

    /// Types into the field of that name, over what is there.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        self.fill_at(&format!("[name=\"{name}\"]"), text).await;
    }

    /// Types into the first field that is meant, over what is there.
    pub(crate) async fn fill_at(&self, selector: &str, text: &str) {
        let field = self.client.find(Locator::Css(selector)).await;
        let field = field.unwrap_or_else(|error| panic!("no field {selector}: {error}"));
        field.clear().await.expect("it empties");
        field.send_keys(text).await.expect("it takes keys");
    }

    /// Presses the main button of the form that has the field `name`.
    pub(crate) async fn press(&self, selector: &str) {
        let button = self.client.find(Locator::Css(selector)).await;
        let button = button.unwrap_or_else(|error| panic!("no {selector}: {error}"));
        button.click().await.expect("it can be pressed");
    }

    /// The page's text. Between two pages there is none for a moment: then it is asked again.
    pub(crate) async fn text(&self) -> String {
        let script = "return document.body ? document.body.innerText : null";
        for _look in 0..200 {
            let text = self.client.execute(script, Vec::new()).await;
            if let Ok(Some(text)) = text.as_ref().map(Value::as_str) {
                return text.to_owned();
            }
        }
        panic!("a page without a body");
    }

    /// Waits until the page's address contains `part`.
    pub(crate) async fn arrive(&self, part: &str) {
        for _look in 0..200 {
            let here = self.client.current_url().await.expect("an address");
            if here.as_str().contains(part) {
                return;
            }
            self.client.wait().for_element(Locator::Css("body")).await.expect("a page");
        }
        panic!(
            "never came to {part}, is at {}",
            self.client.current_url().await.expect("an address")
        );
    }

    /// Accessibility, overflow at this width, and a silent console.
    pub(crate) async fn check(&self, what: &str) {
        self.check_overflow(what).await;
        self.check_axe(what).await;
        self.check_console(what).await;
    }

    async fn check_overflow(&self, what: &str) {
        let script =
            "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]";
        let widths = self.client.execute(script, Vec::new()).await.expect("widths");
        assert!(widths[0].as_u64() <= widths[1].as_u64(), "{what} overflows: {widths}");
    }

    async fn check_axe(&self, what: &str) {
        self.client.execute(AXE, Vec::new()).await.expect("axe loads");
        let script = "const done = arguments[arguments.length - 1]; axe.run(document, {runOnly: {type: 'tag', \
                      values: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}}) \
                      .then(r => done(r.violations.map(v => v.id + ': ' + v.help + ' ' + \
                      v.nodes.map(n => n.html + ' (' + n.failureSummary + ')').join(' | '))), e => done([String(e)]))";
        let violations = self.client.execute_async(script, Vec::new()).await.expect("axe runs");
        assert_eq!(violations, json!([]), "{what}: {violations:#}");
    }

    async fn check_console(&self, what: &str) {
        let entries = self.client.issue_cmd(ConsoleLog).await.expect("the console");
        let bad: Vec<&Value> = entries
            .as_array()
            .map(|entries| entries.iter().filter(|entry| entry["level"] == "SEVERE").collect())
            .unwrap_or_default();
        // A form sent back with what is wrong is a 4xx on purpose.
        let bad: Vec<&&Value> = bad
            .iter()
            .filter(|entry| !entry["message"].as_str().unwrap_or_default().contains("status of 4"))
            .collect();
        assert!(bad.is_empty(), "{what}: {bad:#?}");
    }

    /// Keeps a picture of the page under `target/shots`.
    pub(crate) async fn shoot(&self, name: &str) {
        let picture = self.client.screenshot().await.expect("a picture");
        let folder = harness::target_dir().join("shots");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("{name}.png")), picture).expect("a file");
    }

    /// Ends the session; the driver ends with it.
    pub(crate) async fn close(self) {
        let ended = self.client.clone().close().await;
        if let Err(error) = ended {
            eprintln!("the browser ended badly: {error} {:?}", ErrorStatus::UnknownError);
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Our own child, and its own folder.
        drop(self.driver.kill());
        drop(self.driver.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
