//! Every value with its source, for `config show`: secrets are stars.

use crate::settings::check::{Checked, Found};
use crate::settings::kind::Parsed;
use crate::settings::place::{FileText, looks_secret};
use crate::settings::table::{SECTIONS, Shape};
use crate::settings::written::{Raw, Written};
use domain::settings::Source;
use serde::{Serialize, Serializer};

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// `server.public_url`, `backend.jellyfin.label`.
    pub key: String,
    /// As TOML; `***` for a secret; none where nobody set it and there is no default.
    #[serde(serialize_with = "as_json")]
    pub value: Option<String>,
    /// Where it came from.
    pub source: Source,
}

/// The value itself rather than its TOML, for programs; stars stay a text.
fn as_json<S: Serializer>(value: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let value = value.as_deref().map(|text| {
        let read = toml::from_str::<toml::Table>(&format!("value = {text}"));
        let read = read.ok().and_then(|mut table| table.remove("value"));
        read.unwrap_or_else(|| toml::Value::String(text.to_owned()))
    });
    value.serialize(serializer)
}

impl Shown {
    /// The source in words.
    #[must_use]
    pub fn source_words(&self) -> String {
        match &self.source {
            Source::Default if self.value.is_none() => "not set".to_owned(),
            Source::Default => "default".to_owned(),
            Source::File { line } => format!("file, line {line}"),
            Source::Environment { name } => name.clone(),
            Source::Flag => "flag".to_owned(),
            Source::Page => "set on a page".to_owned(),
        }
    }
}

/// Everything this version uses, in the table's order.
pub(crate) fn shown(checked: &Checked, file: Option<&FileText>) -> Vec<Shown> {
    let mut all = Vec::new();
    for section in SECTIONS.iter().filter(|section| section.used) {
        if section.shape == Shape::Table {
            for key in section.keys.iter().filter(|key| key.used) {
                let whole = format!("{}.{}", section.name, key.name);
                let found = checked.values.get(&whole);
                all.push(line(whole, found, file));
            }
            continue;
        }
        for item in checked.items.get(section.name).into_iter().flatten() {
            for key in section.keys.iter().filter(|key| key.name != section.identity()) {
                let whole = format!("{}.{}.{}", section.name, item.id, key.name);
                match item.values.get(key.name) {
                    Some(Found { parsed: Parsed::Table(entries), .. }) => {
                        all.extend(entries.iter().map(|entry| Shown {
                            key: format!("{whole}.{}", entry.key),
                            value: Some(inner(&entry.key, &entry.value)),
                            source: entry.value.spot.source(file),
                        }));
                    }
                    found => all.push(line(whole, found, file)),
                }
            }
        }
    }
    all
}

fn line(key: String, found: Option<&Found>, file: Option<&FileText>) -> Shown {
    Shown {
        key,
        value: found.map(|found| found.parsed.shown()),
        source: found.map_or(Source::Default, |found| found.spot.source(file)),
    }
}

/// A plugin's own value: what may be a secret is not shown, known or not.
fn inner(key: &str, written: &Written) -> String {
    if looks_secret(key) {
        return "***".to_owned();
    }
    match &written.raw {
        Raw::Text(text) => toml::Value::String(text.clone()).to_string(),
        Raw::Integer(number) => number.to_string(),
        Raw::Float(text) | Raw::Date(text) => text.clone(),
        Raw::Flag(flag) => flag.to_string(),
        Raw::List(items) => {
            let items: Vec<_> = items.iter().map(|item| inner(key, item)).collect();
            format!("[{}]", items.join(", "))
        }
        Raw::Table(_) => "{ .. }".to_owned(),
    }
}
