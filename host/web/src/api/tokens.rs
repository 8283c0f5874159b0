//! One's own API tokens.

use super::lists;
use super::login_tokens::end;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::input::Input;
use crate::kit::Answer;
use domain::api_tokens::{ApiToken, Scope};
use domain::role::Admin;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use service::api_tokens::{self, ApiTokenDraft};
use std::collections::BTreeSet;

/// A token without itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenView {
    id: String,
    name: String,
    scopes: BTreeSet<Scope>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    used_at: Option<Timestamp>,
    used_from: Option<String>,
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        let ApiToken { id, name, scopes, created_at, expires_at, used_at, used_from, .. } = token;
        Self { id, name, scopes, created_at, expires_at, used_at, used_from }
    }
}

/// The one answer that shows it.
#[derive(Serialize)]
struct MadeView<'a> {
    token: &'a str,
    #[serde(flatten)]
    about: TokenView,
}

/// A token from a form or from JSON: `name`, `scopes`, and `expiresAt` or `expiresIn`.
///
/// # Errors
/// 422 with each field.
pub fn draft(ctx: &Ctx, mut sent: Input) -> Result<ApiTokenDraft, Failure> {
    sent.required("name");
    let name = sent.note("name", 60).unwrap_or_default();
    let mut scopes = BTreeSet::new();
    for text in sent.list("scopes").unwrap_or_default() {
        match Scope::parse(&text) {
            Ok(scope) => drop(scopes.insert(scope)),
            Err(_unknown) => sent.wrong("scopes", "choice"),
        }
    }
    if scopes.is_empty() && sent.is_fine() {
        sent.wrong("scopes", "required");
    }
    let expires_at = end(ctx, &mut sent);
    sent.finish(Some(ApiTokenDraft { name, scopes, expires_at }))
}

/// `GET /api/tokens`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let tokens = api_tokens::list(ctx.service(), &by).await?;
    Ok(lists::whole(tokens.into_iter().map(TokenView::from).collect()))
}

/// `POST /api/tokens`
pub async fn make(ctx: Ctx, by: Admin) -> Reply {
    let draft = draft(&ctx, ctx.json()?)?;
    let (token, secret) = api_tokens::make(ctx.service(), &by, draft).await?;
    let view = MadeView { token: secret.expose(), about: token.into() };
    Ok(Answer::json(&view).status(StatusCode::CREATED))
}

/// `DELETE /api/tokens/{id}`
pub async fn revoke(ctx: Ctx, by: Admin) -> Reply {
    api_tokens::revoke(ctx.service(), &by, ctx.part("id")).await?;
    Ok(Answer::no_content())
}
