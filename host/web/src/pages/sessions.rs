//! Who is signed in where, as people read it.

use crate::access::{Reply, SignedIn};
use crate::api::auth::offered;
use crate::api::sessions::{device_words, is_current, session_id};
use crate::api::users::id;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use domain::ids::ProviderId;
use domain::role::Admin;
use domain::sessions::Session;
use service::{sessions, users};
use views::sessions as pages;

/// The rows of a list.
///
/// # Errors
/// Only our own.
pub async fn rows(ctx: &Ctx, open: &[Session]) -> Result<Vec<pages::SessionRow>, Failure> {
    let known = offered(ctx).await?.providers;
    let how = |provider: &ProviderId| {
        if provider.as_str() == "login-link" {
            return ctx.text("session-by-link", &[]);
        }
        let there = known.iter().find(|one| one.id == *provider);
        there.map_or_else(|| provider.to_string(), |one| one.label.clone())
    };
    let row = |session: &Session| pages::SessionRow {
        id: session.id.to_string(),
        device: device_words(ctx, session),
        address: session.address().to_owned(),
        how: how(&session.provider),
        since: session.created_at,
        last_seen: session.last_seen,
        current: is_current(ctx, session),
    };
    Ok(open.iter().map(row).collect())
}

/// `POST /account/sessions/{id}/end`
pub async fn end(ctx: Ctx, who: SignedIn) -> Reply {
    sessions::end(ctx.service(), who.current(), &session_id(&ctx, "id")?).await?;
    Ok(frame::done(&ctx, "/account", "session-ended", &[]))
}

/// `POST /account/sign-out-others`
pub async fn end_others(ctx: Ctx, who: SignedIn) -> Reply {
    let _ended: usize = sessions::end_others(ctx.service(), who.current()).await?;
    Ok(frame::done(&ctx, "/account", "account-signed-out-others", &[]))
}

/// `GET /admin/people/{id}/sessions`
pub async fn list_of(ctx: Ctx, by: Admin) -> Reply {
    let user = users::get(ctx.service(), &by, &id(&ctx)?).await?;
    let open = sessions::list(ctx.service(), &user.id).await?;
    let page = pages::SessionsPage {
        id: user.id.to_string(),
        name: user.username.into(),
        sessions: rows(&ctx, &open).await?,
    };
    frame::page(&ctx, &page)
}

/// `POST /admin/people/{id}/sessions/{sid}/end`
pub async fn end_of(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    sessions::end_of(ctx.service(), &by, &id, &session_id(&ctx, "sid")?).await?;
    Ok(frame::done(&ctx, &format!("/admin/people/{id}/sessions"), "session-ended", &[]))
}
