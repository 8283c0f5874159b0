//! People who ask to come in, as the admin sees them.

use super::words;
use crate::access::Reply;
use crate::api::approvals::query;
use crate::api::users::id;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::frame;
use domain::approvals::{Answer, Application, AskedBy};
use domain::ids::{InviteCode, ProviderId};
use domain::role::Admin;
use domain::users::User;
use serde_json::Value;
use service::approvals;
use service::{invites, profiles, providers, users};
use views::approvals as pages;
use views::{Choice, Link};

/// Longer values of claims are cut: nobody reads a picture in letters.
const CLAIM_CHARS: usize = 300;

async fn page(ctx: &Ctx, by: &Admin) -> Result<pages::ApprovalsPage, Failure> {
    let asked = query(ctx)?;
    let page = approvals::list(ctx.service(), by, &asked).await?;
    let known = profiles::list(ctx.service(), by).await?;
    let mut rows = Vec::with_capacity(page.items.len());
    for application in page.items {
        rows.push(row(ctx, by, application).await?);
    }
    let profiles = known.into_iter().map(|profile| Choice {
        chosen: false,
        value: profile.name.clone(),
        label: profile.name,
    });
    Ok(pages::ApprovalsPage {
        all: asked.answered_too,
        rows,
        profiles: profiles.collect(),
        pager: words::pager(ctx, page.next.as_deref()),
        problems: Vec::new(),
    })
}

async fn row(
    ctx: &Ctx,
    by: &Admin,
    application: Application,
) -> Result<pages::ApplicationRow, Failure> {
    let person = match users::get(ctx.service(), by, &application.user).await {
        Ok(user) => Some(user),
        Err(service::ServiceError::NotFound { .. }) => None,
        Err(other) => return Err(other.into()),
    };
    let proved = proved(&application, person.as_ref());
    let (how, way) = match &application.by {
        AskedBy::Registration => (pages::How::Registration, None),
        AskedBy::Invite { code, .. } => {
            (pages::How::Invite, Some(invite_link(ctx, by, code).await?))
        }
        AskedBy::Identity { key } => {
            (pages::How::Identity, Some(provider_link(ctx, &key.provider).await?))
        }
    };
    let can_reopen = person.is_some() && application.clone().reopened().is_ok();
    let is_waiting = application.is_waiting();
    let (answer, answered_by, answered_at, word) = match application.answer {
        Answer::Waiting => (pages::Answer::Waiting, None, None, None),
        Answer::Approved { by, at } => (pages::Answer::Approved, Some(by), Some(at), None),
        Answer::Refused { by, at, word } => {
            let word = Some(word).filter(|word| !word.is_empty());
            (pages::Answer::Refused, Some(by), Some(at), word)
        }
    };
    Ok(pages::ApplicationRow {
        id: application.user.to_string(),
        can_forget: !is_waiting && person.is_none(),
        person: person.map(|user| Link {
            href: format!("/admin/people/{}", user.id),
            text: user.username.into(),
        }),
        name: application.username,
        how,
        by: way,
        email: application.email,
        proved,
        resembles: application.resembles,
        seen_from: application.seen_from,
        asked_at: application.asked_at,
        claims: application.claims.into_iter().map(claim).collect(),
        answer,
        answered_by,
        answered_at,
        word,
        can_reopen,
    })
}

/// Whose word it is that the address is theirs: their own counts once they have confirmed it.
fn proved(application: &Application, person: Option<&User>) -> pages::Proved {
    let confirmed = person
        .and_then(|user| user.email.as_ref())
        .filter(|email| Some(email.address.as_str()) == application.email.as_deref())
        .is_some_and(|email| email.confirmed);
    match &application.by {
        AskedBy::Invite { .. } if application.email_verified => pages::Proved::Invite,
        AskedBy::Identity { .. } if application.email_verified => pages::Proved::Provider,
        AskedBy::Registration | AskedBy::Invite { .. } | AskedBy::Identity { .. } if confirmed => {
            pages::Proved::Here
        }
        AskedBy::Registration | AskedBy::Invite { .. } | AskedBy::Identity { .. } => {
            pages::Proved::Nobody
        }
    }
}

async fn invite_link(ctx: &Ctx, by: &Admin, code: &InviteCode) -> Result<Link, Failure> {
    match invites::get(ctx.service(), by, code).await {
        Ok(invite) => {
            let text = if invite.label.is_empty() { code.hint() } else { invite.label };
            Ok(Link { href: format!("/admin/invites/{code}"), text })
        }
        Err(service::ServiceError::NotFound { .. }) => {
            Ok(Link { href: String::new(), text: code.hint() })
        }
        Err(other) => Err(other.into()),
    }
}

async fn provider_link(ctx: &Ctx, id: &ProviderId) -> Result<Link, Failure> {
    let label = providers::find(ctx.service(), id).await?.map(|provider| provider.label);
    let text = label.filter(|label| !label.is_empty()).unwrap_or_else(|| {
        let all = words::backends(ctx);
        let backend = all.iter().find(|view| view.backend.id.as_str() == id.as_str());
        backend.map_or_else(|| id.to_string(), |view| view.label.clone())
    });
    Ok(Link { href: String::new(), text })
}

fn claim((name, value): (String, Value)) -> pages::Claim {
    let text = match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    pages::Claim { name, value: text.chars().take(CLAIM_CHARS).collect() }
}

/// `GET /admin/approvals?all=&cursor=`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    frame::page(&ctx, &page(&ctx, &by).await?)
}

/// The list again with what was wrong: mostly that somebody else was faster.
async fn again(ctx: &Ctx, by: &Admin, failure: Failure) -> Reply {
    if failure.code() == Code::NotFound {
        return Err(failure);
    }
    let page = page(ctx, by).await?;
    words::again(ctx, failure, |problems| pages::ApprovalsPage { problems, ..page })
}

const HERE: &str = "/admin/approvals";

/// `POST /admin/approvals/{id}/approve` with `profile`
pub async fn approve(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let profile = form.get("profile").filter(|name| !name.is_empty()).map(str::to_owned);
    match approvals::approve(ctx.service(), &by, &id(&ctx)?, profile).await {
        Ok(done) => {
            let key = if done.link_due { "approvals-approved-link" } else { "approvals-approved" };
            let name = done.application.username.as_str();
            Ok(frame::done(&ctx, HERE, key, &[("name", name)]))
        }
        Err(error) => again(&ctx, &by, error.into()).await,
    }
}

/// `POST /admin/approvals/{id}/refuse` with `word`
pub async fn refuse(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let word = form.get("word").unwrap_or_default();
    match approvals::refuse(ctx.service(), &by, &id(&ctx)?, word).await {
        Ok(done) => {
            let name = done.username.as_str();
            Ok(frame::done(&ctx, HERE, "approvals-refused", &[("name", name)]))
        }
        Err(error) => again(&ctx, &by, error.into()).await,
    }
}

/// `POST /admin/approvals/{id}/reopen`
pub async fn reopen(ctx: Ctx, by: Admin) -> Reply {
    match approvals::reopen(ctx.service(), &by, &id(&ctx)?).await {
        Ok(done) => {
            let name = done.username.as_str();
            Ok(frame::done(&ctx, HERE, "approvals-reopened", &[("name", name)]))
        }
        Err(error) => again(&ctx, &by, error.into()).await,
    }
}

/// `POST /admin/approvals/{id}/forget`
pub async fn forget(ctx: Ctx, by: Admin) -> Reply {
    let who = id(&ctx)?;
    let name = approvals::get(ctx.service(), &by, &who).await?.username;
    match approvals::forget(ctx.service(), &by, &who).await {
        Ok(()) => Ok(frame::done(
            &ctx,
            &format!("{HERE}?all=true"),
            "approvals-forgotten",
            &[("name", &name)],
        )),
        Err(error) => again(&ctx, &by, error.into()).await,
    }
}
