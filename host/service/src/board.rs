//! What is known about each backend right now, in memory.
//!
//! Guarantees: a look never waits for a backend. Does not: ask any; [`crate::backends`] does.

use domain::accounts::Offer;
use domain::backends::Backend;
use domain::fault::Fault;
use domain::identity::Ways;
use domain::ids::BackendId;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// How a backend is doing, as last asked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Health {
    /// In one word.
    pub state: HealthState,
    /// Since when that word holds.
    pub since: Option<Timestamp>,
    /// When it was last asked.
    pub checked_at: Option<Timestamp>,
    /// How long the last answer took.
    pub latency_ms: Option<u64>,
    /// What it calls itself.
    pub product: Option<String>,
    /// As it says.
    pub version: Option<String>,
    /// What an admin should know: severity word, code, sentence.
    pub notices: Vec<(String, String, String)>,
    /// Why it is down.
    pub fault: Option<Fault>,
    /// It calls itself another server than the one that was set up: nothing is done with it until an
    /// admin has confirmed it.
    pub replaced: bool,
}

/// A backend's state in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HealthState {
    /// Answers.
    Up,
    /// Answers, but an admin should look.
    Impaired,
    /// Does not answer.
    Down,
    /// Not asked yet.
    Unknown,
}

impl Health {
    /// Of one that was not asked yet.
    #[must_use]
    pub const fn unknown() -> Self {
        Self {
            state: HealthState::Unknown,
            since: None,
            checked_at: None,
            latency_ms: None,
            product: None,
            version: None,
            notices: Vec::new(),
            fault: None,
            replaced: false,
        }
    }
}

/// One backend.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) backend: Backend,
    pub(crate) secrets: Vec<String>,
    pub(crate) health: Health,
    pub(crate) offer: Option<Offer>,
    pub(crate) asked: Option<Asked>,
    /// How its plugin signs people in, as it is set up; none: not asked yet.
    pub(crate) ways: Option<Ways>,
}

/// What came of it when a sign-in last asked a backend.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) at: Timestamp,
    /// Why it did not answer.
    pub(crate) fault: Option<Fault>,
}

impl Entry {
    /// Why a sign-in would hear nothing from it, by the newest that is known.
    pub(crate) fn silence(&self) -> Option<&Fault> {
        match &self.asked {
            Some(asked) if self.health.checked_at.is_none_or(|checked| checked <= asked.at) => {
                asked.fault.as_ref()
            }
            _ => self.health.fault.as_ref().filter(|_| self.health.state == HealthState::Down),
        }
    }
}

/// All of them.
#[derive(Default)]
pub(crate) struct Board(RwLock<BTreeMap<BackendId, Entry>>);

impl Board {
    /// Puts one up; what is known of its health stays if it is the same server.
    pub(crate) fn put(&self, backend: Backend, secrets: Vec<String>) {
        let mut board = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let known =
            board.remove(&backend.id).filter(|old| old.backend.server_id == backend.server_id);
        let (health, offer, asked) =
            known.map_or((Health::unknown(), None, None), |old| (old.health, old.offer, old.asked));
        board.insert(
            backend.id.clone(),
            Entry { backend, secrets, health, offer, asked, ways: None },
        );
    }

    /// Takes one down.
    pub(crate) fn remove(&self, id: &BackendId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Looks at one; `None` where there is none.
    pub(crate) fn look<T>(&self, id: &BackendId, look: impl FnOnce(&Entry) -> T) -> Option<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).map(look)
    }

    /// Changes one; `None` where there is none.
    pub(crate) fn change<T>(
        &self,
        id: &BackendId,
        change: impl FnOnce(&mut Entry) -> T,
    ) -> Option<T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).get_mut(id).map(change)
    }

    /// All, in the order they were added.
    pub(crate) fn all(&self) -> Vec<Entry> {
        let board = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = board.values().cloned().collect();
        all.sort_by(|one, other| {
            let key = |entry: &Entry| (entry.backend.created_at, entry.backend.id.clone());
            key(one).cmp(&key(other))
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::backends::SetBy;
    use domain::fault::FaultKind;
    use domain::ids::PluginId;

    fn entry(health: Health, asked: Option<Asked>) -> Entry {
        let backend = Backend {
            id: BackendId::parse("media").unwrap(),
            label: String::new(),
            plugin: PluginId::parse("jellyfin").unwrap(),
            public_url: None,
            settings: BTreeMap::new(),
            set_by: SetBy::Page,
            server_id: None,
            created_at: Timestamp::UNIX_EPOCH,
        };
        Entry { backend, secrets: Vec::new(), health, offer: None, asked, ways: None }
    }

    #[test]
    fn the_newest_of_a_probe_and_a_sign_in_says_whether_it_is_silent() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let fault = || Some(Fault::new(FaultKind::Unavailable, "t.down", "no answer"));
        let probed = |fault: Option<Fault>| Health {
            state: if fault.is_some() { HealthState::Down } else { HealthState::Up },
            checked_at: Some(at(10)),
            fault,
            ..Health::unknown()
        };
        let asked = |second, fault| Some(Asked { at: at(second), fault });
        for (entry, is_silent) in [
            (entry(Health::unknown(), None), false),
            (entry(probed(fault()), None), true),
            (entry(probed(fault()), asked(9, None)), true),
            (entry(probed(fault()), asked(11, None)), false),
            (entry(probed(None), asked(11, fault())), true),
            (entry(probed(None), asked(9, fault())), false),
            (entry(Health::unknown(), asked(1, fault())), true),
        ] {
            assert_eq!(entry.silence().is_some(), is_silent, "{entry:?}");
        }
    }
}
