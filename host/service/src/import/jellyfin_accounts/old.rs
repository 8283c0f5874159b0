//! What the files say, as values: both shapes of `invites.json` and `emails.json`.
//!
//! Formats: jellyfin-accounts 32f408d (`jellyfin_accounts/web_api.py`, lists and names) and 0.3.9
//! (`web_api.py`, `data_store.py`, maps by code and user id). Guarantees: a file that is not what it should
//! be is refused with its place, before anything is done. No `Debug`: passwords and codes.

use super::files::{Files, Text};
use crate::import::ini::Ini;
use crate::import::plan::Broken;
use jiff::civil::DateTime;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Everything there was.
pub struct Old {
    /// The folder.
    pub folder: String,
    /// The settings.
    pub config: Config,
    /// Every invite, in the order of the file.
    pub invites: Vec<OldInvite>,
    /// Name or id of an account to address, in the order of the file.
    pub emails: Vec<(String, String)>,
    /// The raw policy of new accounts; none where it is empty.
    pub policy: Option<Box<RawValue>>,
    /// The raw configuration and home screen; it used both or neither.
    pub home: Option<(Box<RawValue>, Box<RawValue>)>,
    /// The files of mails of their own, by section and key.
    pub mails: BTreeMap<String, Text>,
    /// Named and not there.
    pub missing: BTreeMap<String, String>,
}

/// One invite.
#[derive(Clone, PartialEq, Eq)]
pub struct OldInvite {
    /// As it stands in links.
    pub code: String,
    /// On the clock of the machine it ran on.
    pub valid_till: DateTime,
    /// For how many more people; none: any number.
    pub uses: Option<u32>,
    /// Whom it was sent to.
    pub email: Option<String>,
    /// Who came by it.
    pub used_by: Vec<String>,
    /// Somebody wanted to be told of its end or use.
    pub notifies: bool,
}

impl Old {
    /// Reads all files.
    ///
    /// # Errors
    /// [`Broken`].
    pub fn parse(files: &Files) -> Result<Self, Broken> {
        let data = |key: &str| files.data.get(key);
        let configuration = object(data("user_configuration"))?;
        let preferences = object(data("user_displayprefs"))?;
        Ok(Self {
            folder: files.folder.clone(),
            config: Config {
                path: files.config.path.clone(),
                ini: Ini::parse(&files.config.path, &files.config.text)?,
            },
            invites: data("invites").map_or(Ok(Vec::new()), invites)?,
            emails: data("emails").map_or(Ok(Vec::new()), emails)?,
            policy: object(data("user_template"))?,
            home: configuration.zip(preferences),
            mails: files.mails.clone(),
            missing: files.missing.clone(),
        })
    }
}

fn json<'a, T: serde::Deserialize<'a>>(file: &'a Text) -> Result<T, Broken> {
    // Some editors put a mark before what they write.
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    serde_json::from_str(text).map_err(|cause| Broken {
        file: file.path.clone(),
        place: Some((cause.line(), cause.column())),
        // Its own words would quote what stands there.
        words: match cause.classify() {
            serde_json::error::Category::Eof => "the file ends too early".to_owned(),
            _ => "this is not the JSON it should be".to_owned(),
        } + "; put it right, or move the file away to leave it behind",
    })
}

fn odd(file: &Text, words: impl Into<String>) -> Broken {
    Broken { file: file.path.clone(), place: None, words: words.into() }
}

/// A raw object; none where it has nothing in it.
fn object(file: Option<&Text>) -> Result<Option<Box<RawValue>>, Broken> {
    let Some(file) = file else { return Ok(None) };
    let fields: Map<String, Value> = json(file)?;
    if fields.is_empty() {
        return Ok(None);
    }
    json(file).map(Some)
}

fn emails(file: &Text) -> Result<Vec<(String, String)>, Broken> {
    let fields: Map<String, Value> = json(file)?;
    let pairs = fields.into_iter().map(|(who, address)| match address {
        Value::String(address) => Ok((who, address)),
        _ => Err(odd(file, format!("what stands at {who:?} is no address; delete the entry"))),
    });
    pairs.collect()
}

fn invites(file: &Text) -> Result<Vec<OldInvite>, Broken> {
    let fields: Map<String, Value> = json(file)?;
    match fields.get("invites") {
        Some(Value::Array(list)) => list
            .iter()
            .map(|entry| {
                let code = entry.get("code").and_then(Value::as_str);
                let code =
                    code.ok_or_else(|| odd(file, "an entry has no code; delete that entry"))?;
                invite(file, code, entry)
            })
            .collect(),
        // A code of that name cannot be: it would be too short.
        _ => fields.iter().map(|(code, entry)| invite(file, code, entry)).collect(),
    }
}

fn invite(file: &Text, code: &str, entry: &Value) -> Result<OldInvite, Broken> {
    let hint: String = code.chars().take(4).collect();
    let wrong = |what: &str| {
        odd(file, format!("the invite {hint}... has {what}; put it right or delete that entry"))
    };
    let valid_till = entry.get("valid_till").and_then(Value::as_str);
    let valid_till = valid_till.and_then(|text| text.trim().parse().ok());
    let no_limit = entry.get("no-limit").is_some_and(|value| *value != Value::Bool(false));
    let uses = match entry.get("remaining-uses") {
        _ if no_limit => None,
        None => Some(1),
        Some(number) => {
            let number = number.as_i64().ok_or_else(|| wrong("a number of uses that is none"))?;
            Some(u32::try_from(number.max(0)).unwrap_or(u32::MAX))
        }
    };
    let used_by = entry.get("used-by").and_then(Value::as_array);
    let name = |entry: &Value| entry.get(0).and_then(Value::as_str).map(str::to_owned);
    Ok(OldInvite {
        code: code.to_owned(),
        valid_till: valid_till.ok_or_else(|| wrong("no time until which it is valid"))?,
        uses,
        email: entry.get("email").and_then(Value::as_str).map(str::to_owned),
        used_by: used_by.map(|list| list.iter().filter_map(name).collect()).unwrap_or_default(),
        notifies: ["notify", "notify-expiry", "notify-creation"]
            .iter()
            .any(|key| entry.get(key).is_some_and(is_something)),
    })
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Null | Value::Bool(false) => false,
        _ => true,
    }
}

/// The settings, with what the shipped sample says told apart from what somebody set.
pub struct Config {
    path: String,
    /// As read.
    pub ini: Ini,
}

/// What the samples of both versions say where a value of one's own belongs.
const SAMPLES: [(&str, &str, &str); 17] = [
    ("jellyfin", "username", "username"),
    ("jellyfin", "password", "password"),
    ("jellyfin", "server", "https://jellyf.in:443"),
    ("jellyfin", "server", "http://jellyfin.local:8096"),
    ("jellyfin", "public_server", "https://jellyf.in:443"),
    ("ui", "username", "your username"),
    ("ui", "password", "your password"),
    ("email", "watch_directory", "/path/to/jellyfin"),
    ("password_resets", "watch_directory", "/path/to/jellyfin"),
    ("email", "address", "jellyfin@jellyf.in"),
    ("email", "subject", "Password Reset - Jellyfin"),
    ("password_resets", "subject", "Password Reset - Jellyfin"),
    ("invite_emails", "subject", "Invite - Jellyfin"),
    ("mailgun", "api_url", "https://api.mailgun.net..."),
    ("mailgun", "api_key", "your api key"),
    ("smtp", "server", "smtp.jellyf.in"),
    ("smtp", "password", "smtp password"),
];

impl Config {
    /// What somebody set: neither blank nor the sample's.
    #[must_use]
    pub fn set(&self, section: &str, key: &str) -> Option<&str> {
        let text = self.ini.get(section, key)?.text.trim();
        let is_sample = SAMPLES.iter().any(|(s, k, v)| (*s, *k, *v) == (section, key, text));
        (!text.is_empty() && !is_sample).then_some(text)
    }

    /// Whether something is switched on, as Python's `getboolean` reads it; `default` for anything else.
    #[must_use]
    pub fn is_on(&self, section: &str, key: &str, default: bool) -> bool {
        let text = self.ini.get(section, key).map(|value| value.text.to_lowercase());
        match text.as_deref() {
            Some("1" | "yes" | "true" | "on") => true,
            Some("0" | "no" | "false" | "off") => false,
            _ => default,
        }
    }

    /// The first of these that somebody set: the same thing has stood in two places.
    #[must_use]
    pub fn first<'a>(&'a self, places: &[(&str, &str)]) -> Option<&'a str> {
        places.iter().find_map(|(section, key)| self.set(section, key))
    }

    /// Where a key stands, for words: `config.ini line 7, [smtp] port`.
    #[must_use]
    pub fn place(&self, section: &str, key: &str) -> String {
        let line = self.ini.get(section, key).map(|value| format!(" line {}", value.line));
        format!("{}{}, [{section}] {key}", self.path, line.unwrap_or_default())
    }

    /// Whether it handled reset files and asked for addresses.
    #[must_use]
    pub fn resets(&self) -> bool {
        self.is_on("email", "enabled", true) && self.is_on("password_resets", "enabled", true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Text {
        Text { path: "/d/emails.json".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_mark_and_foreign_line_ends_are_no_part_of_the_json() {
        let read = emails(&file("\u{feff}{\r\n  \"ann\": \"ann@example.org\"\r\n}\r\n"));
        let wanted = vec![("ann".to_owned(), "ann@example.org".to_owned())];
        assert_eq!(read.map_err(|broken| broken.to_string()), Ok(wanted));
    }

    #[test]
    fn what_is_wrong_is_told_without_quoting_it() {
        let broken = emails(&file("{\"ann\": \"ann@example.org\" oops}")).unwrap_err();
        assert!(!broken.to_string().contains("example.org"), "{broken}");
        assert!(broken.place.is_some());
    }
}
