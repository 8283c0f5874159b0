//! A request's way: host, route, origin, who, may they, body, handler, answer.
//!
//! Guarantees: everything that can be decided from the head is decided before the body is read; a
//! panic costs one request; what changes something is not cut short by a browser that goes away;
//! every answer has the safety headers. Does not: listen, or bound headers and connections (the
//! listener does).

use crate::access::{self, Reply};
use crate::context::{Ctx, Visit};
use crate::failure::{Code, Failure};
use crate::guard::credential::Credential;
use crate::guard::names::{self, Authority, SetUp};
use crate::guard::origin::{self, Verdict};
use crate::guard::proxies::{self, Scheme};
use crate::kit::cookies::Transport;
use crate::kit::headers::{self, Hsts};
use crate::kit::matcher::{Found, Matcher};
use crate::kit::{Answer, Body, Head, Inbound, body};
use crate::program::{Access, Options, Program};
use crate::routes::{self, Row};
use crate::telling;
use core::net::SocketAddr;
use core::panic::AssertUnwindSafe;
use domain::role::Admin;
use domain::settings::{Settled, Tls};
use futures_util::FutureExt as _;
use http::{Method, Request, Response};
use service::Service;
use service::api_tokens;
use service::approvals;
use service::caller::Caller;
use service::sessions::{self, Current};
use service::setup::{self, SetupState};
use service::tokens;
use std::sync::Arc;
use std::time::Instant;
use views::Views;

/// Who sent a request, as the listener knows it.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// The neighbour's address.
    pub addr: SocketAddr,
    /// Whether our own listener decrypted it.
    pub tls: bool,
}

/// Answers requests. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inside>);

struct Inside {
    program: Program,
    rows: Vec<Row>,
    matcher: Matcher,
}

/// A request once its host is known to be ours.
struct Arrived {
    authority: Authority,
    scheme: Scheme,
    settled: Arc<Settled>,
}

impl App {
    /// Puts the edge together.
    #[must_use]
    pub fn new(service: Service, views: Views, options: Options) -> Self {
        let rows = routes::table();
        let matcher = Matcher::of(rows.iter().map(|row| (row.method, row.pattern)));
        // A broken table is found by this crate's tests; a program that has one answers 404.
        let matcher = matcher.unwrap_or_else(|cause| {
            tracing::error!(error = %cause, "the table of routes is broken");
            Matcher::empty()
        });
        let listing = rows.iter().map(Row::listed).collect();
        let program = Program::new(service, views, options, listing);
        Self(Arc::new(Inside { program, rows, matcher }))
    }

    fn service(&self) -> &Service {
        self.0.program.service()
    }

    /// Answers one request.
    pub async fn answer(
        &self,
        request: Request<hyper::body::Incoming>,
        peer: Peer,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        self.respond(Head::of(parts), body::inbound(body), peer).await
    }

    /// Answers one request that came by any road.
    pub async fn respond(&self, head: Head, body: Inbound, peer: Peer) -> Response<Body> {
        let began = Instant::now();
        let settled = self.service().settings();
        let (mut ctx, arrived) = self.arrive(head, peer, &settled);
        let reply = self.go(&mut ctx, arrived, body).await;
        let mut answer = reply.unwrap_or_else(|failure| telling::tell(&ctx, failure));
        headers::secure(answer.headers_mut(), hsts(&ctx, &settled));
        let (method, status) = (ctx.head.method.as_str(), answer.code().as_u16());
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(
            http.route = ctx.pattern,
            method,
            status,
            duration_ms,
            "a request was answered"
        );
        if ctx.head.method == Method::HEAD {
            answer.into_head_response()
        } else {
            answer.into_response()
        }
    }

    /// What is known of the way, and the place it was sent to where that is ours.
    fn arrive(&self, mut head: Head, peer: Peer, settled: &Arc<Settled>) -> (Ctx, Option<Arrived>) {
        let server = &settled.settings.server;
        let way = proxies::way(peer.addr, &head.headers, &server.trusted_proxies);
        let set_up = match setup::state(self.service()) {
            SetupState::Needed => SetUp::Open,
            SetupState::Done => SetUp::Done,
        };
        let named = way.host.as_deref().or(head.authority.as_deref()).and_then(Authority::parse);
        let found = named.and_then(|authority| {
            names::place(&authority, server, set_up).map(|place| (authority, place))
        });
        let configured =
            found.as_ref().and_then(|(_, place)| place.scheme).filter(|_| way.through_proxy);
        let scheme = match (peer.tls, way.scheme.or(configured)) {
            (true, None) | (_, Some(Scheme::Https)) => Scheme::Https,
            (false, None) | (_, Some(Scheme::Http)) => Scheme::Http,
        };
        let transport = match scheme {
            Scheme::Https => Transport::Https,
            Scheme::Http => Transport::Http,
        };
        let (authority, base) =
            found.map_or((None, String::new()), |(at, place)| (Some(at), place.base));
        head.path = names::below(&head.path, &base).to_owned();
        let origin = authority.as_ref().map(|at| at.origin(scheme)).unwrap_or_default();
        let visit = Visit { client: way.client, transport, base, origin };
        let ctx = Ctx::new(self.0.program.clone(), head, visit);
        (
            ctx,
            authority.map(|authority| Arrived { authority, scheme, settled: Arc::clone(settled) }),
        )
    }

    /// The whole way.
    async fn go(&self, ctx: &mut Ctx, arrived: Option<Arrived>, body: Inbound) -> Reply {
        let arrived = arrived.ok_or_else(|| Failure::of(Code::WrongHost))?;
        match self.find(ctx) {
            Ok(row) => self.run(ctx, row, &arrived, body).await,
            Err(reply) => reply,
        }
    }

    /// The row, or what is answered where there is none.
    fn find(&self, ctx: &mut Ctx) -> Result<&Row, Reply> {
        match self.0.matcher.find(&ctx.head.method, &ctx.head.path) {
            Found::Row(index, captures) => {
                let row = self.0.rows.get(index).ok_or_else(|| Err(Failure::of(Code::NotFound)))?;
                (ctx.captures, ctx.pattern) = (captures, row.pattern);
                Ok(row)
            }
            Found::OtherMethods(allow) => Err(Err(Failure::method(allow))),
            Found::Nothing => Err(self.nothing(ctx)),
        }
    }

    /// A page with a slash too many is the page; anything else is nothing.
    fn nothing(&self, ctx: &Ctx) -> Reply {
        let bare = ctx.head.path.trim_end_matches('/');
        if ctx.head.path.ends_with('/') && self.0.matcher.knows(bare) {
            let query = ctx.head.query.with(&[]);
            let mark = if query.is_empty() { "" } else { "?" };
            return Ok(Answer::moved(&ctx.link(&format!("{bare}{mark}{query}"))));
        }
        Err(Failure::of(Code::NotFound))
    }

    async fn run(&self, ctx: &mut Ctx, row: &Row, arrived: &Arrived, body: Inbound) -> Reply {
        let shown = Credential::of(&ctx.head, ctx.visit.transport);
        let server = &arrived.settled.settings.server;
        match origin::check(&ctx.head, &shown, (&arrived.authority, arrived.scheme), server) {
            Verdict::Ours => {}
            Verdict::Foreign => return Err(Failure::of(Code::CrossSite)),
            Verdict::Ambiguous => return Err(Failure::of(Code::BadRequest)),
        }
        if row.waits_for_setup() && setup::state(self.service()) == SetupState::Needed {
            return Ok(ctx.go("/setup"));
        }
        if row.asks_who() {
            ctx.viewer = self.viewer(&shown, row, &ctx.caller()).await?;
        }
        ctx.waiting = self.waiting(ctx, row).await?;
        let admitted = row.handler.admit(ctx)?;
        let mut request = ctx.clone();
        if row.limit > 0 {
            let deadline = self.0.program.options().body_deadline;
            request.body = body::read(&ctx.head.headers, body, row.limit, deadline).await?;
        }
        finish(admitted(request), ctx.head.is_safe()).await
    }

    /// How many ask to come in, for an admin's pages.
    async fn waiting(&self, ctx: &Ctx, row: &Row) -> Result<u64, Failure> {
        let admin = ctx.viewer.as_ref().and_then(|current| Admin::prove(&current.user));
        match admin.filter(|_| row.pattern.starts_with("/admin")) {
            Some(admin) => Ok(approvals::count(self.service(), &admin).await?),
            None => Ok(0),
        }
    }

    async fn viewer(
        &self,
        shown: &Credential,
        row: &Row,
        caller: &Caller,
    ) -> Result<Option<Current>, Failure> {
        Ok(match shown {
            Credential::Cookie(cookie) => {
                sessions::resolve(self.service(), cookie.expose()).await?
            }
            Credential::Bearer(token) => {
                let token = token.expose();
                match tokens::check(self.service(), token).await? {
                    Some(current) => Some(current),
                    None => {
                        let wanted = access::scope_of(&row.listed());
                        api_tokens::check(self.service(), token, wanted, caller).await?
                    }
                }
            }
            Credential::Nothing | Credential::Both => None,
        })
    }
}

/// Lets a handler end. One that only reads may be dropped when the browser goes away; one that changes
/// something runs to its end in a task of its own.
async fn finish(made: access::Made, only_reads: bool) -> Reply {
    if only_reads {
        AssertUnwindSafe(made).catch_unwind().await.unwrap_or_else(|_payload| Err(panicked()))
    } else {
        tokio::spawn(made).await.unwrap_or_else(|_cause| Err(panicked()))
    }
}

/// The panic's own words are in the log already, by the process's hook.
fn panicked() -> Failure {
    Failure::internal("the handler panicked")
}

fn hsts(ctx: &Ctx, settled: &Settled) -> Hsts {
    let files = matches!(settled.settings.tls, Tls::Files { .. });
    let named = url::Url::parse(&ctx.visit.origin)
        .is_ok_and(|origin| origin.domain().is_some_and(|name| name != "localhost"));
    let promised = files && named && ctx.visit.transport == Transport::Https;
    if promised { Hsts::Promise } else { Hsts::Silent }
}

/// What is answered whatever else is the matter.
const PLAIN: [&str; 3] = ["/healthz", "/readyz", "/robots.txt"];

impl Row {
    fn is_plain(&self) -> bool {
        PLAIN.contains(&self.pattern) || self.pattern.starts_with("/assets/")
    }

    /// Pages lead to the wizard until there is an admin.
    fn waits_for_setup(&self) -> bool {
        let free = ["/setup", "/theme", "/language"];
        !telling::is_api(self.pattern) && !self.is_plain() && !free.contains(&self.pattern)
    }

    /// Whether it makes a difference who asks: for a right, or for what a page shows above.
    fn asks_who(&self) -> bool {
        let page = !telling::is_api(self.pattern) && !self.is_plain();
        page || self.handler.access() != Access::Public
    }
}
