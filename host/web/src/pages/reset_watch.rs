//! Forgotten passwords: our own page, folders with reset files, the button on a backend's page.

use super::words;
use crate::access::Reply;
use crate::api::backends::id;
use crate::api::reset_watch::{draft, usual_label};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::frame;
use crate::input::Input;
use crate::kit::query::Pairs;
use crate::wording;
use core::time::Duration;
use domain::fault::{Fault, FaultKind};
use domain::ids::BackendId;
use domain::plugins::PluginRole;
use domain::resets::{ResetMail, Sighting, SightingOutcome};
use domain::role::Admin;
use service::backends::{self, BackendView};
use service::login_page::{self, LoginPage};
use service::reset_watch::{self, Because, FileRemark, How, Trial, WatchState, WatchView};
use service::{ServiceError, users};
use views::backends::{ProbeStage, StageOutcome};
use views::notices::{ConfirmPage, Consequence};
use views::watches as pages;
use views::{Arg, Choice, Link, Tone};

/// How long a page waits for a backend to say whether our button is there.
const PATIENCE: Duration = Duration::from_secs(3);

/// How a watch is, in a word, a sentence and a colour.
fn health(ctx: &Ctx, view: &WatchView) -> pages::WatchHealth {
    let folder = view.watch.directory.display().to_string();
    let said = |tone, word: &str, says: &str, args: &[(&str, Arg<'_>)]| pages::WatchHealth {
        tone,
        word: ctx.text(&format!("resets-state-{word}"), &[]),
        text: ctx.text(&format!("resets-says-{says}"), args),
    };
    let of_folder = ("folder", Arg::Text(folder.as_str()));
    match &view.state {
        WatchState::Watching { .. } if !view.blocking.is_empty() => {
            let n = i64::try_from(view.blocking.len()).unwrap_or(i64::MAX);
            said(Tone::Warn, "odd", "odd", &[("n", Arg::Number(n))])
        }
        WatchState::Watching { how: How::Inotify, .. } => {
            said(Tone::Good, "watching", "watching", &[])
        }
        WatchState::Watching { how: How::Polling, every_seconds, because } => {
            let (says, why) = match because {
                Because::Local | Because::Chosen => ("polling-chosen", ""),
                Because::FileSystem(kind) => ("polling-file-system", kind.as_str()),
                Because::NoNotices(why) => ("polling-no-notices", why.as_str()),
            };
            let seconds = ("seconds", Arg::Number(i64::from(*every_seconds)));
            said(Tone::Good, "polling", says, &[seconds, ("why", Arg::Text(why))])
        }
        WatchState::Starting => said(Tone::Info, "starting", "starting", &[]),
        WatchState::FolderMissing => {
            said(Tone::Bad, "folder-missing", "folder-missing", &[of_folder])
        }
        WatchState::Unreadable { why } => {
            let args = [of_folder, ("why", Arg::Text(why.as_str()))];
            said(Tone::Bad, "unreadable", "unreadable", &args)
        }
        WatchState::NotSupported => said(Tone::Bad, "not-supported", "not-supported", &[]),
        WatchState::BackendDown { fault } => {
            let why = ("why", Arg::Text(fault.detail.as_str()));
            said(Tone::Bad, "backend-down", "backend-down", &[why])
        }
    }
}

fn file_line(ctx: &Ctx, remark: &FileRemark) -> pages::FileLine {
    let text = words::remark_words(ctx, remark);
    let file = if remark.file == "*" { String::new() } else { remark.file.clone() };
    pages::FileLine { file, text }
}

fn row(ctx: &Ctx, backend: &BackendView, view: Option<&WatchView>) -> pages::WatchRow {
    let (id, label) = (backend.backend.id.to_string(), backend.label.clone());
    let Some(view) = view else {
        return pages::WatchRow {
            backend: id,
            label,
            health: pages::WatchHealth {
                tone: Tone::Quiet,
                word: ctx.text("resets-state-off", &[]),
                text: ctx.text("resets-says-off", &[]),
            },
            since: None,
            directory: None,
            last_at: None,
            blocking: Vec::new(),
            old_files: 0,
            locked: false,
        };
    };
    pages::WatchRow {
        backend: id,
        label,
        health: health(ctx, view),
        since: view.since,
        directory: Some(view.watch.directory.display().to_string()),
        last_at: view.last_sighting,
        blocking: view.blocking.iter().map(|remark| file_line(ctx, remark)).collect(),
        old_files: u64::try_from(view.old_files).unwrap_or(u64::MAX),
        locked: view.locked.is_some(),
    }
}

/// What needs the admin: the watch's state, its files.
pub(super) fn trouble(ctx: &Ctx, view: &WatchView) -> Option<(Tone, &'static str, String)> {
    let health = health(ctx, view);
    match (&view.state, view.blocking.first()) {
        (WatchState::Watching { .. }, Some(remark)) => {
            let line = file_line(ctx, remark);
            let text = format!("{} {}", line.file, line.text).trim().to_owned();
            Some((Tone::Warn, "banner-reset-file", text))
        }
        (WatchState::Watching { .. } | WatchState::Starting, _) => None,
        _ => Some((Tone::Bad, "banner-watch", health.text)),
    }
}

fn reads_files(view: &BackendView) -> bool {
    let roles = view.manifest.as_ref().map(|manifest| &manifest.roles);
    roles.is_some_and(|roles| roles.contains(&PluginRole::Reset))
}

/// `GET /admin/resets`
pub async fn list(ctx: Ctx, _by: Admin) -> Reply {
    let watches = reset_watch::list(ctx.service()).await?;
    let all = words::backends(&ctx);
    let rows = all.iter().filter_map(|backend| {
        let watch = watches.iter().find(|view| view.watch.backend == backend.backend.id);
        let shown = watch.is_some() || reads_files(backend);
        shown.then(|| row(&ctx, backend, watch))
    });
    let page = pages::WatchesPage {
        rows: rows.collect(),
        can_send: words::sender(&ctx).is_some(),
        forgot_url: ctx.address("/forgot"),
    };
    frame::page(&ctx, &page)
}

fn mails(ctx: &Ctx, chosen: &str) -> Vec<Choice> {
    let one = |word: &&str| Choice {
        value: (*word).to_owned(),
        label: ctx.text(&format!("resets-mail-{word}"), &[]),
        chosen: *word == chosen,
    };
    ["both", "link", "pin"].iter().map(one).collect()
}

const fn mail_word(mail: ResetMail) -> &'static str {
    match mail {
        ResetMail::Both => "both",
        ResetMail::Link => "link",
        ResetMail::Pin => "pin",
    }
}

async fn sighting(ctx: &Ctx, by: &Admin, seen: &Sighting) -> pages::SightingLine {
    let mut person = None;
    if let Some(id) = &seen.user
        && let Ok(user) = users::get(ctx.service(), by, id).await
    {
        let href = format!("/admin/people/{id}");
        person = Some(Link { href, text: user.username.into() });
    }
    let became = ctx.text(&format!("resets-became-{}", seen.outcome.code()), &[]);
    let used = if seen.used_there { ctx.text("resets-used-there", &[]) } else { String::new() };
    pages::SightingLine {
        at: seen.seen_at,
        tone: match seen.outcome {
            SightingOutcome::Owed => Tone::Good,
            SightingOutcome::Expired => Tone::Quiet,
            SightingOutcome::UnknownUser
            | SightingOutcome::NoAddress
            | SightingOutcome::Unconfirmed
            | SightingOutcome::WrongZone
            | SightingOutcome::Privileged
            | SightingOutcome::ShutOut => Tone::Warn,
        },
        login_name: seen.login_name.clone(),
        person,
        text: format!("{became} {used}").trim_end().to_owned(),
        file: seen.file.clone(),
    }
}

/// Whether our button is there, as far as the backend says so at once.
async fn button(ctx: &Ctx, by: &Admin, backend: &BackendId) -> pages::LoginPageView {
    let asked = login_page::state(ctx.service(), by, backend);
    let heard = tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_late| {
        let words = "it did not answer at once";
        Err(Fault::new(FaultKind::TimedOut, "host.slow", words).into())
    });
    match heard {
        Ok(LoginPage { supported: false, .. }) => pages::LoginPageView::Unsupported,
        Ok(LoginPage { present: true, .. }) => pages::LoginPageView::On,
        Ok(LoginPage { present: false, .. }) => pages::LoginPageView::Off,
        Err(error) => {
            let why = wording::detail(ctx, Failure::from(error).inside());
            pages::LoginPageView::Unknown { why }
        }
    }
}

async fn watch(ctx: &Ctx, backend: &BackendId) -> Result<Option<WatchView>, Failure> {
    match reset_watch::get(ctx.service(), backend).await {
        Ok(view) => Ok(Some(view)),
        Err(ServiceError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn page(ctx: &Ctx, by: &Admin, typed: Option<&Pairs>) -> Result<pages::WatchPage, Failure> {
    let backend = backends::get(ctx.service(), &id(ctx)?)?;
    let view = watch(ctx, &backend.backend.id).await?;
    let kept = view.as_ref().map(|view| &view.watch);
    let mut recent = Vec::new();
    for seen in view.iter().flat_map(|view| &view.recent) {
        recent.push(sighting(ctx, by, seen).await);
    }
    let typed = |name: &str| typed.and_then(|form| form.get(name)).map(str::to_owned);
    let mail = typed("mail");
    let chosen = kept.map_or("both", |watch| mail_word(watch.mail));
    let every = kept.map(|watch| watch.poll_seconds).filter(|seconds| *seconds > 0);
    let every = every.map(|seconds| seconds.to_string());
    let folder = kept.map(|watch| watch.directory.display().to_string());
    Ok(pages::WatchPage {
        row: row(ctx, &backend, view.as_ref()),
        exists: view.is_some(),
        directory: typed("directory").or(folder).unwrap_or_default(),
        poll_seconds: typed("poll_seconds").or(every).unwrap_or_default(),
        mails: mails(ctx, mail.as_deref().unwrap_or(chosen)),
        locked_by: view
            .as_ref()
            .and_then(|view| view.locked.as_ref())
            .map(|source| wording::source_text(ctx, source)),
        recent,
        trial: None,
        login_page: button(ctx, by, &backend.backend.id).await,
        problems: Vec::new(),
    })
}

fn here(ctx: &Ctx) -> String {
    format!("/admin/resets/{}", ctx.part("id"))
}

/// `GET /admin/resets/{id}`
pub async fn detail(ctx: Ctx, by: Admin) -> Reply {
    frame::page(&ctx, &page(&ctx, &by, None).await?)
}

/// `POST /admin/resets/{id}` with `directory`, `poll_seconds` and `mail`
pub async fn save(ctx: Ctx, by: Admin) -> Reply {
    let backend = id(&ctx)?;
    let typed = ctx.form()?;
    let sent = Input::default()
        .with("directory", typed.get("directory"))
        .with("pollSeconds", typed.get("poll_seconds"))
        .with("mail", typed.get("mail"));
    let kept = match draft(sent) {
        Ok(draft) => {
            reset_watch::put(ctx.service(), &by, &backend, draft).await.map_err(Failure::from)
        }
        Err(failure) => Err(failure),
    };
    match kept {
        Ok(_view) => Ok(frame::done(&ctx, &here(&ctx), "resets-saved", &[])),
        Err(failure) => again(&ctx, &by, failure, Some(&typed)).await,
    }
}

/// The page with what was wrong.
async fn again(ctx: &Ctx, by: &Admin, failure: Failure, typed: Option<&Pairs>) -> Reply {
    let name = |field: &str| match field {
        "pollSeconds" => "poll_seconds".to_owned(),
        other => other.to_owned(),
    };
    let page = page(ctx, by, typed).await?;
    let failure = failure.renamed(name);
    words::again(ctx, failure, |problems| pages::WatchPage { problems, ..page })
}

fn trial(ctx: &Ctx, trial: Trial) -> pages::TrialView {
    let has = |code: &str| trial.steps.iter().any(|step| step.code == code);
    let outcome = if trial.seen {
        pages::TrialOutcome::Seen
    } else if has("read-only") {
        pages::TrialOutcome::ReadOnly
    } else if has("not-seen") {
        pages::TrialOutcome::NotSeen
    } else {
        pages::TrialOutcome::NotTried
    };
    let step = |step: reset_watch::TrialStep| {
        let key = format!("resets-stepped-{}", step.code);
        let known = ctx.views().catalogue().has(&key);
        ProbeStage {
            name: ctx.text(&format!("resets-step-{}", step.name), &[]),
            outcome: match (step.passed, step.code) {
                (true, _) => StageOutcome::Passed,
                (false, "read-only") => StageOutcome::Warned,
                (false, _) => StageOutcome::Failed,
            },
            detail: if known { ctx.text(&key, &[]) } else { step.detail },
            took_ms: 0,
        }
    };
    let after_ms = trial.after_ms;
    pages::TrialView { outcome, after_ms, stages: trial.steps.into_iter().map(step).collect() }
}

/// `POST /admin/resets/{id}/try`: tried right away, and shown on the watch's page.
pub async fn try_it(ctx: Ctx, by: Admin) -> Reply {
    match reset_watch::try_it(ctx.service(), &by, &id(&ctx)?).await {
        Ok(tried) => {
            let trial = Some(trial(&ctx, tried));
            let page = page(&ctx, &by, None).await?;
            frame::page(&ctx, &pages::WatchPage { trial, ..page })
        }
        Err(error) => again(&ctx, &by, error.into(), None).await,
    }
}

/// `POST /admin/resets/{id}/login-page` with `button`: `on` or `off`
pub async fn button_form(ctx: Ctx, by: Admin) -> Reply {
    let backend = id(&ctx)?;
    let (service, typed) = (ctx.service(), ctx.form()?);
    let (done, key) = match typed.get("button") {
        Some("on") => {
            let label = usual_label(&ctx);
            (login_page::offer(service, &by, &backend, &label).await, "resets-button-now-on")
        }
        Some("off") => {
            (login_page::withdraw(service, &by, &backend).await, "resets-button-now-off")
        }
        _ => return Err(Failure::of(Code::BadRequest)),
    };
    let label = words::label(&words::backends(&ctx), &backend);
    match done {
        Ok(_page) => Ok(frame::done(&ctx, &here(&ctx), key, &[("name", &label)])),
        Err(error) => again(&ctx, &by, error.into(), None).await,
    }
}

/// `GET /admin/resets/{id}/delete`
pub async fn confirm_removal(ctx: Ctx, _by: Admin) -> Reply {
    let view = reset_watch::get(ctx.service(), &id(&ctx)?).await?;
    let label = words::label(&words::backends(&ctx), &view.watch.backend);
    let text = |key| ctx.text(key, &[]);
    let line = |tone, key| Consequence { tone, place: None, text: text(key) };
    let page = ConfirmPage {
        title: ctx.text("resets-delete-question", &[("name", Arg::Text(&label))]),
        lines: vec![
            line(Tone::Warn, "resets-delete-then"),
            line(Tone::Info, "resets-delete-keeps"),
        ],
        options: Vec::new(),
        action: format!("{}/delete", here(&ctx)),
        confirm: text("resets-delete"),
        cancel: here(&ctx),
        destructive: true,
    };
    frame::page(&ctx, &page)
}

/// `POST /admin/resets/{id}/delete`
pub async fn remove(ctx: Ctx, by: Admin) -> Reply {
    reset_watch::remove(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(frame::done(&ctx, &here(&ctx), "resets-deleted", &[]))
}
