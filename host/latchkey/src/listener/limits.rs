//! How much a client may use, and who is counted how.

use core::net::{IpAddr, Ipv6Addr, SocketAddr};
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Limits of the edge. The defaults hold in the product; tests make them small.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address (IPv6: one /64). Loopback and trusted proxies are exempt.
    pub per_address: usize,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For a request's head, from its first byte or the connection's beginning.
    pub head: Duration,
    /// HTTP/2: between pings, and for their answer.
    pub ping: Duration,
    /// HTTP/2: without a request.
    pub idle: Duration,
    /// For what is under way when a door is closed.
    pub close: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            per_address: 64,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            ping: Duration::from_secs(20),
            idle: Duration::from_secs(120),
            close: Duration::from_secs(10),
        }
    }
}

/// Header fields of one request.
pub(crate) const MAX_HEADERS: usize = 100;
/// Bytes of one request's head.
pub(crate) const MAX_HEAD_BYTES: usize = 16 * 1024;
/// HTTP/2 streams of one connection.
pub(crate) const MAX_STREAMS: u32 = 64;

/// The connections that are open.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    all: AtomicUsize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

/// One counted connection; dropping it gives the place back.
#[derive(Debug)]
pub(crate) struct Place {
    counts: Arc<Counts>,
    address: Option<IpAddr>,
}

impl Counts {
    /// Takes a place. `None` where there is none left for this peer.
    pub(crate) fn take(
        self: &Arc<Self>,
        limits: &Limits,
        peer: SocketAddr,
        exempt: bool,
    ) -> Option<Place> {
        if self.all.fetch_add(1, Ordering::Relaxed) >= limits.connections {
            self.all.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let mut place = Place { counts: Arc::clone(self), address: None };
        if !exempt {
            let address = counted(peer.ip());
            let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
            let count = by_address.entry(address).or_default();
            if *count >= limits.per_address {
                return None;
            }
            *count += 1;
            place.address = Some(address);
        }
        Some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.counts.all.fetch_sub(1, Ordering::Relaxed);
        let Some(address) = self.address else { return };
        let mut by_address = self.counts.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                by_address.remove(&address);
            }
        }
    }
}

/// The address a peer is counted under: a mapped one as IPv4, an IPv6 one by its /64.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> SocketAddr {
        SocketAddr::new(text.parse().unwrap(), 1)
    }

    #[test]
    fn one_address_cannot_take_every_place() {
        let counts = Arc::new(Counts::default());
        let limits = Limits { connections: 3, per_address: 1, ..Limits::default() };
        let first = counts.take(&limits, peer("2001:db8::1"), false).unwrap();
        assert!(counts.take(&limits, peer("2001:db8::2"), false).is_none(), "the same /64");
        let mapped = counts.take(&limits, peer("::ffff:192.0.2.1"), false).unwrap();
        assert!(counts.take(&limits, peer("192.0.2.1"), false).is_none(), "the same address");
        let exempt = counts.take(&limits, peer("192.0.2.1"), true).unwrap();
        assert!(counts.take(&limits, peer("198.51.100.1"), false).is_none(), "all are taken");
        drop((first, mapped, exempt));
        assert_eq!(counts.all.load(Ordering::Relaxed), 0);
        assert!(counts.by_address.lock().unwrap().is_empty());
    }
}
