//! Forgotten passwords, and one's own address, for programs.

use super::users::id;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::input::Input;
use crate::kit::Answer;
use crate::wording;
use domain::ids::ProviderId;
use domain::role::Admin;
use domain::secret::Secret;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use service::addresses;
use service::passwords::{PasswordOutcome, PasswordResult};
use service::resets::{self, ResetLink};

/// What somebody says they are called.
///
/// # Errors
/// 422.
pub fn login(mut sent: Input) -> Result<String, Failure> {
    let login = sent.required("login");
    sent.finish(login)
}

/// The new password.
///
/// # Errors
/// 422.
pub fn new_password(mut sent: Input) -> Result<Secret, Failure> {
    let new = sent.secret("password");
    sent.finish(new)
}

/// `POST /api/password/forgot`: 202 whoever it is.
pub async fn forgot(ctx: Ctx) -> Reply {
    // Whatever it is: an empty name is nobody's either, and nobody is told.
    let login = ctx.json()?.text("login").unwrap_or_default();
    resets::forgot(ctx.service(), &login, &ctx.caller()).await?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

#[derive(Serialize)]
struct ResultView {
    backend: ProviderId,
    state: PasswordOutcome,
    message: Option<String>,
}

/// What came of a new password, a line a place.
#[must_use]
pub fn results(ctx: &Ctx, results: Vec<PasswordResult>) -> Answer {
    let view = |result: PasswordResult| ResultView {
        backend: result.backend,
        state: result.state,
        message: result.fault.map(|fault| wording::fault_text(ctx, &fault)),
    };
    let results: Vec<ResultView> = results.into_iter().map(view).collect();
    Answer::json(&json!({ "results": results }))
}

/// `POST /api/password/reset`: 410 alike for a token that is unknown, used or over.
pub async fn reset(ctx: Ctx) -> Reply {
    let mut sent = ctx.json()?;
    let token = sent.secret("token");
    let new = sent.secret("password");
    let (token, new) = sent.finish(token.zip(new))?;
    let done = resets::reset(ctx.service(), token.expose(), &new, &ctx.caller()).await?;
    Ok(results(&ctx, done))
}

/// The whole address of a link; below the address of this request where no public one is set.
#[must_use]
pub fn link_address(ctx: &Ctx, link: &ResetLink) -> String {
    let url = link.url.expose();
    if url.starts_with('/') { ctx.address(url) } else { url.to_owned() }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkView {
    url: String,
    expires_at: Timestamp,
    mailed: bool,
}

/// `POST /api/users/{id}/reset-link`; `{mail: true}` sends it to a confirmed address as well.
pub async fn link(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let mut sent = ctx.json()?;
    let mail = sent.flag("mail");
    let made = match sent.finish(Some(mail == Some(true)))? {
        true => resets::mail_link(ctx.service(), &by, &id).await?,
        false => resets::link(ctx.service(), &by, &id).await?,
    };
    let url = link_address(&ctx, &made);
    let view = LinkView { url, expires_at: made.expires_at, mailed: made.mailed };
    Ok(Answer::json(&view).status(StatusCode::CREATED))
}

/// `POST /api/account/confirm-email`
pub async fn confirm(ctx: Ctx) -> Reply {
    let mut sent = ctx.json()?;
    let token = sent.secret("token");
    let token = sent.finish(token)?;
    addresses::confirm(ctx.service(), token.expose(), &ctx.caller()).await?;
    Ok(Answer::no_content())
}
