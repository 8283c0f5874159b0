//! Why the program could not do what was asked: one sentence, and the exit status.

use crate::settings::Problems;
use core::fmt::Write as _;
use std::error::Error;

/// What ends a command early.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Settings that cannot be used, or wrong usage.
    #[error("{0}")]
    Settings(Problems),
    /// Wrong usage that only shows when the command runs.
    #[error("{0}")]
    Usage(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl Trouble {
    /// What failed, with every cause behind it.
    pub fn because(what: &str, cause: &(dyn Error + 'static)) -> Self {
        Self::Failed(format!("{what}: {}", chain(cause)))
    }

    /// 1: failed; 2: wrong usage or settings.
    #[must_use]
    pub const fn status(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Usage(_) => 2,
            Self::Failed(_) => 1,
        }
    }
}

/// An error with its causes in one line.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a string cannot fail.
        let _written = write!(words, ": {cause}");
        source = cause.source();
    }
    words
}
