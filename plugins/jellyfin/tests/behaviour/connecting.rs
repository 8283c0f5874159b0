//! An administrator's one sign-in becomes a key.

use jellyfin::Jellyfin;
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::FailureKind;
use latchkey_sdk::lifecycle::{Lifecycle, Minted};
use latchkey_sdk::testing::Script;
use serde_json::{Value, json};

use crate::samples::{OPAQUE, alice, keys, on, signed_in};

const SIGN_IN: &str = "POST /Users/AuthenticateByName";
const MAKE: &str = "POST /Auth/Keys?app=Latchkey";

fn connect(lent: &Script) -> Result<Vec<Minted>, Fault> {
    let answers = [("admin_user", "admin"), ("admin_password", "pw")];
    Jellyfin::connect(lent, &answers.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

fn administrator() -> Script {
    on("12.0").json(SIGN_IN, 200, &signed_in(&alice(&json!({"IsAdministrator": true}))))
}

fn with_keys(list: &[(&str, &str)]) -> Value {
    let mut all = keys();
    let one = all["Items"][0].clone();
    for (value, made) in list {
        let mut key = one.clone();
        key["AppName"] = json!("Latchkey");
        key["AccessToken"] = json!(value);
        key["DateCreated"] = json!(made);
        all["Items"].as_array_mut().unwrap().push(key);
    }
    all
}

#[test]
fn the_key_that_was_not_there_before_is_ours() {
    let before = [("old", "2026-11-21T20:42:25.9Z")];
    let after = [("old", "2026-11-21T20:42:25.9Z"), ("new", "2026-11-21T20:42:25.95Z")];
    let lent = administrator()
        .json("GET /Auth/Keys", 200, &with_keys(&before))
        .empty(MAKE, 204)
        .json("GET /Auth/Keys", 200, &with_keys(&after))
        .json("GET /System/Info", 200, &json!({}))
        .empty("POST /Sessions/Logout", 204);
    let minted = connect(&lent).unwrap();
    assert_eq!(minted, [Minted { key: "api_key".to_owned(), value: "new".to_owned() }]);
    let sent = lent.sent_to(SIGN_IN);
    let device = sent.header("authorization").unwrap();
    assert_eq!(
        device,
        "MediaBrowser Client=\"Latchkey\", Device=\"Latchkey\", DeviceId=\"latchkey-connect\", Version=\"0.1.0\""
    );
    assert_eq!(sent.json, json!({"Username": "admin", "Pw": "pw"}));
    assert_eq!(lent.sent_to(MAKE).header("authorization"), Some("MediaBrowser Token=\"tok\""));
}

#[test]
fn a_key_made_by_a_lost_answer_is_found() {
    let lent = administrator()
        .json("GET /Auth/Keys", 200, &keys())
        .lost(MAKE, FailureKind::TimedOut)
        .json("GET /Auth/Keys", 200, &with_keys(&[("new", "2026-11-21T20:42:25Z")]))
        .json("GET /System/Info", 200, &json!({}))
        .empty("POST /Sessions/Logout", 204);
    assert_eq!(connect(&lent).unwrap()[0].value, "new");
}

#[test]
fn a_wrong_password_and_a_plain_user_are_told_in_words() {
    let lent = on("12.0").text(SIGN_IN, 401, OPAQUE);
    assert_eq!(connect(&lent).unwrap_err().kind, Kind::WrongCredential);

    let lent = on("12.0")
        .json(SIGN_IN, 200, &signed_in(&alice(&json!({}))))
        .empty("POST /Sessions/Logout", 204);
    let fault = connect(&lent).unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (Kind::Forbidden, "jellyfin.no-administrator"));

    let lent = on("12.0").text(SIGN_IN, 403, OPAQUE);
    assert_eq!(connect(&lent).unwrap_err().kind, Kind::Forbidden);
    assert_eq!(
        Jellyfin::connect(&Script::new(), &[]).unwrap_err().field.as_deref(),
        Some("admin_user")
    );
}

#[test]
fn a_failure_on_the_way_leaves_nothing_behind() {
    let lent = administrator()
        .json("GET /Auth/Keys", 200, &keys())
        .empty(MAKE, 204)
        .json("GET /Auth/Keys", 200, &with_keys(&[("new", "2026-11-21T20:42:25Z")]))
        .empty("GET /System/Info", 401)
        .empty("DELETE /Auth/Keys/new", 204)
        .empty("POST /Sessions/Logout", 204);
    assert_eq!(connect(&lent).unwrap_err().kind, Kind::CredentialRejected);

    let lent = administrator().empty("GET /Auth/Keys", 503).empty("POST /Sessions/Logout", 204);
    assert_eq!(connect(&lent).unwrap_err().kind, Kind::Unavailable);
}
