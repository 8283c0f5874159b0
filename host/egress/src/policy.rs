//! What one client may do: how far it reaches, whom it believes, how long it waits for a connection.

use crate::reach::Reach;
use crate::trust::Trust;
use core::time::Duration;

/// How long a connection may take to stand, name look-up and TLS included.
pub(crate) const CONNECT: Duration = Duration::from_secs(8);

/// How far a client reaches, and whom it believes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Which addresses may be connected to.
    pub reach: Reach,
    /// Which certificates are taken.
    pub trust: Trust,
}
