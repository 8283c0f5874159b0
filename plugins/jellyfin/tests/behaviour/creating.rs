//! One account per request, whatever the network does.

use jellyfin::Jellyfin;
use latchkey_sdk::accounts::{Account, Accounts, Attempt, NewAccount};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::FailureKind;
use latchkey_sdk::testing::Script;
use serde_json::{Value, json};

use crate::samples::{ALICE, BOB, OPAQUE, alice, host, on, signed_in, unused, user};

const NEW: &str = "POST /Users/New";
const SIGN_IN: &str = "POST /Users/AuthenticateByName";
const LOGOUT: &str = "POST /Sessions/Logout";

fn create(lent: &Script, name: &str, attempt: Attempt) -> Result<Account, Fault> {
    let account = NewAccount {
        login_name: name.to_owned(),
        password: Some("pw-1".to_owned()),
        email: None,
        display_name: None,
        subject: None,
        grant: None,
        profile: None,
    };
    Jellyfin::create(lent, &account, attempt)
}

/// A server of 12.0 on which somebody else is.
fn others() -> Script {
    on("12.0").json("GET /Users", 200, &bob_only())
}

fn bob_only() -> Value {
    json!([user(BOB, "bob", &json!({}))])
}

/// The same with alice, after a request whose outcome is unclear.
fn then_alice(lent: Script, policy: &Value) -> Script {
    lent.json("GET /Users", 200, &json!([alice(policy)]))
}

#[test]
fn an_account_is_made_with_name_and_password_only() {
    let lent = others().json(NEW, 200, &alice(&json!({})));
    assert_eq!(create(&lent, "alice", Attempt::First).unwrap().id, ALICE);
    assert_eq!(lent.sent_to(NEW).json, json!({"Name": "alice", "Password": "pw-1"}));
}

#[test]
fn what_the_server_would_refuse_is_refused_before() {
    let fault = create(&others(), "BOB", Attempt::First).unwrap_err();
    assert_eq!((fault.kind, fault.field.as_deref()), (Kind::Conflict, Some("login-name")));
    for (version, name) in
        [("12.0", "a/b"), ("12.0", ".."), ("10.9", "a+b"), ("10.11", " a"), ("12.0", "")]
    {
        let fault = create(&on(version), name, Attempt::First).unwrap_err();
        assert_eq!((fault.kind, fault.field.as_deref()), (Kind::InvalidInput, Some("login-name")));
    }
}

#[test]
fn an_account_without_a_password_is_never_made() {
    for password in [None, Some(String::new())] {
        let account = NewAccount {
            login_name: "alice".to_owned(),
            password,
            email: None,
            display_name: None,
            subject: None,
            grant: None,
            profile: None,
        };
        let fault = Jellyfin::create(&host(), &account, Attempt::First).unwrap_err();
        assert_eq!((fault.kind, fault.field.as_deref()), (Kind::InvalidInput, Some("password")));
    }
}

#[test]
fn a_400_is_a_race_or_an_unknown_rule() {
    let lent = then_alice(others().text(NEW, 400, OPAQUE), &json!({}));
    assert_eq!(create(&lent, "alice", Attempt::First).unwrap_err().kind, Kind::Conflict);
    let lent = others().text(NEW, 400, OPAQUE).json("GET /Users", 200, &bob_only());
    assert_eq!(create(&lent, "alice", Attempt::First).unwrap_err().kind, Kind::InvalidInput);
}

#[test]
fn a_lost_answer_is_looked_after_and_our_password_proves_the_account_ours() {
    for script in [others().lost(NEW, FailureKind::TimedOut), others().text(NEW, 500, OPAQUE)] {
        let lent = then_alice(script, &json!({}))
            .json(SIGN_IN, 200, &signed_in(&alice(&json!({}))))
            .empty(LOGOUT, 204)
            .json(&format!("GET /Users/{ALICE}"), 200, &alice(&json!({})));
        assert_eq!(create(&lent, "alice", Attempt::First).unwrap().id, ALICE);
    }
}

#[test]
fn what_is_not_there_yet_may_still_come() {
    let lent = others().lost(NEW, FailureKind::Closed).json("GET /Users", 200, &bob_only());
    assert_eq!(create(&lent, "alice", Attempt::First).unwrap_err().kind, Kind::OutcomeUnknown);
    let lent = others().lost(NEW, FailureKind::Closed).empty("GET /Users", 503);
    assert_eq!(create(&lent, "alice", Attempt::First).unwrap_err().kind, Kind::OutcomeUnknown);
    let lent = others().unsent(NEW, FailureKind::Unreachable);
    assert_eq!(create(&lent, "alice", Attempt::First).unwrap_err().kind, Kind::Unavailable);
}

#[test]
fn after_doubt_a_missing_account_is_made_and_ours_is_returned() {
    let lent = others().json(NEW, 200, &alice(&json!({})));
    assert_eq!(create(&lent, "alice", Attempt::AfterDoubt).unwrap().id, ALICE);
    let lent = then_alice(on("12.0"), &json!({}))
        .json(SIGN_IN, 200, &signed_in(&alice(&json!({}))))
        .empty(LOGOUT, 204)
        .json(&format!("GET /Users/{ALICE}"), 200, &alice(&json!({})));
    assert_eq!(create(&lent, "alice", Attempt::AfterDoubt).unwrap().id, ALICE);
}

#[test]
fn after_doubt_a_half_made_account_gets_its_password() {
    let half = unused(alice(&json!({})));
    let one = format!("GET /Users/{ALICE}");
    let lent = on("12.0")
        .json("GET /Users", 200, &json!([half]))
        .text(SIGN_IN, 401, OPAQUE)
        .json(SIGN_IN, 200, &signed_in(&half))
        .empty(LOGOUT, 204)
        .json(&one, 200, &half)
        .empty(&format!("POST /Users/Password?userId={ALICE}"), 204)
        .json("GET /Devices", 200, &json!({"Items": []}))
        .json("GET /Devices", 200, &json!({"Items": []}))
        .json(&one, 200, &half);
    assert_eq!(create(&lent, "alice", Attempt::AfterDoubt).unwrap().id, ALICE);
    assert_eq!(lent.sent_to("POST /Users/Password").json, json!({"NewPw": "pw-1"}));
}

#[test]
fn after_doubt_somebody_elses_account_is_a_conflict() {
    let lent = then_alice(on("12.0"), &json!({})).text(SIGN_IN, 401, OPAQUE);
    assert_eq!(create(&lent, "alice", Attempt::AfterDoubt).unwrap_err().kind, Kind::Conflict);

    let lent = on("12.0")
        .json("GET /Users", 200, &json!([unused(alice(&json!({})))]))
        .text(SIGN_IN, 401, OPAQUE)
        .text(SIGN_IN, 401, OPAQUE);
    assert_eq!(create(&lent, "alice", Attempt::AfterDoubt).unwrap_err().kind, Kind::Conflict);

    let near = json!({"LoginAttemptsBeforeLockout": 3, "InvalidLoginAttemptCount": 2});
    for policy in [near, json!({"IsDisabled": true})] {
        let lent = then_alice(on("12.0"), &policy);
        assert_eq!(create(&lent, "alice", Attempt::AfterDoubt).unwrap_err().kind, Kind::Conflict);
    }
}

#[test]
fn trouble_before_anything_was_sent_leaves_no_doubt() {
    // Else the next attempt would take an account that was there before for a half-made one of ours.
    let page = [("content-type", "text/html")];
    for lent in [
        on("12.0").text("GET /Users", 500, OPAQUE),
        on("12.0").json("GET /Users", 200, &json!({"not": "a list"})),
        on("12.0").json("GET /Users", 200, &json!([])),
        host().json("GET /System/Info/Public", 200, &json!({})),
        host().answer("GET /System/Info/Public", 404, &page, "<html>"),
    ] {
        let fault = create(&lent, "alice", Attempt::First).unwrap_err();
        assert_eq!(fault.kind, Kind::Unavailable, "{fault:?}");
    }
}

#[test]
fn after_doubt_an_account_that_nobody_lets_us_try_stays_in_doubt() {
    let lent = then_alice(on("12.0"), &json!({})).text(SIGN_IN, 403, "Blocked by the proxy").json(
        &format!("GET /Users/{ALICE}"),
        200,
        &alice(&json!({})),
    );
    assert_eq!(create(&lent, "alice", Attempt::AfterDoubt).unwrap_err().kind, Kind::OutcomeUnknown);
}

#[test]
fn an_account_that_is_there_after_a_lost_answer_stays_in_doubt_until_we_know_whose_it_is() {
    let page = [("content-type", "text/html")];
    let lost = || then_alice(others().lost(NEW, FailureKind::Closed), &json!({}));
    let in_again = || lost().json(SIGN_IN, 200, &signed_in(&alice(&json!({})))).empty(LOGOUT, 204);
    for lent in [
        lost().answer(SIGN_IN, 200, &page, "<html>"),
        lost().empty(SIGN_IN, 503),
        lost().unsent(SIGN_IN, FailureKind::Unreachable),
        in_again().empty(&format!("GET /Users/{ALICE}"), 503),
        in_again().empty(&format!("GET /Users/{ALICE}"), 401),
    ] {
        let fault = create(&lent, "alice", Attempt::First).unwrap_err();
        assert_eq!(fault.kind, Kind::OutcomeUnknown, "{fault:?}");
    }
}
