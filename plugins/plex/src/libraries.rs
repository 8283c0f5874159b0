//! Libraries, and the numbers that Plex wants for them.
//!
//! A library has a small key on its server and a number at plex.tv; shares are written with the numbers, which
//! are looked up right before each write. A library that is not in the list stops the write: the list is
//! sometimes short for a moment (Wizarr, `plex.py`), and an empty one would share everything.

use latchkey_sdk::accounts::{Access, Library};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::{Request, percent};
use latchkey_sdk::lent::Lent;
use serde_json::Value;

use crate::cloud::{As, PLEX_TV, ask, client, need_owner, with};
use crate::reply::{list, number, odd, text};
use crate::view::key;

/// Milliseconds after which a short list is worth another look.
const AGAIN_MS: u32 = 5_000;

/// What a share is written with; the empty list means all, those to come too, and is only ever meant.
#[derive(Debug, PartialEq, Eq)]
pub struct SectionIds(pub Vec<u64>);

/// The libraries of the server as plex.tv knows them.
///
/// # Errors
/// `unavailable` where there are none: that is what a list looks like that is being built.
pub fn sections(lent: &impl Lent, machine: &str) -> Result<Vec<Value>, Fault> {
    need_owner(lent)?;
    let request = Request::get(PLEX_TV, &format!("/api/v2/servers/{}", percent(machine)));
    let body = ask(lent, with(request, &client(lent), As::Owner), As::Owner)?;
    let found = list(body.get("librarySections").unwrap_or(&Value::Null), "libraries")?;
    if found.is_empty() {
        let detail = "Plex lists no libraries of the server at the moment";
        let fault = Fault::new(Kind::Unavailable, "plex.no-sections", detail);
        return Err(fault.retry_after(Some(AGAIN_MS)));
    }
    Ok(found.to_vec())
}

/// The same for the host; a library's id is its key on the server.
///
/// # Errors
/// As [`sections`].
pub fn libraries(lent: &impl Lent, machine: &str) -> Result<Vec<Library>, Fault> {
    let library = |one: &Value| {
        Ok(Library {
            id: key(one).ok_or_else(|| odd("a library without a key"))?,
            name: text(one, "title").unwrap_or_default(),
            kind: text(one, "type").unwrap_or_default(),
        })
    };
    sections(lent, machine)?.iter().map(library).collect()
}

/// The numbers of what the host asks for.
///
/// # Errors
/// `invalid-input` for no library at all; `unavailable` for one that is not listed.
pub fn chosen(sections: &[Value], access: &Access) -> Result<SectionIds, Fault> {
    match access {
        Access::All => Ok(SectionIds(Vec::new())),
        Access::Unknown => Err(none_chosen()),
        Access::Only(keys) => {
            let by_key = |wanted: &String| {
                let found = sections.iter().find(|one| key(one).as_ref() == Some(wanted));
                found.and_then(|one| number(one, "id")).ok_or_else(|| missing(wanted))
            };
            some(keys.iter().map(by_key).collect::<Result<_, _>>()?)
        }
    }
}

/// The numbers of libraries as a profile has them: by key, and by name where one was made anew.
///
/// # Errors
/// As [`chosen`].
pub fn of_profile(sections: &[Value], wanted: &[Value]) -> Result<SectionIds, Fault> {
    let same = |one: &Value, other: &Value, name: &str| text(one, name) == text(other, name);
    let named = |one: &Value, other: &Value| same(one, other, "title") && same(one, other, "type");
    let id_of = |want: &Value| {
        let by_key = sections
            .iter()
            .find(|one| key(one).is_some() && key(one) == key(want) && same(one, want, "type"));
        let found = by_key.or_else(|| sections.iter().find(|one| named(one, want)));
        let name = || text(want, "title").or_else(|| key(want)).unwrap_or_default();
        found.and_then(|one| number(one, "id")).ok_or_else(|| missing(&name()))
    };
    some(wanted.iter().map(id_of).collect::<Result<_, _>>()?)
}

fn some(mut ids: Vec<u64>) -> Result<SectionIds, Fault> {
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() { Err(none_chosen()) } else { Ok(SectionIds(ids)) }
}

fn missing(library: &str) -> Fault {
    let detail = format!("Plex does not list the library {library} of the server at the moment");
    Fault::new(Kind::Unavailable, "plex.library-missing", detail).retry_after(Some(AGAIN_MS))
}

/// Plex would take an empty list for all libraries.
#[must_use]
pub fn none_chosen() -> Fault {
    let detail = "nobody can be given no library at all: choose some, or a profile that has some";
    Fault::new(Kind::InvalidInput, "plex.no-libraries", detail).about("libraries")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn listed() -> Vec<Value> {
        vec![
            json!({"id": 901, "key": 1, "title": "Movies", "type": "movie"}),
            json!({"id": 902, "key": "2", "title": "Shows", "type": "show"}),
        ]
    }

    #[test]
    fn an_empty_choice_is_never_everything() {
        let only = |keys: &[&str]| Access::Only(keys.iter().map(|key| (*key).to_owned()).collect());
        assert_eq!(chosen(&listed(), &Access::All), Ok(SectionIds(vec![])));
        assert_eq!(chosen(&listed(), &only(&["2", "1", "2"])), Ok(SectionIds(vec![901, 902])));
        for wrong in [only(&[]), Access::Unknown] {
            let fault = chosen(&listed(), &wrong).map_err(|fault| fault.code);
            assert_eq!(fault, Err("plex.no-libraries".to_owned()));
        }
        let gone = chosen(&listed(), &only(&["1", "3"])).map_err(|fault| fault.kind);
        assert_eq!(gone, Err(Kind::Unavailable), "the rest is not shared without it");
    }

    #[test]
    fn a_profile_finds_its_libraries_again() {
        let of = |wanted: Value| of_profile(&listed(), &[wanted]);
        let renamed = json!({"id": 1, "key": 1, "title": "Films", "type": "movie"});
        let made_anew = json!({"key": 9, "title": "Shows", "type": "show"});
        let other = json!({"key": 1, "title": "Songs", "type": "artist"});
        assert_eq!(of(renamed), Ok(SectionIds(vec![901])));
        assert_eq!(of(made_anew), Ok(SectionIds(vec![902])));
        assert!(of(other).is_err());
        assert!(of_profile(&listed(), &[]).is_err());
    }
}
