//! Colours and language: kept by the browser, so that the right page comes at once.

use crate::access::Reply;
use crate::context::{Ctx, LANGUAGE_COOKIE, THEME_COOKIE, own_path};
use crate::kit::Answer;
use crate::kit::query::Pairs;
use views::Theme;

fn back(ctx: &Ctx, form: &Pairs) -> Answer {
    ctx.go(form.get("next").and_then(own_path).unwrap_or("/"))
}

/// `POST /theme` with `theme` and `next`
pub async fn theme(ctx: Ctx) -> Reply {
    let form = ctx.form()?;
    let theme = Theme::parse(form.get("theme").unwrap_or_default());
    Ok(ctx.remember(back(&ctx, &form), THEME_COOKIE, theme.as_str()))
}

/// `POST /language` with `language` and `next`
pub async fn language(ctx: Ctx) -> Reply {
    let form = ctx.form()?;
    let wanted = form.get("language").unwrap_or_default();
    let language = ctx.views().catalogue().choose([wanted]).to_owned();
    Ok(ctx.remember(back(&ctx, &form), LANGUAGE_COOKIE, &language))
}
