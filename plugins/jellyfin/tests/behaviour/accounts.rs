//! Listing, finding, names, renaming, deleting, libraries.

use jellyfin::Jellyfin;
use latchkey_sdk::accounts::{Access, Accounts, Condition, PageRequest, Value as Told};
use latchkey_sdk::fault::Kind;
use latchkey_sdk::http::FailureKind;
use serde_json::{Value, json};

use crate::samples::{ALICE, BOB, OPAQUE, alice, host, ldap, libraries, on, unused, user};

fn page(cursor: Option<&str>, limit: u32) -> PageRequest {
    PageRequest { cursor: cursor.map(str::to_owned), limit }
}

fn three() -> Value {
    json!([
        alice(&json!({})),
        user(BOB, "bob", &ldap()),
        user(&"c".repeat(32), "carl", &json!({"IsDisabled": true}))
    ])
}

#[test]
fn the_list_is_whole_across_pages() {
    let lent = host().json("GET /Users", 200, &three()).json("GET /Users", 200, &three());
    let first = Jellyfin::list_accounts(&lent, &page(None, 2)).unwrap();
    assert_eq!(first.total, Some(3));
    let ids: Vec<&str> = first.accounts.iter().map(|account| account.id.as_str()).collect();
    assert_eq!(ids, [BOB, ALICE]);
    let second = Jellyfin::list_accounts(&lent, &page(first.next.as_deref(), 2)).unwrap();
    assert_eq!((second.accounts.len(), second.next), (1, None));
    assert_eq!(second.accounts[0].condition, Condition::Disabled);
}

#[test]
fn a_list_that_is_not_whole_is_a_fault() {
    for broken in
        [json!({}), json!([{"Name": "x"}]), json!([{"Name": "x", "Id": "1", "Policy": {}}])]
    {
        let lent = host().json("GET /Users", 200, &broken);
        assert_eq!(
            Jellyfin::list_accounts(&lent, &page(None, 200)).unwrap_err().kind,
            Kind::BadReply
        );
    }
    let lent = host().answer("GET /Users", 200, &[("content-type", "text/html")], "<html>");
    assert_eq!(
        Jellyfin::list_accounts(&lent, &page(None, 200)).unwrap_err().kind,
        Kind::Unavailable
    );
    let lent = host().empty("GET /Users", 401);
    assert_eq!(
        Jellyfin::list_accounts(&lent, &page(None, 200)).unwrap_err().kind,
        Kind::CredentialRejected
    );
}

#[test]
fn an_account_is_told_as_it_is() {
    let policy = json!({"EnableAllFolders": false, "EnabledFolders": ["F137A2DD-21bb-c1b9-9aa5-c0f6bf02a805"],
        "MaxActiveSessions": 2});
    let lent = host().json(&format!("GET /Users/{ALICE}"), 200, &alice(&policy));
    let account = Jellyfin::get(&lent, &ALICE.to_uppercase()).unwrap();
    assert_eq!((account.id.as_str(), account.login_name.as_str()), (ALICE, "alice"));
    assert_eq!(
        account.libraries,
        Access::Only(vec!["f137a2dd21bbc1b99aa5c0f6bf02a805".to_owned()])
    );
    assert_eq!(account.last_seen, Some(1_795_293_747));
    assert_eq!(
        (account.condition, account.admin, account.foreign),
        (Condition::Active, false, None)
    );
    assert!(
        account.attributes.iter().any(|a| a.name == "max-sessions" && a.value == Told::Number(2))
    );

    let ruler = json!({"IsAdministrator": true});
    let lent = host().json(&format!("GET /Users/{ALICE}"), 200, &alice(&ruler));
    let account = Jellyfin::get(&lent, ALICE).unwrap();
    assert_eq!((account.admin, account.privileged), (true, false), "they may reset by mail");

    let locked =
        json!({"IsDisabled": true, "LoginAttemptsBeforeLockout": 3, "InvalidLoginAttemptCount": 4});
    let lent = host().json(&format!("GET /Users/{ALICE}"), 200, &unused(alice(&locked)));
    let account = Jellyfin::get(&lent, ALICE).unwrap();
    assert_eq!((account.condition, account.last_seen), (Condition::Locked, None));

    let lent = host().json(&format!("GET /Users/{BOB}"), 200, &user(BOB, "bob", &ldap()));
    assert!(Jellyfin::get(&lent, BOB).unwrap().foreign.unwrap().contains("LDAP"));
}

#[test]
fn an_unknown_account_is_not_found_and_a_strange_id_is_not_even_asked_for() {
    let lent = host().json(&format!("GET /Users/{ALICE}"), 404, &json!("User not found"));
    assert_eq!(Jellyfin::get(&lent, ALICE).unwrap_err().kind, Kind::NotFound);
    assert_eq!(Jellyfin::get(&host(), "../System/Info").unwrap_err().kind, Kind::NotFound);
}

#[test]
fn names_are_found_as_the_server_compares() {
    let lent = host().json("GET /Users", 200, &three()).json("GET /Users", 200, &three());
    assert_eq!(Jellyfin::find(&lent, "ALICE").unwrap().unwrap().id, ALICE);
    assert_eq!(Jellyfin::find(&lent, "alic").unwrap(), None);
}

#[test]
fn the_offer_follows_the_version() {
    let old = Jellyfin::offer(&on("10.9")).unwrap().names.unwrap();
    let new = Jellyfin::offer(&on("12.0")).unwrap().names.unwrap();
    assert!(!old.pattern.contains('+') || !old.words.contains('+'));
    assert!(new.words.contains('+') && new.pattern.contains("@+"));
    assert_eq!((old.max, new.max), (255, 255));
    assert_eq!(Jellyfin::offer(&on("10.8.13")).unwrap_err().kind, Kind::Unsupported);
}

#[test]
fn a_rename_sends_everything_back_that_was_read() {
    let renamed = user(ALICE, "alicia", &json!({}));
    let mut known = alice(&json!({}));
    known["Future"] = json!({"kept": true});
    let post = format!("POST /Users?userId={ALICE}");
    let lent = on("12.0")
        .json("GET /Users", 200, &json!([known, user(BOB, "bob", &json!({}))]))
        .empty(&post, 204)
        .json(&format!("GET /Users/{ALICE}"), 200, &renamed);
    assert_eq!(Jellyfin::rename(&lent, ALICE, "alicia").unwrap().login_name, "alicia");
    let mut expected = known;
    expected["Name"] = json!("alicia");
    assert_eq!(lent.sent_to(&post).json, expected);
}

#[test]
fn a_rename_to_a_taken_an_invalid_or_an_unchanged_name_writes_nothing() {
    let lent = on("12.0").json("GET /Users", 200, &three());
    assert_eq!(Jellyfin::rename(&lent, ALICE, "BOB").unwrap_err().kind, Kind::Conflict);
    assert_eq!(Jellyfin::rename(&on("12.0"), ALICE, "a/b").unwrap_err().kind, Kind::InvalidInput);
    let lent = on("12.0").json("GET /Users", 200, &three());
    assert!(Jellyfin::rename(&lent, ALICE, "alice").is_ok());
    let lent = on("12.0").json("GET /Users", 200, &json!([user(BOB, "bob", &json!({}))]));
    assert_eq!(Jellyfin::rename(&lent, ALICE, "alicia").unwrap_err().kind, Kind::NotFound);
}

#[test]
fn a_change_of_case_alone_is_unsupported_where_the_server_refuses_it() {
    let lent = on("10.11").json("GET /Users", 200, &three()).text(
        &format!("POST /Users?userId={ALICE}"),
        400,
        OPAQUE,
    );
    assert_eq!(Jellyfin::rename(&lent, ALICE, "Alice").unwrap_err().kind, Kind::Unsupported);
}

#[test]
fn deleting_is_done_when_the_account_is_gone() {
    let delete = format!("DELETE /Users/{ALICE}");
    assert_eq!(Jellyfin::delete(&host().empty(&delete, 204), ALICE), Ok(()));
    assert_eq!(
        Jellyfin::delete(&host().json(&delete, 404, &json!("User not found")), ALICE),
        Ok(())
    );
    assert_eq!(Jellyfin::delete(&host(), "nobody"), Ok(()));

    let lent = host().lost(&delete, FailureKind::TimedOut).json(
        "GET /Users",
        200,
        &json!([user(BOB, "bob", &json!({}))]),
    );
    assert_eq!(Jellyfin::delete(&lent, ALICE), Ok(()));
    let lent = host().lost(&delete, FailureKind::TimedOut).json("GET /Users", 200, &three());
    assert_eq!(Jellyfin::delete(&lent, ALICE).unwrap_err().kind, Kind::OutcomeUnknown);
}

/// What proxies say where they do not know where Jellyfin went.
const NOT_OURS: [&[(&str, &str)]; 3] =
    [&[("content-type", "text/html")], &[("content-type", "text/plain; charset=utf-8")], &[]];

#[test]
fn a_404_that_is_not_jellyfins_says_nothing_about_an_account() {
    let (one, delete) = (format!("GET /Users/{ALICE}"), format!("DELETE /Users/{ALICE}"));
    for headers in NOT_OURS {
        let lent = host().answer(&delete, 404, headers, "404 page not found");
        assert_eq!(Jellyfin::delete(&lent, ALICE).unwrap_err().kind, Kind::Misconfigured);
        let lent = host().answer(&one, 404, headers, "404 page not found");
        assert_eq!(Jellyfin::disable(&lent, ALICE).unwrap_err().kind, Kind::Misconfigured);
        let lent = host().answer(&one, 404, headers, "404 page not found");
        assert_eq!(Jellyfin::get(&lent, ALICE).unwrap_err().kind, Kind::Misconfigured);
        let lent = host().answer("GET /Users", 404, headers, "404 page not found");
        assert_eq!(Jellyfin::find(&lent, "alice").unwrap_err().kind, Kind::Misconfigured);
    }
}

#[test]
fn a_server_without_any_user_is_not_believed() {
    let empty = || json!([]);
    let lent = host().json("GET /Users", 200, &empty());
    assert_eq!(Jellyfin::find(&lent, "alice").unwrap_err().kind, Kind::BadReply);
    let lent = host().json("GET /Users", 200, &empty());
    assert_eq!(Jellyfin::list_accounts(&lent, &page(None, 9)).unwrap_err().kind, Kind::BadReply);
    let lent = host().lost(&format!("DELETE /Users/{ALICE}"), FailureKind::TimedOut).json(
        "GET /Users",
        200,
        &empty(),
    );
    assert_eq!(Jellyfin::delete(&lent, ALICE).unwrap_err().kind, Kind::OutcomeUnknown);
}

#[test]
fn the_last_administrator_and_the_last_user_stay() {
    let delete = format!("DELETE /Users/{ALICE}");
    let fault = Jellyfin::delete(&host().text(&delete, 400, OPAQUE), ALICE).unwrap_err();
    assert_eq!(fault.kind, Kind::Forbidden);
    assert!(fault.detail.contains("last administrator"));
    let lent =
        host().text(&delete, 500, OPAQUE).json("GET /Users", 200, &json!([alice(&json!({}))]));
    assert!(Jellyfin::delete(&lent, ALICE).unwrap_err().detail.contains("last user"));
}

#[test]
fn libraries_are_listed_by_the_ids_accounts_name() {
    let mut list = libraries();
    list.as_array_mut().unwrap().push(json!({"Name": "Broken", "Locations": []}));
    let lent = host().json("GET /Library/VirtualFolders", 200, &list);
    let listed = Jellyfin::list_libraries(&lent).unwrap();
    let told: Vec<(&str, &str)> =
        listed.iter().map(|l| (l.name.as_str(), l.kind.as_str())).collect();
    assert_eq!(told, [("Shows", "tvshows"), ("Movies", "movies")]);
    assert_eq!(lent.lines().len(), 1, "the broken one is logged");
}
