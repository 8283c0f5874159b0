//! The mail methods as they are right now, in memory: how each is set up, and how it went lately.
//!
//! Guarantees: a look never waits for a method; a method that just failed is asked after those that did
//! not. Does not: ask any; [`crate::outbox`] and [`crate::mail`] do.

use core::time::Duration;
use domain::fault::Fault;
use domain::ids::MailId;
use domain::mail::MailMethod;
use domain::messages::Fate;
use domain::secret::Secret;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// A method that failed is asked last for so long.
const REST: Duration = Duration::from_secs(60);

/// How it went when a method was last asked to carry a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastTry {
    /// When.
    pub at: Timestamp,
    /// Why it carried none; none: it did.
    pub fault: Option<Fault>,
}

/// One method.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) method: MailMethod,
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// Its place among the file's; those of the pages come after them.
    pub(crate) rank: usize,
    /// Why it is not set up.
    pub(crate) refused: Option<Fault>,
    pub(crate) last: Option<LastTry>,
    /// It failed, and nothing was taken by it since.
    missed: bool,
}

impl Post {
    fn rests(&self, now: Timestamp) -> bool {
        let failed = self.last.as_ref().filter(|last| last.fault.is_some());
        failed.is_some_and(|last| crate::clock::later(last.at, REST) > now)
    }

    /// Whether it was set up with just this.
    pub(crate) fn is_like(&self, method: &MailMethod, secrets: &BTreeMap<String, Secret>) -> bool {
        self.method == *method && self.secrets == *secrets
    }
}

/// All of them.
#[derive(Default)]
pub(crate) struct Posts(RwLock<BTreeMap<MailId, Post>>);

impl Posts {
    /// Puts one up, with nothing known of how it does.
    pub(crate) fn put(
        &self,
        method: MailMethod,
        secrets: BTreeMap<String, Secret>,
        rank: usize,
        refused: Option<Fault>,
    ) {
        let mut posts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let id = method.id.clone();
        posts.insert(id, Post { method, secrets, rank, refused, last: None, missed: false });
    }

    /// Takes one down.
    pub(crate) fn remove(&self, id: &MailId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// One.
    pub(crate) fn get(&self, id: &MailId) -> Option<Post> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// All, in the order they are asked: the file's as it has them, then the pages' as they were added.
    pub(crate) fn all(&self) -> Vec<Post> {
        let posts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = posts.values().cloned().collect();
        let key = |post: &Post| (post.rank, post.method.created_at, post.method.id.clone());
        all.sort_by_cached_key(key);
        all
    }

    /// All, in the order they are asked now: those that failed a moment ago last.
    pub(crate) fn in_turn(&self, now: Timestamp) -> Vec<Post> {
        let mut all = self.all();
        all.sort_by_key(|post| post.rests(now));
        all
    }

    /// Remembers how it went; whether the method is back: it takes something after it had failed. That it
    /// puts something off is not enough, or two messages that are put off would wake one another for ever.
    pub(crate) fn asked(&self, id: &MailId, at: Timestamp, said: Result<Fate, Fault>) -> bool {
        let mut posts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Some(post) = posts.get_mut(id) else { return false };
        let is_back = post.missed && matches!(said, Ok(Fate::Accepted));
        post.missed = said.is_err() || post.missed && !is_back;
        post.last = Some(LastTry { at, fault: said.err() });
        is_back
    }
}
