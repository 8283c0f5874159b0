//! Who the server is shared with, from inside: looking, and doing what a person does in Plex's own apps.

use serde_json::{Map, Value};

use super::double::Plex;
use super::state::{SECTIONS, Share, State, Whom, fresh_settings};

/// The server, shared with somebody, as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedWith {
    /// The share's id.
    pub id: u64,
    /// With whom, by title; none where the address is nobody's.
    pub person: Option<String>,
    /// The address that is nobody's.
    pub email: Option<String>,
    /// Whether they have accepted.
    pub accepted: bool,
    /// All libraries, those to come too.
    pub all_libraries: bool,
    /// The server's keys of the libraries it opens now.
    pub keys: Vec<u64>,
    /// `allow*` and `filter*`, as stored.
    pub settings: Map<String, Value>,
}

fn shown(state: &State, share: &Share) -> SharedWith {
    let account = share.person.and_then(|id| state.account(id));
    SharedWith {
        id: share.id,
        person: account.map(|account| account.title.clone()),
        email: share.email.clone(),
        accepted: share.accepted.is_some(),
        all_libraries: share.all_libraries,
        keys: State::opened(share).map(|section| section.key).collect(),
        settings: share.settings.clone(),
    }
}

impl Plex {
    /// With everybody.
    #[must_use]
    pub fn shares(&self) -> Vec<SharedWith> {
        let state = self.shared.state();
        state.shares.iter().map(|share| shown(&state, share)).collect()
    }

    /// With a person, by title; nothing where it is not.
    #[must_use]
    pub fn share_of(&self, name: &str) -> Option<SharedWith> {
        let person = self.person(name).id;
        let state = self.shared.state();
        state.share_of(person).map(|share| shown(&state, share))
    }

    /// Olga shares her server in Plex's own app; no keys means all libraries. It waits for the person.
    ///
    /// # Panics
    /// When it is shared with them already, or a key is none of the server's.
    pub fn invite(&self, name: &str, keys: &[u64]) {
        assert!(self.share_of(name).is_none(), "the server is shared with {name} already");
        let person = self.person(name).id;
        let id = |key: &u64| SECTIONS.iter().find(|section| section.key == *key);
        let ids: Option<Vec<u64>> = keys.iter().map(|key| id(key).map(|found| found.id)).collect();
        assert!(ids.is_some(), "the server has no library with one of the keys {keys:?}");
        let now = (self.shared.clock)();
        let ids = ids.unwrap_or_default();
        self.shared.state().share(Whom::Person(person), ids, fresh_settings(), now);
    }

    /// The person accepts in Plex's own app.
    ///
    /// # Panics
    /// When nothing waits for them.
    pub fn accept(&self, name: &str) {
        let waits = self.share_of(name).filter(|share| !share.accepted);
        assert!(waits.is_some(), "no share waits for {name}");
        let now = (self.shared.clock)();
        if let Some(share) = waits {
            self.shared.state().accept(share.id, now);
        }
    }

    /// Every accepted share shows among its person's resources from now on.
    pub fn let_shares_show(&self) {
        for share in &mut self.shared.state().shares {
            share.visible = share.accepted.is_some();
        }
    }

    /// Olga takes the server away from a person, in Plex's own app.
    pub fn unshare(&self, name: &str) {
        let person = self.person(name).id;
        self.shared.state().shares.retain(|share| share.person != Some(person));
    }

    /// Olga writes a setting of a person's share, in Plex's own app.
    ///
    /// # Panics
    /// When the server is not shared with them.
    pub fn set_sharing(&self, name: &str, setting: &str, value: impl Into<Value>) {
        let person = self.person(name).id;
        let mut state = self.shared.state();
        let share = state.shares.iter_mut().find(|share| share.person == Some(person));
        let found = share.map(|share| share.settings.insert(setting.to_owned(), value.into()));
        drop(state);
        assert!(found.is_some(), "the server is not shared with {name}");
    }
}
