//! Listening sockets: which addresses, what they speak, and why one could not be opened, in words.

use core::fmt;
use core::net::SocketAddr;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use tokio::net::TcpListener;

/// What a door speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speaks {
    /// TLS, then HTTP/1.1 or HTTP/2.
    Https,
    /// HTTP/1.1 in the clear.
    Http,
    /// HTTP/1.1 in the clear that only sends browsers on to https.
    Redirect,
}

/// An address and what is spoken there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Door {
    /// Where; port 0 lets the system choose.
    pub address: SocketAddr,
    /// What.
    pub speaks: Speaks,
}

/// Why a door could not be opened.
#[derive(Debug)]
pub struct NotOpened {
    /// Which.
    pub door: Door,
    /// Why.
    pub cause: io::Error,
}

impl fmt::Display for NotOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.door.address;
        let key = match self.door.speaks {
            Speaks::Redirect => "server.listen_http",
            Speaks::Https | Speaks::Http => "server.listen or --listen",
        };
        write!(f, "could not listen on {address}: ")?;
        match self.cause.kind() {
            io::ErrorKind::AddrInUse => write!(
                f,
                "another program uses this port; stop it, or choose another address with {key}"
            ),
            io::ErrorKind::PermissionDenied if address.port() < 1024 => write!(
                f,
                "ports below 1024 are for root; choose a higher one with {key}, or grant the capability CAP_NET_BIND_SERVICE"
            ),
            io::ErrorKind::AddrNotAvailable => {
                write!(f, "this machine has no such address; correct {key}")
            }
            _ => write!(f, "{}; check {key}", self.cause),
        }
    }
}

impl std::error::Error for NotOpened {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// Opens a listening socket. One for IPv6 takes IPv6 only, whatever the machine's default, so that
/// `0.0.0.0` and `[::]` can stand beside each other.
pub(crate) fn open(door: Door) -> Result<TcpListener, NotOpened> {
    bind(door.address).map_err(|cause| NotOpened { door, cause })
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    TcpListener::from_std(socket.into())
}
