//! The issuer behind a provider, asked only where what is known of it is too old.

use super::faults::misset;
use super::known::Known;
use crate::house::Service;
use domain::fault::Fault;
use domain::providers::{Issuer, Provider, ProviderKind};
use std::sync::Arc;

/// The issuer of a provider that is one.
pub(super) fn issuer(provider: &Provider) -> Result<&Issuer, Fault> {
    match &provider.kind {
        ProviderKind::Oidc(issuer) => Ok(issuer),
        ProviderKind::Backend { .. } => Err(misset("not-an-issuer", "this provider is a backend")),
    }
}

/// What is known of a provider's issuer, asked for where it is too old.
pub(super) async fn known(service: &Service, provider: &Provider) -> Result<Arc<Known>, Fault> {
    let url = &issuer(provider)?.issuer;
    match service.inside().issuers.get(&provider.id, url, service.now()) {
        Some(known) => Ok(known),
        None => ask(service, provider).await,
    }
}

/// What an issuer says now, whatever was known.
pub(super) async fn ask(service: &Service, provider: &Provider) -> Result<Arc<Known>, Fault> {
    let url = &issuer(provider)?.issuer;
    let known = Known::ask(url, service.sandbox().egress(), service.now()).await?;
    let known = Arc::new(known);
    service.inside().issuers.put(&provider.id, &known);
    Ok(known)
}
