//! What a plugin is given in the settings: its own settings and secrets, against its manifest where
//! there is one.
//!
//! A plugin that is not installed is no error: it may be put into the plugins folder later, and its
//! settings are read again then. Which secret a person still has to type is not decided here.

use crate::settings::check::{Check, Item};
use crate::settings::kind::{self, Kind, Parsed};
use crate::settings::nearest::nearest;
use crate::settings::place::{Spot, looks_secret};
use crate::settings::written::{Entry, Raw, Written, stem};
use domain::ids::PluginId;
use domain::plugins::{Manifest, SettingKind, SettingSpec};
use domain::secret::Secret;
use std::collections::BTreeMap;

/// Manifests of the plugins at hand.
pub type Manifests = BTreeMap<PluginId, Manifest>;

/// A plugin's own part of a table.
#[derive(Default)]
pub(crate) struct Given {
    /// By the manifest's names, as text.
    pub(crate) settings: BTreeMap<String, String>,
    /// By the manifest's names.
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// What is used once to make secrets.
    pub(crate) connect: BTreeMap<String, Secret>,
}

/// Where a plugin's key belongs.
enum Slot<'a> {
    Setting(&'a SettingSpec),
    Secret(&'a SettingSpec),
    Connect(&'a SettingSpec),
}

/// What a table gives its plugin; what is wrong with it is among the problems.
pub(crate) fn settle(
    check: &mut Check<'_>,
    (prefix, item): (&str, &Item),
    plugin: &PluginId,
    manifests: &Manifests,
) -> Given {
    let mut given = Given::default();
    let settings = item.values.get("settings");
    let spot = settings.map_or(&item.spot, |found| &found.spot).clone();
    let entries = match settings.map(|found| &found.parsed) {
        Some(Parsed::Table(entries)) => entries.clone(),
        _ => Vec::new(),
    };
    match manifests.get(plugin) {
        Some(manifest) => {
            for entry in &entries {
                by_manifest(check, manifest, prefix, entry, &mut given);
            }
            missing(check, manifest, (prefix, &spot), &given);
        }
        None => {
            not_installed(check, (prefix, item, manifests), plugin);
            for entry in &entries {
                without_manifest(check, prefix, entry, &mut given);
            }
        }
    }
    given
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
    given: &mut Given,
) {
    let whole = format!("{prefix}.settings.{}", entry.key);
    match slot(manifest, &entry.key) {
        Some(Slot::Setting(spec)) => {
            if let Some(text) = setting_text(check, spec, &whole, &entry.value) {
                given.settings.insert(spec.key.clone(), text);
            }
            return;
        }
        Some(Slot::Secret(spec)) => {
            if let Some(secret) = inline_secret(check, &whole, &entry.value) {
                given.secrets.insert(spec.key.clone(), secret);
            }
            return;
        }
        Some(Slot::Connect(spec)) => {
            if let Some(secret) = inline_secret(check, &whole, &entry.value) {
                given.connect.insert(spec.key.clone(), secret);
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
                given.secrets.insert(spec.key.clone(), secret);
            }
        }
        Some(Slot::Connect(spec)) => {
            if let Some(secret) = check.secret_file(&entry.value, &whole) {
                given.connect.insert(spec.key.clone(), secret);
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
    given: &Given,
) {
    for spec in manifest.settings.iter().filter(|spec| spec.required && spec.default.is_none()) {
        let whole = format!("{prefix}.settings.{}", spec.key);
        if !given.settings.contains_key(&spec.key) && !check.complained_of(&whole) {
            let advice = format!("add it, as in {} = {:?}", spec.key, spec.example);
            check.error_with_advice(spot, &whole, ("is missing", advice));
        }
    }
    let needs_secret = manifest.secrets.iter().any(|secret| secret.spec.required);
    let tried = manifest
        .secrets
        .iter()
        .any(|secret| check.complained_of(&format!("{prefix}.settings.{}", secret.spec.key)));
    if needs_secret && !tried && given.secrets.is_empty() && given.connect.is_empty() {
        let names: Vec<_> =
            manifest.secrets.iter().map(|secret| format!("{}_file", secret.spec.key)).collect();
        let message =
            format!("no credential is given; add {} or type it on the page", names.join(", "));
        check.warning(spot, &format!("{prefix}.settings"), message);
    }
}

/// Nobody can say what the keys mean.
fn not_installed(
    check: &mut Check<'_>,
    (prefix, item, manifests): (&str, &Item, &Manifests),
    plugin: &PluginId,
) {
    let plugin = plugin.as_str();
    let spot = item.values.get("plugin").map_or(&item.spot, |found| &found.spot).clone();
    let near = nearest(plugin, manifests.keys().map(PluginId::as_str));
    let message = match near {
        Some(near) => format!("no plugin {plugin:?} is installed; did you mean {near:?}?"),
        None => {
            format!("no plugin {plugin:?} is installed; put its .wasm file into the plugins folder")
        }
    };
    check.warning(&spot, &format!("{prefix}.plugin"), message);
}

/// What looks like a secret is treated as one.
fn without_manifest(check: &mut Check<'_>, prefix: &str, entry: &Entry, given: &mut Given) {
    let whole = format!("{prefix}.settings.{}", entry.key);
    if entry.key.ends_with("_file") {
        if let Some(secret) = check.secret_file(&entry.value, &whole) {
            given.secrets.insert(stem(&entry.key).to_owned(), secret);
        }
    } else if looks_secret(&entry.key) {
        if let Some(secret) = inline_secret(check, &whole, &entry.value) {
            given.secrets.insert(entry.key.clone(), secret);
        }
    } else if let Some(text) = plain(&entry.value) {
        given.settings.insert(entry.key.clone(), text);
    } else {
        let message = format!("takes one value, not {}", entry.value.raw.kind());
        check.error(&entry.value.spot, &whole, message);
    }
}
