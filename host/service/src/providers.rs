//! The ways to sign in that are configured, in the order of the login page.
//!
//! Guarantees: what the settings file sets stands before and over what the pages set; every backend that
//! signs people in is there, also without a row of its own, and lets in who is known. Does not: sign
//! anybody in.

use crate::error::Result;
use crate::house::Service;
use domain::backends::SetBy;
use domain::ids::ProviderId;
use domain::plugins::PluginRole;
use domain::providers::{AccessRule, Provider, ProviderKind};
use domain::secret::Secret;
use jiff::Timestamp;
use store::secrets::SecretOf;

const CLIENT_SECRET: &str = "client_secret";

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
        if all.iter().all(|there| there.id != provider.id) {
            all.push(provider);
        }
    }
    let bare = implied(service, &all);
    all.extend(bare);
    Ok(all)
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
        let manifest = service.sandbox().manifest(&backend.plugin)?;
        manifest.roles.contains(&PluginRole::Identity).then_some(())?;
        Some(Provider {
            id: ProviderId::parse(backend.id.as_str()).ok()?,
            label: String::new(),
            kind: ProviderKind::Backend { backend: backend.id },
            access: AccessRule::Known,
            admin: None,
            set_by: SetBy::Page,
            order: u32::MAX,
            created_at: Timestamp::UNIX_EPOCH,
        })
    });
    bare.collect()
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
