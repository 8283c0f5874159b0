//! Which addresses may be connected to.
//!
//! An address inside another (IPv4 mapped, compatible, translated or tunnelled in IPv6) is judged as
//! what it really is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far a connection may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The admin typed the address: private networks and this machine are fine. Link-local addresses
    /// and the metadata services of clouds never are.
    AdminTyped,
    /// Somebody else named it: only addresses of the public internet.
    Public,
}

/// Metadata services outside the link-local ranges: Alibaba Cloud's, Azure's, Oracle Cloud's older one,
/// AWS's and Google Cloud's (IPv6).
const METADATA: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

impl Reach {
    /// Why `address` is not connected to; `None` where it may be.
    #[must_use]
    pub fn objection(self, address: IpAddr) -> Option<&'static str> {
        let address = true_address(address);
        if METADATA.contains(&address) {
            return Some("a metadata service");
        }
        let (never, not_public) = match address {
            IpAddr::V4(v4) => (never_v4(v4), not_public_v4(v4)),
            IpAddr::V6(v6) => (never_v6(v6), not_public_v6(v6)),
        };
        match self {
            Self::AdminTyped => never,
            Self::Public => never.or(not_public),
        }
    }
}

/// The IPv4 address inside an IPv6 one, where there is one that a packet would end up at.
fn true_address(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [a, b, _, _, _, _, high, low] = v6.segments();
    let inner = |high: u16, low: u16| {
        IpAddr::V4(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)))
    };
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => address,
        // Mapped, and the older compatible form.
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] => inner(high, low),
        // NAT64, RFC 6052, and the prefix for networks of one's own, RFC 8215.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0x64, 0xff9b, 1, ..] => inner(high, low),
        // 6to4, RFC 3056: the IPv4 address follows the prefix.
        [0x2002, _, next, ..] if a == 0x2002 => inner(b, next),
        _ => address,
    }
}

fn never_v4(v4: Ipv4Addr) -> Option<&'static str> {
    match v4.octets() {
        [0, ..] => Some("an unspecified address"),
        [169, 254, ..] => Some("a link-local address"),
        [224..=239, ..] => Some("a multicast address"),
        [255, 255, 255, 255] => Some("a broadcast address"),
        _ => None,
    }
}

fn not_public_v4(v4: Ipv4Addr) -> Option<&'static str> {
    match v4.octets() {
        [127, ..] => Some("a loopback address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => {
            Some("a private address")
        }
        [192, 0, 0 | 2, _] | [198, 18..=19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Some("a reserved address")
        }
        [192, 88, 99, _] | [240..=255, ..] => Some("a reserved address"),
        _ => None,
    }
}

fn never_v6(v6: Ipv6Addr) -> Option<&'static str> {
    if v6.is_unspecified() {
        return Some("an unspecified address");
    }
    match v6.segments() {
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        _ => None,
    }
}

fn not_public_v6(v6: Ipv6Addr) -> Option<&'static str> {
    if v6.is_loopback() {
        return Some("a loopback address");
    }
    match v6.segments() {
        [0xfc00..=0xfeff, ..] => Some("a private address"),
        // Teredo, benchmarking, ORCHID and documentation inside the global range.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, ..] => Some("a reserved address"),
        [0x2000..=0x3ffe, ..] => None,
        _ => Some("a reserved address"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(reach: Reach, text: &str) -> bool {
        reach.objection(text.parse().expect("an address")).is_some()
    }

    #[test]
    fn link_local_and_metadata_are_never_reached_in_any_notation() {
        for text in [
            "169.254.169.254",
            "169.254.0.1",
            "fe80::1",
            "febf::1",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "::ffff:168.63.129.16",
            "64:ff9b:1::169.254.169.254",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "::ffff:0.0.0.0",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert!(refused(Reach::AdminTyped, text), "{text}");
            assert!(refused(Reach::Public, text), "{text}");
        }
    }

    #[test]
    fn an_admin_reaches_home_and_others_do_not() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.5",
            "100.64.0.1",
            "::1",
            "fd12::1",
            "::ffff:127.0.0.1",
            "::ffff:192.168.1.5",
            "2002:7f00:1::1",
            "64:ff9b::10.0.0.1",
        ] {
            assert!(!refused(Reach::AdminTyped, text), "{text}");
            assert!(refused(Reach::Public, text), "{text}");
        }
    }

    #[test]
    fn the_public_internet_is_reached() {
        for text in ["1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(!refused(Reach::Public, text), "{text}");
        }
        for text in ["198.51.100.7", "240.0.0.1", "2001:db8::1", "2001::1", "4000::1"] {
            assert!(refused(Reach::Public, text), "{text}");
        }
    }
}
