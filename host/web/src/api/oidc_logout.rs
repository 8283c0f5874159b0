//! What an issuer tells us by itself: that somebody has signed out there.
//!
//! Does not: take a browser's word; a logout token is signed by the issuer, and whatever is wrong with one
//! is the same 400 to whoever sent it (OpenID Connect Back-Channel Logout 1.0, 2.8). Of an issuer there is
//! not, 404: like every other route of it.

use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::kit::Answer;
use domain::ids::ProviderId;
use http::StatusCode;
use service::{ServiceError, oidc};

/// `POST /api/auth/{provider}/logout`
pub async fn signed_out_there(ctx: Ctx) -> Reply {
    let sent = ctx.form()?;
    let id = ProviderId::parse(ctx.part("provider"));
    let id = id.map_err(|_not| Failure::of(Code::NotFound))?;
    // Without one it is a token that is wrong, of a provider that is looked for first.
    let token = sent.get("logout_token").unwrap_or_default();
    match oidc::signed_out_there(ctx.service(), &id, token, &ctx.caller()).await {
        Ok(_ended) => Ok(Answer::empty(StatusCode::OK)),
        // The service has told the log what is wrong with it.
        Err(ServiceError::Backend(_)) => Err(Failure::of(Code::BadRequest)),
        Err(other) => Err(other.into()),
    }
}
