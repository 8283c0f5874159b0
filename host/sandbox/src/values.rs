//! Whether a value fits the setting it is for: in a manifest's defaults and in what an admin typed.

use domain::plugins::{SettingKind, SettingSpec};
use url::Url;

/// Bytes of a setting or a secret at most.
pub(crate) const LONGEST: usize = 8 << 10;

/// Whether a value fits its setting.
///
/// # Errors
/// The rest of a sentence that begins with "the value".
pub(crate) fn check_value(spec: &SettingSpec, value: &str) -> Result<(), String> {
    if value.len() > LONGEST {
        return Err("is longer than 8 KiB".to_owned());
    }
    if value.chars().any(char::is_control) {
        return Err("has a line break or another control character in it".to_owned());
    }
    let fits = match spec.kind {
        SettingKind::Text | SettingKind::Secret => true,
        SettingKind::Url => return check_url(value).map(|_url| ()),
        SettingKind::Number => value.parse::<i64>().is_ok(),
        SettingKind::Flag => matches!(value, "true" | "false"),
        SettingKind::Choice => spec.options.iter().any(|option| option == value),
    };
    if fits {
        return Ok(());
    }
    Err(match spec.kind {
        SettingKind::Number => "is not a whole number".to_owned(),
        SettingKind::Flag => "is neither true nor false".to_owned(),
        _ => format!("is not one of {}", spec.options.join(", ")),
    })
}

/// A base address, as an admin types it.
///
/// # Errors
/// The rest of a sentence that begins with "the value".
pub(crate) fn check_url(value: &str) -> Result<Url, String> {
    let url = Url::parse(value)
        .map_err(|_cause| "is not an address like https://media.example.org".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err("is not an address like https://media.example.org".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a user name in it; secrets have fields of their own".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a ? or a # in it".to_owned());
    }
    Ok(url)
}
