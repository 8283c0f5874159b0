//! Backends, for admins. Secrets go in and never come out.

use super::lists;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::input::{self, Input};
use crate::kit::Answer;
use domain::accounts::{Abilities, BackendAccount, Condition, LibraryAccess};
use domain::backends::SetBy;
use domain::fault::{Fault, FaultKind};
use domain::ids::{BackendId, PluginId};
use domain::plugins::{Manifest, Probe, StageOutcome};
use domain::role::Admin;
use domain::secret::Secret;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use service::backends::{self, BackendDraft, BackendPatch, BackendView, Health, HealthState};
use service::{ServiceError, plugins};
use std::collections::BTreeMap;
use url::Url;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    id: BackendId,
    label: String,
    plugin: PluginId,
    public_url: Option<Url>,
    settings: BTreeMap<String, String>,
    secrets: Vec<String>,
    set_by: SetBy,
    server_id: Option<String>,
    created_at: Timestamp,
    health: HealthView,
    abilities: Option<Vec<&'static str>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HealthView {
    state: HealthState,
    since: Option<Timestamp>,
    checked_at: Option<Timestamp>,
    latency_ms: Option<u64>,
    product: Option<String>,
    version: Option<String>,
    notices: Vec<Notice>,
    fault: Option<FaultView>,
    replaced: bool,
}

#[derive(Debug, Serialize)]
struct Notice {
    severity: String,
    code: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct FaultView {
    kind: FaultKind,
    code: String,
    detail: String,
}

impl From<Fault> for FaultView {
    fn from(fault: Fault) -> Self {
        Self { kind: fault.kind, code: fault.code, detail: fault.detail }
    }
}

fn notices(list: Vec<(String, String, String)>) -> Vec<Notice> {
    list.into_iter().map(|(severity, code, text)| Notice { severity, code, text }).collect()
}

impl From<Health> for HealthView {
    fn from(health: Health) -> Self {
        Self {
            state: health.state,
            since: health.since,
            checked_at: health.checked_at,
            latency_ms: health.latency_ms,
            product: health.product,
            version: health.version,
            notices: notices(health.notices),
            fault: health.fault.map(FaultView::from),
            replaced: health.replaced,
        }
    }
}

/// The abilities there are, by name.
#[must_use]
pub fn abilities(has: Abilities) -> Vec<&'static str> {
    let all = [
        (has.create, "create"),
        (has.invite, "invite"),
        (has.rename, "rename"),
        (has.disable, "disable"),
        (has.delete, "delete"),
        (has.set_password, "set-password"),
        (has.own_password, "own-password"),
        (has.profiles, "profiles"),
        (has.libraries, "libraries"),
        (has.last_seen, "last-seen"),
    ];
    all.into_iter().filter(|(has_it, _)| *has_it).map(|(_, name)| name).collect()
}

impl From<BackendView> for View {
    fn from(view: BackendView) -> Self {
        let backend = view.backend;
        Self {
            id: backend.id,
            label: view.label,
            plugin: backend.plugin,
            public_url: backend.public_url,
            settings: backend.settings,
            secrets: view.secrets,
            set_by: backend.set_by,
            server_id: backend.server_id,
            created_at: backend.created_at,
            health: view.health.into(),
            abilities: view.offer.map(|offer| abilities(offer.abilities)),
        }
    }
}

/// The backend that the path names.
///
/// # Errors
/// 404 for what can be no id.
pub fn id(ctx: &Ctx) -> Result<BackendId, Failure> {
    BackendId::parse(ctx.part("id")).map_err(|_ignored| Failure::of(Code::NotFound))
}

/// The manifest of a plugin that is loaded.
///
/// # Errors
/// 422 about `plugin`.
pub fn manifest(ctx: &Ctx, by: &Admin, plugin: &PluginId) -> Result<Manifest, Failure> {
    let status = plugins::get(ctx.service(), by, plugin).ok();
    let manifest =
        status.and_then(|status| status.inspection).map(|inspection| inspection.manifest);
    manifest.ok_or_else(|| Failure::field("plugin", "unknown-plugin"))
}

/// Settings, secrets and what `connect` asks for, told apart by the manifest: as in the settings file,
/// all of them may stand under `settings`.
#[derive(Debug, Default)]
pub struct Sorted {
    /// The plugin's settings.
    pub settings: BTreeMap<String, String>,
    /// The plugin's secrets.
    pub secrets: BTreeMap<String, Secret>,
    /// What is used once.
    pub connect: BTreeMap<String, Secret>,
}

/// Reads `settings`, `secrets` and `connect`.
pub fn sorted(sent: &mut Input, manifest: &Manifest) -> Sorted {
    let mut sorted = Sorted {
        settings: BTreeMap::new(),
        secrets: sent.secrets("secrets"),
        connect: sent.secrets("connect"),
    };
    let is_secret = |key: &str| manifest.secrets.iter().any(|secret| secret.spec.key == key);
    let is_setting = |key: &str| manifest.settings.iter().any(|spec| spec.key == key);
    let asked_once = |key: &str| {
        manifest
            .connect
            .as_ref()
            .is_some_and(|connect| connect.fields.iter().any(|field| field.key == key))
    };
    for (key, value) in sent.map("settings").unwrap_or_default() {
        if is_secret(&key) {
            sorted.secrets.insert(key, Secret::new(value));
        } else if asked_once(&key) && !is_setting(&key) {
            sorted.connect.insert(key, Secret::new(value));
        } else {
            sorted.settings.insert(key, value);
        }
    }
    sorted
}

/// What an admin typed and the plugin or its backend did not take is the admin's to correct.
#[must_use]
pub fn refusal(error: ServiceError) -> Failure {
    match error {
        ServiceError::Backend(fault) => {
            let typed = matches!(
                fault.kind,
                FaultKind::InvalidInput
                    | FaultKind::WrongCredential
                    | FaultKind::CredentialRejected
                    | FaultKind::Forbidden
                    | FaultKind::NotFound
                    | FaultKind::Unsupported
                    | FaultKind::Misconfigured
            );
            let failure = Failure::from(fault);
            if typed { failure.recoded(Code::Invalid) } else { failure }
        }
        ServiceError::NotFound { what: "plugin" } => Failure::field("plugin", "unknown-plugin"),
        ServiceError::Taken { .. } => Failure::field("id", "id-taken"),
        other => other.into(),
    }
}

/// A new backend from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn draft(ctx: &Ctx, by: &Admin, mut sent: Input) -> Result<BackendDraft, Failure> {
    let id = sent.required_as("id", input::backend_id);
    let label = sent.note("label", 100).unwrap_or_default();
    let public_url = sent.parsed("publicUrl", input::web_url);
    let plugin = sent.required_as("plugin", input::plugin_id);
    let manifest = plugin.as_ref().map(|plugin| manifest(ctx, by, plugin)).transpose()?;
    let Sorted { settings, secrets, connect } =
        manifest.map(|manifest| sorted(&mut sent, &manifest)).unwrap_or_default();
    let named = id.zip(plugin);
    sent.finish(named.map(|(id, plugin)| BackendDraft {
        id,
        label,
        plugin,
        public_url,
        settings,
        secrets,
        connect,
    }))
}

/// `GET /api/backends`
pub async fn list(ctx: Ctx, _by: Admin) -> Reply {
    Ok(lists::whole(backends::list(ctx.service()).into_iter().map(View::from).collect()))
}

/// `POST /api/backends`
pub async fn add(ctx: Ctx, by: Admin) -> Reply {
    let draft = draft(&ctx, &by, ctx.json()?)?;
    let added = backends::add(ctx.service(), &by, draft).await.map_err(refusal)?;
    Ok(Answer::json(&View::from(added)).status(StatusCode::CREATED))
}

/// `GET /api/backends/{id}`
pub async fn get(ctx: Ctx, _by: Admin) -> Reply {
    Ok(Answer::json(&View::from(backends::get(ctx.service(), &id(&ctx)?)?)))
}

/// A change from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn changes(mut sent: Input, manifest: Option<&Manifest>) -> Result<BackendPatch, Failure> {
    let label = sent.note("label", 100);
    let public_url = sent.change("publicUrl", input::web_url);
    let accept_server = sent.flag("acceptServer").unwrap_or_default();
    let has_settings = sent.has("settings");
    let Sorted { settings, secrets, connect } =
        manifest.map(|manifest| sorted(&mut sent, manifest)).unwrap_or_default();
    let settings = (has_settings && manifest.is_some()).then_some(settings);
    sent.finish(Some(BackendPatch { label, public_url, settings, secrets, connect, accept_server }))
}

/// `PATCH /api/backends/{id}`
pub async fn patch(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let view = backends::get(ctx.service(), &id)?;
    let patch = changes(ctx.json()?, view.manifest.as_ref())?;
    let changed = backends::patch(ctx.service(), &by, &id, patch).await.map_err(refusal)?;
    Ok(Answer::json(&View::from(changed)))
}

/// `DELETE /api/backends/{id}`
pub async fn remove(ctx: Ctx, by: Admin) -> Reply {
    backends::remove(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(Answer::no_content())
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProbeView {
    passed: bool,
    stages: Vec<StageView>,
    product: Option<String>,
    version: Option<String>,
    server_id: Option<String>,
    features: Vec<String>,
    notices: Vec<Notice>,
    fault: Option<FaultView>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StageView {
    name: String,
    outcome: StageOutcome,
    detail: String,
    took_ms: u64,
}

impl From<Probe> for ProbeView {
    fn from(probe: Probe) -> Self {
        let stage = |stage: domain::plugins::Stage| StageView {
            name: stage.name,
            outcome: stage.outcome,
            detail: stage.detail,
            took_ms: stage.took_ms,
        };
        let stages = probe.stages.into_iter().map(stage).collect();
        let blank = Self {
            passed: false,
            stages,
            product: None,
            version: None,
            server_id: None,
            features: Vec::new(),
            notices: Vec::new(),
            fault: None,
        };
        match probe.outcome {
            Ok(report) => Self {
                passed: true,
                product: Some(report.product),
                version: Some(report.version),
                server_id: report.server_id,
                features: report.features,
                notices: notices(report.notices),
                ..blank
            },
            Err(fault) => Self { fault: Some(fault.into()), ..blank },
        }
    }
}

/// `POST /api/backends/{id}/test`: the staged probe; 200 also where it failed, since the test was made.
pub async fn test(ctx: Ctx, by: Admin) -> Reply {
    let probe = backends::test(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(Answer::json(&ProbeView::from(probe)))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountView {
    id: String,
    login_name: String,
    display_name: Option<String>,
    email: Option<String>,
    condition: Condition,
    admin: bool,
    foreign: Option<String>,
    libraries: LibraryAccess,
    last_seen: Option<Timestamp>,
    created: Option<Timestamp>,
    attributes: Vec<(String, String)>,
}

impl From<BackendAccount> for AccountView {
    fn from(account: BackendAccount) -> Self {
        Self {
            id: account.id,
            login_name: account.login_name,
            display_name: account.display_name,
            email: account.email,
            condition: account.condition,
            admin: account.admin,
            foreign: account.foreign,
            libraries: account.libraries,
            last_seen: account.last_seen,
            created: account.created,
            attributes: account.attributes,
        }
    }
}

/// `GET /api/backends/{id}/accounts`
pub async fn accounts(ctx: Ctx, by: Admin) -> Reply {
    let all = backends::accounts(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(lists::whole(all.into_iter().map(AccountView::from).collect()))
}

/// `GET /api/backends/{id}/libraries`
pub async fn libraries(ctx: Ctx, by: Admin) -> Reply {
    Ok(lists::whole(backends::libraries(ctx.service(), &by, &id(&ctx)?).await?))
}
