//! The templates as they are written.

use crate::assets::Templates;

/// Every template with what the engine handles taken out.
fn bare() -> Vec<(String, String)> {
    let each = Templates::iter().map(|name| {
        let mut text = Templates::text(&name).unwrap();
        for (open, close) in [("{#", "#}"), ("{%", "%}"), ("{{", "}}")] {
            while let Some(start) = text.find(open) {
                let end = text[start..].find(close).unwrap() + start + close.len();
                text.replace_range(start..end, "");
            }
        }
        (name.into_owned(), text)
    });
    each.collect()
}

/// A macro may write attributes into another template's tag.
fn without_attributes(text: &str) -> String {
    let words = text.split('"').enumerate().filter(|(index, _)| index % 2 == 0);
    let left = words.map(|(_, word)| {
        let word = word.trim_end();
        word.strip_suffix('=')
            .map_or(word, |name| name.rsplit_once(' ').map_or("", |(rest, _)| rest))
    });
    left.collect()
}

#[test]
fn no_word_stands_outside_the_catalogue() {
    for (name, text) in bare() {
        for piece in text.split('<') {
            let words = without_attributes(piece.split_once('>').map_or(piece, |(_, after)| after));
            assert!(!words.chars().any(char::is_alphabetic), "{name}: {words}");
        }
        for attribute in ["aria-label", "placeholder", "title", "alt", "data-done", "data-title"] {
            for (at, _) in text.match_indices(&format!(" {attribute}=\"")) {
                let value = text[at..].split('"').nth(1).unwrap();
                assert!(!value.chars().any(char::is_alphabetic), "{name}: {attribute}={value}");
            }
        }
    }
}

#[test]
fn nothing_is_passed_by_the_escaping() {
    for name in Templates::iter() {
        let text = Templates::text(&name).unwrap();
        assert!(!text.contains("safe") && !text.contains("autoescape"), "{name}");
    }
}

#[test]
fn every_page_has_an_example() {
    let shots = super::shots("en", "");
    for name in Templates::iter().filter(|name| name.contains('/') && !name.starts_with("parts/")) {
        assert!(shots.iter().any(|(shot, _)| shot.template == name), "{name}");
    }
}
