//! The first admin.

use super::users::UserView;
use crate::access::{BeforeSetup, Reply};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::input::{self, Input};
use crate::kit::Answer;
use http::StatusCode;
use serde_json::json;
use service::setup::{self, SetupDraft, SetupState};
use service::{Service, ServiceError};

/// Code, name, password and perhaps more, from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn draft(mut sent: Input) -> Result<SetupDraft, Failure> {
    let code = sent.secret("code");
    let username = sent.required_as("username", input::username);
    let password = sent.secret("password");
    let email = sent.parsed("email", input::email);
    let public_url = sent.parsed("publicUrl", input::web_url);
    let whole = code.zip(username).zip(password);
    sent.finish(whole.map(|((code, username), password)| SetupDraft {
        code,
        username,
        password,
        email,
        public_url,
    }))
}

/// A wrong code is told from a closed door.
#[must_use]
pub fn refusal(service: &Service, error: ServiceError) -> Failure {
    match (error, setup::state(service)) {
        (ServiceError::Gone, SetupState::Needed) => Failure::of(Code::SetupCode),
        (ServiceError::Gone, SetupState::Done) => Failure::of(Code::SetupDone),
        (other, SetupState::Needed | SetupState::Done) => other.into(),
    }
}

/// `POST /api/setup`
pub async fn complete(ctx: Ctx, _door: BeforeSetup) -> Reply {
    let draft = draft(ctx.json()?)?;
    let made = setup::complete(ctx.service(), draft, &ctx.caller()).await;
    let user = made.map_err(|error| refusal(ctx.service(), error))?;
    Ok(Answer::json(&json!({ "user": UserView::from(user) })).status(StatusCode::CREATED))
}
