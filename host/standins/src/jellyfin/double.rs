//! The running double: starting, stopping, scripting, and its transcript.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::options::{Mode, Options, Phase, Release};
use super::server::{Server, Transcribed};
use super::state::State;
use super::{listener, router};
use crate::faults::{Fault, Injected};

/// A running double. Dropping it ends it.
pub struct Jellyfin {
    pub(super) server: Arc<Server>,
    port: u16,
    task: Option<JoinHandle<()>>,
}

impl fmt::Debug for Jellyfin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jellyfin").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Jellyfin {
    /// Starts a fresh server, wizard not done, on the current runtime.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start(release: Release, options: Options) -> io::Result<Jellyfin> {
        let listener = listener::bind(options.port).await?;
        let port = listener.local_addr()?.port();
        let state = State::new(release, options, format!("http://127.0.0.1:{port}"));
        let server = Arc::new(Server::new(state));
        let task = tokio::spawn(listener::accept(listener, Arc::clone(&server)));
        Ok(Jellyfin { server, port, task: Some(task) })
    }

    /// Where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The line it plays.
    #[must_use]
    pub fn release(&self) -> Release {
        self.server.release
    }

    /// The server's id.
    #[must_use]
    pub fn server_id(&self) -> String {
        self.server.with_state(|state| state.server_id.clone())
    }

    /// Sets how far the server is.
    pub fn set_phase(&self, phase: Phase) {
        self.server.set_phase(phase);
    }

    /// Closes the port and every connection: callers are refused. State stays.
    pub async fn stop_listening(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // It was ended on purpose; waiting makes sure the port is closed.
            drop(task.await);
        }
    }

    /// Listens again on the same port.
    ///
    /// # Errors
    /// When the port has gone to somebody else.
    pub async fn listen_again(&mut self) -> io::Result<()> {
        if self.task.is_none() {
            let listener = listener::bind(self.port).await?;
            self.task = Some(tokio::spawn(listener::accept(listener, Arc::clone(&self.server))));
        }
        Ok(())
    }

    /// Scripts the next answer of a route, written as `POST /Users/{userId}/Policy`; the names of
    /// the holes do not matter. Several faults of one route are used in order.
    ///
    /// # Panics
    /// When there is no such route: a script for it would never be used.
    pub fn inject(&self, route: &str, fault: Fault) -> Injected {
        let (method, pattern) = route.split_once(' ').unwrap_or(("GET", route));
        let known = router::known(method, pattern);
        let name = known.map(|route| format!("{} {}", route.method, route.pattern));
        assert!(name.is_some(), "the stand-in Jellyfin has no route {route}");
        self.server.faults.add(name.unwrap_or_default(), fault)
    }

    /// Every answered request, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Transcribed> {
        self.server.transcript()
    }

    /// Requests no Jellyfin knows, as method and path.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.server.violations()
    }

    /// Takes the violations: a test that meant them has looked.
    #[must_use]
    pub fn take_violations(&self) -> Vec<String> {
        self.server.take_violations()
    }
}

impl Drop for Jellyfin {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        let strict = self.server.mode == Mode::Strict && !std::thread::panicking();
        let violations = self.violations();
        assert!(
            !strict || violations.is_empty(),
            "asked Jellyfin {} for what it does not have: {violations:?}",
            self.server.release.version(),
        );
    }
}
