//! Inviting others, for whoever was given the right to.

use super::invites::{state, with_days};
use super::words;
use crate::access::Reply;
use crate::api::invites::{code, link};
use crate::api::inviting::wish;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use crate::input::Input;
use crate::kit::query::Pairs;
use domain::invites::Invite;
use domain::role::Inviter;
use service::inviting;
use views::inviting as pages;
use views::qr::Qr;

async fn page(
    ctx: &Ctx,
    by: &Inviter,
    typed: Option<&Pairs>,
) -> Result<pages::MyInvitesPage, Failure> {
    let mine = inviting::mine(ctx.service(), by).await?;
    let (all, now) = (words::backends(ctx), ctx.service().now());
    let row = |invite: Invite| pages::MyInvite {
        code: invite.code.to_string(),
        state: state(invite.standing(now)),
        label: invite.label,
        used: invite.used.into(),
        uses: invite.uses.map(u64::from),
        expires_at: invite.expires_at,
    };
    let value = |name: &str, usual: &str| {
        let given = typed.and_then(|form| form.get(name)).map(str::to_owned);
        if typed.is_some() { given.unwrap_or_default() } else { usual.to_owned() }
    };
    Ok(pages::MyInvitesPage {
        left: mine.left.into(),
        quota: mine.right.quota.into(),
        places: mine.right.backends.iter().map(|id| words::label(&all, id)).collect(),
        rows: mine.invites.into_iter().map(row).collect(),
        label: value("label", ""),
        uses: value("uses", "1"),
        valid_days: value("valid_days", "7"),
        ask_email: typed.is_some_and(|form| form.get("ask_email").is_some()),
        problems: Vec::new(),
    })
}

/// `GET /account/invites`
pub async fn list(ctx: Ctx, by: Inviter) -> Reply {
    frame::page(&ctx, &page(&ctx, &by, None).await?)
}

fn form_field(field: &str) -> String {
    match field {
        "expiresIn" | "expiresAt" => "valid_days".to_owned(),
        same => same.to_owned(),
    }
}

/// `POST /account/invites`
pub async fn make(ctx: Ctx, by: Inviter) -> Reply {
    let form = ctx.form()?;
    let asks = if form.get("ask_email").is_some() { "required" } else { "none" };
    let sent = Input::default()
        .put("label", form.get("label").unwrap_or_default())
        .put("uses", form.get("uses").unwrap_or("1"))
        .with("askEmail", Some(asks));
    let sent = match form.get("valid_days").filter(|days| !days.trim().is_empty()) {
        Some(days) => with_days(sent, "expiresIn", Some(days)),
        None => sent,
    };
    let made = match wish(sent) {
        Ok(wish) => inviting::make(ctx.service(), &by, wish).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match made {
        Ok(invite) => Ok(ctx.go(&format!("/account/invites/{}", invite.code))),
        Err(failure) => {
            let page = page(&ctx, &by, Some(&form)).await?;
            let failure = failure.renamed(form_field);
            words::again(&ctx, failure, |problems| pages::MyInvitesPage { problems, ..page })
        }
    }
}

/// `GET /account/invites/{code}`
pub async fn detail(ctx: Ctx, by: Inviter) -> Reply {
    let invite = inviting::get(ctx.service(), &by, &code(&ctx)?).await?;
    let url = link(&ctx, &invite.code);
    let all = words::backends(&ctx);
    frame::page(
        &ctx,
        &pages::MyInvitePage {
            code: invite.code.to_string(),
            state: state(invite.standing(ctx.service().now())),
            qr: Qr::of(&url),
            url,
            used: invite.used.into(),
            uses: invite.uses.map(u64::from),
            expires_at: invite.expires_at,
            places: invite.backends.iter().map(|id| words::label(&all, id)).collect(),
            label: invite.label,
        },
    )
}

/// `POST /account/invites/{code}/withdraw`
pub async fn withdraw(ctx: Ctx, by: Inviter) -> Reply {
    inviting::withdraw(ctx.service(), &by, &code(&ctx)?).await?;
    Ok(frame::done(&ctx, "/account/invites", "inviting-withdrawn", &[]))
}
