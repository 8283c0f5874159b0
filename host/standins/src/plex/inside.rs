//! Looking at a double from inside, and putting things into it without asking over the network.

use super::app::Wish;
use super::double::Plex;
use super::people::{Account, Person};
use super::pins;
use super::state::Origin;

/// A live token of plex.tv, looked at from inside; the token itself stays in there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveToken {
    /// Whose, by title.
    pub person: String,
    /// How it came about.
    pub origin: Origin,
    /// The client identifier it was made for.
    pub client: String,
}

/// People and their tokens.
impl Plex {
    /// Everybody.
    #[must_use]
    pub fn people(&self) -> Vec<Person> {
        let state = self.shared.state();
        state.people.iter().map(|account| state.person(account)).collect()
    }

    /// A person by title, without case: Olga, Pete, Mia, Sam or Zed.
    ///
    /// # Panics
    /// When there is nobody of that name.
    #[must_use]
    pub fn person(&self, name: &str) -> Person {
        let state = self.shared.state();
        let found = state.named(name).map(|account| state.person(account));
        drop(state);
        assert!(found.is_some(), "the stand-in Plex knows nobody called {name}");
        found.unwrap_or_else(|| self.people().remove(0))
    }

    /// A fresh token of plex.tv for a device, as a linked PIN would have given.
    #[must_use]
    pub fn token(&self, name: &str, client: &str) -> String {
        let person = self.person(name).id;
        self.shared.state().mint(person, Origin::Pin, client)
    }

    /// Every live token of plex.tv.
    #[must_use]
    pub fn live_tokens(&self) -> Vec<LiveToken> {
        let state = self.shared.state();
        let title = |id| state.account(id).map(|account| account.title.clone()).unwrap_or_default();
        state
            .tokens
            .iter()
            .map(|token| LiveToken {
                person: title(token.person),
                origin: token.origin,
                client: token.client.clone(),
            })
            .collect()
    }

    /// Ends every token of a person, as a new password does.
    pub fn end_tokens(&self, name: &str) {
        let person = self.person(name).id;
        self.shared.state().tokens.retain(|token| token.person != person);
    }
}

/// The auth page, without a browser.
impl Plex {
    /// A person approves what an address of the auth page, or a code, asks for. Gives where the browser is
    /// sent; nothing where the address does not say.
    ///
    /// # Panics
    /// When the code is unknown, expired or approved already, or belongs to another client identifier.
    pub fn authorize(&self, address_or_code: &str, name: &str) -> Option<String> {
        let wish = Wish::read(address_or_code);
        let person = self.person(name);
        assert!(!person.managed, "{name} is a managed profile and cannot sign in by themselves");
        let now = (self.shared.clock)();
        let client = pins::link(&mut self.shared.state(), &wish.code, person.id, now);
        assert!(client.is_some(), "nobody asks for the code {}", wish.code);
        let same = wish.client.is_empty() || client == Some(wish.client);
        assert!(same, "the code was made with another client identifier");
        wish.forward
    }

    /// The person presses cancel: they stay on Plex's page, and the app hears nothing of it.
    ///
    /// # Panics
    /// When nobody asks for the code.
    pub fn deny(&self, address_or_code: &str) {
        let wish = Wish::read(address_or_code);
        let known = self.shared.state().pins.iter().any(|pin| pin.code == wish.code);
        assert!(known, "nobody asks for the code {}", wish.code);
    }
}

/// What people do on plex.tv.
impl Plex {
    fn change(&self, name: &str, act: impl FnOnce(&mut Account)) {
        let id = self.person(name).id;
        let mut state = self.shared.state();
        if let Some(account) = state.people.iter_mut().find(|account| account.id == id) {
            act(account);
        }
    }

    /// Sets or removes a profile's PIN.
    pub fn set_pin(&self, name: &str, pin: Option<&str>) {
        self.change(name, |account| account.pin = pin.map(str::to_owned));
    }

    /// Gives a person another login name and address; the id stays.
    pub fn rename(&self, name: &str, username: &str, email: &str) {
        self.change(name, |account| {
            username.clone_into(&mut account.username);
            email.clone_into(&mut account.email);
        });
    }

    /// Takes a person out of the home; what is shared with them is gone with it.
    pub fn leave_home(&self, name: &str) {
        self.change(name, |account| account.home = false);
        self.unshare(name);
    }

    /// Sets or removes a managed profile's preset: `little_kid`, `older_kid` or `teen`.
    pub fn set_preset(&self, name: &str, preset: Option<&str>) {
        self.change(name, |account| account.restriction_profile = preset.map(str::to_owned));
    }

    /// Somebody makes an account on Plex; an invitation to their address waits for them. Gives them.
    ///
    /// # Panics
    /// When the name is taken.
    pub fn register(&self, name: &str, email: &str) -> Person {
        let mut state = self.shared.state();
        let taken = state.named(name).is_some();
        let number = state.people.len() + 1;
        let id = 1_000_000 + u64::try_from(number).unwrap_or_default();
        if !taken {
            state.people.push(Account::new(id, name, email));
            let waiting = state.shares.iter_mut().find(|share| {
                share.email.as_deref().is_some_and(|held| held.eq_ignore_ascii_case(email))
            });
            if let Some(share) = waiting {
                (share.person, share.email) = (Some(id), None);
            }
        }
        drop(state);
        assert!(!taken, "there is a person called {name} already");
        self.person(name)
    }
}
