//! People who ask to come in, for admins.

use super::lists::{self, Wish};
use super::users::id;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::input::Input;
use crate::kit::Answer;
use domain::approvals::{self as domain_approvals, Application, AskedBy};
use domain::ids::{ProviderId, SignupId, UserId};
use domain::providers::Claims;
use domain::role::Admin;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use service::approvals::{self, Query};

/// An application as programs see one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationView {
    user: UserId,
    username: String,
    by: ByView,
    email: Option<String>,
    email_verified: bool,
    claims: Claims,
    resembles: Option<String>,
    seen_from: String,
    asked_at: Timestamp,
    state: &'static str,
    answered_by: Option<String>,
    answered_at: Option<Timestamp>,
    word: Option<String>,
}

/// How somebody came to ask; an invite by its first characters.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
enum ByView {
    Registration,
    Invite { hint: String, signup: SignupId },
    Identity { provider: ProviderId, issuer: String, subject: String },
}

impl From<Application> for ApplicationView {
    fn from(application: Application) -> Self {
        let (state, answered_by, answered_at, word) = match application.answer {
            domain_approvals::Answer::Waiting => ("waiting", None, None, None),
            domain_approvals::Answer::Approved { by, at } => ("approved", Some(by), Some(at), None),
            domain_approvals::Answer::Refused { by, at, word } => {
                ("refused", Some(by), Some(at), Some(word))
            }
        };
        let by = match application.by {
            AskedBy::Registration => ByView::Registration,
            AskedBy::Invite { code, signup } => ByView::Invite { hint: code.hint(), signup },
            AskedBy::Identity { key } => ByView::Identity {
                provider: key.provider,
                issuer: key.issuer,
                subject: key.subject,
            },
        };
        Self {
            user: application.user,
            username: application.username,
            by,
            email: application.email,
            email_verified: application.email_verified,
            claims: application.claims,
            resembles: application.resembles,
            seen_from: application.seen_from,
            asked_at: application.asked_at,
            state,
            answered_by,
            answered_at,
            word,
        }
    }
}

/// `?all=true` beside the usual query.
///
/// # Errors
/// 422.
pub fn query(ctx: &Ctx) -> Result<Query, Failure> {
    let wish = Wish::of(ctx)?;
    let mut asked = Input::default().with("all", ctx.head.query.get("all"));
    let answered_too = asked.flag("all") == Some(true);
    asked.finish(Some(Query { answered_too, after: wish.after, limit: wish.limit }))
}

/// `GET /api/approvals`: those that wait, the oldest first; with `all`, the newest first.
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let page = approvals::list(ctx.service(), &by, &query(&ctx)?).await?;
    Ok(lists::answer(page, ApplicationView::from))
}

/// `POST /api/users/{id}/approve` `{profile?}`
pub async fn approve(ctx: Ctx, by: Admin) -> Reply {
    let mut sent = ctx.json()?;
    let profile = sent.text("profile");
    let profile = sent.finish(Some(profile))?;
    let approved = approvals::approve(ctx.service(), &by, &id(&ctx)?, profile).await?;
    Ok(Answer::json(&json!({
        "application": ApplicationView::from(approved.application),
        "linkDue": approved.link_due,
    })))
}

/// `POST /api/users/{id}/reject` `{word?}`
pub async fn reject(ctx: Ctx, by: Admin) -> Reply {
    let mut sent = ctx.json()?;
    let word = sent.text("word").unwrap_or_default();
    let word = sent.finish(Some(word))?;
    let refused = approvals::refuse(ctx.service(), &by, &id(&ctx)?, &word).await?;
    Ok(Answer::json(&json!({ "application": ApplicationView::from(refused) })))
}

/// `POST /api/approvals/{id}/reopen`
pub async fn reopen(ctx: Ctx, by: Admin) -> Reply {
    let waiting = approvals::reopen(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(Answer::json(&json!({ "application": ApplicationView::from(waiting) })))
}

/// `DELETE /api/approvals/{id}`
pub async fn forget(ctx: Ctx, by: Admin) -> Reply {
    approvals::forget(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(Answer::no_content())
}
