//! The doors: TCP, TLS and HTTP, with limits and deadlines on everything a client can hold open.
//!
//! Doors are opened and closed while running, by address. What a request means is the answer's
//! business; who may connect, how long and how much is decided here.

mod answer;
pub mod certificate;
mod connection;
mod door;
mod limits;
mod redirect;

pub use answer::{Answer, Body, Visit};
pub use certificate::Certificates;
pub use door::{Door, NotOpened, Speaks};
pub use limits::Limits;
pub use redirect::{OriginFor, redirect};

use connection::Reception;
use core::net::SocketAddr;
use ipnet::IpNet;
use limits::Counts;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Duration, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// All doors of a house.
pub struct Doors {
    answer: Answer,
    redirect: Answer,
    tls: TlsAcceptor,
    limits: Limits,
    counts: Arc<Counts>,
    exempt: Arc<RwLock<Vec<IpNet>>>,
    connections: TaskTracker,
    closing: CancellationToken,
    ending: CancellationToken,
    open: Mutex<Vec<OpenDoor>>,
}

struct OpenDoor {
    door: Door,
    bound: SocketAddr,
    stop: CancellationToken,
    accepting: JoinHandle<()>,
}

/// A door that stands open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The address and port it has.
    pub bound: SocketAddr,
    /// What it speaks.
    pub speaks: Speaks,
}

impl Doors {
    /// A house with every door closed.
    ///
    /// # Errors
    /// Words, where the cryptographic library does not offer what TLS 1.2 and 1.3 need.
    pub fn new(
        answer: Answer,
        redirect: Answer,
        certificates: Arc<Certificates>,
        limits: Limits,
    ) -> Result<Self, String> {
        let config = certificate::server_config(certificates)
            .map_err(|cause| format!("could not prepare TLS: {cause}"))?;
        Ok(Self {
            answer,
            redirect,
            tls: TlsAcceptor::from(Arc::new(config)),
            limits,
            counts: Arc::new(Counts::default()),
            exempt: Arc::new(RwLock::new(Vec::new())),
            connections: TaskTracker::new(),
            closing: CancellationToken::new(),
            ending: CancellationToken::new(),
            open: Mutex::new(Vec::new()),
        })
    }

    /// Networks whose addresses may have any number of connections: trusted proxies.
    pub fn exempt(&self, networks: Vec<IpNet>) {
        *self.exempt.write().unwrap_or_else(PoisonError::into_inner) = networks;
    }

    /// Opens what is wanted and not open, then closes what is open and not wanted; requests under
    /// way on a closed door are finished. A door that cannot be opened is told; the others stand.
    ///
    /// What is open on a wanted port, but with another address or another protocol, is closed first.
    /// Not cancel safe: a cancelled call may leave doors closed.
    pub async fn set(&self, wanted: &[Door]) -> Vec<NotOpened> {
        let mut open = self.open.lock().await;
        let (kept, gone): (Vec<_>, Vec<_>) =
            open.drain(..).partition(|old| wanted.contains(&old.door));
        *open = kept;
        let new: Vec<Door> = wanted
            .iter()
            .copied()
            .filter(|door| !open.iter().any(|old| old.door == *door))
            .collect();
        let (in_the_way, others): (Vec<_>, Vec<_>) = gone
            .into_iter()
            .partition(|old| new.iter().any(|door| door.address.port() == old.bound.port()));
        for old in in_the_way {
            old.close().await;
        }
        let mut failed = Vec::new();
        for door in new {
            match door::open(door).and_then(|listener| {
                let bound = listener.local_addr().map_err(|cause| NotOpened { door, cause })?;
                Ok((listener, bound))
            }) {
                Ok((listener, bound)) => open.push(self.begin(door, bound, listener)),
                Err(not) => failed.push(not),
            }
        }
        for old in others {
            old.close().await;
        }
        failed
    }

    /// What stands open.
    pub async fn opened(&self) -> Vec<Opened> {
        let open = self.open.lock().await;
        open.iter().map(|old| Opened { bound: old.bound, speaks: old.door.speaks }).collect()
    }

    /// Stops accepting, lets requests under way finish within the limit, then drops them.
    pub async fn close(&self) {
        let open: Vec<_> = self.open.lock().await.drain(..).collect();
        for door in open {
            door.close().await;
        }
        self.closing.cancel();
        self.connections.close();
        if timeout(self.limits.close, self.connections.wait()).await.is_err() {
            tracing::warn!(
                connections = self.connections.len(),
                "requests that took too long are dropped"
            );
            self.ending.cancel();
            self.connections.wait().await;
        }
    }

    fn begin(&self, door: Door, bound: SocketAddr, listener: TcpListener) -> OpenDoor {
        let stop = self.closing.child_token();
        let answer = if door.speaks == Speaks::Redirect { &self.redirect } else { &self.answer };
        let reception = Reception {
            answer: Arc::clone(answer),
            tls: self.tls.clone(),
            limits: self.limits,
            closing: stop.clone(),
            ending: self.ending.clone(),
        };
        let accepting = Accepting {
            reception,
            speaks: door.speaks,
            counts: Arc::clone(&self.counts),
            exempt: Arc::clone(&self.exempt),
            connections: self.connections.clone(),
        };
        let accepting = tokio::spawn(accepting.run(listener));
        OpenDoor { door, bound, stop, accepting }
    }
}

impl OpenDoor {
    /// The port is free when this ends; connections finish by themselves.
    async fn close(self) {
        self.stop.cancel();
        if let Err(cause) = self.accepting.await {
            tracing::error!(address = %self.bound, %cause, "an accepting task failed");
        }
    }
}

/// The loop of one door.
struct Accepting {
    reception: Reception,
    speaks: Speaks,
    counts: Arc<Counts>,
    exempt: Arc<RwLock<Vec<IpNet>>>,
    connections: TaskTracker,
}

impl Accepting {
    async fn run(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.reception.closing.cancelled() => return,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let exempt = self.is_exempt(peer);
                    let limits = &self.reception.limits;
                    let Some(place) = self.counts.take(limits, peer, exempt) else {
                        tracing::debug!(%peer, "too many connections; this one is closed");
                        continue;
                    };
                    let reception = self.reception.clone();
                    let speaks = self.speaks;
                    let visit = Visit { peer, tls: false };
                    self.connections.spawn(async move {
                        connection::serve(reception, stream, speaks, visit).await;
                        drop(place);
                    });
                }
                Err(cause) => {
                    // Out of file handles, mostly: waiting a moment lets connections end.
                    tracing::warn!(%cause, "could not accept a connection; trying again");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn is_exempt(&self, peer: SocketAddr) -> bool {
        let address = peer.ip().to_canonical();
        let exempt = self.exempt.read().unwrap_or_else(PoisonError::into_inner);
        address.is_loopback() || exempt.iter().any(|network| network.contains(&address))
    }
}
