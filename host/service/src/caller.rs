//! Who is calling, as far as it is known before anybody has signed in.
//!
//! Guarantees: an address has one form (an IPv4 address inside IPv6 is an IPv4 address), and one
//! household's IPv6 addresses share a bucket. Does not: decide whose `Forwarded` header counts; the
//! edge has done that.

use core::net::IpAddr;
use domain::secret::Secret;
use domain::sessions::BETWEEN;

/// The facts about a request's sender.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The client's own address, trusted proxies looked through.
    pub address: IpAddr,
    /// What the program calls itself, cut to 200 characters; empty where it does not.
    pub agent: String,
    /// The token of a device that somebody has signed in on before, from its own cookie.
    pub device: Option<Secret>,
}

impl Caller {
    /// With the address in its canonical form.
    #[must_use]
    pub fn new(address: IpAddr, agent: &str, device: Option<Secret>) -> Self {
        let agent = agent.chars().filter(|c| !c.is_control()).take(200).collect();
        Self { address: address.to_canonical(), agent, device }
    }

    /// What shares a throttle: an IPv4 address, or the /64 of an IPv6 one.
    #[must_use]
    pub fn network(&self) -> String {
        match self.address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }

    /// For the person's list of sessions.
    #[must_use]
    pub fn seen_from(&self) -> String {
        if self.agent.is_empty() {
            self.address.to_string()
        } else {
            format!("{}{BETWEEN}{}", self.address, self.agent)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_household_shares_a_bucket() {
        let network = |text: &str| Caller::new(text.parse().unwrap(), "", None).network();
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
    }
}
