//! The environment as settings: `LATCHKEY_<SECTION>__<KEY>`, and for lists
//! `LATCHKEY_<LIST>__<ID>__<KEY>`.
//!
//! Names are read in any case; an underscore in an id stands for `-`, which a variable's name cannot
//! hold. Further parts reach into `settings`; a list's key that the table does not know goes there
//! by itself. A variable without `__` is none of ours (the data folder, the key, what a cluster
//! injects), unless it is plainly a key with an underscore missing.

use crate::settings::kind::Kind;
use crate::settings::nearest::nearest;
use crate::settings::place::{Place, Spot};
use crate::settings::problem::Problem;
use crate::settings::table::{SECTIONS, Section, Shape, section};
use crate::settings::written::{Entry, Raw, Written, lay_over, lay_over_item, stem};

/// What every name of ours begins with.
const PREFIX: &str = "LATCHKEY_";

/// Lays every variable over the entries.
pub(crate) fn overlay(entries: &mut Vec<Entry>, variables: &[(String, String)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut sorted: Vec<_> =
        variables.iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
    sorted.sort();
    for (name, value) in sorted {
        let parts: Vec<String> = name
            .strip_prefix(PREFIX)
            .unwrap_or_default()
            .split("__")
            .map(str::to_ascii_lowercase)
            .collect();
        if let Err(problem) = lay(entries, name, &parts, value) {
            problems.push(*problem);
        }
    }
    problems
}

fn lay(
    entries: &mut Vec<Entry>,
    name: &str,
    parts: &[String],
    value: &str,
) -> Result<(), Box<Problem>> {
    let place = || Place::Environment { name: name.to_owned() };
    let Some((head, rest)) = parts.split_first() else { return Ok(()) };
    if rest.is_empty() {
        let Some((meant, key)) = missing_underscore(head) else { return Ok(()) };
        let problem = Problem::error(place(), key, "one underscore is missing");
        return Err(Box::new(problem.advise(format!("write {meant}"))));
    }
    let Some(section) = section(head) else {
        let near = nearest(head, SECTIONS.iter().map(|section| section.name));
        let problem = Problem::error(place(), head.clone(), "there is no such section");
        return Err(Box::new(match near {
            Some(near) => {
                let name = name.replacen(&head.to_uppercase(), &near.to_uppercase(), 1);
                problem.advise(format!("did you mean {name}?"))
            }
            None => problem.advise("`latchkey config schema` lists them"),
        }));
    };
    if value.is_empty() && !may_be_empty(section, rest) {
        return Ok(());
    }
    let value =
        Written { raw: Raw::Text(value.to_owned()), spot: Spot::Environment(name.to_owned()) };
    match (section.shape, rest) {
        (Shape::Table, _) => lay_over(entries, parts, value),
        (Shape::List, [id, path @ ..]) if !path.is_empty() => {
            let path = list_path(section, path);
            let item = (section.name, section.identity(), &*id.replace('_', "-"));
            lay_over_item(entries, item, (&path, value));
        }
        (Shape::Named, [id, path @ ..]) if !path.is_empty() => {
            let mut whole = vec![head.clone(), id.replace('_', "-")];
            whole.extend_from_slice(path);
            lay_over(entries, &whole, value);
        }
        _ => {
            let prefix = section.name.to_uppercase();
            let problem = Problem::error(place(), head.clone(), "this names no key");
            return Err(Box::new(problem.advise(format!("write {PREFIX}{prefix}__<ID>__<KEY>"))));
        }
    }
    Ok(())
}

/// Whether nothing is a value of that key; elsewhere an empty variable counts as unset, because
/// compose files and units pass variables on whether they are set or not.
fn may_be_empty(section: &Section, rest: &[String]) -> bool {
    let key = rest.last().and_then(|name| section.key(stem(name)));
    key.is_none_or(|key| {
        matches!(
            key.kind,
            Kind::Text | Kind::Texts | Kind::Urls | Kind::Networks | Kind::OptionalAddress
        )
    })
}

/// `LATCHKEY_BACKEND__JELLYFIN__URL` means the plugin's own key.
fn list_path(section: &Section, path: &[String]) -> Vec<String> {
    let known = path.first().is_some_and(|first| section.key(stem(first)).is_some());
    let has_settings = section.key("settings").is_some();
    let inside = (!known && has_settings).then(|| "settings".to_owned());
    inside.into_iter().chain(path.iter().cloned()).collect()
}

/// `LATCHKEY_SERVER_PUBLIC_URL`: the right name and the key.
fn missing_underscore(head: &str) -> Option<(String, String)> {
    SECTIONS.iter().filter(|section| section.shape == Shape::Table).find_map(|section| {
        let key = head.strip_prefix(section.name)?.strip_prefix('_')?;
        section.key(stem(key))?;
        let name = format!("{PREFIX}{}__{}", section.name.to_uppercase(), key.to_uppercase());
        Some((name, format!("{}.{key}", section.name)))
    })
}
