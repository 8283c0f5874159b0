//! Signing in and out, for programs.

use super::sessions::SessionView;
use super::users::UserView;
use crate::access::{Reply, SignedIn};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::input::Input;
use crate::kit::Answer;
use crate::wording;
use domain::ids::ProviderId;
use domain::secret::Secret;
use http::HeaderName;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use service::ServiceError;
use service::entrance::Entered;
use service::passwords::{self, PasswordOutcome, PasswordResult};
use service::providers::{self, Kind, Offered};
use service::sessions::{self, Begun, Held, Keep, Tokens};
use service::signin::{self, Credentials};
use views::frame::PRODUCT;

/// The ways to sign in; ours is called by the product's name.
///
/// # Errors
/// Only our own.
pub async fn offered(ctx: &Ctx) -> Result<Offered, Failure> {
    let mut offered = providers::offered(ctx.service()).await?;
    for provider in &mut offered.providers {
        if provider.label.is_empty() {
            PRODUCT.clone_into(&mut provider.label);
        }
    }
    Ok(offered)
}

/// `GET /api/auth/providers`
pub async fn ways(ctx: Ctx) -> Reply {
    Ok(Answer::json(&offered(&ctx).await?))
}

/// A program's new tokens; the one answer that shows them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokensView<'a> {
    access_token: &'a str,
    refresh_token: &'a str,
    expires_at: Timestamp,
    user: UserView,
}

fn tokens(user: domain::users::User, tokens: &Tokens) -> Answer {
    Answer::json(&TokensView {
        access_token: tokens.access.expose(),
        refresh_token: tokens.refresh.expose(),
        expires_at: tokens.expires_at,
        user: user.into(),
    })
}

/// Name and password from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn credentials(mut sent: Input) -> Result<Credentials, Failure> {
    let provider =
        sent.parsed("provider", |text| ProviderId::parse(text).map_err(|_ignored| "choice"));
    let username = sent.required("username");
    let password = sent.secret("password");
    let both = username.zip(password);
    sent.finish(both.map(|(username, password)| Credentials { provider, username, password }))
}

/// A backend that could not tell is "not now", whatever it said.
#[must_use]
pub fn not_now(error: ServiceError) -> Failure {
    match error {
        ServiceError::Backend(fault) => {
            let wait = fault.retry_after.unwrap_or(core::time::Duration::from_secs(30));
            Failure::from(fault).recoded(Code::Unavailable).waiting(wait)
        }
        other => other.into(),
    }
}

/// A program's tokens, or 428 with the ticket for its second factor.
///
/// # Errors
/// 428 `second-factor`.
pub fn entered(entered: Entered) -> Reply {
    let begun = match entered {
        Entered::In(begun) => *begun,
        Entered::SecondFactor(asked) => return Err(Failure::second_factor(&asked)),
    };
    match &begun.held {
        Held::Program(held) => Ok(tokens(begun.user, held)),
        Held::Browser { .. } => Err(Failure::internal("a program was given a cookie")),
    }
}

/// What somebody gets who has given every proof: a program its tokens, a browser its cookie.
#[must_use]
pub fn begun(ctx: &Ctx, begun: &Begun) -> Answer {
    let user = begun.user.clone();
    match &begun.held {
        Held::Program(held) => tokens(user, held),
        Held::Browser { .. } => {
            ctx.hand_over(Answer::json(&json!({ "user": UserView::from(user) })), begun)
        }
    }
}

async fn sign_in(ctx: Ctx, credentials: Credentials) -> Reply {
    let came = signin::login(ctx.service(), &credentials, Keep::Program, &ctx.caller())
        .await
        .map_err(not_now)?;
    entered(came)
}

/// `POST /api/auth/login`
pub async fn login(ctx: Ctx) -> Reply {
    let credentials = credentials(ctx.json()?)?;
    sign_in(ctx, credentials).await
}

/// `POST /api/auth/admin/login`: only local passwords.
pub async fn admin_login(ctx: Ctx) -> Reply {
    let sent = ctx.json()?.put("provider", "local");
    sign_in(ctx, credentials(sent)?).await
}

/// `POST /api/auth/refresh`
pub async fn refresh(ctx: Ctx) -> Reply {
    let mut sent = ctx.json()?;
    let token = sent.secret("refreshToken");
    let token: Secret = sent.finish(token)?;
    let (current, fresh) = sessions::refresh(ctx.service(), token.expose(), &ctx.caller()).await?;
    Ok(tokens(current.user, &fresh))
}

/// `POST /api/auth/logout`
pub async fn logout(ctx: Ctx, who: SignedIn) -> Reply {
    sessions::sign_out(ctx.service(), who.current()).await?;
    let clear = HeaderName::from_static("clear-site-data");
    Ok(ctx.take_back(Answer::no_content()).header(clear, "\"cache\", \"storage\""))
}

/// `GET /api/auth/me`
pub async fn me(ctx: Ctx, who: SignedIn) -> Reply {
    let current = who.current();
    let known = providers::offered(ctx.service()).await?.providers;
    let provider = known.iter().find(|provider| provider.id == current.session.provider);
    let kind = provider.map_or(Kind::Password, |provider| provider.kind);
    Ok(Answer::json(&json!({
        "user": UserView::from(current.user.clone()),
        "provider": { "id": current.session.provider, "kind": kind },
        "session": SessionView::of(&ctx, &current.session),
    })))
}

/// The old password and the new one, from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn password_change(mut sent: Input) -> Result<(Secret, Secret), Failure> {
    let current = sent.secret("current");
    let new = sent.secret("new");
    sent.finish(current.zip(new))
}

#[derive(Serialize)]
struct ResultView {
    backend: ProviderId,
    state: PasswordOutcome,
    message: Option<String>,
}

/// `POST /api/auth/change-password`
pub async fn change_password(ctx: Ctx, who: SignedIn) -> Reply {
    let (current, new) = password_change(ctx.json()?)?;
    let results =
        passwords::change(ctx.service(), who.current(), &current, &new, &ctx.caller()).await?;
    let view = |result: PasswordResult| ResultView {
        backend: result.backend,
        state: result.state,
        message: result.fault.map(|fault| wording::fault_text(&ctx, &fault)),
    };
    let results: Vec<ResultView> = results.into_iter().map(view).collect();
    Ok(Answer::json(&json!({ "results": results })))
}
