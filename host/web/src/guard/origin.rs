//! Requests that other sites make in our visitors' name.
//!
//! Guarantees: what changes anything passes only if the browser says that it comes from our own
//! origin (`Sec-Fetch-Site`, else `Origin`), whether or not anybody is signed in: nobody can be signed
//! in, out or up from elsewhere. Two kinds of requests need no such word because no other site can
//! make a browser send them: those that prove themselves by `Authorization: Bearer`, and calls under
//! `/api` with neither header and no cookie at all, which is how programs come: a browser sends `Origin`
//! with every request to another origin that changes anything, and what a form can send is no JSON,
//! so the API answers it 415 unread.

use super::credential::Credential;
use super::proxies::Scheme;
use crate::guard::names::Authority;
use crate::kit::head::Head;
use domain::settings::Server;
use url::Url;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may go on.
    Ours,
    /// 403.
    Foreign,
    /// A token and a session cookie at once: which of them was meant is not guessed. 400.
    Ambiguous,
}

/// Decides about a request that arrived for `authority` by `scheme`.
#[must_use]
pub fn check(
    head: &Head,
    shown: &Credential,
    arrived: (&Authority, Scheme),
    server: &Server,
) -> Verdict {
    match shown {
        Credential::Both => return Verdict::Ambiguous,
        Credential::Bearer(_) => return Verdict::Ours,
        Credential::Cookie(_) | Credential::Nothing => {}
    }
    if head.is_safe() {
        return Verdict::Ours;
    }
    let (authority, scheme) = arrived;
    let says = head.headers.contains_key("sec-fetch-site");
    let named = head.headers.contains_key(http::header::ORIGIN);
    let good = match (says, named) {
        (true, _) => head.header("sec-fetch-site") == Some("same-origin"),
        (false, true) => head
            .header(http::header::ORIGIN)
            .is_some_and(|origin| is_ours(origin, server) || origin == authority.origin(scheme)),
        (false, false) => *shown == Credential::Nothing && is_program(head),
    };
    if good { Verdict::Ours } else { Verdict::Foreign }
}

/// A program's call to the API.
fn is_program(head: &Head) -> bool {
    head.path.starts_with("/api/") && !head.headers.contains_key(http::header::COOKIE)
}

/// Compared as origins, never as prefixes.
fn is_ours(origin: &str, server: &Server) -> bool {
    let Ok(theirs) = Url::parse(origin) else { return false };
    let bare = theirs.path() == "/" && theirs.query().is_none() && theirs.username().is_empty();
    let mut configured = server.public_url.iter().chain(&server.other_urls);
    bare && theirs.host().is_some() && configured.any(|ours| ours.origin() == theirs.origin())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::cookies::Transport;

    fn server() -> Server {
        Server {
            public_url: Some("https://home.example.org/latchkey".parse().unwrap()),
            other_urls: vec!["https://192.168.1.5:8443".parse().unwrap()],
            listen: Vec::new(),
            listen_http: None,
            trusted_proxies: Vec::new(),
        }
    }

    fn verdict(method: &str, path: &str, headers: &[(&str, &str)]) -> Verdict {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let head = Head::of(request.body(()).unwrap().into_parts().0);
        let shown = Credential::of(&head, Transport::Https);
        let authority = Authority::parse("127.0.0.1:8443").unwrap();
        check(&head, &shown, (&authority, Scheme::Https), &server())
    }

    const COOKIE: (&str, &str) = ("cookie", "__Host-latchkey=lkc_x");
    const JSON: (&str, &str) = ("content-type", "application/json");
    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

    #[test]
    fn only_our_own_pages_may_change_anything() {
        let ours: &[&[(&str, &str)]] = &[
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "same-origin"), COOKIE],
            &[("origin", "https://home.example.org"), COOKIE],
            &[("origin", "https://192.168.1.5:8443")],
            &[("origin", "https://127.0.0.1:8443")],
            &[("authorization", "Bearer x")],
            &[("authorization", "Bearer x"), ("sec-fetch-site", "cross-site")],
        ];
        for headers in ours {
            assert_eq!(verdict("POST", "/login", headers), Verdict::Ours, "{headers:?}");
        }
        let foreign: &[&[(&str, &str)]] = &[
            &[],
            &[COOKIE],
            &[FORM],
            &[JSON],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://home.example.org")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("origin", "null")],
            &[("origin", "https://home.example.org.evil.org")],
            &[("origin", "https://home.example.org:444")],
            &[("origin", "http://home.example.org")],
            &[("origin", "https://home.example.org@evil.org")],
            &[("origin", "https://127.0.0.1:9999")],
            &[("origin", "https://evil.org"), COOKIE],
        ];
        for headers in foreign {
            assert_eq!(verdict("POST", "/login", headers), Verdict::Foreign, "{headers:?}");
        }
    }

    #[test]
    fn a_program_without_any_browser_header_may_call_the_api() {
        assert_eq!(verdict("POST", "/api/auth/login", &[JSON]), Verdict::Ours);
        assert_eq!(verdict("DELETE", "/api/invites/x", &[]), Verdict::Ours);
        assert_eq!(verdict("POST", "/api/auth/login", &[FORM]), Verdict::Ours, "415 by the API");
        assert_eq!(verdict("POST", "/api/auth/login", &[JSON, COOKIE]), Verdict::Foreign);
        assert_eq!(
            verdict("POST", "/api/auth/login", &[JSON, ("origin", "https://evil.org")]),
            Verdict::Foreign
        );
    }

    #[test]
    fn reading_needs_no_word_and_two_proofs_are_one_too_many() {
        for method in ["GET", "HEAD"] {
            assert_eq!(
                verdict(method, "/", &[("sec-fetch-site", "cross-site"), COOKIE]),
                Verdict::Ours
            );
        }
        assert_eq!(
            verdict("GET", "/", &[("authorization", "Bearer x"), COOKIE]),
            Verdict::Ambiguous
        );
    }
}
