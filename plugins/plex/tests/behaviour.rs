//! What a Plex may do that the stand-in does not: answer about somebody else, lose a filter, refuse both forms.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use latchkey_sdk::accounts::{Access, Account, Accounts, Attempt, NewAccount};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::FailureKind;
use latchkey_sdk::identity::{Audience, Beginning, Identity, Progress, Standing};
use latchkey_sdk::lifecycle::Lifecycle;
use latchkey_sdk::testing::Script;
use plex::Plex;
use plex::note::{Grant, Note, Stage, sealed};
use serde_json::{Value, json};

const USER: &str = "GET /api/v2/user";
const HOME: &str = "GET /api/v2/home/users";
const ACCEPTED: &str = "GET /api/v2/shared_servers/owned/accepted";
const PENDING: &str = "GET /api/v2/shared_servers/owned/pending";
const SECTIONS: &str = "GET /api/v2/servers/ours";
const SHARE: &str = "POST /api/v2/shared_servers";
const OLDER: &str = "POST /api/servers/ours/shared_servers";
const RESOURCES: &str = "GET /api/v2/resources?includeHttps=1&includeRelay=1&includeIPv6=1";

fn host() -> Script {
    Script::new()
        .setting("url", "http://plex.example:32400")
        .setting("machine_id", "ours")
        .setting("plex_tv", "https://plex.tv")
        .setting("clients", "https://clients.plex.tv")
        .setting("app", "https://app.plex.tv/")
}

fn owner() -> Script {
    host().secret("token", "owner-token")
}

fn share(id: u64, person: u64, filter: &str) -> Value {
    json!({
        "id": id, "invitedId": person, "machineIdentifier": "ours", "accepted": true,
        "allLibraries": false, "libraries": [{"id": 901, "key": 1, "title": "Movies", "type": "movie"}],
        "invited": {"id": person, "username": "sam", "title": "sam", "email": "sam@example.net"},
        "sharingSettings": {"allowSync": false, "filterMovies": filter},
    })
}

/// One look at everybody: an owner without a home, and these shares.
fn look(lent: Script, shares: &Value) -> Script {
    lent.json(USER, 200, &json!({"id": 1, "uuid": "u1", "username": "olga", "home": false}))
        .json(HOME, 200, &json!({"users": [{"id": 1, "uuid": "u1"}]}))
        .json(ACCEPTED, 200, shares)
        .json(PENDING, 200, &json!([]))
}

fn sections(lent: Script) -> Script {
    let movies = json!({"id": 901, "key": 1, "title": "Movies", "type": "movie"});
    let shows = json!({"id": 902, "key": 2, "title": "Shows", "type": "show"});
    lent.json(SECTIONS, 200, &json!({"librarySections": [movies, shows]}))
}

fn sam() -> NewAccount {
    let profile = json!({
        "allLibraries": false,
        "libraries": [{"key": 1, "title": "Movies", "type": "movie"}],
        "sharingSettings": {"filterMovies": "label=x"},
    });
    NewAccount {
        login_name: "sam".to_owned(),
        password: None,
        email: None,
        display_name: None,
        subject: Some("4".to_owned()),
        grant: None,
        profile: Some(profile.to_string()),
    }
}

fn create(lent: &Script) -> Result<Account, Fault> {
    Plex::create(lent, &sam(), Attempt::First)
}

#[test]
fn an_invitation_of_somebody_else_is_taken_back() {
    let lent = sections(look(owner(), &json!([])))
        .json(SHARE, 201, &share(70, 5, "label=x"))
        .empty("DELETE /api/v2/shared_servers/70", 204);
    assert_eq!(create(&lent).unwrap_err().kind, Kind::BadReply);
    let sent = lent.sent_to(SHARE);
    assert_eq!(
        (&sent.json["invitedId"], &sent.json["librarySectionIds"]),
        (&json!(4), &json!([901]))
    );
    assert_eq!(sent.json["settings"]["filterMovies"], "label=x");
    assert_eq!(sent.json["settings"].get("filterMusic"), None, "what is not said is not sent");
    assert_eq!(sent.header("x-plex-token"), Some("{token}"), "the host puts it in");
    assert_eq!(sent.endpoint.as_deref(), Some("clients"));
}

#[test]
fn a_lost_answer_is_looked_for_and_never_repeated() {
    let lost = sections(look(owner(), &json!([]))).lost(SHARE, FailureKind::Closed);
    let lent = look(lost, &json!([]));
    assert_eq!(create(&lent).unwrap_err().kind, Kind::OutcomeUnknown);
    let unsent = sections(look(owner(), &json!([]))).unsent(SHARE, FailureKind::Unreachable);
    assert_eq!(create(&unsent).unwrap_err().kind, Kind::Unavailable);
}

#[test]
fn a_duplicate_is_adopted_where_it_is_found() {
    let lent = sections(look(owner(), &json!([]))).json(
        SHARE,
        422,
        &json!({"errors": [{"code": 1999, "message": "You are already sharing", "status": 422}]}),
    );
    let found = json!([share(70, 4, "")]);
    let lent = look(look(lent, &found), &found);
    assert_eq!(create(&lent).unwrap().id, "4");
}

#[test]
fn neither_form_is_said_so() {
    let gone = json!({"errors": [{"code": 1002, "message": "Not found", "status": 404}]});
    let lent = sections(look(owner(), &json!([]))).json(SHARE, 404, &gone).empty(OLDER, 410);
    let fault = create(&lent).unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (Kind::Unsupported, "plex.no-invitations"));
    let older = lent.sent_to(OLDER);
    let expected = json!({
        "server_id": "ours",
        "shared_server": {"library_section_ids": [901], "invited_id": 4},
        "sharing_settings": {
            "allowSync": "0", "allowCameraUpload": "0", "allowChannels": "0", "filterMovies": "label=x",
        },
    });
    assert_eq!(older.json, expected);
}

#[test]
fn a_filter_that_a_change_of_libraries_lost_is_put_back() {
    let kept = "label=a%2Cb|contentRating!=R";
    let lent = sections(look(owner(), &json!([share(70, 4, kept)]))).json(
        "POST /api/v2/shared_servers/70",
        200,
        &json!({}),
    );
    let mut lost = share(70, 4, "");
    lost["libraries"] = json!([{"id": 902, "key": 2, "title": "Shows", "type": "show"}]);
    let lent = look(lent, &json!([lost])).empty("POST /api/v2/sharing_settings", 204);
    Plex::set_libraries(&lent, "4", &Access::Only(vec!["2".to_owned()])).unwrap();
    let written = lent.sent_to("POST /api/v2/shared_servers/70");
    assert_eq!(written.json, json!({"machineIdentifier": "ours", "librarySectionIds": [902]}));
    let back = lent.sent_to("POST /api/v2/sharing_settings");
    assert_eq!(back.json, json!({"invitedId": 4, "settings": {"filterMovies": kept}}));
}

#[test]
fn a_page_instead_of_an_answer_is_judged_by_its_status() {
    let lent = host().text(USER, 503, "<html>").text(RESOURCES, 200, "[]");
    let grant = Grant { client: "c".to_owned(), id: 4, token: "t-4".to_owned() };
    let kept = sealed(&grant).unwrap();
    let standing = Plex::membership(&lent, "4", Some(&kept)).unwrap();
    let Standing::Unknown(why) = standing else { panic!("nothing is known") };
    assert!(why.contains("503") && !why.contains("t-4"));
}

#[test]
fn a_switch_to_somebody_else_lets_nobody_in() {
    let note = Note {
        client: "c".to_owned(),
        until: 1_800_000_600,
        anyone: false,
        stage: Stage::Home { token: "main".to_owned(), uuid: "u1".to_owned() },
    };
    let list = json!({"users": [
        {"id": 1, "uuid": "u1", "title": "olga", "protected": true},
        {"id": 3, "uuid": "u3", "title": "Mia", "protected": false, "hasPassword": false},
    ]});
    let other = json!({"id": 1, "uuid": "u1", "title": "olga", "authToken": "of-olga"});
    let lent = host()
        .json(HOME, 200, &list)
        .json("POST /api/v2/home/users/u3/switch", 201, &other)
        .empty("DELETE /api/v2/users/signout", 204);
    let fault = Plex::pick(&lent, &sealed(&note).unwrap(), "u3", None).unwrap_err();
    assert_eq!(fault.kind, Kind::BadReply);
    let out = lent.sent_to("DELETE /api/v2/users/signout");
    assert_eq!(out.header("x-plex-token"), Some("of-olga"));
}

#[test]
fn the_way_back_is_in_the_address_and_the_pin_is_not() {
    let lent = host().json(
        "POST /api/v2/pins?strong=true",
        201,
        &json!({"id": 2_104_417_731, "code": "c0de", "expiresIn": 1800, "later": {}}),
    );
    let beginning = Beginning {
        return_url: "https://home.example/back?a=1&b=2#c".to_owned(),
        state: "s".to_owned(),
        locale: None,
        audience: Audience::Members,
    };
    let prompt = Plex::begin(&lent, &beginning).unwrap();
    let url = prompt.url.unwrap();
    assert!(url.starts_with("https://app.plex.tv/auth#?clientID=latchkey-"), "{url}");
    assert!(url.ends_with("&forwardUrl=https%3A%2F%2Fhome.example%2Fback%3Fa%3D1%26b%3D2%23c"));
    assert!(url.contains("code=c0de") && !url.contains("2104417731"));
    let sent = lent.sent_to("POST /api/v2/pins?strong=true");
    assert_eq!(sent.header("x-plex-token"), None);
}

#[test]
fn a_poll_that_does_not_arrive_waits() {
    let note =
        Note { client: "c".to_owned(), until: 1_800_000_600, anyone: false, stage: Stage::Pin(7) };
    for kind in [FailureKind::TimedOut, FailureKind::Unreachable] {
        let lent = host().lost("GET /api/v2/pins/7", kind);
        let progress = Plex::advance(&lent, &sealed(&note).unwrap(), &[]).unwrap();
        assert!(matches!(progress, Progress::Pending(Some(5_000))));
        assert_eq!(lent.sent()[0].header("x-plex-client-identifier"), Some("c"));
    }
}

#[test]
fn settings_are_addresses() {
    assert_eq!(Plex::check_settings(&host()), []);
    let faults = Plex::check_settings(&host().setting("clients", "clients.plex.tv"));
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].field.as_deref(), Some("clients"));
}
