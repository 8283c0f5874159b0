//! The activity: what happened, newest first.
//!
//! Guarantees: a line is written in the transaction of what it tells. Does not: hold a secret, a code
//! or a mail address.

use crate::caller::Caller;
use crate::error::Result;
use crate::house::Service;
use crate::paging::{self, Page};
use domain::activity::{Activity, ActivityKind, Actor, NewActivity};
use domain::role::Admin;
use domain::users::User;
use store::WriteTx;
use store::activity::ActivityFilter;

/// Which lines to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only these; empty: all.
    pub kinds: Vec<ActivityKind>,
    /// Only with this fact: `user`, `backend`, `invite`, ... and its words.
    pub fact: Option<(String, String)>,
    /// Beginnings of words in the facts or of the actor's name.
    pub search: Option<String>,
    /// [`Page::next`] of the page before.
    pub after: Option<String>,
    /// How many; see [`crate::paging::length`].
    pub limit: Option<usize>,
}

/// One page, newest first.
///
/// # Errors
/// `Invalid` for a cursor that is none of ours.
pub async fn list(service: &Service, _by: &Admin, query: &Query) -> Result<Page<Activity>> {
    let request = paging::request(query.after.as_deref(), query.limit, query.search.as_deref())?;
    let filter = ActivityFilter { kinds: query.kinds.clone(), fact: query.fact.clone() };
    service.read(move |tx| Ok(paging::page(tx.activity().page(&request, &filter)?))).await
}

/// An admin as the one who did it.
pub(crate) fn actor(by: &Admin) -> Actor {
    match by.id() {
        Some(_user) => Actor::User(by.name().to_owned()),
        None => Actor::Console,
    }
}

/// A user as the one who did it.
pub(crate) fn oneself(user: &User) -> Actor {
    Actor::User(user.username.to_string())
}

/// Writes a line.
pub(crate) fn note(tx: &WriteTx, line: NewActivity) -> Result<()> {
    tx.activity().append(line)?;
    Ok(())
}

/// A line about a user.
pub(crate) fn about(
    service: &Service,
    actor: Actor,
    kind: ActivityKind,
    user: &User,
) -> NewActivity {
    NewActivity::new(service.now(), actor, kind).with("user", user.username.as_str())
}

/// The same with where the request came from.
pub(crate) fn seen_from(line: NewActivity, caller: &Caller) -> NewActivity {
    line.from_address(caller.address.to_string())
}
