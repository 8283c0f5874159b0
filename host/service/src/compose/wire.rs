//! Addresses as they travel: a domain of any script in the letters every mail server knows.
//!
//! Guarantees: what is ASCII already stays as it is; the part before the `@` is never changed, since only
//! its own server knows what it means. Does not: tell whether anybody is there.

use url::Host;

/// `zoe@münchen.example` as `zoe@xn--mnchen-3ya.example` (RFC 5891): the same mailbox, at servers without
/// RFC 6531 too. What is no domain stays as it is.
pub(crate) fn address(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((local, host)) => format!("{local}@{}", domain(host)),
        None => text.to_owned(),
    }
}

/// The same of a domain alone.
pub(crate) fn domain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    Host::parse(text).map_or_else(|_none| text.to_owned(), |host| host.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_domain_beyond_ascii_is_written_another_way() {
        for (typed, travels) in [
            ("zoe@münchen.example", "zoe@xn--mnchen-3ya.example"),
            ("zoë@MÜNCHEN.example", "zoë@xn--mnchen-3ya.example"),
            ("Zoe@Example.org", "Zoe@Example.org"),
            ("zoe@127.1", "zoe@127.1"),
            ("zoe@ü\u{202e}.example", "zoe@ü\u{202e}.example"),
        ] {
            assert_eq!(address(typed), travels);
        }
    }
}
