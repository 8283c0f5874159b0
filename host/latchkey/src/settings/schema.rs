//! The JSON Schema of the settings file, from the table of keys.

use crate::settings::kind::Kind;
use crate::settings::table::{Key, SECTIONS, Section, Shape, inner};
use serde_json::{Map, Value, json};

/// JSON Schema, draft 2020-12.
#[must_use]
pub fn schema() -> Value {
    let properties: Map<String, Value> = SECTIONS
        .iter()
        .map(|section| {
            let table = table(section);
            let described = match section.shape {
                Shape::Table => table,
                Shape::List => json!({ "type": "array", "items": table }),
                Shape::Named => json!({ "type": "object", "additionalProperties": table }),
            };
            (section.name.to_owned(), with_doc(described, section.doc, section.used))
        })
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Latchkey's settings",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn table(section: &Section) -> Value {
    let mut properties = Map::new();
    for key in section.keys {
        properties.insert(key.name.to_owned(), with_doc(value(key), key.doc, key.used));
        if key.kind == Kind::Secret {
            let doc = format!("A file that holds it. {}", key.doc);
            let file = json!({ "type": "string" });
            properties.insert(format!("{}_file", key.name), with_doc(file, &doc, key.used));
        }
    }
    let mut table = json!({
        "type": "object", "properties": properties, "additionalProperties": false,
    });
    if section.shape == Shape::List
        && let Some(table) = table.as_object_mut()
    {
        table.insert("required".to_owned(), json!([section.identity()]));
    }
    table
}

fn with_doc(mut described: Value, doc: &str, used: bool) -> Value {
    if let Some(object) = described.as_object_mut() {
        let doc = if used { doc.to_owned() } else { format!("{doc} Not used by this version.") };
        object.insert("description".to_owned(), Value::String(doc));
    }
    described
}

fn value(key: &Key) -> Value {
    let mut described = match key.kind {
        Kind::Text
        | Kind::Path
        | Kind::Username
        | Kind::DateFormat
        | Kind::Zone
        | Kind::OptionalAddress => json!({ "type": "string" }),
        Kind::Language => json!({ "type": "string", "examples": ["en", "de-AT"] }),
        Kind::Secret => json!({ "type": "string", "writeOnly": true }),
        Kind::Url => json!({ "type": "string", "format": "uri" }),
        Kind::Urls => json!({ "type": "array", "items": { "type": "string", "format": "uri" } }),
        Kind::Texts | Kind::Networks => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Addresses => {
            json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 })
        }
        Kind::Choice(options) => json!({ "type": "string", "enum": options }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Duration => json!({ "type": "string", "format": "duration" }),
        Kind::Id => json!({ "type": "string", "pattern": "^[a-z][a-z0-9-]{0,31}$" }),
        Kind::Sha256 => json!({ "type": "string", "pattern": "^[0-9a-fA-F]{64}$" }),
        Kind::Table => json!({ "type": "object" }),
        Kind::Inner(name) => inner(name).map_or(json!({ "type": "object" }), table),
    };
    let default = key.default.and_then(|default| {
        toml::from_str::<Map<String, Value>>(&format!("default = {default}")).ok()
    });
    if let (Some(object), Some(default)) = (described.as_object_mut(), default) {
        object.extend(default);
    }
    described
}
