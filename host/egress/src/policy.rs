//! What one client may do: how far it reaches, whom it believes, how long it waits for a connection.

use crate::reach::Reach;
use crate::trust::Trust;
use core::time::Duration;

/// How long a connection may take to stand, name look-up and TLS included.
pub(crate) const CONNECT: Duration = Duration::from_secs(8);

/// How long the handshake of a connection that stands may take: a server that waits for something else is
/// told while somebody still looks at the page.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(6);

/// How far a client reaches, and whom it believes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Which addresses may be connected to.
    pub reach: Reach,
    /// Which certificates are taken.
    pub trust: Trust,
}
