//! From a name to a standing connection: looked up once, every address checked, nothing said yet.

use crate::diagnosis::connect_failure;
use crate::failure::{FailureKind, NetFailure};
use crate::names::Names;
use crate::policy::CONNECT;
use crate::reach::Reach;
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Addresses of one name that are tried at most.
const TRIED: usize = 4;

/// The addresses of a name or a literal address that `reach` allows; never an empty list.
///
/// # Errors
/// `not-allowed` or `name-lookup`; nothing was sent.
pub(crate) async fn resolve(
    names: &Names,
    name: &str,
    reach: Reach,
) -> Result<Vec<IpAddr>, NetFailure> {
    match timeout(CONNECT, names.lookup(name, reach)).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(cause)) => Err(connect_failure(&io::Error::other(cause), name)),
        Err(_elapsed) => Err(NetFailure::unsent(
            FailureKind::NameLookup,
            format!("the name {name} could not be looked up in time"),
        )),
    }
}

/// A connection to the first of the addresses that answers; `host` is for the words.
///
/// # Errors
/// Why the last one of them did not answer; nothing was sent.
pub(crate) async fn connect(
    addresses: &[IpAddr],
    port: u16,
    host: &str,
) -> Result<(TcpStream, SocketAddr), NetFailure> {
    let mut last = None;
    for address in addresses.iter().take(TRIED) {
        let address = SocketAddr::new(*address, port);
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, address)),
            Ok(Err(cause)) => last = Some(cause),
            Err(_elapsed) => last = Some(io::ErrorKind::TimedOut.into()),
        }
    }
    let cause = last.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into());
    Err(connect_failure(&cause, host))
}
