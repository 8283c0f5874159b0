//! What the login page and programs may offer, and which backends are asked about a password.
//!
//! Guarantees: the order is the admin's; a plugin is asked once how it signs people in, and again when its
//! backend is set up anew or tried. Does not: say whether a way works right now.

use super::effective;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::passwords::local_provider;
use crate::registration;
use domain::fault::{Fault, FaultKind};
use domain::identity::Ways;
use domain::ids::{BackendId, ProviderId};
use domain::plugins::PluginRole;
use domain::providers::{Provider, ProviderKind};
use domain::settings::Registration;

/// What the login page and programs may offer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Offered {
    /// In the order they are shown.
    pub providers: Vec<Way>,
    /// May strangers make a local account.
    pub registration_enabled: bool,
    /// Whether local passwords are not accepted.
    pub local_login_disabled: bool,
}

/// One way to sign in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Way {
    /// `local`, a backend's or an issuer's id.
    pub id: ProviderId,
    /// How.
    pub kind: Kind,
    /// What people read; empty for `local`, for which the catalogue has a word.
    pub label: String,
    /// The icon's name: `local`, `oidc`, or the plugin's id.
    pub icon: String,
}

/// How a provider signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Name and password in our form.
    Password,
    /// By going there and coming back.
    Redirect,
}

/// The ways to sign in, in the order they are shown: our own password first, where it is accepted.
///
/// # Errors
/// Only our own.
pub async fn offered(service: &Service) -> Result<Offered> {
    let signin = service.settings().settings.signin;
    let mut providers = Vec::new();
    if signin.local {
        let (id, icon) = (local_provider()?, "local".to_owned());
        providers.push(Way { id, kind: Kind::Password, label: String::new(), icon });
    }
    for provider in effective::all(service).await? {
        let ways = known_ways(service, &provider).await.unwrap_or_default();
        let icon = match &provider.kind {
            ProviderKind::Oidc(_) => "oidc".to_owned(),
            ProviderKind::Backend { backend } => plugin_of(service, backend),
        };
        let label = effective::label(service, &provider);
        for (there, kind) in [(ways.password, Kind::Password), (ways.redirect, Kind::Redirect)] {
            if there {
                let (id, label, icon) = (provider.id.clone(), label.clone(), icon.clone());
                providers.push(Way { id, kind, label, icon });
            }
        }
    }
    Ok(Offered {
        providers,
        registration_enabled: registration::mode(service) != Registration::Off,
        local_login_disabled: !signin.local,
    })
}

fn plugin_of(service: &Service, backend: &BackendId) -> String {
    let plugin = service.inside().board.look(backend, |entry| entry.backend.plugin.to_string());
    plugin.unwrap_or_default()
}

/// How people sign in by it; none where that is not known.
pub(super) async fn known_ways(service: &Service, provider: &Provider) -> Option<Ways> {
    match &provider.kind {
        ProviderKind::Oidc(_) => Some(Ways { redirect: true, ..Ways::default() }),
        ProviderKind::Backend { backend } => ways(service, backend).await,
    }
}

/// How people sign in at a backend; none where there is none, or where its plugin has not said.
pub(crate) async fn ways(service: &Service, backend: &BackendId) -> Option<Ways> {
    if !has_identity(service, backend) {
        return None;
    }
    match service.inside().board.look(backend, |entry| entry.ways)? {
        Some(ways) => Some(ways),
        None => ask_anew(service, backend).await.ok(),
    }
}

/// Whether its plugin signs people in at all.
fn has_identity(service: &Service, backend: &BackendId) -> bool {
    let plugin = service.inside().board.look(backend, |entry| entry.backend.plugin.clone());
    let manifest = plugin.and_then(|plugin| service.sandbox().manifest(&plugin));
    manifest.is_some_and(|manifest| manifest.roles.contains(&PluginRole::Identity))
}

/// The same, asked of its plugin now and remembered.
pub(crate) async fn ask_anew(service: &Service, backend: &BackendId) -> Result<Ways, Fault> {
    let instance = service.instance(backend).map_err(|error| match error {
        ServiceError::Backend(fault) => fault,
        _ => Fault::new(FaultKind::Misconfigured, "host.no-instance", "it is not set up"),
    })?;
    let ways = instance.ways().await?;
    service.inside().board.change(backend, |entry| entry.ways = Some(ways));
    Ok(ways)
}

/// Those that may be asked about a password, in the admin's order. One whose plugin has not said how it
/// signs in counts: whoever is asked about there must not get another answer than everybody else.
///
/// # Errors
/// Only our own.
pub(crate) async fn password_backends(service: &Service) -> Result<Vec<(Provider, BackendId)>> {
    let mut found = Vec::new();
    for provider in effective::all(service).await? {
        let ProviderKind::Backend { backend } = &provider.kind else { continue };
        let may = match ways(service, backend).await {
            Some(ways) => ways.password,
            None => has_identity(service, backend),
        };
        if may {
            let backend = backend.clone();
            found.push((provider, backend));
        }
    }
    Ok(found)
}
