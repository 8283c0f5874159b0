//! A person as Plex describes them, and as the host wants to know them.
//!
//! Every word about who somebody is comes out of an answer of plex.tv to their own token.

use latchkey_sdk::fault::Fault;
use latchkey_sdk::http::Request;
use latchkey_sdk::identity::{Attribute, Person, Value as Told};
use serde_json::Value;

use crate::cloud::{As, PLEX_TV, with};
use crate::reply::{flag, list, number, odd, text};

/// `GET /api/v2/user`. The answer has the token in it.
#[must_use]
pub fn user(client: &str, by: As<'_>) -> Request {
    with(Request::get(PLEX_TV, "/api/v2/user"), client, by)
}

/// `GET /api/v2/home/users`
#[must_use]
pub fn home_list(client: &str, by: As<'_>) -> Request {
    with(Request::get(PLEX_TV, "/api/v2/home/users"), client, by)
}

/// The list in an answer to [`home_list`].
///
/// # Errors
/// `bad-reply` where there is none.
pub fn members(home: &Value) -> Result<&[Value], Fault> {
    list(home.get("users").unwrap_or(&Value::Null), "a home")
}

/// Somebody, by the answer to [`user`] or to a switch.
pub struct Profile {
    /// Stable for ever.
    pub id: u64,
    /// Stable for ever; what a home knows its people by.
    pub uuid: String,
    /// Whether they are in a Plex Home.
    pub home: bool,
    body: Value,
}

impl Profile {
    /// # Errors
    /// `bad-reply` for somebody without a number or a uuid.
    pub fn of(body: Value) -> Result<Self, Fault> {
        let id = number(&body, "id").filter(|id| *id != 0);
        let id = id.ok_or_else(|| odd("an account without a number"))?;
        let uuid = text(&body, "uuid").ok_or_else(|| odd("an account without a uuid"))?;
        let home = flag(&body, "home");
        Ok(Self { id, uuid, home, body })
    }

    /// The token that a switch gave.
    #[must_use]
    pub fn token(&self) -> Option<String> {
        text(&self.body, "authToken")
    }

    /// As the host wants to know them; `more` is what others said about them.
    #[must_use]
    pub fn person(&self, tier: &str, more: Vec<Attribute>, grant: Option<Vec<u8>>) -> Person {
        let login_name = text(&self.body, "username");
        let email = text(&self.body, "email");
        Person {
            subject: self.id.to_string(),
            display_name: shown(&self.body).unwrap_or_else(|| self.id.to_string()),
            login_name,
            email_verified: email.is_some() && flag(&self.body, "confirmed"),
            email,
            avatar_url: text(&self.body, "thumb"),
            attributes: self.attributes(tier, more),
            grant,
        }
    }

    /// What is told besides.
    #[must_use]
    pub fn attributes(&self, tier: &str, more: Vec<Attribute>) -> Vec<Attribute> {
        let mut told = vec![
            attribute("plex_tier", Told::Text(tier.to_owned())),
            attribute("plex_id", Told::Text(self.id.to_string())),
            attribute("plex_uuid", Told::Text(self.uuid.clone())),
            attribute("plex_restricted", Told::Flag(flag(&self.body, "restricted"))),
            attribute("plex_restriction_profile", Told::Text(restriction(&self.body))),
            attribute("plex_home_admin", Told::Flag(flag(&self.body, "homeAdmin"))),
        ];
        told.extend(self.own_filters());
        told.extend(more);
        told
    }

    /// What a profile's own token says of its filters.
    fn own_filters(&self) -> Vec<Attribute> {
        let Some(custom) = self.body.get("customRestrictions") else { return Vec::new() };
        let filter =
            |(name, key): (&str, &str)| Some(attribute(name, Told::Text(text(custom, key)?)));
        let names = [
            ("plex_filter_all", "all"),
            ("plex_filter_movies", "movies"),
            ("plex_filter_television", "television"),
            ("plex_filter_music", "music"),
            ("plex_filter_photos", "photos"),
        ];
        names.into_iter().filter_map(filter).collect()
    }
}

/// The name people know somebody by.
#[must_use]
pub fn shown(body: &Value) -> Option<String> {
    ["friendlyName", "title", "username"].into_iter().find_map(|key| text(body, key))
}

/// The name of a preset; `none` for people without restrictions, `custom` for others' own filters, and
/// `unknown` where Plex does not say: a rule must not take that for freedom.
#[must_use]
pub fn restriction(body: &Value) -> String {
    let preset = text(body, "restrictionProfile");
    let custom = body.get("customRestrictions").and_then(Value::as_object);
    let filtered = custom.is_some_and(|all| all.values().any(|one| one.as_str() != Some("")));
    match preset {
        Some(preset) => preset,
        None if !flag(body, "restricted") => "none".to_owned(),
        None if filtered => "custom".to_owned(),
        None if body.get("restrictionProfile").is_some() => "none".to_owned(),
        None => "unknown".to_owned(),
    }
}

/// One thing told besides.
#[must_use]
pub fn attribute(name: &str, value: Told) -> Attribute {
    Attribute { name: name.to_owned(), value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_restriction_that_is_not_told_is_unknown() {
        for (body, word) in [
            (json!({"restricted": false}), "none"),
            (json!({"restricted": true, "restrictionProfile": "teen"}), "teen"),
            (json!({"restricted": true}), "unknown"),
            (
                json!({"restricted": true, "restrictionProfile": null, "customRestrictions": {"all": "", "movies": "label=x"}}),
                "custom",
            ),
            (
                json!({"restricted": true, "restrictionProfile": null, "customRestrictions": {"all": ""}}),
                "none",
            ),
        ] {
            assert_eq!(restriction(&body), word, "{body}");
        }
    }

    #[test]
    fn a_managed_profile_has_a_name_and_no_address() {
        let body = json!({"id": 3, "uuid": "a3", "username": "", "title": "Mia", "email": null, "confirmed": true});
        let person = Profile::of(body).expect("good").person("home", vec![], None);
        assert_eq!((person.subject.as_str(), person.display_name.as_str()), ("3", "Mia"));
        assert_eq!((person.login_name, person.email, person.email_verified), (None, None, false));
    }
}
