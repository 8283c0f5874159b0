//! What tests of redirect sign-in at a backend share: a house with a Plex, and the ways of its people.

use harness::{Answer, House, Visitor};
use serde_json::{Value, json};
use service::clock::Clock;
use standins::Plex;
use standins::plex::Options;
use std::sync::{Arc, OnceLock};

/// What everybody is let in by.
pub(crate) const OPEN: &str = "access = { rule = \"open\" }";
/// What nobody is let in by whom the house does not know.
pub(crate) const KNOWN: &str = "access = { rule = \"known\" }";

/// A house to which Olga's server is connected as `plex`.
pub(crate) struct PlexHouse {
    pub(crate) house: House,
    pub(crate) plex: Plex,
}

impl PlexHouse {
    /// Everybody whom the server knows may come in.
    pub(crate) async fn open() -> Self {
        Self::with(OPEN, true, "").await
    }

    /// By that rule, with or without the owner's token, and more in the settings file.
    pub(crate) async fn with(rule: &str, connected: bool, more: &str) -> Self {
        let clock: Arc<OnceLock<Clock>> = Arc::default();
        let plex = started(&clock).await;
        let owner_token = plex.token("olga", "latchkey-test");
        let token = connected.then_some(owner_token.as_str());
        let text = format!("{}{more}\n", settings(&plex, token, rule));
        let house = House::with_more(&text).await;
        assert!(clock.set(house.clock.clone()).is_ok());
        Self { house, plex }
    }

    /// Where a browser that wants in is sent.
    pub(crate) async fn away(&self, browser: &Visitor, query: &str) -> String {
        let answer = browser.get(&format!("/api/auth/plex/login{query}")).await;
        assert!(matches!(answer.status, 302 | 303), "{} {}", answer.status, answer.text);
        let away = answer.header("location").to_owned();
        assert!(away.starts_with(&self.plex.app_url()), "{away}");
        away
    }

    /// Somebody agrees on Plex's page and is sent back.
    pub(crate) async fn back(&self, browser: &Visitor, away: &str, name: &str) -> Answer {
        let forward = self.plex.authorize(away, name).expect("the browser is sent back");
        // It comes from another site, and says so.
        let browser = browser.with_header("sec-fetch-site", "cross-site");
        browser.get(&self.ours(&forward)).await
    }

    /// The path of an address of ours.
    pub(crate) fn ours(&self, address: &str) -> String {
        let here = self.house.url("");
        address.strip_prefix(&here).unwrap_or_else(|| panic!("{address} is not ours")).to_owned()
    }

    /// There and back, as far as it goes.
    pub(crate) async fn sign_in(&self, name: &str) -> (Visitor, Answer) {
        let browser = self.house.browser();
        let away = self.away(&browser, "").await;
        let answer = self.back(&browser, &away, name).await;
        (browser, answer)
    }

    /// Somebody who has to come in.
    pub(crate) async fn signed_in(&self, name: &str) -> Visitor {
        let (browser, answer) = self.sign_in(name).await;
        let answer = answer.expect(303);
        assert!(self.is_in(&browser).await, "{} {}", answer.asked, answer.header("location"));
        browser
    }

    /// A browser that has to say who of Olga's home it is.
    pub(crate) async fn chooser(&self) -> Visitor {
        let (browser, answer) = self.sign_in("olga").await;
        assert_eq!(answer.expect(303).header("location"), "/login/home-user");
        browser
    }

    /// What a profile is chosen by.
    pub(crate) fn profile(&self, name: &str) -> String {
        self.plex.person(name).uuid
    }

    /// Chooses on the page.
    pub(crate) async fn pick(&self, browser: &Visitor, name: &str, pin: Option<&str>) -> Answer {
        let id = self.profile(name);
        let mut fields = vec![("id", id.as_str())];
        fields.extend(pin.map(|pin| ("pin", pin)));
        browser.submit("/login/home-user", &fields).await
    }

    /// Chooses by the API.
    pub(crate) async fn switch(&self, browser: &Visitor, name: &str, pin: Option<&str>) -> Answer {
        let mut body = json!({ "id": self.profile(name) });
        if let Some(pin) = pin {
            body["pin"] = pin.into();
        }
        browser.post("/api/auth/plex/switch-profile", body).await
    }

    /// Who that browser is.
    pub(crate) async fn me(&self, browser: &Visitor) -> Value {
        browser.get("/api/auth/me").await.json()
    }

    /// Whether that browser is anybody.
    pub(crate) async fn is_in(&self, browser: &Visitor) -> bool {
        self.me(browser).await["user"]["id"].is_string()
    }

    /// How many users there are.
    pub(crate) async fn users(&self) -> usize {
        let all = self.house.admin().await.get("/api/users?limit=200").await.expect(200).json();
        all["items"].as_array().map_or(0, Vec::len)
    }
}

/// A Plex whose clock is the house's, as soon as there is one.
pub(crate) async fn started(clock: &Arc<OnceLock<Clock>>) -> Plex {
    let hand = clock.clone();
    let now =
        move || hand.get().map_or_else(|| "2026-11-21T12:00:00Z".parse().unwrap(), Clock::now);
    Plex::start_with(Options::strict(Arc::new(now))).await.unwrap()
}

/// The settings of a house to which that Plex is connected, with or without its owner's token.
pub(crate) fn settings(plex: &Plex, token: Option<&str>, rule: &str) -> String {
    let mut settings = vec![
        ("url", plex.server_url()),
        ("plex_tv", plex.plex_url()),
        ("clients", plex.clients_url()),
        ("app", plex.app_url()),
    ];
    settings.extend(token.map(|token| ("token", token.to_owned())));
    let settings: Vec<String> =
        settings.into_iter().map(|(key, value)| format!("{key} = \"{value}\"")).collect();
    format!(
        "[[backend]]\nid = \"plex\"\nplugin = \"plex\"\nlabel = \"Olga's Plex\"\nsettings = {{ {} }}\n\
         [[provider]]\nid = \"plex\"\nkind = \"backend\"\nbackend = \"plex\"\n{rule}\n",
        settings.join(", ")
    )
}
