//! XML as Plex writes it: elements with attributes, no text between.

use serde_json::Value;

use super::behaviour::{Booleans, ExtraFields};

enum Attribute {
    Text(String),
    Flag(bool),
}

/// One element.
pub(super) struct Element {
    name: String,
    attributes: Vec<(String, Attribute)>,
    children: Vec<Element>,
}

impl Element {
    /// An empty one.
    pub(super) fn new(name: &str) -> Element {
        Element { name: name.to_owned(), attributes: Vec::new(), children: Vec::new() }
    }

    /// With a text.
    pub(super) fn text(mut self, name: &str, text: impl Copy + ToString) -> Element {
        self.attributes.push((name.to_owned(), Attribute::Text(text.to_string())));
        self
    }

    /// With a boolean.
    pub(super) fn flag(mut self, name: &str, flag: bool) -> Element {
        self.attributes.push((name.to_owned(), Attribute::Flag(flag)));
        self
    }

    /// With more elements inside.
    pub(super) fn with(mut self, children: impl IntoIterator<Item = Element>) -> Element {
        self.children.extend(children);
        self
    }

    /// A JSON value the way v2 writes it for those who do not ask for JSON: plain values as attributes,
    /// the rest as elements.
    pub(super) fn of_json(name: &str, value: &Value) -> Element {
        match value {
            Value::Object(map) => {
                map.iter().fold(Element::new(name), |element, (key, value)| match value {
                    Value::Object(_) | Value::Array(_) => {
                        element.with([Element::of_json(key, value)])
                    }
                    Value::Bool(flag) => element.flag(key, *flag),
                    Value::Null => element.text(key, ""),
                    Value::String(text) => element.text(key, text),
                    Value::Number(number) => element.text(key, number),
                })
            }
            Value::Array(list) => {
                let singular = name.strip_suffix('s').unwrap_or(name);
                let children = list.iter().map(|value| Element::of_json(singular, value));
                Element::new(name).with(children)
            }
            plain => Element::new(name).text("value", plain),
        }
    }

    /// The document.
    pub(super) fn document(&self, booleans: Booleans, extra: ExtraFields) -> String {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.write(&mut text, booleans, extra);
        text
    }

    fn write(&self, text: &mut String, booleans: Booleans, extra: ExtraFields) {
        text.push('<');
        text.push_str(&self.name);
        for (name, attribute) in &self.attributes {
            let value = match (attribute, booleans) {
                (Attribute::Text(value), _) => value.as_str(),
                (Attribute::Flag(true), Booleans::Digits) => "1",
                (Attribute::Flag(false), Booleans::Digits) => "0",
                (Attribute::Flag(true), Booleans::Words) => "true",
                (Attribute::Flag(false), Booleans::Words) => "false",
            };
            put(text, name, value);
        }
        if extra == ExtraFields::Everywhere {
            put(text, "addedLater", "1 & \"more\"");
        }
        if self.children.is_empty() {
            text.push_str("/>");
            return;
        }
        text.push('>');
        for child in &self.children {
            child.write(text, booleans, extra);
        }
        text.push_str("</");
        text.push_str(&self.name);
        text.push('>');
    }
}

fn put(text: &mut String, name: &str, value: &str) {
    text.push(' ');
    text.push_str(name);
    text.push_str("=\"");
    text.push_str(&escape(value));
    text.push('"');
}

/// A text that may stand in an attribute or between tags.
pub(super) fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut safe, sign| {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(sign),
        }
        safe
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_escaped_and_booleans_written_either_way() {
        let element = Element::new("User").text("title", "a & \"b\" <c>").flag("home", true);
        let element = Element::new("Users").with([element]);
        assert!(element.document(Booleans::Digits, ExtraFields::None).ends_with(
            "<Users><User title=\"a &amp; &quot;b&quot; &lt;c&gt;\" home=\"1\"/></Users>"
        ));
        assert!(element.document(Booleans::Words, ExtraFields::None).contains("home=\"true\""));
        assert!(element.document(Booleans::Words, ExtraFields::Everywhere).contains("addedLater"));
    }
}
