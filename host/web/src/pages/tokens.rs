//! One's own API tokens.

use super::words;
use crate::access::Reply;
use crate::api::tokens::draft;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use crate::input::Input;
use domain::api_tokens::{ApiToken, Area, Scope};
use domain::role::Admin;
use service::api_tokens;
use views::tokens as pages;
use views::{Arg, Choice};

/// What a form offers where nothing was typed.
const USUAL_DAYS: &str = "90";

fn scope_words(ctx: &Ctx, scope: Scope) -> String {
    let area = ctx.text(&format!("area-{}", scope.area.word()), &[]);
    let key = if scope.write { "scope-write" } else { "scope-read" };
    ctx.text(key, &[("area", Arg::Text(&area))])
}

fn row(ctx: &Ctx, token: ApiToken) -> pages::TokenRow {
    pages::TokenRow {
        scopes: token.scopes.iter().map(|scope| scope_words(ctx, *scope)).collect(),
        over: token.expires_at.is_some_and(|end| end <= ctx.service().now()),
        id: token.id,
        name: token.name,
        created_at: token.created_at,
        expires_at: token.expires_at,
        used_at: token.used_at,
        used_from: token.used_from,
    }
}

/// As typed.
struct Typed {
    name: String,
    scopes: Vec<String>,
    days: String,
}

async fn page(ctx: &Ctx, by: &Admin, typed: Typed) -> Result<pages::TokensPage, Failure> {
    let tokens = api_tokens::list(ctx.service(), by).await?;
    let all = Area::ALL
        .into_iter()
        .flat_map(|area| [false, true].into_iter().map(move |write| Scope { area, write }));
    let choice = |scope: Scope| {
        let value = scope.to_string();
        let chosen = typed.scopes.contains(&value);
        Choice { label: scope_words(ctx, scope), chosen, value }
    };
    Ok(pages::TokensPage {
        room: tokens.len() < api_tokens::MOST,
        tokens: tokens.into_iter().map(|token| row(ctx, token)).collect(),
        stale: ctx.require_recent().is_err(),
        scopes: all.map(choice).collect(),
        name: typed.name,
        days: typed.days,
        problems: Vec::new(),
    })
}

/// `GET /account/tokens`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let typed = Typed { name: String::new(), scopes: Vec::new(), days: USUAL_DAYS.to_owned() };
    frame::page(&ctx, &page(&ctx, &by, typed).await?)
}

/// `POST /account/tokens` with `name`, `scopes` and `days`: the one page that shows the token.
pub async fn make(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let typed = Typed {
        name: form.get("name").unwrap_or_default().to_owned(),
        scopes: form.all("scopes").map(str::to_owned).collect(),
        days: form.get("days").unwrap_or_default().to_owned(),
    };
    let mut sent = Input::default().with("days", Some(&typed.days));
    let days = sent.number("days", 1..=36_500);
    let drafted = sent.finish(Some(days)).and_then(|days| {
        let wanted =
            Input::default().with("name", Some(&typed.name)).put("scopes", typed.scopes.clone());
        let wanted = match days {
            Some(days) => wanted.put("expiresIn", format!("P{days}D")),
            None => wanted,
        };
        draft(&ctx, wanted)
    });
    let made = match drafted {
        Ok(draft) => api_tokens::make(ctx.service(), &by, draft).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match made {
        Ok((token, secret)) => {
            let page = pages::TokenMadePage {
                name: token.name,
                token: secret.expose().clone(),
                expires_at: token.expires_at,
            };
            frame::page(&ctx, &page)
        }
        Err(failure) => {
            let page = page(&ctx, &by, typed).await?;
            words::again(&ctx, failure, |problems| pages::TokensPage { problems, ..page })
        }
    }
}

/// `POST /account/tokens/{id}/revoke`
pub async fn revoke(ctx: Ctx, by: Admin) -> Reply {
    api_tokens::revoke(ctx.service(), &by, ctx.part("id")).await?;
    Ok(frame::done(&ctx, "/account/tokens", "tokens-revoked", &[]))
}
