//! What a connection asks of whoever answers, and what it gets back.

use bytes::Bytes;
use core::net::SocketAddr;
use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use std::sync::Arc;

/// What an answer's body may be.
pub type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, core::convert::Infallible>;

/// Who asks, as the socket knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// The other end of the connection: a person's machine, or a proxy.
    pub peer: SocketAddr,
    /// Whether TLS protects it.
    pub tls: bool,
}

/// What answers requests.
pub type Answer =
    Arc<dyn Fn(Request<Incoming>, Visit) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// A plain text answer.
pub(crate) fn text(status: StatusCode, words: &'static str) -> Response<Body> {
    let body = Full::new(Bytes::from_static(words.as_bytes()));
    let mut answer = Response::new(body.boxed_unsync());
    *answer.status_mut() = status;
    let plain = http::HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(http::header::CONTENT_TYPE, plain);
    answer
}
