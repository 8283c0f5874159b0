//! The server's people as its owner sees them: the home, those it is shared with, those who were asked.
//!
//! Four lists, read side by side; one that cannot be read is a fault, never an empty list. People are keyed by
//! Plex's number of them; an invitation to an address that nobody has yet is keyed by its own number.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::Request;
use latchkey_sdk::identity::{Attribute, Value as Told};
use latchkey_sdk::lent::Lent;
use serde_json::{Map, Value};

use crate::cloud::{self, As, CLIENTS, read, with};
use crate::person::{attribute, home_list, members, user};
use crate::reply::{flag, list, number, odd, text};
use crate::tier::Tier;

/// Everybody.
pub struct View {
    /// The machine identifier it is about.
    pub machine: String,
    /// The owner, as `/user` says.
    pub owner: Value,
    /// The owner's number.
    pub owner_id: u64,
    /// The owner's home, the owner too; empty where they have none.
    pub home: Vec<Value>,
    /// The shares of this server.
    pub shares: Vec<Share>,
}

/// One share: somebody who may use the server, or was asked.
#[derive(Clone)]
pub struct Share {
    /// Its number.
    pub id: u64,
    /// As Plex has it.
    pub raw: Value,
    /// Whether they have accepted.
    pub accepted: bool,
}

/// What the owner's lists say of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// They belong.
    Member(Tier),
    /// They were asked.
    Invited,
    /// They are of the home, and nothing says that the server is shared with them.
    Unsaid,
    /// They are in none of the lists.
    Outside,
}

/// The same, with what is told besides.
pub struct Seen {
    /// What they are.
    pub standing: Known,
    /// Their filters and libraries.
    pub told: Vec<Attribute>,
    /// The restriction of somebody of the home, as far as its list has it.
    pub home: Vec<Attribute>,
}

/// What the owner's lists say of somebody.
///
/// # Errors
/// `misconfigured` without the owner's token; else as the network and Plex have it.
pub fn standing(lent: &impl Lent, machine: &str, id: u64) -> Result<Seen, Fault> {
    let view = View::of(lent, machine)?;
    let share = view.share_of(id);
    let told = share.map(Share::told).unwrap_or_default();
    let filtered = told.iter().any(|one| one.name.starts_with("plex_filter_"));
    let home = view.of_home(id).map(|one| restricted(one, filtered)).unwrap_or_default();
    Ok(Seen { standing: view.known(id), told, home })
}

/// A home's list has presets; a restriction without one shows only in its filters.
fn restricted(one: &Value, filtered: bool) -> Vec<Attribute> {
    let is_restricted = flag(one, "restricted");
    let word = match text(one, "restrictionProfile") {
        Some(preset) => preset,
        None if !is_restricted => "none".to_owned(),
        None if filtered => "custom".to_owned(),
        None => "unknown".to_owned(),
    };
    vec![
        attribute("plex_restricted", Told::Flag(is_restricted)),
        attribute("plex_restriction_profile", Told::Text(word)),
    ]
}

impl View {
    /// Reads the lists.
    ///
    /// # Errors
    /// `misconfigured` without the owner's token; else as the network and Plex have it.
    pub fn of(lent: &impl Lent, machine: &str) -> Result<Self, Fault> {
        cloud::need_owner(lent)?;
        let client = cloud::client(lent);
        let by = As::Owner;
        let shares = |which: &str| {
            let path = format!("/api/v2/shared_servers/owned/{which}");
            with(Request::get(CLIENTS, &path), &client, by)
        };
        let requests =
            vec![user(&client, by), home_list(&client, by), shares("accepted"), shares("pending")];
        let mut bodies = Vec::new();
        for answer in Request::send_all(lent, requests) {
            bodies.push(read(&answer?, by)?);
        }
        let [owner, home, accepted, pending] = <[Value; 4]>::try_from(bodies)
            .map_err(|_| Fault::new(Kind::Internal, "plex.short", "fewer answers than requests"))?;
        Self::sorted(machine, owner, &home, [(&accepted, true), (&pending, false)])
    }

    fn sorted(
        machine: &str,
        owner: Value,
        home: &Value,
        lists: [(&Value, bool); 2],
    ) -> Result<Self, Fault> {
        let owner_id = number(&owner, "id").ok_or_else(|| odd("an account without a number"))?;
        let home = if flag(&owner, "home") { members(home)?.to_vec() } else { Vec::new() };
        if flag(&owner, "home") && home.is_empty() {
            return Err(odd("a home with nobody in it"));
        }
        let mut shares: Vec<Share> = Vec::new();
        for (body, accepted) in lists {
            for raw in list(body, "shares")? {
                let share = Share::of(raw, accepted)?;
                let ours = text(raw, "machineIdentifier").as_deref() == Some(machine);
                // One that was accepted while the lists were read stands in both.
                if ours && share.stands() && shares.iter().all(|one| one.id != share.id) {
                    shares.push(share);
                }
            }
        }
        Ok(Self { machine: machine.to_owned(), owner, owner_id, home, shares })
    }

    /// The share of a person.
    #[must_use]
    pub fn share_of(&self, id: u64) -> Option<&Share> {
        self.shares.iter().find(|share| share.person() == Some(id))
    }

    /// Somebody of the home.
    #[must_use]
    pub fn of_home(&self, id: u64) -> Option<&Value> {
        self.home.iter().find(|one| number(one, "id") == Some(id))
    }

    fn known(&self, id: u64) -> Known {
        if id == self.owner_id {
            return Known::Member(Tier::Owner);
        }
        let of_home = self.of_home(id).is_some();
        match self.share_of(id) {
            Some(share) if !share.accepted => Known::Invited,
            Some(_) if of_home => Known::Member(Tier::Home),
            Some(_) => Known::Member(Tier::Shared),
            None if of_home => Known::Unsaid,
            None => Known::Outside,
        }
    }
}

impl Share {
    /// # Errors
    /// `bad-reply` for one without a number.
    pub fn of(raw: &Value, accepted: bool) -> Result<Self, Fault> {
        let id = number(raw, "id").ok_or_else(|| odd("a share without a number"))?;
        let accepted = accepted || flag(raw, "accepted");
        Ok(Self { id, raw: raw.clone(), accepted })
    }

    /// Whether neither side has ended it.
    fn stands(&self) -> bool {
        ["deletedAt", "leftAt"].iter().all(|key| self.raw.get(*key).is_none_or(Value::is_null))
    }

    /// Plex's number of the person; none where the address is nobody's.
    #[must_use]
    pub fn person(&self) -> Option<u64> {
        let invited = self.raw.get("invited").and_then(|invited| number(invited, "id"));
        number(&self.raw, "invitedId").or(invited)
    }

    /// The address, as invited or as theirs.
    #[must_use]
    pub fn email(&self) -> Option<String> {
        let theirs = self.raw.get("invited").and_then(|invited| text(invited, "email"));
        theirs.or_else(|| text(&self.raw, "invitedEmail"))
    }

    /// Whether it is of all libraries, those to come too.
    #[must_use]
    pub fn of_all(&self) -> bool {
        flag(&self.raw, "allLibraries")
    }

    /// Its libraries as Plex has them.
    #[must_use]
    pub fn libraries(&self) -> &[Value] {
        self.raw.get("libraries").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Allowances and filters as Plex has them.
    #[must_use]
    pub fn settings(&self) -> Option<&Map<String, Value>> {
        let inside = self.raw.get("invited").and_then(|invited| invited.get("sharingSettings"));
        let settings = self.raw.get("sharingSettings").filter(|one| one.is_object()).or(inside);
        settings.and_then(Value::as_object)
    }

    /// Filters and libraries as attributes. A filter is told byte for byte.
    #[must_use]
    pub fn told(&self) -> Vec<Attribute> {
        let libraries = if self.of_all() {
            vec!["*".to_owned()]
        } else {
            self.libraries().iter().filter_map(key).collect()
        };
        let mut told = vec![attribute("plex_libraries", Told::Texts(libraries))];
        let names = [
            ("plex_filter_all", "filterAll"),
            ("plex_filter_movies", "filterMovies"),
            ("plex_filter_television", "filterTelevision"),
            ("plex_filter_music", "filterMusic"),
            ("plex_filter_photos", "filterPhotos"),
        ];
        let settings = self.settings().cloned().map(Value::Object).unwrap_or_default();
        told.extend(
            names
                .into_iter()
                .filter_map(|(name, key)| Some(attribute(name, Told::Text(text(&settings, key)?)))),
        );
        told
    }
}

/// The key of a library on its server: a number or its digits.
#[must_use]
pub fn key(library: &Value) -> Option<String> {
    number(library, "key").map(|key| key.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn everybody_is_in_one_place() {
        let owner = json!({"id": 1, "home": true});
        let home = json!({"users": [{"id": 1}, {"id": 2}, {"id": 3}]});
        let share = |id: u64, person: u64, machine: &str| json!({"id": id, "invitedId": person, "machineIdentifier": machine, "libraries": [], "sharingSettings": {}});
        let accepted = json!([share(72, 2, "ours"), share(74, 4, "ours"), share(79, 9, "other")]);
        let pending = json!([share(75, 5, "ours"), share(74, 4, "ours")]);
        let view = View::sorted("ours", owner, &home, [(&accepted, true), (&pending, false)]);
        let view = view.expect("good");
        for (id, known) in [
            (1, Known::Member(Tier::Owner)),
            (2, Known::Member(Tier::Home)),
            (3, Known::Unsaid),
            (4, Known::Member(Tier::Shared)),
            (5, Known::Invited),
            (9, Known::Outside),
        ] {
            assert_eq!(view.known(id), known, "{id}");
        }
        assert_eq!(view.shares.len(), 3, "one that stands in both lists is one");
        let empty = View::sorted(
            "ours",
            json!({"id": 1, "home": true}),
            &json!({"users": []}),
            [(&json!([]), true), (&json!([]), false)],
        );
        assert!(empty.is_err(), "an empty home is no answer");
    }
}
