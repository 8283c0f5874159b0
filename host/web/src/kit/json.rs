//! JSON bodies: `application/json` and nothing else, so that no page of another origin can send one
//! without a preflight, which is never granted.

use super::form::{WrongType, is_type};
use http::HeaderMap;
use serde_json::{Map, Value};

/// Why a body is no JSON object.
#[derive(Debug, thiserror::Error)]
pub enum NotAnObject {
    /// Another type.
    #[error(transparent)]
    WrongType(#[from] WrongType),
    /// Broken JSON.
    #[error("the body is no JSON: line {line}, column {column}")]
    Broken {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// JSON, but an array or a scalar.
    #[error("the body is not a JSON object")]
    Other,
}

/// Parses the object in `body`. An empty body without a type is an empty object: some calls have
/// nothing to say.
///
/// # Errors
/// [`NotAnObject`].
pub fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, NotAnObject> {
    const WANTED: &str = "application/json";
    if body.is_empty() && !headers.contains_key(http::header::CONTENT_TYPE) {
        return Ok(Map::new());
    }
    if !is_type(headers, WANTED) {
        return Err(WrongType { wanted: WANTED }.into());
    }
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(NotAnObject::Other),
        Err(cause) => Err(NotAnObject::Broken { line: cause.line(), column: cause.column() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_of_the_right_type_is_taken() {
        let mut headers = HeaderMap::new();
        assert!(matches!(parse(&headers, b"{}"), Err(NotAnObject::WrongType(_))));
        headers.insert("content-type", "text/plain".parse().unwrap());
        assert!(matches!(parse(&headers, b"{}"), Err(NotAnObject::WrongType(_))));
        headers.insert("content-type", "application/json".parse().unwrap());
        assert!(matches!(parse(&headers, b"[]"), Err(NotAnObject::Other)));
        assert!(matches!(parse(&headers, b"{\n x"), Err(NotAnObject::Broken { line: 2, .. })));
        assert_eq!(parse(&headers, br#"{"a":1}"#).unwrap().len(), 1);
    }
}
