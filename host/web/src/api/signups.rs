//! Sign-ups, for whoever holds an invite.

use super::users::UserView;
use crate::access::{Holder, Reply};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::input::Input;
use crate::kit::Answer;
use crate::kit::stream::{self, Event};
use crate::wording;
use domain::ids::{BackendId, SignupId};
use domain::secret::Secret;
use domain::signups::{SignupState, Why};
use futures_util::Stream;
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use service::invites;
use service::signups::{self, Accepted, Application, Progress, Stage, StepProgress};
use url::Url;

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    id: SignupId,
    state: SignupState,
    username: String,
    accounts: Vec<AccountView>,
    /// What an admin had to say who has not agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    word: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountView {
    backend: BackendId,
    label: String,
    public_url: Option<Url>,
    state: Stage,
    login_name: Option<String>,
    message: Option<String>,
}

fn view(ctx: &Ctx, progress: Progress) -> View {
    let account = |step: StepProgress| AccountView {
        message: step.fault.map(|fault| wording::fault_text(ctx, &fault)),
        backend: step.backend,
        label: step.label,
        public_url: step.public_url,
        state: step.stage,
        login_name: step.login_name,
    };
    View {
        id: progress.id,
        state: progress.state,
        username: progress.username,
        word: match progress.undone {
            Some(Why::Refused { word }) => Some(word),
            Some(Why::Taken { .. } | Why::NotAccepted { .. } | Why::Failed) | None => None,
        },
        accounts: progress.steps.into_iter().map(account).collect(),
    }
}

/// Takes the form: what is wrong with it is told only to whoever holds an open invite.
///
/// # Errors
/// 410, 409, 422, 429, 503.
pub async fn apply(ctx: &Ctx, mut sent: Input) -> Result<Accepted, Failure> {
    let application = Application {
        username: sent.text("username").unwrap_or_default(),
        password: sent.maybe_secret("password").unwrap_or_else(|| Secret::from("")),
        email: sent.text("email"),
        flow: ctx.flow(),
    };
    let (code, caller) = (ctx.part("code"), ctx.caller());
    if !sent.is_fine() {
        invites::offer(ctx.service(), code, &caller).await?;
        return sent.finish(None);
    }
    let browser = ctx.signup_token();
    Ok(signups::accept(ctx.service(), code, application, browser.as_ref(), &caller).await?)
}

/// `POST /api/invites/{code}/accept`
pub async fn accept(ctx: Ctx) -> Reply {
    let accepted = apply(&ctx, ctx.json()?).await?;
    let settled = accepted.progress.state.is_settled();
    let status = if settled { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let told = json!({
        "signup": view(&ctx, accepted.progress),
        "user": accepted.user.map(UserView::from),
    });
    Ok(ctx.hand_over_signup(Answer::json(&told).status(status), &accepted.token))
}

/// The sign-up that the path names.
///
/// # Errors
/// 404 for what can be no id.
pub fn id(ctx: &Ctx) -> Result<SignupId, Failure> {
    SignupId::parse(ctx.part("id")).ok_or_else(|| Failure::of(Code::NotFound))
}

/// How far it is, for whoever may know.
///
/// # Errors
/// 404, also for the token of another sign-up.
pub async fn progress(ctx: &Ctx, id: &SignupId, holder: &Holder) -> Result<Progress, Failure> {
    let shown = match (&holder.admin, &holder.token) {
        (Some(admin), _) => signups::Holder::Admin(admin),
        (None, Some(token)) => signups::Holder::Browser(token.expose()),
        (None, None) => return Err(Failure::of(Code::NotFound)),
    };
    Ok(signups::progress(ctx.service(), id, shown).await?)
}

/// `GET /api/signups/{id}`; with `Accept: text/event-stream` it is told whenever it changes, until it is
/// settled.
pub async fn get(ctx: Ctx, holder: Holder) -> Reply {
    let id = id(&ctx)?;
    let now = view(&ctx, progress(&ctx, &id, &holder).await?);
    if ctx.head.accepts("text/event-stream") {
        return Ok(stream::events(changes(ctx, id, holder)));
    }
    Ok(Answer::json(&now))
}

/// What a stream remembers between two events.
struct Watched {
    ctx: Ctx,
    id: SignupId,
    holder: Holder,
    changes: tokio::sync::watch::Receiver<u64>,
    told: Option<View>,
}

fn changes(ctx: Ctx, id: SignupId, holder: Holder) -> impl Stream<Item = Event> + Send {
    let changes = signups::changes(ctx.service());
    let watched = Watched { ctx, id, holder, changes, told: None };
    futures_util::stream::unfold(watched, |mut watched| async move {
        loop {
            let over = watched.told.as_ref().is_some_and(|view| view.state.is_settled());
            if over || (watched.told.is_some() && watched.changes.changed().await.is_err()) {
                return None;
            }
            watched.changes.mark_unchanged();
            let found = progress(&watched.ctx, &watched.id, &watched.holder).await.ok()?;
            let now = view(&watched.ctx, found);
            if watched.told.as_ref() != Some(&now) {
                let event = Event { name: "signup", data: serde_json::to_string(&now).ok()? };
                watched.told = Some(now);
                return Some((event, watched));
            }
        }
    })
}
