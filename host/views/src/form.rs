//! What every form has: choices, and what was wrong with the last try.

use serde::Serialize;

/// Something wrong with what was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The form field's name; empty where it is about the whole form.
    pub field: String,
    /// A sentence from the catalogue.
    pub text: String,
}

impl Problem {
    /// About one field.
    #[must_use]
    pub fn with(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self { field: field.into(), text: text.into() }
    }

    /// About the whole form.
    #[must_use]
    pub fn overall(text: impl Into<String>) -> Self {
        Self::with("", text)
    }
}

/// One option of a select or a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What the person reads.
    pub label: String,
    /// Whether it is the one chosen.
    pub chosen: bool,
}

impl Choice {
    /// Not chosen.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), chosen: false }
    }

    /// Chosen.
    #[must_use]
    pub fn chosen(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { chosen: true, ..Self::new(value, label) }
    }
}
