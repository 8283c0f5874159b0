//! Folders with reset files, and the button on a backend's own sign-in page, for admins.

use super::backends::id;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::input::{self, Input};
use crate::kit::Answer;
use domain::backends::SetBy;
use domain::ids::{BackendId, UserId};
use domain::resets::{ResetMail, Sighting, SightingOutcome};
use domain::role::Admin;
use jiff::Timestamp;
use serde::Serialize;
use service::login_page;
use service::reset_watch::{self, FileRemark, Trial, WatchDraft, WatchState, WatchView};
use std::path::PathBuf;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    backend: BackendId,
    directory: String,
    poll_seconds: u32,
    mail: ResetMail,
    set_by: SetBy,
    state: WatchState,
    since: Option<Timestamp>,
    last_sighting: Option<Timestamp>,
    files: Vec<FileRemark>,
    old_files: usize,
    recent: Vec<SightingView>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SightingView {
    file: String,
    login_name: String,
    user: Option<UserId>,
    outcome: SightingOutcome,
    seen_at: Timestamp,
    expires_at: Timestamp,
    used_there: bool,
}

impl From<Sighting> for SightingView {
    fn from(sighting: Sighting) -> Self {
        Self {
            file: sighting.file,
            login_name: sighting.login_name,
            user: sighting.user,
            outcome: sighting.outcome,
            seen_at: sighting.seen_at,
            expires_at: sighting.expires_at,
            used_there: sighting.used_there,
        }
    }
}

impl From<WatchView> for View {
    fn from(view: WatchView) -> Self {
        Self {
            backend: view.watch.backend,
            directory: view.watch.directory.to_string_lossy().into_owned(),
            poll_seconds: view.watch.poll_seconds,
            mail: view.watch.mail,
            set_by: view.watch.set_by,
            state: view.state,
            since: view.since,
            last_sighting: view.last_sighting,
            files: view.blocking,
            old_files: view.old_files,
            recent: view.recent.into_iter().map(SightingView::from).collect(),
        }
    }
}

/// A watch from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn draft(mut sent: Input) -> Result<WatchDraft, Failure> {
    let directory = sent.required("directory");
    let poll_seconds = sent.number("pollSeconds", 0..=3_600).unwrap_or_default();
    let mail = sent.parsed("mail", input::word::<ResetMail>).unwrap_or_default();
    let directory = directory.map(|path| PathBuf::from(path.trim()));
    sent.finish(directory.map(|directory| WatchDraft { directory, poll_seconds, mail }))
}

/// `GET /api/backends/{id}/reset-watch`
pub async fn get(ctx: Ctx, _by: Admin) -> Reply {
    Ok(Answer::json(&View::from(reset_watch::get(ctx.service(), &id(&ctx)?).await?)))
}

/// `PUT /api/backends/{id}/reset-watch`
pub async fn put(ctx: Ctx, by: Admin) -> Reply {
    let draft = draft(ctx.json()?)?;
    let view = reset_watch::put(ctx.service(), &by, &id(&ctx)?, draft).await?;
    Ok(Answer::json(&View::from(view)))
}

/// `DELETE /api/backends/{id}/reset-watch`
pub async fn remove(ctx: Ctx, by: Admin) -> Reply {
    reset_watch::remove(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(Answer::no_content())
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TrialView {
    seen: bool,
    after_ms: Option<u64>,
    steps: Vec<reset_watch::TrialStep>,
}

impl From<Trial> for TrialView {
    fn from(trial: Trial) -> Self {
        Self { seen: trial.seen, after_ms: trial.after_ms, steps: trial.steps }
    }
}

/// `POST /api/backends/{id}/reset-watch/try`: 200 also where nothing was seen, since it was tried.
pub async fn try_it(ctx: Ctx, by: Admin) -> Reply {
    let trial = reset_watch::try_it(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(Answer::json(&TrialView::from(trial)))
}

/// The words on the button where nobody chose others.
#[must_use]
pub fn usual_label(ctx: &Ctx) -> String {
    ctx.text("login-forgot", &[])
}

/// `GET /api/backends/{id}/login-page`
pub async fn login_page(ctx: Ctx, by: Admin) -> Reply {
    Ok(Answer::json(&login_page::state(ctx.service(), &by, &id(&ctx)?).await?))
}

/// `PUT /api/backends/{id}/login-page` with `label`
pub async fn offer_login_page(ctx: Ctx, by: Admin) -> Reply {
    let mut sent = if ctx.body.is_empty() { Input::default() } else { ctx.json()? };
    let label = sent.note("label", 60).filter(|label| !label.is_empty());
    let label = sent.finish(Some(label))?.unwrap_or_else(|| usual_label(&ctx));
    let page = login_page::offer(ctx.service(), &by, &id(&ctx)?, &label).await?;
    Ok(Answer::json(&page))
}

/// `DELETE /api/backends/{id}/login-page`
pub async fn withdraw_login_page(ctx: Ctx, by: Admin) -> Reply {
    login_page::withdraw(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(Answer::no_content())
}
