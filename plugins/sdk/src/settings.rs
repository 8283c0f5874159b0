//! Settings as the types the manifest gives them.
//!
//! The host has validated what the admin typed; a value that still does not parse is
//! `misconfigured` and names its field, so that the settings page can show it there.

use crate::fault::{Fault, Kind};
use crate::lent::Lent;

/// A text, URL or choice; none where it is unset or blank.
#[must_use]
pub fn text(lent: &impl Lent, key: &str) -> Option<String> {
    lent.setting(key).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// A text that must be there.
///
/// # Errors
/// `misconfigured` where it is unset.
pub fn required(lent: &impl Lent, key: &str) -> Result<String, Fault> {
    text(lent, key).ok_or_else(|| wrong(key, "is not set"))
}

/// A whole number; none where it is unset.
///
/// # Errors
/// `misconfigured` where it is no number.
pub fn number(lent: &impl Lent, key: &str) -> Result<Option<i64>, Fault> {
    let Some(value) = text(lent, key) else { return Ok(None) };
    value.parse().map(Some).map_err(|_| wrong(key, "is not a whole number"))
}

/// A switch; off where it is unset.
///
/// # Errors
/// `misconfigured` where it is neither `true` nor `false`.
pub fn flag(lent: &impl Lent, key: &str) -> Result<bool, Fault> {
    match text(lent, key).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(wrong(key, "is neither true nor false")),
    }
}

fn wrong(key: &str, what: &str) -> Fault {
    Fault::new(Kind::Misconfigured, "sdk.setting", format!("the setting {key} {what}")).about(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Script;

    #[test]
    fn settings_have_types_and_faults_name_the_field() {
        let lent =
            Script::new().setting("port", " 8096 ").setting("on", "true").setting("odd", "x");
        assert_eq!(number(&lent, "port"), Ok(Some(8096)));
        assert_eq!(number(&lent, "none"), Ok(None));
        assert_eq!(flag(&lent, "on"), Ok(true));
        assert_eq!(flag(&lent, "none"), Ok(false));
        for fault in
            [number(&lent, "odd").err(), flag(&lent, "odd").err(), required(&lent, "none").err()]
        {
            let fault = fault.expect("a fault");
            assert_eq!(fault.kind, Kind::Misconfigured);
            assert!(fault.field.is_some());
        }
    }
}
