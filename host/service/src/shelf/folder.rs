//! Templates in files: `NAME.mjml`, `NAME.txt`, and `NAME.toml` with `subject = "..."`.
//!
//! Guarantees: a file that is too large is not read whole; what no mail is called is told, not passed
//! over. Does not: look into folders below.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use views::mail::{MailKind, Part, Source, TemplateProblem, part_of_file, unreadable};

/// What files say of one mail.
pub(super) struct Filed {
    /// Their names.
    pub(super) names: Vec<String>,
    pub(super) source: Source,
    pub(super) problem: Option<TemplateProblem>,
}

/// What is in a folder.
#[derive(Default)]
pub(super) struct Found {
    pub(super) written: BTreeMap<MailKind, Filed>,
    /// Names that are no mail's.
    pub(super) strays: Vec<String>,
}

/// Reads a folder; one that is not there is empty. Blocks.
pub(super) fn read(folder: &Path) -> Found {
    let mut found = Found::default();
    for kind in MailKind::ALL {
        if let Some(filed) = one(folder, kind) {
            found.written.insert(kind, filed);
        }
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    found.strays = names.filter(|name| is_stray(name)).collect();
    found.strays.sort();
    for stray in &found.strays {
        tracing::debug!(file = stray, "no mail is called like this file");
    }
    found
}

/// Editors leave files of their own behind; those are nobody's mistake.
fn is_stray(name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    let template = Part::ALL.iter().any(|part| part.ending() == ending);
    template && !name.starts_with(['.', '#']) && MailKind::parse(stem).is_none()
}

fn one(folder: &Path, kind: MailKind) -> Option<Filed> {
    let mut source = Source::default();
    let (mut names, mut problem) = (Vec::new(), None);
    for part in Part::ALL {
        let name = format!("{kind}.{}", part.ending());
        match text(&folder.join(&name), kind, part) {
            Ok(None) => continue,
            Ok(Some(text)) => *source.part_mut(part) = Some(text),
            Err(wrong) => problem = problem.or(Some(wrong)),
        }
        names.push(name);
    }
    (!names.is_empty()).then_some(Filed { names, source, problem })
}

fn text(path: &Path, kind: MailKind, part: Part) -> Result<Option<String>, TemplateProblem> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(kind, part, &error.to_string())),
    };
    let mut bytes = Vec::new();
    let most = part.limit().saturating_add(1) as u64;
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(kind, part, &error.to_string()))?;
    part_of_file(kind, part, bytes).map(Some)
}
