//! Bodies: what comes in is read within a size and a time, what goes out is one type.
//!
//! Guarantees: no more than the limit is ever kept, whatever `Content-Length` says; a body that
//! dribbles ends with [`BodyProblem::TooSlow`]. Does not: decode anything.

use bytes::Bytes;
use core::convert::Infallible;
use core::time::Duration;
use futures_util::future::BoxFuture;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Collected, Full, LengthLimitError, Limited};

/// A refused body this long is still taken in, so that its sender hears the refusal.
const DRAINED: usize = 1024 * 1024;

/// Any cause a transport may have.
pub type Cause = Box<dyn core::error::Error + Send + Sync>;

/// A body that goes out.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

/// A body that comes in.
pub type Inbound = UnsyncBoxBody<Bytes, Cause>;

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub enum BodyProblem {
    /// More than the row allows.
    #[error("the body is longer than {limit} bytes")]
    TooLarge {
        /// Bytes.
        limit: usize,
    },
    /// Not whole in time.
    #[error("the body did not arrive within {deadline:?}")]
    TooSlow {
        /// How long was waited.
        deadline: Duration,
    },
    /// The connection ended.
    #[error("the body broke off")]
    Broken(#[source] Cause),
}

/// A body of bytes that are there already.
#[must_use]
pub fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).boxed_unsync()
}

/// Wraps the transport's body.
pub fn inbound<B>(body: B) -> Inbound
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Cause>,
{
    body.map_err(Into::into).boxed_unsync()
}

/// Reads all of `body`: at most `limit` bytes, within `deadline`.
///
/// # Errors
/// [`BodyProblem`]: too large is told from the announced length where there is one, before a byte
/// is read.
pub async fn read(
    headers: &HeaderMap,
    body: Inbound,
    limit: usize,
    deadline: Duration,
) -> Result<Bytes, BodyProblem> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if let Some(length) = announced.filter(|length| *length > count(limit)) {
        if length <= count(DRAINED) {
            drain(body, deadline).await;
        }
        return Err(BodyProblem::TooLarge { limit });
    }
    // Named as a type: inside the larger future of a request the compiler forgets that the cause lives
    // for ever, and with it that the future may change threads.
    let reading: BoxFuture<'static, Result<Collected<Bytes>, Cause>> =
        Box::pin(Limited::new(body, limit).collect());
    match tokio::time::timeout(deadline, reading).await {
        Err(_elapsed) => Err(BodyProblem::TooSlow { deadline }),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(cause)) if cause.is::<LengthLimitError>() => Err(BodyProblem::TooLarge { limit }),
        Ok(Err(cause)) => Err(BodyProblem::Broken(cause)),
    }
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// Takes in what is on its way and keeps nothing: who is still sending when the connection ends never
/// hears why.
async fn drain(mut body: Inbound, deadline: Duration) {
    let drained: BoxFuture<'static, ()> =
        Box::pin(async move { while let Some(Ok(_dropped)) = body.frame().await {} });
    let _in_time = tokio::time::timeout(deadline, drained).await.is_ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    fn of(parts: &[&'static str]) -> Inbound {
        let frames: Vec<Result<Frame<Bytes>, Cause>> =
            parts.iter().map(|part| Ok(Frame::data(Bytes::from_static(part.as_bytes())))).collect();
        inbound(StreamBody::new(futures_util::stream::iter(frames)))
    }

    #[tokio::test]
    async fn a_body_within_its_limit_is_whole() {
        let read = read(&HeaderMap::new(), of(&["ab", "cd"]), 4, Duration::from_secs(1)).await;
        assert_eq!(read.unwrap(), "abcd");
    }

    #[tokio::test]
    async fn an_unannounced_body_is_cut_off_at_its_limit() {
        let read = read(&HeaderMap::new(), of(&["ab", "cde"]), 4, Duration::from_secs(1)).await;
        assert!(matches!(read, Err(BodyProblem::TooLarge { limit: 4 })));
    }

    #[tokio::test]
    async fn an_announced_length_over_the_limit_is_refused_unread() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, "5".parse().unwrap());
        let never = inbound(StreamBody::new(futures_util::stream::pending::<
            Result<Frame<Bytes>, Cause>,
        >()));
        let read = read(&headers, never, 4, Duration::from_secs(1)).await;
        assert!(matches!(read, Err(BodyProblem::TooLarge { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dribbled_body_ends_in_time() {
        let never = inbound(StreamBody::new(futures_util::stream::pending::<
            Result<Frame<Bytes>, Cause>,
        >()));
        let read = read(&HeaderMap::new(), never, 4, Duration::from_secs(20)).await;
        assert!(matches!(read, Err(BodyProblem::TooSlow { .. })));
    }
}
