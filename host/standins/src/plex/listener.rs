//! The double on the network: connections in, answers out, a transcript of both.
//!
//! Plain HTTP/1.1 on loopback, one port for each server. The state is locked for the length of one handler and
//! never while something waits.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::behaviour::Tokens;
use super::options::Clock;
use super::router;
use super::state::State;
use super::transcript::{self, Transcribed};
use super::wire::{Answer, Call, Content, Service, decorated, error_json, error_xml};
use super::xml::Element;
use crate::faults::{Fault, Faults};

const MAX_BODY: usize = 4 * 1024 * 1024;

type Reply = Response<Full<Bytes>>;

/// What the connections of one double share.
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) state: Mutex<State>,
    pub(super) faults: Faults,
    pub(super) log: Mutex<Log>,
}

/// What was written down.
#[derive(Default)]
pub(super) struct Log {
    pub(super) requests: Vec<Transcribed>,
    pub(super) violations: Vec<String>,
    pub(super) leaks: Vec<String>,
    /// Tokens that arrived at an origin that is none of Plex's.
    pub(super) astray: Vec<String>,
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accepts until the task is ended; connections end with it.
pub(super) async fn accept(listener: TcpListener, service: Service, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        // A failed accept is the peer's doing; the next one may work.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let respond = service_fn(|request| respond(&shared, service, request));
            // Clients hang up as they like, and a cut connection is meant.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), respond).await);
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Binds loopback at `port`, 0 for any.
pub(super) async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await
}

async fn respond(
    shared: &Shared,
    service: Service,
    request: Request<Incoming>,
) -> io::Result<Reply> {
    let call = read(shared, service, request).await?;
    let number = note(shared, &call);
    let route = router::find(&call);
    if route.is_none() && service != Service::Elsewhere {
        shared.log().violations.push(format!("{service:?}: {} {}", call.method, call.path));
    }
    let Some(route) = route else {
        return send(shared, &call, number, Answer::error(404, 1002, "Not found")).await;
    };
    let mut fault = shared.faults.take(&route.name());
    let meant = fault.as_ref().map(|pending| pending.fault);
    if let (Some(Fault::HoldBefore), Some(pending)) = (meant, fault.as_mut()) {
        pending.wait().await;
    }
    let before = match meant {
        Some(Fault::ErrorBefore) => Some(Answer::error(500, 1999, "Internal server error")),
        Some(Fault::CutBefore) => Some(Answer::of(0, Content::Cut)),
        Some(Fault::Html) => {
            let page = "<!doctype html><title>Gateway</title><p>Not what you asked for.";
            Some(Answer::html(200, page.to_owned()))
        }
        _ => None,
    };
    if let Some(answer) = before {
        return send(shared, &call, number, answer).await;
    }
    let answer = route.answer(&mut shared.state(), &call);
    if let (Some(Fault::HoldAfter), Some(pending)) = (meant, fault.as_mut()) {
        pending.wait().await;
    }
    let answer = match meant {
        Some(Fault::ErrorAfter) => Answer::error(500, 1999, "Internal server error"),
        Some(Fault::CutAfter) => Answer::of(0, Content::Cut),
        _ => answer,
    };
    send(shared, &call, number, answer).await
}

async fn read(shared: &Shared, service: Service, request: Request<Incoming>) -> io::Result<Call> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(io::Error::other)?;
    let path = parts.uri.path().to_owned();
    let segments = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
        .collect();
    let query = parts.uri.query().unwrap_or("");
    Ok(Call {
        service,
        method: parts.method.to_string(),
        path,
        segments,
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers,
        body: body.to_bytes(),
        now: (shared.clock)(),
    })
}

/// Writes a request down; gives its place.
fn note(shared: &Shared, call: &Call) -> usize {
    let state = shared.state();
    let (asked, leaks) = transcript::of(&state, call);
    let strict = state.switches.tokens == Tokens::HeaderOnly;
    drop(state);
    let mut log = shared.log();
    if call.service == Service::Elsewhere {
        log.astray.extend(asked.token_of.clone());
    }
    if strict {
        log.violations.extend(leaks.iter().cloned());
    }
    log.leaks.extend(leaks);
    log.requests.push(asked);
    log.requests.len() - 1
}

/// Puts an answer on the wire and its status into the transcript.
async fn send(shared: &Shared, call: &Call, number: usize, answer: Answer) -> io::Result<Reply> {
    let (booleans, extra) = {
        let state = shared.state();
        (state.switches.booleans, state.switches.extra_fields)
    };
    let document = |element: &Element| {
        (Some("application/xml; charset=utf-8"), element.document(booleans, extra).into())
    };
    let json = |value: Value| {
        let text = decorated(value, extra).to_string();
        (Some("application/json; charset=utf-8"), Bytes::from(text))
    };
    let status = answer.status;
    let (media, body): (Option<&str>, Bytes) = match answer.content {
        Content::Empty => (None, Bytes::new()),
        Content::Value(_, value) if call.wants_json() => json(value),
        Content::Value(name, value) => {
            document(&Element::of_json(name, value.get(name).unwrap_or(&value)))
        }
        Content::Xml(element) => document(&element),
        Content::Error(code, message) if call.wants_json() && !call.is_v1() => {
            json(error_json(status, code, &message))
        }
        Content::Error(code, message) => document(&error_xml(call.is_v1(), status, code, &message)),
        Content::Html(page) => (Some("text/html; charset=utf-8"), page.into()),
        Content::Bytes(media, bytes) => (Some(media), bytes),
        Content::Never => std::future::pending().await,
        Content::Cut => {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "cut by script"));
        }
    };
    if let Some(asked) = shared.log().requests.get_mut(number) {
        asked.status = status;
    }
    let mut response = Response::new(Full::new(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let typed = media.map(|media| (CONTENT_TYPE, media.to_owned()));
    let others =
        answer.headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), value));
    for (name, value) in typed.into_iter().chain(others) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}
