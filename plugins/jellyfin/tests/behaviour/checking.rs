//! Password checks: every verdict, and what is never sent.

use jellyfin::Jellyfin;
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::FailureKind;
use latchkey_sdk::identity::{Audience, Beginning, Identity, Verdict, Way};
use latchkey_sdk::testing::Script;
use serde_json::{Value, json};

use crate::samples::{ALICE, BOB, OPAQUE, alice, host, signed_in, user};

const SIGN_IN: &str = "POST /Users/AuthenticateByName";
const LOGOUT: &str = "POST /Sessions/Logout";

fn check(lent: &Script) -> Result<Verdict, Fault> {
    Jellyfin::check_password(lent, "Alice", Some(ALICE), "pw")
}

fn known(policy: &Value) -> Script {
    host().json(&format!("GET /Users/{ALICE}"), 200, &alice(policy))
}

#[test]
fn a_right_password_is_accepted_and_no_session_stays() {
    let lent =
        known(&json!({})).json(SIGN_IN, 200, &signed_in(&alice(&json!({})))).empty(LOGOUT, 204);
    let Ok(Verdict::Accepted(person)) = check(&lent) else { panic!("accepted") };
    assert_eq!((person.subject.as_str(), person.login_name.as_deref()), (ALICE, Some("alice")));
    let sent = lent.sent_to(SIGN_IN);
    assert_eq!(
        sent.json,
        json!({"Username": "alice", "Pw": "pw"}),
        "the stored name, not the typed one"
    );
    assert!(
        sent.header("authorization")
            .unwrap()
            .contains(&format!("DeviceId=\"latchkey-verify-{ALICE}\""))
    );
    assert_eq!(lent.sent_to(LOGOUT).header("authorization"), Some("MediaBrowser Token=\"tok\""));
}

#[test]
fn without_a_subject_the_name_is_looked_up() {
    let lent =
        host().json("GET /Users", 200, &json!([alice(&json!({}))])).text(SIGN_IN, 401, OPAQUE);
    assert_eq!(Jellyfin::check_password(&lent, "ALICE", None, "pw"), Ok(Verdict::Rejected(None)));
}

#[test]
fn nothing_is_sent_for_a_blank_password_or_an_unknown_name() {
    assert_eq!(
        Jellyfin::check_password(&host(), "alice", Some(ALICE), ""),
        Ok(Verdict::Rejected(None))
    );
    let lent = host().json("GET /Users", 200, &json!([user(BOB, "bob", &json!({}))]));
    assert_eq!(Jellyfin::check_password(&lent, "alice", None, "pw"), Ok(Verdict::Rejected(None)));
    let lent = host().json(&format!("GET /Users/{ALICE}"), 404, &json!("User not found"));
    assert_eq!(check(&lent), Ok(Verdict::Rejected(None)));
}

#[test]
fn attempts_are_counted_and_the_last_is_withheld() {
    let lent = known(&json!({"LoginAttemptsBeforeLockout": 3})).text(SIGN_IN, 401, OPAQUE);
    assert_eq!(check(&lent), Ok(Verdict::Rejected(Some(2))));
    for used in [2, 3, 4] {
        let policy = json!({"LoginAttemptsBeforeLockout": 3, "InvalidLoginAttemptCount": used});
        assert_eq!(check(&known(&policy)), Ok(Verdict::Withheld));
    }
}

#[test]
fn a_disabled_account_is_disabled_before_and_after_asking() {
    assert_eq!(check(&known(&json!({"IsDisabled": true}))), Ok(Verdict::Disabled));
    let lent = known(&json!({})).text(SIGN_IN, 403, OPAQUE).json(
        &format!("GET /Users/{ALICE}"),
        200,
        &alice(&json!({"IsDisabled": true})),
    );
    assert_eq!(check(&lent), Ok(Verdict::Disabled));
}

#[test]
fn a_403_at_the_session_limit_means_the_password_was_right() {
    let full = json!({"MaxActiveSessions": 2});
    let sessions = json!([{"UserId": ALICE}, {"UserId": BOB}, {"UserId": ALICE}]);
    let lent = known(&full)
        .text(SIGN_IN, 403, OPAQUE)
        .json(&format!("GET /Users/{ALICE}"), 200, &alice(&full))
        .json("GET /Sessions", 200, &sessions);
    assert_eq!(check(&lent), Ok(Verdict::TooManySessions));
}

#[test]
fn any_other_403_proves_nothing() {
    let one = format!("GET /Users/{ALICE}");
    for policy in [
        json!({}),
        json!({"MaxActiveSessions": 1, "EnableRemoteAccess": false}),
        json!({"MaxActiveSessions": 1, "EnableAllDevices": false}),
        json!({"MaxActiveSessions": 1, "AccessSchedules": [{"DayOfWeek": "Weekday", "StartHour": 8, "EndHour": 20}]}),
    ] {
        let lent = known(&policy).text(SIGN_IN, 403, OPAQUE).json(&one, 200, &alice(&policy));
        assert_eq!(check(&lent), Ok(Verdict::NotHere), "{policy}");
    }
    let full = json!({"MaxActiveSessions": 1});
    let lent =
        known(&full).text(SIGN_IN, 403, "Forbidden by the proxy").json(&one, 200, &alice(&full));
    assert_eq!(check(&lent), Ok(Verdict::NotHere), "a proxy's 403 opens nothing");
    let lent = known(&full).text(SIGN_IN, 403, OPAQUE).json(&one, 200, &alice(&full)).json(
        "GET /Sessions",
        200,
        &json!([]),
    );
    assert_eq!(check(&lent), Ok(Verdict::NotHere), "there was room");
}

#[test]
fn an_unclear_answer_is_a_fault_and_never_a_verdict() {
    let lent = known(&json!({})).lost(SIGN_IN, FailureKind::TimedOut);
    assert_eq!(check(&lent).unwrap_err().kind, Kind::TimedOut);
    let lent = known(&json!({})).empty(SIGN_IN, 503);
    assert_eq!(check(&lent).unwrap_err().kind, Kind::Unavailable);
    let other = signed_in(&user(BOB, "bob", &json!({})));
    let lent = known(&json!({})).json(SIGN_IN, 200, &other).empty(LOGOUT, 204);
    assert_eq!(check(&lent).unwrap_err().kind, Kind::BadReply);
}

#[test]
fn a_lost_sign_out_does_not_spoil_the_verdict() {
    let lent = known(&json!({}))
        .json(SIGN_IN, 200, &signed_in(&alice(&json!({}))))
        .lost(LOGOUT, FailureKind::Closed);
    assert!(matches!(check(&lent), Ok(Verdict::Accepted(_))));
    assert_eq!(lent.lines().len(), 1);
}

#[test]
fn only_the_password_way_is_offered() {
    assert_eq!(Jellyfin::ways(&host()), Way::PASSWORD);
    let beginning = Beginning {
        return_url: String::new(),
        state: String::new(),
        locale: None,
        audience: Audience::Members,
    };
    assert_eq!(Jellyfin::begin(&host(), &beginning).unwrap_err().kind, Kind::Unsupported);
    assert_eq!(Jellyfin::membership(&host(), ALICE, None).unwrap_err().kind, Kind::Unsupported);
}
