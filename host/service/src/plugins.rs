//! Plugins: what is loaded, what each may do, how it is doing.
//!
//! Guarantees: an admin's word for a component is bound to its hash. Does not: load or run any; the
//! sandbox does.

use crate::activity::{actor, note};
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use crate::mail;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::ids::PluginId;
use domain::plugins::{Inspection, PluginHealth};
use domain::role::Admin;
use domain::schedule::Task;
use domain::settings::{Settled, Source};
use sandbox::{Change, Sandbox};
pub use sandbox::{LogLine, PluginStatus};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use store::{Store, StoreError};

/// Where accepted hashes are kept, by id.
const CONSENT: &str = "plugin-consent";

type Accepted = BTreeMap<PluginId, BTreeSet<String>>;

/// The components accepted so far, in the pages and in the file: what a sandbox is opened with. Blocks.
///
/// # Errors
/// The store's.
pub fn accepted(store: &Store, settings: &Settled) -> Result<Accepted> {
    let kept: Option<Accepted> =
        store.read_blocking::<_, StoreError>(|tx| tx.meta().get(CONSENT))?;
    let mut accepted = kept.unwrap_or_default();
    for (id, sha256) in &settings.settings.plugin_consent {
        if let Ok(id) = PluginId::parse(id) {
            accepted.entry(id).or_default().insert(sha256.to_ascii_lowercase());
        }
    }
    Ok(accepted)
}

/// All plugins, refused ones too.
#[must_use]
pub fn list(service: &Service, _by: &Admin) -> Vec<PluginStatus> {
    service.sandbox().plugins()
}

/// One plugin: what runs, else what was refused.
///
/// # Errors
/// `NotFound`.
pub fn get(service: &Service, _by: &Admin, id: &PluginId) -> Result<PluginStatus> {
    let all = service.sandbox().plugins();
    let found = all.into_iter().find(|plugin| plugin.id == id.as_str());
    found.ok_or(ServiceError::NotFound { what: "plugin" })
}

/// What a plugin wrote lately, oldest first.
///
/// # Errors
/// `NotFound`.
pub fn log(service: &Service, by: &Admin, id: &PluginId) -> Result<Vec<LogLine>> {
    get(service, by, id)?;
    Ok(service.sandbox().log(id))
}

/// What a component is and can do. Blocks for as long as compiling it takes.
///
/// # Errors
/// `Invalid` with the refusal's words.
pub fn inspect(bytes: &[u8]) -> Result<Inspection> {
    Sandbox::inspect(bytes).map_err(|refusal| {
        let problem = FieldProblem::new("component", "refused").with("detail", refusal.to_string());
        ServiceError::Invalid { fields: vec![problem] }
    })
}

/// Accepts a component by its hash: it may take a bundled one's place and be given secrets.
///
/// # Errors
/// `NotFound`; `Locked` where the file gives consent for this plugin; `Invalid` for a hash that no
/// component at hand has.
pub async fn consent(service: &Service, by: &Admin, id: &PluginId, sha256: &str) -> Result<()> {
    let sha256 = sha256.trim().to_ascii_lowercase();
    let written = service.written();
    if written.settings.plugin_consent.contains_key(id.as_str()) {
        let key = format!("plugins.{id}");
        let by = written.sources.get(&key).cloned().unwrap_or(Source::File { line: 0 });
        return Err(ServiceError::Locked { key, by });
    }
    let all = service.sandbox().plugins();
    let mut of_id = all.iter().filter(|plugin| plugin.id == id.as_str()).peekable();
    if of_id.peek().is_none() {
        return Err(ServiceError::NotFound { what: "plugin" });
    }
    let has = |plugin: &PluginStatus| {
        plugin.inspection.as_ref().is_some_and(|found| found.sha256 == sha256)
    };
    if !of_id.any(has) {
        return Err(ServiceError::field("sha256", "unknown"));
    }
    let line = NewActivity::new(service.now(), actor(by), ActivityKind::PluginConsented)
        .with("plugin", id.as_str())
        .with("sha256", sha256.as_str());
    let (accepted, hash) = (id.clone(), sha256.clone());
    service
        .write_aside(move |tx| {
            let mut all: Accepted = tx.meta().get(CONSENT)?.unwrap_or_default();
            all.entry(accepted).or_default().insert(hash);
            tx.meta().put(CONSENT, &all)?;
            note(tx, line)
        })
        .await?;
    let changing = service.inside().changing.lock().await;
    let changes = service.sandbox().consent(id, &sha256);
    told(service, changes).await?;
    drop(changing);
    Ok(())
}

/// Looks at the plugins folder again and tells what changed.
///
/// # Errors
/// Only our own.
pub async fn rescan(service: &Service) -> Result<()> {
    let sandbox = service.sandbox().clone();
    let changes = tokio::task::spawn_blocking(move || sandbox.rescan());
    let changes = changes.await.map_err(ServiceError::internal)?;
    let changing = service.inside().changing.lock().await;
    told(service, changes).await?;
    drop(changing);
    Ok(())
}

/// Whoever calls it is alone in changing settings.
async fn told(service: &Service, changes: Vec<Change>) -> Result<()> {
    let now = service.now();
    let line = |kind| NewActivity::new(now, Actor::System, kind);
    if !changes.is_empty() {
        mail::plugins_changed(service).await?;
    }
    let lines: Vec<_> = changes
        .into_iter()
        .filter_map(|change| match change {
            Change::Added { id, version } => Some(
                line(ActivityKind::PluginLoaded)
                    .with("plugin", id.as_str())
                    .with("version", version),
            ),
            Change::Replaced { id, from, to } => {
                let loaded = line(ActivityKind::PluginLoaded).with("plugin", id.as_str());
                Some(loaded.with("version", to).with("from", from))
            }
            Change::Refused { file, why } => {
                Some(line(ActivityKind::PluginRefused).with("plugin", file).with("why", why))
            }
            Change::Removed { id } => {
                tracing::info!(plugin.id = %id, "a plugin is gone");
                None
            }
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    service
        .write_aside(move |tx| {
            // Another component may see its backends otherwise.
            tx.schedule().put(&Task::CheckBackends, now)?;
            lines.into_iter().try_for_each(|line| note(tx, line))
        })
        .await
}

/// Accepts what the settings file accepts, also while running.
///
/// # Errors
/// Only our own.
pub(crate) async fn accept_from_file(service: &Service) -> Result<()> {
    let written = service.written();
    let mut changes = Vec::new();
    for (id, sha256) in &written.settings.plugin_consent {
        if let Ok(id) = PluginId::parse(id) {
            changes.extend(service.sandbox().consent(&id, sha256));
        }
    }
    told(service, changes).await
}

/// Writes a line for each plugin that has fallen ill since the last look.
///
/// # Errors
/// Only our own.
pub(crate) async fn note_ill(service: &Service) -> Result<()> {
    let ill: BTreeMap<String, String> = service
        .sandbox()
        .plugins()
        .into_iter()
        .filter_map(|plugin| match plugin.health {
            PluginHealth::Ill { last, .. } => Some((plugin.id, last)),
            PluginHealth::Well => None,
        })
        .collect();
    let before = {
        let mut known = service.inside().ill.lock().unwrap_or_else(PoisonError::into_inner);
        core::mem::replace(&mut *known, ill.keys().cloned().collect())
    };
    let now = service.now();
    let lines: Vec<_> = ill
        .into_iter()
        .filter(|(id, _last)| !before.contains(id))
        .map(|(id, last)| {
            let line = NewActivity::new(now, Actor::System, ActivityKind::PluginIll);
            line.with("plugin", id).with("why", last)
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    service.write_aside(move |tx| lines.into_iter().try_for_each(|line| note(tx, line))).await
}
