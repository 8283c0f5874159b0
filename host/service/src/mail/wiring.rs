//! Between mail methods as configured and what runs: instances of plugins with settings and secrets.
//!
//! Guarantees: what the file sets wins over what was set in a page; a method that cannot be set up is
//! listed with the reason and stops nothing; one that is as it was is left alone. Does not: ask a mail
//! server anything.

use crate::activity::note;
use crate::error::Result;
use crate::house::Service;
use crate::outbox;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::backends::SetBy;
use domain::fault::{Fault, FaultKind};
use domain::ids::{InstanceId, MailId};
use domain::mail::MailMethod;
use domain::plugins::PluginRole;
use domain::secret::Secret;
use domain::settings::{MailFromFile, Source};
use sandbox::InstanceConfig;
use std::collections::BTreeMap;
use store::WriteTx;
use store::secrets::SecretOf;

/// Secrets by the manifest's names.
pub(super) type Secrets = BTreeMap<String, Secret>;

/// Where a method is set, if not in the pages.
pub(super) fn locked(service: &Service, id: &MailId) -> Option<Source> {
    let written = service.written();
    let from_file = written.settings.mail.iter().any(|there| there.method.id == *id);
    let source = || written.sources.get(&format!("mail.{id}")).cloned();
    from_file.then(|| source().unwrap_or(Source::File { line: 0 }))
}

/// Its place among the file's methods; behind them for one of the pages.
fn rank(service: &Service, id: &MailId) -> usize {
    let written = service.written();
    let place = written.settings.mail.iter().position(|there| there.method.id == *id);
    place.unwrap_or(usize::MAX)
}

/// The secrets a method has: sealed ones, and over them the file's.
async fn secrets(service: &Service, id: &MailId) -> Result<Secrets> {
    let wanted = id.clone();
    let mut secrets =
        service.read(move |tx| Ok(tx.secrets().all(SecretOf::Mail(&wanted))?)).await?;
    let written = service.written();
    let in_file = written.settings.mail.iter().find(|there| there.method.id == *id);
    secrets.extend(in_file.into_iter().flat_map(|there| there.secrets.clone()));
    Ok(secrets)
}

/// How the sandbox is told about a method.
pub(super) fn config(method: &MailMethod, secrets: Secrets) -> InstanceConfig {
    InstanceConfig {
        instance: (&method.id).into(),
        plugin: method.plugin.clone(),
        settings: method.settings.clone(),
        secrets,
    }
}

/// Seals secrets beside a method.
pub(super) fn put_secrets(tx: &WriteTx, id: &MailId, secrets: &Secrets) -> Result<()> {
    for (name, secret) in secrets {
        tx.secrets().put(SecretOf::Mail(id), name, secret)?;
    }
    Ok(())
}

/// Sets an instance up and lists the method; a refusal is listed with it.
pub(super) fn wire(service: &Service, method: MailMethod, secrets: Secrets) {
    let manifest = service.sandbox().manifest(&method.plugin);
    let sends = manifest.is_none_or(|manifest| manifest.roles.contains(&PluginRole::Notify));
    let configured = if sends {
        service.sandbox().configure(config(&method, secrets.clone()))
    } else {
        let words = format!("the plugin {} sends no mail", method.plugin);
        Err(Fault::new(FaultKind::Misconfigured, "host.no-role", words))
    };
    let refused = configured.err();
    if let Some(fault) = &refused {
        service.sandbox().remove(&method.id);
        tracing::warn!(method.id = %method.id, "a mail method could not be set up: {fault}");
    }
    let rank = rank(service, &method.id);
    service.inside().posts.put(method, secrets, rank, refused);
}

/// Takes over the file's methods, keeps the pages', and sets up what is new or changed. At start and on
/// every live change of the file.
///
/// # Errors
/// Only our own.
pub(crate) async fn apply(service: &Service, file: Vec<MailFromFile>) -> Result<()> {
    let here = service.clone();
    let Merged { kept, gone, changed } =
        service.write_aside(move |tx| merged(&here, tx, &file)).await?;
    for id in gone {
        service.sandbox().remove(&id);
        service.inside().posts.remove(&id);
    }
    let is_start = service.inside().posts.all().is_empty();
    let mut is_new = changed;
    for method in kept {
        let secrets = secrets(service, &method.id).await?;
        let known = service.inside().posts.get(&method.id);
        let same = known.filter(|post| {
            post.refused.is_none()
                && post.is_like(&method, &secrets)
                && post.rank == rank(service, &method.id)
        });
        if same.is_none() {
            wire(service, method, secrets);
            is_new |= !is_start;
        }
    }
    if is_new { outbox::wake(service).await } else { Ok(()) }
}

/// All methods are set up again, since their plugin may have come, gone or changed, and what waits is looked
/// at. Whoever calls it is alone in changing settings.
///
/// # Errors
/// Only our own.
pub(crate) async fn plugins_changed(service: &Service) -> Result<()> {
    for post in service.inside().posts.all() {
        wire(service, post.method, post.secrets);
    }
    outbox::wake(service).await
}

struct Merged {
    kept: Vec<MailMethod>,
    gone: Vec<MailId>,
    changed: bool,
}

fn merged(service: &Service, tx: &WriteTx, file: &[MailFromFile]) -> Result<Merged> {
    let line = |kind, method: &MailMethod| {
        NewActivity::new(service.now(), Actor::System, kind)
            .with("method", method.id.as_str())
            .with("plugin", method.plugin.as_str())
    };
    let mut changed = false;
    for there in file {
        let known = tx.mail_methods().get(&there.method.id)?;
        let method = adopted(&there.method, known.as_ref());
        if known.as_ref() == Some(&method) {
            continue;
        }
        changed = true;
        tx.mail_methods().put(&method)?;
        let is_new = known.is_none();
        let kind =
            if is_new { ActivityKind::MailMethodAdded } else { ActivityKind::MailMethodChanged };
        note(tx, line(kind, &method))?;
    }
    let in_file = |id: &MailId| file.iter().any(|there| there.method.id == *id);
    let (kept, gone): (Vec<_>, Vec<_>) = tx
        .mail_methods()
        .all()?
        .into_iter()
        .partition(|method| method.set_by == SetBy::Page || in_file(&method.id));
    for method in &gone {
        tx.mail_methods().delete(&method.id)?;
        tx.secrets().delete_all(SecretOf::Mail(&method.id))?;
        tx.plugin_state().delete_all(&InstanceId::from(&method.id).to_string())?;
        note(tx, line(ActivityKind::MailMethodRemoved, method))?;
    }
    Ok(Merged { kept, gone: gone.into_iter().map(|method| method.id).collect(), changed })
}

/// What the file says; added when it first said so.
fn adopted(file: &MailMethod, known: Option<&MailMethod>) -> MailMethod {
    let created_at = known.map_or(file.created_at, |known| known.created_at);
    MailMethod { set_by: SetBy::File, created_at, ..file.clone() }
}
