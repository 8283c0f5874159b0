//! To a provider and back, for browsers: the way there, the waiting, the choice of a person, what came of it.
//!
//! Guarantees: what binds a flow to its browser is a cookie that no script sees and that goes when the flow
//! ends; a session is never carried over a flow, a new one takes its place; what went wrong is told on a
//! page with a way back. Does not: follow an address that a request brings.

use super::auth;
use crate::access::{Reply, SignedIn};
use crate::context::{Ctx, own_path};
use crate::failure::{Code, Failure};
use crate::frame;
use crate::guard::credential::Credential;
use crate::kit::Answer;
use crate::kit::query::Pairs;
use core::time::Duration;
use domain::flows::FlowPurpose;
use domain::ids::{BackendId, ProviderId};
use domain::providers::{Provider, ProviderKind};
use domain::role::Admin;
use domain::secret::Secret;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use service::ServiceError;
use service::flows::{self, Outcome, Step};
use service::{providers, sessions};
use url::Url;
use views::flows as pages;
use views::notices::{Ended, EndedPage, ErrorPage};
use views::{Arg, Link, Problem};

/// The provider of a path.
///
/// # Errors
/// 404.
pub fn provider_of(ctx: &Ctx) -> Result<ProviderId, Failure> {
    ProviderId::parse(ctx.part("provider")).map_err(|_none| Failure::of(Code::NotFound))
}

/// What people read for a provider.
async fn label(ctx: &Ctx, id: &ProviderId) -> String {
    let offered = providers::offered(ctx.service()).await.ok();
    let ways = offered.map_or_else(Vec::new, |offered| offered.providers);
    let found = ways.into_iter().find(|way| way.id == *id && !way.label.is_empty());
    found.map_or_else(|| id.to_string(), |way| way.label)
}

/// Who is signed in by the browser's cookie: the rows of the API that anybody may call do not ask.
async fn with_viewer(mut ctx: Ctx) -> Result<Ctx, Failure> {
    if let Credential::Cookie(cookie) = Credential::of(&ctx.head, ctx.visit.transport) {
        ctx.viewer = sessions::resolve(ctx.service(), cookie.expose()).await?;
    }
    Ok(ctx)
}

/// Where the provider sends the browser back to. An issuer knows one address of ours, the public one; a
/// backend takes the one at which this browser holds its cookie.
fn callback_url(ctx: &Ctx, provider: &Provider) -> Result<String, String> {
    let path = format!("/api/auth/{}/callback", provider.id);
    let here = format!("{}{}", ctx.visit.origin, ctx.visit.base);
    match &provider.kind {
        ProviderKind::Backend { .. } => Ok(format!("{here}{path}")),
        ProviderKind::Oidc(_) => {
            let there = ctx.address(&path);
            let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
            if origin(&there) == origin(&here) { Ok(there) } else { Err(ctx.address("")) }
        }
    }
}

/// Begins a flow and sends the browser away.
///
/// # Errors
/// The service's.
pub async fn send_away(ctx: &Ctx, id: &ProviderId, purpose: FlowPurpose) -> Reply {
    let (label, begun) = match begun(ctx, id, purpose).await? {
        Beginning::Begun(begun) => (label(ctx, id).await, begun),
        Beginning::Elsewhere(answer) => return Ok(answer),
    };
    let page = pages::AwayPage { label, url: begun.url.clone() };
    Ok(hand_over(ctx, frame::page(ctx, &page)?, &begun))
}

enum Beginning {
    Begun(flows::Begun),
    /// At the address that the issuer knows.
    Elsewhere(Answer),
}

async fn begun(
    ctx: &Ctx,
    id: &ProviderId,
    purpose: FlowPurpose,
) -> Result<Beginning, ServiceError> {
    let provider = providers::find(ctx.service(), id).await?;
    let provider = provider.ok_or(ServiceError::NotFound { what: "provider" })?;
    let callback = match callback_url(ctx, &provider) {
        Ok(callback) => callback,
        Err(public) => {
            let path = match &purpose {
                FlowPurpose::SignIn { .. } | FlowPurpose::Again { .. } => {
                    let query = ctx.head.query.with(&[]);
                    format!("{}?{query}", ctx.head.path)
                }
                FlowPurpose::Link { .. } => "/account/identities".to_owned(),
                FlowPurpose::SignUp { invite } => format!("/invite/{}", invite.as_str()),
                FlowPurpose::Connect { backend, .. } => format!("/admin/backends/{backend}"),
            };
            return Ok(Beginning::Elsewhere(Answer::see_other(&format!("{public}{path}"))));
        }
    };
    flows::begin(ctx.service(), id, purpose, &callback, &ctx.caller()).await.map(Beginning::Begun)
}

fn hand_over(ctx: &Ctx, answer: Answer, begun: &flows::Begun) -> Answer {
    ctx.hand_over_flow(answer, &begun.browser, flows::left(ctx.service(), begun))
}

/// `GET /api/auth/{provider}/login?next=`
pub async fn login(ctx: Ctx) -> Reply {
    let ctx = with_viewer(ctx).await?;
    let id = provider_of(&ctx)?;
    let query = &ctx.head.query;
    let next = query.get("next").and_then(own_path).map(str::to_owned);
    let purpose = match &ctx.viewer {
        Some(current) if query.get("again").is_some() => FlowPurpose::Again {
            user: current.user.id.clone(),
            session: current.session.id.clone(),
            next,
        },
        Some(_) | None => FlowPurpose::SignIn { next, remembered: query.get("keep").is_some() },
    };
    let by_form = query.get("via").is_some();
    match begun(&ctx, &id, purpose).await {
        Ok(Beginning::Begun(begun)) if by_form => {
            let page = pages::AwayPage { label: label(&ctx, &id).await, url: begun.url.clone() };
            Ok(hand_over(&ctx, frame::page(&ctx, &page)?, &begun))
        }
        Ok(Beginning::Begun(begun)) => Ok(hand_over(&ctx, Answer::see_other(&begun.url), &begun)),
        Ok(Beginning::Elsewhere(answer)) => Ok(answer),
        Err(error) => told(&ctx, &id, error, "/login").await,
    }
}

/// Where somebody goes who gives up.
fn way_back(purpose: Option<&FlowPurpose>) -> String {
    match purpose {
        None | Some(FlowPurpose::SignIn { .. }) => "/login".to_owned(),
        Some(FlowPurpose::Link { .. }) => "/account/identities".to_owned(),
        Some(FlowPurpose::SignUp { invite }) => format!("/invite/{}", invite.as_str()),
        Some(FlowPurpose::Again { .. }) => "/account".to_owned(),
        Some(FlowPurpose::Connect { backend, .. }) => format!("/admin/backends/{backend}"),
    }
}

/// Where to begin anew, with what was wished the first time.
fn way_again(id: &ProviderId, purpose: Option<&FlowPurpose>) -> String {
    match purpose {
        Some(FlowPurpose::SignIn { next, remembered }) => {
            let keep = if *remembered { "on" } else { "" };
            let changes = [("next", next.as_deref().unwrap_or_default()), ("keep", keep)];
            format!("/api/auth/{id}/login?{}", Pairs::default().with(&changes))
        }
        other => way_back(other),
    }
}

/// `GET /api/auth/{provider}/callback`
pub async fn callback(ctx: Ctx) -> Reply {
    let ctx = with_viewer(ctx).await?;
    let id = provider_of(&ctx)?;
    flows::require(ctx.service(), &id).await?;
    let Some(browser) = ctx.flow() else {
        return told(&ctx, &id, ServiceError::Gone, "/login").await;
    };
    let under_way = flows::under_way(ctx.service(), &browser).await?;
    let purpose = under_way.map(|(_provider, purpose)| purpose);
    let said: Vec<(String, String)> =
        ctx.head.query.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    match flows::come_back(ctx.service(), &id, &browser, &said, &ctx.caller()).await {
        Ok(step) => stepped(&ctx, &id, step, purpose.as_ref()).await,
        // Somebody signs up who is here already: they sign in instead.
        Err(error @ ServiceError::Taken { .. })
            if matches!(purpose, Some(FlowPurpose::SignUp { .. })) =>
        {
            told(&ctx, &id, error, "/login").await
        }
        Err(error) => told(&ctx, &id, error, &way_back(purpose.as_ref())).await,
    }
}

async fn stepped(ctx: &Ctx, id: &ProviderId, step: Step, purpose: Option<&FlowPurpose>) -> Reply {
    match step {
        Step::Wait { after } => {
            let page = pages::WaitPage {
                label: label(ctx, id).await,
                refresh_seconds: after.max(Duration::from_secs(2)).as_secs(),
                again: way_again(id, purpose),
                back: way_back(purpose),
            };
            frame::page(ctx, &page)
        }
        Step::Choose => Ok(ctx.go("/login/home-user")),
        Step::Done(outcome) => done(ctx, outcome).await,
    }
}

async fn done(ctx: &Ctx, outcome: Outcome) -> Reply {
    let answer = match outcome {
        Outcome::Entered(entered, next) => auth::come_in(ctx, entered, next.as_deref()).await?,
        Outcome::Linked => frame::done(ctx, "/account/identities", "identity-linked", &[]),
        // The form takes what the flow has proved: its cookie stays until then.
        Outcome::Proved(invite) => return Ok(ctx.go(&format!("/invite/{}/join", invite.as_str()))),
        Outcome::Connected(backend) => {
            frame::done(ctx, &format!("/admin/backends/{backend}"), "flow-connected", &[])
        }
    };
    Ok(ctx.take_back_flow(answer))
}

/// What went wrong, in words, with a way back.
async fn told(ctx: &Ctx, id: &ProviderId, error: ServiceError, back: &str) -> Reply {
    let (word, status) = match &error {
        ServiceError::Forbidden { code: code @ ("disabled" | "expired") } => {
            let reason = if *code == "disabled" { Ended::Disabled } else { Ended::Expired };
            let page = EndedPage { reason, since: None };
            let answer = page_at_root(ctx, &page)?.status(StatusCode::FORBIDDEN);
            return Ok(ctx.take_back_flow(answer));
        }
        ServiceError::Pending { user, .. } => {
            return Ok(ctx.take_back_flow(ctx.wait_for_word(user)));
        }
        ServiceError::Forbidden { code: "denied" } => ("denied", StatusCode::FORBIDDEN),
        ServiceError::Forbidden { code: "invited" } => ("invited", StatusCode::FORBIDDEN),
        ServiceError::Forbidden { code: "not-admitted" } => ("not-admitted", StatusCode::FORBIDDEN),
        ServiceError::Forbidden { code: "somebody-else" } => {
            ("somebody-else", StatusCode::FORBIDDEN)
        }
        ServiceError::Taken { .. } => ("taken", StatusCode::CONFLICT),
        ServiceError::Gone => ("over", StatusCode::GONE),
        ServiceError::Unauthorized => ("session-over", StatusCode::UNAUTHORIZED),
        ServiceError::Throttled { .. } => ("too-many", StatusCode::TOO_MANY_REQUESTS),
        ServiceError::Backend(fault) => match Failure::from(fault.clone()).code() {
            Code::Unavailable => ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
            _ => ("failed", StatusCode::BAD_GATEWAY),
        },
        _ => return Err(error.into()),
    };
    if matches!(error, ServiceError::Backend(_)) {
        tracing::info!(provider.id = %id, error = %error, "a sign-in elsewhere did not go on");
    }
    let name = label(ctx, id).await;
    let args = [("name", Arg::Text(name.as_str()))];
    let page = ErrorPage {
        title: ctx.text(&format!("flow-{word}"), &args),
        detail: ctx.text(&format!("flow-{word}-help"), &args),
        link: Some(Link { href: back.to_owned(), text: ctx.text("flow-back", &[]) }),
        reference: None,
    };
    let answer = page_at_root(ctx, &page)?.status(status);
    let answer = match &error {
        ServiceError::Throttled { retry_after } => answer.retry_after(*retry_after),
        _ => answer,
    };
    // One that a backend does not answer may go on in a moment.
    let goes_on = matches!(error, ServiceError::Backend(_) | ServiceError::Throttled { .. });
    Ok(if goes_on { answer } else { ctx.take_back_flow(answer) })
}

/// A page whose way back from a change of colours shows nothing of the query.
fn page_at_root<P: views::Page>(ctx: &Ctx, page: &P) -> Reply {
    let mut frame = frame::frame(ctx);
    frame.path = "/".to_owned();
    frame::page_in(ctx, &frame, page)
}

/// The flow of this browser in which a person is to be chosen.
struct Choosing {
    browser: Secret,
    id: ProviderId,
    purpose: FlowPurpose,
}

async fn choosing(ctx: &Ctx) -> Result<Option<Choosing>, Failure> {
    let Some(browser) = ctx.flow() else { return Ok(None) };
    let under_way = flows::under_way(ctx.service(), &browser).await?;
    Ok(under_way.map(|(id, purpose)| Choosing { browser, id, purpose }))
}

async fn chooser(
    ctx: &Ctx,
    flow: &Choosing,
    (chosen, problems): (&str, Vec<Problem>),
) -> Result<pages::HomeUserPage, ServiceError> {
    let people = flows::home_users(ctx.service(), &flow.id, &flow.browser).await?;
    let person = |(number, one): (usize, flows::HomeUserView)| pages::HomePerson {
        picture: one.has_picture.then(|| format!("/login/home-user/picture/{number}")),
        initial: one.name.chars().next().unwrap_or('?').to_uppercase().collect(),
        chosen: one.id == chosen,
        id: one.id,
        name: one.name,
        needs_pin: one.needs_pin,
        restricted: one.restricted,
    };
    Ok(pages::HomeUserPage {
        label: label(ctx, &flow.id).await,
        people: people.into_iter().enumerate().map(person).collect(),
        back: way_back(Some(&flow.purpose)),
        problems,
    })
}

/// `GET /login/home-user`
pub async fn home_user_form(ctx: Ctx) -> Reply {
    let Some(flow) = choosing(&ctx).await? else { return Ok(ctx.go("/login")) };
    match chooser(&ctx, &flow, ("", Vec::new())).await {
        Ok(page) => frame::page(&ctx, &page),
        Err(error) => told(&ctx, &flow.id, error, &way_back(Some(&flow.purpose))).await,
    }
}

/// `GET /login/home-user/picture/{number}`: of one of those to choose from, for this browser only. It may
/// stand for somebody else in the next flow, so no browser keeps it.
pub async fn home_user_picture(ctx: Ctx) -> Reply {
    let none = || Failure::of(Code::NotFound);
    let number = ctx.part("number").parse().map_err(|_none| none())?;
    let flow = choosing(&ctx).await?.ok_or_else(none)?;
    let picture = flows::picture(ctx.service(), &flow.id, &flow.browser, number).await?;
    let answer = Answer::bytes(&picture.media_type, picture.bytes.clone());
    Ok(answer.header(CACHE_CONTROL, "no-store"))
}

/// `POST /login/home-user` with `id`, and `pin`
pub async fn home_user(ctx: Ctx) -> Reply {
    let form = ctx.form()?;
    let Some(flow) = choosing(&ctx).await? else { return Ok(ctx.go("/login")) };
    let chosen = form.get("id").unwrap_or_default();
    let pin = form.get("pin").map(Secret::from);
    let caller = ctx.caller();
    let picked =
        flows::pick(ctx.service(), &flow.id, &flow.browser, (chosen, pin.as_ref()), &caller).await;
    let error = match picked {
        Ok(step) => return stepped(&ctx, &flow.id, step, Some(&flow.purpose)).await,
        Err(error) => error,
    };
    let (key, status) = match &error {
        ServiceError::Forbidden { code: "wrong-pin" } => ("flow-wrong-pin", StatusCode::FORBIDDEN),
        ServiceError::Invalid { .. } => ("flow-missing-pin", StatusCode::UNPROCESSABLE_ENTITY),
        ServiceError::Throttled { .. } => ("flow-too-many-help", StatusCode::TOO_MANY_REQUESTS),
        _ => return told(&ctx, &flow.id, error, &way_back(Some(&flow.purpose))).await,
    };
    let problems = vec![Problem::overall(ctx.text(key, &[]))];
    match chooser(&ctx, &flow, (chosen, problems)).await {
        Ok(page) => Ok(frame::page(&ctx, &page)?.status(status)),
        Err(error) => told(&ctx, &flow.id, error, &way_back(Some(&flow.purpose))).await,
    }
}

/// `POST /account/identities/link/{provider}`
pub async fn link(ctx: Ctx, who: SignedIn) -> Reply {
    let id = provider_of(&ctx)?;
    let current = who.current();
    let purpose =
        FlowPurpose::Link { user: current.user.id.clone(), session: current.session.id.clone() };
    send_away(&ctx, &id, purpose).await
}

/// `POST /admin/backends/{id}/connect`: an admin signs in there, so that we may act for them.
pub async fn connect(ctx: Ctx, _by: Admin) -> Reply {
    let none = || Failure::of(Code::NotFound);
    let backend = BackendId::parse(ctx.part("id")).map_err(|_none| none())?;
    let current = ctx.viewer.clone().ok_or_else(|| Failure::of(Code::SignIn))?;
    let all = providers::all(ctx.service()).await?;
    let is_its = |provider: &&Provider| matches!(&provider.kind, ProviderKind::Backend { backend: its } if *its == backend);
    let id = all.iter().find(is_its).map(|provider| provider.id.clone()).ok_or_else(none)?;
    let purpose =
        FlowPurpose::Connect { backend, user: current.user.id, session: current.session.id };
    send_away(&ctx, &id, purpose).await
}
