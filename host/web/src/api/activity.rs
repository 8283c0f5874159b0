//! What happened, for admins.

use super::lists::{self, Wish};
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::input;
use crate::input::Input;
use domain::activity::{Activity, ActivityKind, Actor};
use domain::role::Admin;
use jiff::Timestamp;
use serde::Serialize;
use service::activity::{self, Query};
use std::collections::BTreeMap;

/// One line as programs see it.
#[derive(Debug, Serialize)]
struct Line {
    id: u64,
    at: Timestamp,
    actor: Actor,
    kind: ActivityKind,
    facts: BTreeMap<String, String>,
    from: Option<String>,
}

impl From<Activity> for Line {
    fn from(activity: Activity) -> Self {
        let Activity { id, at, actor, kind, facts, from } = activity;
        Self { id: id.0, at, actor, kind, facts, from }
    }
}

/// `?kind=` (repeated) beside the usual query.
///
/// # Errors
/// 422.
pub fn query(ctx: &Ctx) -> Result<Query, Failure> {
    let wish = Wish::of(ctx)?;
    let mut kinds = Vec::new();
    for word in ctx.head.query.all("kind").filter(|word| !word.is_empty()) {
        let mut asked = Input::default().with("kind", Some(word));
        let kind = asked.parsed("kind", input::word::<ActivityKind>);
        kinds.push(asked.finish(kind)?);
    }
    Ok(Query { kinds, fact: fact(ctx), search: wish.search, after: wish.after, limit: wish.limit })
}

/// `?user=`, `?backend=` and the like: only lines about it.
fn fact(ctx: &Ctx) -> Option<(String, String)> {
    ["user", "backend", "invite", "profile", "plugin"].iter().find_map(|name| {
        let value = ctx.head.query.get(name).filter(|value| !value.is_empty())?;
        Some(((*name).to_owned(), value.to_owned()))
    })
}

/// `GET /api/activity`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let page = activity::list(ctx.service(), &by, &query(&ctx)?).await?;
    Ok(lists::answer(page, Line::from))
}
