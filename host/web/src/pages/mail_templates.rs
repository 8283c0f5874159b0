//! The texts of mails: looked at, changed, given back.

use super::words;
use crate::access::Reply;
use crate::api::mail_templates::draft;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::frame;
use crate::input::Input;
use crate::kit::Answer;
use crate::kit::query::Pairs;
use crate::wording;
use domain::role::Admin;
use service::templates::{self, Broken, Origin, TemplateView};
use views::mails as pages;
use views::notices::{ConfirmPage, Consequence};
use views::{Arg, Tone};

const fn origin(origin: &Origin) -> pages::TemplateOrigin {
    match origin {
        Origin::BuiltIn => pages::TemplateOrigin::BuiltIn,
        Origin::Page { .. } => pages::TemplateOrigin::Page,
        Origin::Files { .. } => pages::TemplateOrigin::File,
    }
}

/// What is wrong with a template as it is kept, and what is sent meanwhile.
fn broken(ctx: &Ctx, broken: &Broken) -> String {
    let meanwhile = if broken.built_in_instead { "built-in" } else { "before" };
    let key = format!("mail-template-broken-now-{meanwhile}");
    ctx.text(&key, &[("why", Arg::Text(&broken.words))])
}

/// `GET /admin/mail/templates`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let listing = templates::list(ctx.service(), &by);
    let row = |view: TemplateView| pages::TemplateRow {
        name: view.kind.as_str().to_owned(),
        subject: view.source.subject.unwrap_or_default(),
        origin: origin(&view.origin),
        broken: view.broken.as_ref().map(|one| broken(&ctx, one)),
    };
    let page = pages::TemplatesPage {
        rows: listing.templates.into_iter().map(row).collect(),
        folder: listing.folder.map(|folder| folder.display().to_string()),
        strays: listing.strays,
    };
    frame::page(&ctx, &page)
}

fn page(ctx: &Ctx, view: TemplateView, typed: Option<&Pairs>) -> pages::TemplatePage {
    let typed = |part: &str, kept: Option<String>| match typed {
        Some(form) => form.get(part).unwrap_or_default().to_owned(),
        None => kept.unwrap_or_default(),
    };
    let variable = |(name, example)| pages::TemplateVariable { name, example };
    pages::TemplatePage {
        name: view.kind.as_str().to_owned(),
        subject: typed("subject", view.source.subject),
        text: typed("text", view.source.text),
        mjml: typed("mjml", view.source.mjml),
        origin: origin(&view.origin),
        locked_by: match &view.origin {
            Origin::Files { names } => Some(names.join(", ")),
            Origin::BuiltIn | Origin::Page { .. } => None,
        },
        broken: view.broken.as_ref().map(|one| broken(ctx, one)),
        variables: view.variables.into_iter().map(variable).collect(),
        problems: Vec::new(),
    }
}

fn view(ctx: &Ctx, by: &Admin) -> Result<TemplateView, Failure> {
    Ok(templates::get(ctx.service(), by, ctx.part("name"))?)
}

/// `GET /admin/mail/templates/{name}`
pub async fn detail(ctx: Ctx, by: Admin) -> Reply {
    let view = view(&ctx, &by)?;
    frame::page(&ctx, &page(&ctx, view, None))
}

/// The form under the API's names.
fn sent(form: &Pairs) -> Input {
    let parts = ["subject", "text", "mjml"];
    parts.iter().fold(Input::default(), |sent, part| sent.with(part, form.get(part)))
}

fn here(view: &TemplateView) -> String {
    format!("/admin/mail/templates/{}", view.kind)
}

/// `POST /admin/mail/templates/{name}`
pub async fn save(ctx: Ctx, by: Admin) -> Reply {
    let typed = ctx.form()?;
    let kept = match draft(sent(&typed)) {
        Ok(draft) => {
            templates::put(ctx.service(), &by, ctx.part("name"), draft).await.map_err(Failure::from)
        }
        Err(failure) => Err(failure),
    };
    match kept {
        Ok(view) => Ok(frame::done(&ctx, &here(&view), "mail-template-saved", &[])),
        Err(failure) => {
            let page = page(&ctx, view(&ctx, &by)?, Some(&typed));
            words::again(&ctx, failure, |problems| pages::TemplatePage { problems, ..page })
        }
    }
}

/// `GET` and `POST /admin/mail/templates/{name}/preview?part=html`: what holds, or what was typed, with
/// made-up names, to be looked at in a frame of the template's page.
pub async fn preview(ctx: Ctx, by: Admin) -> Reply {
    let draft = if ctx.head.is_safe() { None } else { Some(draft(sent(&ctx.form()?))?) };
    let name = ctx.part("name");
    let sample = ctx.head.query.get("sample");
    let made = match templates::preview(ctx.service(), &by, name, draft, sample).await {
        Ok(made) => made,
        Err(error) => return not_shown(&ctx, error.into()),
    };
    let as_text = ctx.head.query.get("part") == Some("text");
    Ok(if as_text {
        let subject = ctx.text("mail-template-subject", &[]);
        Answer::exhibit_text(format!("{subject}: {}\n\n{}", made.subject, made.text))
    } else {
        Answer::exhibit(made.html)
    })
}

/// What is wrong, in the frame.
fn not_shown(ctx: &Ctx, failure: Failure) -> Reply {
    if failure.code() != Code::Invalid {
        return Err(failure);
    }
    let fields = &failure.inside().fields;
    let lines = fields.iter().map(|wrong| {
        let part = ctx.text(&format!("mail-template-{}", wrong.field), &[]);
        format!("{part}: {}\n", wording::field_text(ctx, wrong))
    });
    let title = ctx.text("mail-preview-broken", &[]);
    Ok(Answer::exhibit_text(format!("{title}\n\n{}", lines.collect::<String>())))
}

/// `GET /admin/mail/templates/{name}/reset`
pub async fn confirm_reset(ctx: Ctx, by: Admin) -> Reply {
    let here = here(&view(&ctx, &by)?);
    let text = |key| ctx.text(key, &[]);
    let line = |tone, key| Consequence { tone, place: None, text: text(key) };
    let page = ConfirmPage {
        title: text("mail-template-reset-question"),
        lines: vec![
            line(Tone::Bad, "mail-template-reset-lost"),
            line(Tone::Info, "mail-template-reset-next"),
        ],
        options: Vec::new(),
        action: format!("{here}/reset"),
        confirm: text("mail-template-reset"),
        cancel: here,
        destructive: true,
    };
    frame::page(&ctx, &page)
}

/// `POST /admin/mail/templates/{name}/reset`
pub async fn reset(ctx: Ctx, by: Admin) -> Reply {
    let view = templates::delete(ctx.service(), &by, ctx.part("name")).await?;
    Ok(frame::done(&ctx, &here(&view), "mail-template-was-reset", &[]))
}
