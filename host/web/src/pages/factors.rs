//! The second step of a sign-in, and what somebody has for it.

use super::auth::come_in;
use super::people::here;
use crate::access::{Reply, SignedIn};
use crate::api::factors::site;
use crate::api::users::id;
use crate::context::{Ctx, own_path};
use crate::failure::{Code, Failure};
use crate::frame;
use crate::kit::Answer;
use crate::pages::words;
use domain::role::Admin;
use domain::secret::Secret;
use domain::users::User;
use serde_json::Value;
use service::entrance::Entered;
use service::factors::{self, Enrolment, Second};
use service::passkeys;
use service::sessions::Keep;
use service::users;
use views::factors as pages;
use views::notices::{ConfirmPage, Consequence};
use views::qr::Qr;
use views::{Arg, Problem, Tone};

const SECURITY: &str = "/account/security";

/// What the page's script put into the form; what is no JSON was signed by nothing.
fn signed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

async fn second_page(
    ctx: &Ctx,
    user: &User,
    next: Option<&str>,
) -> Result<pages::SecondPage, Failure> {
    let has = factors::of(ctx.service(), user).await?;
    let (has_passkey, works) = (!has.passkeys.is_empty(), site(ctx).is_ok());
    Ok(pages::SecondPage {
        next: next.map(str::to_owned),
        totp: has.totp.is_some(),
        passkey: has_passkey && works,
        elsewhere: (has_passkey && !works).then(|| ctx.address("/login")),
        problems: Vec::new(),
    })
}

/// `GET /login/second-factor?next=`
pub async fn second_form(ctx: Ctx) -> Reply {
    let next = ctx.head.query.get("next").and_then(own_path);
    let Some(ticket) = ctx.ticket() else { return Ok(ctx.go("/login")) };
    match factors::ticket_holder(ctx.service(), &ticket).await.map_err(Failure::from) {
        Ok(user) => frame::page(&ctx, &second_page(&ctx, &user, next).await?),
        Err(failure) if failure.code() == Code::Gone => Ok(ctx.go("/login")),
        Err(failure) => Err(failure),
    }
}

/// `POST /login/second-factor` with `code`, or with `credential` from the page's script.
pub async fn second(ctx: Ctx) -> Reply {
    let form = ctx.form()?;
    let next = form.get("next").and_then(own_path);
    let ticket = ctx.ticket().ok_or_else(|| Failure::of(Code::Gone))?;
    let second = match form.get("credential").filter(|text| !text.is_empty()) {
        Some(text) => Second::Passkey(Box::new((site(&ctx)?, signed(text)))),
        None => Second::Code(Secret::from(form.get("code").unwrap_or_default())),
    };
    match factors::second(ctx.service(), &ticket, second, &ctx.caller()).await {
        Ok(begun) => {
            let answer = come_in(&ctx, Entered::In(Box::new(begun)), next).await?;
            Ok(ctx.take_back_ticket(answer))
        }
        Err(error) => {
            let failure = Failure::from(error);
            let user = factors::ticket_holder(ctx.service(), &ticket).await?;
            let page = second_page(&ctx, &user, next).await?;
            let said = match failure.code() {
                Code::WrongCredential => Some("second-wrong"),
                Code::TooMany => Some("login-too-many"),
                _ => None,
            };
            words::again(&ctx, failure, |problems| {
                let said = said.map(|key| vec![Problem::with("code", ctx.text(key, &[]))]);
                pages::SecondPage { problems: said.unwrap_or(problems), ..page }
            })
        }
    }
}

/// `POST /login/passkey` with `credential` from the page's script, `next` and `keep`.
pub async fn login(ctx: Ctx) -> Reply {
    let form = ctx.form()?;
    let next = form.get("next").and_then(own_path);
    let keep = if form.get("keep").is_some() { Keep::Remembered } else { Keep::UntilClosed };
    let shown = signed(form.get("credential").unwrap_or_default());
    let site = site(&ctx)?;
    let begun = passkeys::sign_in(ctx.service(), (&site, shown), keep, &ctx.caller()).await?;
    come_in(&ctx, Entered::In(Box::new(begun)), next).await
}

async fn security_page(ctx: &Ctx, who: &SignedIn) -> Result<pages::SecurityPage, Failure> {
    let current = who.current();
    let has = factors::of(ctx.service(), &current.user).await?;
    let row = |one: factors::PasskeyView| pages::PasskeyRow {
        id: one.id,
        name: one.name,
        created_at: one.created_at,
        used_at: one.used_at,
    };
    Ok(pages::SecurityPage {
        stale: ctx.require_recent().is_err(),
        needed: has.is_required && !factors::are_enough(ctx.service(), current),
        asked: has.are_asked,
        totp: has.totp,
        passkeys: has.passkeys.into_iter().map(row).collect(),
        passkeys_work: site(ctx).is_ok(),
        recovery_left: u64::try_from(has.recovery_left).unwrap_or(u64::MAX),
        name: String::new(),
        problems: Vec::new(),
    })
}

/// `GET /account/security`
pub async fn security(ctx: Ctx, who: SignedIn) -> Reply {
    frame::page(&ctx, &security_page(&ctx, &who).await?)
}

/// The page with what was wrong.
async fn again(ctx: &Ctx, who: &SignedIn, failure: Failure) -> Reply {
    let page = security_page(ctx, who).await?;
    words::again(ctx, failure, |problems| pages::SecurityPage { problems, ..page })
}

/// Recovery codes that were made are shown now and never again.
fn shown(ctx: &Ctx, codes: &[Secret], done: &str) -> Reply {
    if codes.is_empty() {
        return Ok(frame::done(ctx, SECURITY, done, &[]));
    }
    let codes = codes.iter().map(|code| code.expose().clone()).collect();
    frame::page(ctx, &pages::CodesPage { codes })
}

fn app_page(made: &Enrolment, problems: Vec<Problem>) -> pages::AppPage {
    let letters: Vec<char> = made.secret.expose().chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    pages::AppPage {
        qr: Qr::of(made.uri.expose()),
        secret: groups.join(" "),
        uri: made.uri.expose().clone(),
        problems,
    }
}

/// `POST /account/security/app`
pub async fn begin_app(ctx: Ctx, who: SignedIn) -> Reply {
    let made = factors::begin_totp(ctx.service(), who.current()).await?;
    frame::page(&ctx, &app_page(&made, Vec::new()))
}

/// `POST /account/security/app/confirm` with `code`
pub async fn confirm_app(ctx: Ctx, who: SignedIn) -> Reply {
    let form = ctx.form()?;
    let code = Secret::from(form.get("code").unwrap_or_default());
    let done = factors::confirm_totp(ctx.service(), who.current(), &code, &ctx.caller()).await;
    match done.map_err(Failure::from) {
        Ok(codes) => shown(&ctx, &codes, "security-app-added"),
        Err(failure) if matches!(failure.code(), Code::Invalid | Code::TooMany) => {
            let made = factors::pending_totp(ctx.service(), who.current()).await?;
            words::again(&ctx, failure, |problems| app_page(&made, problems))
        }
        Err(failure) => Err(failure),
    }
}

/// `POST /account/security/app/remove`
pub async fn remove_app(ctx: Ctx, who: SignedIn) -> Reply {
    factors::remove_totp(ctx.service(), who.current()).await?;
    Ok(frame::done(&ctx, SECURITY, "security-app-removed", &[]))
}

/// `POST /account/security/passkeys` with `name` and `credential` from the page's script
pub async fn add_passkey(ctx: Ctx, who: SignedIn) -> Reply {
    let form = ctx.form()?;
    let name = form.get("name").unwrap_or_default();
    let made = signed(form.get("credential").unwrap_or_default());
    let (site, caller) = (site(&ctx)?, ctx.caller());
    let by = (who.current(), &caller);
    match passkeys::add(ctx.service(), &site, by, (name, made)).await.map_err(Failure::from) {
        Ok(codes) => shown(&ctx, &codes, "security-passkey-added"),
        Err(failure) if matches!(failure.code(), Code::Gone | Code::WrongCredential) => {
            let page = security_page(&ctx, &who).await?;
            let said = Problem::overall(ctx.text("security-passkey-refused", &[]));
            let page = pages::SecurityPage { problems: vec![said], ..page };
            Ok(frame::page(&ctx, &page)?.status(http::StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(failure) => again(&ctx, &who, failure).await,
    }
}

/// `POST /account/security/passkeys/{id}` with `name`
pub async fn rename_passkey(ctx: Ctx, who: SignedIn) -> Reply {
    let form = ctx.form()?;
    let name = form.get("name").unwrap_or_default();
    match passkeys::rename(ctx.service(), who.current(), ctx.part("id"), name).await {
        Ok(()) => Ok(frame::done(&ctx, SECURITY, "security-passkey-renamed", &[])),
        Err(error) => again(&ctx, &who, error.into()).await,
    }
}

/// `POST /account/security/passkeys/{id}/remove`
pub async fn remove_passkey(ctx: Ctx, who: SignedIn) -> Reply {
    passkeys::remove(ctx.service(), who.current(), ctx.part("id")).await?;
    Ok(frame::done(&ctx, SECURITY, "security-passkey-removed", &[]))
}

/// `POST /account/security/recovery-codes`
pub async fn renew_recovery(ctx: Ctx, who: SignedIn) -> Reply {
    let made = factors::renew_recovery(ctx.service(), who.current(), &ctx.caller()).await?;
    shown(&ctx, &made, "security-codes")
}

/// `GET /admin/people/{id}/second-factor`
pub async fn confirm_removal(ctx: Ctx, by: Admin) -> Reply {
    let user = users::get(ctx.service(), &by, &id(&ctx)?).await?;
    let name = [("name", Arg::Text(user.username.as_str()))];
    let line =
        Consequence { tone: Tone::Warn, place: None, text: ctx.text("person-factors-here", &[]) };
    let page = ConfirmPage {
        title: ctx.text("person-factors-question", &name),
        lines: vec![line],
        options: Vec::new(),
        action: format!("{}/second-factor", here(&ctx)),
        confirm: ctx.text("person-factors", &[]),
        cancel: here(&ctx),
        destructive: true,
    };
    frame::page(&ctx, &page)
}

/// `POST /admin/people/{id}/second-factor`
pub async fn remove_all(ctx: Ctx, by: Admin) -> Result<Answer, Failure> {
    let id = id(&ctx)?;
    let user = users::get(ctx.service(), &by, &id).await?;
    factors::remove_all(ctx.service(), &by, &id).await?;
    let args = [("name", user.username.as_str())];
    Ok(frame::done(&ctx, &here(&ctx), "person-factors-removed", &args))
}
