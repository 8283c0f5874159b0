//! Invites of whoever was given the right to make some.

use super::invites::{code, expiry, link};
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::input::{self, Input};
use crate::kit::Answer;
use domain::ids::{BackendId, InviteCode};
use domain::invites::{AskEmail, Invite, Standing};
use domain::role::Inviter;
use domain::users::InviteRight;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use service::inviting::{self, MOST_PEOPLE, Wish};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    code: InviteCode,
    url: String,
    label: String,
    state: Standing,
    uses: Option<u32>,
    used: u32,
    expires_at: Option<Timestamp>,
    backends: Vec<BackendId>,
    ask_email: AskEmail,
    email: Option<String>,
    created_at: Timestamp,
}

fn view(ctx: &Ctx, invite: Invite) -> View {
    View {
        url: link(ctx, &invite.code),
        state: invite.standing(ctx.service().now()),
        code: invite.code,
        label: invite.label,
        uses: invite.uses,
        used: invite.used,
        expires_at: invite.expires_at,
        backends: invite.backends,
        ask_email: invite.ask_email,
        email: invite.email.map(String::from),
        created_at: invite.created_at,
    }
}

/// A wish from a form or from JSON. Without `uses` it is for one person.
///
/// # Errors
/// 422 with each field.
pub fn wish(mut sent: Input) -> Result<Wish, Failure> {
    let label = sent.note("label", 200).unwrap_or_default();
    let uses = if sent.has("uses") { sent.number("uses", 1..=MOST_PEOPLE) } else { Some(1) };
    if uses.is_none() && sent.is_fine() {
        sent.wrong("uses", "required");
    }
    let expires = expiry(&mut sent);
    let ask_email = sent.parsed("askEmail", input::word::<AskEmail>).unwrap_or_default();
    let email = sent.parsed("email", input::email);
    sent.finish(uses.map(|uses| Wish { label, uses, expires, ask_email, email }))
}

/// The right to invite, as an admin gives it: `{quota, profile, backends}`, null for none; none where it
/// is not spoken of.
pub fn right(sent: &mut Input) -> Option<Option<InviteRight>> {
    let object = match sent.raw("inviteRight")? {
        Value::Null => return Some(None),
        Value::Object(object) => object.clone(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            sent.wrong("inviteRight", "object");
            return None;
        }
    };
    let mut inside = Input::of_json(object);
    let quota = inside.number("quota", 1..=MOST_PEOPLE);
    if quota.is_none() && inside.is_fine() {
        inside.wrong("quota", "required");
    }
    let profile = inside.text("profile");
    let typed = inside.list("backends").unwrap_or_default();
    let backends: Vec<BackendId> =
        typed.iter().filter_map(|id| BackendId::parse(id).ok()).collect();
    if backends.len() != typed.len() {
        inside.wrong("backends", "unknown");
    }
    for problem in inside.into_problems() {
        sent.problem(problem);
    }
    quota.map(|quota| Some(InviteRight { quota, profile, backends }))
}

/// `GET /api/account/invites`
pub async fn list(ctx: Ctx, by: Inviter) -> Reply {
    let mine = inviting::mine(ctx.service(), &by).await?;
    let items: Vec<View> = mine.invites.into_iter().map(|invite| view(&ctx, invite)).collect();
    Ok(Answer::json(&json!({
        "items": items,
        "next": Value::Null,
        "quota": mine.right.quota,
        "left": mine.left,
    })))
}

/// `POST /api/account/invites`
pub async fn make(ctx: Ctx, by: Inviter) -> Reply {
    let invite = inviting::make(ctx.service(), &by, wish(ctx.json()?)?).await?;
    Ok(Answer::json(&view(&ctx, invite)).status(StatusCode::CREATED))
}

/// `DELETE /api/account/invites/{code}`: nobody else comes in by it.
pub async fn withdraw(ctx: Ctx, by: Inviter) -> Reply {
    inviting::withdraw(ctx.service(), &by, &code(&ctx)?).await?;
    Ok(Answer::no_content())
}
