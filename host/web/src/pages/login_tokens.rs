//! Links that sign in, as an admin makes them.

use super::words;
use crate::access::Reply;
use crate::api::login_tokens::{address, draft};
use crate::api::users::id;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use crate::input::Input;
use domain::role::Admin;
use domain::users::User;
use service::login_tokens::{self, LoginTokenView};
use service::users;
use views::Choice;
use views::qr::Qr;
use views::tokens as pages;

/// As typed: once or many times, for so many days.
struct Typed<'a> {
    many: bool,
    days: &'a str,
}

async fn page(
    ctx: &Ctx,
    by: &Admin,
    user: User,
    typed: Typed<'_>,
) -> Result<pages::LoginTokenPage, Failure> {
    let open = login_tokens::of(ctx.service(), by, &user.id).await?;
    let known = |LoginTokenView { once, expires_at, used_at, .. }| pages::OpenLink {
        once,
        expires_at,
        used_at,
    };
    let kind = |value: &str, key: &str, chosen| Choice {
        value: value.to_owned(),
        label: ctx.text(key, &[]),
        chosen,
    };
    Ok(pages::LoginTokenPage {
        id: user.id.to_string(),
        name: user.username.into(),
        open: open.map(known),
        stale: ctx.require_recent().is_err(),
        kinds: vec![
            kind("once", "login-token-once", !typed.many),
            kind("many", "login-token-many", typed.many),
        ],
        days: typed.days.to_owned(),
        problems: Vec::new(),
    })
}

/// `GET /admin/people/{id}/login-token`
pub async fn form(ctx: Ctx, by: Admin) -> Reply {
    let user = users::get(ctx.service(), &by, &id(&ctx)?).await?;
    frame::page(&ctx, &page(&ctx, &by, user, Typed { many: false, days: "1" }).await?)
}

/// `POST /admin/people/{id}/login-token` with `kind` and `days`: the one page that shows the link.
pub async fn make(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let user = users::get(ctx.service(), &by, &id(&ctx)?).await?;
    let typed =
        Typed { many: form.get("kind") == Some("many"), days: form.get("days").unwrap_or("") };
    let mut sent = Input::default().with("days", Some(typed.days));
    let days = sent.required("days").and_then(|_| sent.number("days", 1..=366));
    let made = match sent.finish(days) {
        Ok(days) => {
            let wanted = Input::default()
                .put("once", !typed.many)
                .put("expiresIn", format!("PT{}H", u64::from(days).saturating_mul(24)));
            let draft = draft(&ctx, wanted)?;
            login_tokens::make(ctx.service(), &by, &user.id, draft).await.map_err(Failure::from)
        }
        Err(failure) => Err(failure),
    };
    match made {
        Ok(made) => {
            let url = address(&ctx, &made);
            let page = pages::LoginTokenMadePage {
                id: user.id.to_string(),
                name: user.username.into(),
                qr: Qr::of(&url),
                url,
                once: made.about.once,
                expires_at: made.about.expires_at,
            };
            frame::page(&ctx, &page)
        }
        Err(failure) => {
            let page = page(&ctx, &by, user, typed).await?;
            words::again(&ctx, failure, |problems| pages::LoginTokenPage { problems, ..page })
        }
    }
}

/// `POST /admin/people/{id}/login-token/revoke`
pub async fn revoke(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    login_tokens::revoke(ctx.service(), &by, &id).await?;
    Ok(frame::done(&ctx, &format!("/admin/people/{id}/login-token"), "login-token-revoked", &[]))
}
