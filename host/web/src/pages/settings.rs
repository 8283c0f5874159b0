//! Settings: what is set, by whom, and what can be changed here.

use super::words;
use crate::access::Reply;
use crate::api::settings::require_recent;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use crate::kit::query::Pairs;
use domain::role::Admin;
use domain::settings::Source;
use serde_json::Value;
use service::settings::{self, SettingView};
use std::collections::BTreeMap;
use views::settings as pages;

fn source(source: &Source) -> pages::SettingSource {
    match source {
        Source::Default => pages::SettingSource::Default,
        Source::File { .. } => pages::SettingSource::File,
        Source::Environment { .. } => pages::SettingSource::Environment,
        Source::Flag => pages::SettingSource::Flag,
        Source::Page => pages::SettingSource::Page,
    }
}

fn is_locked(setting: &SettingView) -> bool {
    !matches!(setting.source, Source::Default | Source::Page)
}

/// As a person reads and types it: a list has blanks between its entries.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(" "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

fn editable(ctx: &Ctx, setting: &SettingView, typed: Option<&Pairs>) -> pages::EditableSetting {
    let texts = ctx.views().catalogue();
    let key = format!("setting-{}", setting.key.replace('.', "-"));
    let help = format!("{key}-help");
    let input = match &setting.value {
        Value::Bool(_) => pages::SettingInput::Flag,
        _ if setting.key == "server.public_url" => pages::SettingInput::Url,
        _ => pages::SettingInput::Text,
    };
    let typed = typed.map(|form| form.get(&setting.key).unwrap_or_default().to_owned());
    pages::EditableSetting {
        label: if texts.has(&key) { ctx.text(&key, &[]) } else { setting.key.clone() },
        help: if texts.has(&help) { ctx.text(&help, &[]) } else { String::new() },
        value: typed.unwrap_or_else(|| shown(&setting.value)),
        name: setting.key.clone(),
        input,
        source: source(&setting.source),
        locked: is_locked(setting),
    }
}

fn page(ctx: &Ctx, all: &[SettingView], typed: Option<&Pairs>) -> pages::SettingsPage {
    let mut tables: BTreeMap<String, Vec<pages::SettingRow>> = BTreeMap::new();
    for setting in all.iter().filter(|setting| !setting.editable) {
        let (table, key) = setting.key.split_once('.').unwrap_or(("", &setting.key));
        tables.entry(table.to_owned()).or_default().push(pages::SettingRow {
            key: key.to_owned(),
            value: shown(&setting.value),
            source: source(&setting.source),
        });
    }
    pages::SettingsPage {
        editable: all.iter().filter(|it| it.editable).map(|it| editable(ctx, it, typed)).collect(),
        sections: tables
            .into_iter()
            .map(|(name, rows)| pages::SettingSection { name, rows })
            .collect(),
        problems: Vec::new(),
    }
}

/// What is changed on this page: how people come in has one of its own.
fn of_this_page(ctx: &Ctx, by: &Admin) -> Vec<SettingView> {
    let mut all = settings::list(ctx.service(), by);
    all.retain(|setting| !setting.editable || !setting.key.starts_with("signin."));
    all
}

/// `GET /admin/settings`
pub async fn form(ctx: Ctx, by: Admin) -> Reply {
    frame::page(&ctx, &page(&ctx, &of_this_page(&ctx, &by), None))
}

/// What a form means for a setting: the kind of the value it has; empty gives it back to its default.
fn meant(setting: &SettingView, typed: Option<&str>) -> Value {
    let text = typed.unwrap_or_default().trim();
    match &setting.value {
        Value::Bool(_) => Value::Bool(text == "true"),
        Value::Array(_) => Value::Array(text.split_whitespace().map(Value::from).collect()),
        _ if text.is_empty() => Value::Null,
        _ => Value::from(text),
    }
}

/// `POST /admin/settings`: only what was changed is set.
pub async fn save(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let all = of_this_page(&ctx, &by);
    let open = all.iter().filter(|setting| setting.editable && !is_locked(setting));
    let typed = open.map(|setting| (setting, meant(setting, form.get(&setting.key))));
    let changed = typed.filter(|(setting, value)| shown(value) != shown(&setting.value));
    let values: BTreeMap<String, Value> =
        changed.map(|(setting, value)| (setting.key.clone(), value)).collect();
    let saved = match require_recent(&ctx, &values) {
        Ok(()) => settings::patch(ctx.service(), &by, values).await.map_err(Failure::from),
        Err(stale) => Err(stale),
    };
    match saved {
        Ok(_all) => Ok(frame::done(&ctx, "/admin/settings", "settings-saved", &[])),
        Err(failure) => {
            let page = page(&ctx, &all, Some(&form));
            words::again(&ctx, failure, |problems| pages::SettingsPage { problems, ..page })
        }
    }
}
