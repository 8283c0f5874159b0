//! On, off, and what may be seen.

use jellyfin::{Jellyfin, policy};
use latchkey_sdk::accounts::{Access, Accounts, Condition};
use latchkey_sdk::fault::Kind;
use latchkey_sdk::http::FailureKind;
use serde_json::{Value, json};

use crate::samples::{ALICE, BOB, alice, devices, host, user};

fn get(id: &str) -> String {
    format!("GET /Users/{id}")
}

fn write(id: &str) -> String {
    format!("POST /Users/{id}/Policy")
}

fn none() -> Value {
    json!({"Items": [], "TotalRecordCount": 0, "StartIndex": 0})
}

#[test]
fn switching_off_writes_back_all_that_was_read() {
    let known =
        json!({"FutureField": {"deep": [1, 2]}, "MaxParentalRating": 0, "BlockedChannels": null});
    let lent = host().json(&get(ALICE), 200, &alice(&known)).empty(&write(ALICE), 204).json(
        &get(ALICE),
        200,
        &alice(&json!({"IsDisabled": true})),
    );
    assert_eq!(Jellyfin::disable(&lent, ALICE).unwrap().condition, Condition::Disabled);
    let mut expected = alice(&known)["Policy"].clone();
    expected["IsDisabled"] = json!(true);
    expected.as_object_mut().unwrap().remove("BlockedChannels");
    let sent = lent.sent_to("POST").json;
    assert_eq!(sent, expected, "unknown fields and a rating of 0 stay, nulls go");
    assert!(
        sent["AuthenticationProviderId"].is_string() && sent["PasswordResetProviderId"].is_string()
    );
}

#[test]
fn an_administrator_is_never_switched_off() {
    let lent = host().json(&get(ALICE), 200, &alice(&json!({"IsAdministrator": true})));
    let fault = Jellyfin::disable(&lent, ALICE).unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (Kind::Forbidden, "jellyfin.administrator"));
}

#[test]
fn who_is_off_already_is_left_alone() {
    let off = alice(&json!({"IsDisabled": true}));
    let lent = host().json(&get(ALICE), 200, &off).json(&get(ALICE), 200, &off);
    assert!(Jellyfin::disable(&lent, ALICE).is_ok());
}

#[test]
fn switching_on_clears_the_count_and_ends_what_was_made_meanwhile() {
    let locked =
        json!({"IsDisabled": true, "InvalidLoginAttemptCount": 4, "LoginAttemptsBeforeLockout": 3});
    let bob = user(BOB, "bob", &locked);
    let mut lent = host().json(&get(BOB), 200, &bob).json("GET /Devices", 200, &devices());
    let list = devices();
    for device in list["Items"].as_array().unwrap().iter().filter(|d| d["LastUserId"] == BOB) {
        lent = lent.empty(&format!("DELETE /Devices?id={}", device["Id"].as_str().unwrap()), 204);
    }
    let lent = lent.empty(&write(BOB), 204).json("GET /Devices", 200, &none()).json(
        &get(BOB),
        200,
        &user(BOB, "bob", &json!({})),
    );
    assert_eq!(Jellyfin::enable(&lent, BOB).unwrap().condition, Condition::Active);
    let sent = lent.sent_to("POST").json;
    assert_eq!(
        (&sent["IsDisabled"], &sent["InvalidLoginAttemptCount"]),
        (&json!(false), &json!(0))
    );
    assert_eq!(sent["LoginAttemptsBeforeLockout"], json!(3));
}

#[test]
fn nothing_is_switched_on_while_old_sessions_cannot_be_ended() {
    let off = user(BOB, "bob", &json!({"IsDisabled": true}));
    let lent = host().json(&get(BOB), 200, &off).empty("GET /Devices", 503);
    assert_eq!(Jellyfin::enable(&lent, BOB).unwrap_err().kind, Kind::Unavailable);
}

#[test]
fn who_is_on_keeps_their_sessions() {
    let lent = host().json(&get(ALICE), 200, &alice(&json!({}))).empty(&write(ALICE), 204).json(
        &get(ALICE),
        200,
        &alice(&json!({})),
    );
    assert!(Jellyfin::enable(&lent, ALICE).is_ok());
}

#[test]
fn the_lyric_right_survives_a_change_although_the_server_hides_it() {
    let lent = host().json(&get(ALICE), 200, &alice(&json!({}))).empty(&write(ALICE), 204).json(
        &get(ALICE),
        200,
        &alice(&json!({"IsDisabled": true})),
    );
    policy::remember_lyrics(&lent, ALICE, true);
    Jellyfin::disable(&lent, ALICE).unwrap();
    assert_eq!(lent.sent_to("POST").json["EnableLyricManagement"], json!(true));
}

#[test]
fn a_write_that_may_have_arrived_is_unknown_and_a_rule_of_the_server_is_quoted() {
    let lent = host()
        .json(&get(ALICE), 200, &alice(&json!({})))
        .lost(&write(ALICE), FailureKind::TimedOut);
    assert_eq!(Jellyfin::disable(&lent, ALICE).unwrap_err().kind, Kind::OutcomeUnknown);
    let sentence = "There must be at least one user in the system with administrative access.";
    let lent = host().json(&get(ALICE), 200, &alice(&json!({}))).json(
        &write(ALICE),
        403,
        &json!(sentence),
    );
    let fault = Jellyfin::disable(&lent, ALICE).unwrap_err();
    assert_eq!(fault.kind, Kind::Forbidden);
    assert!(fault.detail.contains(sentence));
}

#[test]
fn libraries_are_chosen_by_id() {
    let library = "f137a2dd21bbc1b99aa5c0f6bf02a805";
    let chosen = json!({"EnableAllFolders": false, "EnabledFolders": [library]});
    let lent = host().json(&get(ALICE), 200, &alice(&json!({}))).empty(&write(ALICE), 204).json(
        &get(ALICE),
        200,
        &alice(&chosen),
    );
    let only = Access::Only(vec![library.to_owned()]);
    assert_eq!(Jellyfin::set_libraries(&lent, ALICE, &only).unwrap().libraries, only);
    assert_eq!(lent.sent_to("POST").json["EnabledFolders"], chosen["EnabledFolders"]);
    for wrong in [Access::Unknown, Access::Only(vec!["Movies".to_owned()])] {
        assert_eq!(
            Jellyfin::set_libraries(&host(), ALICE, &wrong).unwrap_err().kind,
            Kind::InvalidInput
        );
    }
}

#[test]
fn a_page_is_nobodys_yes_to_a_write() {
    let page = [("content-type", "text/html; charset=utf-8")];
    let lent = host().json(&get(ALICE), 200, &alice(&json!({}))).answer(
        &write(ALICE),
        200,
        &page,
        "<html>",
    );
    assert_eq!(Jellyfin::disable(&lent, ALICE).unwrap_err().kind, Kind::OutcomeUnknown);
    let lent = host().answer(&format!("DELETE /Users/{ALICE}"), 200, &page, "<html>").json(
        "GET /Users",
        200,
        &json!([alice(&json!({}))]),
    );
    assert_eq!(Jellyfin::delete(&lent, ALICE).unwrap_err().kind, Kind::OutcomeUnknown);
    let lent = host().json(&get(ALICE), 200, &alice(&json!({}))).answer(
        &format!("POST /Users/Password?userId={ALICE}"),
        200,
        &page,
        "<html>",
    );
    assert_eq!(Jellyfin::set_password(&lent, ALICE, "new").unwrap_err().kind, Kind::OutcomeUnknown);
}
