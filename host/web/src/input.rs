//! What a program or a form sent, read field by field.
//!
//! Guarantees: all fields that are wrong are found in one go, each under the name it was sent by;
//! absent, empty and wrong are three things. Pages and the API read through here into the same drafts.
//! Does not: know which fields a draft has.

use crate::failure::Failure;
use core::ops::RangeInclusive;
use domain::ids::{BackendId, NotAnId, PluginId};
use domain::names::{BadName, EmailAddress, Username};
use domain::secret::Secret;
use domain::settings::Lifetime;
use jiff::Timestamp;
use serde_json::{Map, Value};
use service::FieldProblem;
use std::collections::BTreeMap;
use url::Url;

/// An object being read.
#[derive(Debug, Default)]
pub struct Input {
    values: Map<String, Value>,
    problems: Vec<FieldProblem>,
}

impl Input {
    /// What a program sent.
    #[must_use]
    pub fn of_json(values: Map<String, Value>) -> Self {
        Self { values, problems: Vec::new() }
    }

    /// A field of a form under the API's name for it. Forms send empty text where a program sends null.
    #[must_use]
    pub fn with(mut self, name: &str, typed: Option<&str>) -> Self {
        let value = typed.filter(|text| !text.trim().is_empty()).map_or(Value::Null, Value::from);
        self.values.insert(name.to_owned(), value);
        self
    }

    /// Any value under the API's name for it.
    #[must_use]
    pub fn put(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// Whether the field was sent at all, be it as null.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Notes something wrong.
    pub fn wrong(&mut self, name: &str, code: &str) {
        self.problems.push(FieldProblem::new(name, code));
    }

    /// Notes something wrong, with words to fill in.
    pub fn problem(&mut self, problem: FieldProblem) {
        self.problems.push(problem);
    }

    /// What was wrong, for another input to take over.
    #[must_use]
    pub fn into_problems(self) -> Vec<FieldProblem> {
        self.problems
    }

    /// Whether nothing was wrong so far.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.problems.is_empty()
    }

    /// `value`, unless something was wrong.
    ///
    /// # Errors
    /// 422 with all that was.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Failure> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(Failure::invalid(self.problems)),
        }
    }

    /// Text; none where absent, null or blank.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.values.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => (!text.trim().is_empty()).then(|| text.clone()),
            Some(_) => {
                self.wrong(name, "text");
                None
            }
        }
    }

    /// Text of at most `max` characters; none where absent, `Some("")` where emptied.
    pub fn note(&mut self, name: &str, max: usize) -> Option<String> {
        let sent = self.has(name);
        let text = self.text(name).unwrap_or_default().trim().to_owned();
        if text.chars().count() > max {
            self.problem(FieldProblem::new(name, "too-long").with("max", max));
        }
        sent.then_some(text)
    }

    /// Text that must be there.
    pub fn required(&mut self, name: &str) -> Option<String> {
        let before = self.problems.len();
        let text = self.text(name);
        if text.is_none() && self.problems.len() == before {
            self.wrong(name, "required");
        }
        text
    }

    /// A password or key that must be there; blanks count.
    pub fn secret(&mut self, name: &str) -> Option<Secret> {
        match self.values.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(Secret::from(text.as_str())),
            None | Some(Value::Null | Value::String(_)) => {
                self.wrong(name, "required");
                None
            }
            Some(_) => {
                self.wrong(name, "text");
                None
            }
        }
    }

    /// A password or key that may be missing.
    pub fn maybe_secret(&mut self, name: &str) -> Option<Secret> {
        let empty = matches!(self.values.get(name), None | Some(Value::Null));
        let blank = self.values.get(name).and_then(Value::as_str).is_some_and(str::is_empty);
        if empty || blank { None } else { self.secret(name) }
    }

    /// A whole number within `range`, also written as text.
    pub fn number(&mut self, name: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let sent = match self.values.get(name) {
            None | Some(Value::Null) => return None,
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        match sent.and_then(|number| u32::try_from(number).ok()) {
            Some(number) if range.contains(&number) => Some(number),
            Some(_) => {
                let problem = FieldProblem::new(name, "range");
                self.problem(problem.with("min", range.start()).with("max", range.end()));
                None
            }
            None => {
                self.wrong(name, "number");
                None
            }
        }
    }

    /// Yes or no.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.values.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(flag)) => Some(*flag),
            Some(Value::String(text)) if ["on", "true"].contains(&text.as_str()) => Some(true),
            Some(_) => {
                self.wrong(name, "flag");
                None
            }
        }
    }

    /// A list of texts.
    pub fn list(&mut self, name: &str) -> Option<Vec<String>> {
        let texts = match self.values.get(name) {
            None | Some(Value::Null) => return None,
            Some(Value::Array(items)) => {
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
            }
            Some(_) => None,
        };
        if texts.is_none() {
            self.wrong(name, "list");
        }
        texts
    }

    /// An object whose values are texts, numbers or flags, all as text.
    pub fn map(&mut self, name: &str) -> Option<BTreeMap<String, String>> {
        let value = self.values.get(name)?;
        let Value::Object(object) = value else {
            if !value.is_null() {
                self.wrong(name, "object");
            }
            return None;
        };
        let mut texts = BTreeMap::new();
        let mut wrong = Vec::new();
        for (key, value) in object {
            match value {
                Value::String(text) => drop(texts.insert(key.clone(), text.clone())),
                Value::Number(_) | Value::Bool(_) => {
                    drop(texts.insert(key.clone(), value.to_string()));
                }
                Value::Null => {}
                Value::Array(_) | Value::Object(_) => {
                    wrong.push(FieldProblem::new(format!("{name}.{key}"), "text"));
                }
            }
        }
        self.problems.extend(wrong);
        Some(texts)
    }

    /// The same for secrets.
    pub fn secrets(&mut self, name: &str) -> BTreeMap<String, Secret> {
        let texts = self.map(name).unwrap_or_default();
        texts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(key, text)| (key, Secret::new(text)))
            .collect()
    }

    /// Any JSON value.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// All fields as they are.
    #[must_use]
    pub fn into_values(self) -> Map<String, Value> {
        self.values
    }

    /// Text made into a `T`, where it is there.
    pub fn parsed<T, E: Into<Why>>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(why) => {
                let Why { code, args } = why.into();
                self.problem(FieldProblem { field: name.to_owned(), code: code.to_owned(), args });
                None
            }
        }
    }

    /// The same for a change: none where the field is absent, `Some(None)` where it is emptied.
    pub fn change<T, E: Into<Why>>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Option<T>> {
        self.has(name).then(|| self.parsed(name, parse))
    }

    /// The same, and it must be there.
    pub fn required_as<T, E: Into<Why>>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.required(name)?;
        self.parsed(name, parse)
    }
}

/// Why text is no `T`, as the catalogue knows it (`field-<code>`).
#[derive(Debug)]
pub struct Why {
    code: &'static str,
    args: BTreeMap<String, String>,
}

impl From<&'static str> for Why {
    fn from(code: &'static str) -> Self {
        Self { code, args: BTreeMap::new() }
    }
}

/// A name to sign in with.
///
/// # Errors
/// Which rule is broken.
pub fn username(text: &str) -> Result<Username, Why> {
    Username::parse(text).map_err(why)
}

/// A mail address.
///
/// # Errors
/// Which rule is broken.
pub fn email(text: &str) -> Result<EmailAddress, Why> {
    EmailAddress::parse(text).map_err(why)
}

fn why(bad: BadName) -> Why {
    let arg = match bad {
        BadName::TooLong(max) => Some(("max", max.to_string())),
        BadName::Character(character) => Some(("character", character.to_string())),
        BadName::Empty | BadName::NotAnAddress => None,
    };
    let args = arg.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
    Why { code: bad.code(), args }
}

/// An address people open: http or https, no credentials in it.
///
/// # Errors
/// `url`.
pub fn web_url(text: &str) -> Result<Url, Why> {
    let url = Url::parse(text.trim()).map_err(|_ignored| "url")?;
    let good = ["http", "https"].contains(&url.scheme())
        && url.host().is_some()
        && url.username().is_empty()
        && url.password().is_none();
    good.then_some(url).ok_or_else(|| "url".into())
}

/// A moment, RFC 3339.
///
/// # Errors
/// `time`.
pub fn instant(text: &str) -> Result<Timestamp, Why> {
    text.trim().parse().map_err(|_ignored: jiff::Error| "time".into())
}

/// A span, ISO 8601.
///
/// # Errors
/// `duration`.
pub fn lifetime(text: &str) -> Result<Lifetime, Why> {
    Lifetime::parse(text).map_err(|_ignored| "duration".into())
}

/// A backend's id.
///
/// # Errors
/// `id`.
pub fn backend_id(text: &str) -> Result<BackendId, Why> {
    BackendId::parse(text.trim()).map_err(|_ignored: NotAnId| "id".into())
}

/// A plugin's id.
///
/// # Errors
/// `id`.
pub fn plugin_id(text: &str) -> Result<PluginId, Why> {
    PluginId::parse(text.trim()).map_err(|_ignored: NotAnId| "id".into())
}

/// One of a closed list of words, as serde writes them.
///
/// # Errors
/// `choice`.
pub fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Why> {
    serde_json::from_value(Value::from(text)).map_err(|_ignored| "choice".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(json: &str) -> Input {
        Input::of_json(serde_json::from_str(json).unwrap())
    }

    fn codes(input: Input) -> Vec<(String, String)> {
        let failure = input.finish(Some(())).unwrap_err();
        failure
            .inside()
            .fields
            .iter()
            .map(|problem| (problem.field.clone(), problem.code.clone()))
            .collect()
    }

    #[test]
    fn everything_wrong_is_found_in_one_go() {
        let mut input = input(r#"{"username":"a/b","uses":0,"expiresAt":"soon","email":7}"#);
        assert!(input.required_as("username", username).is_none());
        assert!(input.number("uses", 1..=9).is_none());
        assert!(input.parsed("expiresAt", instant).is_none());
        assert!(input.parsed("email", email).is_none());
        assert!(input.secret("password").is_none());
        let expected = [
            ("username", "character"),
            ("uses", "range"),
            ("expiresAt", "time"),
            ("email", "text"),
            ("password", "required"),
        ];
        assert_eq!(codes(input), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    }

    #[test]
    fn absent_empty_and_set_are_three_things() {
        let mut input = input(r#"{"email":null,"label":""}"#);
        assert_eq!(input.change("email", email), Some(None));
        assert_eq!(input.change("expiresAt", instant), None);
        assert_eq!((input.note("label", 9), input.note("other", 9)), (Some(String::new()), None));
        assert!(input.is_fine());
    }

    #[test]
    fn a_form_means_the_same_as_json() {
        let mut form =
            Input::default().with("uses", Some("3")).with("label", Some(" ")).put("on", true);
        assert_eq!(
            (form.number("uses", 1..=9), form.text("label"), form.flag("on")),
            (Some(3), None, Some(true))
        );
    }

    #[test]
    fn an_address_has_no_credentials_and_no_other_scheme() {
        assert!(web_url("https://a.example/x").is_ok());
        for bad in [
            "javascript:alert(1)",
            "https://u:p@a.example",
            "a.example",
            "file:///etc/passwd",
            "data:x,y",
        ] {
            assert!(web_url(bad).is_err(), "{bad}");
        }
    }
}
