//! What is owed by mail, and what became of it.

use super::words;
use crate::access::Reply;
use crate::api::outbox::{address, because, id, next_at, query, refusal};
use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use domain::ids::UserId;
use domain::outbox::{Attempted, Message, MessageState};
use domain::role::Admin;
use service::{mail, outbox, users};
use std::collections::BTreeMap;
use views::mails as pages;
use views::notices::{ConfirmPage, Consequence};
use views::{Choice, Link, Tone};

/// States to filter by, besides all.
const STATES: [&str; 5] = ["queued", "deferred", "sent", "failed", "dropped"];

const fn state(state: &MessageState) -> pages::MessageState {
    match state {
        MessageState::Queued => pages::MessageState::Queued,
        MessageState::Deferred { .. } => pages::MessageState::Deferred,
        MessageState::Sent { .. } => pages::MessageState::Sent,
        MessageState::Failed { .. } => pages::MessageState::Failed,
        MessageState::Dropped { .. } => pages::MessageState::Dropped,
    }
}

/// Who a message is about: their name and their address.
#[derive(Debug, Clone, Default)]
struct Person {
    link: Option<Link>,
    address: Option<String>,
}

async fn person(ctx: &Ctx, by: &Admin, id: &UserId) -> Person {
    let Ok(user) = users::get(ctx.service(), by, id).await else { return Person::default() };
    let href = format!("/admin/people/{id}");
    Person {
        link: Some(Link { href, text: user.username.into() }),
        address: user.email.map(|email| email.address.into()),
    }
}

/// Why it waits or was given up, in words.
fn reason(ctx: &Ctx, message: &Message) -> Option<String> {
    let words = because(&message.state)?;
    let key = format!("dropped-{words}");
    let is_word = matches!(message.state, MessageState::Dropped { .. });
    let known = is_word && ctx.views().catalogue().has(&key);
    Some(if known { ctx.text(&key, &[]) } else { words.to_owned() })
}

fn row(ctx: &Ctx, message: &Message, person: Person) -> pages::MessageRow {
    pages::MessageRow {
        id: message.id.to_string(),
        kind: message.kind.name().to_owned(),
        to: address(&message.to).or(person.address),
        person: person.link,
        state: state(&message.state),
        because: reason(ctx, message),
        owed_at: message.owed_at,
        next_at: next_at(&message.state),
        ended_at: message.state.closed_at(),
    }
}

/// `GET /admin/mail/outbox?q=&state=&cursor=`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let asked = query(&ctx)?;
    let page = outbox::list(ctx.service(), &by, &asked).await?;
    let mut people: BTreeMap<UserId, Person> = BTreeMap::new();
    for about in page.items.iter().filter_map(|message| message.user.as_ref()) {
        if !people.contains_key(about) {
            people.insert(about.clone(), person(&ctx, &by, about).await);
        }
    }
    let rows = page.items.iter().map(|message| {
        let about = message.user.as_ref().and_then(|about| people.get(about));
        row(&ctx, message, about.cloned().unwrap_or_default())
    });
    let rows = rows.collect();
    let page = pages::OutboxPage {
        narrowed: asked.search.is_some() || asked.state.is_some(),
        states: states(&ctx, asked.state.as_deref()),
        q: asked.search.unwrap_or_default(),
        rows,
        pager: words::pager(&ctx, page.next.as_deref()),
        can_send: mail::list(ctx.service()).iter().any(|view| view.refused.is_none()),
    };
    frame::page(&ctx, &page)
}

fn states(ctx: &Ctx, chosen: Option<&str>) -> Vec<Choice> {
    let all = Choice {
        value: String::new(),
        label: ctx.text("message-state-all", &[]),
        chosen: chosen.is_none(),
    };
    let each = STATES.iter().map(|word| Choice {
        value: (*word).to_owned(),
        label: ctx.text(&format!("message-state-{word}"), &[]),
        chosen: chosen == Some(word),
    });
    core::iter::once(all).chain(each).collect()
}

fn attempt(message: &Message, place: usize, attempted: &Attempted) -> pages::AttemptLine {
    let is_last = place + 1 == message.history.len();
    let tone = match (&message.state, is_last) {
        (MessageState::Sent { .. }, true) => Tone::Good,
        (MessageState::Failed { .. }, true) => Tone::Bad,
        _ => Tone::Warn,
    };
    pages::AttemptLine {
        at: attempted.at,
        tone,
        method: attempted.method.as_ref().map(ToString::to_string),
        words: attempted.words.clone(),
    }
}

async fn page(ctx: &Ctx, by: &Admin) -> Result<pages::MessagePage, Failure> {
    let message = outbox::get(ctx.service(), by, &id(ctx)?).await?;
    let about = match &message.user {
        Some(about) => person(ctx, by, about).await,
        None => Person::default(),
    };
    let (method, remote_id) = match &message.state {
        MessageState::Sent { method, remote_id, .. } => {
            (Some(method.to_string()), remote_id.clone())
        }
        _ => (None, None),
    };
    let numbered = message.history.iter().enumerate().rev();
    Ok(pages::MessagePage {
        row: row(ctx, &message, about),
        method,
        remote_id,
        attempts: message.attempts,
        expires_at: message.expires_at,
        history: numbered.map(|(place, one)| attempt(&message, place, one)).collect(),
        can_retry: !matches!(message.state, MessageState::Sent { .. }),
        can_drop: message.state.is_open(),
        message_id: message.message_id,
        problems: Vec::new(),
    })
}

/// `GET /admin/mail/outbox/{id}`
pub async fn detail(ctx: Ctx, by: Admin) -> Reply {
    frame::page(&ctx, &page(&ctx, &by).await?)
}

fn here(ctx: &Ctx) -> String {
    format!("/admin/mail/outbox/{}", ctx.part("id"))
}

async fn again(ctx: &Ctx, by: &Admin, failure: Failure) -> Reply {
    let page = page(ctx, by).await?;
    words::again(ctx, failure, |problems| pages::MessagePage { problems, ..page })
}

/// `POST /admin/mail/outbox/{id}/retry`
pub async fn retry(ctx: Ctx, by: Admin) -> Reply {
    match outbox::retry(ctx.service(), &by, &id(&ctx)?).await {
        Ok(_message) => Ok(frame::done(&ctx, &here(&ctx), "message-retried", &[])),
        Err(error) => again(&ctx, &by, refusal(&ctx, error)).await,
    }
}

/// `GET /admin/mail/outbox/{id}/drop`
pub async fn confirm_drop(ctx: Ctx, by: Admin) -> Reply {
    let message = outbox::get(ctx.service(), &by, &id(&ctx)?).await?;
    let text = |key| ctx.text(key, &[]);
    let line = |tone, key| Consequence { tone, place: None, text: text(key) };
    let page = ConfirmPage {
        title: text("message-drop-question"),
        lines: vec![line(Tone::Bad, "message-drop-never"), line(Tone::Info, "message-drop-person")],
        options: Vec::new(),
        action: format!("/admin/mail/outbox/{}/drop", message.id),
        confirm: text("message-drop"),
        cancel: here(&ctx),
        destructive: true,
    };
    frame::page(&ctx, &page)
}

/// `POST /admin/mail/outbox/{id}/drop`
pub async fn drop(ctx: Ctx, by: Admin) -> Reply {
    match outbox::drop_message(ctx.service(), &by, &id(&ctx)?).await {
        Ok(_message) => Ok(frame::done(&ctx, &here(&ctx), "message-dropped", &[])),
        Err(error) => again(&ctx, &by, refusal(&ctx, error)).await,
    }
}
