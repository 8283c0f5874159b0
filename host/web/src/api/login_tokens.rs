//! Login tokens, and the key that signs access tokens.

use super::auth::entered;
use super::users::id;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::input::{self, Input};
use crate::kit::Answer;
use domain::role::Admin;
use domain::settings::Lifetime;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use service::login_tokens::{self, LoginToken, LoginTokenDraft, LoginTokenView};
use service::rotation::{self, Former};
use service::sessions::Keep;

/// What is known of one that was made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenView {
    once: bool,
    created_at: Timestamp,
    expires_at: Timestamp,
    used_at: Option<Timestamp>,
}

impl From<LoginTokenView> for TokenView {
    fn from(view: LoginTokenView) -> Self {
        let LoginTokenView { once, created_at, expires_at, used_at } = view;
        Self { once, created_at, expires_at, used_at }
    }
}

/// The one answer that shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MadeView<'a> {
    token: &'a str,
    url: String,
    #[serde(flatten)]
    about: TokenView,
}

/// The whole address of one that was just made; below the address of this request where no public one is
/// set.
#[must_use]
pub fn address(ctx: &Ctx, made: &LoginToken) -> String {
    made.url.as_ref().map_or_else(|| ctx.address(made.path.expose()), |url| url.expose().clone())
}

/// `once`, and `expiresAt` or `expiresIn`, from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn draft(ctx: &Ctx, mut sent: Input) -> Result<LoginTokenDraft, Failure> {
    let once = sent.flag("once").unwrap_or(true);
    let expires_at = end(ctx, &mut sent);
    sent.finish(Some(LoginTokenDraft { once, expires_at }))
}

/// An end as `expiresAt` or `expiresIn`.
pub fn end(ctx: &Ctx, sent: &mut Input) -> Option<Timestamp> {
    let at = sent.parsed("expiresAt", input::instant);
    let life: Option<Lifetime> = sent.parsed("expiresIn", input::lifetime);
    let after = life.map(|life| life.after(ctx.service().now()));
    if after == Some(None) {
        sent.wrong("expiresIn", "too-far");
    }
    at.or(after.flatten())
}

/// `POST /api/users/{id}/login-token`
pub async fn make(ctx: Ctx, by: Admin) -> Reply {
    let draft = draft(&ctx, ctx.json()?)?;
    let made = login_tokens::make(ctx.service(), &by, &id(&ctx)?, draft).await?;
    let view = MadeView {
        token: made.token.expose(),
        url: address(&ctx, &made),
        about: made.about.into(),
    };
    Ok(Answer::json(&view).status(StatusCode::CREATED))
}

/// `GET /api/users/{id}/login-token`: 404 where there is none.
pub async fn get(ctx: Ctx, by: Admin) -> Reply {
    let none = service::ServiceError::NotFound { what: "login token" };
    let known = login_tokens::of(ctx.service(), &by, &id(&ctx)?).await?.ok_or(none)?;
    Ok(Answer::json(&TokenView::from(known)))
}

/// `DELETE /api/users/{id}/login-token`
pub async fn revoke(ctx: Ctx, by: Admin) -> Reply {
    login_tokens::revoke(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(Answer::no_content())
}

/// `POST /api/auth/token/login`
pub async fn login(ctx: Ctx) -> Reply {
    let mut sent = ctx.json()?;
    let token = sent.secret("token");
    let token = sent.finish(token)?;
    let came =
        login_tokens::enter(ctx.service(), token.expose(), Keep::Program, &ctx.caller()).await?;
    entered(came)
}

/// `POST /api/keys/rotate` with `refuseFormer`
pub async fn rotate(ctx: Ctx, by: Admin) -> Reply {
    let mut sent = ctx.json()?;
    let refuse = sent.flag("refuseFormer").unwrap_or(false);
    let former = sent.finish(Some(if refuse { Former::Refuse } else { Former::Verify }))?;
    let rotated = rotation::rotate(ctx.service(), &by, former).await?;
    Ok(Answer::json(&json!({ "kid": rotated.kid, "until": rotated.until })))
}
