//! The running double: starting, scripting, and what it took.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::options::{At, Fault, Mode, Options};
use super::state::Shared;
use super::{page, talk};
use crate::loopback;
use crate::mail::Mail;

/// A running double. Dropping it ends it.
pub struct Smtp {
    shared: Arc<Shared>,
    port: u16,
    page_port: Option<u16>,
    tasks: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("port", &self.port).finish_non_exhaustive()
    }
}

impl Smtp {
    /// Starts an empty one on the current runtime.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub async fn start(options: Options) -> io::Result<Smtp> {
        let listener = loopback::bind(options.port).await?;
        let port = listener.local_addr()?.port();
        let wanted = options.page_port;
        let shared = Arc::new(Shared::new(options));
        let mut tasks = vec![tokio::spawn(accept(listener, Arc::clone(&shared)))];
        let mut page_port = None;
        if let Some(wanted) = wanted {
            let listener = loopback::bind(wanted).await?;
            page_port = Some(listener.local_addr()?.port());
            let behind = Arc::clone(&shared);
            let mails = move || behind.state().mails.clone();
            let handler: loopback::Handler =
                Arc::new(move |asked| Some(page::show(&asked, &mails())));
            tasks.push(tokio::spawn(loopback::serve(listener, handler)));
        }
        Ok(Smtp { shared, port, page_port, tasks })
    }

    /// The port on 127.0.0.1 it takes mail at.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its page is, without a slash at the end; none where it has no page.
    #[must_use]
    pub fn page_url(&self) -> Option<String> {
        self.page_port.map(|port| format!("http://127.0.0.1:{port}"))
    }

    /// Scripts what happens next at some moment; several of one moment are used in order.
    pub fn inject(&self, at: At, fault: Fault) {
        self.shared.state().faults.push_back((at, fault));
    }

    /// Every mail it took, oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.state().mails.clone()
    }

    /// Waits until it took so many mails. Cancel safe.
    pub async fn wait_for(&self, count: usize) -> Vec<Mail> {
        // The sender lives as long as this does.
        drop(self.shared.count.subscribe().wait_for(|taken| *taken >= count).await);
        self.mails()
    }

    /// Everything said, `C: ` and `S: ` in front, without secrets and without messages.
    #[must_use]
    pub fn transcript(&self) -> Vec<String> {
        self.shared.state().transcript.clone()
    }

    /// Takes what no client should have done: a test that meant it has looked.
    #[must_use]
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.state().violations)
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        let strict = self.shared.options.mode == Mode::Strict && !std::thread::panicking();
        let violations = self.take_violations();
        assert!(!strict || violations.is_empty(), "broke the rules of SMTP: {violations:?}");
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut sessions = JoinSet::new();
    loop {
        // A failed accept is the peer's doing; the next one may work.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        sessions.spawn(async move {
            // Clients hang up as they like.
            drop(talk::talk(stream, &shared).await);
        });
        while sessions.try_join_next().is_some() {}
    }
}
