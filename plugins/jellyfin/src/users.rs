//! Accounts as Jellyfin keeps them: one JSON object per user, whose unknown fields survive every
//! change.

use latchkey_sdk::accounts::{
    Access, Account, AccountPage, Attribute, Condition, PageRequest, Value as Told,
};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::lent::Lent;
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
            attribute("hidden", Told::Flag(self.flag("IsHidden"))),
            attribute("remote-access", Told::Flag(self.flag("EnableRemoteAccess"))),
            attribute("provider", Told::Text(self.provider().to_owned())),
        ];
        if let Some(limit) = self.number("MaxActiveSessions").filter(|limit| *limit > 0) {
            attributes.push(attribute("max-sessions", Told::Number(limit)));
        }
        Account {
            id: self.id.clone(),
            login_name: self.name.clone(),
            display_name: None,
            email: None,
            condition: self.condition(),
            admin: self.flag("IsAdministrator"),
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
pub fn attribute(name: &str, value: Told) -> Attribute {
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
    match server::read(lent, get("/Users", &As::Key))? {
        Value::Array(users) if !users.is_empty() => users.into_iter().map(User::of).collect(),
        Value::Array(_) => Err(Fault::new(
            Kind::BadReply,
            "jellyfin.no-users",
            "the server says that it has no users at all, which cannot be",
        )),
        _ => Err(Fault::new(Kind::BadReply, "jellyfin.users", "the user list is no list")),
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
    let mut users = all(lent)?;
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
