//! Who is signed in where: one's own sessions, and anybody's for admins.

use super::lists;
use super::users::id;
use crate::access::{Reply, SignedIn};
use crate::context::Ctx;
use crate::device::{self, Device};
use crate::failure::{Code, Failure};
use crate::kit::Answer;
use domain::ids::{ProviderId, SessionId};
use domain::role::Admin;
use domain::sessions::Session;
use jiff::Timestamp;
use serde::Serialize;
use service::{sessions, users};
use views::Arg;

/// A session as its holder and admins see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionView<'a> {
    id: &'a str,
    kind: &'static str,
    provider: &'a ProviderId,
    created_at: Timestamp,
    last_seen: Timestamp,
    expires_at: Timestamp,
    ends_at: Timestamp,
    seen_from: &'a str,
    device: String,
    /// Whether it is the one that asks.
    current: bool,
}

impl<'a> SessionView<'a> {
    /// As whoever asks sees it.
    #[must_use]
    pub fn of(ctx: &Ctx, session: &'a Session) -> Self {
        Self {
            id: session.id.as_str(),
            kind: session.kind.word(),
            provider: &session.provider,
            created_at: session.created_at,
            last_seen: session.last_seen,
            expires_at: session.expires_at,
            ends_at: session.ends_at,
            seen_from: &session.seen_from,
            device: device_words(ctx, session),
            current: is_current(ctx, session),
        }
    }
}

/// Whether it is the one that asks.
#[must_use]
pub fn is_current(ctx: &Ctx, session: &Session) -> bool {
    ctx.viewer.as_ref().is_some_and(|current| current.session.id == session.id)
}

/// What somebody signed in with, in words.
#[must_use]
pub fn device_words(ctx: &Ctx, session: &Session) -> String {
    match device::of(session.agent()) {
        Device::Browser { name, system: Some(system) } => ctx.text(
            "device-browser-on",
            &[("browser", Arg::Text(name)), ("system", Arg::Text(system))],
        ),
        Device::Browser { name, system: None } => name.to_owned(),
        Device::Program(name) => ctx.text("device-program", &[("name", Arg::Text(name))]),
        Device::Unknown => ctx.text("device-unknown", &[]),
    }
}

fn all(ctx: &Ctx, sessions: &[Session]) -> Answer {
    lists::whole(sessions.iter().map(|session| SessionView::of(ctx, session)).collect())
}

/// The session that the path names.
///
/// # Errors
/// 404 for what can be no id.
pub fn session_id(ctx: &Ctx, part: &str) -> Result<SessionId, Failure> {
    SessionId::parse(ctx.part(part)).ok_or_else(|| Failure::of(Code::NotFound))
}

/// `GET /api/auth/sessions`
pub async fn list(ctx: Ctx, who: SignedIn) -> Reply {
    let open = sessions::list(ctx.service(), &who.current().user.id).await?;
    Ok(all(&ctx, &open))
}

/// `DELETE /api/auth/sessions/{id}`: also the one that asks.
pub async fn end(ctx: Ctx, who: SignedIn) -> Reply {
    sessions::end(ctx.service(), who.current(), &session_id(&ctx, "id")?).await?;
    Ok(Answer::no_content())
}

/// `GET /api/users/{id}/sessions`
pub async fn list_of(ctx: Ctx, by: Admin) -> Reply {
    let user = users::get(ctx.service(), &by, &id(&ctx)?).await?;
    let open = sessions::list(ctx.service(), &user.id).await?;
    Ok(all(&ctx, &open))
}

/// `DELETE /api/users/{id}/sessions/{sid}`
pub async fn end_of(ctx: Ctx, by: Admin) -> Reply {
    sessions::end_of(ctx.service(), &by, &id(&ctx)?, &session_id(&ctx, "sid")?).await?;
    Ok(Answer::no_content())
}
