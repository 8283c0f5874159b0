//! Reads the tree as text, so that `tests/` can state its rules.
//!
//! Comments and `#[cfg(test)]` parts are left out where a rule is about product code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a rule that cannot be read is a failed rule"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The checkout.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// One source file.
#[derive(Debug, Clone)]
pub struct Source {
    /// Relative to the checkout, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl Source {
    /// Without comments and without everything from the first `#[cfg(test)]` on: tests stand last.
    #[must_use]
    pub fn product(&self) -> String {
        let mut kept = String::new();
        for line in self.text.lines() {
            if line.trim_start().starts_with("#[cfg(test)]") {
                break;
            }
            let code = line.find("//").map_or(line, |at| {
                // A URL in a string is no comment.
                if line[..at].ends_with(':') { line } else { &line[..at] }
            });
            kept.push_str(code);
            kept.push('\n');
        }
        kept
    }
}

/// Every file below `folder` with this ending, generated folders left out.
#[must_use]
pub fn sources(folder: &str, ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(folder), ending, &mut found);
    found.sort_by(|a: &Source, b: &Source| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<Source>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | ".git" | "vendor" | "recordings" | "snapshots") {
                collect(&path, ending, found);
            }
        } else if name.ends_with(ending) {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
}

/// The crates under `host/`, by name.
#[must_use]
pub fn host_crates() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join("host"))
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            path.join("Cargo.toml")
                .exists()
                .then(|| path.file_name().unwrap().to_string_lossy().into_owned())
        })
        .collect();
    names.sort();
    names
}

/// What a crate's manifest names: `dependencies`, and `dev-dependencies` beside them.
#[must_use]
pub fn dependencies(manifest: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let text = std::fs::read_to_string(root().join(manifest)).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let names = |key: &str| {
        let section = table.get(key).and_then(toml::Value::as_table);
        section.map(|deps| deps.keys().cloned().collect()).unwrap_or_default()
    };
    (names("dependencies"), names("dev-dependencies"))
}

/// The modules of one crate and which of them import which, by file.
#[must_use]
pub fn imports(crate_folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let prefix = format!("{crate_folder}/src/");
    let files = sources(&format!("{crate_folder}/src"), ".rs");
    let modules: BTreeMap<String, &Source> = files
        .iter()
        .map(|file| (module_of(file.path.strip_prefix(&prefix).unwrap_or(&file.path)), file))
        .collect();
    let known: BTreeSet<String> = modules.keys().cloned().collect();
    modules
        .iter()
        .map(|(name, file)| (name.clone(), named_modules(name, &file.product(), &known)))
        .collect()
}

fn module_of(path: &str) -> String {
    let bare = path.trim_end_matches(".rs");
    match bare {
        "lib" | "main" => String::new(),
        other => other.replace('/', "::"),
    }
}

fn named_modules(me: &str, text: &str, known: &BTreeSet<String>) -> BTreeSet<String> {
    let parent = me.rsplit_once("::").map_or("", |(parent, _)| parent);
    let mut found = BTreeSet::new();
    for (start, base) in [("crate::", String::new()), ("super::", parent.to_owned())] {
        for path in paths_after(text, start) {
            let whole = match (base.is_empty(), path.is_empty()) {
                (true, _) => path,
                (false, true) => base.clone(),
                (false, false) => format!("{base}::{path}"),
            };
            if let Some(module) = longest_module(&whole, known)
                && module != me
            {
                found.insert(module);
            }
        }
    }
    found
}

/// `use crate::a::{b, c::d}` names `a::b` and `a::c::d`.
fn paths_after(text: &str, start: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(start) {
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        expand(&text[at + start.len()..], "", &mut found);
    }
    found
}

fn expand(rest: &str, before: &str, found: &mut Vec<String>) -> usize {
    let name_end =
        rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
    let here = format!("{before}{}", &rest[..name_end]);
    if !rest[name_end..].starts_with('{') || !here.is_empty() && !here.ends_with("::") {
        found.push(here.trim_end_matches("::").to_owned());
        return name_end;
    }
    let mut at = name_end + 1;
    while at < rest.len() && !rest[at..].starts_with('}') {
        let skipped = rest[at..].find(|c: char| !(c.is_whitespace() || c == ',')).unwrap_or(0);
        at += skipped;
        if rest[at..].starts_with('}') {
            break;
        }
        let used = expand(&rest[at..], &here, found);
        at += used.max(1);
    }
    at + 1
}

fn longest_module(path: &str, known: &BTreeSet<String>) -> Option<String> {
    let mut candidate = path.to_owned();
    loop {
        if known.contains(&candidate) {
            return Some(candidate);
        }
        match candidate.rsplit_once("::") {
            Some((shorter, _)) => candidate = shorter.to_owned(),
            None => return known.contains("").then(String::new),
        }
    }
}
