//! What every part of the plan stands on: the service, the old files, and where accounts are.

use super::act::Act;
use super::old::Old;
use crate::house::Service;
use crate::import::plan::{Item, Kind, State};
use domain::ids::BackendId;
use domain::role::Admin;
use domain::settings::Source;

/// A thing, and what has to be done about it.
pub(crate) struct Step {
    pub(crate) item: Item,
    pub(crate) act: Option<Act>,
}

impl Step {
    /// Nothing is to be done, for that reason.
    pub(crate) fn idle(
        kind: Kind,
        name: impl Into<String>,
        (state, words): (State, impl Into<String>),
    ) -> Self {
        Self { item: Item::new(kind, name, (state, words)), act: None }
    }

    /// This is to be done.
    pub(crate) fn busy(
        kind: Kind,
        name: impl Into<String>,
        (state, words): (State, impl Into<String>),
        act: Act,
    ) -> Self {
        Self { item: Item::new(kind, name, (state, words)), act: Some(act) }
    }
}

/// Where the old accounts are, as a backend here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is set up.
    Here(BackendId),
    /// It is about to be.
    Coming(BackendId),
    /// It is not, and will not be.
    Nowhere,
}

impl Place {
    /// Its id, also before it is there.
    pub(crate) const fn id(&self) -> Option<&BackendId> {
        match self {
            Self::Here(id) | Self::Coming(id) => Some(id),
            Self::Nowhere => None,
        }
    }
}

/// What the parts of the plan look at.
pub(crate) struct Ground<'a> {
    pub(crate) service: &'a Service,
    pub(crate) by: &'a Admin,
    pub(crate) old: &'a Old,
    pub(crate) place: Place,
    /// The profile of new accounts is there, or will be.
    pub(crate) has_profile: bool,
}

/// What cannot be done without a backend.
pub(crate) const NO_BACKEND: &str =
    "it needs the server, which is not set up here; see the backend above";

/// Where somebody has to change what is locked here.
pub(crate) fn locked(by: &Source) -> String {
    match by {
        Source::File { line: 0 } => "the settings file sets it: change it there".to_owned(),
        Source::File { line } => {
            format!("line {line} of the settings file sets it: change it there")
        }
        Source::Environment { name } => format!("the environment variable {name} sets it"),
        Source::Flag => "a flag of the command line sets it".to_owned(),
        Source::Default | Source::Page => "it cannot be changed here".to_owned(),
    }
}
