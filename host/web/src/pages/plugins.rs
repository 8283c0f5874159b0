//! Plugins: what they are, what they may do, how they are.

use super::words;
use crate::access::Reply;
use crate::api::plugins::id;
use crate::context::Ctx;
use crate::frame;
use domain::plugins::{self, PluginSource};
use domain::role::Admin;
use service::plugins::{LogLine, PluginStatus};
use views::Arg;
use views::plugins::{self as pages, PluginHealth, PluginPage, PluginRow, PluginsPage};

fn row(ctx: &Ctx, status: &PluginStatus) -> PluginRow {
    let manifest = status.inspection.as_ref().map(|inspection| &inspection.manifest);
    let file = match &status.source {
        PluginSource::Bundled => None,
        PluginSource::File(name) => Some(name.clone()),
    };
    let using =
        words::backends(ctx).into_iter().filter(|view| view.backend.plugin.as_str() == status.id);
    let health = match (&status.refused, &status.health) {
        (Some(why), _) => PluginHealth::Refused { why: why.clone() },
        (None, plugins::PluginHealth::Well) => PluginHealth::Well,
        (None, plugins::PluginHealth::Ill { until, last }) => {
            PluginHealth::Ill { until: *until, last: last.clone() }
        }
    };
    let roles = status
        .inspection
        .as_ref()
        .map(|inspection| inspection.roles.as_slice())
        .unwrap_or_default();
    let role = |role: &plugins::PluginRole| {
        let word = serde_json::to_value(role).ok();
        let word = word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
        ctx.text(&format!("role-{word}"), &[])
    };
    PluginRow {
        id: status.id.clone(),
        name: manifest.map_or_else(
            || file.clone().unwrap_or_else(|| status.id.clone()),
            |it| it.name.clone(),
        ),
        version: manifest.map(|manifest| manifest.version.clone()).unwrap_or_default(),
        summary: manifest.map(|manifest| manifest.summary.clone()).unwrap_or_default(),
        roles: roles.iter().map(role).collect(),
        bundled: file.is_none(),
        health,
        used_by: using.map(|view| view.label).collect(),
    }
}

/// `GET /admin/plugins`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let all = service::plugins::list(ctx.service(), &by);
    let rows = all.iter().map(|status| row(&ctx, status)).collect();
    frame::page(&ctx, &PluginsPage { rows, folder: "plugins".to_owned() })
}

/// `GET /admin/plugins/{name}`
pub async fn detail(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let status = service::plugins::get(ctx.service(), &by, &id)?;
    let log = service::plugins::log(ctx.service(), &by, &id)?;
    let row = row(&ctx, &status);
    let known = status.inspection;
    let limits = known.as_ref().map(|inspection| inspection.manifest.limits).map(|limits| {
        let said = |key: &str, n: u32| ctx.text(key, &[("n", Arg::Number(i64::from(n)))]);
        vec![
            said("plugin-limit-memory", limits.memory_mib),
            said("plugin-limit-cpu", limits.cpu_ms),
            said("plugin-limit-time", limits.call_s),
        ]
    });
    let file = match status.source {
        PluginSource::Bundled => None,
        PluginSource::File(name) => Some(name),
    };
    let page = PluginPage {
        row,
        sha256: known.as_ref().map(|it| it.sha256.clone()).unwrap_or_default(),
        file,
        license: known.as_ref().map(|it| it.manifest.license.clone()).unwrap_or_default(),
        can: known.as_ref().map(|it| it.can.clone()).unwrap_or_default(),
        cannot: known.map(|it| it.cannot).unwrap_or_default(),
        limits: limits.unwrap_or_default(),
        log: log.iter().map(line).collect(),
    };
    frame::page(&ctx, &page)
}

fn line(line: &LogLine) -> pages::LogLine {
    let fields: String =
        line.fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    pages::LogLine {
        at: line.at,
        level: line.level.as_str().to_owned(),
        text: format!("{}{fields}", line.message),
    }
}
