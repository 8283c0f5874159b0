//! Fields that a plugin's manifest describes: shown in a form, read from one.
//!
//! Guarantees: a secret is never shown; an empty one is not sent, so that it stays as it is.

use crate::context::Ctx;
use crate::kit::query::Pairs;
use domain::plugins::{SettingKind, SettingSpec};
use serde_json::{Map, Value};
use views::Choice;
use views::backends::{FieldKind, SettingField};

/// What a form shows in its fields.
pub struct Typed<'a> {
    /// By the form's name of the field.
    pub value: &'a dyn Fn(&str) -> Option<String>,
    /// Secrets that are kept already, by key.
    pub kept: &'a [String],
}

/// One field, called `<prefix>.<key>` in the form.
pub fn field(ctx: &Ctx, prefix: &str, spec: &SettingSpec, typed: &Typed<'_>) -> SettingField {
    let name = format!("{prefix}.{}", spec.key);
    let kind = match spec.kind {
        SettingKind::Url => FieldKind::Url,
        SettingKind::Text => FieldKind::Text,
        SettingKind::Number => FieldKind::Number,
        SettingKind::Flag => FieldKind::Flag,
        SettingKind::Choice => FieldKind::Choice,
        SettingKind::Secret => FieldKind::Secret,
    };
    let shown = (typed.value)(&name).or_else(|| spec.default.clone()).unwrap_or_default();
    let value = if spec.kind == SettingKind::Secret { String::new() } else { shown };
    let option = |option: &String| Choice {
        value: option.clone(),
        label: option_name(ctx, option),
        chosen: *option == value,
    };
    SettingField {
        kind,
        label: spec.label.clone(),
        help: spec.help.clone(),
        example: spec.example.clone(),
        required: spec.required,
        options: spec.options.iter().map(option).collect(),
        kept: typed.kept.contains(&spec.key),
        locked_by: None,
        value,
        name,
    }
}

/// A choice in our words where we have some; plugins may have choices of their own.
pub fn option_name(ctx: &Ctx, option: &str) -> String {
    let key = format!("setting-option-{option}");
    if ctx.views().catalogue().has(&key) { ctx.text(&key, &[]) } else { option.to_owned() }
}

/// What was typed into the settings, by key. What is empty is left out, but a flag that is off is sent.
pub fn settings_sent(form: &Pairs, prefix: &str, specs: &[SettingSpec]) -> Map<String, Value> {
    let mut settings = Map::new();
    for spec in specs {
        let typed = form.get(&format!("{prefix}.{}", spec.key)).unwrap_or_default().trim();
        if spec.kind == SettingKind::Flag {
            settings.insert(spec.key.clone(), Value::from((typed == "true").to_string()));
        } else if !typed.is_empty() {
            settings.insert(spec.key.clone(), Value::from(typed));
        }
    }
    settings
}

/// What was typed into these fields, as it is; what is empty is left out.
pub fn filled<'a>(
    form: &Pairs,
    prefix: &str,
    keys: impl IntoIterator<Item = &'a String>,
) -> Map<String, Value> {
    let typed = |key: &String| form.get(&format!("{prefix}.{key}")).filter(|text| !text.is_empty());
    keys.into_iter().filter_map(|key| Some((key.clone(), Value::from(typed(key)?)))).collect()
}
