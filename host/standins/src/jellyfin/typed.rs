//! Reading a posted object as a typed one: known fields only, defaults for the omitted ones.
//!
//! That is what ASP.NET does to a body before Jellyfin sees it, so this is where unknown fields
//! are dropped, permissive defaults come in and wrong types are refused.

use serde_json::{Map, Value};

use super::hash::parse_guid;
use super::options::Release;
use super::wire::{Answer, field};

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A boolean with its value when omitted.
    Flag(bool),
    /// A boolean that is taken and never given back (`EnableLyricManagement`).
    Forgotten,
    /// A whole number with its value when omitted.
    Count(i64),
    /// A whole number that may be absent.
    MaybeCount,
    /// A text that may be absent.
    MaybeText,
    /// A text that must be there.
    Required,
    /// One of some words; the first is the one when omitted.
    Word(&'static [&'static str]),
    /// Texts; a null is refused. Stored with commas between them, so that a comma splits one.
    Tags,
    /// Some words of a list.
    Words(&'static [&'static str]),
    /// GUIDs.
    Guids,
    /// A list that is given and never taken.
    Frozen,
    /// Access schedules.
    Schedules,
}

/// One field of a model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The first line that has it.
    pub(super) since: Release,
}

impl Field {
    /// A field every supported line has.
    pub(super) const fn new(name: &'static str, kind: Kind) -> Field {
        Field { name, kind, since: Release::V10_9 }
    }
}

/// The posted `body` as a full object of `fields`; `model` is the parameter's name in the source.
pub(super) fn read(
    fields: &[Field],
    release: Release,
    body: &Map<String, Value>,
    model: &str,
) -> Result<Map<String, Value>, Answer> {
    let known = || fields.iter().filter(|known| known.since <= release);
    let mut full = Map::new();
    let mut nulls = false;
    for known in known() {
        let given = field(body, known.name);
        match convert(known.kind, given) {
            Ok(Some(value)) => {
                full.insert(known.name.to_owned(), value);
            }
            Ok(None) => {}
            Err(Refusal::NullList) => nulls = true,
            Err(Refusal::Type(name)) => return Err(wrong_type(model, known.name, name)),
        }
    }
    let missing: Vec<&Field> = known()
        .filter(|known| matches!(known.kind, Kind::Required) && !full.contains_key(known.name))
        .collect();
    if !missing.is_empty() {
        return Err(required(&missing));
    }
    // A null list passes validation and only breaks the code behind it.
    if nulls { Err(Answer::thrown(400)) } else { Ok(full) }
}

enum Refusal {
    NullList,
    Type(&'static str),
}

fn convert(kind: Kind, given: Option<&Value>) -> Result<Option<Value>, Refusal> {
    let present = given.filter(|value| !value.is_null());
    match kind {
        Kind::Flag(default) => match given {
            None => Ok(Some(default.into())),
            Some(Value::Bool(flag)) => Ok(Some((*flag).into())),
            Some(_) => Err(Refusal::Type("System.Boolean")),
        },
        Kind::Forgotten => match given {
            None | Some(Value::Bool(_)) => Ok(Some(false.into())),
            Some(_) => Err(Refusal::Type("System.Boolean")),
        },
        Kind::Count(default) => match given {
            None => Ok(Some(default.into())),
            Some(value) => count(value).map(Some),
        },
        Kind::MaybeCount => present.map(count).transpose(),
        Kind::MaybeText => match present {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str().into())),
            Some(_) => Err(Refusal::Type("System.String")),
        },
        Kind::Required => match present {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str().into())),
            Some(_) => Err(Refusal::Type("System.String")),
        },
        Kind::Word(words) => match given {
            None => Ok(words.first().map(|word| (*word).into())),
            Some(value) => word(value, words).map(Some),
        },
        Kind::Frozen => Ok(Some(Value::Array(Vec::new()))),
        Kind::Tags | Kind::Words(_) | Kind::Guids | Kind::Schedules => list(kind, given).map(Some),
    }
}

/// Numbers may be written as texts (`JsonNumberHandling.AllowReadingFromString`).
fn count(value: &Value) -> Result<Value, Refusal> {
    let number = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| i32::try_from(*number).is_ok());
    number.map(Value::from).ok_or(Refusal::Type("System.Int32"))
}

fn word(value: &Value, words: &[&'static str]) -> Result<Value, Refusal> {
    let text = value.as_str().unwrap_or("");
    let known = words.iter().find(|word| word.eq_ignore_ascii_case(text));
    known.map(|word| (*word).into()).ok_or(Refusal::Type("System.Enum"))
}

fn list(kind: Kind, given: Option<&Value>) -> Result<Value, Refusal> {
    let items = match given {
        None => return Ok(Value::Array(Vec::new())),
        Some(Value::Null) => return Err(Refusal::NullList),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(Refusal::Type("System.Array")),
    };
    let mut full = Vec::new();
    for item in items {
        match (kind, item) {
            (Kind::Tags, Value::String(text)) => full.extend(text.split(',').map(Value::from)),
            (Kind::Words(words), value) => full.push(word(value, words)?),
            (Kind::Guids, Value::String(text)) => {
                let id = parse_guid(text).ok_or(Refusal::Type("System.Guid"))?;
                full.push(id.into());
            }
            (Kind::Schedules, Value::Object(map)) => full.push(schedule(map)?),
            _ => return Err(Refusal::Type("System.String")),
        }
    }
    Ok(Value::Array(full))
}

const DAYS: &[&str] = &[
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Everyday",
    "Weekday",
    "Weekend",
];

fn schedule(map: &Map<String, Value>) -> Result<Value, Refusal> {
    let hour = |name: &str| -> Result<Value, Refusal> {
        let value = field(map, name).cloned().unwrap_or_else(|| 0.into());
        if value.is_number() { Ok(value) } else { Err(Refusal::Type("System.Double")) }
    };
    let mut full = Map::new();
    let day = field(map, "DayOfWeek").ok_or(Refusal::Type("System.Enum"))?;
    full.insert("DayOfWeek".into(), word(day, DAYS)?);
    full.insert("StartHour".into(), hour("StartHour")?);
    full.insert("EndHour".into(), hour("EndHour")?);
    Ok(Value::Object(full))
}

fn wrong_type(model: &str, name: &str, wanted: &str) -> Answer {
    let path = format!("$.{name}");
    Answer::invalid(&[
        (model, &format!("The {model} field is required.")),
        (
            &path,
            &format!(
                "The JSON value could not be converted to {wanted}. Path: {path} | LineNumber: 0 | \
                 BytePositionInLine: 0."
            ),
        ),
    ])
}

fn required(missing: &[&Field]) -> Answer {
    let texts: Vec<(&str, String)> = missing
        .iter()
        .map(|known| (known.name, format!("The {} field is required.", known.name)))
        .collect();
    // The validator names them last first, as the recordings show.
    let errors: Vec<(&str, &str)> =
        texts.iter().rev().map(|(name, text)| (*name, text.as_str())).collect();
    Answer::invalid(&errors)
}
