//! Accounts that exist on a backend become users.

use super::backends::id;
use super::lists;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::input::{self, Input};
use domain::ids::UserId;
use domain::role::Admin;
use serde::Serialize;
use serde_json::Value;
use service::adopt::{self, Adopted, Adoption};

/// Accounts in one call at most.
const MOST: usize = 1_000;

#[derive(Debug, Serialize)]
struct View {
    account: String,
    outcome: &'static str,
    user: Option<UserId>,
}

impl From<Adopted> for View {
    fn from(adopted: Adopted) -> Self {
        let outcome = adopted.outcome.code();
        Self { account: adopted.account, outcome, user: adopted.outcome.user().cloned() }
    }
}

/// One account's wish, its problems under `accounts.<place>.<field>`.
fn wish(place: usize, sent: &Value) -> Result<Adoption, Failure> {
    let Value::Object(fields) = sent else {
        return Err(Failure::field(&format!("accounts.{place}"), "object"));
    };
    let mut sent = Input::of_json(fields.clone());
    let account = sent.required("account");
    let username = sent.parsed("username", input::username);
    let email = sent.parsed("email", input::email);
    let attach_to = sent.parsed("attachTo", |text| UserId::parse(text).ok_or("id"));
    let wish = account.map(|account| Adoption { account, username, email, attach_to });
    sent.finish(wish).map_err(|bad| bad.renamed(|field| format!("accounts.{place}.{field}")))
}

async fn wishes(ctx: &Ctx, by: &Admin, mut sent: Input) -> Result<Vec<Adoption>, Failure> {
    let everybody = sent.flag("all").unwrap_or_default();
    let listed = match sent.raw("accounts") {
        Some(Value::Array(items)) if items.len() <= MOST => items.clone(),
        None | Some(Value::Null) if everybody => Vec::new(),
        None | Some(Value::Null) => return Err(Failure::field("accounts", "required")),
        Some(_) => return Err(Failure::field("accounts", "list")),
    };
    sent.finish(Some(()))?;
    let mut wishes = Vec::with_capacity(listed.len());
    for (place, one) in listed.iter().enumerate() {
        wishes.push(wish(place, one)?);
    }
    if everybody {
        let candidates = adopt::candidates(ctx.service(), by, &id(ctx)?).await?;
        for candidate in candidates.into_iter().filter(adopt::Candidate::is_ready) {
            let account = candidate.account.id;
            if !wishes.iter().any(|wish| wish.account == account) {
                wishes.push(Adoption { account, username: None, email: None, attach_to: None });
            }
        }
    }
    Ok(wishes)
}

/// `POST /api/backends/{id}/adopt`: `accounts` with `account`, `username`, `email`, `attachTo`, or `all`
/// for everybody whose name is free.
pub async fn adopt(ctx: Ctx, by: Admin) -> Reply {
    let wishes = wishes(&ctx, &by, ctx.json()?).await?;
    if wishes.iter().any(|wish| wish.attach_to.is_some()) {
        ctx.require_recent()?;
    }
    let adopted = adopt::adopt(ctx.service(), &by, &id(&ctx)?, wishes).await?;
    Ok(lists::whole(adopted.into_iter().map(View::from).collect()))
}
