//! For containers and monitors.

use crate::access::Reply;
use crate::context::Ctx;
use crate::kit::Answer;
use http::StatusCode;
use serde_json::json;

/// `GET /healthz`: the process answers.
pub async fn alive(_ctx: Ctx) -> Reply {
    Ok(Answer::text("ok\n"))
}

/// `GET /readyz`: requests can be served, or what is missing. A backend that is down is not missing.
pub async fn ready(ctx: Ctx) -> Reply {
    let readiness = ctx.service().readiness().await;
    let status =
        if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let told = json!({ "ready": readiness.is_ready(), "missing": readiness.missing });
    Ok(Answer::json(&told).status(status))
}

/// `GET /robots.txt`: nothing here is for search engines.
pub async fn robots(_ctx: Ctx) -> Reply {
    Ok(Answer::text("User-agent: *\nDisallow: /\n"))
}
