//! Accounts as Jellyfin keeps them: one JSON object per user, whose unknown fields survive every
//! change.

use core::fmt;

use latchkey_sdk::accounts::{
    Access, Account, AccountPage, Attribute, Condition, PageRequest, Value as Fact,
};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::Response;
use latchkey_sdk::lent::Lent;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::names;
use crate::server::{self, As, get};
use crate::time;

/// The provider that keeps passwords in Jellyfin itself.
pub const OWN_PROVIDER: &str =
    "Jellyfin.Server.Implementations.Users.DefaultAuthenticationProvider";

/// One user object, with the three parts every user has.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// 32 hexadecimal digits in lower case.
    pub id: String,
    /// The login name as stored.
    pub name: String,
    /// Everything the server said.
    pub raw: Map<String, Value>,
}

impl User {
    /// Reads one user object.
    ///
    /// # Errors
    /// `bad-reply` where id, name or policy is missing.
    pub fn of(value: Value) -> Result<Self, Fault> {
        let read = || {
            let Value::Object(raw) = value else { return None };
            let id = plain_id(raw.get("Id")?.as_str()?)?;
            let name = raw.get("Name")?.as_str()?.to_owned();
            raw.get("Policy")?.as_object()?;
            Some(Self { id, name, raw })
        };
        read().ok_or_else(|| {
            Fault::new(
                Kind::BadReply,
                "jellyfin.user",
                "a user came without an id, a name or a policy",
            )
        })
    }

    /// The policy, which every user has.
    #[must_use]
    pub fn policy(&self) -> Map<String, Value> {
        self.raw.get("Policy").and_then(Value::as_object).cloned().unwrap_or_default()
    }

    fn said(&self, key: &str) -> Option<&Value> {
        self.raw.get("Policy")?.get(key)
    }

    /// A switch of the policy; off where it is missing.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.said(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A number of the policy.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<i64> {
        self.said(key)?.as_i64()
    }

    /// How many entries a list of the policy has.
    #[must_use]
    pub fn count(&self, key: &str) -> usize {
        self.said(key).and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// Who checks this user's password.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.said("AuthenticationProviderId").and_then(Value::as_str).unwrap_or(OWN_PROVIDER)
    }

    /// Whether Jellyfin itself keeps the password.
    #[must_use]
    pub fn own_password(&self) -> bool {
        matches!(self.provider(), OWN_PROVIDER | "")
    }

    /// Wrong attempts until the server locks the account; none where it never does.
    #[must_use]
    pub fn attempts_left(&self) -> Option<u32> {
        let allowed = match self.number("LoginAttemptsBeforeLockout") {
            Some(0) => 3,
            Some(allowed) if allowed > 0 => allowed,
            _ => return None,
        };
        let used = self.number("InvalidLoginAttemptCount").unwrap_or(0);
        Some(u32::try_from((allowed - used).max(0)).unwrap_or(0))
    }

    /// Whether nobody has ever been signed in with this account.
    #[must_use]
    pub fn never_active(&self) -> bool {
        ["LastActivityDate", "LastLoginDate"].iter().all(|key| self.date(key).is_none())
    }

    /// Seconds since 1970. `LastLoginDate` is often absent and misses Quick Connect; activity is not.
    #[must_use]
    pub fn last_seen(&self) -> Option<u64> {
        self.date("LastActivityDate").or_else(|| self.date("LastLoginDate"))
    }

    fn date(&self, key: &str) -> Option<u64> {
        time::seconds(self.raw.get(key)?.as_str()?)
    }

    fn condition(&self) -> Condition {
        match (self.flag("IsDisabled"), self.attempts_left()) {
            (false, _) => Condition::Active,
            (true, Some(0)) => Condition::Locked,
            (true, _) => Condition::Disabled,
        }
    }

    fn libraries(&self) -> Access {
        match self.said("EnabledFolders").and_then(Value::as_array) {
            _ if self.flag("EnableAllFolders") => Access::All,
            Some(ids) => {
                Access::Only(ids.iter().filter_map(Value::as_str).filter_map(plain_id).collect())
            }
            None => Access::Unknown,
        }
    }

    /// The account as the contract tells it.
    #[must_use]
    pub fn account(&self) -> Account {
        let foreign = (!self.own_password())
            .then(|| format!("its password belongs to the sign-in provider {}", self.provider()));
        let mut attributes = vec![
            attribute("hidden", Fact::Flag(self.flag("IsHidden"))),
            attribute("remote-access", Fact::Flag(self.flag("EnableRemoteAccess"))),
            attribute("provider", Fact::Text(self.provider().to_owned())),
        ];
        if let Some(limit) = self.number("MaxActiveSessions").filter(|limit| *limit > 0) {
            attributes.push(attribute("max-sessions", Fact::Number(limit)));
        }
        Account {
            id: self.id.clone(),
            login_name: self.name.clone(),
            display_name: None,
            email: None,
            condition: self.condition(),
            admin: self.flag("IsAdministrator"),
            // An administrator here rules films, not the machine; Jellyfin itself lets them reset by file.
            privileged: false,
            foreign,
            libraries: self.libraries(),
            last_seen: self.last_seen(),
            created: None,
            attributes,
        }
    }
}

/// A named fact about an account or a profile.
#[must_use]
pub fn attribute(name: &str, value: Fact) -> Attribute {
    Attribute { name: name.to_owned(), value }
}

/// An id as Jellyfin writes it in JSON: 32 hexadecimal digits; hyphens and case do not count.
#[must_use]
pub fn plain_id(text: &str) -> Option<String> {
    let id: String = text.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

/// An id that can stand in a path, or "no such account": the server has no ids of another form.
///
/// # Errors
/// `not-found`.
pub fn known_form(id: &str) -> Result<String, Fault> {
    plain_id(id).ok_or_else(no_account)
}

/// The fault for an account that is not there.
#[must_use]
pub fn no_account() -> Fault {
    Fault::new(Kind::NotFound, "jellyfin.no-account", "Jellyfin has no such account")
}

/// All users, whole or not at all. There is always one, its administrator: an empty list is none.
///
/// # Errors
/// Whatever keeps the list from being whole.
pub fn all(lent: &impl Lent) -> Result<Vec<User>, Fault> {
    whole(server::read(lent, get("/Users", &As::Key))?)
}

fn whole(list: Value) -> Result<Vec<User>, Fault> {
    match list {
        Value::Array(users) if !users.is_empty() => users.into_iter().map(User::of).collect(),
        Value::Array(_) => Err(Fault::new(
            Kind::BadReply,
            "jellyfin.no-users",
            "the server says that it has no users at all, which cannot be",
        )),
        _ => Err(Fault::new(Kind::BadReply, "jellyfin.users", "the user list is no list")),
    }
}

/// All users as far as an account is told: nine in ten of their fields are not kept, which halves what a
/// long list costs. Whatever is not as expected is read as a whole, for the words it is refused with.
fn listed(response: &Response) -> Result<Vec<User>, Fault> {
    match response.json::<Vec<Told>>() {
        Ok(users) if response.status() == 200 && !users.is_empty() => {
            users.into_iter().map(|Told(user)| User::of(user)).collect()
        }
        _ => whole(server::answered(response)?),
    }
}

/// A user with the fields an account is told by, and no others.
struct Told(Value);

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Keep(&OF_USER).deserialize(reader).map(Self)
    }
}

const OF_USER: [&str; 5] = ["Id", "Name", "Policy", "LastActivityDate", "LastLoginDate"];
const OF_POLICY: [&str; 10] = [
    "IsAdministrator",
    "IsHidden",
    "IsDisabled",
    "EnableRemoteAccess",
    "EnableAllFolders",
    "EnabledFolders",
    "InvalidLoginAttemptCount",
    "LoginAttemptsBeforeLockout",
    "MaxActiveSessions",
    "AuthenticationProviderId",
];

/// Reads an object and keeps these of its fields.
struct Keep(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Keep {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Keep {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(key) = fields.next_key::<&'de str>()? {
            if !self.0.contains(&key) {
                fields.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = match key {
                "Policy" => fields.next_value_seed(Keep(&OF_POLICY))?,
                _ => fields.next_value()?,
            };
            kept.insert(key.to_owned(), value);
        }
        Ok(Value::Object(kept))
    }
}

/// One user.
///
/// # Errors
/// `not-found` where there is none.
pub fn one(lent: &impl Lent, id: &str) -> Result<User, Fault> {
    let id = known_form(id)?;
    let found = server::read(lent, get(&format!("/Users/{id}"), &As::Key));
    match found {
        Err(fault) if fault.kind == Kind::NotFound => Err(no_account()),
        found => User::of(found?),
    }
}

/// One user by login name, as the server compares.
///
/// # Errors
/// Whatever keeps the list from being whole.
pub fn named(lent: &impl Lent, name: &str) -> Result<Option<User>, Fault> {
    Ok(all(lent)?.into_iter().find(|user| names::same(&user.name, name)))
}

/// A page of accounts in the order of their ids, so that a page still fits after a change.
/// Jellyfin itself knows no paging for users.
///
/// # Errors
/// Whatever keeps the list from being whole.
pub fn page(lent: &impl Lent, page: &PageRequest) -> Result<AccountPage, Fault> {
    let mut users = listed(&get("/Users", &As::Key).send(lent)?)?;
    let total = u32::try_from(users.len()).ok();
    users.sort_by(|one, other| one.id.cmp(&other.id));
    let limit = usize::try_from(page.limit.max(1)).unwrap_or(1);
    let after = page.cursor.as_deref().unwrap_or("");
    let mut rest: Vec<User> = users.into_iter().filter(|user| user.id.as_str() > after).collect();
    let more = rest.len() > limit;
    rest.truncate(limit);
    let next = if more { rest.last().map(|user| user.id.clone()) } else { None };
    Ok(AccountPage { accounts: rest.iter().map(User::account).collect(), next, total })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn an_account_is_the_same_from_a_list_and_from_all_of_a_user() {
        for recorded in [
            include_str!("../tests/recorded/user-10.9.json"),
            include_str!("../tests/recorded/user-12.0.json"),
        ] {
            let mut user: Value = serde_json::from_str(recorded).unwrap();
            for (key, value) in [
                ("IsDisabled", Value::from(true)),
                ("IsHidden", true.into()),
                ("IsAdministrator", true.into()),
                ("EnableAllFolders", false.into()),
                ("EnabledFolders", vec!["0123456789abcdef0123456789abcdef"].into()),
                ("LoginAttemptsBeforeLockout", 3.into()),
                ("InvalidLoginAttemptCount", 3.into()),
                ("MaxActiveSessions", 2.into()),
                ("AuthenticationProviderId", "Somewhere.Else".into()),
            ] {
                let Told(told) = serde_json::from_str(&user.to_string()).unwrap();
                let told = User::of(told).unwrap().account();
                assert_eq!(
                    format!("{told:?}"),
                    format!("{:?}", User::of(user.clone()).unwrap().account())
                );
                user["Policy"][key] = value;
            }
        }
    }
}
