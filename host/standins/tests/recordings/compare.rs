//! Holds an answer of the double against a recorded one.
//!
//! Values that differ from run to run (ids, tokens, secrets, codes, PINs, dates, ports) are
//! learned: the first time a recorded one is met it stands for the double's own, and from then on
//! it must. Everything else has to be equal.

use std::collections::HashMap;

use serde_json::Value;

/// Numbers that belong to the machine, not to Jellyfin.
const MACHINE: [&str; 3] = [".WebSocketPortNumber", ".FreeSpace", ".UsedSpace"];

/// What a text looks like when it differs from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Id,
    Guid,
    Secret,
    Code,
    Pin,
    Date,
    Trace,
    Address,
}

fn form(text: &str) -> Option<Form> {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let shape: String =
        text.chars().map(|sign| if sign.is_ascii_digit() { '0' } else { sign }).collect();
    let plain = text.replace('-', "");
    match text.len() {
        32 if hex(text) => Some(Form::Id),
        36 if plain.len() == 32 && hex(&plain) => Some(Form::Guid),
        64 if hex(text) => Some(Form::Secret),
        6 if shape == "000000" => Some(Form::Code),
        11 if plain.len() == 8 && hex(&plain) => Some(Form::Pin),
        55 if text.starts_with("00-") && hex(&plain) => Some(Form::Trace),
        _ if shape.starts_with("0000-00-00T00:00:00.") && text.ends_with('Z') => Some(Form::Date),
        _ if text.starts_with("http://127.0.0.1:") => Some(Form::Address),
        _ => None,
    }
}

/// What has been learned so far, and what did not fit.
#[derive(Debug, Default)]
pub struct Comparison {
    learned: HashMap<String, String>,
    pub misfits: Vec<String>,
}

fn hyphened(id: &str) -> String {
    format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..])
}

impl Comparison {
    /// Makes a recorded value stand for the double's own, in both ways an id is written.
    pub fn learn(&mut self, recorded: &str, own: &str) {
        if recorded != own {
            if form(recorded) == Some(Form::Id) && form(own) == Some(Form::Id) {
                self.learned.insert(hyphened(recorded), hyphened(own));
            }
            self.learned.insert(recorded.to_owned(), own.to_owned());
        }
    }

    /// A recorded text with every learned value replaced.
    pub fn own(&self, recorded: &str) -> String {
        self.learned.iter().fold(recorded.to_owned(), |text, (old, new)| text.replace(old, new))
    }

    pub fn misfit(&mut self, at: &str, what: impl std::fmt::Display) {
        self.misfits.push(format!("{at}: {what}"));
    }

    /// Compares two values at a place.
    pub fn values(&mut self, at: &str, recorded: &Value, own: &Value) {
        match (recorded, own) {
            (Value::Object(old), Value::Object(new)) => {
                let names =
                    |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
                if names(old) != names(new) {
                    let missing: Vec<_> =
                        old.keys().filter(|key| !new.contains_key(*key)).collect();
                    let extra: Vec<_> = new.keys().filter(|key| !old.contains_key(*key)).collect();
                    self.misfit(
                        at,
                        format!("keys or their order differ: missing {missing:?}, extra {extra:?}"),
                    );
                }
                for (key, value) in old {
                    if let Some(other) = new.get(key) {
                        self.values(&format!("{at}.{key}"), value, other);
                    }
                }
            }
            (Value::Array(old), Value::Array(new)) => {
                if old.len() != new.len() {
                    self.misfit(at, format!("{} items, recorded {}", new.len(), old.len()));
                }
                let (old, new) = (by_name(old), by_name(new));
                for (place, (value, other)) in old.iter().zip(&new).enumerate() {
                    self.values(&format!("{at}[{place}]"), value, other);
                }
            }
            (Value::String(old), Value::String(new)) => self.texts(at, old, new),
            (Value::Number(_), Value::Number(_))
                if MACHINE.iter().any(|name| at.ends_with(name)) => {}
            _ if recorded == own => {}
            _ => self.misfit(at, format!("{own}, recorded {recorded}")),
        }
    }

    fn texts(&mut self, at: &str, recorded: &str, own: &str) {
        let expected = self.own(recorded);
        if expected == own {
            return;
        }
        match (form(recorded), form(own)) {
            (Some(Form::Date), Some(Form::Date))
            | (Some(Form::Trace), Some(Form::Trace))
            | (Some(Form::Address), Some(Form::Address)) => {}
            (Some(old), Some(new)) if old == new && !self.learned.contains_key(recorded) => {
                self.learn(recorded, own);
            }
            _ if same_but_position(&expected, own) => {}
            _ => self.misfit(at, format!("{own:?}, recorded {recorded:?} ({expected:?})")),
        }
    }
}

/// Where in a body it broke depends on the spaces in it.
fn same_but_position(recorded: &str, own: &str) -> bool {
    let before = |text: &str| text.split_once(" | LineNumber").map(|(text, _)| text.to_owned());
    before(recorded).is_some_and(|text| before(own) == Some(text))
}

/// Libraries come in the order of a directory, which is no order.
fn by_name(list: &[Value]) -> Vec<Value> {
    let mut sorted = list.to_vec();
    let library =
        |item: &Value| ["CollectionType", "Folders"].iter().any(|key| item.get(key).is_some());
    if list.iter().all(library) {
        sorted.sort_by_key(|item| item["Name"].as_str().map(str::to_owned));
    }
    sorted
}
