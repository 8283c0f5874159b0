//! One client: one policy, connections of its own.

use crate::diagnosis::classify;
use crate::failure::{FailureKind, NetFailure};
use crate::names::{Checked, LookupFailure, Names};
use crate::policy::{CONNECT, Policy};
use crate::trust::Authorities;
use bytes::{Bytes, BytesMut};
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use http::{HeaderMap, HeaderValue, Method, header};
use hyper::body::{Body, Frame, SizeHint};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(30);
/// Bytes of an address at most; servers take about as much.
const LONGEST_URL: usize = 16 << 10;

/// A request. Nothing of it is changed on the way but `Host` and `Content-Length`, which are ours.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where: http or https, without user name and password.
    pub url: Url,
    /// Further headers.
    pub headers: HeaderMap,
    /// What is sent.
    pub body: Bytes,
    /// For everything from the name look-up to the last byte.
    pub timeout: Duration,
    /// Bytes of the answer's body that are read at most.
    pub max_body: usize,
}

impl Request {
    /// A GET with 30 seconds and 8 MiB.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            timeout: Duration::from_secs(30),
            max_body: 8 << 20,
        }
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code; 3xx too.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Sends requests within one policy. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) names: Arc<Names>,
    pub(crate) policy: Policy,
    pub(crate) tls: Arc<rustls::ClientConfig>,
    http: reqwest::Client,
}

impl Client {
    pub(crate) fn new(
        names: Arc<Names>,
        authorities: &Authorities,
        policy: Policy,
    ) -> Result<Self, NetFailure> {
        let tls = authorities.tls(policy.trust)?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .dns_resolver(Checked { names: names.clone(), reach: policy.reach })
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(8)
            .build()
            .map_err(|_cause| {
                NetFailure::unsent(FailureKind::Protocol, "the HTTP client cannot be set up")
            })?;
        Ok(Self { names, policy, tls: Arc::new(tls), http })
    }

    /// Sends and reads the whole answer.
    ///
    /// Dropping the future closes the connection; the other side may have seen the request by then.
    ///
    /// # Errors
    /// [`NetFailure`]; its `maybe_sent` is false only where the other side certainly has seen nothing.
    pub async fn send(&self, request: Request) -> Result<Response, NetFailure> {
        let host = host_words(&request.url);
        self.check(&request.url, &host)?;
        let deadline = Instant::now() + request.timeout;
        let max_body = request.max_body;
        let left = Left::new(&request);
        let sending = self.http.execute(wire_request(request, &left));
        let answer = match timeout_at(deadline, sending).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(cause)) => return Err(classify(&cause, &host, left.maybe())),
            Err(_elapsed) => {
                let detail = format!("{host} did not answer in time");
                return Err(NetFailure::sent(FailureKind::TimedOut, left.maybe(), detail));
            }
        };
        timeout_at(deadline, read(answer, max_body, &host)).await.unwrap_or_else(|_elapsed| {
            let detail = format!("{host} did not finish its answer in time");
            Err(NetFailure::sent(FailureKind::TimedOut, true, detail))
        })
    }

    /// Everything about a destination that is known before asking. A literal address never meets the
    /// resolver, so it is judged here; the URL type has already undone other notations of it.
    pub(crate) fn check(&self, url: &Url, host: &str) -> Result<(), NetFailure> {
        let refuse = |why: String| Err(NetFailure::unsent(FailureKind::NotAllowed, why));
        if !matches!(url.scheme(), "http" | "https") {
            return refuse(format!("{} is not http or https", url.scheme()));
        }
        if url.as_str().len() > LONGEST_URL {
            return refuse(format!("the address at {host} is longer than 16 KiB"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(format!("the address of {host} has a user name in it"));
        }
        let literal = match url.host() {
            Some(Host::Ipv4(v4)) => std::net::IpAddr::V4(v4),
            Some(Host::Ipv6(v6)) => std::net::IpAddr::V6(v6),
            Some(Host::Domain(_)) => return Ok(()),
            None => return refuse("the address has no host".to_owned()),
        };
        match self.policy.reach.objection(literal) {
            None => Ok(()),
            Some(what) => {
                let host = host.to_owned();
                refuse(LookupFailure::NotAllowed { host, what }.to_string())
            }
        }
    }
}

/// `host` or `host:port`, as it stands in the address.
pub(crate) fn host_words(url: &Url) -> String {
    let host = url.host_str().unwrap_or("the server");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn wire_request(request: Request, left: &Left) -> reqwest::Request {
    let Request { method, url, mut headers, body, .. } = request;
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::TRANSFER_ENCODING);
    if body.is_empty() && (method == Method::POST || method == Method::PUT) {
        // Some servers answer 411 to a POST that does not say how long it is.
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut wire = reqwest::Request::new(method, url);
    *wire.headers_mut() = headers;
    if !body.is_empty() {
        let tracked = Tracked { rest: Some(body), taken: left.taken.clone() };
        *wire.body_mut() = Some(reqwest::Body::wrap(tracked));
    }
    wire
}

/// Whether anything may have left: known exactly where there is a body, which is asked for only after
/// a connection stands; otherwise assumed.
struct Left {
    taken: Arc<AtomicBool>,
    has_body: bool,
}

impl Left {
    fn new(request: &Request) -> Self {
        Self { taken: Arc::new(AtomicBool::new(false)), has_body: !request.body.is_empty() }
    }

    fn maybe(&self) -> bool {
        !self.has_body || self.taken.load(Ordering::Acquire)
    }
}

/// A body that notes when it is asked for.
struct Tracked {
    rest: Option<Bytes>,
    taken: Arc<AtomicBool>,
}

impl Body for Tracked {
    type Data = Bytes;
    type Error = core::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.taken.store(true, Ordering::Release);
        Poll::Ready(self.rest.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.rest.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}

async fn read(
    mut answer: reqwest::Response,
    max_body: usize,
    host: &str,
) -> Result<Response, NetFailure> {
    let too_large = || {
        let detail = format!("{host} answered more than {max_body} bytes");
        NetFailure::sent(FailureKind::TooLarge, true, detail)
    };
    let announced = answer.content_length().unwrap_or_default();
    if usize::try_from(announced).map_or(true, |announced| announced > max_body) {
        return Err(too_large());
    }
    let status = answer.status().as_u16();
    let headers = std::mem::take(answer.headers_mut());
    let mut body = BytesMut::new();
    loop {
        match answer.chunk().await {
            Ok(None) => return Ok(Response { status, headers, body: body.freeze() }),
            Ok(Some(chunk)) if chunk.len() > max_body.saturating_sub(body.len()) => {
                return Err(too_large());
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(cause) => return Err(classify(&cause, host, true)),
        }
    }
}
