//! Plugins: what they are, what they may do, how they are.

use crate::Page;
use crate::engine::Nav;
use jiff::Timestamp;
use serde::Serialize;

/// `GET /admin/plugins`.
#[derive(Debug, Clone, Serialize)]
pub struct PluginsPage {
    /// By name.
    pub rows: Vec<PluginRow>,
    /// The folder that is watched for more.
    pub folder: String,
}

impl Page for PluginsPage {
    const TEMPLATE: &'static str = "plugins/list.html";
    const NAV: Nav = Nav::Plugins;
}

/// How a plugin is doing.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PluginHealth {
    /// Answers.
    Well,
    /// Left alone for a while, because it failed too often.
    Ill {
        /// When it is tried again.
        until: Timestamp,
        /// What happened last.
        last: String,
    },
    /// Not loaded.
    Refused {
        /// Why, in words.
        why: String,
    },
}

/// One plugin in the list.
#[derive(Debug, Clone, Serialize)]
pub struct PluginRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One sentence.
    pub summary: String,
    /// What it can be, as words from the catalogue (`role-<role>`).
    pub roles: Vec<String>,
    /// Whether it came with the program.
    pub bundled: bool,
    /// How it is.
    pub health: PluginHealth,
    /// Labels of the backends that use it.
    pub used_by: Vec<String>,
}

/// `GET /admin/plugins/{id}`.
#[derive(Debug, Clone, Serialize)]
pub struct PluginPage {
    /// As in the list.
    pub row: PluginRow,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// The file, where it is not bundled.
    pub file: Option<String>,
    /// SPDX.
    pub license: String,
    /// What it can do, in sentences.
    pub can: Vec<String>,
    /// What it cannot do, in sentences.
    pub cannot: Vec<String>,
    /// What a call may use, in sentences.
    pub limits: Vec<String>,
    /// Newest last.
    pub log: Vec<LogLine>,
}

impl Page for PluginPage {
    const TEMPLATE: &'static str = "plugins/detail.html";
    const NAV: Nav = Nav::Plugins;
}

/// A line that the plugin wrote.
#[derive(Debug, Clone, Serialize)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// `debug`, `info`, `warn`, `error`.
    pub level: String,
    /// What.
    pub text: String,
}
