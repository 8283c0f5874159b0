//! The templates of mails that hold: files over what the pages set over the built-in ones.
//!
//! Guarantees: a change of a file holds within moments and needs no restart; what is wrong with one is
//! shown with its place, is one line of the activity, and leaves what held before; a mail that its own
//! template cannot make goes out by the built-in one. Does not: send.

use crate::activity::{actor, note};
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
pub use crate::shelf::Origin;
use crate::shelf::{Held, Written, filled};
use crate::watching::Watch;
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::role::Admin;
use domain::settings::{Settled, Source as SetBy};
use domain::templates::MailTemplate;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use views::dates::Clock as ClockFace;
use views::mail::{
    About, MailContext, MailKind, MailStyle, MailTemplates, Part, Person, Rendered, Server, Source,
    TemplateProblem, samples,
};
use views::{Catalogue, DateStyle};

/// How people call a Latchkey that has no address yet.
const UNNAMED: &str = "Latchkey";

/// What is wrong with a template as it is kept; what held before holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Where, and what.
    pub problem: TemplateProblem,
    /// The same in words, with the place.
    pub words: String,
    /// What goes out meanwhile is the built-in mail, not one that somebody wrote before.
    pub built_in_instead: bool,
}

/// One mail's template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateView {
    /// Which mail.
    pub kind: MailKind,
    /// Whose words.
    pub origin: Origin,
    /// Every part as it may be edited: what is written, else the built-in words.
    pub source: Source,
    /// What is wrong with it.
    pub broken: Option<Broken>,
    /// What can be named in it, with an example.
    pub variables: Vec<(String, String)>,
}

/// All templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// One a mail.
    pub templates: Vec<TemplateView>,
    /// Where files are looked for.
    pub folder: Option<PathBuf>,
    /// Files there whose names are no mail's.
    pub strays: Vec<String>,
}

/// The templates that hold now.
#[must_use]
pub fn mail_templates(service: &Service) -> MailTemplates {
    service.inside().templates.held().templates.clone()
}

/// How mails are written by the settings.
#[must_use]
pub fn style(service: &Service) -> MailStyle {
    style_by(&service.settings(), mail_templates(service).catalogue())
}

fn style_by(settings: &Settled, texts: &Catalogue) -> MailStyle {
    let dates = &settings.settings.dates;
    let clock = if dates.clock_24h { ClockFace::Hours24 } else { ClockFace::Hours12 };
    let style = DateStyle::new(&dates.format, clock, &dates.zone).unwrap_or_else(|error| {
        tracing::warn!(error = %error, "dates in mails are written as ISO 8601 does");
        DateStyle::default()
    });
    MailStyle { lang: texts.choose([dates.language.as_str()]).to_owned(), dates: style }
}

/// A mail to somebody, with all that does not depend on what it says.
#[must_use]
pub fn context(service: &Service, person: Person, about: About) -> MailContext {
    let settled = service.settings();
    let (server, texts) = (&settled.settings.server, &settled.settings.texts);
    MailContext {
        server: Server {
            name: name(server.public_url.as_ref()).to_owned(),
            url: server.public_url.as_ref().map(ToString::to_string).unwrap_or_default(),
        },
        person,
        footer: texts.mail_footer.clone(),
        contact: texts.contact.clone(),
        now: service.now(),
        about,
    }
}

/// What people call this house. Numbers are no name, and every machine is `localhost`.
fn name(address: Option<&url::Url>) -> &str {
    match address.and_then(url::Url::host) {
        Some(url::Host::Domain(name)) if name != "localhost" => name,
        _ => UNNAMED,
    }
}

/// A mail by the template that holds. Where that one fails, the built-in one does, and it is told once.
///
/// # Errors
/// `Internal`: the built-in one failed, too.
pub async fn render(service: &Service, context: &MailContext) -> Result<Rendered> {
    let rendered = mail_templates(service).render(context, &style(service));
    let rendered = rendered.map_err(ServiceError::internal)?;
    if let Some(problem) = &rendered.fell_back
        && service.inside().templates.failed(problem.kind)
    {
        tracing::warn!(%problem, "a mail goes out by its built-in template");
        let line = refused(service, problem);
        service.write_aside(move |tx| note(tx, line)).await?;
    }
    Ok(rendered)
}

/// All templates, and what is wrong with them.
#[must_use]
pub fn list(service: &Service, _by: &Admin) -> Listing {
    let (shelf, style) = (&service.inside().templates, style(service));
    let held = shelf.held();
    Listing {
        templates: MailKind::ALL.into_iter().map(|kind| view(&held, kind, &style)).collect(),
        folder: shelf.folder().map(Path::to_owned),
        strays: held.strays.clone(),
    }
}

/// One template.
///
/// # Errors
/// `NotFound`.
pub fn get(service: &Service, _by: &Admin, name: &str) -> Result<TemplateView> {
    Ok(view(&service.inside().templates.held(), kind(name)?, &style(service)))
}

/// Writes a template over the built-in one; a part that is missing, or says what the built-in one says,
/// stays the built-in one.
///
/// # Errors
/// `NotFound`; `Locked` where files set it; `Invalid` at the part that is wrong, with its place.
pub async fn put(service: &Service, by: &Admin, name: &str, draft: Source) -> Result<TemplateView> {
    let kind = kind(name)?;
    unlocked(service, kind)?;
    let style = style(service);
    let source = own_parts(draft, &mail_templates(service).source_in_words(kind, &style.lang));
    tried(service, kind, source.clone()).await?;
    let changing = service.inside().templates.changing.lock().await;
    unlocked(service, kind)?;
    let Source { subject, text, mjml } = source;
    let changed_at = service.now();
    let template = MailTemplate { name: kind.to_string(), subject, text, mjml, changed_at };
    let empty = (&template.subject, &template.text, &template.mjml) == (&None, &None, &None);
    let line = NewActivity::new(changed_at, actor(by), ActivityKind::MailTemplateChanged);
    let line = line.with("template", kind.as_str());
    service
        .write_aside(move |tx| {
            if empty {
                tx.mail_templates().delete(&template.name)?;
            } else {
                tx.mail_templates().put(&template)?;
            }
            note(tx, line)
        })
        .await?;
    rebuild(service).await?;
    drop(changing);
    get(service, by, name)
}

/// Goes back to the built-in template.
///
/// # Errors
/// `NotFound`; `Locked` where files set it.
pub async fn delete(service: &Service, by: &Admin, name: &str) -> Result<TemplateView> {
    let kind = kind(name)?;
    let changing = service.inside().templates.changing.lock().await;
    unlocked(service, kind)?;
    let line = NewActivity::new(service.now(), actor(by), ActivityKind::MailTemplateRestored);
    let line = line.with("template", kind.as_str());
    service
        .write_aside(move |tx| match tx.mail_templates().delete(kind.as_str())? {
            Some(_template) => note(tx, line),
            None => Ok(()),
        })
        .await?;
    rebuild(service).await?;
    drop(changing);
    get(service, by, name)
}

/// A mail as somebody would get it: an example by its name (the most usual one without), with a draft or
/// with what holds. Parts that a draft lacks are the built-in ones.
///
/// # Errors
/// `NotFound`; `Invalid` at the part of the draft that is wrong, with its place.
pub async fn preview(
    service: &Service,
    _by: &Admin,
    name: &str,
    draft: Option<Source>,
    sample: Option<&str>,
) -> Result<Rendered> {
    let kind = kind(name)?;
    let templates = match draft {
        Some(draft) => tried(service, kind, own_parts(draft, &Source::default())).await?,
        None => mail_templates(service),
    };
    let found =
        samples::of(kind).into_iter().find(|one| sample.is_none_or(|name| one.name == name));
    let Some(example) = found else {
        return Err(ServiceError::NotFound { what: "example" });
    };
    let MailContext { person, about, now, .. } = example.context;
    let context = MailContext { now, ..context(service, person, about) };
    templates.render(&context, &style(service)).map_err(|problem| invalid(service, &problem))
}

fn kind(name: &str) -> Result<MailKind> {
    MailKind::parse(name).ok_or(ServiceError::NotFound { what: "template" })
}

/// The parts of a draft that say something else. Forms send lines that end as on Windows.
fn own_parts(mut draft: Source, built_in: &Source) -> Source {
    for part in Part::ALL {
        let mut written = draft.part(part).map(|text| text.replace("\r\n", "\n"));
        if written.as_deref().map(str::trim) == built_in.part(part).map(str::trim) {
            written = None;
        }
        *draft.part_mut(part) = written;
    }
    draft
}

/// Compiles and tries a template beside the requests.
async fn tried(service: &Service, kind: MailKind, source: Source) -> Result<MailTemplates> {
    let templates = mail_templates(service);
    let tried = tokio::task::spawn_blocking(move || templates.with_override(kind, source)).await;
    let tried = tried.map_err(ServiceError::internal)?;
    tried.map_err(|problem| invalid(service, &problem))
}

fn invalid(service: &Service, problem: &TemplateProblem) -> ServiceError {
    let templates = mail_templates(service);
    let detail = problem.words(templates.catalogue(), &style(service).lang);
    let wrong = FieldProblem::new(problem.part.as_str(), "template")
        .with("line", problem.line)
        .with("column", problem.column)
        .with("detail", detail);
    ServiceError::Invalid { fields: vec![wrong] }
}

fn unlocked(service: &Service, kind: MailKind) -> Result<()> {
    let held = service.inside().templates.held();
    match held.written.get(&kind).map(|written| &written.origin) {
        Some(Origin::Files { names }) => {
            let file = names.first().map_or("", String::as_str);
            let key = format!("templates/mail/{file}");
            Err(ServiceError::Locked { key, by: SetBy::File { line: 0 } })
        }
        Some(Origin::Page { .. } | Origin::BuiltIn) | None => Ok(()),
    }
}

fn refused(service: &Service, problem: &TemplateProblem) -> NewActivity {
    NewActivity::new(service.now(), Actor::System, ActivityKind::MailTemplateRefused)
        .with("template", problem.kind.as_str())
        .with("part", problem.part.as_str())
        .with("line", problem.line.to_string())
        .with("why", problem.to_string())
}

fn view(held: &Held, kind: MailKind, style: &MailStyle) -> TemplateView {
    let words = held.templates.source_in_words(kind, &style.lang);
    let written = held.written.get(&kind);
    let broken = written.and_then(|written| written.problem.clone()).map(|problem| Broken {
        words: format!(
            "{}:{}:{}: {}",
            problem.part.as_str(),
            problem.line,
            problem.column,
            problem.words(held.templates.catalogue(), &style.lang)
        ),
        built_in_instead: !held.templates.is_overridden(kind),
        problem,
    });
    TemplateView {
        kind,
        origin: written.map_or(Origin::BuiltIn, |written| written.origin.clone()),
        source: written.map(|written| written.source.clone()).unwrap_or_default().or(words),
        broken,
        variables: held.templates.variables(kind, style),
    }
}

/// Begins to look at a folder: its files hold from now on.
///
/// # Errors
/// Only our own.
pub(crate) async fn open(service: &Service, folder: Option<PathBuf>) -> Result<()> {
    if let Some(folder) = folder {
        // A second start of the same house looks at the same folder.
        service.inside().templates.look_in(folder);
    }
    rescan(service).await
}

/// Looks at the folder whenever it changes. Never returns.
pub(crate) async fn watch(service: Service) {
    let Some(folder) = service.inside().templates.folder().map(Path::to_owned) else {
        return;
    };
    let mut watch = Watch::folder(&folder, service.clock().clone());
    loop {
        watch.changed().await;
        if let Err(error) = rescan(&service).await {
            tracing::error!(error = %error, "a change of the mail templates could not be noted");
        }
    }
}

/// Looks at the folder and the pages again and tells what is newly wrong.
///
/// # Errors
/// Only our own.
pub async fn rescan(service: &Service) -> Result<()> {
    let changing = service.inside().templates.changing.lock().await;
    let done = rebuild(service).await;
    drop(changing);
    done
}

/// Works out what holds; whoever calls holds `changing`.
async fn rebuild(service: &Service) -> Result<()> {
    let shelf = &service.inside().templates;
    let (before, folder) = (shelf.held(), shelf.folder().map(Path::to_owned));
    let pages = service.read(|tx| Ok(tx.mail_templates().all()?)).await?;
    let earlier = Arc::clone(&before);
    let made = move || filled(&earlier, folder.as_deref(), pages);
    let after = tokio::task::spawn_blocking(made).await.map_err(ServiceError::internal)?;
    let mut lines = Vec::new();
    for kind in MailKind::ALL {
        let (old, new) = (before.written.get(&kind), after.written.get(&kind));
        if old == new {
            continue;
        }
        shelf.renewed(kind);
        let fault = |written: Option<&Written>| written.and_then(|one| one.problem.clone());
        match fault(new) {
            Some(problem) if fault(old).as_ref() != Some(&problem) => {
                tracing::warn!(%problem, "a mail template cannot be used");
                lines.push(refused(service, &problem));
            }
            Some(_told) => {}
            None => tracing::info!(mail = %kind, "a mail template has changed"),
        }
    }
    shelf.hold(after);
    if lines.is_empty() {
        return Ok(());
    }
    service.write_aside(move |tx| lines.into_iter().try_for_each(|line| note(tx, line))).await
}

#[cfg(test)]
mod tests;
