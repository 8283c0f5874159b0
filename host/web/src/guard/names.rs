//! Which hosts and origins are ours.
//!
//! Guarantees: a host counts as ours when it is that of `public_url` or one of `other_urls`, or
//! loopback; until set-up is done also a literal address. Anything else is answered 421, which keeps
//! pages of other sites from reaching us under a name of theirs. Links and redirects are made from
//! what is configured and never from what a request claims. Ports are not compared here: a page of
//! another site cannot choose ours. Does not: look at `Origin` ([`super::origin`]).

use super::proxies::Scheme;
use core::net::IpAddr;
use domain::settings::Server;
use url::{Host, Url};

/// Whether literal addresses are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUp {
    /// An admin is still on their way to choose a name.
    Open,
    /// The names are known.
    Done,
}

/// A host and perhaps a port, as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    host: Host<String>,
    port: Option<u16>,
}

impl Authority {
    /// Parses `home.example.org:8443`: case, IDNA and a trailing dot are evened out; user names are
    /// refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.contains(|c: char| "@/?#\\".contains(c) || c.is_whitespace()) {
            return None;
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, Some(port.parse().ok()?)),
            _ => (text, None),
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        Some(Self { host: even(Host::parse(name).ok()?), port })
    }

    /// Of a configured URL.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let host = url.host()?.to_owned();
        Some(Self { host: even(host), port: url.port() })
    }

    fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        }
    }

    const fn is_literal(&self) -> bool {
        matches!(self.host, Host::Ipv4(_) | Host::Ipv6(_))
    }

    /// `https://home.example.org:8443`, default ports left out.
    #[must_use]
    pub fn origin(&self, scheme: Scheme) -> String {
        let (name, usual) = match scheme {
            Scheme::Https => ("https", 443),
            Scheme::Http => ("http", 80),
        };
        match self.port.filter(|port| *port != usual) {
            Some(port) => format!("{name}://{}:{port}", self.host),
            None => format!("{name}://{}", self.host),
        }
    }
}

/// An IPv4 address inside an IPv6 one is an IPv4 address; names lose their trailing dot.
fn even(host: Host<String>) -> Host<String> {
    match host {
        Host::Ipv6(address) => match IpAddr::V6(address).to_canonical() {
            IpAddr::V4(inner) => Host::Ipv4(inner),
            IpAddr::V6(same) => Host::Ipv6(same),
        },
        Host::Domain(name) => Host::Domain(name.trim_end_matches('.').to_owned()),
        Host::Ipv4(address) => Host::Ipv4(address),
    }
}

/// Where a request arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The path of the URL in front of every link: empty, or `/latchkey`.
    pub base: String,
    /// The configured scheme of that name, where it is configured.
    pub scheme: Option<Scheme>,
}

/// Whether `authority` is ours, and below which path. `None`: answer 421.
#[must_use]
pub fn place(authority: &Authority, server: &Server, set_up: SetUp) -> Option<Place> {
    let configured = server.public_url.iter().chain(&server.other_urls);
    let named = configured
        .into_iter()
        .find(|url| Authority::of(url).is_some_and(|ours| ours.host == authority.host));
    if let Some(url) = named {
        return Some(Place { base: base_path(url), scheme: scheme_of(url) });
    }
    let admitted = authority.is_loopback() || (set_up == SetUp::Open && authority.is_literal());
    // Every page also answers below the public path, so links made with it work under any name; a
    // proxy that hides the name from us needs them so.
    let base = server.public_url.as_ref().map(base_path).unwrap_or_default();
    admitted.then_some(Place { base, scheme: None })
}

/// The path of a URL without its last slash: empty, or `/latchkey`.
#[must_use]
pub fn base_path(url: &Url) -> String {
    url.path().trim_end_matches('/').to_owned()
}

fn scheme_of(url: &Url) -> Option<Scheme> {
    match url.scheme() {
        "https" => Some(Scheme::Https),
        "http" => Some(Scheme::Http),
        _ => None,
    }
}

/// `path` without `base`, where a proxy left it on: `/latchkey/admin` is `/admin`. A path that merely
/// begins alike (`/latchkeys`) is another path.
#[must_use]
pub fn below<'a>(path: &'a str, base: &str) -> &'a str {
    match path.strip_prefix(base) {
        Some("") if !base.is_empty() => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(public: Option<&str>, others: &[&str]) -> Server {
        Server {
            public_url: public.map(|url| url.parse().unwrap()),
            other_urls: others.iter().map(|url| url.parse().unwrap()).collect(),
            listen: Vec::new(),
            listen_http: None,
            trusted_proxies: Vec::new(),
        }
    }

    fn admitted(host: &str, set_up: SetUp) -> bool {
        let server =
            server(Some("https://home.example.org/latchkey"), &["https://192.168.1.5:8443"]);
        Authority::parse(host).and_then(|authority| place(&authority, &server, set_up)).is_some()
    }

    #[test]
    fn only_our_own_names_are_answered() {
        let ours = [
            "home.example.org",
            "HOME.example.org",
            "home.example.org.",
            "home.example.org:443",
            "localhost",
            "localhost:8443",
            "127.0.0.1:1",
            "[::1]:8443",
            "[::ffff:127.0.0.1]",
            "192.168.1.5:8443",
        ];
        for host in ours {
            assert!(admitted(host, SetUp::Done), "{host}");
        }
        let others = [
            "evil.example.org",
            "home.example.org.evil.org",
            "xhome.example.org",
            "10.0.0.1",
            "[fd00::1]",
            "",
            "a@home.example.org",
            "home.example.org/evil",
            "home.example.org:99999",
            "home.example.org\\@evil",
            "localhost.evil.org",
            " home.example.org",
        ];
        for host in others {
            assert!(!admitted(host, SetUp::Done), "{host}");
        }
    }

    #[test]
    fn until_set_up_is_done_an_address_will_do_but_no_name() {
        assert!(admitted("10.0.0.1:8443", SetUp::Open) && admitted("[fd00::1]", SetUp::Open));
        assert!(!admitted("evil.example.org", SetUp::Open));
    }

    #[test]
    fn each_name_has_its_own_base_path() {
        let server = server(Some("https://example.org/latchkey/"), &["https://192.168.1.5:8443"]);
        let base = |host: &str| {
            place(&Authority::parse(host).unwrap(), &server, SetUp::Done).unwrap().base
        };
        assert_eq!(base("example.org"), "/latchkey");
        assert_eq!(base("192.168.1.5:8443"), "");
        assert_eq!(base("127.0.0.1:8080"), "/latchkey");
    }

    #[test]
    fn a_path_is_read_with_and_without_its_base() {
        for (path, below_it) in [
            ("/latchkey/admin", "/admin"),
            ("/latchkey/", "/"),
            ("/latchkey", "/"),
            ("/admin", "/admin"),
            ("/latchkeys", "/latchkeys"),
            ("/", "/"),
        ] {
            assert_eq!(below(path, "/latchkey"), below_it, "{path}");
        }
        assert_eq!(below("/admin", ""), "/admin");
    }

    #[test]
    fn origins_leave_default_ports_out() {
        let origin = |text: &str, scheme| Authority::parse(text).unwrap().origin(scheme);
        assert_eq!(origin("a.example:443", Scheme::Https), "https://a.example");
        assert_eq!(origin("a.example:8443", Scheme::Https), "https://a.example:8443");
        assert_eq!(origin("[::1]:80", Scheme::Http), "http://[::1]");
    }
}
