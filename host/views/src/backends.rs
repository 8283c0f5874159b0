//! Backends: listed, added, probed, changed.

use crate::engine::Nav;
use crate::form::Choice;
use crate::health::BackendHealth;
use crate::{Page, Problem, Tone};
use serde::Serialize;

/// `GET /admin/backends`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct BackendsPage {
    /// In the order they were set up.
    pub rows: Vec<BackendRow>,
}

impl Page for BackendsPage {
    const TEMPLATE: &'static str = "backends/list.html";
    const NAV: Nav = Nav::Backends;
}

/// One backend in the list.
#[derive(Debug, Clone, Serialize)]
pub struct BackendRow {
    /// Id, label, state.
    pub health: BackendHealth,
    /// The plugin's name.
    pub plugin: String,
    /// What answered last: `Jellyfin Server 10.11.2`.
    pub product: Option<String>,
    /// How many of our users have an account there.
    pub accounts: u64,
    /// Whether the settings file says so.
    pub locked: bool,
}

/// `GET /admin/backends/new`.
#[derive(Debug, Clone, Serialize)]
pub struct BackendPluginsPage {
    /// Plugins that keep accounts.
    pub plugins: Vec<PluginOption>,
}

impl Page for BackendPluginsPage {
    const TEMPLATE: &'static str = "backends/choose.html";
    const NAV: Nav = Nav::Backends;
}

/// A plugin to choose.
#[derive(Debug, Clone, Serialize)]
pub struct PluginOption {
    /// Its id; leads to `/admin/backends/new/{id}`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// One sentence.
    pub summary: String,
}

/// `GET /admin/backends/new/{plugin}` and `GET /admin/backends/{id}/edit`, and the answers to a
/// `POST` that was wrong.
///
/// Forms: `POST /admin/backends/new/{plugin}` with `id`, `label`, `public_url`, `way` (`key` or
/// `connect`, where both are possible), `setting.<key>` and `connect.<key>`;
/// `POST /admin/backends/{id}/edit` with the same but `id`. An empty secret means unchanged.
#[derive(Debug, Clone, Serialize)]
pub struct BackendFormPage {
    /// The plugin's id.
    pub plugin: String,
    /// Its name.
    pub plugin_name: String,
    /// New, or a change.
    pub mode: BackendFormMode,
    /// As typed.
    pub id: String,
    /// As typed.
    pub label: String,
    /// As typed.
    pub public_url: String,
    /// The manifest's settings, in its order.
    pub fields: Vec<SettingField>,
    /// The manifest's secrets: the long way.
    pub secrets: Vec<SettingField>,
    /// What may be typed once instead.
    pub connect: Option<Connect>,
    /// Where the settings file sets this backend: its name; then nothing can be changed here.
    pub locked_by: Option<String>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for BackendFormPage {
    const TEMPLATE: &'static str = "backends/form.html";
    const NAV: Nav = Nav::Backends;
}

/// New, or a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "two words that say it")]
pub enum BackendFormMode {
    New,
    Edit,
}

/// The short way: typed once, turned into a secret, forgotten.
#[derive(Debug, Clone, Serialize)]
pub struct Connect {
    /// What it asks for.
    pub fields: Vec<SettingField>,
    /// Whether it is the way that was chosen.
    pub chosen: bool,
}

/// The kind of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// An address.
    Url,
    /// One line.
    Text,
    /// An integer.
    Number,
    /// On or off.
    Flag,
    /// One of the options.
    Choice,
    /// Never shown again.
    Secret,
}

/// A field that the manifest describes.
#[derive(Debug, Clone, Serialize)]
pub struct SettingField {
    /// The form field: `setting.url`, `connect.admin_user`.
    pub name: String,
    /// Its kind.
    pub kind: FieldKind,
    /// Beside it.
    pub label: String,
    /// Below it; may be empty.
    pub help: String,
    /// Inside the empty field; may be empty.
    pub example: String,
    /// Whether it must be set.
    pub required: bool,
    /// As typed; `true` for a flag that is on; always empty for a secret.
    pub value: String,
    /// For [`FieldKind::Choice`].
    pub options: Vec<Choice>,
    /// For [`FieldKind::Secret`]: one is kept already.
    pub kept: bool,
    /// The file or variable that sets it, where it cannot be changed here.
    pub locked_by: Option<String>,
}

/// `GET /admin/backends/{id}`; also the answer to a `POST` that saved or tested.
///
/// Forms: `POST /admin/backends/{id}/test`, `POST /admin/backends/{id}/connect`. Deleting is confirmed at `GET .../delete`.
#[derive(Debug, Clone, Serialize)]
pub struct BackendPage {
    /// Id, label, state.
    pub health: BackendHealth,
    /// The plugin's id.
    pub plugin: String,
    /// Its name.
    pub plugin_name: String,
    /// What answered last.
    pub product: Option<String>,
    /// Where people reach it.
    pub public_url: Option<String>,
    /// How many of our users have an account there.
    pub accounts: u64,
    /// The libraries there, by name; empty where it has none or does not say.
    pub libraries: Vec<String>,
    /// The settings file, where it sets this backend.
    pub locked_by: Option<String>,
    /// The last probe.
    pub probe: Option<ProbeView>,
    /// Whether a profile can be captured from it.
    pub can_capture: bool,
    /// Whether it has accounts that can be adopted.
    pub can_adopt: bool,
    /// Whether it leaves reset files, or has a sign-in page for our button.
    pub has_resets: bool,
    /// Where its owner signs in there so that we may act: whether one has.
    pub owner: Option<bool>,
}

impl Page for BackendPage {
    const TEMPLATE: &'static str = "backends/detail.html";
    const NAV: Nav = Nav::Backends;
}

/// A staged probe.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeView {
    /// In the order tried.
    pub stages: Vec<ProbeStage>,
    /// What the admin should know besides.
    pub notices: Vec<ProbeNotice>,
    /// Whether all went well enough.
    pub passed: bool,
}

/// A remark of a probe.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeNotice {
    /// How bad.
    pub tone: Tone,
    /// A sentence.
    pub text: String,
}

/// One line of a probe.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeStage {
    /// `resolve`, `connect`, `certificate`, then the plugin's own words.
    pub name: String,
    /// How it went.
    pub outcome: StageOutcome,
    /// One sentence.
    pub detail: String,
    /// How long it took.
    pub took_ms: u64,
}

/// How a stage went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the contract's words")]
pub enum StageOutcome {
    Passed,
    Warned,
    Failed,
    Skipped,
}
