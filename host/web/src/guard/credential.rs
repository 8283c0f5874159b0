//! What a request shows as proof of who sends it.
//!
//! Guarantees: at most one of cookie and token is believed; a header that is odd in any way is no
//! proof. Does not: check it.

use crate::kit::cookies::{self, Transport};
use crate::kit::head::Head;
use domain::secret::Secret;
use http::header::AUTHORIZATION;

/// The session cookie's name, without the prefix it has on https.
pub const SESSION_COOKIE: &str = "latchkey";

/// Proof, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// None.
    Nothing,
    /// A browser's session cookie.
    Cookie(Secret),
    /// A program's token.
    Bearer(Secret),
    /// Both at once.
    Both,
}

impl Credential {
    /// Reads it from the head.
    #[must_use]
    pub fn of(head: &Head, transport: Transport) -> Self {
        let cookie = cookies::find(&head.headers, transport, SESSION_COOKIE);
        match (bearer(head), cookie) {
            (None, None) => Self::Nothing,
            (None, Some(cookie)) => Self::Cookie(Secret::new(cookie)),
            (Some(token), None) => Self::Bearer(token),
            (Some(_), Some(_)) => Self::Both,
        }
    }
}

/// RFC 6750 2.1.
fn bearer(head: &Head) -> Option<Secret> {
    let (scheme, token) = head.header(AUTHORIZATION)?.split_once(' ')?;
    let token = token.trim_matches(' ');
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.chars().all(plain))
        .then(|| Secret::from(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(headers: &[(&str, &[u8])]) -> Credential {
        let mut request = http::Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Credential::of(&Head::of(request.body(()).unwrap().into_parts().0), Transport::Http)
    }

    #[test]
    fn odd_headers_are_no_proof_and_no_trouble() {
        let odd: [&[u8]; 9] = [
            b"",
            b"Bearer",
            b"Bearer ",
            b"Basic eDp5",
            b"Bearer a b",
            b"bearer\t x",
            b"\xff\xfe",
            b"Bearer \xff",
            b" ",
        ];
        for value in odd {
            assert_eq!(shown(&[("authorization", value)]), Credential::Nothing, "{value:?}");
        }
        assert_eq!(
            shown(&[("authorization", b"Bearer a"), ("authorization", b"Bearer b")]),
            Credential::Nothing
        );
    }

    #[test]
    fn a_token_or_a_cookie_is_proof_but_not_both() {
        assert_eq!(
            shown(&[("authorization", b"bearer a.b-c")]),
            Credential::Bearer("a.b-c".into())
        );
        assert_eq!(shown(&[("cookie", b"latchkey=x")]), Credential::Cookie("x".into()));
        assert_eq!(
            shown(&[("cookie", b"latchkey=x"), ("authorization", b"Bearer y")]),
            Credential::Both
        );
    }
}
