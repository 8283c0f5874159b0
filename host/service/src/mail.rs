//! Mail methods: what is set up, and whether it carries.
//!
//! Guarantees: secrets go in and never come out; what the file sets is locked here; settings are tried
//! against the plugin before anything is kept; a new or changed method is asked to carry what waits.
//! Does not: need the mail server to answer.

mod rehearsal;
mod warnings;
mod wiring;

pub use crate::posts::LastTry;
pub use rehearsal::{Rehearsal, test};

pub(crate) use wiring::{apply, plugins_changed};

use crate::activity::{actor, note};
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use crate::outbox;
use crate::posts::Post;
use domain::activity::{ActivityKind, NewActivity};
use domain::backends::SetBy;
use domain::fault::Fault;
use domain::ids::{InstanceId, MailId, PluginId};
use domain::mail::{MailMethod, Mailbox};
use domain::names::EmailAddress;
use domain::plugins::{Manifest, PluginRole};
use domain::role::Admin;
use domain::secret::Secret;
use domain::settings::Source;
use std::collections::BTreeMap;
use store::secrets::SecretOf;
use wiring::Secrets;

const NO_METHOD: ServiceError = ServiceError::NotFound { what: "mail-method" };

/// A mail method with everything an admin's page shows.
#[derive(Debug, Clone)]
pub struct MethodView {
    /// As configured.
    pub method: MailMethod,
    /// What people read: its plugin's name, else its id.
    pub label: String,
    /// The names of the secrets that are set.
    pub secrets: Vec<String>,
    /// Where it is set, if not in the pages: it is locked there.
    pub locked: Option<Source>,
    /// Its plugin's manifest, while that is loaded.
    pub manifest: Option<Manifest>,
    /// Why it is not set up, where it is not.
    pub refused: Option<Fault>,
    /// How it went when it was last asked to carry a message; none since it was set up.
    pub last: Option<LastTry>,
    /// What an admin should know, by the catalogue's codes: `plain`, `plain-password`, `other-domain`,
    /// `no-public-url`, `plugin-ill`.
    pub warnings: Vec<String>,
}

/// A new method, as typed.
#[derive(Debug, Clone)]
pub struct MethodDraft {
    /// The admin's id for it.
    pub id: MailId,
    /// The plugin that sends.
    pub plugin: PluginId,
    /// Who mail is from: `home@example.org` or `Home <home@example.org>`.
    pub from: String,
    /// Who is answered, where that is somebody else; empty: nobody else.
    pub reply_to: Option<String>,
    /// The plugin's settings.
    pub settings: BTreeMap<String, String>,
    /// The plugin's secrets.
    pub secrets: BTreeMap<String, Secret>,
}

/// What to change about a method; none: leave it.
#[derive(Debug, Clone, Default)]
pub struct MethodPatch {
    /// Who mail is from.
    pub from: Option<String>,
    /// Who is answered; empty: nobody else.
    pub reply_to: Option<String>,
    /// All of the plugin's settings.
    pub settings: Option<BTreeMap<String, String>>,
    /// Secrets to replace; those not named stay.
    pub secrets: BTreeMap<String, Secret>,
}

/// All methods, in the order they are asked.
#[must_use]
pub fn list(service: &Service) -> Vec<MethodView> {
    service.inside().posts.all().into_iter().map(|post| view(service, post)).collect()
}

/// One method.
///
/// # Errors
/// `NotFound`.
pub fn get(service: &Service, id: &MailId) -> Result<MethodView> {
    service.inside().posts.get(id).map(|post| view(service, post)).ok_or(NO_METHOD)
}

/// The plugins that send.
#[must_use]
pub fn plugins(service: &Service) -> Vec<Manifest> {
    let all = service.sandbox().plugins().into_iter().filter(|plugin| plugin.refused.is_none());
    all.filter_map(|plugin| plugin.inspection)
        .filter(|found| found.roles.contains(&PluginRole::Notify))
        .map(|found| found.manifest)
        .collect()
}

fn view(service: &Service, post: Post) -> MethodView {
    let manifest = service.sandbox().manifest(&post.method.plugin);
    let name = manifest.as_ref().map(|manifest| manifest.name.clone());
    MethodView {
        label: name.unwrap_or_else(|| post.method.id.to_string()),
        secrets: post.secrets.into_keys().collect(),
        locked: wiring::locked(service, &post.method.id),
        warnings: warnings::of(service, &post.method, manifest.as_ref()),
        refused: post.refused,
        last: post.last,
        method: post.method,
        manifest,
    }
}

fn sender(text: &str) -> Result<Mailbox> {
    Mailbox::parse(text).map_err(|_not| ServiceError::field("from", "not-a-sender"))
}

fn answered(text: &str) -> Result<Option<EmailAddress>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let address = EmailAddress::parse(text);
    address.map(Some).map_err(|_not| ServiceError::field("replyTo", "not-an-address"))
}

/// Adds a method. Its server need not answer.
///
/// # Errors
/// `Taken` for an id in use; `NotFound` for an unknown plugin, and one that does not send; `Invalid` for
/// settings it does not take.
pub async fn add(service: &Service, by: &Admin, draft: MethodDraft) -> Result<MethodView> {
    const IN_USE: ServiceError = ServiceError::Taken { field: "id" };
    let changing = service.inside().changing.lock().await;
    if service.inside().posts.get(&draft.id).is_some() {
        return Err(IN_USE);
    }
    if !plugins(service).iter().any(|manifest| manifest.id == draft.plugin) {
        return Err(ServiceError::NotFound { what: "plugin" });
    }
    let method = MailMethod {
        id: draft.id,
        plugin: draft.plugin,
        from: sender(&draft.from)?,
        reply_to: answered(draft.reply_to.as_deref().unwrap_or_default())?,
        settings: draft.settings,
        set_by: SetBy::Page,
        created_at: service.now(),
    };
    let secrets = accepted(service, &method, draft.secrets).await?;
    let line = line(service, by, ActivityKind::MailMethodAdded, &method);
    let (kept, sealed) = (method.clone(), secrets.clone());
    service
        .write_aside(move |tx| {
            if tx.mail_methods().get(&kept.id)?.is_some() {
                return Err(IN_USE);
            }
            tx.mail_methods().put(&kept)?;
            wiring::put_secrets(tx, &kept.id, &sealed)?;
            note(tx, line)
        })
        .await?;
    let id = method.id.clone();
    wiring::wire(service, method, secrets);
    drop(changing);
    outbox::wake(service).await?;
    get(service, &id)
}

fn line(service: &Service, by: &Admin, kind: ActivityKind, method: &MailMethod) -> NewActivity {
    NewActivity::new(service.now(), actor(by), kind)
        .with("method", method.id.as_str())
        .with("plugin", method.plugin.as_str())
}

/// Secrets as they will be, with everything accepted by the plugin.
async fn accepted(service: &Service, method: &MailMethod, secrets: Secrets) -> Result<Secrets> {
    let trial = service.sandbox().trial(wiring::config(method, secrets.clone()))?;
    if let Some(fault) = trial.check_settings().await.into_iter().next() {
        return Err(fault.into());
    }
    let manifest = service.sandbox().manifest(&method.plugin);
    let missing = |key: &str| secrets.get(key).is_none_or(|secret| secret.expose().is_empty());
    let fields: Vec<_> = manifest
        .map_or(Vec::new(), |manifest| manifest.secrets)
        .into_iter()
        .filter(|secret| secret.spec.required && missing(&secret.spec.key))
        .map(|secret| FieldProblem::new(secret.spec.key, "required"))
        .collect();
    if fields.is_empty() { Ok(secrets) } else { Err(ServiceError::Invalid { fields }) }
}

/// What a page may not touch.
fn unlocked(service: &Service, id: &MailId) -> Result<()> {
    match wiring::locked(service, id) {
        Some(by) => Err(ServiceError::Locked { key: format!("mail.{id}"), by }),
        None => Ok(()),
    }
}

/// Changes a method.
///
/// # Errors
/// `NotFound`; `Locked` for one that the file sets; `Invalid` for settings its plugin does not take.
pub async fn patch(
    service: &Service,
    by: &Admin,
    id: &MailId,
    patch: MethodPatch,
) -> Result<MethodView> {
    let changing = service.inside().changing.lock().await;
    let Post { mut method, mut secrets, .. } = service.inside().posts.get(id).ok_or(NO_METHOD)?;
    unlocked(service, id)?;
    if let Some(from) = &patch.from {
        method.from = sender(from)?;
    }
    if let Some(reply_to) = &patch.reply_to {
        method.reply_to = answered(reply_to)?;
    }
    method.settings = patch.settings.unwrap_or(method.settings);
    secrets.extend(patch.secrets);
    let secrets = accepted(service, &method, secrets).await?;
    let line = line(service, by, ActivityKind::MailMethodChanged, &method);
    let (kept, sealed) = (method.clone(), secrets.clone());
    service
        .write_aside(move |tx| {
            tx.mail_methods().put(&kept)?;
            wiring::put_secrets(tx, &kept.id, &sealed)?;
            note(tx, line)
        })
        .await?;
    wiring::wire(service, method, secrets);
    drop(changing);
    outbox::wake(service).await?;
    get(service, id)
}

/// Removes a method. What waits goes by another one, or waits for one.
///
/// # Errors
/// `NotFound`; `Locked` for one that the file sets.
pub async fn remove(service: &Service, by: &Admin, id: &MailId) -> Result<()> {
    let changing = service.inside().changing.lock().await;
    let post = service.inside().posts.get(id).ok_or(NO_METHOD)?;
    unlocked(service, id)?;
    let line = line(service, by, ActivityKind::MailMethodRemoved, &post.method);
    let gone = id.clone();
    service
        .write_aside(move |tx| {
            tx.mail_methods().delete(&gone)?;
            tx.secrets().delete_all(SecretOf::Mail(&gone))?;
            tx.plugin_state().delete_all(&InstanceId::from(&gone).to_string())?;
            note(tx, line)
        })
        .await?;
    service.sandbox().remove(id);
    service.inside().posts.remove(id);
    drop(changing);
    Ok(())
}

#[cfg(test)]
mod tests;
