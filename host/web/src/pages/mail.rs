//! Ways to send mail: listed, added, tried, changed.

use super::backends::stage_name;
use super::described::{Typed, field, filled, option_name, settings_sent};
use super::words;
use crate::access::Reply;
use crate::api::mail::{changes, draft, id, manifest, refusal};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::frame;
use crate::input::{self, Input};
use crate::kit::query::Pairs;
use crate::wording;
use domain::ids::{MailId, PluginId};
use domain::messages::Step;
use domain::plugins::{Manifest, SettingKind, SettingSpec, StageOutcome};
use domain::role::Admin;
use service::mail::{self, MethodView, Rehearsal};
use service::outbox;
use views::backends as parts;
use views::mails as pages;
use views::notices::{ConfirmPage, Consequence};
use views::{Arg, Problem, Tone};

/// What is known of a method without trying it, worst first.
fn health(ctx: &Ctx, view: &MethodView) -> pages::MethodHealth {
    if let Some(fault) = &view.refused {
        return pages::MethodHealth::Refused { why: fault.detail.clone() };
    }
    let last = view.last.as_ref();
    if let Some((at, fault)) = last.and_then(|last| Some((last.at, last.fault.as_ref()?))) {
        return pages::MethodHealth::Failing { at, why: fault.detail.clone() };
    }
    if view.warnings.is_empty() {
        return pages::MethodHealth::Ready;
    }
    let sentence = |code: &String| {
        let key = format!("mail-warning-{code}");
        if ctx.views().catalogue().has(&key) {
            ctx.text(&key, &[])
        } else {
            ctx.text("mail-warning-unknown", &[("code", Arg::Text(code))])
        }
    };
    pages::MethodHealth::Warned { about: view.warnings.iter().map(sentence).collect() }
}

/// Where mail goes to next: the first setting of the manifest, which names the server.
fn through(view: &MethodView) -> Option<String> {
    let specs = &view.manifest.as_ref()?.settings;
    let named = specs.iter().find(|spec| matches!(spec.kind, SettingKind::Text | SettingKind::Url));
    named.and_then(|spec| view.method.settings.get(&spec.key).or(spec.default.as_ref())).cloned()
}

pub(super) fn row(ctx: &Ctx, view: &MethodView) -> pages::MethodRow {
    pages::MethodRow {
        id: view.method.id.to_string(),
        plugin: view.label.clone(),
        from: view.method.from.to_string(),
        through: through(view),
        health: health(ctx, view),
        locked: view.locked.is_some(),
    }
}

/// `GET /admin/mail`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let all = mail::list(ctx.service());
    let counts = outbox::counts(ctx.service(), &by).await?;
    let page = pages::MailPage {
        rows: all.iter().map(|view| row(&ctx, view)).collect(),
        counts: pages::OutboxCounts {
            queued: counts.queued,
            deferred: counts.deferred,
            failed: counts.failed,
        },
    };
    frame::page(&ctx, &page)
}

/// `GET /admin/mail/new`
pub async fn choose(ctx: Ctx, _by: Admin) -> Reply {
    let all = mail::plugins(ctx.service()).into_iter();
    let plugins = all.map(|manifest| parts::PluginOption {
        id: manifest.id.to_string(),
        name: manifest.name,
        summary: manifest.summary,
    });
    frame::page(&ctx, &pages::MailPluginsPage { plugins: plugins.collect() })
}

fn manifest_of_page(ctx: &Ctx) -> Result<Manifest, Failure> {
    let plugin = PluginId::parse(ctx.part("plugin")).ok();
    let found = plugin.and_then(|plugin| manifest(ctx, &plugin));
    found.ok_or_else(|| Failure::of(Code::NotFound))
}

/// The form for a manifest.
fn form(ctx: &Ctx, manifest: &Manifest, typed: &Typed<'_>) -> pages::MailFormPage {
    let value = |name: &str| (typed.value)(name).unwrap_or_default();
    let one = |spec: &SettingSpec| field(ctx, "setting", spec, typed);
    let mut fields: Vec<parts::SettingField> = manifest.settings.iter().map(one).collect();
    let secrets = manifest.secrets.iter().map(|secret| one(&secret.spec));
    // A password stands below its name; what a manifest lists behind the name is seldom needed.
    let named = |field: &parts::SettingField| field.name == "setting.username";
    let place = fields.iter().position(named).map_or(fields.len(), |place| place + 1);
    let more = fields.split_off(place);
    fields.extend(secrets);
    let is_set = |field: &parts::SettingField| !["", "false"].contains(&field.value.as_str());
    let more_open = more.iter().any(is_set) || !value("reply_to").is_empty();
    pages::MailFormPage {
        plugin: manifest.id.to_string(),
        plugin_name: manifest.name.clone(),
        fresh: true,
        id: value("id"),
        from: value("from"),
        reply_to: value("reply_to"),
        fields,
        more,
        more_open,
        locked_by: None,
        problems: Vec::new(),
    }
}

/// The form under the API's names. An empty secret is not sent.
fn sent(form: &Pairs, manifest: &Manifest) -> Input {
    let secrets = manifest.secrets.iter().map(|secret| &secret.spec.key);
    Input::default()
        .with("from", form.get("from"))
        .with("replyTo", form.get("reply_to"))
        .put("plugin", manifest.id.as_str())
        .put("settings", settings_sent(form, "setting", &manifest.settings))
        .put("secrets", filled(form, "setting", secrets))
}

/// The form's name for a field that the service names.
fn form_field(manifest: &Manifest, field: &str) -> String {
    let prefixes = ["settings.", "setting.", "secrets."];
    let key = prefixes.iter().find_map(|prefix| field.strip_prefix(prefix)).unwrap_or(field);
    let mut described =
        manifest.settings.iter().chain(manifest.secrets.iter().map(|secret| &secret.spec));
    match field {
        "replyTo" => "reply_to".to_owned(),
        _ if described.any(|spec| spec.key == key) => format!("setting.{key}"),
        _ => field.to_owned(),
    }
}

/// A short word for the plugin that no other method has.
fn free_id(ctx: &Ctx, manifest: &Manifest) -> Option<String> {
    let name = manifest.id.as_str();
    let word = name.strip_prefix("mail-").unwrap_or(name);
    let taken = mail::list(ctx.service());
    Some(word.to_owned()).filter(|word| !taken.iter().any(|view| view.method.id.as_str() == word))
}

/// `GET /admin/mail/new/{plugin}`
pub async fn new(ctx: Ctx, _by: Admin) -> Reply {
    let manifest = manifest_of_page(&ctx)?;
    let id = free_id(&ctx, &manifest);
    let value = |name: &str| if name == "id" { id.clone() } else { None };
    frame::page(&ctx, &form(&ctx, &manifest, &Typed { value: &value, kept: &[] }))
}

/// The form with what was wrong; the fold is open where that is in it.
fn wrong(page: pages::MailFormPage, problems: Vec<Problem>) -> pages::MailFormPage {
    let folded = |problem: &Problem| {
        ["id", "reply_to"].contains(&problem.field.as_str())
            || page.more.iter().any(|field| field.name == problem.field)
    };
    let more_open = page.more_open || problems.iter().any(folded);
    pages::MailFormPage { problems, more_open, ..page }
}

fn here(id: &MailId) -> String {
    format!("/admin/mail/{id}")
}

/// `POST /admin/mail/new/{plugin}`
pub async fn add(ctx: Ctx, by: Admin) -> Reply {
    let manifest = manifest_of_page(&ctx)?;
    let typed = ctx.form()?;
    let input = sent(&typed, &manifest).with("id", typed.get("id"));
    let added = match draft(&ctx, input) {
        Ok(draft) => mail::add(ctx.service(), &by, draft).await.map_err(refusal),
        Err(failure) => Err(failure),
    };
    match added {
        Ok(view) => Ok(saved(&ctx, &view.method.id)),
        Err(failure) => {
            let failure = failure.renamed(|field| form_field(&manifest, field));
            let value = |name: &str| typed.get(name).map(str::to_owned);
            let page = form(&ctx, &manifest, &Typed { value: &value, kept: &[] });
            words::again(&ctx, failure, |problems| wrong(page, problems))
        }
    }
}

fn saved(ctx: &Ctx, id: &MailId) -> crate::kit::Answer {
    frame::done(ctx, &here(id), "mail-saved", &[("name", id.as_str())])
}

/// What is set, under the labels of the form; no secrets.
fn facts(ctx: &Ctx, view: &MethodView) -> Vec<(String, String)> {
    let Some(manifest) = &view.manifest else { return Vec::new() };
    let shown = |spec: &SettingSpec| {
        let value = view.method.settings.get(&spec.key).or(spec.default.as_ref())?;
        let words = match spec.kind {
            SettingKind::Flag if value == "true" => ctx.text("yes", &[]),
            SettingKind::Flag => ctx.text("no", &[]),
            SettingKind::Choice => option_name(ctx, value),
            _ => value.clone(),
        };
        Some((spec.label.clone(), words)).filter(|(_label, words)| !words.is_empty())
    };
    let settings = manifest.settings.iter().filter_map(shown);
    let kept = manifest.secrets.iter().filter(|secret| view.secrets.contains(&secret.spec.key));
    let secrets = kept.map(|secret| (secret.spec.label.clone(), ctx.text("secret-kept", &[])));
    settings.chain(secrets).collect()
}

fn page(ctx: &Ctx, view: &MethodView) -> pages::MethodPage {
    let own = ctx.viewer.as_ref().and_then(|current| current.user.email.clone());
    pages::MethodPage {
        row: row(ctx, view),
        plugin: view.method.plugin.to_string(),
        reply_to: view.method.reply_to.as_ref().map(ToString::to_string),
        facts: facts(ctx, view),
        locked_by: view.locked.as_ref().map(|source| wording::source_text(ctx, source)),
        to: own.map(|email| email.address.into()).unwrap_or_default(),
        rehearsal: None,
        problems: Vec::new(),
    }
}

/// `GET /admin/mail/{id}`
pub async fn detail(ctx: Ctx, _by: Admin) -> Reply {
    let view = mail::get(ctx.service(), &id(&ctx)?)?;
    frame::page(&ctx, &page(&ctx, &view))
}

pub(super) fn stage(ctx: &Ctx, step: Step) -> pages::RehearsalStage {
    pages::RehearsalStage {
        stage: parts::ProbeStage {
            name: stage_name(ctx, step.name),
            outcome: match step.outcome {
                StageOutcome::Passed => parts::StageOutcome::Passed,
                StageOutcome::Warned => parts::StageOutcome::Warned,
                StageOutcome::Failed => parts::StageOutcome::Failed,
                StageOutcome::Skipped => parts::StageOutcome::Skipped,
            },
            // That it was not tried is said by the outcome.
            detail: if step.outcome == StageOutcome::Skipped { String::new() } else { step.detail },
            took_ms: step.took_ms,
        },
        dialogue: step.dialogue,
    }
}

fn rehearsal(ctx: &Ctx, heard: Rehearsal, to: Option<String>) -> pages::RehearsalView {
    pages::RehearsalView {
        stages: heard.steps.into_iter().map(|step| stage(ctx, step)).collect(),
        passed: heard.passed,
        sent_to: to.filter(|_| heard.passed),
    }
}

/// `POST /admin/mail/{id}/test` with `to`: tried right away, and shown on the method's page.
pub async fn test(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let typed = ctx.form()?;
    let mut sent = Input::default().with("to", typed.get("to"));
    let to = sent.parsed("to", input::email);
    let as_typed = typed.get("to").unwrap_or_default().to_owned();
    let heard = match sent.finish(Some(to.clone())) {
        Ok(to) => mail::test(ctx.service(), &by, &id, to).await?,
        Err(failure) => {
            let page = page(&ctx, &mail::get(ctx.service(), &id)?);
            let page = pages::MethodPage { to: as_typed, ..page };
            return words::again(&ctx, failure, |problems| pages::MethodPage { problems, ..page });
        }
    };
    let rehearsal = rehearsal(&ctx, heard, to.map(|to| to.to_string()));
    let page = page(&ctx, &mail::get(ctx.service(), &id)?);
    frame::page(&ctx, &pages::MethodPage { to: as_typed, rehearsal: Some(rehearsal), ..page })
}

fn edit_form(
    ctx: &Ctx,
    view: &MethodView,
    typed: Option<&Pairs>,
) -> Result<pages::MailFormPage, Failure> {
    let manifest = view.manifest.as_ref().ok_or_else(|| Failure::of(Code::NotFound))?;
    let method = &view.method;
    let value = |name: &str| match typed {
        Some(form) => form.get(name).map(str::to_owned),
        None => match name {
            "from" => Some(method.from.to_string()),
            "reply_to" => method.reply_to.as_ref().map(ToString::to_string),
            _ => name.strip_prefix("setting.").and_then(|key| method.settings.get(key)).cloned(),
        },
    };
    let page = form(ctx, manifest, &Typed { value: &value, kept: &view.secrets });
    Ok(pages::MailFormPage {
        fresh: false,
        id: method.id.to_string(),
        locked_by: view.locked.as_ref().map(|source| wording::source_text(ctx, source)),
        ..page
    })
}

/// `GET /admin/mail/{id}/edit`
pub async fn edit(ctx: Ctx, _by: Admin) -> Reply {
    let view = mail::get(ctx.service(), &id(&ctx)?)?;
    frame::page(&ctx, &edit_form(&ctx, &view, None)?)
}

/// `POST /admin/mail/{id}/edit`
pub async fn save(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let view = mail::get(ctx.service(), &id)?;
    let manifest = view.manifest.clone().ok_or_else(|| Failure::of(Code::NotFound))?;
    let typed = ctx.form()?;
    let kept = match changes(sent(&typed, &manifest), Some(&manifest)) {
        Ok(patch) => mail::patch(ctx.service(), &by, &id, patch).await.map_err(refusal),
        Err(failure) => Err(failure),
    };
    match kept {
        Ok(_view) => Ok(saved(&ctx, &id)),
        Err(failure) => {
            let failure = failure.renamed(|field| form_field(&manifest, field));
            let page = edit_form(&ctx, &view, Some(&typed))?;
            words::again(&ctx, failure, |problems| wrong(page, problems))
        }
    }
}

/// `GET /admin/mail/{id}/delete`
pub async fn confirm_removal(ctx: Ctx, _by: Admin) -> Reply {
    let view = mail::get(ctx.service(), &id(&ctx)?)?;
    let text = |key| ctx.text(key, &[]);
    let line = |tone, key| Consequence { tone, place: None, text: text(key) };
    let here = here(&view.method.id);
    let name = [("name", Arg::Text(view.method.id.as_str()))];
    let page = ConfirmPage {
        title: ctx.text("mail-delete-question", &name),
        lines: vec![
            line(Tone::Warn, "mail-delete-waits"),
            line(Tone::Info, "mail-delete-password"),
        ],
        options: Vec::new(),
        action: format!("{here}/delete"),
        confirm: text("mail-delete"),
        cancel: here,
        destructive: true,
    };
    frame::page(&ctx, &page)
}

/// `POST /admin/mail/{id}/delete`
pub async fn remove(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    mail::remove(ctx.service(), &by, &id).await?;
    Ok(frame::done(&ctx, "/admin/mail", "mail-deleted", &[("name", id.as_str())]))
}
