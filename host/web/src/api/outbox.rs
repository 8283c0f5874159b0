//! Messages that are owed, for admins. What a message says is in no answer.

use super::lists::{self, Wish};
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::kit::Answer;
use domain::ids::{MailId, MessageId, UserId};
use domain::outbox::{Attempted, Message, MessageKind, MessageState, To};
use domain::role::Admin;
use jiff::Timestamp;
use serde::Serialize;
use service::ServiceError;
use service::outbox::{self, Query};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    id: MessageId,
    kind: MessageKind,
    user: Option<UserId>,
    to: Option<String>,
    state: &'static str,
    because: Option<String>,
    owed_at: Timestamp,
    next_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    expires_at: Timestamp,
    attempts: u32,
    method: Option<MailId>,
    remote_id: Option<String>,
    message_id: Option<String>,
    history: Vec<Attempted>,
}

/// Why it waits, or was given up: words, or a word of the catalogue where it was never sent.
#[must_use]
pub fn because(state: &MessageState) -> Option<&str> {
    match state {
        MessageState::Deferred { because, .. }
        | MessageState::Failed { because, .. }
        | MessageState::Dropped { because, .. } => Some(because.as_str()),
        MessageState::Queued | MessageState::Sent { .. } => None,
    }
}

/// When it is tried next.
#[must_use]
pub const fn next_at(state: &MessageState) -> Option<Timestamp> {
    match state {
        MessageState::Deferred { until, .. } => Some(*until),
        MessageState::Queued
        | MessageState::Sent { .. }
        | MessageState::Failed { .. }
        | MessageState::Dropped { .. } => None,
    }
}

/// The address, where it goes to a certain one.
#[must_use]
pub fn address(to: &To) -> Option<String> {
    match to {
        To::User => None,
        To::Address(address) => Some(address.as_str().to_owned()),
    }
}

impl From<Message> for View {
    fn from(message: Message) -> Self {
        let (method, remote_id) = match &message.state {
            MessageState::Sent { method, remote_id, .. } => {
                (Some(method.clone()), remote_id.clone())
            }
            MessageState::Queued
            | MessageState::Deferred { .. }
            | MessageState::Failed { .. }
            | MessageState::Dropped { .. } => (None, None),
        };
        Self {
            id: message.id,
            kind: message.kind,
            user: message.user,
            to: address(&message.to),
            state: message.state.name(),
            because: because(&message.state).map(str::to_owned),
            owed_at: message.owed_at,
            next_at: next_at(&message.state),
            ended_at: message.state.closed_at(),
            expires_at: message.expires_at,
            attempts: message.attempts,
            method,
            remote_id,
            message_id: message.message_id,
            history: message.history,
        }
    }
}

/// The message that the path names.
///
/// # Errors
/// 404 for what can be no id.
pub fn id(ctx: &Ctx) -> Result<MessageId, Failure> {
    MessageId::parse(ctx.part("id")).ok_or_else(|| Failure::of(Code::NotFound))
}

/// `?state=` beside the usual query.
///
/// # Errors
/// 422.
pub fn query(ctx: &Ctx) -> Result<Query, Failure> {
    let wish = Wish::of(ctx)?;
    let state = ctx.head.query.get("state").filter(|word| !word.is_empty()).map(str::to_owned);
    Ok(Query { state, after: wish.after, limit: wish.limit, search: wish.search })
}

/// What cannot be done to a message that is over says why.
#[must_use]
pub fn refusal(ctx: &Ctx, error: ServiceError) -> Failure {
    match error {
        ServiceError::Forbidden { code } => {
            let words = ctx.text(&format!("forbidden-{code}"), &[]);
            Failure::of(Code::Conflict).saying(words)
        }
        other => other.into(),
    }
}

/// `GET /api/mail/outbox`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let page = outbox::list(ctx.service(), &by, &query(&ctx)?).await?;
    Ok(lists::answer(page, View::from))
}

/// `GET /api/mail/outbox/{id}`
pub async fn get(ctx: Ctx, by: Admin) -> Reply {
    Ok(Answer::json(&View::from(outbox::get(ctx.service(), &by, &id(&ctx)?).await?)))
}

/// `POST /api/mail/outbox/{id}/retry`
pub async fn retry(ctx: Ctx, by: Admin) -> Reply {
    let tried = outbox::retry(ctx.service(), &by, &id(&ctx)?).await;
    Ok(Answer::json(&View::from(tried.map_err(|error| refusal(&ctx, error))?)))
}

/// `POST /api/mail/outbox/{id}/drop`
pub async fn drop(ctx: Ctx, by: Admin) -> Reply {
    let dropped = outbox::drop_message(ctx.service(), &by, &id(&ctx)?).await;
    Ok(Answer::json(&View::from(dropped.map_err(|error| refusal(&ctx, error))?)))
}
