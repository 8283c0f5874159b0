//! Style, script, icons: under an address that names their content.

use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::kit::Answer;
use views::assets;

/// `GET /assets/{hash}/{name}`
pub async fn asset(ctx: Ctx) -> Reply {
    let asset = assets::find(&ctx.head.path).ok_or_else(|| Failure::of(Code::NotFound))?;
    let known = ctx.head.header(http::header::IF_NONE_MATCH);
    Ok(Answer::immutable(asset.content_type, asset.bytes.to_vec(), &asset.hash, known))
}
