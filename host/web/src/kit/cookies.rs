//! Cookies in and out.
//!
//! Guarantees: what is set is `HttpOnly`, `Path=/`, never has a `Domain`, and is `Secure` with the
//! `__Host-` prefix on https, so that no neighbour on another port or a parent domain can plant it.
//! Does not: give a value any meaning.

use core::time::Duration;
use http::header::{COOKIE, HeaderValue};
use http::{HeaderMap, header::InvalidHeaderValue};

pub use cookie::SameSite;

/// How the browser reached us, which decides names and `Secure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Encrypted.
    Https,
    /// Plain: loopback.
    Http,
}

impl Transport {
    /// The name a cookie has on this transport.
    #[must_use]
    pub fn cookie_name(self, name: &str) -> String {
        match self {
            Self::Https => format!("__Host-{name}"),
            Self::Http => name.to_owned(),
        }
    }

    /// `https` or `http`.
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }
}

/// How long a cookie stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Until the browser closes.
    Session,
    /// This long.
    For(Duration),
    /// Not at all: takes it away.
    Drop,
}

/// A cookie to set.
#[derive(Debug, Clone)]
pub struct NewCookie<'a> {
    /// Without the prefix.
    pub name: &'a str,
    /// Its value; a credential, an id or a word.
    pub value: &'a str,
    /// How long.
    pub keep: Keep,
    /// Whether it comes along from other sites.
    pub same_site: SameSite,
}

/// The value of the cookie `name`, among all `Cookie` headers. The first one counts.
#[must_use]
pub fn find(headers: &HeaderMap, transport: Transport, name: &str) -> Option<String> {
    let wanted = transport.cookie_name(name);
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(cookie::Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == wanted)
        .map(|cookie| cookie.value().to_owned())
        .filter(|value| !value.is_empty())
}

/// The `Set-Cookie` line.
///
/// # Errors
/// A value that no header can hold.
pub fn line(transport: Transport, new: &NewCookie<'_>) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut made = cookie::Cookie::new(transport.cookie_name(new.name), new.value.to_owned());
    made.set_http_only(true);
    made.set_path("/");
    made.set_same_site(new.same_site);
    if transport == Transport::Https {
        made.set_secure(true);
    }
    let seconds = match new.keep {
        Keep::Session => None,
        Keep::For(life) => Some(i64::try_from(life.as_secs()).unwrap_or(i64::MAX)),
        Keep::Drop => Some(0),
    };
    made.set_max_age(seconds.map(cookie::time::Duration::seconds));
    HeaderValue::from_str(&made.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(keep: Keep) -> NewCookie<'static> {
        NewCookie { name: "latchkey", value: "abc", keep, same_site: SameSite::Lax }
    }

    #[test]
    fn on_https_a_cookie_is_bound_to_the_host() {
        let line = line(Transport::Https, &new(Keep::For(Duration::from_secs(60)))).unwrap();
        assert_eq!(line, "__Host-latchkey=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
    }

    #[test]
    fn on_plain_http_the_prefix_would_be_refused_and_is_left_out() {
        assert_eq!(
            line(Transport::Http, &new(Keep::Session)).unwrap(),
            "latchkey=abc; HttpOnly; SameSite=Lax; Path=/"
        );
        assert!(
            line(Transport::Http, &new(Keep::Drop))
                .unwrap()
                .to_str()
                .unwrap()
                .ends_with("Max-Age=0")
        );
    }

    #[test]
    fn a_plain_cookie_is_not_read_on_https() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "latchkey=planted; x=1".parse().unwrap());
        assert_eq!(find(&headers, Transport::Https, "latchkey"), None);
        assert_eq!(find(&headers, Transport::Http, "latchkey").as_deref(), Some("planted"));
        headers.append(COOKIE, "__Host-latchkey=good".parse().unwrap());
        assert_eq!(find(&headers, Transport::Https, "latchkey").as_deref(), Some("good"));
    }

    #[test]
    fn garbage_is_no_cookie() {
        let mut headers = HeaderMap::new();
        for garbage in ["", "=", ";;;", "latchkey", "latchkey=", "\u{1}=\u{2}"] {
            if let Ok(value) = garbage.parse() {
                headers.append(COOKIE, value);
            }
        }
        assert_eq!(find(&headers, Transport::Http, "latchkey"), None);
    }
}
