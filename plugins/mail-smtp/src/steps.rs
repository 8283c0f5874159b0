//! What was tried, in order, with how it ended and how long it took.

use latchkey_sdk::fault::Fault;
use latchkey_sdk::lent::Lent;
use latchkey_sdk::notify::{Outcome, Step};

use crate::conversation::Conversation;

/// How a step ended well: with what, how, and one sentence.
pub type Ended<T> = Result<(T, Outcome, String), Fault>;

/// A step that went well.
///
/// # Errors
/// None; the type is that of a step.
pub fn passed<T>(value: T, detail: impl Into<String>) -> Ended<T> {
    Ok((value, Outcome::Passed, detail.into()))
}

/// The steps so far.
pub struct Steps<'a, L> {
    lent: &'a L,
    since: u64,
    done: Vec<Step>,
}

impl<'a, L: Lent> Steps<'a, L> {
    /// None yet; time counts from now.
    #[must_use]
    pub fn new(lent: &'a L) -> Self {
        Self { lent, since: lent.monotonic_ms(), done: Vec::new() }
    }

    /// Tries the step that makes the conversation.
    ///
    /// # Errors
    /// What kept it from ending well.
    pub fn first<T>(&mut self, name: &str, tried: impl FnOnce() -> Ended<T>) -> Result<T, Fault> {
        let ended = tried();
        self.end(name, ended, Vec::new())
    }

    /// Tries a step of a conversation.
    ///
    /// # Errors
    /// What kept it from ending well.
    pub fn next<T>(
        &mut self,
        name: &str,
        talk: &mut Conversation<'_, L>,
        tried: impl FnOnce(&mut Conversation<'_, L>) -> Ended<T>,
    ) -> Result<T, Fault> {
        let ended = tried(talk);
        self.end(name, ended, talk.dialogue())
    }

    fn end<T>(&mut self, name: &str, ended: Ended<T>, dialogue: Vec<String>) -> Result<T, Fault> {
        let (outcome, detail, value) = match ended {
            Ok((value, outcome, detail)) => (outcome, detail, Ok(value)),
            Err(fault) => (Outcome::Failed, fault.detail.clone(), Err(fault)),
        };
        let now = self.lent.monotonic_ms();
        let took_ms = u32::try_from(now.saturating_sub(self.since)).unwrap_or(u32::MAX);
        self.since = now;
        self.done.push(Step { name: name.to_owned(), outcome, detail, took_ms, dialogue });
        value
    }

    /// All of them, those of `planned` that were not tried as skipped.
    #[must_use]
    pub fn all(self, planned: &[&str]) -> Vec<Step> {
        let mut all = self.done;
        let rest = planned.iter().filter(|name| all.iter().all(|step| step.name != **name));
        let skipped = |name: &&str| Step {
            name: (*name).to_owned(),
            outcome: Outcome::Skipped,
            detail: "not tried".to_owned(),
            took_ms: 0,
            dialogue: Vec::new(),
        };
        let rest: Vec<Step> = rest.map(skipped).collect();
        all.extend(rest);
        all
    }
}
