//! What browsers are told for safety, on every answer.
//!
//! Guarantees: scripts, styles and forms of our own origin only, nothing inline, no framing by others,
//! no sniffing, no referrer; nothing is stored unless the answer says so itself. What somebody wrote as
//! HTML is shown as an [`exhibit`] only: without script, form, link out or anything fetched.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// For pages.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
connect-src 'self'; font-src 'self'; manifest-src 'self'; frame-src 'self'; form-action 'self'; \
base-uri 'none'; frame-ancestors 'none'; object-src 'none'";

/// For everything that is no page.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// For HTML that is looked at in a frame of ours: styles written into it, pictures within it, nothing else.
const EXHIBIT_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
magnetometer=(), microphone=(), midi=(), payment=(), usb=(), browsing-topics=(), clipboard-write=(self)";

/// A year, as browsers want it before they remember it well.
const HSTS: &str = "max-age=31536000";

/// Whether to tell browsers to come by https only from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hsts {
    /// The certificate is one that browsers trust.
    Promise,
    /// A promise would lock people out.
    Silent,
}

/// Marks an answer as something to look at in a frame of ours.
pub fn exhibit(headers: &mut HeaderMap) {
    let policy = HeaderValue::from_static(EXHIBIT_POLICY);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
}

/// Sets them all. `Cache-Control` is left as it is where the answer has one.
pub fn secure(headers: &mut HeaderMap, hsts: Hsts) {
    let is_page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let is_exhibit =
        headers.get(header::CONTENT_SECURITY_POLICY).is_some_and(|policy| policy == EXHIBIT_POLICY);
    let policy = match (is_exhibit, is_page) {
        (true, _) => EXHIBIT_POLICY,
        (false, true) => PAGE_POLICY,
        (false, false) => DATA_POLICY,
    };
    let always: [(HeaderName, &'static str); 6] = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if hsts == Hsts::Promise {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_strict_policy_and_is_not_stored() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        secure(&mut headers, Hsts::Silent);
        let policy = headers.get("content-security-policy").unwrap().to_str().unwrap();
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"));
        assert_eq!(headers.get("cache-control").unwrap(), "no-store");
        assert!(!headers.contains_key("strict-transport-security"));
    }

    #[test]
    fn what_somebody_wrote_can_do_nothing_in_our_frame() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        exhibit(&mut headers);
        secure(&mut headers, Hsts::Silent);
        let policy = headers.get("content-security-policy").unwrap().to_str().unwrap();
        assert!(policy.starts_with("sandbox; default-src 'none';") && !policy.contains("script"));
        assert!(policy.contains("frame-ancestors 'self'"));
        assert_eq!(headers.get("cache-control").unwrap(), "no-store");
    }

    #[test]
    fn no_other_policy_of_an_answers_own_holds() {
        let mut headers = HeaderMap::new();
        let own = HeaderValue::from_static("default-src *");
        headers.insert(header::CONTENT_SECURITY_POLICY, own);
        secure(&mut headers, Hsts::Silent);
        assert_eq!(headers.get("content-security-policy").unwrap(), DATA_POLICY);
    }

    #[test]
    fn what_says_how_it_is_stored_keeps_its_word() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public"));
        secure(&mut headers, Hsts::Promise);
        assert_eq!(headers.get("cache-control").unwrap(), "public");
        assert_eq!(headers.get("strict-transport-security").unwrap(), HSTS);
        assert_eq!(headers.get("content-security-policy").unwrap(), DATA_POLICY);
    }
}
