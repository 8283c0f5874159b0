//! Who asks, and whether they may: client identifiers, tokens, too many requests.

use super::behaviour::{Limited, Tokens};
use super::state::{Origin, State};
use super::wire::{Answer, Call};

/// What a route wants to know about who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Nothing.
    Anybody,
    /// A client identifier.
    Client,
    /// A client identifier and a live token of plex.tv.
    Token,
    /// The same, of the person who owns the server.
    Owner,
}

/// Who asks; nobody where the route does not want to know.
pub(super) struct Caller {
    pub(super) person: u64,
    pub(super) token: String,
    pub(super) origin: Origin,
}

impl State {
    /// Finds out who asks.
    pub(super) fn caller(&self, call: &Call, access: Access) -> Result<Caller, Answer> {
        let nobody = Caller { person: 0, token: String::new(), origin: Origin::Pin };
        if access == Access::Anybody {
            return Ok(nobody);
        }
        if call.client().is_none() && !call.is_v1() {
            return Err(Answer::error(400, 1000, "X-Plex-Client-Identifier is missing"));
        }
        if access == Access::Client {
            return Ok(nobody);
        }
        let refused = || Answer::error(401, 1001, "User could not be authenticated");
        let secret = match self.switches.tokens {
            Tokens::HeaderOnly => call.header("X-Plex-Token"),
            Tokens::HeaderOrUrl => call.plex("X-Plex-Token"),
        };
        let secret = secret.ok_or_else(refused)?;
        let token = self.tokens.iter().find(|token| token.secret == secret).ok_or_else(refused)?;
        if token.origin == Origin::Jwt && self.keys.ended(secret, call.now) {
            return Err(Answer::error(498, 1001, "Token expired"));
        }
        if access == Access::Owner && !State::owns(token.person) {
            return Err(Answer::error(404, 1002, "Not found"));
        }
        Ok(Caller { person: token.person, token: secret.to_owned(), origin: token.origin })
    }

    /// Refuses what comes too often.
    pub(super) fn admit(&mut self, kind: Limited) -> Result<(), Answer> {
        let Some(slow) = self.switches.slow_down(kind) else { return Ok(()) };
        let answer = Answer::error(429, 1003, "Too many requests");
        Err(match slow.retry_after {
            Some(seconds) => answer.with("retry-after", seconds.to_string()),
            None => answer,
        })
    }
}
