//! Capturing, applying and describing profile documents.

use jellyfin::{Jellyfin, policy};
use latchkey_sdk::accounts::{Accounts, Value as Told};
use latchkey_sdk::fault::Kind;
use latchkey_sdk::http::FailureKind;
use latchkey_sdk::testing::Script;
use serde_json::{Value, json};

use crate::samples::{ALICE, BOB, alice, home_screen, host, ldap, user};

fn home(method: &str, id: &str) -> String {
    format!("{method} /DisplayPreferences/usersettings?userId={id}&client=emby")
}

fn capture(model: &Value) -> (Script, Value) {
    let lent = host().json(&format!("GET /Users/{ALICE}"), 200, model).json(
        &home("GET", ALICE),
        200,
        &home_screen(),
    );
    let text = Jellyfin::capture_profile(&lent, ALICE).unwrap();
    (lent, serde_json::from_str(&text).unwrap())
}

fn apply(document: &Value, target: &Value) -> Script {
    let one = format!("GET /Users/{BOB}");
    let lent = host()
        .json(&one, 200, target)
        .empty(&format!("POST /Users/{BOB}/Policy"), 204)
        .empty(&format!("POST /Users/Configuration?userId={BOB}"), 204)
        .empty(&home("POST", BOB), 204)
        .json(&one, 200, target);
    assert_eq!(Jellyfin::apply_profile(&lent, BOB, &document.to_string()).unwrap().id, BOB);
    lent
}

fn document() -> Value {
    let fields = json!({"MaxParentalRating": 0, "FutureField": {"deep": true}, "EnableLyricManagement": true,
        "BlockedTags": ["a"]});
    let mut document = capture(&alice(&fields)).1;
    document["Policy"]["EnableLyricManagement"] = json!(true);
    document
}

#[test]
fn a_document_keeps_all_but_what_is_the_models_own() {
    let model = alice(&json!({"IsAdministrator": true, "FutureField": 7, "MaxParentalRating": 0,
        "AccessSchedules": [{"Id": 4, "UserId": ALICE, "DayOfWeek": "Weekday", "StartHour": 8, "EndHour": 20}]}));
    let (_, document) = capture(&model);
    let policy = &document["Policy"];
    for own in [
        "IsAdministrator",
        "IsDisabled",
        "InvalidLoginAttemptCount",
        "AuthenticationProviderId",
        "PasswordResetProviderId",
    ] {
        assert!(policy.get(own).is_none(), "{own}");
    }
    assert_eq!((&policy["FutureField"], &policy["MaxParentalRating"]), (&json!(7), &json!(0)));
    assert_eq!(
        policy["AccessSchedules"],
        json!([{"DayOfWeek": "Weekday", "StartHour": 8, "EndHour": 20}])
    );
    assert_eq!(document["Configuration"], model["Configuration"]);
    assert_eq!(document["DisplayPreferences"], home_screen());
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["Policy", "Configuration", "DisplayPreferences"]);
}

#[test]
fn the_lyric_right_is_captured_where_we_gave_it() {
    let lent = host().json(&format!("GET /Users/{ALICE}"), 200, &alice(&json!({}))).json(
        &home("GET", ALICE),
        200,
        &home_screen(),
    );
    policy::remember_lyrics(&lent, ALICE, true);
    let text = Jellyfin::capture_profile(&lent, ALICE).unwrap();
    assert!(text.contains("\"EnableLyricManagement\":true"));
}

#[test]
fn the_target_keeps_what_is_its_own_and_takes_the_rest() {
    let own = json!({"IsAdministrator": true, "InvalidLoginAttemptCount": 1, "MaxParentalRating": 12, "NewerField": "kept"});
    let mut target = user(BOB, "bob", &own);
    target["Policy"]["AuthenticationProviderId"] = ldap()["AuthenticationProviderId"].clone();
    let lent = apply(&document(), &target);
    let sent = lent.sent_to(&format!("POST /Users/{BOB}/Policy")).json;
    assert_eq!(sent["AuthenticationProviderId"], ldap()["AuthenticationProviderId"]);
    assert_eq!(
        (&sent["IsAdministrator"], &sent["InvalidLoginAttemptCount"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(
        (&sent["MaxParentalRating"], &sent["FutureField"]),
        (&json!(0), &json!({"deep": true}))
    );
    assert_eq!(
        (&sent["EnableLyricManagement"], &sent["BlockedTags"]),
        (&json!(true), &json!(["a"]))
    );
    assert_eq!(sent["NewerField"], json!("kept"), "what only the target's server knows stays");
    assert!(policy::has_lyrics(&lent, BOB));
    assert_eq!(lent.sent_to("POST /Users/Configuration").json, document()["Configuration"]);
    assert_eq!(lent.sent_to("POST /DisplayPreferences").json, home_screen());
}

#[test]
fn a_document_makes_nobody_an_administrator_and_sends_no_nulls() {
    let mut document = document();
    document["Policy"]["IsAdministrator"] = json!(true);
    document["Policy"]["IsDisabled"] = json!(true);
    document["Policy"]["BlockedTags"] = Value::Null;
    document["Policy"].as_object_mut().unwrap().remove("MaxParentalRating");
    document["Policy"]["AccessSchedules"] =
        json!([{"DayOfWeek": "Sunday", "StartHour": 0, "EndHour": 24}]);
    let lent = apply(&document, &user(BOB, "bob", &json!({"MaxParentalRating": 12})));
    let sent = lent.sent_to(&format!("POST /Users/{BOB}/Policy")).json;
    assert_eq!((&sent["IsAdministrator"], &sent["IsDisabled"]), (&json!(false), &json!(false)));
    assert_eq!(sent["BlockedTags"], json!([]));
    assert!(sent.get("MaxParentalRating").is_none(), "no limit in the document is no limit");
    assert_eq!(sent["AccessSchedules"][0]["UserId"], json!(BOB));
    assert!(sent.as_object().unwrap().values().all(|value| !value.is_null()));
}

#[test]
fn text_that_is_no_document_is_refused_before_anything_is_asked() {
    for text in ["", "{}", "[]", "{\"Policy\": 1}", "not json"] {
        assert_eq!(
            Jellyfin::apply_profile(&host(), BOB, text).unwrap_err().kind,
            Kind::InvalidInput
        );
        assert_eq!(Jellyfin::describe_profile(&host(), text).unwrap_err().kind, Kind::InvalidInput);
    }
}

#[test]
fn an_apply_that_stops_half_way_says_so() {
    let lent = host()
        .json(&format!("GET /Users/{BOB}"), 200, &user(BOB, "bob", &json!({})))
        .empty(&format!("POST /Users/{BOB}/Policy"), 204)
        .lost(&format!("POST /Users/Configuration?userId={BOB}"), FailureKind::TimedOut);
    let fault = Jellyfin::apply_profile(&lent, BOB, &document().to_string()).unwrap_err();
    assert_eq!(fault.kind, Kind::OutcomeUnknown);
}

#[test]
fn a_policy_that_the_server_does_not_take_is_refused_for_good() {
    let lent = host().json(&format!("GET /Users/{BOB}"), 200, &user(BOB, "bob", &json!({}))).text(
        &format!("POST /Users/{BOB}/Policy"),
        400,
        "Error processing request.",
    );
    let fault = Jellyfin::apply_profile(&lent, BOB, &document().to_string()).unwrap_err();
    assert_eq!((fault.kind, fault.field.as_deref()), (Kind::InvalidInput, Some("document")));
}

#[test]
fn a_document_is_told_in_words() {
    let mut document = document();
    document["Policy"]["MaxActiveSessions"] = json!(3);
    document["Policy"]["AccessSchedules"] =
        json!([{"DayOfWeek": "Weekday", "StartHour": 8, "EndHour": 20.5}]);
    document["DisplayPreferences"]["CustomPrefs"]["homesection0"] = json!("resume");
    let told = Jellyfin::describe_profile(&host(), &document.to_string()).unwrap();
    let value =
        |name: &str| told.iter().find(|told| told.name == name).map(|told| told.value.clone());
    assert_eq!(value("libraries"), Some(Told::Text("all".to_owned())));
    assert_eq!(value("parental-rating"), Some(Told::Number(0)));
    assert_eq!(value("max-sessions"), Some(Told::Number(3)));
    assert_eq!(value("downloads"), Some(Told::Flag(true)));
    assert_eq!(value("lyrics"), Some(Told::Flag(true)));
    assert_eq!(value("schedule"), Some(Told::Texts(vec!["Weekday 8-20.5".to_owned()])));
    assert_eq!(value("home-screen"), Some(Told::Texts(vec!["resume".to_owned()])));
    assert_eq!(value("bitrate-limit"), None);
}
