//! Accounts that were there before: what their owners could be called here.
//!
//! Guarantees: a proposal is a name that keeps our rules. Does not: know who has which name already.

use crate::accounts::BackendAccount;
use crate::names::{BadName, Username};

/// The longest name we take.
const LONGEST: usize = 64;

/// The name that an account's owner has there, as a name here.
///
/// # Errors
/// [`BadName`] where it cannot be one; [`proposal`] has another.
pub fn own_name(account: &BackendAccount) -> Result<Username, BadName> {
    Username::parse(&account.login_name)
}

/// A name for an account's owner: the one they have there, or one that is close to it. `None` where
/// nothing of it can be read.
#[must_use]
pub fn proposal(account: &BackendAccount) -> Option<Username> {
    let names = [Some(account.login_name.as_str()), account.display_name.as_deref()];
    names.into_iter().flatten().find_map(close_to)
}

/// The same name with `_` for each character that none of ours may have, cut where it is too long.
fn close_to(name: &str) -> Option<Username> {
    if let Ok(same) = Username::parse(name) {
        return Some(same);
    }
    let allowed = |one: char| match Username::parse(one.encode_utf8(&mut [0; 4])) {
        Ok(_) => one,
        Err(_) if one == ' ' => one,
        Err(_) => '_',
    };
    let near: String = name.trim().chars().map(allowed).take(LONGEST).collect();
    let says_something = near.chars().any(char::is_alphanumeric);
    says_something.then(|| Username::parse(&near).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Condition, LibraryAccess};

    fn account(login_name: &str, display_name: Option<&str>) -> BackendAccount {
        BackendAccount {
            id: "1".into(),
            login_name: login_name.into(),
            display_name: display_name.map(str::to_owned),
            email: None,
            condition: Condition::Active,
            admin: false,
            privileged: false,
            foreign: None,
            libraries: LibraryAccess::All,
            last_seen: None,
            created: None,
            attributes: Vec::new(),
        }
    }

    #[test]
    fn a_name_that_fits_is_kept_and_one_that_does_not_is_made_to() {
        let long = "x".repeat(80);
        let cut = "x".repeat(64);
        let table = [
            ("Zoë O'Neil", None, Some("Zoë O'Neil")),
            ("home/anna", None, Some("home_anna")),
            ("an\u{200b}na", None, Some("an_na")),
            ("", Some("Kid <3"), Some("Kid _3")),
            ("???", Some(""), None),
            ("", None, None),
            (long.as_str(), None, Some(cut.as_str())),
        ];
        for (login, display, wanted) in table {
            let found = proposal(&account(login, display));
            assert_eq!(found.as_ref().map(Username::as_str), wanted, "{login:?} {display:?}");
        }
        assert_eq!(own_name(&account("home/anna", None)), Err(BadName::Character('/')));
    }
}
