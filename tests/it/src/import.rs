//! Taking over from jellyfin-accounts: its folder as of the first README and of its last release.

use domain::ids::BackendId;
use domain::role::Admin;
use harness::{House, JELLYFIN_ADMIN};
use latchkey::import::{Errand, Outcome, Predecessor};
use latchkey::orders::{Order, Reply};
use latchkey::{control, folder};
use serde_json::{Map, Value, json};
use service::import::jellyfin_accounts::files::Files;
use service::import::{Item, Kind, Plan, Report, State};
use service::profiles;
use standins::jellyfin::{Fault, Phase, Release};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// As they stand in the folders.
const FIRST_CODE: &str = "hkVJ-l0_eXq2pGZyS3nRtA";
const LAST_CODE: &str = "QpW8-eRtY_uIoP1aSdFgHj";
const SECRETS: [&str; 6] = [
    "root's own password",
    "a password of the mail server",
    "the admin page's own password",
    "key-0123456789abcdef",
    FIRST_CODE,
    LAST_CODE,
];

/// A folder to be read, with the addresses and ids of this run.
fn old_folder(version: &str, fill: &[(&str, &str)]) -> TempDir {
    let there = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/jellyfin-accounts");
    copy(&from.join(version), there.path(), fill);
    there
}

fn copy(from: &Path, to: &Path, fill: &[(&str, &str)]) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target, fill);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let filled = fill.iter().fold(text, |text, (hole, value)| text.replace(hole, value));
        std::fs::write(target, filled).unwrap();
    }
}

async fn asked(house: &House, dir: &Path, dry_run: bool, backend: Option<&str>) -> Outcome {
    let files = Files::read(dir, None).unwrap_or_else(|broken| panic!("{broken}"));
    let of = Predecessor::JellyfinAccounts(Box::new(files));
    let errand = Box::new(Errand { of, backend: backend.map(str::to_owned), dry_run });
    let socket = folder::socket(house.data_dir());
    match control::ask(&socket, &Order::Import { errand }).await.unwrap().unwrap() {
        Reply::Imported { outcome } => {
            let told = serde_json::to_string(&outcome).unwrap();
            for secret in SECRETS {
                assert!(!told.contains(secret), "{secret} is told: {told}");
            }
            *outcome
        }
        Reply::Refused { message } => panic!("{message}"),
        _ => panic!("another answer"),
    }
}

async fn planned(house: &House, dir: &Path) -> Plan {
    match asked(house, dir, true, None).await {
        Outcome::Planned(plan) => plan,
        Outcome::Done(_) => panic!("it was only to be planned"),
    }
}

async fn done(house: &House, dir: &Path) -> Report {
    match asked(house, dir, false, None).await {
        Outcome::Done(report) => report,
        Outcome::Planned(_) => panic!("it was to be done"),
    }
}

/// `state name` of all things of a kind.
fn of(items: &[Item], kind: Kind) -> Vec<String> {
    let word = |item: &Item| format!("{} {}", item.state.word(), item.name);
    items.iter().filter(|item| item.kind == kind).map(word).collect()
}

fn in_state(items: &[Item], state: State) -> Vec<&Item> {
    items.iter().filter(|item| item.state == state).collect()
}

/// Everything an import could double.
async fn inventory(house: &House) -> Value {
    let admin = house.admin().await;
    let mut found = Map::new();
    for path in ["/api/backends", "/api/users?limit=200", "/api/invites?limit=200", "/api/profiles"]
    {
        found.insert(path.to_owned(), admin.get(path).await.expect(200).json());
    }
    let mut whole = Value::Object(found);
    // Signing in to look at it is no change.
    forget(&mut whole, &["lastSeen", "checkedAt", "health", "since"]);
    whole
}

fn forget(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Object(fields) => {
            for key in keys {
                fields.remove(*key);
            }
            fields.values_mut().for_each(|value| forget(value, keys));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| forget(value, keys)),
        _ => {}
    }
}

/// Signs Emil up by an old code. Time runs while a folder that is not there is waited for, so that the
/// answer may come before all is done.
async fn joins(house: &House, code: &str) {
    let body =
        json!({"username": "Emil", "password": "a good long phrase", "email": "e@example.org"});
    let answer = house.fresh_guest().post(&format!("/api/invites/{code}/accept"), body).await;
    assert!([201, 202].contains(&answer.status), "{}", answer.text);
    house.until_async("Emil is here", || async { !house.user_named("Emil").await.is_null() }).await;
}

fn people(house: &House) -> [String; 3] {
    let policy = Map::new();
    ["Anna", "Bob", "Carl"].map(|name| house.jellyfin.add_user(name, "their old password", &policy))
}

#[tokio::test]
async fn a_folder_of_the_first_version_is_taken_over_twice_with_one_result() {
    let house = House::without_backend(Release::V10_11).await;
    let _ids = people(&house);
    let keys = house.jellyfin.keys().len();
    let dir = old_folder("first", &[("@SERVER@", &house.jellyfin.url())]);
    let dir = dir.path();

    let before = inventory(&house).await;
    let plan = planned(&house, dir).await;
    assert_eq!(of(&plan.items, Kind::Backend), ["new jellyfin"]);
    assert_eq!(of(&plan.items, Kind::Invite), ["new hkVJ...", "skipped Zk3u..."]);
    assert_eq!(of(&plan.items, Kind::Mail), ["new smtp"]);
    assert!(plan.notes.iter().any(|note| note.contains("UTC")), "{:?}", plan.notes);
    assert_eq!(inventory(&house).await, before, "a dry run changes nothing");
    assert_eq!(house.jellyfin.keys().len(), keys);

    let report = done(&house, dir).await;
    assert!(in_state(&report.items, State::Failed).is_empty(), "{report:#?}");
    let wanted = ["new Anna", "new Bob", "skipped Dora", "skipped Gone"];
    let mut found = of(&report.items, Kind::Person);
    found.sort();
    assert_eq!(found, wanted);
    assert_eq!(of(&report.items, Kind::Profile), ["new jellyfin-accounts"]);
    assert_eq!(of(&report.items, Kind::ResetWatch), ["new /var/lib/jellyfin"]);
    assert_eq!(of(&report.items, Kind::Template), ["new reset"]);
    assert_eq!(of(&report.items, Kind::Setting).len(), 6);
    assert!(
        report.left.iter().any(|line| line.contains("2 accounts have no address")),
        "{report:#?}"
    );
    assert_eq!(house.jellyfin.keys().len(), keys + 1, "one key, made by signing in once");

    let anna = house.user_named("Anna").await;
    assert_eq!(anna["email"], "anna@example.org");
    assert_eq!(anna["role"], "user");
    house.login("Anna", "their old password").await.expect(200);
    house.login("Carl", "their old password").await.expect(401);
    let admin = house.admin().await;
    let text = admin.get("/api/settings").await.expect(200).text;
    assert!(text.contains("Need help? Ask Harvey."), "{text}");
    let kept = profiles::get(&house.service(), &Admin::at_the_console(), "jellyfin-accounts").await;
    let kept = kept.unwrap().documents.remove(&BackendId::parse("jellyfin").unwrap()).unwrap().text;
    let policy = std::fs::read_to_string(dir.join("user_template.json")).unwrap();
    assert_eq!(kept, format!("{{\"Policy\":{policy}}}"), "byte for byte");

    let mail = admin.get("/api/mail/methods").await.expect(200).text;
    for word in ["smtp.example.org", "\"465\"", "\"tls\"", "films@example.org", "Harvey's films"] {
        assert!(mail.contains(word), "{word} in {mail}");
    }
    let text = admin.get("/api/mail/templates/reset").await.expect(200).text;
    assert!(text.contains("Somebody has asked") && text.contains("Your new PIN"), "{text}");

    let after = inventory(&house).await;
    let again = done(&house, dir).await;
    let odd: Vec<_> = again
        .items
        .iter()
        .filter(|item| !matches!(item.state, State::Same | State::Skipped))
        .collect();
    assert!(odd.is_empty(), "{odd:#?}");
    assert_eq!(inventory(&house).await, after, "nothing is doubled");
    assert_eq!(house.jellyfin.keys().len(), keys + 1);

    // What was changed here since is not taken back.
    let path = format!("/api/users/{}", anna["id"].as_str().unwrap());
    let body = json!({"email": "anna.smith@example.org"});
    house.admin().await.call("PATCH", &path, body).await.expect(200);
    let report = done(&house, dir).await;
    assert!(of(&report.items, Kind::Person).contains(&"conflict Anna".to_owned()), "{report:#?}");
    assert_eq!(house.user_named("Anna").await["email"], "anna.smith@example.org");
}

#[tokio::test]
async fn a_link_that_was_sent_before_keeps_working() {
    let house = House::without_backend(Release::V12).await;
    let dir = old_folder("first", &[("@SERVER@", &house.jellyfin.url())]);
    done(&house, dir.path()).await;

    let page = house.browser().get(&format!("/invite/{FIRST_CODE}")).await.expect(200);
    assert!(page.text.contains("harvey"), "who invites: {}", page.text);
    house.browser().get(&format!("/j/{FIRST_CODE}")).await.expect(303);
    house.browser().get(&format!("/invite/{}", FIRST_CODE.to_lowercase())).await.expect(410);
    joins(&house, FIRST_CODE).await;
    assert_eq!(house.jellyfin.user("Emil").unwrap().policy["IsHidden"], true, "by the template");
    house.browser().get(&format!("/invite/{FIRST_CODE}")).await.expect(410);

    // Deleted here, it does not come back.
    let admin = house.admin().await;
    let list = admin.get("/api/invites").await.expect(200).json();
    let code = list["items"][0]["code"].as_str().unwrap().to_owned();
    assert_ne!(code, FIRST_CODE);
    admin.call("DELETE", &format!("/api/invites/{code}"), Value::Null).await.expect(204);
    let again = done(&house, dir.path()).await;
    assert_eq!(of(&again.items, Kind::Invite), ["skipped hkVJ...", "skipped Zk3u..."]);
}

#[tokio::test]
async fn a_folder_of_the_last_version_goes_to_the_backend_that_is_here() {
    let house = House::configured("[texts]\ncontact = \"Ask the keeper.\"\n").await;
    let [anna, bob, _] = people(&house);
    let (head, rest) = bob.split_at(8);
    let dashed = format!("{head}-{rest}");
    let url = format!("{}/", house.jellyfin.url());
    let fill = [("@SERVER@", url.as_str()), ("@ANNA@", &anna), ("@BOB@", &dashed)];
    let dir = old_folder("last", &fill);
    let admin = house.admin().await;
    let body = json!({"username": "bob", "password": "another phrase of words"});
    admin.post("/api/users", body).await.expect(201);

    let report = done(&house, dir.path()).await;
    assert!(in_state(&report.items, State::Failed).is_empty(), "{report:#?}");
    assert_eq!(of(&report.items, Kind::Backend), ["same jellyfin"]);
    assert_eq!(of(&report.items, Kind::Mail), ["new mailgun"]);
    let people = of(&report.items, Kind::Person);
    assert!(people.contains(&"new Anna".to_owned()), "{people:?}");
    assert!(people.contains(&"conflict Bob".to_owned()), "never by an equal name: {people:?}");
    assert_eq!(house.user_named("bob").await["accounts"], json!([]));
    let mut invites = of(&report.items, Kind::Invite);
    invites.sort();
    assert_eq!(invites, ["new Fail...", "new NoLi...", "new QpW8...", "skipped Used..."]);
    let contact = report.items.iter().find(|item| item.name == "texts.contact").unwrap();
    assert_eq!(contact.state, State::Conflict);
    assert!(contact.words.contains("of the settings file"), "{}", contact.words);
    let templates = of(&report.items, Kind::Template);
    let wanted =
        ["new reset", "skipped invite", "new invite", "skipped notifications.created_text"];
    assert_eq!(templates, wanted);

    joins(&house, LAST_CODE).await;
    let screen = house.jellyfin.home_screen("Emil").unwrap();
    assert_eq!(screen["CustomPrefs"]["homesection1"], "nextup");

    let plan = planned(&house, dir.path()).await;
    assert!(in_state(&plan.items, State::New).is_empty(), "{plan:#?}");
    assert!(in_state(&plan.items, State::Changed).is_empty(), "{plan:#?}");
    for word in ["custom_css", "password_validation", "no_username", "reset-that-is-not-there"] {
        assert!(plan.notes.iter().any(|note| note.contains(word)), "{word}: {:?}", plan.notes);
    }
    assert!(!plan.notes.iter().any(|note| note.contains("nothing is known")), "{:?}", plan.notes);
}

#[tokio::test]
async fn what_the_server_did_not_answer_is_completed_by_the_next_run() {
    let house = House::new().await;
    people(&house);
    let dir = old_folder("first", &[("@SERVER@", &house.jellyfin.url())]);
    house.jellyfin.set_phase(Phase::Starting);
    let report = done(&house, dir.path()).await;
    assert!(of(&report.items, Kind::Person).iter().all(|one| one.starts_with("conflict")));
    assert_eq!(house.user_named("Anna").await, Value::Null, "nobody is adopted on a guess");

    house.jellyfin.set_phase(Phase::Healthy);
    let report = done(&house, dir.path()).await;
    assert!(in_state(&report.items, State::Failed).is_empty(), "{report:#?}");
    house.login("Anna", "their old password").await.expect(200);
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_completed_by_the_next() {
    let mut house = House::new().await;
    people(&house);
    let dir = old_folder("first", &[("@SERVER@", &house.jellyfin.url())]);
    let files = Files::read(dir.path(), None).unwrap_or_else(|broken| panic!("{broken}"));
    let of_old = Predecessor::JellyfinAccounts(Box::new(files));
    let errand = Box::new(Errand { of: of_old, backend: None, dry_run: false });
    let socket = folder::socket(house.data_dir());
    let held = house.jellyfin.inject("GET /Users", Fault::HoldBefore);
    let cut = tokio::spawn(async move { control::ask(&socket, &Order::Import { errand }).await });
    held.arrived().await;
    house.kill_and_restart().await;
    assert!(!matches!(cut.await.unwrap(), Ok(Some(Reply::Imported { .. }))), "it was cut off");
    held.release();

    let report = done(&house, dir.path()).await;
    assert!(in_state(&report.items, State::Failed).is_empty(), "{report:#?}");
    assert_eq!(of(&report.items, Kind::Invite)[0], "same hkVJ...", "that was done before");
    assert!(of(&report.items, Kind::Person).contains(&"new Anna".to_owned()), "{report:#?}");
    let after = inventory(&house).await;
    done(&house, dir.path()).await;
    assert_eq!(inventory(&house).await, after);
}

#[tokio::test]
async fn another_server_is_not_taken_for_the_one_that_is_here() {
    let house = House::new().await;
    people(&house);
    let dir = old_folder("first", &[("@SERVER@", "https://films.example.org:8920/jelly")]);
    let report = done(&house, dir.path()).await;
    assert_eq!(of(&report.items, Kind::Backend), ["conflict jellyfin"]);
    assert_eq!(of(&report.items, Kind::Invite), ["skipped hkVJ...", "skipped Zk3u..."]);
    assert_eq!(house.user_named("Anna").await, Value::Null);
    let Outcome::Done(report) = asked(&house, dir.path(), false, Some("jellyfin")).await else {
        panic!()
    };
    assert_eq!(of(&report.items, Kind::Backend), ["same jellyfin"]);
    house.login("Anna", "their old password").await.expect(200);
}

#[tokio::test]
async fn a_backend_nobody_has_is_refused_before_anything_is_done() {
    let house = House::new().await;
    let dir = old_folder("first", &[("@SERVER@", &house.jellyfin.url())]);
    let of = Predecessor::JellyfinAccounts(Box::new(Files::read(dir.path(), None).unwrap()));
    let errand = Box::new(Errand { of, backend: Some("nope".to_owned()), dry_run: false });
    let before = inventory(&house).await;
    let socket = folder::socket(house.data_dir());
    let refused = control::ask(&socket, &Order::Import { errand }).await.unwrap().unwrap();
    let Reply::Refused { message } = refused else { panic!("it was not refused") };
    assert!(message.contains("there is no backend \"nope\""), "{message}");
    assert_eq!(inventory(&house).await, before);
}

fn broken(dir: &Path, file: &str, text: &[u8]) -> String {
    std::fs::write(dir.join(file), text).unwrap();
    match Files::read(dir, None) {
        Err(broken) => broken.to_string(),
        Ok(files) => match service::import::jellyfin_accounts::old::Old::parse(&files) {
            Err(broken) => broken.to_string(),
            Ok(_) => panic!("{file} was taken"),
        },
    }
}

#[tokio::test]
async fn a_broken_file_is_named_with_its_place_and_nothing_is_done() {
    let dir = old_folder("first", &[("@SERVER@", "http://127.0.0.1:1")]);
    let good = |file: &str| std::fs::read(dir.path().join(file)).unwrap();
    let table: [(&str, &[u8], &str); 8] = [
        ("invites.json", b"{\"invites\": [\n{]}", ":2:2: this is not the JSON"),
        ("invites.json", b"{\"invites\": [{\"code\"", "the file ends too early"),
        ("invites.json", b"{\"abcdefgh\": {}}", "the invite abcd... has no time"),
        ("emails.json", b"[]", "this is not the JSON it should be"),
        ("emails.json", b"{\"Anna\": 5}", "\"Anna\" is no address"),
        ("user_template.json", b"{\"IsHidden\": tru}", ":1:"),
        ("config.ini", b"[jellyfin]\nserver\n", "config.ini:2: this is no `key = value`"),
        ("config.ini", b"[ui]\nname = \xff\n", "config.ini:2: this is no UTF-8"),
    ];
    for (file, text, words) in table {
        let kept = good(file);
        let told = broken(dir.path(), file, text);
        assert!(told.contains(file) && told.contains(words), "{told}");
        std::fs::write(dir.path().join(file), kept).unwrap();
    }
    let nowhere = Files::read(&PathBuf::from("/nowhere/at/all"), None).err().unwrap();
    assert!(nowhere.to_string().contains("this is no folder"), "{nowhere}");
    std::fs::remove_file(dir.path().join("config.ini")).unwrap();
    let missing = Files::read(dir.path(), None).err().unwrap();
    assert!(missing.to_string().contains("--config-ini"), "{missing}");

    // The data files may all be absent.
    let house = House::new().await;
    for file in ["invites.json", "emails.json", "user_template.json"] {
        std::fs::remove_file(dir.path().join(file)).unwrap();
    }
    let config = format!("[jellyfin]\nserver = {}\n", house.jellyfin.url());
    std::fs::write(dir.path().join("config.ini"), config).unwrap();
    let report = done(&house, dir.path()).await;
    assert_eq!(report.items.len(), 1, "{report:#?}");
    assert_eq!(house.jellyfin.user(JELLYFIN_ADMIN).unwrap().policy["IsAdministrator"], true);
}
