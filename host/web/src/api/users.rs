//! Users, for admins.

use super::inviting;
use super::lists::{self, Wish};
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::input::{self, Input};
use crate::kit::Answer;
use crate::wording;
use domain::ids::{BackendId, UserId};
use domain::role::{Admin, Role};
use domain::users::{Account, AccountState, InviteRight, User, UserState};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use service::accounts::{AccountOutcome, AccountResult};
use service::users::{
    self, Changed, Extension, OnBackends, Query, UserDraft, UserOrder, UserPatch,
};

/// A user as programs see one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    id: UserId,
    username: String,
    email: Option<String>,
    email_confirmed: bool,
    role: Role,
    state: UserState,
    expires_at: Option<Timestamp>,
    label: String,
    accounts: Vec<AccountView>,
    setup_admin: bool,
    profile: Option<String>,
    invite_hint: Option<String>,
    created_at: Timestamp,
    last_seen: Option<Timestamp>,
    invite_right: Option<RightView>,
}

/// How far somebody may invite others.
#[derive(Debug, Serialize)]
struct RightView {
    quota: u32,
    profile: Option<String>,
    backends: Vec<BackendId>,
}

impl From<InviteRight> for RightView {
    fn from(right: InviteRight) -> Self {
        Self { quota: right.quota, profile: right.profile, backends: right.backends }
    }
}

/// An account as programs see one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountView {
    backend: BackendId,
    id: String,
    login_name: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    checked_at: Timestamp,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            username: user.username.into(),
            email_confirmed: user.email.as_ref().is_some_and(|email| email.confirmed),
            email: user.email.map(|email| email.address.into()),
            role: user.role,
            state: user.state,
            expires_at: user.expires_at,
            label: user.label,
            accounts: user.accounts.into_iter().map(AccountView::from).collect(),
            setup_admin: user.setup_admin,
            profile: user.profile,
            invite_hint: user.invite_hint,
            created_at: user.created_at,
            last_seen: user.last_seen,
            invite_right: user.invite_right.map(RightView::from),
        }
    }
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let (state, wanted, message) = match account.state {
            AccountState::Active => ("active", None, None),
            AccountState::Disabled => ("disabled", None, None),
            AccountState::Invited => ("invited", None, None),
            AccountState::Gone => ("gone", None, None),
            AccountState::Owed { enabled: true, because } => {
                ("owed", Some("active"), Some(because))
            }
            AccountState::Owed { enabled: false, because } => {
                ("owed", Some("disabled"), Some(because))
            }
        };
        Self {
            backend: account.backend,
            id: account.id,
            login_name: account.login_name,
            state,
            wanted,
            message,
            checked_at: account.checked_at,
        }
    }
}

/// What became of one account.
#[derive(Debug, Serialize)]
struct ResultView {
    backend: BackendId,
    state: AccountOutcome,
    message: Option<String>,
}

fn results(ctx: &Ctx, accounts: Vec<AccountResult>) -> Vec<ResultView> {
    let view = |result: AccountResult| ResultView {
        backend: result.backend,
        state: result.outcome,
        message: result.fault.map(|fault| wording::fault_text(ctx, &fault)),
    };
    accounts.into_iter().map(view).collect()
}

/// The user that the path names.
///
/// # Errors
/// 404 for what can be no id.
pub fn id(ctx: &Ctx) -> Result<UserId, Failure> {
    UserId::parse(ctx.part("id")).ok_or_else(|| Failure::of(Code::NotFound))
}

/// `?state=`, `?role=` and `?backend=` beside the usual query; `sort` is
/// `username` or `-createdAt`.
///
/// # Errors
/// 422.
pub fn query(ctx: &Ctx) -> Result<Query, Failure> {
    let wish = Wish::of(ctx)?;
    let mut asked = Input::default()
        .with("state", ctx.head.query.get("state"))
        .with("role", ctx.head.query.get("role"))
        .with("backend", ctx.head.query.get("backend"))
        .with("sort", ctx.head.query.get("sort"));
    let state = asked.parsed("state", input::word::<UserState>);
    let role = asked.parsed("role", input::word::<Role>);
    let backend = asked.parsed("backend", input::backend_id);
    let order = asked.parsed("sort", |word| match word {
        "username" => Ok(UserOrder::Name),
        "-createdAt" => Ok(UserOrder::Newest),
        _ => Err("choice"),
    });
    asked.finish(Some(Query {
        search: wish.search,
        state,
        role,
        backend,
        order: order.unwrap_or_default(),
        after: wish.after,
        limit: wish.limit,
    }))
}

/// `GET /api/users`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let page = users::list(ctx.service(), &by, &query(&ctx)?).await?;
    Ok(lists::answer(page, UserView::from))
}

/// A new user from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn draft(mut sent: Input) -> Result<UserDraft, Failure> {
    let username = sent.required_as("username", input::username);
    let password = sent.maybe_secret("password");
    let email = sent.parsed("email", input::email);
    let role = sent.parsed("role", input::word::<Role>).unwrap_or(Role::User);
    let label = sent.note("label", 200).unwrap_or_default();
    let expires_at = sent.parsed("expiresAt", input::instant);
    sent.finish(username.map(|username| UserDraft {
        username,
        password,
        email,
        role,
        label,
        expires_at,
    }))
}

/// `POST /api/users`
pub async fn create(ctx: Ctx, by: Admin) -> Reply {
    let draft = draft(ctx.json()?)?;
    if draft.role == Role::Admin {
        ctx.require_recent()?;
    }
    let user = users::create(ctx.service(), &by, draft).await?;
    Ok(Answer::json(&UserView::from(user)).status(StatusCode::CREATED))
}

/// `GET /api/users/{id}`
pub async fn get(ctx: Ctx, by: Admin) -> Reply {
    let user = users::get(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(Answer::json(&UserView::from(user)))
}

/// A change from a form or from JSON, and the state it asks for.
///
/// # Errors
/// 422 with each field.
pub fn changes(mut sent: Input) -> Result<(UserPatch, Option<UserState>), Failure> {
    let username =
        if sent.has("username") { sent.required_as("username", input::username) } else { None };
    let email = sent.change("email", input::email);
    let role = sent.parsed("role", input::word::<Role>);
    let label = sent.note("label", 200);
    let expires_at = sent.change("expiresAt", input::instant);
    let state = sent.parsed("state", |word| match word {
        "active" => Ok(UserState::Active),
        "disabled" => Ok(UserState::Disabled),
        _ => Err("choice"),
    });
    let invite_right = inviting::right(&mut sent);
    let patch = UserPatch { username, email, role, label, expires_at, invite_right };
    sent.finish(Some((patch, state)))
}

/// `PATCH /api/users/{id}`
pub async fn patch(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let (patch, state) = changes(ctx.json()?)?;
    if patch.email.is_some() || patch.role.is_some() {
        ctx.require_recent()?;
    }
    let mut user = users::patch(ctx.service(), &by, &id, patch).await?;
    match state {
        Some(UserState::Active) => user = users::enable(ctx.service(), &by, &id).await?.user,
        Some(UserState::Disabled) => user = users::disable(ctx.service(), &by, &id).await?.user,
        Some(UserState::Pending | UserState::Expired) | None => {}
    }
    Ok(Answer::json(&UserView::from(user)))
}

/// `DELETE /api/users/{id}?accounts=keep|disable|delete`: 204, or 202 where a backend did not answer yet.
pub async fn delete(ctx: Ctx, by: Admin) -> Reply {
    let mut asked = Input::default().with("accounts", ctx.head.query.get("accounts"));
    let accounts = asked.parsed("accounts", input::word::<OnBackends>).unwrap_or(OnBackends::Keep);
    let accounts = asked.finish(Some(accounts))?;
    let removal = users::delete(ctx.service(), &by, &id(&ctx)?, accounts).await?;
    if removal.gone {
        return Ok(Answer::no_content());
    }
    let told = json!({ "gone": false, "results": results(&ctx, removal.accounts) });
    Ok(Answer::json(&told).status(StatusCode::ACCEPTED))
}

fn changed(ctx: &Ctx, changed: Changed) -> Answer {
    let results = results(ctx, changed.accounts);
    Answer::json(&json!({ "user": UserView::from(changed.user), "results": results }))
}

/// `POST /api/users/{id}/enable`
pub async fn enable(ctx: Ctx, by: Admin) -> Reply {
    let done = users::enable(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(changed(&ctx, done))
}

/// `POST /api/users/{id}/disable`
pub async fn disable(ctx: Ctx, by: Admin) -> Reply {
    let done = users::disable(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(changed(&ctx, done))
}

/// `{by: "P30D"}`, `{until: "2027-01-01T00:00:00Z"}` or `{until: null}`.
///
/// # Errors
/// 422.
pub fn extension(mut sent: Input) -> Result<Extension, Failure> {
    let by = sent.parsed("by", input::lifetime).map(Extension::By);
    let until = sent
        .change("until", input::instant)
        .map(|end| end.map_or(Extension::Forever, Extension::Until));
    let wish = by.or(until);
    if wish.is_none() && sent.is_fine() {
        sent.wrong("by", "required");
    }
    sent.finish(wish)
}

/// `POST /api/users/{id}/extend`
pub async fn extend(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let done = users::extend(ctx.service(), &by, &id, extension(ctx.json()?)?).await?;
    Ok(changed(&ctx, done))
}

/// `POST /api/users/{id}/sign-out`
pub async fn sign_out(ctx: Ctx, by: Admin) -> Reply {
    let ended = users::sign_out(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(Answer::json(&json!({ "ended": ended })))
}
