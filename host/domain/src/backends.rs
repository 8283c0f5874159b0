//! Configured servers.

use crate::ids::{BackendId, PluginId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who set something up: what the file sets is locked in the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetBy {
    /// The settings file or the environment.
    File,
    /// The pages or the API.
    Page,
}

/// One configured server. Its secrets are sealed beside it and never in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backend {
    /// The admin's id for it.
    pub id: BackendId,
    /// What people read; the plugin's name where empty.
    pub label: String,
    /// The plugin that speaks to it.
    pub plugin: PluginId,
    /// Where people reach it.
    pub public_url: Option<url::Url>,
    /// The plugin's settings, as text.
    pub settings: BTreeMap<String, String>,
    /// Who set it up.
    pub set_by: SetBy,
    /// The server's own id, learned at the first good probe: another one later is a warning.
    pub server_id: Option<String>,
    /// When it was added.
    pub created_at: jiff::Timestamp,
}
