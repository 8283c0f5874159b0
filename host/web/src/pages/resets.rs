//! Forgotten passwords, and addresses to confirm: what people see of them.
//!
//! Guarantees: a page behind a token changes nothing, only its button does; a form that was wrong
//! comes back with its token; whoever asks for a mail sees the same page whether anybody is known by
//! what they typed.

use super::words;
use crate::access::Reply;
use crate::api::resets::{link_address, login, new_password};
use crate::api::users::id;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use crate::input::Input;
use crate::wording;
use domain::links::ResetCause;
use domain::role::Admin;
use domain::users::Email;
use service::backends::BackendView;
use service::passwords::{PasswordOutcome, PasswordResult};
use service::resets::{self, ResetView};
use service::{addresses, users};
use views::frame::PRODUCT;
use views::notices::{ConfirmOption, ConfirmPage, Consequence};
use views::qr::Qr;
use views::resets as pages;
use views::{Arg, Page, Tone};

/// A page with nothing to come back to: a change of colours leads to the start.
fn left<P: Page>(ctx: &Ctx, page: &P) -> Reply {
    let mut frame = frame::frame(ctx);
    frame.path = "/".to_owned();
    frame::page_in(ctx, &frame, page)
}

/// `GET /forgot`
pub async fn forgot_form(ctx: Ctx) -> Reply {
    let can_mail = words::sender(&ctx).is_some();
    frame::page(&ctx, &pages::ForgotPage { can_mail, ..pages::ForgotPage::default() })
}

/// `POST /forgot` with `login`: the same answer for everybody.
pub async fn forgot(ctx: Ctx) -> Reply {
    let form = ctx.form()?;
    let Some(sender) = words::sender(&ctx) else {
        return frame::page(&ctx, &pages::ForgotPage::default());
    };
    match login(Input::default().with("login", form.get("login"))) {
        Ok(login) => {
            resets::forgot(ctx.service(), &login, &ctx.caller()).await?;
            frame::page(&ctx, &pages::ForgotSentPage { sender: Some(sender) })
        }
        Err(failure) => words::again(&ctx, failure, |problems| pages::ForgotPage {
            login: form.get("login").unwrap_or_default().to_owned(),
            can_mail: true,
            problems,
        }),
    }
}

fn reset_page(ctx: &Ctx, view: ResetView) -> pages::ResetPage {
    let all = words::backends(ctx);
    let used_at = match &view.cause {
        Some(ResetCause::File { backend }) if view.used_in_backend => {
            Some(words::label(&all, backend))
        }
        _ => None,
    };
    pages::ResetPage {
        token: ctx.part("token").to_owned(),
        username: view.username,
        expires_at: view.expires_at,
        used_at,
        rules: words::password_rules(ctx, &view.rules),
        problems: Vec::new(),
    }
}

/// `GET /reset/{token}`: changes nothing.
pub async fn reset_form(ctx: Ctx) -> Reply {
    let view = resets::look(ctx.service(), ctx.part("token")).await?;
    frame::page(&ctx, &reset_page(&ctx, view))
}

/// `POST /reset/{token}` with `password`: the page says for every place what came of it.
pub async fn reset(ctx: Ctx) -> Reply {
    let form = ctx.form()?;
    // A link that is no good is told before anything about what was typed.
    let view = resets::look(ctx.service(), ctx.part("token")).await?;
    let typed = form.get("password").unwrap_or_default();
    let done = match new_password(Input::default().put("password", typed)) {
        Ok(new) => resets::reset(ctx.service(), ctx.part("token"), &new, &ctx.caller())
            .await
            .map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match done {
        Ok(results) => left(&ctx, &done_page(&ctx, view.username, results).await),
        Err(failure) => {
            let page = reset_page(&ctx, view);
            words::again(&ctx, failure, |problems| pages::ResetPage { problems, ..page })
        }
    }
}

async fn done_page(
    ctx: &Ctx,
    username: String,
    results: Vec<PasswordResult>,
) -> pages::ResetDonePage {
    let changed = |result: &PasswordResult| result.state == PasswordOutcome::Changed;
    let unclear = results.iter().any(|result| result.state == PasswordOutcome::Unclear);
    let end = match results.iter().filter(|result| changed(result)).count() {
        0 if unclear => pages::ResetEnd::Unclear,
        0 => pages::ResetEnd::Nowhere,
        all if all == results.len() => pages::ResetEnd::Everywhere,
        _some => pages::ResetEnd::Somewhere,
    };
    let all = words::backends(ctx);
    let places = results.into_iter().map(|result| place(ctx, &all, result)).collect();
    // Where nothing was changed for sure, the link is still good.
    let again = match end {
        pages::ResetEnd::Nowhere => resets::look(ctx.service(), ctx.part("token")).await.ok(),
        pages::ResetEnd::Everywhere | pages::ResetEnd::Somewhere | pages::ResetEnd::Unclear => None,
    };
    let again = again.map(|_good| ctx.part("token").to_owned());
    pages::ResetDonePage { username, end, places, again }
}

fn place(ctx: &Ctx, all: &[BackendView], result: PasswordResult) -> pages::ResetPlace {
    let why = result.fault.map(|fault| wording::fault_text(ctx, &fault)).unwrap_or_default();
    let (state, key) = match result.state {
        PasswordOutcome::Changed => (pages::ResetState::Changed, "reset-place-changed"),
        PasswordOutcome::Unsupported => (pages::ResetState::Impossible, "reset-place-impossible"),
        PasswordOutcome::Refused => (pages::ResetState::Impossible, "reset-place-refused"),
        PasswordOutcome::Unclear => (pages::ResetState::Unclear, "reset-place-unclear"),
        PasswordOutcome::WrongCurrent | PasswordOutcome::Failed => {
            (pages::ResetState::Failed, "reset-place-failed")
        }
    };
    let view = all.iter().find(|view| view.backend.id.as_str() == result.backend.as_str());
    let url = view.and_then(|view| view.backend.public_url.as_ref()).map(url::Url::to_string);
    pages::ResetPlace {
        label: view.map_or_else(|| PRODUCT.to_owned(), |view| view.label.clone()),
        state,
        message: ctx.text(key, &[("why", Arg::Text(&why))]),
        url: url.filter(|_| state == pages::ResetState::Changed),
    }
}

/// `GET /confirm/{token}`: changes nothing.
pub async fn confirm_form(ctx: Ctx) -> Reply {
    let asked = addresses::look(ctx.service(), ctx.part("token")).await?;
    let page = pages::ConfirmAddressPage {
        token: ctx.part("token").to_owned(),
        username: asked.username,
        address: asked.address.into(),
    };
    frame::page(&ctx, &page)
}

/// `POST /confirm/{token}`
pub async fn confirm(ctx: Ctx) -> Reply {
    let address = addresses::confirm(ctx.service(), ctx.part("token"), &ctx.caller()).await?;
    left(&ctx, &pages::ConfirmedAddressPage { address: address.into() })
}

/// `GET /admin/people/{id}/reset-link`
pub async fn confirm_link(ctx: Ctx, by: Admin) -> Reply {
    let user = users::get(ctx.service(), &by, &id(&ctx)?).await?;
    let line = |tone, key| Consequence { tone, place: None, text: ctx.text(key, &[]) };
    let here = format!("/admin/people/{}", user.id);
    let proved = user.email.as_ref().filter(|email| email.confirmed);
    let by_mail = |email: &Email| ConfirmOption {
        name: "mail".to_owned(),
        value: "on".to_owned(),
        label: ctx
            .text("person-reset-link-mail", &[("address", Arg::Text(email.address.as_str()))]),
        help: None,
        on: false,
    };
    let page = ConfirmPage {
        title: ctx
            .text("person-reset-link-question", &[("name", Arg::Text(user.username.as_str()))]),
        lines: vec![
            line(Tone::Warn, "person-reset-link-once"),
            line(Tone::Info, "person-reset-link-old"),
            line(Tone::Info, "person-reset-link-keeps"),
        ],
        options: proved
            .filter(|_| words::sender(&ctx).is_some())
            .map(by_mail)
            .into_iter()
            .collect(),
        action: format!("{here}/reset-link"),
        confirm: ctx.text("person-reset-link", &[]),
        cancel: here,
        destructive: false,
    };
    frame::page(&ctx, &page)
}

/// `POST /admin/people/{id}/reset-link` with `mail`: the one page that shows the link.
pub async fn make_link(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let user = users::get(ctx.service(), &by, &id(&ctx)?).await?;
    let made = match form.get("mail") {
        Some(_) => resets::mail_link(ctx.service(), &by, &user.id).await?,
        None => resets::link(ctx.service(), &by, &user.id).await?,
    };
    let url = link_address(&ctx, &made);
    let address = user.email.map(|email| email.address.as_str().to_owned());
    let page = pages::ResetLinkPage {
        id: user.id.to_string(),
        name: user.username.as_str().to_owned(),
        qr: Qr::of(&url),
        url,
        expires_at: made.expires_at,
        mailed_to: address.filter(|_| made.mailed),
    };
    left(&ctx, &page)
}
