//! The stand-in on the network: connections in, answers out, a transcript of both.
//!
//! Plain HTTP/1.1 on loopback. The state is locked for the length of one handler and never while
//! something waits.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::options::Phase;
use super::router::{Found, find};
use super::server::{Server, Transcribed};
use super::system;
use super::wire::{Answer, Call, Content, camel_case, dotnet_json};
use crate::faults::Fault;

/// A picture is the largest thing anybody sends.
const MAX_BODY: usize = 32 * 1024 * 1024;

type Payload = BoxBody<Bytes, Infallible>;

/// Accepts until the task is ended; connections end with it.
pub(super) async fn accept(listener: TcpListener, server: Arc<Server>) {
    let mut connections = JoinSet::new();
    loop {
        // A failed accept is the peer's doing; the next one may work.
        let Ok((stream, peer)) = listener.accept().await else { continue };
        let server = Arc::clone(&server);
        connections.spawn(async move {
            let service = service_fn(|request| respond(&server, request, peer));
            // Clients hang up as they like, and a cut connection is meant.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Binds loopback at `port`, 0 for any.
pub(super) async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await
}

/// Ends the connection without an answer; the transcript says 0.
fn cut(server: &Server, call: &Call) -> io::Error {
    let (method, path) = (call.method.to_string(), call.path.clone());
    server.transcribe(Transcribed { method, path, status: 0 });
    io::Error::new(io::ErrorKind::ConnectionAborted, "cut by script")
}

async fn respond(
    server: &Arc<Server>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> io::Result<Response<Payload>> {
    let call = read(server, request, peer.ip()).await?;
    let phase = server.phase();
    if let Some(answer) = closed(server, phase, &call) {
        return Ok(write(server, &call, answer, None));
    }
    let (release, mode) = (server.release, server.mode);
    let route = match find(release, mode, &call) {
        Found::Route(route) => route,
        Found::OfAnotherLine(answer) => return Ok(write(server, &call, answer, None)),
        Found::Unknown(answer) => {
            server.violation(format!("{} {}", call.method, call.path));
            return Ok(write(server, &call, answer, None));
        }
    };
    let mut fault = server.faults.take(&format!("{} {}", route.method, route.pattern));
    let shown = Some(route.pattern);
    match fault.as_ref().map(|pending| pending.fault) {
        Some(Fault::ErrorBefore) => {
            return Ok(write(server, &call, Answer::thrown(500), shown));
        }
        Some(Fault::Html) => {
            let page = "<!doctype html><title>Gateway</title><p>Not what you asked for.";
            return Ok(write(server, &call, Answer::html(200, page.to_owned()), shown));
        }
        Some(Fault::CutBefore) => return Err(cut(server, &call)),
        Some(Fault::HoldBefore) => wait(fault.as_mut()).await,
        _ => {}
    }
    let answer = server.with_state(|state| {
        state.next_arrival = server.arrivals.load(Ordering::SeqCst);
        route.answer(state, &call)
    });
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    match fault.as_ref().map(|pending| pending.fault) {
        Some(Fault::ErrorAfter) => Ok(write(server, &call, Answer::thrown(500), shown)),
        Some(Fault::CutAfter) => Err(cut(server, &call)),
        Some(Fault::HoldAfter) => {
            wait(fault.as_mut()).await;
            Ok(write(server, &call, answer, shown))
        }
        Some(Fault::Slow(step)) => Ok(slowly(write(server, &call, answer, shown), step)),
        _ => Ok(write(server, &call, answer, shown)),
    }
}

async fn wait(fault: Option<&mut crate::faults::Pending>) {
    if let Some(pending) = fault {
        pending.wait().await;
    }
}

/// The answers of a server that is not up yet or on its way down.
fn closed(server: &Server, phase: Phase, call: &Call) -> Option<Answer> {
    let page = || "<!doctype html><title>Jellyfin</title><p>Starting.".to_owned();
    match phase {
        Phase::Healthy => None,
        Phase::Closing => Some(Answer::html(503, page())),
        Phase::Starting => Some(match call.path.to_ascii_lowercase().as_str() {
            "/health" => Answer::text("Degraded"),
            "/system/info/public" => server.with_state(|state| {
                let mut info = system::public_info(state);
                info.insert("StartupWizardCompleted".into(), false.into());
                Answer::json(camel_case(&info.into()))
            }),
            _ => Answer::html(503, page()).with("retry-after", "005"),
        }),
    }
}

async fn read(server: &Server, request: Request<Incoming>, peer: IpAddr) -> io::Result<Call> {
    let arrival = server.arrivals.fetch_add(1, Ordering::SeqCst);
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
        method: parts.method,
        path,
        segments,
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers,
        body: body.to_bytes(),
        now: server.now(),
        arrival,
        peer,
    })
}

/// Puts an answer on the wire and into the transcript.
fn write(server: &Server, call: &Call, answer: Answer, pattern: Option<&str>) -> Response<Payload> {
    // The one path with a secret in it is written down by its pattern.
    let secret = pattern.filter(|pattern| pattern.contains("{key}"));
    server.transcribe(Transcribed {
        method: call.method.to_string(),
        path: secret.unwrap_or(&call.path).to_owned(),
        status: answer.status,
    });
    let camel =
        call.header("accept").is_some_and(|accept| accept.contains("profile=\"CamelCase\""));
    let json = "application/json; charset=utf-8";
    let (media, body): (Option<String>, Bytes) = match answer.content {
        Content::Empty => (None, Bytes::new()),
        Content::Text(text) => (Some("text/plain".into()), Bytes::from_static(text.as_bytes())),
        Content::Html(page) => (Some("text/html".into()), page.into()),
        Content::Json(value) if camel && answer.status < 400 => (
            Some("application/json; profile=\"CamelCase\"; charset=utf-8".into()),
            dotnet_json(&camel_case(&value)).into(),
        ),
        Content::Json(value) => (Some(json.into()), dotnet_json(&value).into()),
        Content::Bytes(media, bytes) => (Some(media), bytes),
    };
    let mut response = Response::new(Full::new(body).boxed());
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let typed = media.map(|media| (CONTENT_TYPE, media));
    let others =
        answer.headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), value));
    for (name, value) in typed.into_iter().chain(others) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The same response, one byte at a time.
fn slowly(response: Response<Payload>, step: Duration) -> Response<Payload> {
    let (parts, body) = response.into_parts();
    let (tx, rx) = mpsc::channel(1);
    tokio::spawn(async move {
        let Ok(whole) = body.collect().await;
        for byte in whole.to_bytes() {
            tokio::time::sleep(step).await;
            if tx.send(Bytes::copy_from_slice(&[byte])).await.is_err() {
                break;
            }
        }
    });
    Response::from_parts(parts, Trickle(rx).boxed())
}

struct Trickle(mpsc::Receiver<Bytes>);

impl Body for Trickle {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
