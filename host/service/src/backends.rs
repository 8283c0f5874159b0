//! Configured servers: what is set up, how it is doing, what it offers.
//!
//! Guarantees: secrets go in and never come out; what the file sets is locked here; settings are tried
//! against the plugin before anything is kept. Does not: need the backend to answer.

use crate::activity::{actor, note};
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use crate::probing;
use crate::wiring::{self, Secrets};
use core::time::Duration;
use domain::accounts::{BackendAccount, Library, Offer};
use domain::activity::{ActivityKind, NewActivity};
use domain::backends::{Backend, SetBy};
use domain::ids::{BackendId, PluginId, ProviderId};
use domain::plugins::{ConnectSpec, Manifest, Probe};
use domain::role::Admin;
use domain::secret::Secret;
use domain::settings::Source;
use std::collections::BTreeMap;
use store::secrets::SecretOf;
use url::Url;

pub use crate::board::{Health, HealthState};

/// How long a change waits for the first check, which goes on afterwards.
const FIRST_CHECK: Duration = Duration::from_secs(5);

/// A backend with everything an admin's page shows.
#[derive(Debug, Clone)]
pub struct BackendView {
    /// As configured.
    pub backend: Backend,
    /// What people read: its label, else its plugin's name, else its id.
    pub label: String,
    /// How it is doing.
    pub health: Health,
    /// What it can do; none until it has answered once.
    pub offer: Option<Offer>,
    /// The names of the secrets that are set.
    pub secrets: Vec<String>,
    /// Where it is set, if not in the pages: it is locked there.
    pub locked: Option<Source>,
    /// Its plugin's manifest, while that is loaded.
    pub manifest: Option<Manifest>,
}

/// A new backend, as typed.
#[derive(Debug, Clone)]
pub struct BackendDraft {
    /// The admin's id for it.
    pub id: BackendId,
    /// What people read.
    pub label: String,
    /// The plugin that speaks to it.
    pub plugin: PluginId,
    /// Where people reach it.
    pub public_url: Option<Url>,
    /// The plugin's settings.
    pub settings: BTreeMap<String, String>,
    /// The plugin's secrets.
    pub secrets: BTreeMap<String, Secret>,
    /// Instead of secrets: what the plugin's `connect` asks for, used once and not kept.
    pub connect: BTreeMap<String, Secret>,
}

/// What to change about a backend; none: leave it.
#[derive(Debug, Clone, Default)]
pub struct BackendPatch {
    /// What people read.
    pub label: Option<String>,
    /// Where people reach it; `Some(None)`: nowhere.
    pub public_url: Option<Option<Url>>,
    /// All of the plugin's settings.
    pub settings: Option<BTreeMap<String, String>>,
    /// Secrets to replace; those not named stay.
    pub secrets: BTreeMap<String, Secret>,
    /// Makes new secrets.
    pub connect: BTreeMap<String, Secret>,
    /// Accept that it is another server now.
    pub accept_server: bool,
}

/// All backends, in the order they were added.
#[must_use]
pub fn list(service: &Service) -> Vec<BackendView> {
    service.inside().board.all().into_iter().map(|entry| view(service, entry)).collect()
}

/// One backend.
///
/// # Errors
/// `NotFound`.
pub fn get(service: &Service, id: &BackendId) -> Result<BackendView> {
    let entry = service.inside().board.look(id, Clone::clone);
    entry.map(|entry| view(service, entry)).ok_or(ServiceError::NotFound { what: "backend" })
}

fn view(service: &Service, entry: crate::board::Entry) -> BackendView {
    let manifest = service.sandbox().manifest(&entry.backend.plugin);
    let named =
        [entry.backend.label.as_str(), manifest.as_ref().map_or("", |manifest| &manifest.name)];
    let label = named.into_iter().find(|name| !name.trim().is_empty());
    BackendView {
        label: label.unwrap_or(entry.backend.id.as_str()).to_owned(),
        locked: wiring::locked(service, &entry.backend.id),
        backend: entry.backend,
        health: entry.health,
        offer: entry.offer,
        secrets: entry.secrets,
        manifest,
    }
}

fn drafted(service: &Service, draft: &BackendDraft) -> Result<Backend> {
    if service.sandbox().manifest(&draft.plugin).is_none() {
        return Err(ServiceError::NotFound { what: "plugin" });
    }
    Ok(Backend {
        id: draft.id.clone(),
        label: draft.label.trim().to_owned(),
        plugin: draft.plugin.clone(),
        public_url: draft.public_url.clone(),
        settings: draft.settings.clone(),
        set_by: SetBy::Page,
        server_id: None,
        created_at: service.now(),
    })
}

/// Tries settings and secrets out and keeps nothing; a one-time sign-in is not used.
///
/// # Errors
/// `NotFound` for an unknown plugin; `Invalid` for settings it does not take.
pub async fn try_out(service: &Service, _by: &Admin, draft: &BackendDraft) -> Result<Probe> {
    let backend = drafted(service, draft)?;
    let trial = service.sandbox().trial(wiring::config(&backend, draft.secrets.clone()))?;
    Ok(trial.probe().await)
}

/// Whether people could sign in by a backend of that id: it is no word of our own (`local` checks our own
/// passwords, `login-link` is a link from the console) and no way to sign in elsewhere has it.
async fn may_sign_in(service: &Service, id: &BackendId) -> Result<bool> {
    let Ok(provider) = ProviderId::parse(id.as_str()) else { return Ok(false) };
    let wanted = provider.clone();
    let paged = service.read(move |tx| Ok(tx.providers().get(&wanted)?)).await?;
    let settled = service.settings();
    let filed = settled.settings.providers.iter().map(|from| &from.provider);
    let mut holders = filed.chain(&paged).filter(|one| one.id == provider);
    Ok(!provider.is_reserved() && holders.all(|holder| holder.issuer() == id.as_str()))
}

/// Which server a backend of that id was, before it was removed. People keep their accounts there, which
/// another server may have given to others: an admin has to say that it is the same.
async fn former_server(service: &Service, id: &BackendId) -> Result<Option<String>> {
    let id = id.clone();
    service.read(move |tx| Ok(tx.meta().get(&wiring::former(&id))?)).await
}

/// Adds a backend. It need not answer, unless `connect` must make its secrets.
///
/// # Errors
/// `Taken` for an id in use; `NotFound` for an unknown plugin; `Invalid` for settings it does not take;
/// `Backend` where `connect` fails.
pub async fn add(service: &Service, by: &Admin, draft: BackendDraft) -> Result<BackendView> {
    const IN_USE: ServiceError = ServiceError::Taken { field: "id" };
    let changing = service.inside().changing.lock().await;
    let mut backend = drafted(service, &draft)?;
    let is_there = service.inside().board.look(&draft.id, |_entry| ()).is_some();
    if is_there || !may_sign_in(service, &draft.id).await? {
        return Err(IN_USE);
    }
    backend.server_id = former_server(service, &draft.id).await?;
    let secrets = complete(service, &backend, draft.secrets, &draft.connect).await?;
    let line = line(service, by, ActivityKind::BackendAdded, &backend);
    let (kept, sealed) = (backend.clone(), secrets.clone());
    service
        .write_aside(move |tx| {
            if tx.backends().get(&kept.id)?.is_some() {
                return Err(IN_USE);
            }
            tx.backends().put(&kept)?;
            tx.meta().delete(&wiring::former(&kept.id))?;
            wiring::put_secrets(tx, &kept.id, &sealed)?;
            note(tx, line)
        })
        .await?;
    let id = backend.id.clone();
    wiring::wire(service, backend, secrets);
    drop(changing);
    first_check(service, &id).await;
    get(service, &id)
}

fn line(service: &Service, by: &Admin, kind: ActivityKind, backend: &Backend) -> NewActivity {
    NewActivity::new(service.now(), actor(by), kind)
        .with("backend", backend.id.as_str())
        .with("label", backend.label.as_str())
        .with("plugin", backend.plugin.as_str())
}

/// Secrets as they will be, made by a sign-in where one was typed; all of it accepted by the plugin.
async fn complete(
    service: &Service,
    backend: &Backend,
    mut secrets: Secrets,
    sign_in: &Secrets,
) -> Result<Secrets> {
    let trial = service.sandbox().trial(wiring::config(backend, secrets.clone()))?;
    if let Some(fault) = trial.check_settings().await.into_iter().next() {
        return Err(fault.into());
    }
    if !sign_in.is_empty() {
        let minted = wiring::connect(service, backend, secrets.clone(), sign_in).await?;
        secrets.extend(minted);
    }
    required(service, backend, &secrets)?;
    Ok(secrets)
}

/// Secrets that the plugin cannot do without.
fn required(service: &Service, backend: &Backend, secrets: &Secrets) -> Result<()> {
    let manifest = service.sandbox().manifest(&backend.plugin);
    let specs = manifest.map_or(Vec::new(), |manifest| manifest.secrets);
    let missing = |key: &str| secrets.get(key).is_none_or(|secret| secret.expose().is_empty());
    let fields: Vec<_> = specs
        .into_iter()
        .filter(|secret| secret.spec.required && missing(&secret.spec.key))
        .map(|secret| FieldProblem::new(secret.spec.key, "required"))
        .collect();
    if fields.is_empty() { Ok(()) } else { Err(ServiceError::Invalid { fields }) }
}

/// Whoever added it sees at once how it is doing, if it answers soon.
async fn first_check(service: &Service, id: &BackendId) {
    let (here, wanted) = (service.clone(), id.clone());
    let check = tokio::spawn(async move { probing::check(&here, &wanted).await });
    match tokio::time::timeout(FIRST_CHECK, check).await {
        Ok(Ok(Ok(_))) | Err(_) => {}
        Ok(Ok(Err(error))) => {
            tracing::warn!(backend.id = %id, error = %error, "a backend could not be checked");
        }
        Ok(Err(error)) => {
            tracing::error!(backend.id = %id, error = %error, "a check of a backend broke off");
        }
    }
}

/// What a page may not touch.
fn unlocked(service: &Service, id: &BackendId) -> Result<()> {
    match wiring::locked(service, id) {
        Some(by) => Err(ServiceError::Locked { key: format!("backend.{id}"), by }),
        None => Ok(()),
    }
}

/// Changes a backend.
///
/// # Errors
/// As [`add`]; `NotFound`; `Locked` for one that the file sets, apart from accepting another server.
pub async fn patch(
    service: &Service,
    by: &Admin,
    id: &BackendId,
    patch: BackendPatch,
) -> Result<BackendView> {
    let changing = service.inside().changing.lock().await;
    let mut backend = wiring::kept(service, id).await?;
    let touches = patch.label.is_some()
        || patch.public_url.is_some()
        || patch.settings.is_some()
        || !patch.secrets.is_empty()
        || !patch.connect.is_empty();
    if touches {
        unlocked(service, id)?;
    }
    backend.label = patch.label.map_or(backend.label, |label| label.trim().to_owned());
    backend.public_url = patch.public_url.unwrap_or(backend.public_url);
    backend.settings = patch.settings.unwrap_or(backend.settings);
    if patch.accept_server {
        backend.server_id = None;
    }
    let mut secrets = wiring::secrets(service, id).await?;
    secrets.extend(patch.secrets);
    if touches {
        secrets = complete(service, &backend, secrets, &patch.connect).await?;
    }
    let line = line(service, by, ActivityKind::BackendChanged, &backend);
    let (kept, sealed) = (backend.clone(), secrets.clone());
    service
        .write_aside(move |tx| {
            tx.backends().put(&kept)?;
            if touches {
                wiring::put_secrets(tx, &kept.id, &sealed)?;
            }
            note(tx, line)
        })
        .await?;
    wiring::wire(service, backend, secrets);
    drop(changing);
    first_check(service, id).await;
    get(service, id)
}

/// Gives a backend the credential of an administrator who has just signed in there; also one that the
/// file sets, which says nothing about that.
///
/// # Errors
/// `NotFound`; `Backend` where the plugin does not take it.
pub(crate) async fn connect(
    service: &Service,
    by: &Admin,
    id: &BackendId,
    grant: Secret,
) -> Result<()> {
    let changing = service.inside().changing.lock().await;
    let backend = wiring::kept(service, id).await?;
    let mut secrets = wiring::secrets(service, id).await?;
    let answers = BTreeMap::from([(ConnectSpec::GRANT.to_owned(), grant)]);
    let minted = wiring::connect(service, &backend, secrets.clone(), &answers).await?;
    secrets.extend(minted.clone());
    let line = line(service, by, ActivityKind::BackendChanged, &backend);
    let owner = id.clone();
    service
        .write_aside(move |tx| {
            wiring::put_secrets(tx, &owner, &minted)?;
            note(tx, line)
        })
        .await?;
    wiring::wire(service, backend, secrets);
    drop(changing);
    first_check(service, id).await;
    Ok(())
}

/// Removes a backend from Latchkey; nothing happens on it. Users keep a note of their accounts there; what
/// was begun by signing in there ends.
///
/// # Errors
/// `NotFound`; `Locked` for one that the file sets.
pub async fn remove(service: &Service, by: &Admin, id: &BackendId) -> Result<()> {
    let changing = service.inside().changing.lock().await;
    let backend = wiring::kept(service, id).await?;
    unlocked(service, id)?;
    let line = line(service, by, ActivityKind::BackendRemoved, &backend);
    let gone = id.clone();
    service
        .write(move |tx| {
            wiring::end_sign_ins(tx, &gone)?;
            wiring::remember_server(tx, &backend)?;
            tx.backends().delete(&gone)?;
            tx.secrets().delete_all(SecretOf::Backend(&gone))?;
            tx.plugin_state().delete_all(gone.as_str())?;
            tx.resets().delete_watch(&gone)?;
            tx.providers().delete_of_backend(&gone)?;
            note(tx, line)
        })
        .await?;
    service.sandbox().remove(id);
    service.inside().board.remove(id);
    service.inside().lookout.poke();
    drop(changing);
    Ok(())
}

/// The staged probe, now; its result is remembered as the backend's health.
///
/// # Errors
/// `NotFound`.
pub async fn test(service: &Service, _by: &Admin, id: &BackendId) -> Result<Probe> {
    probing::check(service, id).await
}

/// Its libraries.
///
/// # Errors
/// `NotFound`; `Backend`.
pub async fn libraries(service: &Service, _by: &Admin, id: &BackendId) -> Result<Vec<Library>> {
    Ok(service.instance(id)?.libraries().await?)
}

/// Its accounts, all of them.
///
/// # Errors
/// `NotFound`; `Backend`.
pub async fn accounts(
    service: &Service,
    _by: &Admin,
    id: &BackendId,
) -> Result<Vec<BackendAccount>> {
    Ok(service.instance(id)?.list_accounts().await?)
}
