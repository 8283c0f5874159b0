//! Between what is configured and what runs: instances of plugins with their settings and secrets.
//!
//! Guarantees: what the file sets wins over what was set in a page; a backend that cannot be set up is
//! on the board with the reason and stops nothing. Does not: ask a backend anything but `connect`.

use crate::activity::note;
use crate::board::{Health, HealthState};
use crate::departures;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::backends::{Backend, SetBy};
use domain::fault::Fault;
use domain::ids::{BackendId, ProviderId};
use domain::schedule::Task;
use domain::secret::Secret;
use domain::settings::{BackendFromFile, Source};
use sandbox::InstanceConfig;
use std::collections::BTreeMap;
use store::WriteTx;
use store::secrets::SecretOf;

/// Secrets by the manifest's names.
pub(crate) type Secrets = BTreeMap<String, Secret>;

/// Where a backend is set, if not in the pages.
pub(crate) fn locked(service: &Service, id: &BackendId) -> Option<Source> {
    let written = service.written();
    let from_file = written.settings.backends.iter().any(|there| there.backend.id == *id);
    let source = || written.sources.get(&format!("backend.{id}")).cloned();
    from_file.then(|| source().unwrap_or(Source::File { line: 0 }))
}

/// What the file says about a backend.
fn in_file(service: &Service, id: &BackendId) -> Option<BackendFromFile> {
    service.written().settings.backends.iter().find(|there| there.backend.id == *id).cloned()
}

/// The secrets a backend has: sealed ones, and over them the file's.
pub(crate) async fn secrets(service: &Service, id: &BackendId) -> Result<Secrets> {
    let wanted = id.clone();
    let mut secrets =
        service.read(move |tx| Ok(tx.secrets().all(SecretOf::Backend(&wanted))?)).await?;
    if let Some(file) = in_file(service, id) {
        secrets.extend(file.secrets);
    }
    Ok(secrets)
}

/// How the sandbox is told about a backend.
pub(crate) fn config(backend: &Backend, secrets: Secrets) -> InstanceConfig {
    InstanceConfig {
        instance: (&backend.id).into(),
        plugin: backend.plugin.clone(),
        settings: backend.settings.clone(),
        secrets,
    }
}

/// Sets an instance up and puts the backend on the board; a refusal is its health.
pub(crate) fn wire(service: &Service, backend: Backend, secrets: Secrets) {
    let names = secrets.keys().cloned().collect();
    let configured = service.sandbox().configure(config(&backend, secrets));
    let id = backend.id.clone();
    service.inside().board.put(backend, names);
    // Whoever watches its reset files asks it anew.
    service.inside().lookout.poke();
    let Err(fault) = configured else { return };
    service.sandbox().remove(&id);
    if in_file(service, &id).is_some_and(|file| !file.connect.is_empty()) {
        // Its secrets are made at the first check.
        tracing::info!(backend.id = %id, "a backend waits for its first sign-in: {fault}");
        return;
    }
    tracing::warn!(backend.id = %id, "a backend could not be set up: {fault}");
    down(service, &id, fault);
}

fn down(service: &Service, id: &BackendId, fault: Fault) {
    let now = service.now();
    service.inside().board.change(id, |entry| {
        let health = Health::unknown();
        entry.health = Health {
            state: HealthState::Down,
            since: Some(now),
            checked_at: Some(now),
            fault: Some(fault),
            ..health
        };
    });
}

/// Makes secrets from what was typed once. Nothing is kept here.
///
/// # Errors
/// `Backend`; `Invalid` for an answer that does not fit.
pub(crate) async fn connect(
    service: &Service,
    backend: &Backend,
    secrets: Secrets,
    answers: &Secrets,
) -> Result<Secrets> {
    let trial = service.sandbox().trial(config(backend, secrets))?;
    let answers = answers.iter().map(|(name, secret)| (name.clone(), secret.clone())).collect();
    Ok(trial.connect(answers).await?)
}

/// A backend from the file whose secrets are to be made from a sign-in: makes them, where they are not
/// made yet. A backend that does not answer is asked at the next check again.
///
/// # Errors
/// As [`connect`].
pub(crate) async fn connect_from_file(service: &Service, id: &BackendId) -> Result<()> {
    let Some(file) = in_file(service, id).filter(|file| !file.connect.is_empty()) else {
        return Ok(());
    };
    let secrets = secrets(service, id).await?;
    let manifest = service.sandbox().manifest(&file.backend.plugin);
    let mints =
        manifest.and_then(|manifest| manifest.connect).map_or(Vec::new(), |spec| spec.mints);
    if mints.iter().all(|name| secrets.contains_key(name)) {
        return Ok(());
    }
    let minted = connect(service, &file.backend, secrets, &file.connect).await?;
    let owner = id.clone();
    let kept = minted.clone();
    service.write_aside(move |tx| put_secrets(tx, &owner, &kept)).await?;
    let id = id.clone();
    let backend = service.read(move |tx| Ok(tx.backends().get(&id)?)).await?;
    if let Some(backend) = backend {
        let secrets = self::secrets(service, &backend.id).await?;
        wire(service, backend, secrets);
    }
    Ok(())
}

/// Seals secrets beside a backend.
pub(crate) fn put_secrets(tx: &WriteTx, id: &BackendId, secrets: &Secrets) -> Result<()> {
    for (name, secret) in secrets {
        tx.secrets().put(SecretOf::Backend(id), name, secret)?;
    }
    Ok(())
}

/// Takes over the file's backends, keeps the pages', and sets all of them up. At start and on every live
/// change of the file.
///
/// # Errors
/// Only our own.
pub(crate) async fn apply(service: &Service, file: Vec<BackendFromFile>) -> Result<()> {
    let here = service.clone();
    let (backends, gone) = service.write_aside(move |tx| merged(&here, tx, &file)).await?;
    for id in gone {
        service.sandbox().remove(&id);
        service.inside().board.remove(&id);
    }
    for backend in backends {
        let secrets = secrets(service, &backend.id).await?;
        wire(service, backend, secrets);
    }
    Ok(())
}

type Merged = (Vec<Backend>, Vec<BackendId>);

fn merged(service: &Service, tx: &WriteTx, file: &[BackendFromFile]) -> Result<Merged> {
    let line = |kind, id: &BackendId| {
        NewActivity::new(service.now(), Actor::System, kind).with("backend", id.as_str())
    };
    for there in file {
        let known = tx.backends().get(&there.backend.id)?;
        let mut backend = adopted(&there.backend, known.as_ref());
        if known.is_none() {
            let name = former(&backend.id);
            backend.server_id = tx.meta().get(&name)?;
            tx.meta().delete(&name)?;
        }
        if known.as_ref() == Some(&backend) {
            continue;
        }
        tx.backends().put(&backend)?;
        let kind =
            if known.is_none() { ActivityKind::BackendAdded } else { ActivityKind::BackendChanged };
        note(tx, line(kind, &backend.id))?;
    }
    let in_file = |id: &BackendId| file.iter().any(|there| there.backend.id == *id);
    let (kept, gone): (Vec<_>, Vec<_>) = tx
        .backends()
        .all()?
        .into_iter()
        .partition(|backend| backend.set_by == SetBy::Page || in_file(&backend.id));
    for backend in &gone {
        remember_server(tx, backend)?;
        tx.backends().delete(&backend.id)?;
        tx.secrets().delete_all(SecretOf::Backend(&backend.id))?;
        tx.plugin_state().delete_all(backend.id.as_str())?;
        tx.resets().delete_watch(&backend.id)?;
        tx.providers().delete_of_backend(&backend.id)?;
        note(tx, line(ActivityKind::BackendRemoved, &backend.id))?;
    }
    tx.schedule().put(&Task::CheckBackends, service.now())?;
    Ok((kept, gone.into_iter().map(|backend| backend.id).collect()))
}

/// Where it is kept which server a backend was that is gone.
pub(crate) fn former(id: &BackendId) -> String {
    format!("former-server/{id}")
}

/// Keeps which server it was: another one under its id is noticed, whoever it gives people's accounts to.
pub(crate) fn remember_server(tx: &WriteTx, gone: &Backend) -> Result<()> {
    match &gone.server_id {
        Some(server) => Ok(tx.meta().put(&former(&gone.id), server)?),
        None => Ok(()),
    }
}

/// Ends what was begun by signing in at a backend, whichever of its rows it was by.
pub(crate) fn end_sign_ins(tx: &WriteTx, gone: &BackendId) -> Result<()> {
    let rows = tx.providers().all()?;
    let of_it = rows.iter().filter(|row| row.issuer() == gone.as_str()).map(|row| row.id.clone());
    for id in of_it.chain(ProviderId::parse(gone.as_str()).ok()) {
        departures::end(tx, &id)?;
    }
    Ok(())
}

/// What the file says, with what was learned about the backend before.
fn adopted(file: &Backend, known: Option<&Backend>) -> Backend {
    let mut backend = file.clone();
    backend.set_by = SetBy::File;
    if let Some(known) = known {
        backend.created_at = known.created_at;
        if known.plugin == file.plugin {
            backend.server_id.clone_from(&known.server_id);
        }
    }
    backend
}

/// One backend as it is kept.
///
/// # Errors
/// `NotFound`.
pub(crate) async fn kept(service: &Service, id: &BackendId) -> Result<Backend> {
    let id = id.clone();
    let found = service.read(move |tx| Ok(tx.backends().get(&id)?)).await?;
    found.ok_or(ServiceError::NotFound { what: "backend" })
}
