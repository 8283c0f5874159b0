//! Backends: listed, added, probed, changed.

use super::described::{Typed, field, filled, settings_sent};
use super::words;
use crate::access::Reply;
use crate::api::backends::{changes, draft, id, manifest, refusal};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::frame;
use crate::input::Input;
use crate::kit::query::Pairs;
use crate::wording;
use core::time::Duration;
use domain::accounts::Library;
use domain::ids::{BackendId, PluginId};
use domain::plugins::{ConnectSpec, Manifest, PluginRole, Probe, SettingSpec, StageOutcome};
use domain::role::Admin;
use serde_json::Map;
use service::backends::{self, BackendView, HealthState};
use service::users::{self, Query};
use std::collections::BTreeMap;
use views::backends as pages;
use views::notices::{ConfirmPage, Consequence};
use views::{Arg, Problem, Tone};

/// How many of our users have an account on each backend.
async fn accounts(ctx: &Ctx, by: &Admin) -> Result<BTreeMap<BackendId, u64>, Failure> {
    let mut counted = BTreeMap::new();
    let mut query = Query { limit: Some(service::paging::LONGEST), ..Query::default() };
    loop {
        let page = users::list(ctx.service(), by, &query).await?;
        for account in page.items.into_iter().flat_map(|user| user.accounts) {
            *counted.entry(account.backend).or_default() += 1;
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(counted),
        }
    }
}

fn plugin_name(view: &BackendView) -> String {
    let named = view.manifest.as_ref().map(|manifest| manifest.name.clone());
    named.unwrap_or_else(|| view.backend.plugin.to_string())
}

/// `GET /admin/backends`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let counted = accounts(&ctx, &by).await?;
    let rows = words::backends(&ctx).into_iter().map(|view| pages::BackendRow {
        health: words::health(&ctx, &view),
        plugin: plugin_name(&view),
        product: words::product(&view),
        accounts: counted.get(&view.backend.id).copied().unwrap_or_default(),
        locked: view.locked.is_some(),
    });
    frame::page(&ctx, &pages::BackendsPage { rows: rows.collect() })
}

/// `GET /admin/backends/new`
pub async fn choose(ctx: Ctx, by: Admin) -> Reply {
    let all = service::plugins::list(ctx.service(), &by).into_iter();
    let known =
        all.filter(|status| status.refused.is_none()).filter_map(|status| status.inspection);
    let keeping = known.filter(|inspection| inspection.roles.contains(&PluginRole::Accounts));
    let plugins = keeping.map(|inspection| pages::PluginOption {
        id: inspection.manifest.id.to_string(),
        name: inspection.manifest.name,
        summary: inspection.manifest.summary,
    });
    frame::page(&ctx, &pages::BackendPluginsPage { plugins: plugins.collect() })
}

/// The form for a manifest. Passwords that `connect` asks for are secrets by their kind.
fn form(ctx: &Ctx, manifest: &Manifest, typed: &Typed<'_>) -> pages::BackendFormPage {
    let value = |name: &str| (typed.value)(name).unwrap_or_default();
    let fields = |prefix, specs: &[SettingSpec]| {
        specs.iter().map(|spec| field(ctx, prefix, spec, typed)).collect()
    };
    let connect = typed_connect(manifest).map(|connect| pages::Connect {
        fields: fields("connect", &connect.fields),
        chosen: value("way") != "key" && typed.kept.is_empty(),
    });
    pages::BackendFormPage {
        plugin: manifest.id.to_string(),
        plugin_name: manifest.name.clone(),
        mode: pages::BackendFormMode::New,
        id: value("id"),
        label: value("label"),
        public_url: value("public_url"),
        fields: fields("setting", &manifest.settings),
        secrets: manifest
            .secrets
            .iter()
            .map(|secret| field(ctx, "setting", &secret.spec, typed))
            .collect(),
        connect,
        locked_by: None,
        problems: Vec::new(),
    }
}

/// What a form can ask for: where an administrator only signs in at the backend, nothing is typed.
fn typed_connect(manifest: &Manifest) -> Option<&ConnectSpec> {
    manifest.connect.as_ref().filter(|connect| !connect.fields.is_empty())
}

/// The form under the API's names. An empty secret is not sent; of the two ways in only the chosen one.
fn sent(form: &Pairs, manifest: &Manifest) -> Input {
    let by_connect = typed_connect(manifest).is_some() && form.get("way") == Some("connect");
    let secrets = manifest.secrets.iter().map(|secret| &secret.spec.key);
    let asked = manifest.connect.iter().flat_map(|connect| &connect.fields).map(|field| &field.key);
    let (secrets, connect) = if by_connect {
        (Map::new(), filled(form, "connect", asked))
    } else {
        (filled(form, "setting", secrets), Map::new())
    };
    Input::default()
        .with("label", form.get("label"))
        .with("publicUrl", form.get("public_url"))
        .put("plugin", manifest.id.as_str())
        .put("settings", settings_sent(form, "setting", &manifest.settings))
        .put("secrets", secrets)
        .put("connect", connect)
}

/// The form's name for a field that the service names.
fn form_field(manifest: &Manifest, field: &str) -> String {
    let key = ["settings.", "setting.", "secrets.", "connect."]
        .iter()
        .find_map(|prefix| field.strip_prefix(prefix))
        .unwrap_or(field);
    let asked =
        manifest.connect.iter().flat_map(|connect| &connect.fields).any(|field| field.key == key);
    let mut described =
        manifest.settings.iter().chain(manifest.secrets.iter().map(|secret| &secret.spec));
    match field {
        "publicUrl" => "public_url".to_owned(),
        _ if described.any(|spec| spec.key == key) => format!("setting.{key}"),
        _ if asked => format!("connect.{key}"),
        _ => field.to_owned(),
    }
}

fn plugin(ctx: &Ctx) -> Result<PluginId, Failure> {
    PluginId::parse(ctx.part("plugin")).map_err(|_ignored| Failure::of(Code::NotFound))
}

fn manifest_of_page(ctx: &Ctx, by: &Admin) -> Result<Manifest, Failure> {
    manifest(ctx, by, &plugin(ctx)?).map_err(|_ignored| Failure::of(Code::NotFound))
}

/// `GET /admin/backends/new/{plugin}`
pub async fn new(ctx: Ctx, by: Admin) -> Reply {
    let manifest = manifest_of_page(&ctx, &by)?;
    let taken = words::backends(&ctx);
    let free = |wish: &String| !taken.iter().any(|view| view.backend.id.as_str() == wish);
    let id = Some(manifest.id.to_string()).filter(free);
    let value = |name: &str| if name == "id" { id.clone() } else { None };
    frame::page(&ctx, &form(&ctx, &manifest, &Typed { value: &value, kept: &[] }))
}

/// `POST /admin/backends/new/{plugin}`: saved, then probed on the page that follows.
pub async fn add(ctx: Ctx, by: Admin) -> Reply {
    let manifest = manifest_of_page(&ctx, &by)?;
    let typed = ctx.form()?;
    let input = sent(&typed, &manifest).with("id", typed.get("id"));
    let added = match draft(&ctx, &by, input) {
        Ok(draft) => backends::add(ctx.service(), &by, draft).await.map_err(refusal),
        Err(failure) => Err(failure),
    };
    match added {
        Ok(view) => Ok(frame::done(&ctx, &probe_path(&view.backend.id), "backend-saved", &[])),
        Err(failure) => {
            let failure = failure.renamed(|field| form_field(&manifest, field));
            let value = |name: &str| typed.get(name).map(str::to_owned);
            let page = form(&ctx, &manifest, &Typed { value: &value, kept: &[] });
            words::again(&ctx, failure, |problems| pages::BackendFormPage { problems, ..page })
        }
    }
}

fn probe_path(id: &BackendId) -> String {
    format!("/admin/backends/{id}?probe=now")
}

/// `GET /admin/backends/{id}`; with `?probe=now` it is asked on the way.
pub async fn detail(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let probe = match ctx.head.query.get("probe") {
        Some(_) => Some(backends::test(ctx.service(), &by, &id).await?),
        None => None,
    };
    let view = backends::get(ctx.service(), &id)?;
    let counted = accounts(&ctx, &by).await?;
    let libraries = libraries(&ctx, &by, &view).await;
    let mut health = words::health(&ctx, &view);
    if probe.is_some() {
        // The probe below says it, stage by stage.
        health.detail = None;
    }
    let page = pages::BackendPage {
        health,
        plugin: view.backend.plugin.to_string(),
        plugin_name: plugin_name(&view),
        product: words::product(&view),
        public_url: view.backend.public_url.as_ref().map(url::Url::to_string),
        accounts: counted.get(&id).copied().unwrap_or_default(),
        libraries: libraries.into_iter().map(|library| library.name).collect(),
        locked_by: view.locked.as_ref().map(|source| wording::source_text(&ctx, source)),
        probe: probe.map(|probe| probe_view(&ctx, probe)),
        can_capture: view.offer.as_ref().is_some_and(|offer| offer.abilities.profiles),
        can_adopt: has_role(&view, PluginRole::Accounts),
        has_resets: has_role(&view, PluginRole::Reset),
        owner: owner(&view),
    };
    frame::page(&ctx, &page)
}

fn has_role(view: &BackendView, role: PluginRole) -> bool {
    view.manifest.as_ref().is_some_and(|manifest| manifest.roles.contains(&role))
}

/// Where an administrator signs in at the backend instead of typing: whether that has made its secrets.
fn owner(view: &BackendView) -> Option<bool> {
    let connect = view.manifest.as_ref()?.connect.as_ref().filter(|connect| connect.sign_in)?;
    Some(connect.mints.iter().all(|minted| view.secrets.contains(minted)))
}

/// Its libraries; none where it does not say at once.
pub(super) async fn libraries(ctx: &Ctx, by: &Admin, view: &BackendView) -> Vec<Library> {
    let lists = view.offer.as_ref().is_some_and(|offer| offer.abilities.libraries);
    if !lists || view.health.state == HealthState::Down {
        return Vec::new();
    }
    let asked = backends::libraries(ctx.service(), by, &view.backend.id);
    let heard = tokio::time::timeout(Duration::from_secs(2), asked).await;
    heard.ok().and_then(Result::ok).unwrap_or_default()
}

/// A stage in our words where we have some; plugins may have stages of their own.
pub(super) fn stage_name(ctx: &Ctx, name: String) -> String {
    let key = format!("stage-name-{name}");
    if ctx.views().catalogue().has(&key) { ctx.text(&key, &[]) } else { name }
}

fn probe_view(ctx: &Ctx, probe: Probe) -> pages::ProbeView {
    let stage = |stage: domain::plugins::Stage| pages::ProbeStage {
        name: stage_name(ctx, stage.name),
        outcome: match stage.outcome {
            StageOutcome::Passed => pages::StageOutcome::Passed,
            StageOutcome::Warned => pages::StageOutcome::Warned,
            StageOutcome::Failed => pages::StageOutcome::Failed,
            StageOutcome::Skipped => pages::StageOutcome::Skipped,
        },
        // That it was not tried is said by the outcome.
        detail: if stage.outcome == StageOutcome::Skipped && stage.detail == "not tried" {
            String::new()
        } else {
            stage.detail
        },
        took_ms: stage.took_ms,
    };
    let stages = probe.stages.into_iter().map(stage).collect();
    let (passed, notices) = match probe.outcome {
        Ok(report) => {
            let notice = |(severity, _code, text): (String, String, String)| pages::ProbeNotice {
                tone: if severity == "info" { Tone::Info } else { Tone::Warn },
                text,
            };
            (true, report.notices.into_iter().map(notice).collect())
        }
        Err(fault) => (
            false,
            vec![pages::ProbeNotice { tone: Tone::Bad, text: wording::fault_text(ctx, &fault) }],
        ),
    };
    pages::ProbeView { stages, notices, passed }
}

/// `POST /admin/backends/{id}/test`
pub async fn test(ctx: Ctx, _by: Admin) -> Reply {
    Ok(ctx.go(&probe_path(&id(&ctx)?)))
}

fn edit_form(
    ctx: &Ctx,
    view: &BackendView,
    typed: Option<&Pairs>,
) -> Result<pages::BackendFormPage, Failure> {
    let manifest = view.manifest.as_ref().ok_or_else(|| Failure::of(Code::NotFound))?;
    let backend = &view.backend;
    let value = |name: &str| match typed {
        Some(form) => form.get(name).map(str::to_owned),
        None => match name {
            "label" => Some(backend.label.clone()),
            "public_url" => backend.public_url.as_ref().map(url::Url::to_string),
            _ => name.strip_prefix("setting.").and_then(|key| backend.settings.get(key)).cloned(),
        },
    };
    let page = form(ctx, manifest, &Typed { value: &value, kept: &view.secrets });
    Ok(pages::BackendFormPage {
        mode: pages::BackendFormMode::Edit,
        id: backend.id.to_string(),
        locked_by: view.locked.as_ref().map(|source| wording::source_text(ctx, source)),
        ..page
    })
}

/// `GET /admin/backends/{id}/edit`
pub async fn edit(ctx: Ctx, _by: Admin) -> Reply {
    let view = backends::get(ctx.service(), &id(&ctx)?)?;
    frame::page(&ctx, &edit_form(&ctx, &view, None)?)
}

/// `POST /admin/backends/{id}/edit`
pub async fn save(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let view = backends::get(ctx.service(), &id)?;
    let manifest = view.manifest.clone().ok_or_else(|| Failure::of(Code::NotFound))?;
    let typed = ctx.form()?;
    let input = sent(&typed, &manifest).put("label", typed.get("label").unwrap_or_default());
    let saved = match changes(input, Some(&manifest)) {
        Ok(patch) => backends::patch(ctx.service(), &by, &id, patch).await.map_err(refusal),
        Err(failure) => Err(failure),
    };
    match saved {
        Ok(_view) => Ok(frame::done(&ctx, &probe_path(&id), "backend-saved", &[])),
        Err(failure) => {
            let failure = failure.renamed(|field| form_field(&manifest, field));
            let page = edit_form(&ctx, &view, Some(&typed))?;
            words::again(&ctx, failure, |problems: Vec<Problem>| pages::BackendFormPage {
                problems,
                ..page
            })
        }
    }
}

/// `GET /admin/backends/{id}/delete`
pub async fn confirm_removal(ctx: Ctx, _by: Admin) -> Reply {
    let view = backends::get(ctx.service(), &id(&ctx)?)?;
    let text = |key| ctx.text(key, &[]);
    let line = |tone, key| Consequence { tone, place: None, text: text(key) };
    let page = format!("/admin/backends/{}", view.backend.id);
    let page = ConfirmPage {
        title: ctx.text("backend-delete-question", &[("name", Arg::Text(&view.label))]),
        lines: vec![
            line(Tone::Info, "backend-delete-keeps"),
            line(Tone::Warn, "backend-delete-invites"),
        ],
        options: Vec::new(),
        action: format!("{page}/delete"),
        confirm: text("backend-delete"),
        cancel: page,
        destructive: true,
    };
    frame::page(&ctx, &page)
}

/// `POST /admin/backends/{id}/delete`
pub async fn remove(ctx: Ctx, by: Admin) -> Reply {
    backends::remove(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(frame::done(&ctx, "/admin/backends", "backend-deleted", &[]))
}
