//! The persons of a home, for the browser whose flow it is; and the identities one has.

use super::users::UserView;
use crate::access::{Reply, SignedIn};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::guard::credential::Credential;
use crate::kit::Answer;
use domain::ids::ProviderId;
use domain::secret::Secret;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use service::ServiceError;
use service::entrance::Entered;
use service::flows::{self, Outcome, Step};
use service::{identities, sessions};

/// The flow of this browser.
async fn flow(ctx: &Ctx) -> Result<(ProviderId, Secret), Failure> {
    let id = ProviderId::parse(ctx.part("provider")).map_err(|_| Failure::of(Code::NotFound))?;
    flows::require(ctx.service(), &id).await?;
    Ok((id, ctx.flow().ok_or_else(|| Failure::of(Code::Gone))?))
}

/// `GET /api/auth/{provider}/home-users`
pub async fn home_users(ctx: Ctx) -> Reply {
    let (id, browser) = flow(&ctx).await?;
    let all = flows::home_users(ctx.service(), &id, &browser).await?;
    Ok(Answer::json(&json!({ "items": all, "next": null })))
}

/// `POST /api/auth/{provider}/switch-profile` with `id`, and `pin`
pub async fn switch_profile(ctx: Ctx) -> Reply {
    let (provider, browser) = flow(&ctx).await?;
    let mut sent = ctx.json()?;
    let chosen = sent.required("id");
    let pin = sent.maybe_secret("pin");
    let chosen = sent.finish(chosen)?;
    let picked =
        flows::pick(ctx.service(), &provider, &browser, (&chosen, pin.as_ref()), &ctx.caller())
            .await;
    match picked {
        Ok(Step::Wait { .. }) => {
            let waits = Answer::json(&json!({ "state": "waiting" }));
            Ok(waits.status(http::StatusCode::ACCEPTED))
        }
        Ok(Step::Choose) => Ok(Answer::json(&json!({ "state": "choose" }))),
        Ok(Step::Done(outcome)) => done(&ctx, outcome).await,
        // It is somebody's, and not whose session this is.
        Err(ServiceError::Taken { .. }) => Err(Failure::of(Code::Conflict)),
        Err(error) => Err(error.into()),
    }
}

async fn done(ctx: &Ctx, outcome: Outcome) -> Reply {
    let answer = match outcome {
        Outcome::Entered(Entered::In(begun), next) => {
            end_former(ctx).await?;
            let view: UserView = begun.user.clone().into();
            let body = json!({ "state": "signed-in", "user": view, "next": next });
            ctx.hand_over(Answer::json(&body), &begun)
        }
        Outcome::Entered(Entered::SecondFactor(asked), _next) => {
            return Err(Failure::second_factor(&asked));
        }
        Outcome::Linked => Answer::json(&json!({ "state": "linked" })),
        Outcome::Proved(invite) => {
            let next = format!("/invite/{}/join", invite.as_str());
            return Ok(Answer::json(&json!({ "state": "proved", "next": next })));
        }
        Outcome::Connected(backend) => {
            Answer::json(&json!({ "state": "connected", "backend": backend }))
        }
    };
    Ok(ctx.take_back_flow(answer))
}

/// The session that the browser had ends where it gets a new one.
async fn end_former(ctx: &Ctx) -> Result<(), Failure> {
    let Credential::Cookie(cookie) = Credential::of(&ctx.head, ctx.visit.transport) else {
        return Ok(());
    };
    match sessions::resolve(ctx.service(), cookie.expose()).await? {
        Some(former) => Ok(sessions::sign_out(ctx.service(), &former).await?),
        None => Ok(()),
    }
}

/// An identity, to its owner.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IdentityView {
    provider: ProviderId,
    issuer: String,
    subject: String,
    name: String,
    login_name: Option<String>,
    email: Option<String>,
    linked_at: Timestamp,
    used_at: Option<Timestamp>,
    /// Whether it may be taken away.
    removable: bool,
}

/// `GET /api/account/identities`
pub async fn identities(ctx: Ctx, who: SignedIn) -> Reply {
    let all = identities::of_user(ctx.service(), &who.current().user.id).await?;
    let view = |one: identities::Mine| IdentityView {
        removable: !one.is_account && !one.is_last,
        provider: one.identity.key.provider,
        issuer: one.identity.key.issuer,
        subject: one.identity.key.subject,
        name: one.identity.display_name,
        login_name: one.identity.login_name,
        email: one.identity.email,
        linked_at: one.identity.linked_at,
        used_at: one.identity.used_at,
    };
    let items: Vec<IdentityView> = all.into_iter().map(view).collect();
    Ok(Answer::json(&json!({ "items": items, "next": null })))
}
