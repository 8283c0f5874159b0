//! The effective settings: what file, environment and flags say, and what the pages may fill in.
//!
//! Guarantees: what is set elsewhere wins and is refused here, naming where it is set; a change is all or
//! nothing and needs no restart. Does not: read files or the environment.

use crate::activity::{actor, note};
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use crate::ways_in::{self, Going};
use crate::{mail, plugins, providers, wiring};
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::role::Admin;
use domain::settings::{Registration, Settings, Settled, Source};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use url::Url;

const PUBLIC_URL: &str = "server.public_url";
const LOCAL_LOGIN: &str = "signin.local_login";
/// A text on a page.
const LONGEST_TEXT: usize = 4_000;

/// One setting with its source.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SettingView {
    /// `server.public_url`.
    pub key: String,
    /// What holds.
    pub value: Value,
    /// Where it comes from.
    pub source: Source,
    /// Whether the pages may change it now.
    pub editable: bool,
}

/// A key that the pages may set.
struct Key {
    name: &'static str,
    read: fn(&Settings) -> Value,
    /// The catalogue's code for a value that is not acceptable.
    set: fn(&mut Settings, &Value) -> Result<(), &'static str>,
}

const KEYS: &[Key] = &[
    Key {
        name: PUBLIC_URL,
        read: |all| all.server.public_url.as_ref().map_or(Value::Null, |url| url.as_str().into()),
        set: |all, value| put(&mut all.server.public_url, Some(base_url(value)?)),
    },
    Key {
        name: "server.other_urls",
        read: |all| all.server.other_urls.iter().map(Url::as_str).collect(),
        set: |all, value| put(&mut all.server.other_urls, items(value, base_url)?),
    },
    Key {
        name: "server.trusted_proxies",
        read: |all| all.server.trusted_proxies.iter().map(ToString::to_string).collect(),
        set: |all, value| {
            let network = |value: &Value| {
                let text = text(value)?;
                let one = text.parse::<core::net::IpAddr>().map(Into::into);
                text.parse().or(one).map_err(|_not| "not-a-network")
            };
            put(&mut all.server.trusted_proxies, items(value, network)?)
        },
    },
    Key {
        name: "signin.registration",
        read: |all| word(all.signin.registration),
        set: |all, value| put(&mut all.signin.registration, registration(value)?),
    },
    Key {
        name: LOCAL_LOGIN,
        read: |all| all.signin.local.into(),
        set: |all, value| put(&mut all.signin.local, value.as_bool().ok_or("not-a-flag")?),
    },
    Key {
        name: "signin.admins_need_second_factor",
        read: |all| all.signin.admins_need_second_factor.into(),
        set: |all, value| {
            let needed = value.as_bool().ok_or("not-a-flag")?;
            put(&mut all.signin.admins_need_second_factor, needed)
        },
    },
    Key {
        name: "texts.contact",
        read: |all| all.texts.contact.as_str().into(),
        set: |all, value| put(&mut all.texts.contact, text(value)?.to_owned()),
    },
    Key {
        name: "texts.help",
        read: |all| all.texts.help.as_str().into(),
        set: |all, value| put(&mut all.texts.help, text(value)?.to_owned()),
    },
    Key {
        name: "texts.success",
        read: |all| all.texts.success.as_str().into(),
        set: |all, value| put(&mut all.texts.success, text(value)?.to_owned()),
    },
    Key {
        name: "texts.mail_footer",
        read: |all| all.texts.mail_footer.as_str().into(),
        set: |all, value| put(&mut all.texts.mail_footer, text(value)?.to_owned()),
    },
    Key {
        name: "dates.format",
        read: |all| all.dates.format.as_str().into(),
        set: |all, value| put(&mut all.dates.format, date_format(value)?),
    },
    Key {
        name: "dates.clock_24h",
        read: |all| all.dates.clock_24h.into(),
        set: |all, value| put(&mut all.dates.clock_24h, value.as_bool().ok_or("not-a-flag")?),
    },
    Key {
        name: "dates.zone",
        read: |all| all.dates.zone.as_str().into(),
        set: |all, value| put(&mut all.dates.zone, zone(value)?),
    },
    Key {
        name: "dates.language",
        read: |all| all.dates.language.as_str().into(),
        set: |all, value| put(&mut all.dates.language, language(value)?),
    },
];

fn put<T>(slot: &mut T, value: T) -> Result<(), &'static str> {
    *slot = value;
    Ok(())
}

fn word(registration: Registration) -> Value {
    serde_json::to_value(registration).unwrap_or_default()
}

fn registration(value: &Value) -> Result<Registration, &'static str> {
    let all = [Registration::Off, Registration::Approval, Registration::Open];
    all.into_iter().find(|one| word(*one) == *value).ok_or("choice")
}

fn text(value: &Value) -> Result<&str, &'static str> {
    let text = value.as_str().ok_or("not-a-text")?;
    if text.len() > LONGEST_TEXT { Err("too-long") } else { Ok(text) }
}

fn items<T>(
    value: &Value,
    item: impl Fn(&Value) -> Result<T, &'static str>,
) -> Result<Vec<T>, &'static str> {
    value.as_array().ok_or("not-a-list")?.iter().map(item).collect()
}

/// An http or https URL without anything behind its path.
fn base_url(value: &Value) -> Result<Url, &'static str> {
    let url: Url = text(value)?.trim().parse().map_err(|_not| "not-a-url")?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain { Ok(url) } else { Err("not-a-url") }
}

fn date_format(value: &Value) -> Result<String, &'static str> {
    let format = text(value)?.trim();
    let sample = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    match jiff::fmt::strtime::format(format, &sample) {
        Ok(shown) if !shown.trim().is_empty() => Ok(format.to_owned()),
        _ => Err("not-a-date-format"),
    }
}

fn zone(value: &Value) -> Result<String, &'static str> {
    let name = text(value)?.trim();
    jiff::tz::TimeZone::get(name).map(|_zone| name.to_owned()).map_err(|_not| "not-a-zone")
}

fn language(value: &Value) -> Result<String, &'static str> {
    let tag = text(value)?.trim();
    let fits = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if tag.split('-').all(fits) { Ok(tag.to_owned()) } else { Err("not-a-language") }
}

/// Whether nobody but the pages sets a key.
fn is_free(written: &Settled, key: &str) -> bool {
    matches!(written.sources.get(key), None | Some(Source::Default))
}

/// What is written, with what the pages set where that says nothing.
fn overlaid(written: &Settled, page_set: &BTreeMap<String, Value>) -> Settled {
    let mut effective = written.clone();
    for key in KEYS.iter().filter(|key| is_free(written, key.name)) {
        let Some(value) = page_set.get(key.name) else { continue };
        match (key.set)(&mut effective.settings, value) {
            Ok(()) => {
                effective.sources.insert(key.name.to_owned(), Source::Page);
            }
            // An older release may have allowed what this one does not.
            Err(code) => tracing::warn!(
                key = key.name,
                code,
                "a setting from the pages is not acceptable any more"
            ),
        }
    }
    effective
}

/// All settings that the pages may show.
#[must_use]
pub fn list(service: &Service, _by: &Admin) -> Vec<SettingView> {
    let (effective, written) = (service.settings(), service.written());
    let view = |key: &Key| SettingView {
        key: key.name.to_owned(),
        value: (key.read)(&effective.settings),
        source: effective.sources.get(key.name).cloned().unwrap_or(Source::Default),
        editable: is_free(&written, key.name),
    };
    KEYS.iter().map(view).collect()
}

/// Sets keys from the pages; `null` gives a key back to its default. All or nothing.
///
/// # Errors
/// `Locked` for a key that is set elsewhere; `Invalid` for values that are not acceptable and keys
/// that are none.
pub async fn patch(
    service: &Service,
    by: &Admin,
    values: BTreeMap<String, Value>,
) -> Result<Vec<SettingView>> {
    let changing = service.inside().changing.lock().await;
    check(&service.written(), &values)?;
    if values.get(LOCAL_LOGIN) == Some(&Value::Bool(false)) {
        another_way_in(service, by).await?;
    }
    let names: Vec<_> = values.keys().cloned().collect();
    let line = NewActivity::new(service.now(), actor(by), ActivityKind::SettingsChanged)
        .with("keys", names.join(", "));
    service
        .write_aside(move |tx| {
            for (key, value) in &values {
                if value.is_null() {
                    tx.settings().delete(key)?;
                } else {
                    tx.settings().put(key, value)?;
                }
            }
            note(tx, line)
        })
        .await?;
    refresh(service).await?;
    drop(changing);
    Ok(list(service, by))
}

/// Nobody shuts the door they came by behind themselves: without local passwords there has to be another
/// way in for whoever turns them off. The console may.
async fn another_way_in(service: &Service, by: &Admin) -> Result<()> {
    let Some(id) = by.id().cloned() else { return Ok(()) };
    let here = service.clone();
    let has_one = service
        .read(move |tx| {
            let Some(user) = tx.users().get(&id)? else { return Ok(false) };
            ways_in::are_left(&here, tx, &user, Going::LocalPasswords)
        })
        .await?;
    if has_one { Ok(()) } else { Err(ServiceError::field(LOCAL_LOGIN, "last-way-in")) }
}

fn check(written: &Settled, values: &BTreeMap<String, Value>) -> Result<()> {
    let mut problems = Vec::new();
    let mut scratch = written.settings.clone();
    for (name, value) in values {
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            problems.push(FieldProblem::new(name, "unknown-key"));
            continue;
        };
        if let Some(by) = written.sources.get(name).filter(|_| !is_free(written, name)) {
            return Err(ServiceError::Locked { key: name.clone(), by: by.clone() });
        }
        if !value.is_null()
            && let Err(code) = (key.set)(&mut scratch, value)
        {
            problems.push(FieldProblem::new(name, code));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(ServiceError::Invalid { fields: problems }) }
}

/// The address the wizard was told, to be written beside the first admin; none where it is what holds.
///
/// # Errors
/// `Locked`; `Invalid` at `publicUrl`.
pub(crate) fn public_url_from_setup(
    service: &Service,
    url: &Url,
) -> Result<Option<(&'static str, Value)>> {
    let written = service.written();
    if service.settings().settings.server.public_url.as_ref() == Some(url) {
        return Ok(None);
    }
    if let Some(by) = written.sources.get(PUBLIC_URL).filter(|_| !is_free(&written, PUBLIC_URL)) {
        return Err(ServiceError::Locked { key: PUBLIC_URL.to_owned(), by: by.clone() });
    }
    let value = Value::from(url.as_str());
    base_url(&value).map_err(|code| ServiceError::field("publicUrl", code))?;
    Ok(Some((PUBLIC_URL, value)))
}

/// Works the effective settings out anew and tells those who watch, where they changed.
pub(crate) async fn refresh(service: &Service) -> Result<()> {
    let page_set = service.read(|tx| Ok(tx.settings().all()?)).await?;
    let effective = Arc::new(overlaid(&service.written(), &page_set));
    service.inside().effective.send_replace(effective);
    Ok(())
}

/// Takes over what file, environment and flags say now: at start and on every live change.
///
/// # Errors
/// Only our own; a backend that cannot be set up is reported in its health and the activity.
pub async fn apply(service: &Service, written: Settled) -> Result<()> {
    let changing = service.inside().changing.lock().await;
    let backends = written.settings.backends.clone();
    let methods = written.settings.mail.clone();
    *service.inside().written.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(written);
    refresh(service).await?;
    plugins::accept_from_file(service).await?;
    wiring::apply(service, backends).await?;
    providers::settle(service).await?;
    let applied = mail::apply(service, methods).await;
    drop(changing);
    applied
}

/// Notes that a changed settings file was refused; the old settings go on.
///
/// # Errors
/// Only our own.
pub async fn refused(service: &Service, why: &str) -> Result<()> {
    let line = NewActivity::new(service.now(), Actor::System, ActivityKind::SettingsRefused)
        .with("why", why);
    service.write_aside(move |tx| note(tx, line)).await
}

#[cfg(test)]
mod tests;
