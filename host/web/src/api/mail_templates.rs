//! The texts of mails, for admins.

use super::lists;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::input::Input;
use crate::kit::Answer;
use domain::role::Admin;
use serde::Serialize;
use service::templates::{self, Origin, TemplateView};
use std::collections::BTreeMap;
use views::mail::{Part, Source};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    name: &'static str,
    origin: &'static str,
    files: Vec<String>,
    subject: String,
    text: String,
    mjml: String,
    broken: Option<Broken>,
    variables: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Broken {
    part: Part,
    line: usize,
    column: usize,
    code: String,
    detail: String,
    built_in_instead: bool,
}

/// `built-in`, `page` or `file`.
#[must_use]
pub const fn origin(origin: &Origin) -> &'static str {
    match origin {
        Origin::BuiltIn => "built-in",
        Origin::Page { .. } => "page",
        Origin::Files { .. } => "file",
    }
}

impl From<TemplateView> for View {
    fn from(view: TemplateView) -> Self {
        let broken = view.broken.map(|broken| Broken {
            part: broken.problem.part,
            line: broken.problem.line,
            column: broken.problem.column,
            code: broken.problem.code.to_string(),
            detail: broken.words,
            built_in_instead: broken.built_in_instead,
        });
        Self {
            name: view.kind.as_str(),
            origin: origin(&view.origin),
            files: match view.origin {
                Origin::Files { names } => names,
                Origin::BuiltIn | Origin::Page { .. } => Vec::new(),
            },
            subject: view.source.subject.unwrap_or_default(),
            text: view.source.text.unwrap_or_default(),
            mjml: view.source.mjml.unwrap_or_default(),
            broken,
            variables: view.variables.into_iter().collect(),
        }
    }
}

/// What was written, from a form or from JSON; a part that is missing is the built-in one.
///
/// # Errors
/// 422 with each field.
pub fn draft(mut sent: Input) -> Result<Source, Failure> {
    let (subject, text) = (sent.text("subject"), sent.text("text"));
    let mjml = sent.text("mjml");
    sent.finish(Some(Source { subject, text, mjml }))
}

/// `GET /api/mail/templates`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let listing = templates::list(ctx.service(), &by);
    Ok(lists::whole(listing.templates.into_iter().map(View::from).collect()))
}

/// `GET /api/mail/templates/{name}`
pub async fn get(ctx: Ctx, by: Admin) -> Reply {
    let view = templates::get(ctx.service(), &by, ctx.part("name"))?;
    Ok(Answer::json(&View::from(view)))
}

/// `PUT /api/mail/templates/{name}`
pub async fn put(ctx: Ctx, by: Admin) -> Reply {
    let draft = draft(ctx.json()?)?;
    let view = templates::put(ctx.service(), &by, ctx.part("name"), draft).await?;
    Ok(Answer::json(&View::from(view)))
}

/// `DELETE /api/mail/templates/{name}`: back to the built-in one.
pub async fn delete(ctx: Ctx, by: Admin) -> Reply {
    templates::delete(ctx.service(), &by, ctx.part("name")).await?;
    Ok(Answer::no_content())
}

#[derive(Debug, Serialize)]
struct Preview {
    subject: String,
    text: String,
    html: String,
}

/// `POST /api/mail/templates/{name}/preview`: what was sent, or with nothing what holds, with an example;
/// `sample` names another one.
pub async fn preview(ctx: Ctx, by: Admin) -> Reply {
    let mut sent = if ctx.body.is_empty() { Input::default() } else { ctx.json()? };
    let sample = sent.text("sample");
    let drafted = ["subject", "text", "mjml"].iter().any(|part| sent.has(part));
    let draft = draft(sent)?;
    let draft = drafted.then_some(draft);
    let name = ctx.part("name");
    let made = templates::preview(ctx.service(), &by, name, draft, sample.as_deref()).await?;
    let preview = Preview { subject: made.subject, text: made.text, html: made.html };
    Ok(Answer::json(&preview))
}
