//! Opens every connection that leaves the process.
//!
//! A [`Client`] (HTTP) or a [`Dialer`] (anything else) is made for one purpose with one [`Policy`]: how
//! far it reaches and which certificates it takes. Names are resolved once per connection, every address is checked, and the connection goes
//! to a checked address. Redirects are never followed, proxies are never taken from the environment,
//! answers are cut at the size asked for, every request has a deadline.
//!
//! It does not decide who may ask for what: that is its callers' work.

pub mod client;
mod diagnosis;
mod dial;
pub mod failure;
mod names;
pub mod policy;
pub mod reach;
pub mod stages;
pub mod tcp;
pub mod trust;

pub use client::{Client, Request, Response};
pub use failure::{FailureKind, NetFailure};
pub use http::{HeaderMap, HeaderName, HeaderValue, Method};
pub use policy::Policy;
pub use reach::Reach;
pub use tcp::{Connection, Destination, Dialer, Security};
pub use trust::{Fingerprint, Trust};

use names::Names;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use trust::Authorities;

/// What all connections share.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Certificates of further authorities, PEM. They count besides the machine's own and Mozilla's.
    pub extra_authorities: Option<String>,
    /// Names that are not asked of the resolver, as a hosts file has them. Their addresses are checked
    /// like any other.
    pub hosts: BTreeMap<String, Vec<IpAddr>>,
}

/// The one place that opens connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Egress {
    names: Arc<Names>,
    authorities: Arc<Authorities>,
}

impl Egress {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// [`NetFailure`] where the extra authorities are no PEM certificates.
    pub fn new(options: Options) -> Result<Self, NetFailure> {
        Ok(Self {
            names: Arc::new(Names::new(options.hosts)),
            authorities: Arc::new(Authorities::new(options.extra_authorities.as_deref())?),
        })
    }

    /// A client with connections of its own, which close when the last clone of it is dropped.
    ///
    /// # Errors
    /// [`NetFailure`] where this machine's TLS cannot be set up.
    pub fn client(&self, policy: Policy) -> Result<Client, NetFailure> {
        Client::new(self.names.clone(), &self.authorities, policy)
    }

    /// What makes connections for protocols other than HTTP.
    ///
    /// # Errors
    /// [`NetFailure`] where this machine's TLS cannot be set up.
    pub fn dialer(&self, policy: Policy) -> Result<Dialer, NetFailure> {
        Dialer::new(self.names.clone(), &self.authorities, policy)
    }
}
