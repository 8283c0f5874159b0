//! `[[backend]]`: the plugin's own settings and secrets, against its manifest where there is one.
//!
//! A plugin that is not installed is no error: it may be put into the plugins folder later, and its
//! settings are read again then. Which secret a person still has to type is not decided here.

use crate::settings::check::{Check, Item};
use crate::settings::kind::{self, Kind, Parsed};
use crate::settings::nearest::nearest;
use crate::settings::place::{Spot, looks_secret};
use crate::settings::written::{Entry, Raw, Written, stem};
use domain::backends::{Backend, SetBy};
use domain::ids::{BackendId, PluginId};
use domain::plugins::{Manifest, SettingKind, SettingSpec};
use domain::secret::Secret;
use domain::settings::BackendFromFile;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Manifests of the plugins at hand.
pub type Manifests = BTreeMap<PluginId, Manifest>;

/// Where a plugin's key belongs.
enum Slot<'a> {
    Setting(&'a SettingSpec),
    Secret(&'a SettingSpec),
    Connect(&'a SettingSpec),
}

/// One backend, or `None` with the reasons among the problems.
pub(crate) fn settle(
    check: &mut Check<'_>,
    item: &Item,
    manifests: &Manifests,
    now: Timestamp,
) -> Option<BackendFromFile> {
    let prefix = format!("backend.{}", item.id);
    let text = |name: &str| match item.values.get(name).map(|found| &found.parsed) {
        Some(Parsed::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let id = BackendId::parse(&text("id")?).ok()?;
    let Some(plugin) = text("plugin").and_then(|plugin| PluginId::parse(&plugin).ok()) else {
        if !item.values.contains_key("plugin") {
            let advice = "name the plugin that speaks to it, as in plugin = \"jellyfin\"";
            check.error_with_advice(
                &item.spot,
                &format!("{prefix}.plugin"),
                ("is missing", advice),
            );
        }
        return None;
    };
    let public_url = match item.values.get("public_url").map(|found| &found.parsed) {
        Some(Parsed::Url(url)) => Some(url.clone()),
        _ => None,
    };
    let label = text("label").unwrap_or_default();
    let backend = Backend {
        id,
        label,
        plugin,
        public_url,
        settings: BTreeMap::new(),
        set_by: SetBy::File,
        server_id: None,
        created_at: now,
    };
    let mut settled =
        BackendFromFile { backend, secrets: BTreeMap::new(), connect: BTreeMap::new() };
    let settings = item.values.get("settings");
    let spot = settings.map_or(&item.spot, |found| &found.spot).clone();
    let entries = match settings.map(|found| &found.parsed) {
        Some(Parsed::Table(entries)) => entries.clone(),
        _ => Vec::new(),
    };
    match manifests.get(&settled.backend.plugin) {
        Some(manifest) => {
            for entry in &entries {
                by_manifest(check, manifest, &prefix, entry, &mut settled);
            }
            missing(check, manifest, (&prefix, &spot), &settled);
        }
        None => without_manifest(check, (&prefix, item, manifests), &entries, &mut settled),
    }
    Some(settled)
}

fn slot<'a>(manifest: &'a Manifest, key: &str) -> Option<Slot<'a>> {
    let setting = manifest.settings.iter().find(|spec| spec.key == key).map(Slot::Setting);
    let secret = || manifest.secrets.iter().map(|secret| &secret.spec).find(|spec| spec.key == key);
    let connect = || {
        let fields = manifest.connect.iter().flat_map(|connect| &connect.fields);
        fields.into_iter().find(|spec| spec.key == key)
    };
    setting.or_else(|| secret().map(Slot::Secret)).or_else(|| connect().map(Slot::Connect))
}

fn by_manifest(
    check: &mut Check<'_>,
    manifest: &Manifest,
    prefix: &str,
    entry: &Entry,
    settled: &mut BackendFromFile,
) {
    let whole = format!("{prefix}.settings.{}", entry.key);
    match slot(manifest, &entry.key) {
        Some(Slot::Setting(spec)) => {
            if let Some(text) = setting_text(check, spec, &whole, &entry.value) {
                settled.backend.settings.insert(spec.key.clone(), text);
            }
            return;
        }
        Some(Slot::Secret(spec)) => {
            if let Some(secret) = inline_secret(check, &whole, &entry.value) {
                settled.secrets.insert(spec.key.clone(), secret);
            }
            return;
        }
        Some(Slot::Connect(spec)) => {
            if let Some(secret) = inline_secret(check, &whole, &entry.value) {
                settled.connect.insert(spec.key.clone(), secret);
            }
            return;
        }
        None => {}
    }
    let of_file =
        if entry.key.ends_with("_file") { slot(manifest, stem(&entry.key)) } else { None };
    match of_file {
        Some(Slot::Secret(spec)) => {
            if let Some(secret) = check.secret_file(&entry.value, &whole) {
                settled.secrets.insert(spec.key.clone(), secret);
            }
        }
        Some(Slot::Connect(spec)) => {
            if let Some(secret) = check.secret_file(&entry.value, &whole) {
                settled.connect.insert(spec.key.clone(), secret);
            }
        }
        Some(Slot::Setting(_)) | None => unknown(check, manifest, &whole, entry),
    }
}

fn unknown(check: &mut Check<'_>, manifest: &Manifest, whole: &str, entry: &Entry) {
    let known: Vec<&str> = manifest
        .settings
        .iter()
        .chain(manifest.secrets.iter().map(|secret| &secret.spec))
        .chain(manifest.connect.iter().flat_map(|connect| &connect.fields))
        .map(|spec| spec.key.as_str())
        .collect();
    let advice = nearest(stem(&entry.key), known.iter().copied()).map_or_else(
        || format!("it knows {}", known.join(", ")),
        |near| format!("did you mean {near:?}?"),
    );
    let message = format!("the plugin {:?} has no such setting", manifest.id.as_str());
    check.error_with_advice(&entry.spot, whole, (message, advice));
}

/// A setting as the plugin gets it: text.
fn setting_text(
    check: &mut Check<'_>,
    spec: &SettingSpec,
    whole: &str,
    written: &Written,
) -> Option<String> {
    let Some(text) = plain(written) else {
        let message = format!("takes one value, not {}", written.raw.kind());
        check.error(&written.spot, whole, message);
        return None;
    };
    let wrong = match spec.kind {
        SettingKind::Url => kind::base_url(&text).err(),
        SettingKind::Number => text
            .parse::<i64>()
            .err()
            .map(|_not| (format!("{text:?} is no whole number"), Some("write digits only".into()))),
        SettingKind::Flag => (!matches!(text.as_str(), "true" | "false"))
            .then(|| (format!("{text:?} is neither true nor false"), None)),
        SettingKind::Choice => (!spec.options.contains(&text)).then(|| {
            let options = spec.options.iter().map(String::as_str);
            let advice = nearest(&text, options).map_or_else(
                || format!("choose one of {}", spec.options.join(", ")),
                |near| format!("did you mean {near:?}?"),
            );
            (format!("{text:?} is not a choice"), Some(advice))
        }),
        SettingKind::Text | SettingKind::Secret => None,
    };
    match wrong {
        None => Some(text),
        Some((message, Some(advice))) => {
            check.error_with_advice(&written.spot, whole, (message, advice));
            None
        }
        Some((message, None)) => {
            check.error(&written.spot, whole, message);
            None
        }
    }
}

fn plain(written: &Written) -> Option<String> {
    match &written.raw {
        Raw::Text(text) => Some(text.clone()),
        Raw::Integer(number) => Some(number.to_string()),
        Raw::Float(number) => Some(number.clone()),
        Raw::Flag(flag) => Some(flag.to_string()),
        Raw::List(items) => {
            items.iter().map(plain).collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        Raw::Date(_) | Raw::Table(_) => None,
    }
}

fn inline_secret(check: &mut Check<'_>, whole: &str, written: &Written) -> Option<Secret> {
    match kind::read(Kind::Secret, written) {
        Ok(Some(Parsed::Secret(secret))) => {
            check.holds_secret |= matches!(written.spot, Spot::File(_));
            Some(secret)
        }
        Ok(_) => None,
        Err(complaint) => {
            check.error(&complaint.spot, whole, complaint.message);
            None
        }
    }
}

/// A required setting must be there; a secret may still be typed on the page.
fn missing(
    check: &mut Check<'_>,
    manifest: &Manifest,
    (prefix, spot): (&str, &Spot),
    settled: &BackendFromFile,
) {
    for spec in manifest.settings.iter().filter(|spec| spec.required && spec.default.is_none()) {
        let whole = format!("{prefix}.settings.{}", spec.key);
        if !settled.backend.settings.contains_key(&spec.key) && !check.complained_of(&whole) {
            let advice = format!("add it, as in {} = {:?}", spec.key, spec.example);
            check.error_with_advice(spot, &whole, ("is missing", advice));
        }
    }
    let needs_secret = manifest.secrets.iter().any(|secret| secret.spec.required);
    let tried = manifest
        .secrets
        .iter()
        .any(|secret| check.complained_of(&format!("{prefix}.settings.{}", secret.spec.key)));
    if needs_secret && !tried && settled.secrets.is_empty() && settled.connect.is_empty() {
        let names: Vec<_> =
            manifest.secrets.iter().map(|secret| format!("{}_file", secret.spec.key)).collect();
        let message =
            format!("no credential is given; add {} or type it on the page", names.join(", "));
        check.warning(spot, &format!("{prefix}.settings"), message);
    }
}

/// Nobody knows yet what the keys mean: what looks like a secret is treated as one.
fn without_manifest(
    check: &mut Check<'_>,
    (prefix, item, manifests): (&str, &Item, &Manifests),
    entries: &[Entry],
    settled: &mut BackendFromFile,
) {
    let plugin = settled.backend.plugin.as_str().to_owned();
    let spot = item.values.get("plugin").map_or(&item.spot, |found| &found.spot).clone();
    let near = nearest(&plugin, manifests.keys().map(PluginId::as_str));
    let message = match near {
        Some(near) => format!("no plugin {plugin:?} is installed; did you mean {near:?}?"),
        None => {
            format!("no plugin {plugin:?} is installed; put its .wasm file into the plugins folder")
        }
    };
    check.warning(&spot, &format!("{prefix}.plugin"), message);
    for entry in entries {
        let whole = format!("{prefix}.settings.{}", entry.key);
        if entry.key.ends_with("_file") {
            if let Some(secret) = check.secret_file(&entry.value, &whole) {
                settled.secrets.insert(stem(&entry.key).to_owned(), secret);
            }
        } else if looks_secret(&entry.key) {
            if let Some(secret) = inline_secret(check, &whole, &entry.value) {
                settled.secrets.insert(entry.key.clone(), secret);
            }
        } else if let Some(text) = plain(&entry.value) {
            settled.backend.settings.insert(entry.key.clone(), text);
        } else {
            let message = format!("takes one value, not {}", entry.value.raw.kind());
            check.error(&entry.value.spot, &whole, message);
        }
    }
}
