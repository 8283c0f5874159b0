//! Settings: what is set, by whom, and what can be changed here.

use crate::engine::Nav;
use crate::{Page, Problem};
use serde::Serialize;

/// `GET /admin/settings`, and the answer to a `POST` that was wrong.
///
/// Form: `POST /admin/settings` with the names of all editable fields; a flag sends `true` or
/// nothing.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SettingsPage {
    /// What can be changed here, where it is not locked.
    pub editable: Vec<EditableSetting>,
    /// All the rest, a section a table of the file.
    pub sections: Vec<SettingSection>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for SettingsPage {
    const TEMPLATE: &'static str = "settings/settings.html";
    const NAV: Nav = Nav::Settings;
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingSource {
    /// Nobody set it.
    Default,
    /// The settings file.
    File,
    /// A variable.
    Environment,
    /// The command line.
    Flag,
    /// This page.
    Page,
}

/// How a value is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "three words that say it")]
pub enum SettingInput {
    Text,
    Url,
    Flag,
}

/// A setting with a field. The texts `setting-<name>` and `setting-<name>-help` belong to it, with
/// the dot of the name as a hyphen.
#[derive(Debug, Clone, Serialize)]
pub struct EditableSetting {
    /// `server.public_url`, `texts.contact`, `dates.format`, ...
    pub name: String,
    /// Label, from the catalogue.
    pub label: String,
    /// Help, from the catalogue; may be empty.
    pub help: String,
    /// As typed or set; `true` for a flag that is on.
    pub value: String,
    /// How it is typed.
    pub input: SettingInput,
    /// Where the value comes from.
    pub source: SettingSource,
    /// Whether something stronger than this page sets it.
    pub locked: bool,
}

/// A table of the settings file.
#[derive(Debug, Clone, Serialize)]
pub struct SettingSection {
    /// `[server]` without the brackets.
    pub name: String,
    /// Its keys.
    pub rows: Vec<SettingRow>,
}

/// A setting without a field.
#[derive(Debug, Clone, Serialize)]
pub struct SettingRow {
    /// The key.
    pub key: String,
    /// The value, secrets masked.
    pub value: String,
    /// Where it comes from.
    pub source: SettingSource,
}
