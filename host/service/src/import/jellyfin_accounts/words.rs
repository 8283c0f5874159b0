//! Texts on pages and in mails, and how dates are written.

use super::act::Act;
use super::ground::{Ground, Step, locked};
use crate::import::plan::{Kind, State};
use crate::settings;
use domain::settings::Source;
use serde_json::Value;

/// Our key, and where the old value stands.
const TEXTS: [(&str, &str, &str); 4] = [
    ("texts.contact", "ui", "contact_message"),
    ("texts.help", "ui", "help_message"),
    ("texts.success", "ui", "success_message"),
    ("texts.mail_footer", "email", "message"),
];

pub(crate) fn plan(ground: &Ground<'_>) -> Vec<Step> {
    let config = &ground.old.config;
    let mut found: Vec<(&'static str, Value, String)> = Vec::new();
    for (key, section, old) in TEXTS {
        if let Some(text) = config.set(section, old) {
            found.push((key, text.into(), config.place(section, old)));
        }
    }
    if let Some(format) = config.set("email", "date_format") {
        found.push(("dates.format", format.into(), config.place("email", "date_format")));
    }
    if config.set("email", "use_24h").is_some() {
        let on = config.is_on("email", "use_24h", true);
        found.push(("dates.clock_24h", on.into(), config.place("email", "use_24h")));
    }
    found.into_iter().map(|(key, value, place)| one(ground, key, value, &place)).collect()
}

fn one(ground: &Ground<'_>, key: &'static str, value: Value, place: &str) -> Step {
    let idle = |state, words: String| Step::idle(Kind::Setting, key, (state, words));
    let here = settings::list(ground.service, ground.by).into_iter().find(|view| view.key == key);
    let Some(here) = here else { return idle(State::Skipped, "it is no setting here".to_owned()) };
    if here.value == value {
        return idle(State::Same, shown(&value));
    }
    if !here.editable {
        let words = format!("{}, instead of {}", locked(&here.source), shown(&value));
        return idle(State::Conflict, words);
    }
    if key == "dates.format" && !value.as_str().is_some_and(is_date_format) {
        let words = format!("{place}: {} is no format that can be written here", shown(&value));
        return idle(State::Skipped, words);
    }
    let (state, words) = match here.source {
        Source::Page => {
            (State::Changed, format!("{}, instead of {}", shown(&value), shown(&here.value)))
        }
        Source::Default | Source::File { .. } | Source::Environment { .. } | Source::Flag => {
            (State::New, shown(&value))
        }
    };
    Step::busy(Kind::Setting, key, (state, words), Act::Set(key, value))
}

/// A value on one line, cut where it is long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Python's directives are C's; those that are missing here make the whole format useless.
fn is_date_format(format: &str) -> bool {
    let sample = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    jiff::fmt::strtime::format(format, &sample).is_ok_and(|shown| !shown.trim().is_empty())
}
