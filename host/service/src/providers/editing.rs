//! Ways to sign in as an admin sets them: listed, added, changed, put in order, removed.
//!
//! Guarantees: what the file sets is locked here; a client secret goes to no issuer it was not typed for;
//! sessions begun by what is removed end with it. Does not: forget whose identities they were unless that
//! was asked for, so that what is added again finds its people.

use super::effective::{self, CLIENT_SECRET, NO_PLACE};
use super::offered::known_ways;
use super::tried::Tried;
use crate::activity::{actor, note};
use crate::departures;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::identities::{self, Former};
use crate::ways_in::{self, Going};
use domain::activity::{ActivityKind, NewActivity};
use domain::backends::SetBy;
use domain::identity::{LinkedIdentity, Ways};
use domain::ids::{BackendId, ProviderId, UserId};
use domain::providers::{AccessRule, ClaimRule, Issuer, Provider, ProviderKind};
use domain::role::Admin;
use domain::secret::Secret;
use domain::settings::Source;
use std::collections::BTreeSet;
use store::WriteTx;
use store::secrets::SecretOf;
use url::Url;

const UNKNOWN: ServiceError = ServiceError::NotFound { what: "provider" };
const IN_USE: ServiceError = ServiceError::Taken { field: "id" };

/// A way to sign in with everything an admin's page shows.
#[derive(Debug, Clone)]
pub struct ProviderView {
    /// As configured.
    pub provider: Provider,
    /// What people read.
    pub label: String,
    /// Whether it is there by itself: a backend without rules of its own.
    pub implied: bool,
    /// How people sign in by it; none: not known yet, or its backend is not there.
    pub ways: Option<Ways>,
    /// Whether a client secret is kept.
    pub has_secret: bool,
    /// Where it is set, if not in the pages: it is locked there.
    pub locked: Option<Source>,
    /// What came of the last test.
    pub last: Option<Tried>,
    /// How many people have an identity of it.
    pub people: usize,
}

/// A new way to sign in, as typed.
#[derive(Debug, Clone)]
pub struct ProviderDraft {
    /// The admin's id for it; of a backend, the backend's.
    pub id: ProviderId,
    /// What people read; empty: the backend's label, or the issuer's host.
    pub label: String,
    /// What it is.
    pub kind: KindDraft,
    /// Who may come in.
    pub access: AccessRule,
    /// Who is an admin.
    pub admin: Option<ClaimRule>,
}

/// What a new one is.
#[derive(Debug, Clone)]
pub enum KindDraft {
    /// An issuer.
    Oidc {
        /// Where it is and what it is asked for.
        issuer: Issuer,
        /// Our secret there, where we have one.
        client_secret: Option<Secret>,
    },
    /// The rules of a backend.
    Backend(BackendId),
}

/// What to change; none: leave it.
#[derive(Debug, Clone, Default)]
pub struct ProviderPatch {
    /// What people read.
    pub label: Option<String>,
    /// Of an issuer: where it is.
    pub issuer: Option<Url>,
    /// Of an issuer: our name there.
    pub client_id: Option<String>,
    /// Of an issuer: what it is asked for.
    pub scopes: Option<Vec<String>>,
    /// Of an issuer: our secret there; `Some(None)`: none any more.
    pub client_secret: Option<Option<Secret>>,
    /// Who may come in.
    pub access: Option<AccessRule>,
    /// Who is an admin; `Some(None)`: it says nothing about roles.
    pub admin: Option<Option<ClaimRule>>,
}

impl ProviderPatch {
    const fn is_of_an_issuer(&self) -> bool {
        self.issuer.is_some()
            || self.client_id.is_some()
            || self.scopes.is_some()
            || self.client_secret.is_some()
    }
}

/// What becomes of identities when their way to sign in is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identities {
    /// They wait for it to be added again.
    Keep,
    /// Whose they were is forgotten.
    Forget,
}

/// All, in the order of the login page.
///
/// # Errors
/// Only our own.
pub async fn list(service: &Service) -> Result<Vec<ProviderView>> {
    let all = effective::all(service).await?;
    let (rows, identities) = service
        .read(|tx| {
            let rows = tx.providers().all()?.into_iter().map(|row| row.id);
            Ok((rows.collect::<BTreeSet<_>>(), tx.identities().all()?))
        })
        .await?;
    let mut views = Vec::new();
    for provider in all {
        let locked = effective::locked(service, &provider.id);
        let of_it = identities
            .iter()
            .filter(|one| one.key.provider == provider.id && one.key.issuer == provider.issuer());
        views.push(ProviderView {
            label: effective::label(service, &provider),
            implied: locked.is_none() && !rows.contains(&provider.id),
            ways: known_ways(service, &provider).await,
            has_secret: effective::client_secret(service, &provider.id).await?.is_some(),
            last: service.inside().trials.last(&provider.id),
            people: of_it.count(),
            locked,
            provider,
        });
    }
    Ok(views)
}

/// One.
///
/// # Errors
/// `NotFound`.
pub async fn get(service: &Service, id: &ProviderId) -> Result<ProviderView> {
    list(service).await?.into_iter().find(|view| view.provider.id == *id).ok_or(UNKNOWN)
}

/// Adds one, behind the others. An issuer need not answer.
///
/// # Errors
/// `Taken` for an id in use, and for a word of our own addresses; `NotFound` for a backend there is not.
pub async fn add(service: &Service, by: &Admin, draft: ProviderDraft) -> Result<ProviderView> {
    let changing = service.inside().changing.lock().await;
    let all = effective::all(service).await?;
    let (kind, secret) = match draft.kind {
        KindDraft::Oidc { issuer, client_secret } => (ProviderKind::Oidc(issuer), client_secret),
        KindDraft::Backend(backend) => (ProviderKind::Backend { backend }, None),
    };
    free(service, &draft.id, &kind, &all).await?;
    let provider = Provider {
        id: draft.id,
        label: draft.label.trim().to_owned(),
        kind,
        access: draft.access,
        admin: draft.admin,
        set_by: SetBy::Page,
        order: behind(&all),
        created_at: service.now(),
    };
    let id = provider.id.clone();
    let line = line(service, by, ActivityKind::ProviderAdded, &provider);
    service
        .write_aside(move |tx| {
            if tx.providers().get(&provider.id)?.is_some() {
                return Err(IN_USE);
            }
            tx.providers().put(&provider)?;
            seal(tx, &provider.id, secret.as_ref())?;
            note(tx, line)
        })
        .await?;
    service.inside().trials.forget(&id);
    effective::settle(service).await?;
    drop(changing);
    get(service, &id).await
}

/// An id is free where nothing has it; rules of a backend have its own, and it has none yet.
async fn free(
    service: &Service,
    id: &ProviderId,
    kind: &ProviderKind,
    all: &[Provider],
) -> Result<()> {
    let is_backends = |id: &ProviderId| {
        let backend = BackendId::parse(id.as_str());
        backend.is_ok_and(|id| service.inside().board.look(&id, |_entry| ()).is_some())
    };
    match kind {
        _ if id.is_reserved() => Err(IN_USE),
        ProviderKind::Oidc(_) => {
            let in_use = is_backends(id) || all.iter().any(|there| there.id == *id);
            if in_use { Err(IN_USE) } else { Ok(()) }
        }
        ProviderKind::Backend { backend } => {
            if id.as_str() != backend.as_str() || !is_backends(id) {
                return Err(ServiceError::NotFound { what: "backend" });
            }
            if effective::locked(service, id).is_some() || has_row(service, id).await? {
                return Err(IN_USE);
            }
            all.iter()
                .any(|there| there.id == *id && there.kind == *kind)
                .then_some(())
                .ok_or(IN_USE)
        }
    }
}

async fn has_row(service: &Service, id: &ProviderId) -> Result<bool> {
    let id = id.clone();
    service.read(move |tx| Ok(tx.providers().get(&id)?.is_some())).await
}

fn behind(all: &[Provider]) -> u32 {
    let of_pages = all.iter().filter(|one| one.set_by == SetBy::Page && one.order != NO_PLACE);
    of_pages.map(|one| one.order.saturating_add(1)).max().unwrap_or_default()
}

fn line(service: &Service, by: &Admin, kind: ActivityKind, provider: &Provider) -> NewActivity {
    NewActivity::new(service.now(), actor(by), kind)
        .with("provider", effective::label(service, provider))
        .with("id", provider.id.as_str())
        .with("rule", provider.access.name())
}

fn seal(tx: &WriteTx, id: &ProviderId, secret: Option<&Secret>) -> Result<()> {
    match secret {
        Some(secret) => Ok(tx.secrets().put(SecretOf::Provider(id), CLIENT_SECRET, secret)?),
        None => Ok(()),
    }
}

/// What a page may not touch.
fn unlocked(service: &Service, id: &ProviderId) -> Result<()> {
    match effective::locked(service, id) {
        Some(by) => Err(ServiceError::Locked { key: format!("provider.{id}"), by }),
        None => Ok(()),
    }
}

/// Changes one. A backend that had no rules of its own has some then. Where another issuer takes its place,
/// what was begun by the former ends as if that had been removed.
///
/// # Errors
/// `NotFound`; `Locked` for one that the file sets; `Invalid` at `clientSecret` where the issuer changes and
/// the secret is not typed anew, and at fields that do not belong to a backend.
pub async fn patch(
    service: &Service,
    by: &Admin,
    id: &ProviderId,
    patch: ProviderPatch,
) -> Result<ProviderView> {
    let changing = service.inside().changing.lock().await;
    let all = effective::all(service).await?;
    let mut provider = all.iter().find(|there| there.id == *id).cloned().ok_or(UNKNOWN)?;
    unlocked(service, id)?;
    if provider.order == NO_PLACE {
        provider.order = behind(&all);
        provider.created_at = service.now();
    }
    let keeps_secret = effective::client_secret(service, id).await?.is_some();
    let secret = patch.client_secret.clone();
    let before = provider.issuer().to_owned();
    changed(&mut provider, patch, keeps_secret)?;
    let line = line(service, by, ActivityKind::ProviderChanged, &provider);
    service
        .write(move |tx| {
            tx.providers().put(&provider)?;
            if provider.issuer() != before {
                departures::end(tx, &provider.id)?;
            }
            if let Some(secret) = secret {
                tx.secrets().delete_all(SecretOf::Provider(&provider.id))?;
                seal(tx, &provider.id, secret.as_ref())?;
            }
            note(tx, line)
        })
        .await?;
    service.inside().trials.forget(id);
    effective::settle(service).await?;
    drop(changing);
    get(service, id).await
}

fn changed(provider: &mut Provider, patch: ProviderPatch, keeps_secret: bool) -> Result<()> {
    let types_secret = patch.client_secret.is_some();
    if let Some(label) = &patch.label {
        label.trim().clone_into(&mut provider.label);
    }
    let of_an_issuer = patch.is_of_an_issuer();
    provider.access = patch.access.unwrap_or_else(|| provider.access.clone());
    provider.admin = patch.admin.unwrap_or_else(|| provider.admin.clone());
    match &mut provider.kind {
        ProviderKind::Oidc(issuer) => {
            if let Some(url) = patch.issuer {
                // Whoever could have it sent elsewhere would have read it.
                if url != issuer.issuer && keeps_secret && !types_secret {
                    return Err(ServiceError::field("clientSecret", "required"));
                }
                issuer.issuer = url;
            }
            issuer.client_id = patch.client_id.unwrap_or_else(|| issuer.client_id.clone());
            issuer.scopes = patch.scopes.unwrap_or_else(|| issuer.scopes.clone());
            Ok(())
        }
        ProviderKind::Backend { .. } if of_an_issuer => {
            Err(ServiceError::field("issuer", "not-of-a-backend"))
        }
        ProviderKind::Backend { .. } => Ok(()),
    }
}

/// Puts those that the pages set in this order; whoever is not named comes behind. What the file sets
/// stands before them.
///
/// # Errors
/// `NotFound` for an id there is not; `Invalid` for one that is named twice; `Locked` for one of the file.
pub async fn reorder(service: &Service, by: &Admin, ids: &[ProviderId]) -> Result<()> {
    let changing = service.inside().changing.lock().await;
    let all = effective::all(service).await?;
    let mut wanted: Vec<Provider> = Vec::new();
    for id in ids {
        unlocked(service, id)?;
        let found = all.iter().find(|there| there.id == *id).ok_or(UNKNOWN)?;
        if wanted.iter().any(|there| there.id == *id) {
            return Err(ServiceError::field("order", "taken"));
        }
        wanted.push(found.clone());
    }
    let rest = all
        .iter()
        .filter(|one| effective::locked(service, &one.id).is_none() && !ids.contains(&one.id));
    wanted.extend(rest.cloned());
    let now = service.now();
    let line = NewActivity::new(now, actor(by), ActivityKind::SettingsChanged)
        .with("keys", "provider order");
    service
        .write_aside(move |tx| {
            for (order, mut provider) in (0_u32..).zip(wanted) {
                if provider.order == NO_PLACE {
                    provider.created_at = now;
                }
                provider.order = order;
                tx.providers().put(&provider)?;
            }
            note(tx, line)
        })
        .await?;
    drop(changing);
    Ok(())
}

/// How many sessions that began with it are open.
///
/// # Errors
/// Only our own.
pub async fn sessions_of(service: &Service, _by: &Admin, id: &ProviderId) -> Result<usize> {
    let id = id.clone();
    service.read(move |tx| Ok(tx.sessions().of_provider(&id)?.len())).await
}

/// Removes one; how many sessions ended with it. Of a backend, its rules: it lets in who is known again, and
/// nobody's session ends.
///
/// # Errors
/// `NotFound`, also for a backend without rules of its own; `Locked` for one that the file sets;
/// `Forbidden` `last-way-in` for the issuer without which whoever asks could not come in.
pub async fn remove(
    service: &Service,
    by: &Admin,
    id: &ProviderId,
    kept: Identities,
) -> Result<usize> {
    let changing = service.inside().changing.lock().await;
    unlocked(service, id)?;
    let provider = effective::find(service, id).await?.ok_or(UNKNOWN)?;
    if !has_row(service, id).await? {
        return Err(UNKNOWN);
    }
    let line = line(service, by, ActivityKind::ProviderRemoved, &provider);
    let (gone, here, who) = (provider.clone(), service.clone(), by.id().cloned());
    let ended = service
        .write(move |tx| {
            another_way_in(&here, tx, who.as_ref(), &gone)?;
            tx.providers().delete(&gone.id)?;
            tx.secrets().delete_all(SecretOf::Provider(&gone.id))?;
            let ended = match gone.kind {
                // Who is half in by it, or on the way, does not come in.
                ProviderKind::Oidc(_) => departures::end(tx, &gone.id)?,
                ProviderKind::Backend { .. } => 0,
            };
            let former = match kept {
                Identities::Forget => forget(tx, &gone)?,
                Identities::Keep => Vec::new(),
            };
            note(tx, line.with("sessions", ended.to_string()))?;
            Ok((ended, former))
        })
        .await?;
    let (ended, former) = ended;
    identities::let_go(service, former).await;
    service.inside().trials.forget(id);
    effective::settle(service).await?;
    drop(changing);
    Ok(ended)
}

/// Nobody shuts the door they came by behind themselves.
fn another_way_in(
    service: &Service,
    tx: &WriteTx,
    who: Option<&UserId>,
    gone: &Provider,
) -> Result<()> {
    let Some(who) = who.filter(|_| matches!(gone.kind, ProviderKind::Oidc(_))) else {
        return Ok(());
    };
    let user = tx.users().get(who)?.ok_or(ServiceError::Unauthorized)?;
    let comes_by_it = |one: &LinkedIdentity| one.key.provider == gone.id;
    if tx.identities().of_user(who)?.iter().any(comes_by_it)
        && !ways_in::are_left(service, tx, &user, Going::Issuer(&gone.id))?
    {
        return Err(ServiceError::Forbidden { code: "last-way-in" });
    }
    Ok(())
}

fn forget(tx: &WriteTx, provider: &Provider) -> Result<Vec<Former>> {
    let all = tx.identities().of_provider(&provider.id)?;
    let gone = all.iter().map(|identity| identities::remove(tx, &identity.key));
    gone.filter_map(Result::transpose).collect()
}
