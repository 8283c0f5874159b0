//! Plex's JSON, read leniently: fields may be missing, null, empty or unknown.

use latchkey_sdk::fault::{Fault, Kind};
use serde_json::Value;

/// A text that says something: null, missing and empty are the same to Plex.
#[must_use]
pub fn text(value: &Value, key: &str) -> Option<String> {
    let found = value.get(key)?.as_str()?;
    (!found.is_empty()).then(|| found.to_owned())
}

/// A whole number, as such or written out.
#[must_use]
pub fn number(value: &Value, key: &str) -> Option<u64> {
    let found = value.get(key)?;
    found.as_u64().or_else(|| found.as_str()?.parse().ok())
}

/// A flag; missing is no.
#[must_use]
pub fn flag(value: &Value, key: &str) -> bool {
    match value.get(key) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(number)) => number.as_u64() == Some(1),
        Some(Value::String(text)) => matches!(text.as_str(), "1" | "true"),
        _ => false,
    }
}

/// A list.
///
/// # Errors
/// `bad-reply` where it is none.
pub fn list<'a>(value: &'a Value, what: &str) -> Result<&'a [Value], Fault> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| odd(&format!("{what} that is no list")))
}

/// An answer of another shape than Plex's.
#[must_use]
pub fn odd(what: &str) -> Fault {
    Fault::new(Kind::BadReply, "plex.odd-answer", format!("Plex answered {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_is_written_in_many_ways() {
        let value = json!({"a": null, "b": "", "c": "x", "d": 7, "e": "8", "f": "1", "g": true});
        let texts = ["a", "b", "c", "none"].map(|key| text(&value, key));
        assert_eq!(texts, [None, None, Some("x".to_owned()), None]);
        assert_eq!(["d", "e", "c"].map(|key| number(&value, key)), [Some(7), Some(8), None]);
        assert_eq!(
            ["f", "g", "a", "none"].map(|key| flag(&value, key)),
            [true, true, false, false]
        );
        assert!(list(&value, "people").is_err());
    }
}
