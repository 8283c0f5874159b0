//! Names resolved once, and only to addresses that may be connected to.

use crate::reach::Reach;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Why a name did not lead to an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LookupFailure {
    #[error("the name {host} was not found")]
    Unknown { host: String },
    #[error("the name {host} could not be looked up ({reason})")]
    Resolver { host: String, reason: String },
    #[error("{host} is {what}, which must not be connected to")]
    NotAllowed { host: String, what: &'static str },
}

/// The resolver of the machine, with a table of names before it.
#[derive(Debug)]
pub(crate) struct Names {
    hosts: BTreeMap<String, Vec<IpAddr>>,
}

impl Names {
    pub(crate) fn new(hosts: BTreeMap<String, Vec<IpAddr>>) -> Self {
        Self { hosts }
    }

    /// The addresses of a name or a literal address that `reach` allows; never an empty list.
    ///
    /// # Errors
    /// [`LookupFailure`]; one forbidden address among good ones is only left out, since names of the
    /// home network often have a link-local address besides.
    pub(crate) async fn lookup(
        &self,
        host: &str,
        reach: Reach,
    ) -> Result<Vec<IpAddr>, LookupFailure> {
        let found = self.ask(host).await?;
        let objection = found.iter().find_map(|address| reach.objection(*address));
        let mut allowed: Vec<IpAddr> = Vec::new();
        for address in found {
            if reach.objection(address).is_none() && !allowed.contains(&address) {
                allowed.push(address);
            }
        }
        match objection {
            Some(what) if allowed.is_empty() => {
                Err(LookupFailure::NotAllowed { host: host.to_owned(), what })
            }
            None if allowed.is_empty() => Err(LookupFailure::Unknown { host: host.to_owned() }),
            _ => Ok(allowed),
        }
    }

    async fn ask(&self, host: &str) -> Result<Vec<IpAddr>, LookupFailure> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(literal) = bare.parse() {
            return Ok(vec![literal]);
        }
        if let Some(addresses) = self.hosts.get(host.trim_end_matches('.')) {
            return Ok(addresses.clone());
        }
        match tokio::net::lookup_host((host, 0)).await {
            Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
            // The resolver of the C library says "no such name" by an error without a kind.
            Err(cause) if cause.raw_os_error().is_none() => {
                Err(LookupFailure::Unknown { host: host.to_owned() })
            }
            Err(cause) => Err(LookupFailure::Resolver {
                host: host.to_owned(),
                reason: cause.kind().to_string(),
            }),
        }
    }
}

/// The resolver as the client library wants it, bound to one reach.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) names: Arc<Names>,
    pub(crate) reach: Reach,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let found = this.names.lookup(name.as_str(), this.reach).await?;
            // Port 0 stands for the port of the URL.
            let addresses: Addrs =
                Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
