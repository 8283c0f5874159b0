//! Registering, and where somebody stands who asked.

use super::{auth, words};
use crate::access::Reply;
use crate::api::registration::apply;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::frame;
use crate::input::Input;
use crate::kit::query::Pairs;
use domain::settings::Registration;
use service::approvals::{self, Said};
use service::registration::{self, Registered};
use views::approvals as pages;

/// How soon the page looks again.
const REFRESH_SECONDS: u32 = 20;

fn register_page(
    ctx: &Ctx,
    mode: Registration,
    typed: Option<&Pairs>,
) -> Result<pages::RegisterPage, Failure> {
    let waits = match mode {
        Registration::Off => return Err(Failure::of(Code::NotFound)),
        Registration::Approval => true,
        Registration::Open => false,
    };
    let value = |name: &str| typed.and_then(|form| form.get(name)).unwrap_or_default().to_owned();
    Ok(pages::RegisterPage {
        username: value("username"),
        email: value("email"),
        waits,
        can_mail: words::sender(ctx).is_some(),
        password_rules: words::password_rules(ctx, &registration::rules(ctx.service())),
        problems: Vec::new(),
    })
}

/// `GET /register`
pub async fn form(ctx: Ctx) -> Reply {
    let mode = registration::mode(ctx.service());
    let page = register_page(&ctx, mode, None)?;
    match &ctx.viewer {
        Some(current) => Ok(ctx.go(auth::home_of(&current.user))),
        None => frame::page(&ctx, &page),
    }
}

/// `POST /register`: in, where nobody has to agree; else on to where it says so.
pub async fn register(ctx: Ctx) -> Reply {
    let form = ctx.form()?;
    let sent = Input::default()
        .with("username", form.get("username"))
        .put("password", form.get("password").unwrap_or_default())
        .with("email", form.get("email"));
    match apply(&ctx, sent).await {
        Ok(Registered::In(user)) if ctx.viewer.is_none() => {
            auth::begin(&ctx, &user, "local", "/account").await
        }
        Ok(Registered::In(_somebody_else)) => Ok(ctx.go("/account")),
        Ok(Registered::Waits(user)) => Ok(ctx.wait_for_word(&user.id)),
        Err(failure) => {
            let mode = registration::mode(ctx.service());
            let page = register_page(&ctx, mode, Some(&form))?;
            words::again(&ctx, failure, |problems| pages::RegisterPage { problems, ..page })
        }
    }
}

/// `GET /pending`: for the browser whose person has proved who they are and was told to wait.
pub async fn pending(ctx: Ctx) -> Reply {
    let standing = match ctx.waiting_note() {
        Some(note) => approvals::standing(ctx.service(), &note).await?,
        None => None,
    };
    let Some(standing) = standing else { return Ok(ctx.go("/login")) };
    let (answer, word) = match standing.said {
        Said::Nothing => (pages::Answer::Waiting, None),
        Said::Yes => (pages::Answer::Approved, None),
        Said::No(word) => (pages::Answer::Refused, Some(word).filter(|word| !word.is_empty())),
    };
    let can_mail = words::sender(&ctx).is_some();
    let page = pages::PendingPage {
        name: standing.username,
        answer,
        word,
        asked_at: standing.asked_at,
        to_confirm: standing.to_confirm.filter(|_| can_mail).map(Into::into),
        refresh_seconds: REFRESH_SECONDS,
    };
    frame::page(&ctx, &page)
}
