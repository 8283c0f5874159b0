//! The commented sample that `config init` writes, from the table of keys.

use crate::settings::kind::Kind;
use crate::settings::table::{Key, SECTIONS, Section, Shape};

/// The whole sample. Every line is a comment: as it stands it changes nothing.
#[must_use]
pub fn sample() -> String {
    let mut text = String::from(
        "# Latchkey's settings. Every line is a comment: take the # away before what you need.\n\
         # Any key can also come from the environment, as LATCHKEY_<SECTION>__<KEY>, one of a list as\n\
         # LATCHKEY_MAIL__<ID>__<KEY>, and any secret from a file, as <key>_file. Changes apply while\n\
         # the server runs.\n",
    );
    for section in SECTIONS.iter().filter(|section| section.used) {
        text.push_str(&section_text(section));
    }
    text
}

fn section_text(section: &Section) -> String {
    let header = match section.shape {
        Shape::Table => format!("[{}]", section.name),
        Shape::List => format!("[[{}]]", section.name),
        Shape::Named => format!("[{}.example]", section.name),
    };
    let mut text = format!("\n# {}\n# {header}\n", section.doc);
    for key in section.keys.iter().filter(|key| key.used) {
        for line in wrapped(key.doc, 92) {
            text.push_str(&format!("#   {line}\n"));
        }
        let aside = if key.instead { "    " } else { "" };
        text.push_str(&format!("# {aside}{}\n", assignment(key)));
    }
    text
}

/// `key = value`; a secret as the file that holds it.
pub(crate) fn assignment(key: &Key) -> String {
    let suffix = if key.kind == Kind::Secret { "_file" } else { "" };
    format!("{}{suffix} = {}", key.name, key.sample)
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
