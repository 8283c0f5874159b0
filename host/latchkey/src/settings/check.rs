//! The written tree against the table of keys: what is unknown, misplaced or of the wrong kind is
//! named, everything else is a parsed value. Defaults come from the table.
//!
//! Secrets are read from their files here. How keys depend on one another is `settle`'s.

use crate::settings::kind::{self, Parsed};
use crate::settings::nearest::nearest;
use crate::settings::place::{FileText, Place, Spot};
use crate::settings::problem::Problem;
use crate::settings::table::{Key, SECTIONS, Section, Shape, section};
use crate::settings::written::{Entry, Raw, Written, parse_value, stem};
use domain::secret::Secret;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A parsed value and where it was written.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) parsed: Parsed,
    pub(crate) spot: Spot,
}

/// One table of a list, or one named table.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) spot: Spot,
    pub(crate) values: BTreeMap<&'static str, Found>,
}

impl Item {
    /// A key's text, where it has one.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.values.get(name).map(|found| &found.parsed) {
            Some(Parsed::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }
}

/// Everything that was right, by `section.key`, and the tables of lists.
#[derive(Clone, Default)]
pub(crate) struct Checked {
    pub(crate) values: BTreeMap<String, Found>,
    pub(crate) items: BTreeMap<&'static str, Vec<Item>>,
}

/// What is learned on the way.
pub(crate) struct Check<'a> {
    pub(crate) file: Option<&'a FileText>,
    /// What relative paths of the file are relative to.
    pub(crate) base: &'a Path,
    pub(crate) problems: Vec<Problem>,
    /// Files that secrets were read from: a change of one is a change of the settings.
    pub(crate) secret_files: Vec<PathBuf>,
    /// Whether the settings file itself holds a secret.
    pub(crate) holds_secret: bool,
}

impl<'a> Check<'a> {
    pub(crate) const fn new(file: Option<&'a FileText>, base: &'a Path) -> Self {
        Self { file, base, problems: Vec::new(), secret_files: Vec::new(), holds_secret: false }
    }

    pub(crate) fn place(&self, spot: &Spot) -> Place {
        spot.place(self.file)
    }

    pub(crate) fn error(&mut self, spot: &Spot, key: &str, message: impl Into<String>) {
        let place = self.place(spot);
        self.problems.push(Problem::error(place, key, message));
    }

    pub(crate) fn error_with_advice(
        &mut self,
        spot: &Spot,
        key: &str,
        (message, advice): (impl Into<String>, impl Into<String>),
    ) {
        let place = self.place(spot);
        self.problems.push(Problem::error(place, key, message).advise(advice));
    }

    pub(crate) fn warning(&mut self, spot: &Spot, key: &str, message: impl Into<String>) {
        let place = self.place(spot);
        self.problems.push(Problem::warning(place, key, message));
    }

    /// Whether something is wrong with that key already, so that it is not called missing too.
    pub(crate) fn complained_of(&self, whole: &str) -> bool {
        self.problems.iter().any(|problem| problem.key.as_deref().map(stem) == Some(whole))
    }

    /// Goes through everything written.
    pub(crate) fn everything(&mut self, entries: &[Entry]) -> Checked {
        let mut checked = Checked::default();
        for entry in entries {
            match section(&entry.key) {
                Some(section) => self.section(section, entry, &mut checked),
                None => self.unknown_section(entry),
            }
        }
        self.fill_defaults(&mut checked);
        checked
    }

    fn section(&mut self, section: &'static Section, entry: &Entry, checked: &mut Checked) {
        if !section.used {
            self.warning(&entry.spot, section.name, "not used by this version");
        }
        match (section.shape, &entry.value.raw) {
            (Shape::Table, Raw::Table(inner)) => {
                let values = self.table(section, section.name, inner);
                for (name, found) in values {
                    checked.values.insert(format!("{}.{name}", section.name), found);
                }
            }
            (Shape::List, Raw::List(items)) => {
                let items = self.list(section, items);
                checked.items.insert(section.name, items);
            }
            (Shape::Named, Raw::Table(named)) => {
                let items = self.named(section, named);
                checked.items.insert(section.name, items);
            }
            (shape, other) => {
                let header = match shape {
                    Shape::Table => format!("[{}]", section.name),
                    Shape::List => format!("[[{}]]", section.name),
                    Shape::Named => format!("[{}.ID]", section.name),
                };
                let message = format!("is {}, but it is a section", other.kind());
                let message = if matches!((shape, other), (Shape::List, Raw::Table(_))) {
                    "is written once, but it is a list".to_owned()
                } else {
                    message
                };
                let advice = format!("begin it with a line {header}");
                self.error_with_advice(&entry.spot, section.name, (message, advice));
            }
        }
    }

    fn unknown_section(&mut self, entry: &Entry) {
        let home = SECTIONS.iter().find(|section| section.key(stem(&entry.key)).is_some());
        let is_section = matches!(entry.value.raw, Raw::Table(_));
        let near = nearest(&entry.key, SECTIONS.iter().map(|section| section.name));
        let (message, advice) = match (home, near) {
            (Some(home), _) if !is_section => {
                ("stands outside of a section", format!("put it below [{}]", home.name))
            }
            (_, Some(near)) => ("there is no such section", format!("did you mean {near:?}?")),
            _ => ("there is no such section", "`latchkey config schema` lists them".to_owned()),
        };
        self.error_with_advice(&entry.spot, &entry.key, (message, advice));
    }

    /// The keys of one table; `prefix` names it in problems.
    pub(crate) fn table(
        &mut self,
        section: &'static Section,
        prefix: &str,
        entries: &[Entry],
    ) -> BTreeMap<&'static str, Found> {
        let mut values = BTreeMap::new();
        for entry in entries {
            let whole = format!("{prefix}.{}", entry.key);
            let Some((key, from_file)) = known(section, &entry.key) else {
                self.unknown_key(section, &whole, entry);
                continue;
            };
            if section.used && !key.used {
                self.warning(&entry.spot, &whole, "not used by this version");
            }
            if values.contains_key(key.name) {
                let advice = "keep one of the two";
                self.error_with_advice(&entry.spot, &whole, ("is given twice", advice));
                continue;
            }
            let parsed = if from_file {
                self.secret_file(&entry.value, &whole).map(Parsed::Secret)
            } else {
                self.value(key, &whole, &entry.value)
            };
            if let Some(parsed) = parsed {
                values.insert(key.name, Found { parsed, spot: entry.value.spot.clone() });
            }
        }
        values
    }

    fn value(&mut self, key: &Key, whole: &str, written: &Written) -> Option<Parsed> {
        match kind::read(key.kind, written) {
            Ok(Some(parsed)) => {
                self.holds_secret |=
                    matches!((&parsed, &written.spot), (Parsed::Secret(_), Spot::File(_)));
                Some(parsed)
            }
            Ok(None) => None,
            Err(complaint) => {
                let place = self.place(&complaint.spot);
                let mut problem = Problem::error(place, whole, complaint.message);
                problem.advice = complaint.advice;
                self.problems.push(problem);
                None
            }
        }
    }

    fn unknown_key(&mut self, section: &'static Section, whole: &str, entry: &Entry) {
        let near = nearest(&entry.key, section.keys.iter().map(|key| key.name));
        let elsewhere = SECTIONS
            .iter()
            .find(|other| other.shape == Shape::Table && other.key(stem(&entry.key)).is_some());
        let advice = match (near, elsewhere) {
            (Some(near), _) => format!("did you mean {near:?}?"),
            (None, Some(other)) => format!("it belongs below [{}]", other.name),
            (None, None) => {
                let keys: Vec<_> = section.keys.iter().map(|key| key.name).collect();
                format!("this section knows {}", keys.join(", "))
            }
        };
        self.error_with_advice(&entry.spot, whole, ("there is no such key", advice));
    }

    fn list(&mut self, section: &'static Section, items: &[Written]) -> Vec<Item> {
        let mut found: Vec<Item> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Raw::Table(entries) = &item.raw else {
                let message = format!("each item is a table, not {}", item.raw.kind());
                self.error(&item.spot, section.name, message);
                continue;
            };
            let identity = section.identity();
            let given = entries.iter().find(|entry| entry.key == identity);
            let id = given.and_then(|entry| match &entry.value.raw {
                Raw::Text(id) => Some(id.clone()),
                _ => None,
            });
            let name = id.clone().unwrap_or_else(|| format!("number {}", index + 1));
            let values = self.table(section, &format!("{}.{name}", section.name), entries);
            if given.is_none() {
                let advice = match identity {
                    "id" => format!("give this [[{}]] an id of your choice", section.name),
                    other => format!("say which {other} this [[{}]] is for", section.name),
                };
                let whole = format!("{}.{identity}", section.name);
                self.error_with_advice(&item.spot, &whole, ("is missing", advice));
            } else if id.is_some() && found.iter().any(|other| Some(&other.id) == id.as_ref()) {
                let whole = format!("{}.{name}", section.name);
                let (message, advice) = match identity {
                    "id" => ("this id is used twice", "choose another id for one of them"),
                    _ => ("this is written twice", "keep one of them"),
                };
                self.error_with_advice(&item.spot, &whole, (message, advice));
            } else {
                found.push(Item { id: name, spot: item.spot.clone(), values });
            }
        }
        found
    }

    fn named(&mut self, section: &'static Section, named: &[Entry]) -> Vec<Item> {
        let mut found = Vec::new();
        for entry in named {
            let whole = format!("{}.{}", section.name, entry.key);
            if let Raw::Table(inner) = &entry.value.raw {
                let values = self.table(section, &whole, inner);
                found.push(Item { id: entry.key.clone(), spot: entry.spot.clone(), values });
            } else {
                let advice = format!("begin it with a line [{whole}]");
                self.error_with_advice(&entry.spot, &whole, ("is no section", advice));
            }
        }
        found
    }

    /// The content of the file that a `<key>_file` names, without the line's end.
    pub(crate) fn secret_file(&mut self, written: &Written, whole: &str) -> Option<Secret> {
        let Raw::Text(name) = &written.raw else {
            let message = format!("takes the path of a file, not {}", written.raw.kind());
            self.error(&written.spot, whole, message);
            return None;
        };
        if name.is_empty() {
            return None;
        }
        let path = match written.spot {
            Spot::File(_) => self.base.join(name),
            _ => std::path::absolute(name).unwrap_or_else(|_odd| PathBuf::from(name)),
        };
        self.secret_files.push(path.clone());
        match std::fs::read_to_string(&path) {
            Ok(mut text) => {
                let end = text.trim_end_matches(['\r', '\n']).len();
                text.truncate(end);
                if text.is_empty() {
                    let message = format!("{} is empty", path.display());
                    self.error_with_advice(&written.spot, whole, (message, "put the secret in it"));
                    return None;
                }
                Some(Secret::new(text))
            }
            Err(error) => {
                let advice = match error.kind() {
                    std::io::ErrorKind::NotFound => "create it or correct the path",
                    std::io::ErrorKind::PermissionDenied => {
                        "let the account that runs latchkey read it"
                    }
                    std::io::ErrorKind::InvalidData => "it must hold plain text",
                    _ => "check the path",
                };
                let message = format!("could not read {}: {error}", path.display());
                self.error_with_advice(&written.spot, whole, (message, advice));
                None
            }
        }
    }

    fn fill_defaults(&mut self, checked: &mut Checked) {
        for section in SECTIONS.iter().filter(|section| section.shape == Shape::Table) {
            for key in section.keys {
                let Some(default) = key.default else { continue };
                let whole = format!("{}.{}", section.name, key.name);
                if checked.values.contains_key(&whole) {
                    continue;
                }
                if let Some(written) = parse_value(default, &Spot::Default)
                    && let Some(parsed) = self.value(key, &whole, &written)
                {
                    checked.values.insert(whole, Found { parsed, spot: Spot::Default });
                }
            }
        }
    }
}

/// The key of that name, and whether it was written as the file that holds it.
fn known(section: &'static Section, name: &str) -> Option<(&'static Key, bool)> {
    if let Some(key) = section.key(name) {
        return Some((key, false));
    }
    let key = section.key(name.strip_suffix("_file")?)?;
    (key.kind == kind::Kind::Secret).then_some((key, true))
}
