//! Plex's people as accounts: the owner, the home, those it is shared with, those who were asked.
//!
//! An account's id is Plex's number of the person. Somebody who was asked by an address that is nobody's yet is
//! `share-` and the number of the share; asked for by that id later, they are found under their own.

use latchkey_sdk::accounts::{Access, Account, AccountPage, Condition, PageRequest, Value as Told};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::Request;
use latchkey_sdk::lent::Lent;
use serde_json::Value;

use crate::cloud::{As, CLIENTS, client, refused_write, with};
use crate::person::{attribute, restriction, shown};
use crate::reply::{flag, number, text};
use crate::server;
use crate::tier::Tier;
use crate::view::{Share, View, key};

const INVITED: &str = "share-";

/// Everybody, read now.
///
/// # Errors
/// `misconfigured` without the owner's token; else as the network and Plex have it.
pub fn view(lent: &impl Lent) -> Result<View, Fault> {
    let machine = server::machine(lent)?;
    View::of(lent, &machine)
}

/// A page of all accounts, in the order of their numbers.
///
/// # Errors
/// As [`view`].
pub fn page(lent: &impl Lent, page: &PageRequest) -> Result<AccountPage, Fault> {
    let mut all = accounts(&view(lent)?);
    let total = u32::try_from(all.len()).ok();
    if let Some(last) = &page.cursor {
        all.retain(|account| order(&account.id) > order(last));
    }
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX).max(1);
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more).map(|account| account.id.clone());
    Ok(AccountPage { accounts: all, next, total })
}

/// The id of somebody who was asked by an address that is nobody's.
#[must_use]
pub fn invited(share: &Share) -> String {
    format!("{INVITED}{}", share.id)
}

/// People first, then invitations; each by number.
fn order(id: &str) -> (bool, u64) {
    let (invited, digits) = id.strip_prefix(INVITED).map_or((false, id), |digits| (true, digits));
    (invited, digits.parse().unwrap_or_default())
}

/// All accounts.
#[must_use]
pub fn accounts(view: &View) -> Vec<Account> {
    let shared = view.shares.iter().map(|share| of_share(view, share));
    let at_home = view.home.iter().filter_map(|one| {
        let id = number(one, "id")?;
        let listed = view.share_of(id).is_some() || id == view.owner_id;
        (!listed).then(|| of_home(one, id))
    });
    let mut all: Vec<Account> = [of_owner(view)].into_iter().chain(shared).chain(at_home).collect();
    all.sort_by_key(|account| order(&account.id));
    all.dedup_by(|one, other| one.id == other.id);
    all
}

/// One account.
///
/// # Errors
/// `not-found` where nobody has this id.
pub fn one(view: &View, id: &str) -> Result<Account, Fault> {
    if let Ok(share) = share_of(view, id) {
        return Ok(of_share(view, share));
    }
    accounts(view).into_iter().find(|account| account.id == id).ok_or_else(nobody)
}

/// The share behind an account.
///
/// # Errors
/// `not-found` where there is none, `forbidden` for the owner.
pub fn share_of<'a>(view: &'a View, id: &str) -> Result<&'a Share, Fault> {
    let found = match id.strip_prefix(INVITED) {
        Some(digits) => {
            let wanted = digits.parse().ok();
            view.shares.iter().find(|share| Some(share.id) == wanted)
        }
        None => id.parse().ok().and_then(|person| view.share_of(person)),
    };
    if found.is_none() && id.parse().ok() == Some(view.owner_id) {
        let detail = "the owner of the server needs no share of it";
        return Err(Fault::new(Kind::Forbidden, "plex.owner", detail));
    }
    found.ok_or_else(nobody)
}

fn nobody() -> Fault {
    let detail = "the server is shared with nobody of this number";
    Fault::new(Kind::NotFound, "plex.no-share", detail)
}

/// By name or address, as Plex compares: without regard to case.
#[must_use]
pub fn named(view: &View, name: &str) -> Option<Account> {
    let wanted = name.to_lowercase();
    let is = |text: &str| text.to_lowercase() == wanted;
    let all = accounts(view);
    let by_name = all.iter().find(|account| is(&account.login_name));
    let by_address = || all.iter().find(|account| account.email.as_deref().is_some_and(is));
    by_name.or_else(by_address).cloned()
}

/// Ends the share; good also where there is none. Somebody of the home stays in it.
///
/// # Errors
/// `forbidden` for the owner; else as the network and Plex have it.
pub fn remove(lent: &impl Lent, id: &str) -> Result<(), Fault> {
    let view = view(lent)?;
    match share_of(&view, id) {
        Ok(share) => end(lent, share),
        Err(fault) if fault.kind == Kind::NotFound => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Ends one share.
///
/// # Errors
/// As the network and Plex have it.
pub fn end(lent: &impl Lent, share: &Share) -> Result<(), Fault> {
    let request = Request::delete(CLIENTS, &format!("/api/v2/shared_servers/{}", share.id));
    let response = with(request, &client(lent), As::Owner).send(lent)?;
    match response.status() {
        200..=299 | 404 => Ok(()),
        _ => Err(refused_write(&response, As::Owner)),
    }
}

/// Somebody with a share.
#[must_use]
pub fn of_share(view: &View, share: &Share) -> Account {
    let nothing = Value::Null;
    let somebody = share.raw.get("invited").unwrap_or(&nothing);
    let at_home = share.person().and_then(|id| view.of_home(id));
    let id = share.person().map_or_else(|| invited(share), |id| id.to_string());
    let word = match (share.accepted, at_home.is_some()) {
        (false, _) => "invited",
        (true, true) => Tier::Home.word(),
        (true, false) => Tier::Shared.word(),
    };
    let mut account = account(id, at_home.unwrap_or(somebody), word);
    account.email = share.email().or(account.email);
    if account.login_name == account.id {
        account.login_name = account.email.clone().unwrap_or(account.login_name);
    }
    account.condition = if share.accepted { Condition::Active } else { Condition::Invited };
    account.libraries = if share.of_all() {
        Access::All
    } else {
        Access::Only(share.libraries().iter().filter_map(key).collect())
    };
    account.attributes.push(attribute("plex_share_id", Told::Text(share.id.to_string())));
    account.attributes.extend(share.told().into_iter().filter(|one| one.name != "plex_libraries"));
    account
}

fn of_home(one: &Value, id: u64) -> Account {
    account(id.to_string(), one, Tier::Home.word())
}

fn of_owner(view: &View) -> Account {
    let mut account = account(view.owner_id.to_string(), &view.owner, Tier::Owner.word());
    account.admin = true;
    account.privileged = true;
    account.foreign = Some("owns the server".to_owned());
    account.libraries = Access::All;
    account
}

/// Managed profiles have neither name nor address: they go by what the home calls them.
fn account(id: String, body: &Value, tier: &str) -> Account {
    let display_name = shown(body);
    let login_name = text(body, "username").or_else(|| display_name.clone());
    let mut attributes = vec![attribute("plex_tier", Told::Text(tier.to_owned()))];
    if let Some(uuid) = text(body, "uuid") {
        attributes.push(attribute("plex_uuid", Told::Text(uuid)));
    }
    if flag(body, "restricted") {
        attributes.push(attribute("plex_restricted", Told::Flag(true)));
        attributes.push(attribute("plex_restriction_profile", Told::Text(restriction(body))));
    }
    Account {
        login_name: login_name.unwrap_or_else(|| id.clone()),
        id,
        display_name,
        email: text(body, "email"),
        condition: Condition::Active,
        admin: false,
        privileged: false,
        foreign: None,
        libraries: Access::Unknown,
        last_seen: None,
        created: None,
        attributes,
    }
}
