//! What a component says about itself, and what becomes of it.

use crate::ids::PluginId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a component can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginRole {
    /// Keeps accounts.
    Accounts,
    /// Says who somebody is.
    Identity,
    /// Reads reset requests.
    Reset,
    /// Delivers messages.
    Notify,
    /// Signs apps in.
    AppSession,
}

/// The kind of a setting, which decides its form field and its check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingKind {
    /// An http or https base URL.
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

/// One setting, as the manifest describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingSpec {
    /// Its key.
    pub key: String,
    /// Its kind.
    pub kind: SettingKind,
    /// Beside the field.
    pub label: String,
    /// Below the field.
    pub help: String,
    /// Inside the empty field.
    pub example: String,
    /// Whether it must be set.
    pub required: bool,
    /// What holds where it is unset.
    pub default: Option<String>,
    /// For [`SettingKind::Choice`].
    pub options: Vec<String>,
}

/// A component's manifest, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its id.
    pub id: PluginId,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The contract it speaks: `0.1`.
    pub contract: String,
    /// One sentence.
    pub summary: String,
    /// SPDX.
    pub license: String,
    /// What it exports.
    pub roles: Vec<PluginRole>,
    /// By name.
    pub endpoints: BTreeMap<String, EndpointSpec>,
    /// In the manifest's order.
    pub settings: Vec<SettingSpec>,
    /// In the manifest's order.
    pub secrets: Vec<SecretSpec>,
    /// What may be typed once instead of a secret.
    pub connect: Option<ConnectSpec>,
    /// URL patterns for `http` besides endpoints.
    pub allow_urls: Vec<String>,
    /// Its limits.
    pub limits: Limits,
}

/// A destination that the admin fills in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EndpointSpec {
    /// A base URL, for requests.
    Http {
        /// The setting that holds it.
        setting: String,
        /// `https`, `http`.
        schemes: Vec<String>,
    },
    /// A host and a port, for connections in a protocol of the plugin's own.
    Tcp {
        /// The setting that holds the host.
        host: String,
        /// The setting that holds the port.
        port: String,
    },
}

/// A secret, and where the host may put it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretSpec {
    /// Key, label, help.
    pub spec: SettingSpec,
    /// The endpoints it may be sent to.
    pub endpoints: Vec<String>,
    /// Whether the component may see it, where the admin agrees.
    pub reveal: bool,
}

/// What `connect` asks for, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectSpec {
    /// The secrets it makes.
    pub mints: Vec<String>,
    /// What it asks for.
    pub fields: Vec<SettingSpec>,
    /// Whether an administrator may sign in at the backend instead of typing: what that sign-in left is
    /// then the answer, under the name [`ConnectSpec::GRANT`].
    #[serde(default)]
    pub sign_in: bool,
}

impl ConnectSpec {
    /// The answer that a sign-in gives.
    pub const GRANT: &str = "grant";
}

/// How much a call may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Linear memory, at most 64.
    pub memory_mib: u32,
    /// CPU time, at most 10,000.
    pub cpu_ms: u32,
    /// Wall time, at most 60.
    pub call_s: u32,
}

/// Where a component came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginSource {
    /// Inside the binary.
    Bundled,
    /// A file in the plugins folder.
    File(String),
}

/// What the host found when it looked at a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// What it says of itself.
    pub manifest: Manifest,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// What it exports, found by probing.
    pub roles: Vec<PluginRole>,
    /// Whether it can put a button on a backend's own sign-in page.
    pub login_page: bool,
    /// The interfaces it imports: `latchkey:host/http@0.1.0`.
    pub imports: Vec<String>,
    /// What it can therefore do, in sentences.
    pub can: Vec<String>,
    /// What it cannot do, in sentences.
    pub cannot: Vec<String>,
}

/// How a plugin is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginHealth {
    /// Answers.
    Well,
    /// Trapped or lied too often; calls are answered `unavailable` until the time given.
    Ill {
        /// When it is tried again.
        until: jiff::Timestamp,
        /// What happened last.
        last: String,
    },
}

/// One line of the staged probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// `resolve`, `connect`, `certificate`, then the plugin's own.
    pub name: String,
    /// How it went.
    pub outcome: StageOutcome,
    /// One sentence.
    pub detail: String,
    /// Milliseconds.
    pub took_ms: u64,
}

/// How a stage went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageOutcome {
    /// Good.
    Passed,
    /// Works, but look.
    Warned,
    /// Stops here.
    Failed,
    /// Not reached.
    Skipped,
}

/// What a successful probe says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// `Jellyfin Server`.
    pub product: String,
    /// Its version.
    pub version: String,
    /// The backend's own id of itself.
    pub server_id: Option<String>,
    /// What it can do.
    pub features: Vec<String>,
    /// What an admin should know: severity word, code, sentence.
    pub notices: Vec<(String, String, String)>,
}

/// A whole staged probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// In the order tried.
    pub stages: Vec<Stage>,
    /// The end of it.
    pub outcome: Result<Report, crate::fault::Fault>,
}
