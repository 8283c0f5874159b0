//! Form bodies: `application/x-www-form-urlencoded` and nothing else.

use super::query::Pairs;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// The body is of another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is not {wanted}")]
pub struct WrongType {
    /// What it should have been.
    pub wanted: &'static str,
}

/// Whether `Content-Type` says `essence`, whatever its parameters.
#[must_use]
pub fn is_type(headers: &HeaderMap, essence: &str) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    declared
        .and_then(|text| text.parse::<mime::Mime>().ok())
        .is_some_and(|kind| kind.essence_str().eq_ignore_ascii_case(essence))
}

/// Parses a form. An empty body without a type is an empty form, as a lone button sends it.
///
/// # Errors
/// [`WrongType`] for anything but a urlencoded form.
pub fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Pairs, WrongType> {
    const WANTED: &str = "application/x-www-form-urlencoded";
    let bare = body.is_empty() && !headers.contains_key(CONTENT_TYPE);
    if bare || is_type(headers, WANTED) {
        Ok(Pairs::parse(body))
    } else {
        Err(WrongType { wanted: WANTED })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_form_is_a_form() {
        let mut headers = HeaderMap::new();
        assert!(parse(&headers, b"").is_ok());
        assert!(parse(&headers, b"a=1").is_err());
        headers.insert(
            CONTENT_TYPE,
            "application/x-www-form-urlencoded; charset=utf-8".parse().unwrap(),
        );
        assert_eq!(parse(&headers, b"a=1").unwrap().get("a"), Some("1"));
        headers.insert(CONTENT_TYPE, "text/plain".parse().unwrap());
        assert!(parse(&headers, b"a=1").is_err());
    }
}
