//! Setting a password with the key, and changing one's own.

use jellyfin::Jellyfin;
use latchkey_sdk::accounts::{Accounts, PasswordChange};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::FailureKind;
use latchkey_sdk::lent::Lent;
use latchkey_sdk::testing::Script;
use serde_json::{Value, json};

use crate::samples::{ALICE, OPAQUE, alice, host, ldap, providers, signed_in};

const SIGN_IN: &str = "POST /Users/AuthenticateByName";
const LOGOUT: &str = "POST /Sessions/Logout";
const OWN: &str = "POST /Users/Password";

fn set_line() -> String {
    format!("POST /Users/Password?userId={ALICE}")
}

fn known(policy: &Value) -> Script {
    host().json(&format!("GET /Users/{ALICE}"), 200, &alice(policy))
}

fn none() -> Value {
    json!({"Items": []})
}

fn with_ldap() -> Value {
    let mut list = providers();
    list.as_array_mut()
        .unwrap()
        .push(json!({"Name": "LDAP", "Id": ldap()["AuthenticationProviderId"]}));
    list
}

fn change(lent: &Script, old: &str, new: &str) -> Result<(), Fault> {
    Jellyfin::change_password(
        lent,
        ALICE,
        &PasswordChange { old: old.to_owned(), new: new.to_owned() },
    )
}

#[test]
fn a_password_is_set_and_nothing_else_is_sent() {
    let lent = known(&json!({})).empty(&set_line(), 204);
    let lent = lent.json("GET /Devices", 200, &none()).json("GET /Devices", 200, &none());
    assert_eq!(Jellyfin::set_password(&lent, ALICE, "new"), Ok(()));
    assert_eq!(lent.sent_to(&set_line()).json, json!({"NewPw": "new"}));
}

#[test]
fn an_empty_password_is_refused_before_anything_is_asked() {
    assert_eq!(Jellyfin::set_password(&host(), ALICE, "").unwrap_err().kind, Kind::InvalidInput);
    assert_eq!(change(&host(), "old", "").unwrap_err().kind, Kind::InvalidInput);
    assert_eq!(change(&host(), "", "new").unwrap_err().kind, Kind::WrongCredential);
}

#[test]
fn a_sign_in_beside_the_change_is_ended() {
    let device = json!({"Items": [{"Id": "tv", "LastUserId": ALICE}, {"Id": "other", "LastUserId": "0".repeat(32)}]});
    let lent = known(&json!({}))
        .empty(&set_line(), 204)
        .json("GET /Devices", 200, &device)
        .empty("DELETE /Devices?id=tv", 404)
        .json("GET /Devices", 200, &device)
        .empty("DELETE /Devices?id=tv", 204);
    let began = lent.monotonic_ms();
    assert_eq!(Jellyfin::set_password(&lent, ALICE, "new"), Ok(()));
    assert!(lent.monotonic_ms() - began >= 400, "a password being looked at has had its time");
}

#[test]
fn a_provider_that_is_gone_would_swallow_the_change() {
    let lent = known(&ldap()).json("GET /Auth/Providers", 200, &providers());
    let fault = Jellyfin::set_password(&lent, ALICE, "new").unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (Kind::Unsupported, "jellyfin.provider-missing"));
}

#[test]
fn a_directory_that_refuses_is_unsupported_and_one_that_agrees_is_proven() {
    let lent = known(&ldap()).json("GET /Auth/Providers", 200, &with_ldap()).text(
        &set_line(),
        500,
        OPAQUE,
    );
    assert_eq!(Jellyfin::set_password(&lent, ALICE, "new").unwrap_err().kind, Kind::Unsupported);

    let agreed = || {
        known(&ldap())
            .json("GET /Auth/Providers", 200, &with_ldap())
            .empty(&set_line(), 204)
            .json("GET /Devices", 200, &none())
            .json("GET /Devices", 200, &none())
    };
    let lent = agreed().json(SIGN_IN, 200, &signed_in(&alice(&ldap()))).empty(LOGOUT, 204);
    assert_eq!(Jellyfin::set_password(&lent, ALICE, "new"), Ok(()));
    let lent = agreed().text(SIGN_IN, 401, OPAQUE);
    let fault = Jellyfin::set_password(&lent, ALICE, "new").unwrap_err();
    assert_eq!(fault.code, "jellyfin.password-not-taken");
}

#[test]
fn a_lost_answer_to_a_set_password_is_unknown() {
    let lent = known(&json!({})).lost(&set_line(), FailureKind::TimedOut);
    assert_eq!(Jellyfin::set_password(&lent, ALICE, "new").unwrap_err().kind, Kind::OutcomeUnknown);
}

#[test]
fn a_person_changes_their_own_with_their_own_session() {
    let lent = known(&json!({}))
        .json(SIGN_IN, 200, &signed_in(&alice(&json!({}))))
        .empty(OWN, 204)
        .empty(LOGOUT, 204);
    assert_eq!(change(&lent, "old", "new"), Ok(()));
    let sent = lent.sent_to(OWN);
    assert_eq!(sent.json, json!({"CurrentPw": "old", "NewPw": "new"}));
    assert_eq!(sent.header("authorization"), Some("MediaBrowser Token=\"tok\""));
}

#[test]
fn a_wrong_old_password_costs_one_attempt_and_is_said_so() {
    let lent = known(&json!({})).text(SIGN_IN, 401, OPAQUE);
    assert_eq!(change(&lent, "old", "new").unwrap_err().kind, Kind::WrongCredential);
    let lent = known(&json!({}))
        .json(SIGN_IN, 200, &signed_in(&alice(&json!({}))))
        .json(OWN, 403, &json!("Invalid user or password entered."))
        .empty(LOGOUT, 204);
    assert_eq!(change(&lent, "old", "new").unwrap_err().kind, Kind::WrongCredential);
}

#[test]
fn the_last_attempt_before_a_lock_out_is_not_spent() {
    let near = json!({"LoginAttemptsBeforeLockout": 3, "InvalidLoginAttemptCount": 2});
    assert_eq!(change(&known(&near), "old", "new").unwrap_err().code, "jellyfin.lock-out-near");
}

#[test]
fn who_may_not_change_their_own_is_told_so() {
    let lent = known(&json!({}))
        .json(SIGN_IN, 200, &signed_in(&alice(&json!({}))))
        .json(OWN, 403, &json!("User is not allowed to update the password."))
        .empty(LOGOUT, 204);
    let fault = change(&lent, "old", "new").unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (Kind::Forbidden, "jellyfin.own-password-off"));
}

#[test]
fn with_no_room_for_a_session_the_right_old_password_still_counts() {
    let full = json!({"MaxActiveSessions": 1});
    let lent = known(&full)
        .text(SIGN_IN, 403, OPAQUE)
        .json(&format!("GET /Users/{ALICE}"), 200, &alice(&full))
        .json("GET /Sessions", 200, &json!([{"UserId": ALICE}]))
        .empty(&set_line(), 204)
        .json("GET /Devices", 200, &none())
        .json("GET /Devices", 200, &none());
    assert_eq!(change(&lent, "old", "new"), Ok(()));
}
