//! Plugins, for admins.

use super::lists;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use domain::ids::PluginId;
use domain::plugins::{Limits, PluginHealth, PluginRole, PluginSource};
use domain::role::Admin;
use jiff::Timestamp;
use serde::Serialize;
use service::plugins::{self, LogLine, PluginStatus};
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    id: String,
    name: Option<String>,
    version: Option<String>,
    summary: Option<String>,
    license: Option<String>,
    source: &'static str,
    file: Option<String>,
    sha256: Option<String>,
    size: Option<u64>,
    roles: Vec<PluginRole>,
    imports: Vec<String>,
    can: Vec<String>,
    cannot: Vec<String>,
    limits: Option<Limits>,
    refused: Option<String>,
    health: PluginHealth,
    calls: u64,
    traps: u64,
}

impl From<PluginStatus> for View {
    fn from(status: PluginStatus) -> Self {
        let (source, file) = match status.source {
            PluginSource::Bundled => ("bundled", None),
            PluginSource::File(name) => ("file", Some(name)),
        };
        let known = status.inspection;
        let manifest = known.as_ref().map(|inspection| inspection.manifest.clone());
        let from =
            |part: fn(&domain::plugins::Manifest) -> &String| manifest.as_ref().map(part).cloned();
        Self {
            id: status.id,
            name: from(|manifest| &manifest.name),
            version: from(|manifest| &manifest.version),
            summary: from(|manifest| &manifest.summary),
            license: from(|manifest| &manifest.license),
            limits: manifest.as_ref().map(|manifest| manifest.limits),
            source,
            file,
            sha256: known.as_ref().map(|inspection| inspection.sha256.clone()),
            size: known.as_ref().map(|inspection| inspection.size),
            roles: known.as_ref().map(|inspection| inspection.roles.clone()).unwrap_or_default(),
            imports: known
                .as_ref()
                .map(|inspection| inspection.imports.clone())
                .unwrap_or_default(),
            can: known.as_ref().map(|inspection| inspection.can.clone()).unwrap_or_default(),
            cannot: known.map(|inspection| inspection.cannot).unwrap_or_default(),
            refused: status.refused,
            health: status.health,
            calls: status.calls,
            traps: status.traps,
        }
    }
}

/// `GET /api/plugins`: refused files too, with the reason.
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let all = plugins::list(ctx.service(), &by);
    Ok(lists::whole(all.into_iter().map(View::from).collect()))
}

/// The plugin that the path names.
///
/// # Errors
/// 404 for what can be no id.
pub fn id(ctx: &Ctx) -> Result<PluginId, Failure> {
    PluginId::parse(ctx.part("name")).map_err(|_ignored| Failure::of(Code::NotFound))
}

#[derive(Debug, Serialize)]
struct Line {
    at: Timestamp,
    level: &'static str,
    message: String,
    fields: BTreeMap<String, String>,
}

impl From<LogLine> for Line {
    fn from(line: LogLine) -> Self {
        let LogLine { at, level, message, fields } = line;
        Self { at, level: level.as_str(), message, fields: fields.into_iter().collect() }
    }
}

/// `GET /api/plugins/{name}/log`: the last lines, oldest first.
pub async fn log(ctx: Ctx, by: Admin) -> Reply {
    let lines = plugins::log(ctx.service(), &by, &id(&ctx)?)?;
    Ok(lists::whole(lines.into_iter().map(Line::from).collect()))
}
