//! People's pictures.

use crate::access::{Reply, SignedIn};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::kit::Answer;
use domain::ids::UserId;
use http::header::CACHE_CONTROL;
use service::pictures;

/// `GET /api/users/{id}/picture`: for whoever is signed in.
pub async fn get(ctx: Ctx, _who: SignedIn) -> Reply {
    let id = UserId::parse(ctx.part("id")).ok_or_else(|| Failure::of(Code::NotFound))?;
    let picture = pictures::get(ctx.service(), &id).await?;
    let answer = Answer::bytes(&picture.media_type, picture.bytes);
    Ok(answer.header(CACHE_CONTROL, "private, max-age=300"))
}
