//! Ways to send mail, for admins. Secrets go in and never come out.

use super::backends::{Sorted, sorted};
use super::lists;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::input::{self, Input};
use crate::kit::Answer;
use domain::backends::SetBy;
use domain::fault::{Fault, FaultKind};
use domain::ids::{MailId, NotAnId, PluginId};
use domain::mail::Mailbox;
use domain::messages::Step;
use domain::names::EmailAddress;
use domain::plugins::{Manifest, StageOutcome};
use domain::role::Admin;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use service::mail::{self, MethodDraft, MethodPatch, MethodView, Rehearsal};
use service::{FieldProblem, ServiceError};
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    id: MailId,
    label: String,
    plugin: PluginId,
    from: Mailbox,
    reply_to: Option<EmailAddress>,
    settings: BTreeMap<String, String>,
    secrets: Vec<String>,
    set_by: SetBy,
    created_at: Timestamp,
    refused: Option<FaultView>,
    last: Option<LastView>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FaultView {
    kind: FaultKind,
    code: String,
    detail: String,
}

#[derive(Debug, Serialize)]
struct LastView {
    at: Timestamp,
    fault: Option<FaultView>,
}

impl From<Fault> for FaultView {
    fn from(fault: Fault) -> Self {
        Self { kind: fault.kind, code: fault.code, detail: fault.detail }
    }
}

impl From<MethodView> for View {
    fn from(view: MethodView) -> Self {
        let method = view.method;
        Self {
            id: method.id,
            label: view.label,
            plugin: method.plugin,
            from: method.from,
            reply_to: method.reply_to,
            settings: method.settings,
            secrets: view.secrets,
            set_by: method.set_by,
            created_at: method.created_at,
            refused: view.refused.map(FaultView::from),
            last: view
                .last
                .map(|last| LastView { at: last.at, fault: last.fault.map(FaultView::from) }),
            warnings: view.warnings,
        }
    }
}

/// The method that the path names.
///
/// # Errors
/// 404 for what can be no id.
pub fn id(ctx: &Ctx) -> Result<MailId, Failure> {
    MailId::parse(ctx.part("id")).map_err(|_ignored| Failure::of(Code::NotFound))
}

/// The manifest of a plugin that sends.
#[must_use]
pub fn manifest(ctx: &Ctx, plugin: &PluginId) -> Option<Manifest> {
    mail::plugins(ctx.service()).into_iter().find(|manifest| manifest.id == *plugin)
}

/// What an admin typed and the plugin did not take is the admin's to correct, at its field.
#[must_use]
pub fn refusal(error: ServiceError) -> Failure {
    match error {
        ServiceError::Backend(fault)
            if matches!(
                fault.kind,
                FaultKind::InvalidInput | FaultKind::Misconfigured | FaultKind::Unsupported
            ) =>
        {
            let field = fault.field.clone().unwrap_or_default();
            let refused = FieldProblem::new(field, "refused").with("detail", fault.detail);
            Failure::invalid(vec![refused])
        }
        ServiceError::NotFound { what: "plugin" } => Failure::field("plugin", "unknown-plugin"),
        ServiceError::Taken { .. } => Failure::field("id", "id-taken"),
        other => other.into(),
    }
}

fn mail_id(text: &str) -> Result<MailId, input::Why> {
    MailId::parse(text.trim()).map_err(|_ignored: NotAnId| "id".into())
}

/// A sender as the service reads it, looked at together with the other fields.
fn sender(text: &str) -> Result<String, input::Why> {
    let mailbox = Mailbox::parse(text).map_err(|_not| "not-a-sender")?;
    Ok(mailbox.to_string())
}

/// A new method from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn draft(ctx: &Ctx, mut sent: Input) -> Result<MethodDraft, Failure> {
    let id = sent.required_as("id", mail_id);
    if id.as_ref().is_some_and(MailId::is_reserved) {
        sent.wrong("id", "taken");
    }
    let from = sent.required_as("from", sender);
    let reply_to = sent.parsed("replyTo", input::email);
    let plugin = sent.required_as("plugin", input::plugin_id);
    let manifest = plugin.as_ref().and_then(|plugin| manifest(ctx, plugin));
    if plugin.is_some() && manifest.is_none() {
        sent.wrong("plugin", "unknown-plugin");
    }
    let Sorted { settings, secrets, .. } =
        manifest.map(|manifest| sorted(&mut sent, &manifest)).unwrap_or_default();
    let whole = id.zip(plugin).zip(from);
    sent.finish(whole.map(|((id, plugin), from)| MethodDraft {
        id,
        plugin,
        from,
        reply_to: reply_to.map(|address| address.to_string()),
        settings,
        secrets,
    }))
}

/// A change from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn changes(mut sent: Input, manifest: Option<&Manifest>) -> Result<MethodPatch, Failure> {
    let from = if sent.has("from") { sent.required_as("from", sender) } else { None };
    let reply_to = sent.change("replyTo", input::email);
    let has_settings = sent.has("settings");
    let Sorted { settings, secrets, .. } =
        manifest.map(|manifest| sorted(&mut sent, manifest)).unwrap_or_default();
    let settings = (has_settings && manifest.is_some()).then_some(settings);
    let reply_to =
        reply_to.map(|address| address.map(|address| address.to_string()).unwrap_or_default());
    sent.finish(Some(MethodPatch { from, reply_to, settings, secrets }))
}

/// `GET /api/mail/methods`
pub async fn list(ctx: Ctx, _by: Admin) -> Reply {
    Ok(lists::whole(mail::list(ctx.service()).into_iter().map(View::from).collect()))
}

/// `POST /api/mail/methods`
pub async fn add(ctx: Ctx, by: Admin) -> Reply {
    let draft = draft(&ctx, ctx.json()?)?;
    let added = mail::add(ctx.service(), &by, draft).await.map_err(refusal)?;
    Ok(Answer::json(&View::from(added)).status(StatusCode::CREATED))
}

/// `GET /api/mail/methods/{id}`
pub async fn get(ctx: Ctx, _by: Admin) -> Reply {
    Ok(Answer::json(&View::from(mail::get(ctx.service(), &id(&ctx)?)?)))
}

/// `PATCH /api/mail/methods/{id}`
pub async fn patch(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let view = mail::get(ctx.service(), &id)?;
    let patch = changes(ctx.json()?, view.manifest.as_ref())?;
    let changed = mail::patch(ctx.service(), &by, &id, patch).await.map_err(refusal)?;
    Ok(Answer::json(&View::from(changed)))
}

/// `DELETE /api/mail/methods/{id}`
pub async fn remove(ctx: Ctx, by: Admin) -> Reply {
    mail::remove(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(Answer::no_content())
}

#[derive(Debug, Serialize)]
struct RehearsalView {
    passed: bool,
    stages: Vec<StageView>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StageView {
    name: String,
    outcome: StageOutcome,
    detail: String,
    took_ms: u64,
    dialogue: Vec<String>,
}

impl From<Step> for StageView {
    fn from(step: Step) -> Self {
        Self {
            name: step.name,
            outcome: step.outcome,
            detail: step.detail,
            took_ms: step.took_ms,
            dialogue: step.dialogue,
        }
    }
}

impl From<Rehearsal> for RehearsalView {
    fn from(rehearsal: Rehearsal) -> Self {
        let stages = rehearsal.steps.into_iter().map(StageView::from).collect();
        Self { passed: rehearsal.passed, stages }
    }
}

/// `POST /api/mail/methods/{id}/test` with `to`; without, no message is sent. 200 also where it failed,
/// since the test was made.
pub async fn test(ctx: Ctx, by: Admin) -> Reply {
    let mut sent = if ctx.body.is_empty() { Input::default() } else { ctx.json()? };
    let to = sent.parsed("to", input::email);
    let to = sent.finish(Some(to))?;
    let rehearsal = mail::test(ctx.service(), &by, &id(&ctx)?, to).await?;
    Ok(Answer::json(&RehearsalView::from(rehearsal)))
}
