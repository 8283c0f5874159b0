//! Second factors and passkeys, for programs and for the pages' own script.

use super::auth::begun;
use crate::access::{Reply, SignedIn};
use crate::api::users::id;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::input::Input;
use crate::kit::Answer;
use domain::role::Admin;
use domain::secret::Secret;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use service::factors::{self, Overview, PasskeyView, Second};
use service::passkeys::{self, Site};
use service::sessions::Keep;
use views::qr::Qr;

/// Where this request's passkeys belong to.
///
/// # Errors
/// `not-found` where passkeys do not work.
pub fn site(ctx: &Ctx) -> Result<Site, Failure> {
    let settled = ctx.service().settings();
    let site = Site::of(&settled.settings.server, &ctx.visit.origin);
    site.ok_or_else(|| Failure::of(Code::NotFound))
}

/// The ticket that was sent, or that this browser holds.
fn ticket(ctx: &Ctx, sent: &mut Input) -> Option<Secret> {
    sent.maybe_secret("ticket").or_else(|| ctx.ticket()).or_else(|| sent.secret("ticket"))
}

fn credential(sent: &mut Input) -> Option<Value> {
    let found = sent.raw("credential").filter(|value| value.is_object()).cloned();
    if found.is_none() {
        sent.wrong("credential", "required");
    }
    found
}

/// `POST /api/auth/second-factor`
pub async fn second(ctx: Ctx) -> Reply {
    let mut sent = ctx.json()?;
    let both = ticket(&ctx, &mut sent).zip(sent.secret("code"));
    let (ticket, code) = sent.finish(both)?;
    let done = factors::second(ctx.service(), &ticket, Second::Code(code), &ctx.caller()).await?;
    Ok(begun(&ctx, &done))
}

/// `POST /api/auth/passkeys/second/begin`
pub async fn begin_second(ctx: Ctx) -> Reply {
    let mut sent = ctx.json()?;
    let ticket = ticket(&ctx, &mut sent);
    let ticket = sent.finish(ticket)?;
    let site = site(&ctx)?;
    let options = passkeys::begin_second(ctx.service(), &site, &ticket, &ctx.caller()).await?;
    Ok(Answer::json(&options))
}

/// `POST /api/auth/passkeys/second/finish`
pub async fn finish_second(ctx: Ctx) -> Reply {
    let mut sent = ctx.json()?;
    let both = ticket(&ctx, &mut sent).zip(credential(&mut sent));
    let (ticket, credential) = sent.finish(both)?;
    let second = Second::Passkey(Box::new((site(&ctx)?, credential)));
    let done = factors::second(ctx.service(), &ticket, second, &ctx.caller()).await?;
    Ok(begun(&ctx, &done))
}

/// `POST /api/auth/passkeys/login/begin`
pub async fn begin_login(ctx: Ctx) -> Reply {
    let site = site(&ctx)?;
    Ok(Answer::json(&passkeys::begin_signing_in(ctx.service(), &site, &ctx.caller())?))
}

/// `POST /api/auth/passkeys/login/finish`: tokens; a page sends its form instead and gets a cookie.
pub async fn finish_login(ctx: Ctx) -> Reply {
    let mut sent = ctx.json()?;
    let credential = credential(&mut sent);
    let credential = sent.finish(credential)?;
    let site = site(&ctx)?;
    let shown = (&site, credential);
    let done = passkeys::sign_in(ctx.service(), shown, Keep::Program, &ctx.caller()).await?;
    Ok(begun(&ctx, &done))
}

/// A passkey, to its owner.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PasskeyLine<'a> {
    id: &'a str,
    name: &'a str,
    created_at: Timestamp,
    used_at: Option<Timestamp>,
}

fn lines(passkeys: &[PasskeyView]) -> Vec<PasskeyLine<'_>> {
    fn line(one: &PasskeyView) -> PasskeyLine<'_> {
        let PasskeyView { id, name, created_at, used_at } = one;
        PasskeyLine { id, name, created_at: *created_at, used_at: *used_at }
    }
    passkeys.iter().map(line).collect()
}

/// `GET /api/auth/factors`
pub async fn get(ctx: Ctx, who: SignedIn) -> Reply {
    let current = who.current();
    let Overview { totp, passkeys, recovery_left, are_asked, is_required } =
        factors::of(ctx.service(), &current.user).await?;
    Ok(Answer::json(&json!({
        "asked": are_asked,
        "required": is_required,
        "strength": current.session.strength,
        "totp": totp.map(|since| json!({ "since": since })),
        "passkeys": lines(&passkeys),
        "passkeysWorkHere": site(&ctx).is_ok(),
        "recoveryCodesLeft": recovery_left,
    })))
}

fn codes(codes: &[Secret]) -> Value {
    let codes: Vec<&str> = codes.iter().map(|code| code.expose().as_str()).collect();
    json!({ "recoveryCodes": codes })
}

/// `POST /api/auth/totp/begin`
pub async fn begin_totp(ctx: Ctx, who: SignedIn) -> Reply {
    let made = factors::begin_totp(ctx.service(), who.current()).await?;
    Ok(Answer::json(&json!({
        "secret": made.secret.expose(),
        "uri": made.uri.expose(),
        "qr": Qr::of(made.uri.expose()).map(|qr| qr.svg()),
    })))
}

/// `POST /api/auth/totp/confirm`
pub async fn confirm_totp(ctx: Ctx, who: SignedIn) -> Reply {
    let mut sent = ctx.json()?;
    let code = sent.secret("code");
    let code = sent.finish(code)?;
    let made = factors::confirm_totp(ctx.service(), who.current(), &code, &ctx.caller()).await?;
    Ok(Answer::json(&codes(&made)))
}

/// `DELETE /api/auth/totp`
pub async fn remove_totp(ctx: Ctx, who: SignedIn) -> Reply {
    factors::remove_totp(ctx.service(), who.current()).await?;
    Ok(Answer::no_content())
}

/// `POST /api/auth/recovery-codes`
pub async fn renew_recovery(ctx: Ctx, who: SignedIn) -> Reply {
    let made = factors::renew_recovery(ctx.service(), who.current(), &ctx.caller()).await?;
    Ok(Answer::json(&codes(&made)))
}

/// `GET /api/auth/passkeys`
pub async fn passkeys(ctx: Ctx, who: SignedIn) -> Reply {
    let has = factors::of(ctx.service(), &who.current().user).await?;
    Ok(Answer::json(&json!({ "items": lines(&has.passkeys), "next": null })))
}

/// `POST /api/auth/passkeys/register/begin`
pub async fn begin_adding(ctx: Ctx, who: SignedIn) -> Reply {
    let site = site(&ctx)?;
    let options =
        passkeys::begin_adding(ctx.service(), &site, who.current(), &ctx.caller()).await?;
    Ok(Answer::json(&options))
}

/// `POST /api/auth/passkeys/register/finish`
pub async fn add(ctx: Ctx, who: SignedIn) -> Reply {
    let mut sent = ctx.json()?;
    let both = sent.required("name").zip(credential(&mut sent));
    let (name, credential) = sent.finish(both)?;
    let site = site(&ctx)?;
    let (by, caller) = (who.current(), ctx.caller());
    let made = passkeys::add(ctx.service(), &site, (by, &caller), (&name, credential)).await?;
    Ok(Answer::json(&codes(&made)).status(StatusCode::CREATED))
}

/// `PATCH /api/auth/passkeys/{id}`
pub async fn rename(ctx: Ctx, who: SignedIn) -> Reply {
    let mut sent = ctx.json()?;
    let name = sent.required("name");
    let name = sent.finish(name)?;
    passkeys::rename(ctx.service(), who.current(), ctx.part("id"), &name).await?;
    Ok(Answer::no_content())
}

/// `DELETE /api/auth/passkeys/{id}`
pub async fn remove(ctx: Ctx, who: SignedIn) -> Reply {
    passkeys::remove(ctx.service(), who.current(), ctx.part("id")).await?;
    Ok(Answer::no_content())
}

/// `DELETE /api/users/{id}/second-factor`
pub async fn remove_all(ctx: Ctx, by: Admin) -> Reply {
    factors::remove_all(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(Answer::no_content())
}
