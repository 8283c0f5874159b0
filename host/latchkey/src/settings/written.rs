//! Settings as they were written: a tree of values, each with the place it came from.
//!
//! The file, the environment and the flags become the same tree, laid over one another in that
//! order. Nothing is judged here but syntax; `check` compares the tree with the table of keys.

use crate::settings::place::{FileText, Place, Spot};
use crate::settings::problem::Problem;
use toml::de::{DeTable, DeValue};

/// A value as written. No `Debug`: it may be a secret.
#[derive(Clone)]
pub(crate) struct Written {
    pub(crate) raw: Raw,
    pub(crate) spot: Spot,
}

/// What a value is.
#[derive(Clone)]
pub(crate) enum Raw {
    Text(String),
    Integer(i64),
    Float(String),
    Flag(bool),
    Date(String),
    List(Vec<Written>),
    Table(Vec<Entry>),
}

impl Raw {
    /// As an admin calls it.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer(_) => "a number",
            Self::Float(_) => "a number with a fraction",
            Self::Flag(_) => "true or false",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// A key and its value.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) spot: Spot,
    pub(crate) value: Written,
}

/// Reads TOML; several syntax errors are told at once.
pub(crate) fn parse(file: &FileText) -> Result<Vec<Entry>, Vec<Problem>> {
    let (document, errors) = DeTable::parse_recoverable(file.text());
    if errors.is_empty() {
        return Ok(entries(document.get_ref(), &|span| Spot::File(span)));
    }
    let problem = |error: &toml::de::Error| {
        let place = error
            .span()
            .map_or_else(|| Place::File { path: file.path().clone() }, |span| file.place(&span));
        Problem {
            key: None,
            ..Problem::error(place, "", format!("this is not TOML: {}", one_line(error.message())))
        }
    };
    Err(errors.iter().map(problem).collect())
}

/// Reads one TOML value from an environment variable: `["a", "b"]`, `{ a = 1 }`.
pub(crate) fn parse_value(text: &str, spot: &Spot) -> Option<Written> {
    let value = DeValue::parse(text).ok()?;
    Some(Written { raw: raw(value.get_ref(), &|_span| spot.clone()), spot: spot.clone() })
}

fn one_line(message: &str) -> String {
    message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}

type SpotOf<'a> = &'a dyn Fn(core::ops::Range<usize>) -> Spot;

fn entries(table: &DeTable<'_>, spot: SpotOf<'_>) -> Vec<Entry> {
    let mut found: Vec<(usize, Entry)> = table
        .iter()
        .map(|(key, value)| {
            let value_spot = spot(value.span());
            let entry = Entry {
                key: key.get_ref().to_string(),
                spot: spot(key.span()),
                value: Written { raw: raw(value.get_ref(), spot), spot: value_spot },
            };
            (key.span().start, entry)
        })
        .collect();
    found.sort_by_key(|(start, _)| *start);
    found.into_iter().map(|(_, entry)| entry).collect()
}

fn raw(value: &DeValue<'_>, spot: SpotOf<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_wide| Raw::Float(number.to_string()), Raw::Integer),
        DeValue::Float(number) => Raw::Float(number.to_string()),
        DeValue::Boolean(flag) => Raw::Flag(*flag),
        DeValue::Datetime(date) => Raw::Date(date.to_string()),
        DeValue::Array(list) => Raw::List(
            list.iter()
                .map(|item| Written { raw: raw(item.get_ref(), spot), spot: spot(item.span()) })
                .collect(),
        ),
        DeValue::Table(table) => Raw::Table(entries(table, spot)),
    }
}

/// The name a secret's key has without `_file`, which says the same thing another way.
pub(crate) fn stem(key: &str) -> &str {
    key.strip_suffix("_file").unwrap_or(key)
}

/// Lays `value` over what `entries` say for the same key; a path inside makes tables on the way.
pub(crate) fn lay_over(entries: &mut Vec<Entry>, path: &[String], value: Written) {
    let Some((key, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        entries.retain(|entry| stem(&entry.key) != stem(key));
        entries.push(Entry { key: key.clone(), spot: value.spot.clone(), value });
        return;
    }
    let place = entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
        let table = Written { raw: Raw::Table(Vec::new()), spot: value.spot.clone() };
        entries.push(Entry { key: key.clone(), spot: value.spot.clone(), value: table });
        entries.len() - 1
    });
    if let Some(entry) = entries.get_mut(place)
        && let Raw::Table(inner) = &mut entry.value.raw
    {
        lay_over(inner, rest, value);
    }
}

/// Lays `value` over the list item whose key `identity` has that `id`; one is added where there is none.
pub(crate) fn lay_over_item(
    entries: &mut Vec<Entry>,
    (section, identity, id): (&str, &str, &str),
    (path, value): (&[String], Written),
) {
    let spot = value.spot.clone();
    let place = entries.iter().position(|entry| entry.key == section).unwrap_or_else(|| {
        let list = Written { raw: Raw::List(Vec::new()), spot: spot.clone() };
        entries.push(Entry { key: section.to_owned(), spot: spot.clone(), value: list });
        entries.len() - 1
    });
    let Some(Raw::List(items)) = entries.get_mut(place).map(|entry| &mut entry.value.raw) else {
        return;
    };
    let found =
        items.iter().position(|item| item_id(item, identity) == Some(id)).unwrap_or_else(|| {
            let id = Written { raw: Raw::Text(id.to_owned()), spot: spot.clone() };
            let entry = Entry { key: identity.to_owned(), spot: spot.clone(), value: id };
            items.push(Written { raw: Raw::Table(vec![entry]), spot: spot.clone() });
            items.len() - 1
        });
    if let Some(Raw::Table(inner)) = items.get_mut(found).map(|item| &mut item.raw) {
        lay_over(inner, path, value);
    }
}

fn item_id<'a>(item: &'a Written, identity: &str) -> Option<&'a str> {
    let Raw::Table(entries) = &item.raw else { return None };
    entries.iter().find(|entry| entry.key == identity).and_then(|entry| match &entry.value.raw {
        Raw::Text(id) => Some(id.as_str()),
        _ => None,
    })
}
