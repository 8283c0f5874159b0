//! URL patterns of a manifest: `https://plex.tv`, `https://*.plex.direct:*`.
//!
//! Scheme, host and port only; a `*` stands for all labels before a dot, or for any port. No path: what
//! lies behind a host is one right.

use url::{Host, Url};

/// One pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    scheme: String,
    host: String,
    below: bool,
    /// None: any.
    port: Option<u16>,
}

impl Pattern {
    /// # Errors
    /// The rest of a sentence that begins with the pattern.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once("://").ok_or("has no scheme")?;
        let default = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err("is not https or http"),
        };
        if rest.contains(['/', '?', '#', '@', '\\']) {
            return Err("has more than scheme, host and port");
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, "*")) => (host, None),
            Some((host, port)) => (host, Some(port.parse().map_err(|_cause| "has no such port")?)),
            None => (rest, Some(default)),
        };
        let below = host.starts_with("*.");
        let host = host.strip_prefix("*.").unwrap_or(host);
        let fits = host.contains('.')
            && host.split('.').all(|label| !label.is_empty())
            && host
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c))
            && host.contains(|c: char| c.is_ascii_lowercase());
        if !fits {
            return Err("has no full host name in lower case");
        }
        Ok(Self { scheme: scheme.to_owned(), host: host.to_owned(), below, port })
    }

    pub(crate) fn matches(&self, url: &Url) -> bool {
        let Some(Host::Domain(host)) = url.host() else { return false };
        let named = if self.below {
            host.strip_suffix(&self.host).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.host
        };
        named
            && url.scheme() == self.scheme
            && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_its_hosts_and_no_others() {
        let matches = |pattern: &str, url: &str| {
            Pattern::parse(pattern).expect(pattern).matches(&url.parse().expect(url))
        };
        for (pattern, url) in [
            ("https://plex.tv", "https://plex.tv/a?b"),
            ("https://plex.tv", "https://PLEX.tv:443/"),
            ("https://*.plex.direct:*", "https://10-0-0-1.abc.plex.direct:32400/"),
        ] {
            assert!(matches(pattern, url), "{pattern} {url}");
        }
        for (pattern, url) in [
            ("https://plex.tv", "http://plex.tv/"),
            ("https://plex.tv", "https://plex.tv:444/"),
            ("https://plex.tv", "https://www.plex.tv/"),
            ("https://plex.tv", "https://plex.tv.evil.example/"),
            ("https://plex.tv", "https://plex.tv./"),
            ("https://*.plex.direct:*", "https://plex.direct/"),
            ("https://*.plex.direct:*", "https://evilplex.direct/"),
            ("https://*.plex.direct:*", "https://127.0.0.1/"),
        ] {
            assert!(!matches(pattern, url), "{pattern} {url}");
        }
    }

    #[test]
    fn what_would_mean_too_much_is_no_pattern() {
        for text in [
            "*",
            "https://*",
            "https://*.",
            "https://*.*",
            "https://tv",
            "https://*.tv:x",
            "ftp://a.b",
            "https://a.b/c",
            "https://u@a.b",
            "https://127.0.0.1",
            "https://A.b",
            "https://a.*.b",
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }
}
