//! What is configured: the file's rows, the pages' rows, and backends without one.

use crate::departures::{self, Ways};
use crate::error::Result;
use crate::house::Service;
use domain::backends::SetBy;
use domain::ids::ProviderId;
use domain::plugins::PluginRole;
use domain::providers::{AccessRule, Provider, ProviderKind};
use domain::secret::Secret;
use domain::settings::Source;
use jiff::Timestamp;
use store::secrets::SecretOf;

/// The name of an issuer's secret beside its row.
pub(super) const CLIENT_SECRET: &str = "client_secret";
/// Behind everything that has a place.
pub(super) const NO_PLACE: u32 = u32::MAX;

/// All, in the order of the login page.
///
/// # Errors
/// Only our own.
pub async fn all(service: &Service) -> Result<Vec<Provider>> {
    let written = service.settings();
    let mut all: Vec<Provider> =
        written.settings.providers.iter().map(|from| from.provider.clone()).collect();
    let mut paged = service.read(|tx| Ok(tx.providers().all()?)).await?;
    paged.sort_by(|one, two| (one.order, &one.id).cmp(&(two.order, &two.id)));
    for provider in paged {
        if !all.iter().any(|there| there.id == provider.id || same_backend(there, &provider)) {
            all.push(provider);
        }
    }
    let bare = implied(service, &all);
    all.extend(bare);
    Ok(all)
}

/// Whether both are the rules of one backend: only the first of them holds.
fn same_backend(one: &Provider, two: &Provider) -> bool {
    matches!(one.kind, ProviderKind::Backend { .. }) && one.kind == two.kind
}

/// Backends that sign people in and have no row.
fn implied(service: &Service, rows: &[Provider]) -> Vec<Provider> {
    let backends = service.inside().board.all().into_iter().map(|entry| entry.backend);
    let has_row = |id: &domain::ids::BackendId| {
        rows.iter().any(|row| {
            matches!(&row.kind, ProviderKind::Backend { backend } if backend == id)
                || row.id.as_str() == id.as_str()
        })
    };
    let bare = backends.filter(|backend| !has_row(&backend.id)).filter_map(|backend| {
        // One of the file may be called by a word of our own addresses: then nobody signs in by it.
        let id = ProviderId::parse(backend.id.as_str()).ok().filter(|id| !id.is_reserved())?;
        let manifest = service.sandbox().manifest(&backend.plugin)?;
        manifest.roles.contains(&PluginRole::Identity).then_some(())?;
        Some(Provider {
            id,
            label: String::new(),
            kind: ProviderKind::Backend { backend: backend.id },
            access: AccessRule::Known,
            admin: None,
            set_by: SetBy::Page,
            order: NO_PLACE,
            created_at: Timestamp::UNIX_EPOCH,
        })
    });
    bare.collect()
}

/// Which ways there are and whom each leads to; a backend also while its plugin is not loaded.
async fn there(service: &Service) -> Result<Ways> {
    let backends = service.inside().board.all().into_iter().map(|entry| entry.backend.id);
    let mut there: Ways = backends.map(|id| (id.to_string(), id.to_string())).collect();
    let all = all(service).await?;
    there.extend(all.iter().map(|one| (one.id.to_string(), one.issuer().to_owned())));
    Ok(there)
}

/// Ends what was begun by ways that are there no more: after every change of what is configured.
///
/// # Errors
/// Only our own.
pub(crate) async fn settle(service: &Service) -> Result<()> {
    departures::settle(service, there(service).await?).await
}

/// One.
///
/// # Errors
/// Only our own.
pub async fn find(service: &Service, id: &ProviderId) -> Result<Option<Provider>> {
    Ok(all(service).await?.into_iter().find(|provider| provider.id == *id))
}

/// An issuer's client secret, where it has one.
///
/// # Errors
/// Only our own.
pub async fn client_secret(service: &Service, id: &ProviderId) -> Result<Option<Secret>> {
    let written = service.settings();
    let from = written.settings.providers.iter().find(|from| from.provider.id == *id);
    if let Some(from) = from {
        return Ok(from.client_secret.clone());
    }
    let id = id.clone();
    service.read(move |tx| Ok(tx.secrets().get(SecretOf::Provider(&id), CLIENT_SECRET)?)).await
}

/// Where a way to sign in is set, if not in the pages.
pub(super) fn locked(service: &Service, id: &ProviderId) -> Option<Source> {
    let written = service.written();
    let from_file = written.settings.providers.iter().any(|from| from.provider.id == *id);
    let source = || written.sources.get(&format!("provider.{id}")).cloned();
    from_file.then(|| source().unwrap_or(Source::File { line: 0 }))
}

/// What people read: its label; else the backend's, else the plugin's name, or the issuer's host.
pub(super) fn label(service: &Service, provider: &Provider) -> String {
    let own = provider.label.trim();
    if !own.is_empty() {
        return own.to_owned();
    }
    match &provider.kind {
        ProviderKind::Oidc(issuer) => issuer.issuer.host_str().unwrap_or_default().to_owned(),
        ProviderKind::Backend { backend } => {
            let look = service.inside().board.look(backend, |entry| entry.backend.clone());
            let named = look.and_then(|backend| {
                let label = backend.label.trim().to_owned();
                if !label.is_empty() {
                    return Some(label);
                }
                service.sandbox().manifest(&backend.plugin).map(|manifest| manifest.name)
            });
            named.unwrap_or_else(|| backend.to_string())
        }
    }
}
