//! Looking at a double from inside, and putting things into it without asking over the network.

use super::app::Wish;
use super::double::Plex;
use super::people::Person;
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
