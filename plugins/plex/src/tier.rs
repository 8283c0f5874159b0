//! What somebody is to a media server, by what plex.tv lists for their own token.
//!
//! A server is known by its machine identifier, never by a name; whether plex.tv sees it at the moment
//! (`presence`) says nothing about who may use it. Rule: PlexSSO, `PlexHttpClient.cs`; authentik.

use latchkey_sdk::fault::Fault;
use latchkey_sdk::http::Request;
use serde_json::Value;

use crate::cloud::{As, PLEX_TV, with};
use crate::reply::{flag, list, text};

/// What somebody is to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Theirs.
    Owner,
    /// Of the owner's Plex Home.
    Home,
    /// It is shared with them.
    Shared,
}

impl Tier {
    /// As written in attributes.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Home => "home",
            Self::Shared => "shared",
        }
    }

    /// By the answer to [`resources`]; none where the server is not among them.
    ///
    /// # Errors
    /// `bad-reply` where it is no list.
    pub fn of(resources: &Value, machine: &str) -> Result<Option<Self>, Fault> {
        let is_server = |one: &&Value| {
            let provides = text(one, "provides").unwrap_or_default();
            let named = text(one, "clientIdentifier").as_deref() == Some(machine);
            named && provides.split(',').any(|word| word.trim() == "server")
        };
        let found = list(resources, "servers")?.iter().find(is_server);
        Ok(found.map(|one| match (flag(one, "owned"), flag(one, "home")) {
            (true, _) => Self::Owner,
            (false, true) => Self::Home,
            (false, false) => Self::Shared,
        }))
    }
}

/// `GET /api/v2/resources`
#[must_use]
pub fn resources(client: &str, by: As<'_>) -> Request {
    let request = Request::get(PLEX_TV, "/api/v2/resources")
        .query("includeHttps", "1")
        .query("includeRelay", "1")
        .query("includeIPv6", "1");
    with(request, client, by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_server_of_this_very_identifier_counts() {
        let one = |provides: &str, id: &str, owned, home| json!({"provides": provides, "clientIdentifier": id, "name": "nas", "owned": owned, "home": home});
        let of = |list: Value| Tier::of(&list, "ours");
        assert_eq!(of(json!([one("client, server", "ours", true, false)])), Ok(Some(Tier::Owner)));
        assert_eq!(of(json!([one("server", "ours", false, true)])), Ok(Some(Tier::Home)));
        assert_eq!(of(json!([one("server", "ours", false, false)])), Ok(Some(Tier::Shared)));
        assert_eq!(of(json!([one("server", "other", true, false)])), Ok(None));
        assert_eq!(of(json!([one("media-server-client", "ours", true, false)])), Ok(None));
        assert!(of(json!({})).is_err());
    }
}
