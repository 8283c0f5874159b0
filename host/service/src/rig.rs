//! A house without backends, for the tests of rules that need none.

use crate::caller::Caller;
use crate::clock::Clock;
use crate::entrance::Entered;
use crate::house::{Parts, Service};
use crate::kill_points::KillPoints;
use crate::random::Random;
use crate::sessions::{Begun, Held, Keep};
use crate::setup::{self, SetupDraft};
use crate::signin::{self, Credentials};
use crate::state_store::PluginState;
use crate::users::{self, UserDraft};
use crate::{Result, console};
use core::time::Duration;
use domain::names::Username;
use domain::role::{Admin, Role};
use domain::secret::Secret;
use domain::settings::{Dates, Log, Server, Settings, Settled, SignIn, Texts, Tls};
use domain::users::User;
use jiff::Timestamp;
use sandbox::Sandbox;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Store;

pub(crate) const PASSWORD: &str = "seven green umbrellas";
pub(crate) const OTHER_PASSWORD: &str = "eleven loud trombones";

/// A house.
pub(crate) struct Rig {
    pub(crate) service: Service,
    pub(crate) clock: Clock,
}

pub(crate) fn settled() -> Settled {
    let settings = Settings {
        server: Server {
            public_url: None,
            other_urls: Vec::new(),
            listen: Vec::new(),
            listen_http: None,
            trusted_proxies: Vec::new(),
        },
        tls: Tls::Off,
        admin: None,
        log: Log { level: "info".to_owned(), json: false },
        signin: SignIn::default(),
        backends: Vec::new(),
        mail: Vec::new(),
        reset_watches: Vec::new(),
        providers: Vec::new(),
        texts: Texts::default(),
        dates: Dates::default(),
        plugin_consent: BTreeMap::new(),
    };
    Settled { settings, sources: BTreeMap::new() }
}

pub(crate) fn caller(address: &str) -> Caller {
    Caller::new(address.parse().unwrap(), "test", None)
}

pub(crate) fn name(text: &str) -> Username {
    Username::parse(text).unwrap()
}

impl Rig {
    /// Pauses before answers pass by themselves.
    pub(crate) async fn new() -> Self {
        let start = "2030-01-01T00:00:00Z".parse().unwrap();
        Self::of(settled(), Clock::manual_that_passes(start, Duration::from_secs(5))).await.unwrap()
    }

    pub(crate) async fn of(settings: Settled, clock: Clock) -> Result<Self> {
        Self::over(Store::in_memory().unwrap(), settings, clock).await
    }

    pub(crate) async fn over(store: Store, settings: Settled, clock: Clock) -> Result<Self> {
        Self::killed_at(KillPoints::none(), store, (settings, clock)).await
    }

    /// One that dies at a point.
    pub(crate) async fn killed_at(
        kill_points: KillPoints,
        store: Store,
        (settings, clock): (Settled, Clock),
    ) -> Result<Self> {
        let hand = clock.clone();
        let sandbox = Sandbox::open(sandbox::Options {
            cache_dir: None,
            cache_key: store.derive("components").unwrap(),
            plugins_dir: None,
            bundled: Vec::new(),
            egress: egress::Egress::new(egress::Options::default()).unwrap(),
            state: Arc::new(PluginState::new(store.clone(), clock.clone())),
            now: Arc::new(move || hand.now()),
            consent: BTreeMap::new(),
        })
        .unwrap();
        let random = Random::system();
        let service = Service::open(Parts {
            store,
            sandbox,
            clock: clock.clone(),
            random,
            settings,
            kill_points,
        })
        .await?;
        Ok(Self { service, clock })
    }

    pub(crate) async fn epoch(&self) -> crate::sessions::Epoch {
        crate::sessions::epoch(&self.service).await.unwrap()
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn in_seconds(&self, seconds: u64) -> Timestamp {
        crate::clock::later(self.clock.now(), Duration::from_secs(seconds))
    }

    pub(crate) async fn setup_draft(&self, admin: &str) -> SetupDraft {
        SetupDraft {
            code: setup::fresh_code(&self.service).await.unwrap().unwrap(),
            username: name(admin),
            password: PASSWORD.into(),
            email: None,
            public_url: None,
        }
    }

    /// Set up, with the right of the first admin.
    pub(crate) async fn set_up(&self) -> (Admin, User) {
        let draft = self.setup_draft("root").await;
        let user = setup::complete(&self.service, draft, &caller("192.0.2.1")).await.unwrap();
        (Admin::prove(&user).unwrap(), user)
    }

    pub(crate) async fn user(&self, by: &Admin, called: &str, role: Role) -> User {
        let draft = UserDraft {
            username: name(called),
            password: Some(PASSWORD.into()),
            email: None,
            role,
            label: String::new(),
            expires_at: None,
        };
        users::create(&self.service, by, draft).await.unwrap()
    }

    pub(crate) async fn sign_in(&self, who: &str, password: &str, keep: Keep) -> Result<Begun> {
        self.sign_in_from(who, password, keep, &caller("192.0.2.1")).await
    }

    pub(crate) async fn sign_in_from(
        &self,
        who: &str,
        password: &str,
        keep: Keep,
        from: &Caller,
    ) -> Result<Begun> {
        let credentials =
            Credentials { provider: None, username: who.to_owned(), password: password.into() };
        signin::login(&self.service, &credentials, keep, from).await.map(entered)
    }

    pub(crate) async fn link(&self, who: &str) -> String {
        let link = console::login_link(&self.service, who).await.unwrap();
        link.path.expose().rsplit('/').next().unwrap().to_owned()
    }
}

pub(crate) fn entered(entered: Entered) -> Begun {
    match entered {
        Entered::In(begun) => *begun,
        Entered::SecondFactor(_) => panic!("a second factor is asked for"),
    }
}

pub(crate) fn cookie(begun: &Begun) -> &Secret {
    match &begun.held {
        Held::Browser { cookie, .. } => cookie,
        Held::Program(_) => panic!("a program holds no cookie"),
    }
}
