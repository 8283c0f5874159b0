//! The running double: starting, stopping, scripting, and its transcript.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;

use super::behaviour::Behaviour;
use super::listener::{self, Log, Shared};
use super::options::{Mode, Options};
use super::router;
use super::state::{State, Urls};
use super::transcript::Transcribed;
use super::wire::Service;
use crate::faults::{Fault, Faults, Injected};

/// A running double. Dropping it ends it.
pub struct Plex {
    pub(super) shared: Arc<Shared>,
    mode: Mode,
    ports: BTreeMap<Service, u16>,
    tasks: BTreeMap<Service, JoinHandle<()>>,
}

impl fmt::Debug for Plex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plex").field("url", &self.plex_url()).finish_non_exhaustive()
    }
}

impl Plex {
    /// Starts Olga's house for a test, with the machine's clock, on the current runtime.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub async fn start() -> io::Result<Plex> {
        Plex::start_with(Options::default()).await
    }

    /// Starts Olga's house as wanted, on the current runtime.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub async fn start_with(options: Options) -> io::Result<Plex> {
        let mut listeners = Vec::new();
        let mut ports = BTreeMap::new();
        for service in Service::ALL {
            let listener = listener::bind(0).await?;
            ports.insert(service, listener.local_addr()?.port());
            listeners.push((service, listener));
        }
        let urls = ports.iter().map(|(service, port)| (*service, url(*port))).collect();
        let (mode, clock) = (options.mode, Arc::clone(&options.clock));
        let state = Mutex::new(State::new(options, Urls(urls)));
        let log = Mutex::new(Log::default());
        let shared = Arc::new(Shared { clock, state, faults: Faults::default(), log });
        let mut tasks = BTreeMap::new();
        for (service, listener) in listeners {
            let task = tokio::spawn(listener::accept(listener, service, Arc::clone(&shared)));
            tasks.insert(service, task);
        }
        Ok(Plex { shared, mode, ports, tasks })
    }

    /// Where a server listens, without a slash at the end.
    #[must_use]
    pub fn url(&self, service: Service) -> String {
        url(self.ports.get(&service).copied().unwrap_or_default())
    }

    /// Where `plex.tv` is.
    #[must_use]
    pub fn plex_url(&self) -> String {
        self.url(Service::PlexTv)
    }

    /// Where `clients.plex.tv` is.
    #[must_use]
    pub fn clients_url(&self) -> String {
        self.url(Service::Clients)
    }

    /// Where `app.plex.tv` is; the auth page is at `/auth`.
    #[must_use]
    pub fn app_url(&self) -> String {
        self.url(Service::App)
    }

    /// Where Olga's Plex Media Server is.
    #[must_use]
    pub fn server_url(&self) -> String {
        self.url(Service::Server)
    }

    /// Closes a port and its connections: callers are refused. State stays.
    pub async fn stop_listening(&mut self, service: Service) {
        if let Some(task) = self.tasks.remove(&service) {
            task.abort();
            // It was ended on purpose; waiting makes sure the port is closed.
            drop(task.await);
        }
    }

    /// Listens again on the same port.
    ///
    /// # Errors
    /// When the port has gone to somebody else.
    pub async fn listen_again(&mut self, service: Service) -> io::Result<()> {
        if !self.tasks.contains_key(&service) {
            let listener = listener::bind(self.ports.get(&service).copied().unwrap_or(0)).await?;
            let task = tokio::spawn(listener::accept(listener, service, Arc::clone(&self.shared)));
            self.tasks.insert(service, task);
        }
        Ok(())
    }

    /// Sets a switch, until it is set again.
    pub fn set(&self, behaviour: Behaviour) {
        self.shared.state().switches.set(behaviour);
    }

    /// Scripts the next answer of a route, written as `POST /api/v2/shared_servers/{id}`; the names of the
    /// holes do not matter. Several faults of one route are used in order.
    ///
    /// # Panics
    /// When there is no such route: a script for it would never be used.
    pub fn inject(&self, route: &str, fault: Fault) -> Injected {
        let (method, pattern) = route.split_once(' ').unwrap_or(("GET", route));
        let name = router::known(method, pattern).map(router::Route::name);
        assert!(name.is_some(), "the stand-in Plex has no route {route}");
        self.shared.faults.add(name.unwrap_or_default(), fault)
    }

    /// Every request, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Transcribed> {
        self.shared.log().requests.clone()
    }

    /// Every token, code or profile's PIN that stood in a URL, in words; a switch's `pin` belongs there. Each is
    /// a violation as well unless tokens may stand there.
    #[must_use]
    pub fn tokens_in_urls(&self) -> Vec<String> {
        self.shared.log().leaks.clone()
    }

    /// Whose tokens arrived at the origin that is none of Plex's. Must be nobody's.
    #[must_use]
    pub fn tokens_elsewhere(&self) -> Vec<String> {
        self.shared.log().astray.clone()
    }

    /// Requests no Plex knows, and secrets in URLs.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.log().violations.clone()
    }

    /// Takes the violations: a test that meant them has looked.
    #[must_use]
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.log().violations)
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

impl Drop for Plex {
    fn drop(&mut self) {
        for task in self.tasks.values() {
            task.abort();
        }
        let strict = self.mode == Mode::Strict && !std::thread::panicking();
        let violations = self.violations();
        assert!(!strict || violations.is_empty(), "did to Plex what nobody may: {violations:?}");
    }
}
