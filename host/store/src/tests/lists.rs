//! Pages: every row once, in order, whatever the page size; and indexes that never lie.

use super::{at, random_bytes, read, store, user, write};
use crate::activity::ActivityFilter;
use crate::users::{UserFilter, UserOrder};
use crate::{Cursor, PageRequest, Store};
use domain::activity::{ActivityKind, Actor, NewActivity};
use domain::ids::UserId;
use domain::names::name_key;
use domain::users::{User, UserState};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn all_names(store: &Store, limit: usize, search: &str, filter: &UserFilter) -> Vec<String> {
    let mut names = Vec::new();
    let mut request = PageRequest { after: None, limit, search: search.to_owned() };
    loop {
        let page = read(store, |tx| tx.users().page(&request, filter));
        assert!(page.items.len() <= limit);
        names.extend(page.items.into_iter().map(|user| user.username.as_str().to_owned()));
        match page.next {
            Some(next) => request.after = Cursor::parse(&next.to_string()),
            None => return names,
        }
    }
}

#[test]
fn search_finds_the_beginnings_of_words_once_each() {
    let store = store();
    write(&store, |tx| {
        let people = ["Ann Annette", "Joanna", "Ben (Anna's)", "zoe", "ann"];
        for (seed, name) in (1..).zip(people) {
            tx.users().put(&user(seed, name))?;
        }
        Ok(())
    })
    .expect("written");
    let found = |search| all_names(&store, 1, search, &UserFilter::default());
    assert_eq!(found("ann"), ["ann", "Ann Annette", "Ben (Anna's)"]);
    assert_eq!(found("ANNE ann"), ["Ann Annette"]);
    // The rarer word leads, whichever stands first, and goes on leading from page to page.
    assert_eq!(found("ann ben"), ["Ben (Anna's)"]);
    assert_eq!(found("an ann a"), ["ann", "Ann Annette", "Ben (Anna's)"]);
    assert_eq!(found("oann"), Vec::<String>::new());
    assert_eq!(found("  "), ["ann", "Ann Annette", "Ben (Anna's)", "Joanna", "zoe"]);
    assert_eq!(found("!"), Vec::<String>::new());
}

#[test]
fn a_filter_by_state_keeps_the_order() {
    let store = store();
    write(&store, |tx| {
        for (seed, name) in (1..).zip(["d", "b", "a", "c"]) {
            let state = if seed % 2 == 0 { UserState::Expired } else { UserState::Active };
            tx.users().put(&User { state, ..user(seed, name) })?;
        }
        Ok(())
    })
    .expect("written");
    let filter = UserFilter { state: Some(UserState::Expired), ..UserFilter::default() };
    assert_eq!(all_names(&store, 1, "", &filter), ["b", "c"]);
    let newest = UserFilter { order: UserOrder::Newest, ..filter };
    write(&store, |tx| tx.users().put(&User { created_at: at(9), ..user(9, "later") }))
        .expect("written");
    let everybody = UserFilter { state: None, ..newest.clone() };
    assert_eq!(all_names(&store, 2, "", &newest), ["c", "b"]);
    assert_eq!(all_names(&store, 2, "", &everybody), ["later", "c", "a", "b", "d"]);
    assert_eq!(all_names(&store, 2, "la", &everybody), ["later"]);
}

#[test]
fn activity_comes_newest_first_and_by_what_it_is_about() {
    let store = store();
    write(&store, |tx| {
        for number in 0..6 {
            let kind =
                if number % 2 == 0 { ActivityKind::SignedIn } else { ActivityKind::SignedOut };
            let name = if number < 3 { "Anna" } else { "Ben" };
            tx.activity()
                .append(NewActivity::new(at(number), Actor::System, kind).with("user", name))?;
        }
        Ok(())
    })
    .expect("written");
    let ids = |filter: ActivityFilter, search: &str| -> Vec<u64> {
        let request = PageRequest { limit: 4, search: search.to_owned(), after: None };
        let page = read(&store, |tx| tx.activity().page(&request, &filter));
        page.items.into_iter().map(|line| line.id.0).collect()
    };
    assert_eq!(ids(ActivityFilter::default(), ""), [6, 5, 4, 3]);
    let kinds = vec![ActivityKind::SignedOut];
    assert_eq!(ids(ActivityFilter { kinds, fact: None }, ""), [6, 4, 2]);
    let fact = Some(("user".to_owned(), "anna".to_owned()));
    assert_eq!(ids(ActivityFilter { kinds: Vec::new(), fact }, ""), [3, 2, 1]);
    assert_eq!(ids(ActivityFilter::default(), "ann"), [3, 2, 1]);
}

#[derive(Debug, Clone)]
enum Change {
    Put { seed: u64, name: String, state: UserState },
    Delete { seed: u64 },
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let state = prop_oneof![Just(UserState::Active), Just(UserState::Disabled)];
    let put = (0_u64..12, "[a-cA-C]{1,2}( [a-b])?", state)
        .prop_map(|(seed, name, state)| Change::Put { seed, name, state });
    let change = prop_oneof![4 => put, 1 => (0_u64..12).prop_map(|seed| Change::Delete { seed })];
    prop::collection::vec(change, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Against a plain map: names stay unique, look-ups find what is there and nothing else, pages
    /// hold every row once.
    #[test]
    fn indexes_agree_with_the_records(changes in changes(), limit in 1_usize..5) {
        let store = store();
        let mut model: BTreeMap<u64, User> = BTreeMap::new();
        for change in changes {
            match change {
                Change::Put { seed, name, state } => {
                    let new = User { state, ..user(seed, &name) };
                    let taken = model.iter().any(|(other, there)| {
                        *other != seed && there.username.key() == new.username.key()
                    });
                    let kept = write(&store, |tx| tx.users().put(&new)).is_ok();
                    prop_assert_eq!(kept, !taken);
                    if kept { model.insert(seed, new); }
                }
                Change::Delete { seed } => {
                    let id = UserId::from_random(random_bytes(seed));
                    let gone = write(&store, |tx| tx.users().delete(&id)).expect("deletes");
                    prop_assert_eq!(gone.is_some(), model.remove(&seed).is_some());
                }
            }
        }
        let mut expected: Vec<&User> = model.values().collect();
        expected.sort_by_key(|user| (user.username.key(), user.id.clone()));
        let names = |keep: &dyn Fn(&User) -> bool| -> Vec<String> {
            expected.iter().filter(|user| keep(user)).map(|user| user.username.as_str().to_owned()).collect()
        };
        prop_assert_eq!(all_names(&store, limit, "", &UserFilter::default()), names(&|_| true));
        let filter = UserFilter { state: Some(UserState::Disabled), ..UserFilter::default() };
        let disabled = names(&|user| user.state == UserState::Disabled);
        prop_assert_eq!(all_names(&store, limit, "", &filter), disabled);
        let mut found = all_names(&store, limit, "b", &UserFilter::default());
        found.sort();
        let mut with_b = names(&|user| {
            name_key(user.username.as_str()).split(' ').any(|word| word.starts_with('b'))
        });
        with_b.sort();
        prop_assert_eq!(found, with_b);
        prop_assert_eq!(read(&store, |tx| tx.users().count()), u64::try_from(model.len()).expect("few"));
    }
}
