//! What an import is going to do, or has done, thing by thing.
//!
//! Guarantees: no secret and no whole code of an invite stands in any word of it.

use crate::error::ServiceError;
use core::fmt;
use serde::{Deserialize, Serialize};

/// What a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A configured server.
    Backend,
    /// A text or a format on pages and in mails.
    Setting,
    /// A way to send mail.
    Mail,
    /// A mail's own wording.
    Template,
    /// A folder with reset files.
    ResetWatch,
    /// What accounts are made from.
    Profile,
    /// The right to sign up.
    Invite,
    /// An account's owner and their address.
    Person,
}

impl Kind {
    /// As a person reads it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Setting => "setting",
            Self::Mail => "mail",
            Self::Template => "template",
            Self::ResetWatch => "reset watch",
            Self::Profile => "profile",
            Self::Invite => "invite",
            Self::Person => "person",
        }
    }
}

/// How a thing compares with what is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not here yet: it is added.
    New,
    /// Here, and otherwise: it is replaced.
    Changed,
    /// Here already.
    Same,
    /// Something here is in the way: nothing is done, somebody has to decide.
    Conflict,
    /// Left behind, with the reason.
    Skipped,
    /// It was tried and did not work; only in a report.
    Failed,
}

impl State {
    /// As a person reads it before anything is done.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Same => "same",
            Self::Conflict => "conflict",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    /// As a person reads it afterwards.
    #[must_use]
    pub const fn past(self) -> &'static str {
        match self {
            Self::New => "added",
            Self::Changed | Self::Same | Self::Conflict | Self::Skipped | Self::Failed => {
                self.word()
            }
        }
    }

    /// Every one, in the order they are counted.
    pub const ALL: [Self; 6] =
        [Self::New, Self::Changed, Self::Same, Self::Conflict, Self::Skipped, Self::Failed];
}

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// Which one: an id, a key, a name, the first characters of a code.
    pub name: String,
    /// How it compares.
    pub state: State,
    /// What that means, in words.
    pub words: String,
}

impl Item {
    /// A thing with its words.
    pub fn new(
        kind: Kind,
        name: impl Into<String>,
        (state, words): (State, impl Into<String>),
    ) -> Self {
        Self { kind, name: name.into(), state, words: words.into() }
    }
}

/// What an import is going to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Every thing that was found.
    pub items: Vec<Item>,
    /// What one should know before.
    pub notes: Vec<String>,
}

/// What an import has done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Every thing that was found; `New` and `Changed` are done.
    pub items: Vec<Item>,
    /// What is left to do by hand.
    pub left: Vec<String>,
}

impl Report {
    /// How many things are in each state.
    #[must_use]
    pub fn counts(&self) -> Vec<(State, usize)> {
        counts(&self.items)
    }
}

impl Plan {
    /// How many things are in each state.
    #[must_use]
    pub fn counts(&self) -> Vec<(State, usize)> {
        counts(&self.items)
    }
}

fn counts(items: &[Item]) -> Vec<(State, usize)> {
    let count = |state: State| items.iter().filter(|item| item.state == state).count();
    State::ALL.into_iter().map(|state| (state, count(state))).filter(|(_, n)| *n > 0).collect()
}

/// A file that cannot be read as what it should be. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub file: String,
    /// Line and column, counted from 1; a column of 0 means the whole line.
    pub place: Option<(usize, usize)>,
    /// What is wrong and what to do.
    pub words: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, 0)) => write!(f, "{}:{line}: {}", self.file, self.words),
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.words),
            None => write!(f, "{}: {}", self.file, self.words),
        }
    }
}

impl core::error::Error for Broken {}

/// Why nothing could be planned or done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A file is broken.
    #[error("{0}; nothing was changed")]
    Broken(#[from] Broken),
    /// Something here failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Why one thing did not work, for a line of a report.
#[must_use]
pub fn in_words(error: &ServiceError) -> String {
    match error {
        ServiceError::Backend(fault) => fault.to_string(),
        ServiceError::Invalid { fields } => {
            let each = fields.iter().map(|problem| {
                let detail = problem.args.get("detail").map_or(&problem.code, |detail| detail);
                format!("{}: {detail}", problem.field)
            });
            each.collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}
