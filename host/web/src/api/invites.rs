//! Invites, for admins and for whoever holds a link.

use super::lists::{self, Wish};
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::input::{self, Input};
use crate::kit::Answer;
use domain::ids::{BackendId, InviteCode, SignupId, UserId};
use domain::invites::drafts::{Expiry, InviteDraft, InvitePatch};
use domain::invites::{AskEmail, Invite, Standing};
use domain::names::EmailAddress;
use domain::passwords::Rules;
use domain::role::Admin;
use domain::settings::Lifetime;
use domain::signups::{Signup, SignupState};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use service::invites::{self, Grant, Query};
use url::Url;

/// The most people one invite is for.
const MOST_USES: u32 = 1_000_000;

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
    profile: Option<String>,
    account_lifetime: Option<Lifetime>,
    ask_email: AskEmail,
    require_approval: bool,
    email: Option<String>,
    created_by: String,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

/// The whole link of an invite.
#[must_use]
pub fn link(ctx: &Ctx, code: &InviteCode) -> String {
    ctx.address(&format!("/invite/{code}"))
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
        profile: invite.profile,
        account_lifetime: invite.account_lifetime,
        ask_email: invite.ask_email,
        require_approval: invite.require_approval,
        email: invite.email.map(String::from),
        created_by: invite.created_by,
        created_at: invite.created_at,
        revoked_at: invite.revoked_at,
    }
}

/// The invite that the path names.
///
/// # Errors
/// 404 for what can be no code.
pub fn code(ctx: &Ctx) -> Result<InviteCode, Failure> {
    InviteCode::parse(ctx.part("code")).ok_or_else(|| Failure::of(Code::NotFound))
}

/// `?state=open|used-up|over|revoked` beside the usual query.
///
/// # Errors
/// 422.
pub fn query(ctx: &Ctx) -> Result<Query, Failure> {
    let wish = Wish::of(ctx)?;
    let mut asked = Input::default().with("state", ctx.head.query.get("state"));
    let standing = asked.parsed("state", |word| match word {
        "open" => Ok(Standing::Open),
        "used-up" => Ok(Standing::UsedUp),
        "over" => Ok(Standing::Over),
        "revoked" => Ok(Standing::Revoked),
        _ => Err("choice"),
    });
    asked.finish(Some(Query {
        search: wish.search,
        standing,
        after: wish.after,
        limit: wish.limit,
    }))
}

/// `GET /api/invites`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let page = invites::list(ctx.service(), &by, &query(&ctx)?).await?;
    Ok(lists::answer(page, |invite| view(&ctx, invite)))
}

/// `expiresAt` or `expiresIn`; null: never.
pub fn expiry(sent: &mut Input) -> Option<Expiry> {
    let at = sent.change("expiresAt", input::instant);
    let after = sent.change("expiresIn", input::lifetime);
    match (at, after) {
        (Some(Some(_)), Some(Some(_))) => {
            sent.wrong("expiresIn", "choice");
            None
        }
        (Some(Some(at)), _) => Some(Expiry::At(at)),
        (_, Some(Some(life))) => Some(Expiry::In(life)),
        (Some(None), _) | (_, Some(None)) => Some(Expiry::Never),
        (None, None) => None,
    }
}

fn backends(sent: &mut Input) -> Option<Vec<BackendId>> {
    let typed = sent.list("backends")?;
    let ids: Vec<BackendId> = typed.iter().filter_map(|id| BackendId::parse(id).ok()).collect();
    if ids.len() != typed.len() {
        sent.wrong("backends", "unknown");
    }
    Some(ids)
}

/// A new invite from a form or from JSON. Without `uses` it is for one person; null is any number.
///
/// # Errors
/// 422 with each field.
pub fn draft(mut sent: Input) -> Result<InviteDraft, Failure> {
    let label = sent.note("label", 200).unwrap_or_default();
    let uses = if sent.has("uses") { sent.number("uses", 1..=MOST_USES) } else { Some(1) };
    let expires = expiry(&mut sent).unwrap_or(Expiry::Never);
    let profile = sent.text("profile");
    let backends = backends(&mut sent).unwrap_or_default();
    let account_lifetime = sent.parsed("accountLifetime", input::lifetime);
    let ask_email = sent.parsed("askEmail", input::word::<AskEmail>).unwrap_or_default();
    let email = sent.parsed("email", input::email);
    let require_approval = sent.flag("requireApproval") == Some(true);
    sent.finish(Some(InviteDraft {
        label,
        uses,
        expires,
        profile,
        backends,
        account_lifetime,
        ask_email,
        email,
        require_approval,
    }))
}

/// `POST /api/invites`
pub async fn create(ctx: Ctx, by: Admin) -> Reply {
    let invite = invites::create(ctx.service(), &by, draft(ctx.json()?)?).await?;
    Ok(Answer::json(&view(&ctx, invite)).status(StatusCode::CREATED))
}

/// An invite with who came by it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DetailView {
    #[serde(flatten)]
    invite: View,
    signups: Vec<CameView>,
}

/// Somebody who used it, newest first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CameView {
    id: SignupId,
    username: String,
    user: UserId,
    state: SignupState,
    reserved_at: Timestamp,
    settled_at: Option<Timestamp>,
}

impl From<Signup> for CameView {
    fn from(signup: Signup) -> Self {
        Self {
            id: signup.id,
            username: signup.username.to_string(),
            user: signup.user,
            state: signup.state,
            reserved_at: signup.reserved_at,
            settled_at: signup.settled_at,
        }
    }
}

/// `GET /api/invites/{code}`
pub async fn get(ctx: Ctx, by: Admin) -> Reply {
    let code = code(&ctx)?;
    let invite = invites::get(ctx.service(), &by, &code).await?;
    let came = invites::uses(ctx.service(), &by, &code).await?;
    let mut signups: Vec<CameView> = came.into_iter().map(CameView::from).collect();
    signups.sort_by_key(|came| core::cmp::Reverse(came.reserved_at));
    Ok(Answer::json(&DetailView { invite: view(&ctx, invite), signups }))
}

/// A change from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn changes(mut sent: Input) -> Result<InvitePatch, Failure> {
    let label = sent.note("label", 200);
    let uses = sent.has("uses").then(|| sent.number("uses", 1..=MOST_USES));
    let expires = expiry(&mut sent);
    let profile = sent.has("profile").then(|| sent.text("profile"));
    let backends = backends(&mut sent);
    let account_lifetime = sent.change("accountLifetime", input::lifetime);
    let ask_email = sent.parsed("askEmail", input::word::<AskEmail>);
    let email = sent.change("email", input::email);
    let require_approval = sent.flag("requireApproval");
    sent.finish(Some(InvitePatch {
        label,
        uses,
        expires,
        profile,
        backends,
        account_lifetime,
        ask_email,
        email,
        require_approval,
    }))
}

/// `PATCH /api/invites/{code}`; `{revoked: true}` withdraws it.
pub async fn patch(ctx: Ctx, by: Admin) -> Reply {
    let code = code(&ctx)?;
    let mut sent = ctx.json()?;
    let revoked = sent.flag("revoked") == Some(true);
    let mut invite = invites::patch(ctx.service(), &by, &code, changes(sent)?).await?;
    if revoked {
        invite = invites::revoke(ctx.service(), &by, &code).await?;
    }
    Ok(Answer::json(&view(&ctx, invite)))
}

/// `DELETE /api/invites/{code}`
pub async fn delete(ctx: Ctx, by: Admin) -> Reply {
    invites::delete(ctx.service(), &by, &code(&ctx)?).await?;
    Ok(Answer::no_content())
}

/// Where an invite goes by mail.
///
/// # Errors
/// 422.
pub fn recipient(mut sent: Input) -> Result<EmailAddress, Failure> {
    let to = sent.required_as("to", input::email);
    sent.finish(to)
}

/// `POST /api/invites/{code}/send`: 202, since the mail is owed and not yet gone.
pub async fn send(ctx: Ctx, by: Admin) -> Reply {
    let code = code(&ctx)?;
    let to = recipient(ctx.json()?)?;
    invites::send(ctx.service(), &by, &code, &to).await?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfferView {
    invited_by: String,
    accounts: Vec<GrantView>,
    expires_at: Option<Timestamp>,
    account_lifetime: Option<Lifetime>,
    ask_email: AskEmail,
    email: Option<String>,
    name_rules: Vec<String>,
    password: Rules,
    require_approval: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GrantView {
    backend: BackendId,
    label: String,
    public_url: Option<Url>,
}

impl From<Grant> for GrantView {
    fn from(grant: Grant) -> Self {
        Self { backend: grant.backend, label: grant.label, public_url: grant.public_url }
    }
}

/// `GET /api/invites/{code}/offer`
pub async fn offer(ctx: Ctx) -> Reply {
    let offer = invites::offer(ctx.service(), ctx.part("code"), &ctx.caller()).await?;
    Ok(Answer::json(&OfferView {
        invited_by: offer.invited_by,
        accounts: offer.grants.into_iter().map(GrantView::from).collect(),
        expires_at: offer.expires_at,
        account_lifetime: offer.account_lifetime,
        ask_email: offer.ask_email,
        email: offer.email,
        name_rules: offer.name_rules,
        password: offer.password,
        require_approval: offer.require_approval,
    }))
}
