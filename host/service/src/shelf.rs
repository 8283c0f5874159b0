//! The templates of mails that hold right now, in memory, and how they follow from files and pages.
//!
//! Guarantees: a template that is wrong leaves what held before. Does not: tell anybody;
//! [`crate::templates`] does.

mod folder;

use crate::error::{Result, ServiceError};
use domain::templates::MailTemplate;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use views::mail::{MailKind, MailTemplates, Source, TemplateProblem};

/// Whose words a mail has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Latchkey's own.
    BuiltIn,
    /// Written in the pages.
    Page {
        /// When.
        changed_at: Timestamp,
    },
    /// Written in files; locked in the pages.
    Files {
        /// Their names.
        names: Vec<String>,
    },
}

/// What holds, in memory.
pub(crate) struct Shelf {
    held: Mutex<Arc<Held>>,
    folder: OnceLock<PathBuf>,
    /// Held while it is worked out anew.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// Mails whose own template failed at sending, since it last changed.
    failed: Mutex<BTreeSet<MailKind>>,
}

/// What holds, with what was written for it.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) templates: MailTemplates,
    pub(crate) written: BTreeMap<MailKind, Written>,
    /// Files whose names are no mail's.
    pub(crate) strays: Vec<String>,
}

/// What somebody wrote over one mail.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) origin: Origin,
    pub(crate) source: Source,
    pub(crate) problem: Option<TemplateProblem>,
}

impl Shelf {
    /// With nothing but the built-in ones.
    ///
    /// # Errors
    /// `Internal`: they are broken, which a test would have found.
    pub(crate) fn new() -> Result<Self> {
        let templates = MailTemplates::builtin().map_err(ServiceError::internal)?;
        let held = Held { templates, written: BTreeMap::new(), strays: Vec::new() };
        Ok(Self {
            held: Mutex::new(Arc::new(held)),
            folder: OnceLock::new(),
            changing: tokio::sync::Mutex::new(()),
            failed: Mutex::default(),
        })
    }

    /// What holds now.
    pub(crate) fn held(&self) -> Arc<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on something else holds.
    pub(crate) fn hold(&self, held: Held) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(held);
    }

    /// Where files are looked for.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.get().map(PathBuf::as_path)
    }

    /// From now on files are looked for there; once in a process.
    pub(crate) fn look_in(&self, folder: PathBuf) {
        self.folder.get_or_init(|| folder);
    }

    /// Notes that a mail's own template failed at sending; whether that is new.
    pub(crate) fn failed(&self, kind: MailKind) -> bool {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).insert(kind)
    }

    /// A template is another one: its failures are forgotten.
    pub(crate) fn renewed(&self, kind: MailKind) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).remove(&kind);
    }
}

/// What holds by files and pages; what did not change is not compiled again. Blocks.
pub(crate) fn filled(before: &Held, folder: Option<&Path>, pages: Vec<MailTemplate>) -> Held {
    let mut written: BTreeMap<MailKind, Written> = pages.into_iter().filter_map(by_page).collect();
    let found = folder.map(folder::read).unwrap_or_default();
    written.extend(found.written.into_iter().map(|(kind, filed)| {
        let folder::Filed { names, source, problem } = filed;
        (kind, Written { origin: Origin::Files { names }, source, problem })
    }));
    let mut templates = before.templates.clone();
    for kind in MailKind::ALL {
        let Some(now) = written.get_mut(&kind) else {
            templates = templates.without_override(kind);
            continue;
        };
        let as_before = before
            .written
            .get(&kind)
            .is_some_and(|known| known.problem.is_none() && known.source == now.source);
        if as_before || now.problem.is_some() {
            continue;
        }
        match templates.with_override(kind, now.source.clone()) {
            Ok(with) => templates = with,
            Err(problem) => now.problem = Some(problem),
        }
    }
    Held { templates, written, strays: found.strays }
}

fn by_page(template: MailTemplate) -> Option<(MailKind, Written)> {
    let MailTemplate { name, subject, text, mjml, changed_at } = template;
    let kind = MailKind::parse(&name)?;
    let source = Source { subject, text, mjml };
    Some((kind, Written { origin: Origin::Page { changed_at }, source, problem: None }))
}
