//! One connection: TLS, then HTTP with every timer set.
//!
//! HTTP/2 is spoken only where TLS agreed on it, so no connection waits to be recognised: the
//! builder's own recognition has no deadline. A connection without a request is closed in time,
//! whatever it speaks.

use crate::listener::answer::{Answer, Visit};
use crate::listener::door::Speaks;
use crate::listener::limits::{Limits, MAX_HEAD_BYTES, MAX_HEADERS, MAX_STREAMS};
use core::convert::Infallible;
use core::pin::pin;
use core::time::Duration;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// What a connection needs.
#[derive(Clone)]
pub(crate) struct Reception {
    pub(crate) answer: Answer,
    pub(crate) tls: TlsAcceptor,
    pub(crate) limits: Limits,
    /// Finish what is under way.
    pub(crate) closing: CancellationToken,
    /// Drop what is under way.
    pub(crate) ending: CancellationToken,
}

/// Serves one connection to its end.
pub(crate) async fn serve(reception: Reception, stream: TcpStream, speaks: Speaks, visit: Visit) {
    // Small answers leave at once; a socket that refuses the option works all the same.
    stream.set_nodelay(true).ok();
    match speaks {
        Speaks::Http | Speaks::Redirect => {
            let visit = Visit { tls: false, ..visit };
            spoken(&reception, stream, false, visit).await;
        }
        Speaks::Https => {
            let handshake = timeout(reception.limits.handshake, handshake(&reception, stream));
            let stream = tokio::select! {
                done = handshake => done,
                () = reception.ending.cancelled() => return,
            };
            match stream {
                Ok(Ok(Some(stream))) => {
                    let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    spoken(&reception, stream, h2, Visit { tls: true, ..visit }).await;
                }
                Ok(Ok(None)) => {}
                Ok(Err(cause)) => {
                    tracing::debug!(peer = %visit.peer, %cause, "TLS handshake failed");
                }
                Err(_elapsed) => tracing::debug!(peer = %visit.peer, "TLS handshake took too long"),
            }
        }
    }
}

/// `None`: it was no TLS, and was told so.
async fn handshake(
    reception: &Reception,
    mut stream: TcpStream,
) -> io::Result<Option<tokio_rustls::server::TlsStream<TcpStream>>> {
    let mut first = [0_u8; 1];
    if stream.peek(&mut first).await? == 0 {
        return Ok(None);
    }
    // Every TLS record of a greeting begins with 22; every HTTP method with a letter.
    if first.iter().all(u8::is_ascii_alphabetic) {
        say_https(&mut stream).await?;
        return Ok(None);
    }
    reception.tls.accept(stream).await.map(Some)
}

/// Tells a client that speaks http where it should speak https.
async fn say_https(stream: &mut TcpStream) -> io::Result<()> {
    const WORDS: &str = "This port speaks https. Open the same address with https:// instead.\n";
    let mut request = [0_u8; 4096];
    let _size = stream.read(&mut request).await?;
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{WORDS}",
        WORDS.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

fn builder(limits: &Limits, h2: bool) -> Builder<TokioExecutor> {
    let builder = Builder::new(TokioExecutor::new());
    let mut builder = if h2 { builder.http2_only() } else { builder.http1_only() };
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.ping)
        .keep_alive_timeout(limits.ping)
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(MAX_HEAD_BYTES).unwrap_or(16_384));
    builder
}

async fn spoken<S>(reception: &Reception, stream: S, h2: bool, visit: Visit)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = reception.limits;
    let pulse = Arc::new(Pulse::new());
    let answer = Arc::clone(&reception.answer);
    let beating = Arc::clone(&pulse);
    let service = hyper::service::service_fn(move |request| {
        let beat = Pulse::begin(&beating);
        let answer = answer(request, visit);
        async move {
            let answer = answer.await;
            drop(beat);
            Ok::<_, Infallible>(answer)
        }
    });
    let builder = builder(&limits, h2);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut leaving = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(cause) = ended {
                    tracing::debug!(peer = %visit.peer, %cause, "connection ended early");
                }
                return;
            }
            () = reception.closing.cancelled(), if !leaving => {
                if h2 && !pulse.was_asked() {
                    return;
                }
                leaving = true;
                connection.as_mut().graceful_shutdown();
            }
            () = pulse.idle(limits.head, limits.idle), if h2 && !leaving => {
                // A peer that never asked anything may not even have greeted; a good-bye would wait
                // for that greeting.
                if !pulse.was_asked() {
                    return;
                }
                leaving = true;
                connection.as_mut().graceful_shutdown();
            }
            () = reception.ending.cancelled() => return,
        }
    }
}

/// Whether requests come.
struct Pulse(Mutex<Beats>);

struct Beats {
    under_way: usize,
    seen: bool,
    since: Instant,
}

/// A request under way.
struct Beat(Arc<Pulse>);

impl Pulse {
    fn new() -> Self {
        Self(Mutex::new(Beats { under_way: 0, seen: false, since: Instant::now() }))
    }

    fn begin(pulse: &Arc<Self>) -> Beat {
        let mut beats = pulse.0.lock().unwrap_or_else(PoisonError::into_inner);
        beats.under_way += 1;
        beats.seen = true;
        drop(beats);
        Beat(Arc::clone(pulse))
    }

    fn was_asked(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).seen
    }

    /// Ends when no request came for `first` after the beginning, or for `later` after the last one.
    async fn idle(&self, first: Duration, later: Duration) {
        loop {
            let until = {
                let beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                let patience = if beats.seen { later } else { first };
                let from = if beats.under_way > 0 { Instant::now() } else { beats.since };
                from + patience
            };
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        let mut beats = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        beats.under_way = beats.under_way.saturating_sub(1);
        beats.since = Instant::now();
    }
}
