//! The keys of devices, Plex's own, and what was signed with it.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::signature::Ed25519KeyPair;
use jiff::Timestamp;

/// A device's key.
#[derive(Clone, Debug)]
pub(super) struct DeviceKey {
    pub(super) client: String,
    pub(super) person: u64,
    pub(super) kid: String,
    pub(super) public: Vec<u8>,
}

/// What is known of keys and nonces.
#[derive(Default)]
pub(super) struct Keys {
    /// Handed out and not used yet, with their end.
    pub(super) nonces: Vec<(String, Timestamp)>,
    pub(super) devices: Vec<DeviceKey>,
    /// The end of each JWT that was handed out.
    pub(super) ends: Vec<(String, Timestamp)>,
    /// Plex's own; made when first needed.
    own: Option<Ed25519KeyPair>,
}

impl Keys {
    /// Whether a token is a JWT whose time is over.
    pub(super) fn ended(&self, token: &str, now: Timestamp) -> bool {
        self.ends.iter().any(|(held, end)| held == token && *end <= now)
    }

    /// Plex's own key.
    pub(super) fn own(&mut self) -> Result<&Ed25519KeyPair, Unspecified> {
        if self.own.is_none() {
            self.own = Some(Ed25519KeyPair::generate()?);
        }
        self.own.as_ref().ok_or(Unspecified)
    }
}
