//! Pictures that somebody looks at who has not come in yet: kept in memory for a few minutes.
//!
//! Guarantees: one address is fetched by one at a time, and again only when what was had of it is too old;
//! there is room for so many and no more, and what somebody waits for makes no room for others. Does not:
//! fetch, or judge what is one; [`crate::pictures`] does.

use crate::clock::earlier;
use crate::error::{Result, ServiceError};
use core::time::Duration;
use domain::ids::ProviderId;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::pictures::Picture;
use tokio::sync::OnceCell;

/// How long a picture is shown without being fetched anew.
const GOOD: Duration = Duration::from_secs(600);
/// How long one that could not be had is not asked for again.
const PAUSE: Duration = Duration::from_secs(60);
/// So many at once.
const MOST: usize = 32;
/// Until there is room again.
const CROWDED: Duration = Duration::from_secs(5);

/// Through which provider, and where: what one provider may ask for is not shown for another.
type Key = (ProviderId, String);
/// What was had; none where nothing could be.
type Had = OnceCell<Option<Arc<Picture>>>;

struct Hung {
    since: Timestamp,
    had: Arc<Had>,
}

impl Hung {
    fn is_waited_for(&self) -> bool {
        Arc::strong_count(&self.had) > 1
    }

    fn is_too_old(&self, now: Timestamp) -> bool {
        let life = if matches!(self.had.get(), Some(None)) { PAUSE } else { GOOD };
        self.since <= earlier(now, life)
    }
}

/// All of them.
#[derive(Default)]
pub(crate) struct Gallery(Mutex<BTreeMap<Key, Hung>>);

impl Gallery {
    fn hung(&self) -> MutexGuard<'_, BTreeMap<Key, Hung>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes down what is too old.
    pub(crate) fn sweep(&self, now: Timestamp) {
        self.hung().retain(|_key, one| one.is_waited_for() || !one.is_too_old(now));
    }

    /// The picture at an address, fetched by `fetch` where it is not here; whoever else asks meanwhile
    /// waits for the same one.
    ///
    /// # Errors
    /// `Throttled` where there is no room; what `fetch` says.
    pub(crate) async fn show(
        &self,
        key: Key,
        now: Timestamp,
        fetch: impl AsyncFnOnce() -> Result<Option<Picture>>,
    ) -> Result<Option<Arc<Picture>>> {
        let had = self.place(key, now)?;
        let shown = had.get_or_try_init(async || Ok(fetch().await?.map(Arc::new))).await;
        shown.cloned()
    }

    fn place(&self, key: Key, now: Timestamp) -> Result<Arc<Had>> {
        self.sweep(now);
        let mut hung = self.hung();
        if let Some(one) = hung.get(&key) {
            return Ok(Arc::clone(&one.had));
        }
        if hung.len() >= MOST {
            let idle = hung.iter().filter(|(_key, one)| !one.is_waited_for());
            let oldest = idle.min_by_key(|(_key, one)| one.since).map(|(key, _one)| key.clone());
            let oldest = oldest.ok_or(ServiceError::Throttled { retry_after: CROWDED })?;
            hung.remove(&oldest);
        }
        let had = Arc::new(Had::new());
        hung.insert(key, Hung { since: now, had: Arc::clone(&had) });
        Ok(had)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;

    fn at(number: usize) -> Key {
        (ProviderId::parse("home").unwrap(), format!("https://pictures.example/{number}"))
    }

    fn start() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn red() -> Picture {
        Picture { media_type: "image/png".to_owned(), bytes: b"red".to_vec() }
    }

    #[tokio::test]
    async fn a_picture_is_fetched_again_when_it_is_old_and_one_that_was_not_had_sooner() {
        let gallery = Gallery::default();
        let fetches = Cell::new(0);
        let look = async |number, seconds, found: bool| {
            let fetch = async || {
                fetches.set(fetches.get() + 1);
                Ok(found.then(red))
            };
            let now = crate::clock::later(start(), Duration::from_secs(seconds));
            let shown = gallery.show(at(number), now, fetch).await.unwrap();
            assert_eq!(shown.is_some(), found);
            fetches.get()
        };
        assert_eq!([look(1, 0, true).await, look(1, 599, true).await], [1, 1]);
        assert_eq!(look(1, 600, true).await, 2);
        assert_eq!([look(2, 600, false).await, look(2, 659, false).await], [3, 3]);
        assert_eq!(look(2, 660, false).await, 4);
        gallery.sweep(crate::clock::later(start(), Duration::from_secs(1_260)));
        assert!(gallery.hung().is_empty());
    }

    #[tokio::test]
    async fn two_at_once_wait_for_one_fetch_and_an_error_is_not_kept() {
        let gallery = Gallery::default();
        let fetches = Cell::new(0);
        let fetch = async || {
            fetches.set(fetches.get() + 1);
            tokio::task::yield_now().await;
            Ok(Some(red()))
        };
        let refused = async || Err(ServiceError::Throttled { retry_after: CROWDED });
        assert!(gallery.show(at(1), start(), refused).await.is_err());
        let (one, other) =
            tokio::join!(gallery.show(at(1), start(), fetch), gallery.show(at(1), start(), fetch));
        assert_eq!((one.unwrap(), fetches.get()), (other.unwrap(), 1));
    }

    #[tokio::test]
    async fn there_is_room_for_so_many() {
        let gallery = Gallery::default();
        for number in 0..MOST + 8 {
            gallery.show(at(number), start(), async || Ok(Some(red()))).await.unwrap();
        }
        assert_eq!(gallery.hung().len(), MOST);
        let waited_for: Vec<_> = gallery.hung().values().map(|one| Arc::clone(&one.had)).collect();
        let more = gallery.show(at(1_000), start(), async || Ok(Some(red()))).await;
        assert!(matches!(more, Err(ServiceError::Throttled { .. })), "{more:?}");
        assert_eq!(waited_for.len(), MOST);
    }
}
