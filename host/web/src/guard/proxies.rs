//! Who the client is when proxies stand between.
//!
//! Guarantees: a forwarding header counts only where the neighbour that sent the request is a
//! trusted proxy, and only the rightmost address that is no trusted proxy is the client; an IPv4
//! address inside IPv6 is the IPv4 address; what cannot be parsed makes the last trusted hop the
//! client, never "nobody". Where `Forwarded` and the `X-Forwarded-` family are both there and differ,
//! one of them was written by the client, so neither counts.

use core::net::{IpAddr, SocketAddr};
use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};
use ipnet::IpNet;

/// At most so many hops are looked at.
const MOST_HOPS: usize = 32;

/// What the transport and trusted proxies say about a request's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The client's address.
    pub client: IpAddr,
    /// Whether the neighbour is a trusted proxy.
    pub through_proxy: bool,
    /// What the nearest trusted proxy says about the scheme its client used.
    pub scheme: Option<Scheme>,
    /// What it says about the host.
    pub host: Option<String>,
}

/// How the browser spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Encrypted.
    Https,
    /// Plain.
    Http,
}

/// One family's word.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    /// From the client to the nearest proxy; `None` where an entry is no address.
    hops: Vec<Option<IpAddr>>,
    scheme: Option<Scheme>,
    host: Option<String>,
}

/// Reads the way of a request whose neighbour is `peer`.
#[must_use]
pub fn way(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Way {
    let neighbour = peer.ip().to_canonical();
    let direct = Way { client: neighbour, through_proxy: false, scheme: None, host: None };
    if !is_trusted(neighbour, trusted) {
        return direct;
    }
    let nothing_told = Way { through_proxy: true, ..direct };
    let told = match (x_forwarded(headers), forwarded(headers)) {
        (None, None) => return nothing_told,
        (Some(told), None) | (None, Some(told)) => told,
        (Some(one), Some(other)) if one == other => one,
        (Some(_), Some(_)) => return nothing_told,
    };
    Way {
        client: client(neighbour, &told.hops, trusted),
        through_proxy: true,
        scheme: told.scheme,
        host: told.host,
    }
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// The rightmost untrusted hop; where all are trusted, the leftmost.
fn client(neighbour: IpAddr, hops: &[Option<IpAddr>], trusted: &[IpNet]) -> IpAddr {
    let mut last = neighbour;
    for hop in hops.iter().rev().take(MOST_HOPS) {
        match hop {
            None => return last,
            Some(address) if is_trusted(*address, trusted) => last = *address,
            Some(address) => return *address,
        }
    }
    last
}

/// All values of a header as one list, as RFC 9110 5.3 joins them.
fn entries<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?"));
    lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .collect()
}

fn x_forwarded(headers: &HeaderMap) -> Option<Told> {
    let last = |name: &'static str| {
        entries(headers, &HeaderName::from_static(name)).pop().map(str::to_owned)
    };
    let told = Told {
        hops: entries(headers, &HeaderName::from_static("x-forwarded-for"))
            .into_iter()
            .map(address)
            .collect(),
        scheme: last("x-forwarded-proto").and_then(|text| scheme(&text)),
        host: last("x-forwarded-host"),
    };
    (told != Told::default()).then_some(told)
}

/// RFC 7239. The elements of the list are hops, the last one the nearest proxy's.
fn forwarded(headers: &HeaderMap) -> Option<Told> {
    let elements = entries(headers, &FORWARDED);
    if elements.is_empty() {
        return None;
    }
    let mut told = Told::default();
    for element in elements {
        let mut hop = None;
        // Only the nearest proxy's word on scheme and host counts.
        (told.scheme, told.host) = (None, None);
        for pair in element.split(';') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => hop = address(value),
                "proto" => told.scheme = scheme(value),
                "host" => told.host = Some(value.to_owned()),
                _ => {}
            }
        }
        told.hops.push(hop);
    }
    Some(told)
}

fn scheme(text: &str) -> Option<Scheme> {
    if text.eq_ignore_ascii_case("https") {
        Some(Scheme::Https)
    } else if text.eq_ignore_ascii_case("http") {
        Some(Scheme::Http)
    } else {
        None
    }
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let plain = bare.parse::<IpAddr>().ok();
    let found = plain.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(found.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(peer: &str, headers: &[(&'static str, &str)]) -> Way {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let trusted: Vec<IpNet> = ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"]
            .iter()
            .map(|net| net.parse().unwrap())
            .collect();
        way(format!("{peer}:1").parse().unwrap(), &map, &trusted)
    }

    #[test]
    fn the_client_is_the_rightmost_hop_that_nobody_vouches_for() {
        type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);
        let table: &[Case] = &[
            ("192.0.2.9", &[("x-forwarded-for", "127.0.0.1")], "192.0.2.9"),
            ("192.0.2.9", &[("forwarded", "for=127.0.0.1")], "192.0.2.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &[("x-forwarded-for", "192.0.2.1")], "192.0.2.1"),
            ("[::ffff:127.0.0.1]", &[("x-forwarded-for", "192.0.2.1")], "192.0.2.1"),
            ("127.0.0.1", &[("x-forwarded-for", "::ffff:192.0.2.1")], "192.0.2.1"),
            ("127.0.0.1", &[("x-forwarded-for", "127.0.0.1, 192.0.2.1")], "192.0.2.1"),
            ("127.0.0.1", &[("x-forwarded-for", "192.0.2.1, 10.1.1.1")], "192.0.2.1"),
            (
                "127.0.0.1",
                &[("x-forwarded-for", "9.9.9.9"), ("x-forwarded-for", "192.0.2.1")],
                "192.0.2.1",
            ),
            ("127.0.0.1", &[("x-forwarded-for", "9.9.9.9, garbage")], "127.0.0.1"),
            ("127.0.0.1", &[("x-forwarded-for", "9.9.9.9, garbage, 10.1.1.1")], "10.1.1.1"),
            ("127.0.0.1", &[("x-forwarded-for", "10.2.2.2, 10.1.1.1")], "10.2.2.2"),
            ("127.0.0.1", &[("x-forwarded-for", "192.0.2.1:4711")], "192.0.2.1"),
            ("127.0.0.1", &[("x-forwarded-for", "[2001:db8::1]:80")], "2001:db8::1"),
            (
                "127.0.0.1",
                &[("forwarded", "for=\"[2001:db8::1]:80\";proto=https, for=10.3.3.3")],
                "2001:db8::1",
            ),
            ("127.0.0.1", &[("forwarded", "for=unknown")], "127.0.0.1"),
            (
                "127.0.0.1",
                &[("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "192.0.2.1")],
                "127.0.0.1",
            ),
            (
                "127.0.0.1",
                &[("forwarded", "for=192.0.2.1"), ("x-forwarded-for", "192.0.2.1")],
                "192.0.2.1",
            ),
            ("[fd00::1]", &[("x-forwarded-for", "192.0.2.1")], "192.0.2.1"),
        ];
        for (peer, headers, client) in table {
            let expected: IpAddr = client.parse().unwrap();
            assert_eq!(through(peer, headers).client, expected, "{peer} {headers:?}");
        }
    }

    #[test]
    fn scheme_and_host_are_the_nearest_trusted_proxys_word() {
        let way = through(
            "127.0.0.1",
            &[("x-forwarded-proto", "http, https"), ("x-forwarded-host", "a, b")],
        );
        assert_eq!((way.scheme, way.host.as_deref()), (Some(Scheme::Https), Some("b")));
        let way =
            through("127.0.0.1", &[("forwarded", "host=a;proto=https, for=10.0.0.1;proto=http")]);
        assert_eq!((way.scheme, way.host), (Some(Scheme::Http), None));
        let way =
            through("192.0.2.1", &[("x-forwarded-proto", "https"), ("x-forwarded-host", "evil")]);
        assert_eq!((way.scheme, way.host), (None, None));
        assert_eq!(through("127.0.0.1", &[("x-forwarded-proto", "gopher")]).scheme, None);
    }
}
