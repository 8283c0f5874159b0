//! Registering, for strangers, where the settings let them.

use super::users::UserView;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::input::Input;
use crate::kit::Answer;
use domain::secret::Secret;
use http::StatusCode;
use serde_json::json;
use service::registration::{self, Form, Registered};

/// Takes the form, from a page or from JSON. What is wrong with it is not told where registration is off.
///
/// # Errors
/// 404, 409, 422, 429, 503.
pub async fn apply(ctx: &Ctx, mut sent: Input) -> Result<Registered, Failure> {
    let form = Form {
        username: sent.text("username").unwrap_or_default(),
        password: sent.maybe_secret("password").unwrap_or_else(|| Secret::from("")),
        email: sent.text("email"),
    };
    let is_off = registration::mode(ctx.service()) == domain::settings::Registration::Off;
    if !is_off && !sent.is_fine() {
        return sent.finish(None);
    }
    Ok(registration::register(ctx.service(), form, &ctx.caller()).await?)
}

/// `POST /api/auth/register`: 201 for somebody who may sign in now, 202 for somebody who waits.
pub async fn register(ctx: Ctx) -> Reply {
    let (status, user) = match apply(&ctx, ctx.json()?).await? {
        Registered::In(user) => (StatusCode::CREATED, user),
        Registered::Waits(user) => (StatusCode::ACCEPTED, user),
    };
    Ok(Answer::json(&json!({ "user": UserView::from(*user) })).status(status))
}
